"""Draws the contests named "sweep of WHAT: HOW MANY" as plain SVG: both axes logarithmic, a line a contender, told apart by mark and by name."""

from __future__ import annotations

import math
import re
from xml.sax.saxutils import escape

from measured import Measured

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 170, 36, 44
# A palette for those who see colours otherwise (Okabe and Ito); caltrop is black.
COLOURS = ["#000000", "#d55e00", "#0072b2", "#009e73", "#cc79a7"]
SWEEP = re.compile(r"sweep of (\w+): (\d+)")

# Contenders and their points: how many, nanoseconds.
Lines = dict[str, list[tuple[int, float]]]


def sweeps(measured: Measured) -> dict[str, Lines]:
    """The lines of each plot, by what is swept."""
    found: dict[str, Lines] = {}
    for title in measured.rows:
        if given := SWEEP.fullmatch(title):
            for name, median in measured.medians(title).items():
                found.setdefault(given[1], {}).setdefault(name, []).append((int(given[2]), median))
    return {what: {name: sorted(points) for name, points in lines.items()} for what, lines in found.items()}


def svg(what: str, lines: Lines) -> str:
    points = [point for line in lines.values() for point in line]
    across = Axis([count for count, _ in points], LEFT, WIDTH - RIGHT)
    up = Axis([ns for _, ns in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>nanoseconds a check against {what}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20">nanoseconds a check</text>',
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{what}</text>',
    ]
    for power in across.powers():
        x = across.at(10**power)
        parts.append(f'<path d="M{x} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">10{superscript(power)}</text>')
    for value in up.steps():
        y = up.at(value)
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{round(y + 4, 1)}" text-anchor="end">{value:,}</text>')
    ends = []
    for (name, line), colour in zip(lines.items(), COLOURS, strict=False):
        path = "L".join(f"{across.at(count)} {up.at(ns)}" for count, ns in line)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{3 if name == "caltrop" else 1.5}"/>')
        parts += [f'<circle cx="{across.at(count)}" cy="{up.at(ns)}" r="3" fill="{colour}"/>' for count, ns in line]
        ends.append((up.at(line[-1][1]), name, colour))
    parts += labels(ends)
    return "\n".join([*parts, "</svg>"]) + "\n"


def labels(ends: list[tuple[float, str, str]]) -> list[str]:
    """The names at the lines' ends, each below the last by a line of text at least."""
    parts, lowest = [], 0.0
    for y, name, colour in sorted(ends):
        lowest = max(y + 4, lowest + 15)
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{round(lowest, 1)}" fill="{colour}">{escape(name)}</text>')
    return parts


class Axis:
    """From the least to the greatest value, with room for half a step on either side."""

    def __init__(self, values: list[float], start: float, end: float) -> None:
        self.low, self.high = math.log10(min(values)) - 0.1, math.log10(max(values)) + 0.1
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.start + part * (self.end - self.start), 1)

    def powers(self) -> range:
        return range(math.ceil(self.low), math.floor(self.high) + 1)

    def steps(self) -> list[int]:
        """1, 2 and 5 of each power of ten."""
        every = [step * 10**power for power in range(9) for step in (1, 2, 5)]
        return [value for value in every if self.low <= math.log10(value) <= self.high]


def superscript(power: int) -> str:
    return "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(power))
