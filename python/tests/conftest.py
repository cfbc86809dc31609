"""A project made by the real command, and vectors packed by the real packer."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import packed
import pytest

import caltrop


class Project:
    """What `caltrop init` made, in a folder of its own and with a state of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = f"test-{uuid.uuid4().hex[:12]}"
        self.run("init", str(folder), "--name", "acme-api")

    @property
    def policy(self) -> Path:
        return self.folder / "policy.toml"

    def run(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, "-m", "caltrop", *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def edit(self, old: str, new: str) -> None:
        text = self.policy.read_text()
        assert old in text
        self.policy.write_text(text.replace(old, new))

    def compile(self) -> None:
        self.run("policy", "compile", str(self.policy))

    def key(self, principal: str, *arguments: str) -> str:
        return self.run("keys", "new", principal, "--policy", str(self.policy), *arguments).strip()

    def secrets(self) -> caltrop.Secrets:
        return caltrop.Secrets.from_folder(self.folder)

    def load(self, **options: object) -> caltrop.Guard:
        options.setdefault("state", "process")
        return caltrop.Guard.load(self.policy, secrets=self.secrets(), **options)

    def forget(self) -> None:
        Path(f"/dev/shm/caltrop.{os.geteuid()}.{self.state}.3").unlink(missing_ok=True)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path / "api")
    yield made
    made.forget()


@pytest.fixture(scope="session")
def vectors() -> list[packed.Group]:
    path = os.environ.get("CALTROP_VECTORS") or pytest.fail("CALTROP_VECTORS: give the packed vectors, as `make test` does")
    return list(packed.read(Path(path).read_bytes()))


@pytest.fixture(scope="session")
def group(vectors: list[packed.Group]) -> packed.Group:
    """A policy with keys."""
    return next(group for group in vectors if group.keyring)
