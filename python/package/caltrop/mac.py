"""HMAC alone (RFC 2104), verified in constant time; a tag may be cut to 16 bytes. SHA-256, unless SHA-384 or SHA-512 is asked for.

>>> key = Key(b"Jefe")
>>> tag = key.sign(b"what do ya want for nothing?")  # RFC 4231, case 2
>>> tag.hex()[:16]
'5bdcc146bf60754e'
>>> key.verify(b"what do ya want for nothing?", tag)
>>> key.verify(b"something else", tag)
Traceback (most recent call last):
caltrop.InvalidTag: the tag is not the message's
>>> Key(b"Jefe", "sha512").sign(b"what do ya want for nothing?").hex()[:16]
'164b7a7bfcf819e2'
"""

from ._caltrop import Key

__all__ = ["Key"]
