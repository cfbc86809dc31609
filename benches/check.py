"""Compares what was measured (`target/side-by-side/*.json`) with what must be reached (`goals.toml`).

Usage: check.py [FOLDER]. Prints a line a goal, reached or not; exit status 1 if one is not reached or was not measured.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "target" / "side-by-side"
    measured = {}
    for file in sorted(folder.glob("*.json")):
        for contest in json.loads(file.read_text())["contests"]:
            measured[contest["title"]] = {one["name"]: one["median_ns"] for one in contest.get("contenders", [])}
    goals = tomllib.loads((HERE / "goals.toml").read_text())["goal"]
    missed = 0
    for goal in goals:
        medians = measured.get(goal["contest"], {})
        peers = [medians[name] for name in goal["against"] if name in medians]
        if "caltrop" not in medians or len(peers) != len(goal["against"]):
            print(f"not measured  {goal['contest']}")
            missed += 1
            continue
        ratio = medians["caltrop"] / min(peers)
        reached = ratio <= goal["at-most"]
        missed += not reached
        word = "reached     " if reached else "NOT reached "
        print(f"{word}  {goal['contest']}: {medians['caltrop']:.1f} ns, {ratio:.2f} of the fastest peer's {min(peers):.1f} ns, goal {goal['at-most']}")
    print(f"{len(goals) - missed} of {len(goals)} goals reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
