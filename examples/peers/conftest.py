"""A project whose issuers are two servers that run, `caltrop sync` beside it, and the guard."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import caltrop
import issuers
from issuers import Issuer

CALTROP = os.environ["CALTROP"]
POLICY = """\
[policy]
name = "acme-api"
slots = 4096

[feed]
gone = {{ kind = "revocations" }}
{feeds}
{auth}
[route]
whoami = {{ match = "GET /v1/whoami" }}
orders = {{ match = "GET /v1/orders", scopes = ["orders:read"] }}
write  = {{ match = "POST /v1/orders", scopes = ["orders:write"] }}
"""
FEED = '{name} = {{ kind = "jwks", url = "{url}/jwks", cooldown = "1s", stale = "30m", on-stale = "keep" }}\n'
AUTH = """
[auth.{name}]
issuer     = "{url}"
audience   = ["acme-api"]
algorithms = ["{algorithm}"]
from       = "feed:{name}"
"""


@dataclass
class House:
    """The project, its issuers, and what they issued."""

    folder: Path
    guard: caltrop.Guard
    issuers: dict[str, Issuer]
    tokens: dict[str, dict[str, str]]

    def worker(self) -> House:
        """The same with a state of its own: for a test whose clock runs ahead."""
        return replace(self, guard=load(self.folder))

    def show(self, token: str, line: str = "GET /v1/whoami", *, later: int = 0) -> caltrop.Decision:
        """The decision about a token, by a worker that looks at its files before; some seconds later by its clock, if said."""
        self.guard.poll()
        mono_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + later * 10**9
        now = caltrop.Now(int(time.time()) + later, mono_ns) if later else None
        method, target = line.split(" ")
        headers = [(b"authorization", b"Bearer " + token.encode())]
        return self.guard.admit(method=method, target=target, headers=headers, peer="203.0.113.9", tls="1.3", now=now)

    def caltrop(self, *arguments: str) -> str:
        done = subprocess.run([CALTROP, *arguments], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout


def load(folder: Path) -> caltrop.Guard:
    return caltrop.Guard.load(folder / "policy.toml", secrets=caltrop.Secrets({}), state="process")


def caltrop_in(folder: Path, *arguments: str) -> None:
    subprocess.run([CALTROP, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("project")
    caltrop_in(folder, "init", ".", "--name", "acme-api")
    made = issuers.make(tmp_path_factory.mktemp("issuers"))
    parts = [{"name": issuer.name, "url": issuer.url, "algorithm": issuer.algorithm} for issuer in made]
    feeds, auth = ("".join(text.format(**part) for part in parts) for text in (FEED, AUTH))
    (folder / "policy.toml").write_text(POLICY.format(feeds=feeds, auth=auth))
    for name in ("gone", *(issuer.name for issuer in made)):
        caltrop_in(folder, "feed", "signer", name)
    caltrop_in(folder, "policy", "compile")
    caltrop_in(folder, "revocations", "renew")
    syncing = None
    try:
        for issuer in made:
            issuer.start()
        caltrop_in(folder, "sync", "--once", "--roots", str(made[0].roots))
        syncing = subprocess.Popen([CALTROP, "sync", "--roots", str(made[0].roots)], cwd=folder, stdout=subprocess.DEVNULL)
        yield House(folder, load(folder), {issuer.name: issuer for issuer in made}, {issuer.name: issuer.tokens() for issuer in made})
    finally:
        for process in [syncing, *(issuer.process for issuer in made)]:
            if process:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def eventually() -> Callable[[str, Callable[[], bool]], float]:
    """Waits until something is so, and says how long that took."""

    def wait(what: str, is_so: Callable[[], bool]) -> float:
        began = time.monotonic()
        while not is_so():
            assert time.monotonic() - began < 20, f"{what}: not within 20 s"
            time.sleep(0.05)
        return time.monotonic() - began

    return wait


def claims(token: str) -> dict:
    """What a token says, unverified."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
