"""OAuth 2.0 access tokens of one issuer, verified where they are used.

The verifier is told whose tokens, for which audience, under which algorithms, by which keys: a token only picks one of these keys.

>>> from caltrop import Now
>>> corp = Verifier(
...     issuer="https://id.acme.example",
...     audience="acme-api",
...     algorithms=["HS256"],
...     secret=b"a secret of at least 32 bytes, shared with the issuer",
... )
>>> token = (
...     "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiYXQrand0In0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
...     "oiY2kiLCJleHAiOjE3OTYwMDAwMDB9.q4rE4gG6VjUKplxaw6lMY8zNs4ZKC9G7QIXgV3ucT_Y"
... )
>>> corp.verify(token, now=Now(wall_s=1_795_999_999, mono_ns=0))["sub"]
'ci'
>>> corp.verify(token, now=Now(wall_s=1_796_000_000, mono_ns=0))
Traceback (most recent call last):
caltrop.InvalidToken: the token is not good

What a token is bound to is not looked at until it is asked for, and nothing is bound here:

>>> check_binding({"sub": "ci"})
>>> check_binding({"sub": "ci", "cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}})
Traceback (most recent call last):
caltrop.InvalidToken: the token is not good

Under `Authorization: DPoP`, `ProofVerifier` reads the proof that the second asks for; a certificate comes from `client_cert`.

An issuer with public keys publishes them as a JSON Web Key Set: `Verifier(…, algorithms=["RS256"], jwks=json.load(…))`.
"""

from ._caltrop import Nonces, Proof, ProofVerifier, Verifier, certificate_thumbprint, check_binding, client_cert, jwk_thumbprint

__all__ = ["Nonces", "Proof", "ProofVerifier", "Verifier", "certificate_thumbprint", "check_binding", "client_cert", "jwk_thumbprint"]
