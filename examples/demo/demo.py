#!/usr/bin/env python3
"""The main job, live: one policy image decides the same real requests in three servers and on a board.

Usage: demo.py ROOT TARGET: the workspace, and where cargo builds. `make demo` builds everything first.
Exit status: 0 if all hosts gave every answer that is expected here, 1 if not.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT, TARGET = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
sys.path.insert(0, str(ROOT / "examples" / "suite"))

import board
from servers import SERVERS, running
from wire import Server

from rows import via_proxy

ABROAD, VPN = "203.0.113.9", "10.8.3.4"
# What is asked, from where, with whose key, how many times; and what every host must answer.
ASKED = [
    ("GET /healthz", ABROAD, None, 1, "200"),
    ("GET /v1/orders/17", ABROAD, "alice", 1, "200"),
    ("GET /v1/orders/17", ABROAD, None, 1, "401 no-credential"),
    ("GET /v1/orders/17", ABROAD, "mallory", 1, "401 key-unknown"),
    ("GET /v1/orders/17", ABROAD, "bob", 1, "401 key-revoked"),
    ("POST /v1/orders", ABROAD, "alice", 1, "403 scope"),
    ("GET /v1/admin/users", ABROAD, "root", 1, "403 zone"),
    ("GET /v1/admin/users", VPN, "root", 1, "200"),
    ("GET /v1/orders/../admin/users", ABROAD, "alice", 1, "400 path"),
    ("GET /nowhere", ABROAD, "alice", 1, "404 no-route"),
    ("GET /v1/report", ABROAD, "alice", 3, "200"),
    ("GET /v1/report", ABROAD, "alice", 1, "429 quota"),
]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="caltrop-demo-") as folder:
        project = Path(folder) / "project"
        keys = make_project(project)
        columns, seen = {}, []
        for name, command in SERVERS(ROOT, TARGET).items():
            say(f"asking {name}")
            log = Path(folder) / f"{name}.log"
            with running(command, project, log) as url:
                columns[name], seen = ask(Server(url, log), keys)
        say("asking the board (Cortex-M3 in QEMU)")
        answers = board.ask(ROOT, project, seen, Path(folder) / "board.bin")
        columns["Cortex-M3"] = [answers[last] for last in last_of_each()]
        wrong = show(columns)
        denied = ["explain", "GET", "/v1/admin/users", "--from", ABROAD, "-H", f"authorization: Bearer {keys['root']}"]
        print(f"\ncaltrop explain GET /v1/admin/users --from {ABROAD} -H 'authorization: Bearer …' (root's key)\n")
        print(caltrop(*denied, "--policy", str(project / "policy.toml")))
        return 1 if wrong else 0


def last_of_each() -> list[int]:
    """Of what is asked several times, the last answer counts: where it stands among all."""
    return [sum(times for _, _, _, times, _ in ASKED[: at + 1]) - 1 for at in range(len(ASKED))]


def make_project(project: Path) -> dict[str, str]:
    """A policy, a keyring with alice's, root's and bob's keys, bob's taken back; all compiled and signed."""
    say("making a policy and its keys")
    policy = project / "policy.toml"
    caltrop("init", str(project), "--name", "acme-api")
    shutil.copyfile(ROOT / "examples" / "acme" / "policy.toml", policy)
    print(caltrop("policy", "compile", str(policy)).rstrip())
    scopes = {"alice": "orders:read", "bob": "orders:read", "root": "admin"}
    keys = {who: caltrop("keys", "new", who, "--scope", scope, "--policy", str(policy)).strip() for who, scope in scopes.items()}
    caltrop("keys", "revoke", keys["bob"], "--policy", str(policy))
    print(caltrop("keys", "list", "--policy", str(policy)).rstrip())
    return keys | {"mallory": "acmeapi_live_" + "1" * 59}


def ask(server: Server, keys: dict[str, str]) -> tuple[list[str], list[board.Seen]]:
    """Sends every request over a socket; gives the answers, and the requests as the server saw them."""
    answers, seen = [], []
    for line, client, owner, times, _ in ASKED:
        method, target = line.split(" ", 1)
        # The client plays the proxy that ends TLS on the server's own machine; the policy trusts it.
        fields = via_proxy(client) + ([("authorization", f"Bearer {keys[owner]}")] if owner else [])
        for _ in range(times):
            seen.append(board.Seen(method, target, fields, time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)))
            answer = server.ask(method, target, fields)
        said = str(answer.status)
        if answer.is_problem:
            said += " " + server.logged(answer.json()["id"])["reason"]
        if wait := answer.fields.get("retry-after"):
            said += f", again in {wait} s"
        answers.append(said)
    return answers, seen


def show(columns: dict[str, list[str]]) -> int:
    """Prints the table; gives how many cells are not what they must be."""
    head = ["request", "from", "key", *columns]
    rows = [
        [f"{line}{f', {times} times' if times > 1 else ''}", client, owner or "-", *(answers[at] for answers in columns.values())]
        for at, (line, client, owner, times, _) in enumerate(ASKED)
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print()
    for row in [head, ["-" * width for width in widths], *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    wrong = 0
    for name, answers in columns.items():
        for (line, client, owner, _, expected), given in zip(ASKED, answers, strict=True):
            if given.split(",")[0] != expected:
                print(f"{name}: {line} from {client} with {owner}'s key: {given}, expected {expected}", file=sys.stderr)
                wrong += 1
    cells = len(columns) * len(ASKED)
    print(f"\n{cells - wrong} of {cells} answers are what the policy says, on {len(columns)} hosts")
    return wrong


def caltrop(*words: str) -> str:
    done = subprocess.run([ROOT / ".venv" / "bin" / "caltrop", *words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"caltrop {' '.join(words[:2])}: {done.stdout}{done.stderr}")
    return done.stdout


def say(what: str) -> None:
    print(f"demo: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
