"""Proofs that another library signed, as a client would, and tokens that are bound to its key: each claim wrong once."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import subprocess

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

import caltrop
from caltrop.token import Nonces, ProofVerifier, Verifier, certificate_thumbprint, check_binding, client_cert, jwk_thumbprint

NOW = 1_796_000_000
URL = "https://api.acme.example/v1/orders"
TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RSA = RSAKey.generate_key(2048)
KEYS = {"ES256": ECKey.generate_key("P-256"), "EdDSA": OKPKey.generate_key("Ed25519"), "RS256": RSA, "PS256": RSA}
REGISTRY = jws.JWSRegistry(algorithms=[*KEYS, "Ed25519", "HS256", "ES384", "RS512"])


def digest(of: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(of.encode()).digest()).rstrip(b"=").decode()


CLAIMS = {"htm": "POST", "htu": URL, "iat": NOW, "jti": "e1j3V_bKic8-LAEB", "ath": digest(TOKEN)}


def proof(algorithm: str = "ES256", claims: dict[str, object] | None = None, key=None, **header: object) -> str:
    key = key or KEYS[algorithm]
    header = {"typ": "dpop+jwt", "alg": algorithm, "jwk": key.as_dict(private=False), **header}
    header = {name: value for name, value in header.items() if value is not None}
    return jws.serialize_compact(header, json.dumps(claims or CLAIMS).encode(), key, registry=REGISTRY)


def verified(text: str, verifier: ProofVerifier | None = None, now: int = NOW, **other: object) -> caltrop.token.Proof:
    asked = {"method": "POST", "url": URL, "token": TOKEN, "now": caltrop.Now(now, 0), **other}
    return (verifier or ProofVerifier()).verify({"DPoP": text}, **asked)


def reason(text: str, verifier: ProofVerifier | None = None, **other: object) -> str:
    with pytest.raises(caltrop.InvalidProof) as refused:
        verified(text, verifier, **other)
    assert str(refused.value) == "the proof is not good"
    return refused.value.reason


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_a_client_signs_is_good_and_its_thumbprint_is_the_others(algorithm: str) -> None:
    good = verified(proof(algorithm))
    assert good.key == KEYS[algorithm].thumbprint() == jwk_thumbprint(KEYS[algorithm].as_dict(private=False))
    assert (good.jti, good.issued, good.until) == (CLAIMS["jti"], NOW, NOW + 60)
    head, payload, tag = proof(algorithm).split(".")
    for changed in (f"{head}.{payload}.{'A' if tag[0] != 'A' else 'B'}{tag[1:]}", f"{head}.{payload[:-1]}.{tag}", f"{head}.{payload}", f"{head}.{payload}.{tag}."):
        assert reason(changed) in {"signature", "malformed"}


def test_thumbprints_are_those_of_another_library() -> None:
    for _ in range(20):
        for key in (ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")):
            assert jwk_thumbprint(json.dumps(key.as_dict(private=False))) == key.thumbprint()
    for bits in (2048, 3072, 4096):
        key = RSAKey.generate_key(bits)
        assert jwk_thumbprint(key.as_dict(private=False)) == key.thumbprint()
    for wrong in (ECKey.generate_key("P-384").as_dict(private=False), RSA.as_dict(private=True), OctKey.generate_key(256).as_dict(private=True), {}, "[]"):
        with pytest.raises(ValueError, match="jwk"):
            jwk_thumbprint(wrong)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"htm": "GET"}, "method"),
        ({"htm": "post"}, "method"),
        ({"htu": URL + "/"}, "uri"),
        ({"htu": URL.replace("https", "http")}, "uri"),
        ({"ath": digest("another")}, "token"),
        ({"ath": None}, "token"),
        ({"jti": ""}, "claims"),
        ({"jti": "x" * 129}, "claims"),
        ({"iat": str(NOW)}, "claims"),
        ({"iat": NOW - 61}, "too-old"),
        ({"iat": NOW + 31}, "not-yet"),
    ],
)
def test_each_claim_that_is_wrong_is_told(algorithm: str, claims: dict[str, object], expected: str) -> None:
    assert reason(proof(algorithm, {**CLAIMS, **claims})) == expected


def test_each_claim_that_is_missing_is_told() -> None:
    expected = {"htm": "method", "htu": "uri", "iat": "claims", "jti": "claims", "ath": "token"}
    for name, why in expected.items():
        assert reason(proof(claims={key: value for key, value in CLAIMS.items() if key != name})) == why
    assert verified(proof(claims={key: value for key, value in CLAIMS.items() if key != "ath"}), token=None).jti


def test_each_header_that_is_wrong_is_told() -> None:
    ec, okp = KEYS["ES256"], KEYS["EdDSA"]
    assert reason(proof(typ="JWT")) == "type"
    assert reason(proof(jwk=None)) == "key"
    assert reason(proof(jwk=ec.as_dict(private=True))) == "private-key"
    assert reason(proof(jwk=okp.as_dict(private=False))) == "key"
    assert reason(proof(jwk=ECKey.generate_key("P-256").as_dict(private=False))) == "signature"
    assert reason(proof("ES384", key=ECKey.generate_key("P-384"))) == "algorithm"
    assert reason(proof("RS512", key=RSA)) == "algorithm"
    secret = OctKey.generate_key(256)
    assert reason(proof("HS256", key=secret, jwk=ec.as_dict(private=False))) == "algorithm"
    assert verified(proof("EdDSA", alg="Ed25519")).key == okp.thumbprint()


def test_one_field_in_any_case_and_the_url_that_was_asked_for() -> None:
    at = {"method": "POST", "token": TOKEN, "now": caltrop.Now(NOW, 0)}
    verifier = ProofVerifier()
    assert verifier.verify([(b"dpop", proof().encode())], url=URL + "?page=2", **at).jti
    for headers, expected in (({}, "missing"), ([("dpop", proof()), ("DPoP", proof())], "repeated"), ({"DPoP": proof() + ", " + proof()}, "malformed")):
        with pytest.raises(caltrop.InvalidProof) as refused:
            verifier.verify(headers, url=URL, **at)
        assert refused.value.reason == expected
    # Of what a stranger sends, `Host` for one.
    assert reason(proof(), url="https://") == reason(proof(), url="nonsense") == "uri"
    with pytest.raises(TypeError):
        verifier.verify(7, url=URL, **at)


def test_a_nonce_lives_for_its_step_and_the_next() -> None:
    nonces = Nonces(b"32 bytes of a random generator!!", step=100)
    verifier = ProofVerifier(nonces=nonces)
    nonce = nonces.issue(now=caltrop.Now(NOW, 0))
    text = proof(claims={**CLAIMS, "nonce": nonce})
    assert verified(text, verifier).jti and verified(text).jti
    assert reason(proof(), verifier) == reason(proof(claims={**CLAIMS, "nonce": nonce[:-1]}), verifier) == "nonce"
    assert [nonces.is_live(nonce, now=caltrop.Now(NOW + later, 0)) for later in (0, 199, 200)] == [True, True, False]
    assert not nonces.is_live(nonce, now=caltrop.Now(NOW, 0, trusted=False))
    assert "32 bytes" not in repr(nonces)
    for wrong in ({"secret": b"short"}, {"secret": bytes(32), "step": 0}):
        with pytest.raises(ValueError):
            Nonces(**wrong)
    with pytest.raises(ValueError, match="300"):
        ProofVerifier(max_age=301)


def test_a_bound_token_from_the_issuer_to_the_replay_cache() -> None:
    issuer, client = ECKey.generate_key("P-256", {"kid": "i1"}), KEYS["EdDSA"]
    claims = {"iss": "https://id.acme.example", "aud": "acme-api", "sub": "ci", "exp": NOW + 60, "cnf": {"jkt": client.thumbprint()}}
    token = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "i1"}, claims, issuer, registry=REGISTRY)
    corp = Verifier(issuer="https://id.acme.example", audience="acme-api", algorithms="ES256", jwks=KeySet([issuer]).as_dict(private=False))
    cache = caltrop.replay.ReplayCache(slots=512, since=0)
    now = caltrop.Now(NOW, 0)

    def served(key) -> str:
        shown = verified(proof("EdDSA", {**CLAIMS, "ath": digest(token)}, key=key), token=token)
        read = corp.verify(token, now=now)
        check_binding(read, proof=shown)
        cache.first_seen(shown.key, shown.jti, issued=shown.issued, until=shown.until, now=now)
        return read["sub"]

    assert served(client) == "ci"
    with pytest.raises(caltrop.NotFirst):
        served(client)
    with pytest.raises(caltrop.InvalidToken) as refused:
        served(OKPKey.generate_key("Ed25519"))
    assert refused.value.reason == "key"
    with pytest.raises(caltrop.InvalidToken) as refused:
        check_binding(corp.verify(token, now=now))
    assert refused.value.reason == "bearer"


def test_what_a_token_is_bound_to_has_to_be_there() -> None:
    shown, loose = verified(proof()), verified(proof(), token=None)
    key, certificate = {"jkt": shown.key}, {"x5t#S256": certificate_thumbprint(b"own")}
    own = certificate_thumbprint(b"own")
    cases = [
        ({}, {}, None),
        ({}, {"proof": shown}, "not-bound"),
        ({"cnf": key}, {}, "bearer"),
        ({"cnf": key}, {"proof": shown}, None),
        ({"cnf": key}, {"proof": loose}, "proof-without-token"),
        ({"cnf": key}, {"proof": verified(proof("EdDSA"))}, "key"),
        ({"cnf": certificate}, {"certificate": own}, None),
        ({"cnf": certificate}, {"certificate": certificate_thumbprint(b"other")}, "certificate"),
        ({"cnf": certificate}, {}, "certificate"),
        ({"cnf": {**key, **certificate}}, {"proof": shown, "certificate": own}, None),
        ({"cnf": {**key, **certificate}}, {"proof": shown}, "certificate"),
        ({"cnf": {**key, "kid": "1"}}, {"proof": shown}, "cnf-unknown"),
        ({"cnf": {}}, {}, "cnf"),
        ({"cnf": None}, {}, "cnf"),
        ({"cnf": float("nan")}, {}, "cnf"),
    ]
    for claims, given, expected in cases:
        if expected is None:
            assert check_binding(claims, **given) is None
            continue
        with pytest.raises(caltrop.InvalidToken) as refused:
            check_binding(claims, **given)
        assert refused.value.reason == expected, claims
    with pytest.raises(ValueError, match="certificate"):
        check_binding({}, certificate="AA")
    with pytest.raises(TypeError):
        caltrop.token.Proof()


def test_a_certificate_is_read_as_openssl_reads_it(tmp_path) -> None:
    pem = tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=client", "-keyout", str(tmp_path / "key.pem"), "-out", str(pem)]
    subprocess.run(made, check=True, capture_output=True)
    told = subprocess.run(["openssl", "x509", "-in", str(pem), "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True, text=True).stdout
    fingerprint = base64.urlsafe_b64encode(bytes.fromhex(told.strip().partition("=")[2].replace(":", ""))).rstrip(b"=").decode()
    der = ssl.PEM_cert_to_DER_cert(pem.read_text())
    field = f":{base64.b64encode(der).decode()}:"
    assert certificate_thumbprint(der) == client_cert({"Client-Cert": field}) == client_cert([(b"client-cert", field.encode())]) == fingerprint
    assert client_cert({"Client-Cert-Chain": field}) is None
    for headers, expected in (({"Client-Cert": field[1:]}, "malformed"), ([("client-cert", field)] * 2, "repeated")):
        with pytest.raises(caltrop.InvalidCertificate) as refused:
            client_cert(headers)
        assert refused.value.reason == expected
