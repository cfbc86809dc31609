"""Room `mac` alone: the sender of a body adds its HMAC in hexadecimal, and the receiver takes no body without the right one."""

import caltrop

key = caltrop.mac.Key(b"32 bytes of a random generator!!")  # prepared once, for every body


def received(body: bytes, field: str) -> str:
    try:
        key.verify(body, bytes.fromhex(field))
    except (ValueError, caltrop.InvalidTag):
        return "refused"
    return "accepted"


body = b'{"amount":100}'
field = key.sign(body).hex()
print(field)
print("as sent:", received(body, field))
print("another amount:", received(b'{"amount":900}', field))
print("half a tag:", received(body, field[:31]))
