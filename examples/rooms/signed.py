"""Rooms `mac` and `signed` alone: a webhook is checked, and a link is made that is good for an hour."""

from time import time

import caltrop

body, secret = b"Hello, World!", "It's a Secret to Everybody"  # GitHub's own example
signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

caltrop.signed.github(secret).verify({"X-Hub-Signature-256": signature}, body)
print("webhook:", body.decode())
caltrop.mac.Key(secret.encode()).verify(body, bytes.fromhex(signature.removeprefix("sha256=")))  # the same by hand

links = caltrop.signed.Tokens({1: b"32 bytes of a random generator!!"}, purpose="download-link")  # from a file, not from the program
token = links.issue(b"user=42", expires=int(time()) + 3600, context="/files/17")
print(f"/files/17?t={token}:", links.verify(token, context="/files/17").decode())
try:
    links.verify(token, context="/files/18")
except caltrop.InvalidToken:
    print("/files/18: refused")
