"""caltrop: an embeddable API-security core.

One question for each request: may this caller do this, now, from there? `Guard` answers it from a signed policy image; `caltrop.asgi` asks it
for an ASGI server; `caltrop.key`, `caltrop.mac`, `caltrop.signed`, `caltrop.net`, `caltrop.rate`, `caltrop.replay` and `caltrop.token` are
the rooms alone.
"""

from . import asgi, key, mac, net, rate, replay, signed, token
from ._caltrop import (
    Decision,
    Error,
    Guard,
    ImageError,
    InvalidCertificate,
    InvalidKey,
    InvalidProof,
    InvalidSignature,
    InvalidTag,
    InvalidToken,
    InvalidWebhook,
    Lapsed,
    LeaseRefused,
    LoadError,
    NotFirst,
    Now,
    PolicyError,
    SecretError,
    Secrets,
    StateError,
    __version__,
)

__all__ = [
    "Decision",
    "Error",
    "Guard",
    "ImageError",
    "InvalidCertificate",
    "InvalidKey",
    "InvalidProof",
    "InvalidSignature",
    "InvalidTag",
    "InvalidToken",
    "InvalidWebhook",
    "Lapsed",
    "LeaseRefused",
    "LoadError",
    "NotFirst",
    "Now",
    "PolicyError",
    "SecretError",
    "Secrets",
    "StateError",
    "__version__",
    "asgi",
    "key",
    "mac",
    "net",
    "rate",
    "replay",
    "signed",
    "token",
]
