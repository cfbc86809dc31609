"""The `caltrop` command on one project, asked as a machine asks it."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path


class Project:
    """A policy.toml with what lies beside it, and the command that writes both."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        self.policy = folder / "policy.toml"
        self._command = command

    @property
    def name(self) -> str:
        return tomllib.loads(self.policy.read_text())["policy"]["name"]

    def run(self, *words: str) -> dict:
        done = subprocess.run([self._command, "--json", *words], check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"caltrop {' '.join(words)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def new_key(self, *words: str) -> dict:
        return self.run("keys", "new", *words, "--policy", str(self.policy))

    def revoke(self, key_id: str) -> None:
        self.run("keys", "revoke", key_id, "--policy", str(self.policy))

    def make_list(self, feed: str, networks: list[str]) -> None:
        """Writes the signed list of a feed, and whose it is."""
        self.run("feed", "signer", feed, "--folder", str(self.folder))
        plain = self.folder / f"{feed}.txt"
        plain.write_text("\n".join(networks) + "\n")
        key, out = self.folder / f"feed-{feed}.key", self.folder / f"{feed}.cltp"
        self.run("list", "compile", str(plain), "--scope", f"{self.name}/{feed}", "--key", str(key), "--out", str(out))

    def recompile(self) -> int:
        """Writes the policy anew under the next sequence, which it gives."""
        sequence = self.run("policy", "compile", str(self.policy), "--untested")["sequence"] + 1
        lines = [line for line in self.policy.read_text().splitlines(keepends=True) if not line.startswith("sequence = ")]
        lines.insert(lines.index("[policy]\n") + 1, f"sequence = {sequence}\n")
        self.policy.write_text("".join(lines))
        self.run("policy", "compile", str(self.policy), "--untested")
        return sequence
