"""Requests that npm's http-message-signatures signs, verified by caltrop, and the other way round."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

import caltrop
from caltrop import signed

SECRET = b"32 bytes of a random generator!!"
# RFC 9421 §B.1.4: the same key as everybody's, in the forms that each side reads.
SEED, POINT = bytes.fromhex("9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5"), base64.b64decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")
PKCS8, SPKI = bytes.fromhex("302e020100300506032b657004220420") + SEED, bytes.fromhex("302a300506032b6570032100") + POINT
FIELDS = ["@method", "@authority", "@path", "@query"]
REQUESTS = [
    ("GET", "https", "api.example", "/", None),
    ("GET", "https", "api.example:8443", "/orders?page=2&sort=-date", None),
    ("DELETE", "http", "[2001:db8::1]:8080", "/a%2Fb//c?x=%20&y", None),
    ("POST", "https", "api.example", "/orders?dry=1", b'{"amount":100}'),
    ("PUT", "https", "api.example", "/files/%C3%A9", bytes(range(256))),
]


class Peer:
    """The other implementation, asked line by line."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["node", "signing.mjs"], cwd=os.environ["CALTROP_PEERS"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **job: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.process.kill()
    peer.process.wait()


def by_cryptography(base: bytes) -> bytes:
    """Signs under the key above, as a device would that caltrop does not know."""
    from joserfc.jwk import OKPKey

    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": text(SEED), "x": text(POINT)}).private_key.sign(base)


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


KEYS = {
    "hmac-sha256": (signed.RequestKey.hmac(SECRET), {"secret": SECRET}, SECRET, SECRET),
    "ed25519": (signed.RequestKey.ed25519(POINT), {"sign": by_cryptography}, PKCS8, SPKI),
}


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize(("method", "scheme", "authority", "target", "body"), REQUESTS)
def test_what_the_peer_signs_is_good_and_a_changed_one_is_not(
    peer: Peer, alg: str, method: str, scheme: str, authority: str, target: str, body: bytes | None
) -> None:
    now, key = int(time.time()), KEYS[alg][0]
    headers = {"content-digest": f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"} if body else {}
    fields = FIELDS + ["content-digest"] * bool(body)
    request = {"method": method, "target": target, "authority": authority, "scheme": scheme, "body": body}
    for params, tag in [
        (["created", "nonce", "keyid"], None),
        (["keyid", "alg", "created", "expires", "nonce"], None),  # its own order
        (["created", "nonce", "keyid", "tag"], "orders"),
    ]:
        job = {"job": "sign", "alg": alg, "key": base64.b64encode(KEYS[alg][2]).decode(), "keyid": "npm", "fields": fields, "params": params}
        url = f"{scheme}://{authority}{target}"
        values = {"nonce": f"n{random.getrandbits(64):x}", "tag": tag, "created": now, "expires": now + 60}
        answer = peer.ask(**job, **values, request={"method": method, "url": url, "headers": headers})
        assert "error" not in answer, answer
        requests = signed.Requests(tag=tag)
        known = requests.verify({"npm": key}.get, headers=answer, **request)
        assert (known.keyid, known.nonce, known.created) == ("npm", values["nonce"], now)
        assert known.until == now + (59 if "expires" in params else 300)
        for changed in ({"method": "PATCH"}, {"target": target + "x"}, {"authority": "other.example"}):
            with pytest.raises(caltrop.InvalidSignature) as raised:
                requests.verify({"npm": key}.get, headers=answer, **{**request, **changed})
            assert raised.value.reason == "forged"


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize(("method", "scheme", "authority", "target", "body"), REQUESTS)
def test_what_caltrop_signs_the_peer_takes_and_a_changed_one_it_does_not(
    peer: Peer, alg: str, method: str, scheme: str, authority: str, target: str, body: bytes | None
) -> None:
    for more in ({}, {"expires_in": 60}, {"tag": "orders"}):
        signer = signed.Signer("caltrop", **KEYS[alg][1], **more)
        headers = dict(signer.sign(method=method, target=target, authority=authority, body=body, scheme=scheme))
        fields = FIELDS + ["content-digest"] * bool(body)
        key = base64.b64encode(KEYS[alg][3]).decode()
        ask = lambda url, method=method: peer.ask(  # noqa: E731
            job="verify", alg=alg, key=key, keyid="caltrop", fields=fields, request={"method": method, "url": url, "headers": headers}
        )
        url = f"{scheme}://{authority}{target}"
        assert ask(url) is True
        assert ask(url + "x") is not True and ask(url, "PATCH") is not True
        assert ask(url.replace("://", "://other.")) is not True


def test_what_the_peer_signs_otherwise_is_refused_by_its_reason(peer: Peer) -> None:
    now = int(time.time())
    job = {"job": "sign", "alg": "hmac-sha256", "key": base64.b64encode(SECRET).decode(), "keyid": "npm", "nonce": "n", "created": now, "expires": now + 60}
    request = {"method": "GET", "url": "https://api.example/orders", "headers": {"date": "Tue, 20 Apr 2021 02:07:55 GMT"}}
    ours = {"method": "GET", "target": "/orders", "authority": "api.example"}
    keys = {"npm": signed.RequestKey.hmac(SECRET)}
    good = ["created", "nonce", "keyid"]
    for fields, params, reason in [
        (FIELDS, good, None),
        (FIELDS[:3], good, "components"),
        (FIELDS[::-1], good, "components"),
        ([*FIELDS, "date"], good, "components"),
        ([], good, "components"),
        (FIELDS, ["created", "keyid"], "malformed"),  # no nonce
        (FIELDS, ["nonce", "keyid"], "malformed"),  # no date
    ]:
        headers = peer.ask(**job, fields=fields, params=params, request=request)
        if reason is None:
            signed.Requests().verify(keys.get, headers=headers, **ours)
            continue
        with pytest.raises(caltrop.InvalidSignature) as raised:
            signed.Requests().verify(keys.get, headers=headers, **ours)
        assert raised.value.reason == reason, (fields, params)
