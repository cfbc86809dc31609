"""What was measured: by the runs in `target/side-by-side`, and by those kept in `benches/record`.

Both hold the same rows. A row is a contest, `{"title", "contenders": [{"name", "median_ns", "samples_ns"}]}`, or a figure, `{"title", "value",
"unit"}`. A record holds the newest run of each bench, the machine and the versions beside it.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RECORDS = HERE / "record"
RUNS = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")) / "side-by-side"
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class Measured:
    """The rows of each bench by their titles, and where they are from."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def add(self, bench: str, rows: list[dict[str, Any]], source: str) -> None:
        self.sources[bench] = source
        for row in rows:
            if row["title"] in self.rows:
                raise SystemExit(f"{source}: {row['title']!r} is there twice: give each contest a title of its own")
            self.rows[row["title"]] = row

    def medians(self, title: str) -> dict[str, float]:
        return {one["name"]: one["median_ns"] for one in self.rows.get(title, {}).get("contenders", [])}

    def value(self, title: str) -> float | None:
        return self.rows.get(title, {}).get("value")


def newest_record(folder: Path = RECORDS) -> tuple[Path, dict[str, Any]] | None:
    """The record that was made last, by what it says itself: files of a clone are all of one age."""
    records = [(path, json.loads(path.read_text())) for path in folder.glob("*.json")]
    return max(records, key=lambda one: one[1]["recorded"], default=None)


def runs(folder: Path = RUNS) -> dict[str, tuple[str, dict[str, Any]]]:
    """The last run of each bench, and when it ended."""
    texts = {path.stem: path for path in sorted(folder.glob("*.json"))}
    moment = lambda path: time.strftime(MOMENT, time.gmtime(path.stat().st_mtime))  # noqa: E731
    return {bench: (moment(path), json.loads(path.read_text())) for bench, path in texts.items()}


def newest(records: Path = RECORDS, folder: Path = RUNS) -> Measured:
    """Each bench from the newest record, or from the run after it."""
    found = newest_record(records)
    kept = found[1]["benches"] if found else {}
    ran = runs(folder)
    measured = Measured()
    for bench in sorted(kept.keys() | ran.keys()):
        if bench in ran and (bench not in kept or kept[bench]["taken"] < ran[bench][0]):
            measured.add(bench, ran[bench][1]["contests"], f"{folder / bench}.json")
        elif found:
            measured.add(bench, kept[bench]["contests"], str(found[0]))
    return measured


def of_record(record: dict[str, Any]) -> Measured:
    measured = Measured()
    for bench, run in record["benches"].items():
        measured.add(bench, run["contests"], "the record")
    return measured
