"""Asking the board: the servers' own images and the requests that they saw, in one packed file (`vectors/src/pack.rs` says how)."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path


@dataclass(frozen=True)
class Seen:
    """A request as a server saw it, and when."""

    method: str
    target: str
    fields: list[tuple[str, str]]
    wall_s: float
    boot_s: float


def ask(root: Path, project: Path, seen: list[Seen], file: Path) -> list[str]:
    """What the board answers to each."""
    file.write_bytes(pack(project, seen))
    done = subprocess.run([root / "examples" / "cortex-m" / "run.sh", "--table", file], capture_output=True, text=True)
    # 1: answers are not those in the file, which says none.
    if done.returncode not in (0, 1):
        raise SystemExit(f"the board: status {done.returncode}: {done.stderr}")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    if len(lines) != len(seen):
        raise SystemExit(f"the board answered {len(lines)} of {len(seen)} requests")
    return [f"{status} {reason}".strip() + (f", again in {wait} s" if wait != "0" else "") for _, status, reason, wait in lines]


def pack(project: Path, seen: list[Seen]) -> bytes:
    """One group: the project's images and pepper, and the requests."""
    images = [(project / name).read_bytes() for name in ("policy.cltp", "keys.cltp")]
    public = _decode(project / "policy.pub")
    pepper = _decode(project / "pepper-1")
    out = [b"CTV2", _number(1, 4), *(_bytes(image, 4) for image in images), _number(0, 1), public, _bytes(b"acme-api", 1)]
    out += [_number(1, 1), _number(1, 1), _bytes(pepper, 1), _number(len(seen), 4)]
    return b"".join(out + [_case(at, one) for at, one in enumerate(seen)])


def _case(at: int, one: Seen) -> bytes:
    out = [_bytes(str(at).encode(), 1), _number(int(one.wall_s), 8), _number(int(one.boot_s * 1e9), 8), _number(1, 1)]
    out += [_bytes(one.method.encode(), 1), _bytes(one.target.encode(), 2), _bytes(b"127.0.0.1", 1), _number(len(one.fields), 2)]
    out += [_bytes(part.encode(), 2) for field in one.fields for part in field]
    # From the loopback in plaintext, as the servers' sockets had it; then no answer to compare with.
    out += [_number(4, 1), ip_address("127.0.0.1").packed, _number(0, 1), _number(0, 2), *[_bytes(b"", 1)] * 3, _number(0, 4), _number(0, 1)]
    return b"".join(out)


def _number(value: int, width: int) -> bytes:
    return value.to_bytes(width, "little")


def _bytes(value: bytes, width: int) -> bytes:
    return _number(len(value), width) + value


def _decode(path: Path) -> bytes:
    return base64.urlsafe_b64decode(path.read_text().strip() + "=")
