"""Compares what was measured with what must be reached (`goals.toml`).

Usage: check.py [RECORD]. Reads the newest record in `benches/record`, and of each bench the run in `target/side-by-side` if that is newer.
Prints a line a goal, reached or not; exit status 1 if one is not reached or was not measured.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measured import HERE, Measured, newest, of_record

GOALS = HERE / "goals.toml"


@dataclass(frozen=True)
class Verdict:
    """What became of one goal."""

    subject: str
    # Whether it is reached; None if it was not measured.
    reached: bool | None
    measured: str
    goal: str

    def __str__(self) -> str:
        word = {True: "reached     ", False: "NOT reached ", None: "not measured"}[self.reached]
        return f"{word}  {self.subject}: {self.measured}; goal: {self.goal}"


def goals(text: str | None = None) -> list[dict[str, Any]]:
    return tomllib.loads(GOALS.read_text() if text is None else text)["goal"]


def verdicts(goals: list[dict[str, Any]], measured: Measured) -> Iterator[Verdict]:
    for goal in goals:
        # Each kind reads its own keys, and a key that it does not know is no goal.
        kinds = {"against": beside_peers, "at-most-ns": in_time, "figure": as_figure, "alike": alike}
        kind = [kind for key, kind in kinds.items() if key in goal]
        if len(kind) != 1:
            raise SystemExit(f"goals.toml: {goal}: give one of {', '.join(kinds)}")
        try:
            yield kind[0](measured, **{key.replace("-", "_"): value for key, value in goal.items()})
        except TypeError as wrong:
            raise SystemExit(f"goals.toml: {goal}: {wrong}") from None


def beside_peers(measured: Measured, *, contest: str, against: list[str], at_most: float, contender: str = "caltrop") -> Verdict:
    medians = measured.medians(contest)
    subject = contest if contender == "caltrop" else f"{contest}, {contender}"
    goal = f"at most {at_most:g} of the fastest of {', '.join(against)}"
    if missing := [name for name in [contender, *against] if name not in medians]:
        return Verdict(subject, None, f"no {', '.join(missing)}", goal)
    peer = min(against, key=medians.__getitem__)
    ratio = medians[contender] / medians[peer]
    return Verdict(subject, ratio <= at_most, f"{medians[contender]:.1f} ns, {ratio:.2f} of {peer}'s {medians[peer]:.1f} ns", goal)


def in_time(measured: Measured, *, contest: str, at_most_ns: float, contender: str = "caltrop") -> Verdict:
    median = measured.medians(contest).get(contender)
    goal = f"at most {at_most_ns:g} ns"
    if median is None:
        return Verdict(contest, None, f"no {contender}", goal)
    return Verdict(contest, median <= at_most_ns, f"{median:.1f} ns", goal)


def as_figure(measured: Measured, *, figure: str, at_most: float | None = None, at_least: float | None = None) -> Verdict:
    if (at_most is None) == (at_least is None):
        raise TypeError("give at-most or at-least")
    value = measured.value(figure)
    unit = measured.rows.get(figure, {}).get("unit", "")
    goal = (f"at least {at_least:g} {unit}" if at_most is None else f"at most {at_most:g} {unit}").rstrip()
    if value is None:
        return Verdict(figure, None, "no figure", goal)
    return Verdict(figure, value >= at_least if at_most is None else value <= at_most, f"{value:.3g} {unit}", goal)


def alike(measured: Measured, *, alike: list[str], within: float) -> Verdict:
    medians = {contest: measured.medians(contest).get("caltrop") for contest in alike}
    subject, goal = "alike: " + " / ".join(alike), f"the slowest at most {within:g} of the quickest"
    if missing := [contest for contest, median in medians.items() if median is None]:
        return Verdict(subject, None, f"no {', '.join(missing)}", goal)
    ratio = max(medians.values()) / min(medians.values())
    told = " / ".join(f"{median:.1f}" for median in medians.values())
    return Verdict(subject, ratio <= within, f"{told} ns, {ratio:.2f}", goal)


def main() -> int:
    measured = of_record(json.loads(Path(sys.argv[1]).read_text())) if len(sys.argv) > 1 else newest()
    for bench, source in measured.sources.items():
        print(f"{bench}: {source}")
    all_goals = goals()
    missed = 0
    for verdict in verdicts(all_goals, measured):
        print(verdict)
        missed += verdict.reached is not True
    print(f"{len(all_goals) - missed} of {len(all_goals)} goals reached")
    return 1 if missed or not all_goals else 0


if __name__ == "__main__":
    sys.exit(main())
