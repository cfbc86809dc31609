"""The issuers of a policy, played: their keys are exchanged for one of ours, which signs what the rows ask for."""

from __future__ import annotations

import re
import time
import tomllib

from joserfc import jwt
from joserfc.jwk import ECKey

TENANT = "00000000-0000-0000-0000-000000000001"
# The keys of an issuer: one line of policy.toml.
KEYS = re.compile(r"^(keys\s*=\s*)\[\{ *kty.*\}\]", re.MULTILINE)


class Issuers:
    """The issuers of a policy.toml's text; `policy` is the text with our key in the place of theirs."""

    def __init__(self, text: str) -> None:
        self._key = ECKey.generate_key("P-256", {"kid": "suite"})
        self._rules = {name: rule for name, rule in tomllib.loads(text).get("auth", {}).items() if "issuer" in rule}
        public = ", ".join(f'{name} = "{value}"' for name, value in self._key.as_dict(private=False).items())
        self.policy, exchanged = KEYS.subn(lambda found: f"{found[1]}[{{ {public} }}]", text)
        assert exchanged == len(self._rules), "an issuer whose keys are not one line"

    def token(self, owner: dict) -> str:
        """A token of an hour for the owner of a row."""
        rule = self._rules[owner["auth"]]
        named = {"principal": "sub", "scopes": "scope"} | rule.get("claims", {})
        now = int(time.time())
        claims: dict = {"iss": rule["issuer"].replace("{tid}", TENANT), "tid": TENANT, "aud": rule["audience"], "iat": now, "exp": now + 3600}
        for what in ("principal", "tenant", "plan", "scopes", "roles"):
            if owner[what] and what in named:
                put(claims, named[what], " ".join(owner[what]) if what == "scopes" else owner[what])
        return jwt.encode({"alg": "ES256", "typ": rule.get("typ", ["at+jwt"])[-1], "kid": "suite"}, claims, self._key)


def put(claims: dict, path: str, value: object) -> None:
    """A claim where its path leads; a URL is a name, whatever its dots."""
    first, dot, rest = path.partition(".")
    if dot and "://" not in path:
        put(claims.setdefault(first, {}), rest, value)
    else:
        claims[path] = value
