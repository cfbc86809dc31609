"""What one decision costs from Python: the answers that a server gives most. Prints nanoseconds a call, the median of 21 runs.

Each row must give the answer that it is named for; a row that gives another stops the run.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import caltrop

ROOT = Path(__file__).resolve().parent.parent
CALLS, RUNS = 20_000, 21
BROWSER = [
    (b"host", b"api.example"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"x-request-id", b"6a1f0c1e-2f6b-4a6e-9f5d-0d9b8a7c6e5f"),
    (b"connection", b"keep-alive"),
]


def command(*words: str) -> str:
    return subprocess.run([sys.executable, "-m", "caltrop", *words], check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.toml"
        command("init", folder, "--name", "acme-api")
        shutil.copyfile(ROOT / "examples" / "acme" / "policy.toml", policy)
        command("policy", "compile", str(policy))
        key = command("keys", "new", "alice", "--scope", "orders:read", "--policy", str(policy))
        guard = caltrop.Guard.load(policy, secrets=caltrop.Secrets.from_folder(folder), state="process")
        rows = [
            ("no route", "/nowhere", None, 404),
            ("no key", "/v1/orders", None, 401),
            ("unknown key", "/v1/orders", "Bearer acme_live_nobody", 401),
            ("valid key, two quotas", "/v1/orders/17", f"Bearer {key}", 200),
        ]
        for name, target, shown, status in rows:
            headers = BROWSER + ([(b"authorization", shown.encode())] if shown else [])
            print(f"admit from python, {name}: {median(guard, target, headers, status):.0f} ns")


def median(guard: caltrop.Guard, target: str, headers: list[tuple[bytes, bytes]], status: int) -> float:
    # Far apart, so that no bucket ever fills and every call takes the same way.
    took = []
    for run in range(RUNS):
        moments = [caltrop.Now(1_796_000_000, (run * CALLS + at + 1) * 200 * 10**9) for at in range(CALLS)]
        start = time.perf_counter_ns()
        for now in moments:
            guard.admit(method="GET", target=target, headers=headers, peer="203.0.113.9", tls=True, authority=b"api.example", now=now)
        took.append((time.perf_counter_ns() - start) / CALLS)
        given = guard.admit(method="GET", target=target, headers=headers, peer="203.0.113.9", tls=True, now=moments[-1])
        assert given.status == status, given
    return statistics.median(took)


if __name__ == "__main__":
    main()
