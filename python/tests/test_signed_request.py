"""Signed requests, against Python's own hmac, and both ways between Signer and Requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random

import pytest

import caltrop
from caltrop import signed

CREATED = 1_796_000_000
SECRET = b"32 bytes of a random generator!!"
ORDER = {"method": "POST", "target": "/orders/7?dry=1", "authority": "api.example:8443", "body": b'{"amount":100}'}
KEYS = {"partner-7": signed.RequestKey.hmac(SECRET)}


def at(second: int, trusted: bool = True) -> caltrop.Now:
    return caltrop.Now(second, 0, trusted)


def by_hand(keyid: str, nonce: str, *, method: str, target: str, authority: str, body: bytes | None) -> list[tuple[str, str]]:
    """The fields as docs/formats.md §9 says, written without caltrop."""
    path, _, query = target.partition("?")
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:" if body else None
    covered = ["@method", "@authority", "@path", "@query"] + ["content-digest"] * bool(body)
    quoted = " ".join(f'"{name}"' for name in covered)
    params = f'({quoted});created={CREATED};keyid="{keyid}";nonce="{nonce}"'
    values = [method, authority.lower(), path, "?" + query] + [digest] * bool(body)
    base = "\n".join([f'"{name}": {value}' for name, value in zip(covered, values)] + [f'"@signature-params": {params}'])
    tag = base64.b64encode(hmac.digest(SECRET, base.encode(), "sha256")).decode()
    fields = [("Signature-Input", f"by-hand={params}"), ("Signature", f"by-hand=:{tag}:")]
    return fields + [("Content-Digest", digest)] * bool(body)


def refused(fields: object, request: dict = ORDER, now: caltrop.Now = at(CREATED), keys: object = KEYS.get, **rules: object) -> str:
    with pytest.raises(caltrop.InvalidSignature) as raised:
        signed.Requests(**rules).verify(keys, headers=fields, now=now, **request)
    assert raised.value.reason not in str(raised.value)
    return raised.value.reason


def test_requests_that_hmac_signed_are_good_and_changed_ones_are_not() -> None:
    dice, requests = random.Random(6), signed.Requests()
    for turn in range(200):
        query = dice.choice(["", "?", "?a=b&c=%2F", "?x"])
        body = dice.randbytes(dice.randrange(300)) or None
        request = {"method": dice.choice(["GET", "POST"]), "target": f"/a/{turn}{query}", "authority": dice.choice(["API.example", "[::1]:8443"]), "body": body}
        fields = by_hand("partner-7", f"n{turn}", **request)
        asgi = [[name.lower().encode(), value.encode()] for name, value in fields]
        for headers in (fields, dict(fields), asgi, iter(asgi)):
            answer = requests.verify(KEYS.get, headers=headers, now=at(CREATED), **request)
            assert (answer.keyid, answer.nonce, answer.created, answer.until) == ("partner-7", f"n{turn}", CREATED, CREATED + 300)
        for name in ("method", "target", "authority"):
            assert refused(fields, {**request, name: request[name] + "1"}) == "forged"
        assert refused(fields, {**request, "body": (body or b"") + b"x"}) == ("body" if body else "uncovered")
        assert refused(fields, request, keys={}.get) == "unknown-key"
        assert refused(fields, request, keys={"partner-7": signed.RequestKey.hmac("another")}.get) == "forged"
        assert refused(asgi + asgi[:1], request) == "repeated"
        assert refused(asgi[1:], request) == "missing"


def test_what_the_signer_writes_is_what_is_written_by_hand_and_verified() -> None:
    signer = signed.Signer("partner-7", secret=SECRET)
    ours = dict(signer.sign(created=CREATED, nonce="n", **ORDER))
    assert ours["content-digest"] == signed.content_digest(ORDER["body"])
    theirs = dict(by_hand("partner-7", "n", **ORDER))
    assert ours["content-digest"] == theirs["Content-Digest"]
    signed.Requests().verify(KEYS.get, headers=ours, now=at(CREATED), **ORDER)
    # The clock's date, and a nonce that is new each time.
    fields = [signer.sign(**ORDER) for _ in range(50)]
    assert len({signed.Requests().verify(KEYS.get, headers=each, **ORDER).nonce for each in fields}) == 50
    assert SECRET.decode() not in repr(signer) + repr(KEYS)


def test_a_request_is_good_in_its_window_for_its_use() -> None:
    signer = signed.Signer("partner-7", secret=SECRET, tag="orders", expires_in=10)
    fields = signer.sign(created=CREATED, nonce="n", **ORDER)
    answer = signed.Requests(tag="orders").verify(KEYS.get, headers=fields, now=at(CREATED + 9), **ORDER)
    assert answer.until == CREATED + 9
    assert refused(fields, now=at(CREATED + 10), tag="orders") == "expired"
    assert refused(fields, now=at(CREATED - 31), tag="orders") == "future"
    assert refused(fields, now=at(CREATED + 301), tag="orders") == "stale"
    assert refused(fields, now=at(CREATED + 5), tag="orders", tolerance=4) == "stale"
    assert refused(fields, now=at(CREATED, trusted=False), tag="orders") == "clock"
    assert refused(fields) == refused(fields, tag="order") == "tag"


def test_ed25519_is_signed_by_whoever_has_the_key() -> None:
    # RFC 9421 §B.1.4; the signature of this base was made by Node.js 20.
    public = base64.b64decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")
    bases: list[bytes] = []
    known = "HqO86+vwLKf9NLDTiO/K8wP0GiICm1uuCZF/vk7hSgRlw64f3dMEhgOarOPfk0SYtlgQ+d+wUTTY00fpDcHLCQ=="

    def sign(base: bytes) -> bytes:
        bases.append(base)
        return base64.b64decode(known)

    request = {"method": "POST", "target": "/foo?param=Value&Pet=dog", "authority": "example.com", "body": b'{"hello": "world"}'}
    signer = signed.Signer("test-key-ed25519", sign=sign)
    fields = signer.sign(created=1618884473, nonce="b3k2pp5k7z-50gnwp.yemd", **request)
    assert b'\n"@query": ?param=Value&Pet=dog\n' in bases[0]
    keys = {"test-key-ed25519": signed.RequestKey.ed25519(public)}
    signed.Requests().verify(keys.get, headers=fields, now=at(1618884473), **request)
    assert refused(fields, {**request, "method": "PUT"}, at(1618884473), keys.get) == "forged"
    hmac_key = {"test-key-ed25519": signed.RequestKey.hmac(public)}
    assert refused(fields, request, at(1618884473), hmac_key.get) == "forged"

    def fails(_: bytes) -> bytes:
        raise KeyError("the device is away")

    with pytest.raises(KeyError, match="away"):
        signed.Signer("k", sign=fails).sign(**request)
    with pytest.raises(ValueError, match="64 bytes"):
        signed.Signer("k", sign=lambda _: b"short").sign(**request)


def test_of_two_copies_one_is_first() -> None:
    cache = caltrop.replay.ReplayCache(slots=64, since=0)
    fields = signed.Signer("partner-7", secret=SECRET).sign(**ORDER)
    for first in (True, False):
        request = signed.Requests().verify(KEYS.get, headers=fields, **ORDER)
        if first:
            cache.first_seen(request.keyid, request.nonce, issued=request.created, until=request.until)
        else:
            with pytest.raises(caltrop.NotFirst):
                cache.first_seen(request.keyid, request.nonce, issued=request.created, until=request.until)


def test_secrets_and_nonces_are_those_of_the_format() -> None:
    root = bytes(range(32))
    message = b"caltrop signed v1" + (0x0123456789ABCDEF).to_bytes(8, "little") + (7).to_bytes(4, "little")
    assert signed.request_secret(root, 0x0123456789ABCDEF, 7) == hmac.digest(root, message, "sha256")
    nonces = signed.ServerNonces(root, boot=b"\1" * 16)
    moment = lambda second: caltrop.Now(0, second * 10**9)  # noqa: E731
    text = hmac.digest(root, b"caltrop nonce v1" + b"\1" * 16 + (20).to_bytes(8, "little"), "sha256")[:18]
    given = nonces.give(now=moment(1200))
    assert given == base64.urlsafe_b64encode(text).decode()
    nonces.check(given + "mine", now=moment(1319))
    for nonce, second in [(given + "mine", 1320), (given, 1200), ("A" * 30, 1200), ("", 1200)]:
        with pytest.raises(caltrop.InvalidSignature) as raised:
            nonces.check(nonce, now=moment(second))
        assert raised.value.reason == "nonce"


def test_what_cannot_be_used_is_refused() -> None:
    for make, says in [
        (lambda: signed.Signer("two words", secret=SECRET), "keyid"),
        (lambda: signed.Signer("k", secret=SECRET, tag="two words"), "tag"),
        (lambda: signed.Signer("k"), "either"),
        (lambda: signed.Signer("k", secret=SECRET, sign=lambda base: base), "either"),
        (lambda: signed.Signer("k", secret=""), "empty"),
        (lambda: signed.RequestKey.hmac(""), "empty"),
        (lambda: signed.RequestKey.ed25519(bytes(32)), "public"),
        (lambda: signed.RequestKey.ed25519(b"short"), "public"),
        (lambda: signed.Requests(tag=""), "tag"),
        (lambda: signed.request_secret(b"short", 1, 1), "root"),
        (lambda: signed.ServerNonces(b"short", boot=bytes(16)), "key"),
        (lambda: signed.ServerNonces(bytes(32), boot=b"short"), "boot"),
        (lambda: signed.ServerNonces(bytes(32), boot=bytes(16), step=0), "step"),
        (lambda: signed.Signer("k", secret=SECRET).sign(**{**ORDER, "target": "*"}), "target"),
        (lambda: signed.Signer("k", secret=SECRET).sign(nonce="", **ORDER), "nonce"),
        (lambda: signed.Signer("k", secret=SECRET).sign(created=0, **ORDER), "date"),
        (lambda: signed.Signer("k", secret=SECRET).sign(scheme="ftp", **ORDER), "scheme"),
    ]:
        with pytest.raises(ValueError, match=says):
            make()
    fields = signed.Signer("k", secret=SECRET).sign(**ORDER)
    for keys in (7, KEYS, lambda _: 7, lambda _: "secret"):
        with pytest.raises(TypeError):
            signed.Requests().verify(keys, headers=fields, **ORDER)
