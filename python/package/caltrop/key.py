"""API keys alone: made, digested, and looked up in a keyring.

>>> text = generate("acme_test")
>>> len(text), key_id(text) >= 0
(69, True)
>>> digest(text, pepper=bytes(32)) == digest(text.encode(), pepper=bytes(32))
True
"""

from ._caltrop import Entry, Keyring, crc32, digest, generate, key_id

__all__ = ["Entry", "Keyring", "crc32", "digest", "generate", "key_id"]
