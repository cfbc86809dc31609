"""Two authorization servers that others wrote, and what their clients get of them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from joserfc.jwk import ECKey, RSAKey

PEERS = Path(os.environ["CALTROP_PEERS"])
SECRET = "a secret of a client, of 32 bytes or more"


def key(kid: str, algorithm: str) -> dict:
    """A signing key, with its private half."""
    more = {"kid": kid, "use": "sig", "alg": algorithm}
    made = RSAKey.generate_key(2048, more) if algorithm == "RS256" else ECKey.generate_key("P-256", more)
    return made.as_dict(private=True)


@dataclass
class Issuer:
    """A server that is started, stopped and given other keys."""

    name: str
    algorithm: str
    folder: Path
    roots: Path
    keys: list[dict] = field(default_factory=list)
    process: subprocess.Popen | None = None

    def __post_init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self.keys = [key("k1", self.algorithm)]

    def command(self) -> list[str]:
        raise NotImplementedError

    def tokens(self) -> dict[str, str]:
        """An access token of a machine, and of a person; what else a login gives, too."""
        raise NotImplementedError

    def start(self) -> None:
        (self.folder / "jwks.json").write_text(json.dumps({"keys": self.keys}))
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        # A warning may come before it.
        assert any("listening" in line for line in self.process.stdout), f"{self.name} did not start: {self.command()}"

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def rotate(self) -> None:
        """A new key signs from now on, and the old one is published still."""
        self.stop()
        self.keys = [key(f"k{len(self.keys) + 1}", self.algorithm), *self.keys]
        self.start()

    def fetched(self) -> int:
        """How often its keys were, since it was started."""
        return int(self.client().get("/count").text)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=ssl.create_default_context(cafile=str(self.roots)))


class OidcProvider(Issuer):
    """npm's oidc-provider; its clients are oauth4webapi's."""

    def command(self) -> list[str]:
        return ["node", str(PEERS / "provider.mjs"), str(self.port), str(self.folder)]

    def tokens(self) -> dict[str, str]:
        env = {**os.environ, "NODE_EXTRA_CA_CERTS": str(self.roots)}
        done = subprocess.run(["node", str(PEERS / "client.mjs"), self.url], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


class Authlib(Issuer):
    """Authlib's server."""

    def command(self) -> list[str]:
        return [sys.executable, "-B", str(Path(__file__).with_name("authorization.py")), str(self.port), str(self.folder)]

    def tokens(self) -> dict[str, str]:
        back, verifier = f"{self.url}/back", secrets.token_urlsafe(40)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        with self.client() as http:
            ask = {"response_type": "code", "client_id": "app", "redirect_uri": back, "scope": "orders:read orders:write"}
            ask |= {"code_challenge": challenge, "code_challenge_method": "S256"}
            code = httpx.URL(http.get("/authorize", params=ask).headers["location"]).params["code"]
            shown = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
            grants = {
                "machine": {"client_id": "machine", "grant_type": "client_credentials", "scope": "orders:read"},
                "person": {"client_id": "app", **shown},
            }
            return {
                who: http.post("/token", data={"client_secret": SECRET, **grant}).raise_for_status().json()["access_token"]
                for who, grant in grants.items()
            }


def make(folder: Path) -> list[Issuer]:
    """Both, with a certificate of an authority of their own."""
    roots = folder / "roots.pem"

    def certify(name: str, *more: str | Path) -> None:
        options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj".split()
        made = ["openssl", *options, f"/CN={name}", *more]
        subprocess.run(made, check=True, capture_output=True)

    certify("roots", "-keyout", folder / "roots.key", "-out", roots)
    leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=IP:127.0.0.1"]
    certify("127.0.0.1", "-CA", roots, "-CAkey", folder / "roots.key", *leaf, "-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    issuers: list[Issuer] = []
    for name, algorithm, kind in (("provider", "RS256", OidcProvider), ("authlib", "ES256", Authlib)):
        own = folder / name
        own.mkdir()
        for file in ("key.pem", "cert.pem"):
            (own / file).write_bytes((folder / file).read_bytes())
        issuers.append(kind(name, algorithm, own, roots))
    return issuers
