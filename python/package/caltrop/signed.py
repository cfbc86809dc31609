"""What others signed: webhooks of known vendors, requests under one fixed profile of RFC 9421, and tokens of our own.

A webhook is checked on its body as it was received, not on one that was parsed and written anew. Several secrets live at once.

>>> hooks = github(["It's a Secret to Everybody"])  # GitHub's own example
>>> signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
>>> hooks.verify({"X-Hub-Signature-256": signature}, b"Hello, World!")
>>> hooks.verify({"X-Hub-Signature-256": signature}, b"Hello, World?")
Traceback (most recent call last):
caltrop.InvalidWebhook: the webhook is not good

A token is for one purpose, and may be bound to a context that the reader has too: here a path. The first key signs, all are known.

>>> from time import time
>>> links = Tokens({2: b"2" * 32, 1: b"1" * 32}, purpose="download-link")
>>> token = links.issue(b"user=42", expires=int(time()) + 3600, context="/files/17")
>>> links.verify(token, context="/files/17")
b'user=42'
>>> links.verify(token, context="/files/18")
Traceback (most recent call last):
caltrop.InvalidToken: the token is not good

A signed request names its key; whose it is, a function says: here the `get` of a dict. The answer holds what `caltrop.replay` must remember.

>>> secret = b"32 bytes of a random generator!!"
>>> order = {"method": "POST", "target": "/orders?dry=1", "authority": "api.example", "body": b'{"amount":100}'}
>>> fields = Signer("partner-7", secret=secret).sign(**order)
>>> requests, keys = Requests(), {"partner-7": RequestKey.hmac(secret)}
>>> requests.verify(keys.get, headers=fields, **order).keyid
'partner-7'
>>> requests.verify(keys.get, headers=fields, **{**order, "target": "/orders?dry=0"})
Traceback (most recent call last):
caltrop.InvalidSignature: the signature is not good
"""

from ._caltrop import (
    RequestKey,
    Requests,
    ServerNonces,
    SignedRequest,
    Signer,
    Tokens,
    Webhooks,
    content_digest,
    github,
    request_secret,
    slack,
    standard,
    stripe,
)

__all__ = [
    "RequestKey",
    "Requests",
    "ServerNonces",
    "SignedRequest",
    "Signer",
    "Tokens",
    "Webhooks",
    "content_digest",
    "github",
    "request_secret",
    "slack",
    "standard",
    "stripe",
]
