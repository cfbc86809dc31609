"""Side by side, from Python: what `lib.rs` does for Rust. Contenders do the same work in turns, in one process and one run.

What is told is the median of the rounds; the samples are kept in `target/side-by-side/<bench>.json`, as those of the benches in Rust.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 31
# What one round takes at least.
ROUND_NS = 4_000_000

Work = Callable[[int], None]


def calls(function: Callable[..., object], *arguments: Iterable[object]) -> Work:
    """The function once for each of its arguments, over and over; the loop is C's, so that it is as little as it can be."""
    turns = [itertools.cycle(each) for each in arguments]

    def work(times: int) -> None:
        deque(map(function, *(itertools.islice(turn, times) for turn in turns)), maxlen=0)

    return work


class Bench:
    """The contests of one bench. In a contest the first contender is caltrop; the others are its peers."""

    def __init__(self, name: str, versions: dict[str, str]) -> None:
        self.name, self.versions, self.rows = name, versions, []

    def contest(self, title: str, contenders: dict[str, Work]) -> None:
        times = {name: sized(work) for name, work in contenders.items()}
        samples: dict[str, list[float]] = {name: [] for name in contenders}
        names = list(contenders)
        gc.collect()
        gc.disable()
        for turn in range(ROUNDS):
            # Nobody is always first.
            for at in range(len(names)):
                name = names[(turn + at) % len(names)]
                samples[name].append(measured(contenders[name], times[name]) / times[name])
        gc.enable()
        medians = {name: statistics.median(given) for name, given in samples.items()}
        print(title)
        for name, median in medians.items():
            print(f"  {name:<42} {median:>10.1f} ns   {median / medians[names[0]]:.2f} of caltrop's", flush=True)
        rows = [{"name": name, "median_ns": medians[name], "samples_ns": samples[name]} for name in names]
        self.rows.append({"title": title, "contenders": rows})

    def finish(self) -> None:
        folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "side-by-side"
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"bench": self.name, "versions": self.versions, "contests": self.rows})
        (folder / f"{self.name}.json").write_text(text)


def sized(work: Work) -> int:
    times = 1
    while measured(work, times) < ROUND_NS:
        times *= 2
    return times


def measured(work: Work, times: int) -> int:
    """By this thread's processor time: what other programs take meanwhile is not counted."""
    start = time.thread_time_ns()
    work(times)
    return time.thread_time_ns() - start
