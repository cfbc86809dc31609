"""Writes `docs/performance.md` and `docs/plots` from the newest record: `make bench-report`.

With --check it only says whether they are what it gives.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import check
import plot
from measured import HERE, Measured, newest_record, of_record

ROOT = HERE.parent
DOCS = ROOT / "docs"
SWEPT = {
    "clients": "A rate check, against clients that come at random",
    "prefixes": "A longest match, against the IPv4 prefixes of the table",
    "keys": "An API key verified, against the keys of the keyring",
    "routes": "A decision, against the routes of the policy",
    "callers": "A decision, against callers that come at random",
}
BENCHES = {
    "guard": "Whole decisions",
    "rate": "Rate checks",
    "net": "Networks",
    "keys": "API keys",
    "mac": "HMAC",
    "python": "From Python",
}


def pages(record: dict[str, Any], source: str) -> dict[Path, str]:
    """What is to be written where."""
    measured = of_record(record)
    drawn = {f"plots/{what}.svg": plot.svg(what, lines) for what, lines in plot.sweeps(measured).items()}
    text = "\n".join([*head(record, source), *reached(measured), *wins(record), *tables(record), *growth(record, drawn)]) + "\n"
    return {DOCS / "performance.md": text} | {DOCS / name: svg for name, svg in drawn.items()}


def head(record: dict[str, Any], source: str) -> list[str]:
    machine, versions = record["machine"], record["versions"]
    crates, packages = (told(versions[kind]) for kind in ("crates", "python"))
    changed = ", with changes that no commit holds" if record["changed"] else ""
    return [
        "# Performance",
        "",
        f"Written by `make bench-report` from [`{source}`](../{source}); edit neither. It is caltrop's own benchmark: `make bench` runs it anew.",
        "",
        f"- Machine: {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}; load {machine['load']:.1f} when it was recorded.",
        f"- Commit {record['commit']}{changed}, {record['recorded']}, {versions['tools']['rustc']}.",
        f"- Crates: {crates}.",
        f"- From Python: {packages}.",
        "",
        "All contenders of a table did the same work in turns, in one process and one run. A figure is the median of their rounds, in",
        "nanoseconds of processor time; × is its ratio to the fastest peer's. Compare ratios, not figures of different machines.",
        "",
    ]


def told(versions: dict[str, str]) -> str:
    """All but our own, which the commit tells."""
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()) if not name.startswith("caltrop"))


def reached(measured: Measured) -> list[str]:
    verdicts = list(check.verdicts(check.goals(), measured))
    words = {True: "reached", False: "**not reached**", None: "**not measured**"}
    rows = [f"| {cell(one.subject)} | {cell(one.measured)} | {cell(one.goal)} | {words[one.reached]} |" for one in verdicts]
    count = sum(one.reached is True for one in verdicts)
    return [
        "## What must be reached",
        "",
        f"`benches/goals.toml` says it, `make bench-check` compares: {count} of {len(verdicts)} reached.",
        "",
        "| work | measured | goal | |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
        *(HERE / "bounds.md").read_text().splitlines(),
        "",
    ]


def contests(record: dict[str, Any]) -> list[tuple[str, dict[str, float]]]:
    """All contests with their medians, but for the sweeps."""
    rows = [row for bench, run in record["benches"].items() if bench != "sweeps" for row in run["contests"] if "contenders" in row]
    return [(row["title"], {one["name"]: one["median_ns"] for one in row["contenders"]}) for row in rows]


def is_peer(name: str) -> bool:
    return name != "caltrop" and not name.startswith(("caltrop ", "caltrop,"))


def is_part(name: str) -> bool:
    """Whether it does a part of caltrop's work, as a yardstick, and so is no peer."""
    return name.startswith("one ")


def fastest_peer(medians: dict[str, float]) -> str | None:
    return min(filter(is_peer, medians), key=medians.__getitem__, default=None)


def wins(record: dict[str, Any]) -> list[str]:
    """Where another is faster."""
    lines = []
    for title, medians in contests(record):
        own = medians.get("caltrop", 0.0)
        for peer, median in sorted(medians.items(), key=lambda one: one[1]):
            if is_peer(peer) and not is_part(peer) and median < own:
                lines.append(f"- {title}: {peer} takes {median / own:.2f} of caltrop's time ({median:.1f} beside {own:.1f} ns).")
    return ["## Where a peer wins", "", *(lines or ["Nowhere in this record."]), ""]


def tables(record: dict[str, Any]) -> list[str]:
    lines = ["## All figures", ""]
    for bench, run in sorted(record["benches"].items(), key=lambda one: [*BENCHES, one[0]].index(one[0])):
        if bench == "sweeps":
            continue
        lines += [f"### {BENCHES.get(bench, bench)}", ""]
        lines += [line for note in run.get("notes", []) for line in (note, "")]
        figures = [row for row in run["contests"] if "value" in row]
        for row in run["contests"]:
            if "contenders" in row:
                lines += table(row["title"], {one["name"]: one["median_ns"] for one in row["contenders"]})
        if figures:
            lines += ["| figure | |", "| --- | ---: |"]
            lines += [f"| {cell(row['title'])} | {row['value']:,g} {row['unit']} |" for row in figures] + [""]
    return lines


def table(title: str, medians: dict[str, float]) -> list[str]:
    peer = fastest_peer(medians)
    rows = []
    for name, median in medians.items():
        ratio = f"{median / medians[peer]:.2f}×" if peer else ""
        rows.append(f"| {cell(name)} | {median:,.1f} | {ratio} |")
    return [f"| {cell(title)} | ns | |", "| --- | ---: | ---: |", *rows, ""]


def growth(record: dict[str, Any], drawn: dict[str, str]) -> list[str]:
    lines = ["## How costs grow", "", "`cargo bench --bench sweeps`. Both axes are logarithmic.", ""] if drawn else []
    for name in drawn:
        what = Path(name).stem
        lines += [f"![{SWEPT.get(what, what)}]({name})", ""]
        rows = plot.sweeps(of_record(record))[what]
        counts = sorted({count for line in rows.values() for count, _ in line})
        lines += [f"| {SWEPT.get(what, what)}, ns | {' | '.join(f'{count:,}' for count in counts)} |", f"| --- |{' ---: |' * len(counts)}"]
        for contender, line in rows.items():
            points = dict(line)
            lines.append(f"| {cell(contender)} | {' | '.join(f'{points[count]:,.1f}' if count in points else '' for count in counts)} |")
        lines.append("")
    return lines[:-1]


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    found = newest_record()
    if found is None:
        print("report: no record in benches/record: run `make bench bench-record`", file=sys.stderr)
        return 1
    path, record = found
    old = []
    for page, text in pages(record, str(path.relative_to(ROOT))).items():
        if page.exists() and page.read_text() == text:
            continue
        old.append(str(page.relative_to(ROOT)))
        if "--check" not in sys.argv:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text)
    if "--check" in sys.argv and old:
        print(f"report: not what {path.name} gives: {', '.join(old)}: run `make bench-report`", file=sys.stderr)
        return 1
    print(f"report: {', '.join(old) or 'nothing to write'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
