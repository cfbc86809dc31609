"""Webhooks and tokens, against Python's own hmac."""

from __future__ import annotations

import base64
import hmac
import random

import pytest

import caltrop
from caltrop import signed

SIGNED = 1_796_000_000


def at(second: int, trusted: bool = True) -> caltrop.Now:
    return caltrop.Now(second, 0, trusted)


def hexed(secret: bytes, message: bytes) -> str:
    return hmac.digest(secret, message, "sha256").hex()


def github(secret: bytes, body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hexed(secret, body)}


def slack(secret: bytes, body: bytes) -> dict[str, str]:
    return {"X-Slack-Request-Timestamp": str(SIGNED), "X-Slack-Signature": "v0=" + hexed(secret, b"v0:%d:" % SIGNED + body)}


def stripe(secret: bytes, body: bytes) -> dict[str, str]:
    return {"Stripe-Signature": f"t={SIGNED},v1={hexed(secret, b'%d.' % SIGNED + body)}"}


def standard(secret: bytes, body: bytes) -> dict[str, str]:
    raw = base64.b64decode(secret.removeprefix(b"whsec_"))
    tag = base64.b64encode(hmac.digest(raw, b"msg_1.%d." % SIGNED + body, "sha256")).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": str(SIGNED), "webhook-signature": "v1," + tag}


VENDORS = [(signed.github, github), (signed.slack, slack), (signed.stripe, stripe), (signed.standard, standard)]


def secret_of(dice: random.Random) -> str:
    return "whsec_" + base64.b64encode(dice.randbytes(dice.randrange(24, 65))).decode()


def refused(hooks: signed.Webhooks, headers: object, body: bytes, now: caltrop.Now) -> str:
    with pytest.raises(caltrop.InvalidWebhook) as raised:
        hooks.verify(headers, body, now=now)  # type: ignore[arg-type]
    assert raised.value.reason not in str(raised.value)
    return raised.value.reason


@pytest.mark.parametrize(("make", "sign"), VENDORS)
def test_webhooks_that_hmac_signed_are_good_and_changed_ones_are_not(make, sign) -> None:
    dice = random.Random(3)
    for _ in range(100):
        secret, other, body = secret_of(dice), secret_of(dice), dice.randbytes(dice.randrange(1, 300))
        headers = sign(secret.encode(), body)
        asgi = [[name.lower().encode(), value.encode()] for name, value in headers.items()]
        for hooks in (make(secret), make([secret]), make((other, secret))):
            hooks.verify(headers, body, now=at(SIGNED))
            hooks.verify(asgi, body, now=at(SIGNED))
            hooks.verify(iter(asgi), body, now=at(SIGNED))
        at_byte = dice.randrange(len(body))
        changed = body[:at_byte] + bytes([body[at_byte] ^ 1 << dice.randrange(8)]) + body[at_byte + 1 :]
        assert refused(make(secret), headers, changed, at(SIGNED)) == "forged"
        assert refused(make(other), headers, body, at(SIGNED)) == "forged"
        assert refused(make(secret), {}, body, at(SIGNED)) == "missing"
        assert refused(make(secret), asgi + asgi[-1:], body, at(SIGNED)) == "repeated"
        assert refused(make(secret), {name: value + "!" for name, value in headers.items()}, body, at(SIGNED)) == "malformed"
        assert secret not in repr(make(secret))


@pytest.mark.parametrize(("make", "sign"), VENDORS[1:])
def test_webhooks_are_good_in_their_window_only(make, sign) -> None:
    secret = secret_of(random.Random(4))
    headers, hooks, short = sign(secret.encode(), b"{}"), make(secret), make(secret, tolerance=10, leeway=0)
    for second in (SIGNED - 30, SIGNED + 300):
        hooks.verify(headers, b"{}", now=at(second))
    assert refused(hooks, headers, b"{}", at(SIGNED + 301)) == "stale"
    assert refused(hooks, headers, b"{}", at(SIGNED - 31)) == "future"
    assert refused(hooks, headers, b"{}", at(SIGNED, trusted=False)) == "clock"
    assert (refused(short, headers, b"{}", at(SIGNED + 11)), refused(short, headers, b"{}", at(SIGNED - 1))) == ("stale", "future")


def test_secrets_that_were_never_set_are_refused() -> None:
    for make, _ in VENDORS:
        for secrets, says in [([], "no secret"), ("", "empty"), (["whsec_" + "A" * 32, ""], "empty"), (["whsec_" + "A" * 32] * 5, "more than 4")]:
            with pytest.raises(ValueError, match=says):
                make(secrets)
        for secrets in (None, 7, [7]):
            with pytest.raises(TypeError):
                make(secrets)
    with pytest.raises(ValueError, match="whsec_"):
        signed.standard("A" * 32)
    for headers in (7, [7], [("a",)], [("a", "b", "c")], [("a", 7)]):
        with pytest.raises(TypeError, match="headers"):
            signed.github("x").verify(headers, b"")


def test_tokens_are_those_of_the_format() -> None:
    dice = random.Random(5)
    text = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=")  # noqa: E731
    for _ in range(200):
        number, secret, purpose = dice.randrange(256), dice.randbytes(32), b"p" * dice.randrange(1, 64)
        context, claims, expires = dice.randbytes(dice.randrange(300)), dice.randbytes(dice.randrange(1025)), SIGNED + dice.randrange(1, 10**6)
        body = b"c1." + text(bytes([number]) + expires.to_bytes(8, "little")) + text(claims)
        message = b"caltrop token v1" + bytes([len(purpose)]) + purpose + len(context).to_bytes(8, "little") + context + body
        expected = (body + b"." + text(hmac.digest(secret, message, "sha256"))).decode()
        tokens = signed.Tokens({number: secret}, purpose=purpose.decode())
        assert tokens.issue(claims, expires=expires, context=context) == expected
        assert tokens.verify(expected, context=context, now=at(expires - 1)) == claims


def test_a_token_is_good_for_one_purpose_until_it_expires() -> None:
    keys = {2: b"2" * 32, 1: b"1" * 32}
    sessions = signed.Tokens(keys, purpose="session")
    token = sessions.issue("alice", expires=SIGNED, context=b"tab")
    assert sessions.verify(token.encode(), context="tab", now=at(SIGNED - 1)) == b"alice"
    only = lambda number, purpose="session": signed.Tokens({number: keys[number]}, purpose=purpose)  # noqa: E731
    for tokens, shown, context, now, reason in [
        (sessions, token, b"tab", at(SIGNED), "expired"),
        (sessions, token, b"tab", at(0, trusted=False), "clock"),
        (sessions, token, b"other", at(0), "forged"),
        (sessions, token, None, at(0), "forged"),
        (only(2, "login"), token, b"tab", at(0), "forged"),
        (only(1), token, b"tab", at(0), "unknown-key"),
        (sessions, token + "=", b"tab", at(0), "malformed"),
        (sessions, "", b"tab", at(0), "malformed"),
        (sessions, "ü" * 70, b"tab", at(0), "malformed"),
    ]:
        with pytest.raises(caltrop.InvalidToken) as raised:
            tokens.verify(shown, context=context, now=now)
        assert raised.value.reason == reason and reason not in str(raised.value)
    for wrong, says in [({}, "no key"), ({1: b"short"}, "key 1: a token key has at least 32 bytes")]:
        with pytest.raises(ValueError, match=says):
            signed.Tokens(wrong, purpose="session")
    with pytest.raises(ValueError, match="purpose"):
        signed.Tokens(keys, purpose="two words")
    with pytest.raises(ValueError, match="1025 bytes of claims"):
        sessions.issue(bytes(1025), expires=SIGNED)
    with pytest.raises((OverflowError, TypeError)):
        signed.Tokens({256: b"1" * 32}, purpose="session")
    assert repr(sessions) == 'Tokens(.., purpose="session")'
