"""Access tokens that another library issued, as an authorization server would, and what must not pass for one."""

from __future__ import annotations

import base64
import hmac
import json
import threading

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

import caltrop
from caltrop.token import Verifier

ISSUER = "https://id.acme.example"
NOW = caltrop.Now(wall_s=1_796_000_000, mono_ns=0)
CLAIMS = {"iss": ISSUER, "aud": "acme-api", "sub": "ci", "exp": 1_796_000_060, "iat": 1_795_999_990, "scope": "a b", "n": [1.5, None, {"x": True}]}
RSA = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
OTHERS = {"ES256": ECKey.generate_key("P-256", {"kid": "p1"}), "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "e1"})}
KEYS = {"RS256": RSA, "RS384": RSA, "RS512": RSA, "PS256": RSA, **OTHERS}
JWKS = KeySet([RSA, *OTHERS.values(), RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"})]).as_dict(private=False)
REGISTRY = jws.JWSRegistry(algorithms=[*KEYS, "Ed25519", "HS256"])


def issued(algorithm: str, claims: dict[str, object] = CLAIMS, key=None, **header: object) -> str:
    key = key or KEYS[algorithm]
    header = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid, **header}
    return jwt.encode(header, claims, key, registry=REGISTRY)


def verifier(**other: object) -> Verifier:
    return Verifier(**{"issuer": ISSUER, "audience": ["acme-api"], "algorithms": list(KEYS), "jwks": JWKS, **other})


def reason(token: str | bytes, verifier: Verifier) -> str:
    with pytest.raises(caltrop.InvalidToken) as refused:
        verifier.verify(token, now=NOW)
    assert str(refused.value) == "the token is not good"
    return refused.value.reason


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_a_server_issues_is_good_until_it_ends_and_no_byte_may_change(algorithm: str) -> None:
    token = issued(algorithm)
    corp = verifier(algorithms=[algorithm])
    assert corp.verify(token, now=NOW) == CLAIMS
    assert corp.verify(token.encode(), now=NOW)["sub"] == "ci"
    head, payload, tag = token.split(".")
    for changed in (f"{head}.{payload}.{'A' if tag[0] != 'A' else 'B'}{tag[1:]}", f"{head}.{payload[:-1]}.{tag}", f"{head}.{payload}", token + "."):
        assert reason(changed, corp) in {"signature", "malformed"}
    with pytest.raises(caltrop.InvalidToken) as refused:
        corp.verify(token, now=caltrop.Now(wall_s=1_796_000_060, mono_ns=0))
    assert refused.value.reason == "expired"


def test_the_verifier_says_which_algorithms_and_not_the_token() -> None:
    assert reason(issued("RS256"), verifier(algorithms=["ES256", "PS256"])) == "algorithm"
    assert reason(issued("ES256", kid="r1"), verifier()) == "key-unknown"
    # The public key as a shared secret: the oldest trick.
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"at+jwt","kid":"r1"}').rstrip(b"=").decode()
    signed = f"{head}.{issued('RS256').split('.')[1]}"
    tag = hmac.digest(RSA.as_pem(private=False), signed.encode(), "sha256")
    forged = f"{signed}.{base64.urlsafe_b64encode(tag).rstrip(b'=').decode()}"
    assert reason(forged, verifier()) == "algorithm"
    unsigned = issued("RS256").split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + unsigned[1] + ".AA"
    assert reason(none, verifier()) == "algorithm"


def test_a_shared_secret_is_for_hs256_alone() -> None:
    secret = b"a secret of at least 32 bytes, shared with the issuer"
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, CLAIMS, OctKey.import_key(secret), registry=REGISTRY)
    assert verifier(algorithms="HS256", jwks=None, secret=secret).verify(token, now=NOW) == CLAIMS
    assert reason(token, verifier(algorithms="HS256", jwks=None, secret=secret[::-1])) == "signature"
    for wrong in ({"secret": secret}, {"algorithms": ["HS256"]}, {"algorithms": ["HS256"], "jwks": None, "secret": b"short"}):
        with pytest.raises(ValueError):
            verifier(**wrong)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"aud": ["other"]}, "audience"),
        ({"exp": 1_796_000_000}, "expired"),
        ({"exp": "1796000060"}, "claims"),
        ({"nbf": 1_796_000_001}, "not-yet"),
        ({"nonce": "n"}, "id-token"),
        ({"iat": 1_795_990_000}, "too-old"),
    ],
)
def test_what_the_claims_must_say(claims: dict[str, object], expected: str) -> None:
    assert reason(issued("EdDSA", {**CLAIMS, **claims}), verifier(max_age=3600)) == expected


def test_ed25519_by_its_own_name() -> None:
    assert verifier().verify(issued("EdDSA", alg="Ed25519"), now=NOW) == CLAIMS
    assert verifier(algorithms="Ed25519").verify(issued("EdDSA"), now=NOW) == CLAIMS


def test_types_leeway_and_audiences_are_the_hosts() -> None:
    token = issued("ES256", {**CLAIMS, "exp": 1_795_999_990}, typ="JWT")
    assert reason(token, verifier()) == "type"
    corp = verifier(types=["at+jwt", "JWT"], leeway=30, audience="acme-api")
    assert corp.verify(token, now=NOW)["sub"] == "ci"


def test_a_key_that_comes_and_one_that_goes() -> None:
    new = ECKey.generate_key("P-256", {"kid": "p2"})
    token = issued("ES256", key=new)
    assert reason(token, verifier()) == "key-unknown"
    both = {"keys": [*JWKS["keys"], new.as_dict(private=False)]}
    assert verifier(jwks=json.dumps(both)).verify(token, now=NOW) == CLAIMS
    assert reason(issued("ES256"), verifier(jwks={"keys": [new.as_dict(private=False)]})) == "key-unknown"


@pytest.mark.parametrize(
    ("jwks", "told"),
    [
        ({}, "no list"),
        ("[", "no JSON Web Key Set"),
        ({"keys": []}, "0 keys"),
        ({"keys": [RSAKey.generate_key(1024, auto_kid=True).as_dict(private=False)]}, "2,048"),
        ({"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}, "private"),
        ({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}, '"x"'),
    ],
)
def test_sets_that_cannot_be_used_are_refused_at_start(jwks: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        verifier(jwks=jwks)


def test_any_thread_may_ask() -> None:
    corp, token, seen = verifier(), issued("ES256"), []
    threads = [threading.Thread(target=lambda: seen.append(corp.verify(token, now=NOW)["sub"])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["ci"] * 8
