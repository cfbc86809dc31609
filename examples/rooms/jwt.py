"""Room `token` alone: an access token that is bound to a key is good with a proof of it, and never without."""

import caltrop
from caltrop.token import ProofVerifier, Verifier, check_binding

JWKS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "e1", "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}]}  # of the issuer
CORP = Verifier(issuer="https://id.acme.example", audience="acme-api", algorithms="EdDSA", jwks=JWKS)
PROOFS, SEEN = ProofVerifier(), caltrop.replay.ReplayCache(slots=4_096, since=0)
NOW = caltrop.Now(wall_s=1_796_000_000, mono_ns=0)  # in earnest without: then it is the clock's


def served(method: str, url: str, headers: dict[str, str]) -> str:
    scheme, _, token = headers["Authorization"].partition(" ")
    try:
        proof = PROOFS.verify(headers, method=method, url=url, token=token, now=NOW) if scheme == "DPoP" else None
        claims = CORP.verify(token, now=NOW)
        check_binding(claims, proof=proof)
        if proof:
            SEEN.first_seen(proof.key, proof.jti, issued=proof.issued, until=proof.until, now=NOW)
    except (caltrop.InvalidProof, caltrop.InvalidToken, caltrop.NotFirst) as why:
        return f"401 ({why.reason}, for the log alone)"
    return f"200, for {claims['sub']}"


TOKEN = (
    "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImUxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIjoiY2kiLC"
    "JleHAiOjE3OTYwMDAwNjAsImNuZiI6eyJqa3QiOiJXV3BuX3BmSHVpOVlLUjRDWnRRc0RHTXU3X0djaDJ6WUNoZlN2bnhndFBrIn19.kk7UklVmqXY5XiIB2cpcJ7iSKrSh8GP44vJ"
    "sQkXMN2FJne0VXJnsbh4MagPTF8VaMGFFE5JqiCPbrzTdeBpwAg"
)
PROOF = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVkRFNBIiwiandrIjp7Imt0eSI6Ik9LUCIsImNydiI6IkVkMjU1MTkiLCJ4IjoiZWJWV0xvX21WUGxBZUxFUzZLbUxwNUFmaFRybWxiN1"
    "g0T09SQzYwRWxtUSJ9fQ.eyJodG0iOiJHRVQiLCJodHUiOiJodHRwczovL2FwaS5hY21lLmV4YW1wbGUvdjEvb3JkZXJzIiwiaWF0IjoxNzk2MDAwMDAwLCJqdGkiOiJlMWozVl9iS"
    "2ljOCIsImF0aCI6Imt0NEgyMWZlaXQtb2NoY3phX2FlbGZFVEZzU19IQmZNaTF5VnB1VUNFd2MifQ.1HBvvny7xif_r93J6PV47LmV1386OvhMoGxCEz2dQ7JDMqIzSY4iXSlTO-Sa"
    "-lhYJjRh1y-TwaeazwgIv6MZBQ"
)
url, shown = "https://api.acme.example/v1/orders", {"Authorization": f"DPoP {TOKEN}", "DPoP": PROOF}
print("with its proof:", served("GET", url, shown))
print("shown again:", served("GET", url, shown))
print("for another request:", served("DELETE", url, shown))
print("as a bearer token:", served("GET", url, {"Authorization": f"Bearer {TOKEN}"}))
