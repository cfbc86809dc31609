"""Keeps the last run of each bench as `benches/record/<date>-<commit>.json`, with the machine and the versions: `make bench-record`.

A run that is older than the commit is not of it, and is refused. Samples are kept as at most 31 numbers of three digits.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

from measured import HERE, MOMENT, RECORDS, runs

ROOT = HERE.parent
SAMPLES_MAX = 31


def main() -> int:
    ran = runs()
    if not ran:
        print("record: nothing was measured: run `make bench`", file=sys.stderr)
        return 1
    commit = told("git", "rev-parse", "--short=10", "HEAD")
    committed = time.strftime(MOMENT, time.gmtime(int(told("git", "show", "-s", "--format=%ct", "HEAD"))))
    if old := [bench for bench, (moment, _) in ran.items() if moment < committed]:
        print(f"record: older than commit {commit}: {', '.join(old)}: run them anew, or remove them from target/side-by-side", file=sys.stderr)
        return 1
    now = time.strftime(MOMENT, time.gmtime())
    record = {
        "recorded": now,
        "commit": commit,
        # Whether the tree held changes that no commit holds.
        "changed": bool(told("git", "status", "--porcelain", "--untracked-files=no")),
        "machine": machine(),
        "versions": versions(ran),
        "benches": {bench: kept(moment, run) for bench, (moment, run) in ran.items()},
    }
    RECORDS.mkdir(exist_ok=True)
    path = RECORDS / f"{now[:10]}-{commit}.json"
    path.write_text(in_lines(record))
    print(f"record: {path.relative_to(ROOT)}: {', '.join(ran)}")
    return 0


def told(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def machine() -> dict[str, Any]:
    cpu = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {"cpu": cpu[0] if cpu else platform.machine(), "cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0]}


def versions(ran: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, dict[str, str]]:
    """Of the compiler, of the crates that the benches name, and of the packages that the benches in Python say they used."""
    manifest = tomllib.loads((HERE / "Cargo.toml").read_text())
    named = manifest["dev-dependencies"].keys() | manifest["dependencies"].keys()
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    crates: dict[str, str] = {}
    for package in locked:
        if package["name"] in named:
            # Where two are locked, the benches name the newer.
            crates[package["name"]] = max(crates.get(package["name"], ""), package["version"], key=number)
    python = {name: version for _, run in ran.values() for name, version in run.get("versions", {}).items()}
    return {"tools": {"rustc": told("rustc", "--version")}, "crates": crates, "python": python}


def number(version: str) -> list[int]:
    return [int(part) for part in version.split("-")[0].split("+")[0].split(".") if part.isdigit()]


def kept(moment: str, run: dict[str, Any]) -> dict[str, Any]:
    notes = {"notes": run["notes"]} if run.get("notes") else {}
    return {"taken": moment, **notes, "contests": [compact(row) for row in run["contests"]]}


def compact(row: dict[str, Any]) -> dict[str, Any]:
    if "contenders" not in row:
        return row | {"value": rounded(row["value"], 4)}
    contenders = [
        {"name": one["name"], "median_ns": rounded(one["median_ns"], 5), "samples_ns": [rounded(ns, 3) for ns in thinned(one["samples_ns"])]}
        for one in row["contenders"]
    ]
    return {"title": row["title"], "contenders": contenders}


def thinned(samples: list[float]) -> list[float]:
    """All of them in their order, or so many quantiles of more: their median stays."""
    if len(samples) <= SAMPLES_MAX:
        return samples
    middle = statistics.quantiles(samples, n=SAMPLES_MAX - 1, method="inclusive")
    return [min(samples), *middle, max(samples)]


def rounded(number: float, digits: int) -> float:
    return float(f"{number:.{digits}g}")


def in_lines(record: dict[str, Any]) -> str:
    """JSON with a line a contest, so that two records can be laid side by side."""
    head = {key: value for key, value in record.items() if key != "benches"}
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    benches = []
    for bench, run in record["benches"].items():
        rows = ",\n".join(f"      {json.dumps(row, ensure_ascii=False)}" for row in run["contests"])
        before = "".join(f"      {json.dumps(key)}: {json.dumps(value)},\n" for key, value in run.items() if key != "contests")
        benches.append(f"    {json.dumps(bench)}: {{\n{before}      \"contests\": [\n{rows}\n      ]\n    }}")
    return "{\n" + "\n".join(lines) + '\n  "benches": {\n' + ",\n".join(benches) + "\n  }\n}\n"


if __name__ == "__main__":
    sys.exit(main())
