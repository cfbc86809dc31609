"""Rooms `signed` and `replay` together: a partner signs a request (RFC 9421), the server verifies it, and takes it once."""

import caltrop
from caltrop.signed import RequestKey, Requests, Signer

secret = b"32 bytes of a random generator!!"  # from a file, not from the program
requests, keys = Requests(), {"partner-7": RequestKey.hmac(secret)}
cache = caltrop.replay.ReplayCache(slots=64, since=0)  # for this process; more slots for more partners


def served(fields: list[tuple[str, str]], body: bytes) -> str:
    try:
        who = requests.verify(keys.get, method="POST", target="/orders?dry=1", authority="api.example", headers=fields, body=body)
        cache.first_seen(who.keyid, who.nonce, issued=who.created, until=who.until)
    except caltrop.InvalidSignature:
        return "401"  # its reason is for the operator
    except caltrop.NotFirst as again:
        return f"401 ({again.reason})"
    return f"200, {who.keyid}"


partner = Signer("partner-7", secret=secret)
sent = partner.sign(method="POST", target="/orders?dry=1", authority="api.example", body=b'{"amount":100}')
print("another amount:", served(sent, b'{"amount":900}'))
print("as signed:", served(sent, b'{"amount":100}'))
print("the same again:", served(sent, b'{"amount":100}'))
