"""The tools of the benches, each with the fault that it must find. Nothing is measured here."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import check
import measured
import plot
import pytest
import record as keeping
import report

HERE = Path(__file__).resolve().parent


def met(goals: list[dict]) -> dict:
    """A record in which each goal is just reached, whatever the goals are."""
    rows: dict[str, dict[str, float]] = {}
    figures = []
    for goal in goals:
        if "against" in goal:
            row = rows.setdefault(goal["contest"], {})
            row |= {name: 100.0 for name in goal["against"]}
            row[goal.get("contender", "caltrop")] = 99.0 * goal["at-most"]
        elif "figure" in goal:
            value = 0.99 * goal["at-most"] if "at-most" in goal else 1.01 * goal["at-least"]
            figures.append({"title": goal["figure"], "value": value, "unit": "units"})
    for goal in goals:
        if "at-most-ns" in goal:
            rows.setdefault(goal["contest"], {}).setdefault("caltrop", 0.99 * goal["at-most-ns"])
        for contest in goal.get("alike", []):
            rows.setdefault(contest, {}).setdefault("caltrop", 50.0)
    contests = [
        {"title": title, "contenders": [{"name": name, "median_ns": ns, "samples_ns": [ns]} for name, ns in row.items()]}
        for title, row in rows.items()
    ]
    return {"recorded": "2026-01-01T00:00:00Z", "benches": {"all": {"taken": "2026-01-01T00:00:00Z", "contests": contests + figures}}}


def told(record: dict, folder: Path) -> tuple[int, str]:
    """The check's exit status and what it says of a record."""
    path = folder / "record.json"
    path.write_text(json.dumps(record))
    done = subprocess.run([sys.executable, "-B", HERE / "check.py", path], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


GOALS = check.goals()


def test_a_record_that_reaches_all_goals_passes(tmp_path: Path) -> None:
    status, said = told(met(GOALS), tmp_path)
    assert status == 0, said
    assert f"{len(GOALS)} of {len(GOALS)} goals reached" in said and len(GOALS) >= 23


def test_one_median_doubled_fails_and_one_row_missing_fails(tmp_path: Path) -> None:
    whole = met(GOALS)
    more_is_better = {goal["figure"] for goal in GOALS if "at-least" in goal}
    assert more_is_better
    rows = whole["benches"]["all"]["contests"]
    for at, row in enumerate(rows):
        doubled, without = copy.deepcopy(whole), copy.deepcopy(whole)
        planted = doubled["benches"]["all"]["contests"][at]
        if "value" in planted:
            planted["value"] *= 0.5 if row["title"] in more_is_better else 2
        else:
            own = [one for one in planted["contenders"] if one["name"].startswith("caltrop")]
            assert own
            for one in own:
                one["median_ns"] *= 2
        del without["benches"]["all"]["contests"][at]
        for record, word in [(doubled, False), (without, None)]:
            verdicts = list(check.verdicts(GOALS, measured.of_record(record)))
            missed = [one for one in verdicts if one.reached is not True]
            assert missed and all(row["title"] in one.subject for one in missed) and word in {one.reached for one in missed}, row["title"]
    # The first of each also through the program, since its status is what `make` sees.
    for one in rows[0]["contenders"]:
        one["median_ns"] *= 2 if one["name"] == "caltrop" else 1
    status, said = told(whole, tmp_path)
    assert status == 1 and "NOT reached" in said
    del rows[0]
    status, said = told(whole, tmp_path)
    assert status == 1 and "not measured" in said


@pytest.mark.parametrize(
    "wrong",
    [
        '[[goal]]\ncontest = "x"\nat-least = 1',
        '[[goal]]\ncontest = "x"\nagainst = ["y"]\nat-mots = 1',
        '[[goal]]\ncontest = "x"\nagainst = ["y"]\nat-most = 1\nat-most-ns = 1',
        '[[goal]]\nfigure = "x"',
        '[[goal]]\nfigure = "x"\nat-most = 1\nat-least = 1',
    ],
)
def test_a_goal_that_cannot_be_read_is_refused(wrong: str) -> None:
    with pytest.raises(SystemExit, match=r"goals\.toml"):
        list(check.verdicts(check.goals(wrong), measured.Measured()))


def test_the_newer_of_a_record_and_a_run_counts(tmp_path: Path) -> None:
    records, runs = tmp_path / "record", tmp_path / "runs"
    records.mkdir()
    runs.mkdir()
    row = lambda ns: {"title": "t", "contenders": [{"name": "caltrop", "median_ns": ns, "samples_ns": [ns]}]}  # noqa: E731
    (runs / "b.json").write_text(json.dumps({"bench": "b", "contests": [row(1.0)]}))
    kept = lambda taken: {"recorded": taken, "benches": {"b": {"taken": taken, "contests": [row(2.0)]}}}  # noqa: E731
    for taken, counts in [("2000-01-01T00:00:00Z", 1.0), ("2999-01-01T00:00:00Z", 2.0)]:
        (records / "r.json").write_text(json.dumps(kept(taken)))
        assert measured.newest(records, runs).medians("t") == {"caltrop": counts}
    # Of two records the one made last counts, whatever the names are.
    (records / "z.json").write_text(json.dumps(kept("2001-01-01T00:00:00Z")))
    assert measured.newest_record(records)[0].name == "r.json"


def test_what_is_kept_is_small_and_has_the_same_median() -> None:
    samples = [1000.0 + at * 1.2345 for at in range(501)]
    row = keeping.compact({"title": "t", "contenders": [{"name": "caltrop", "median_ns": samples[250], "samples_ns": samples}]})
    kept = row["contenders"][0]["samples_ns"]
    assert len(kept) == 31 and all(float(f"{ns:.3g}") == ns for ns in kept)
    assert kept[15] == float(f"{samples[250]:.3g}") and (kept[0], kept[-1]) == (1000.0, float(f"{samples[-1]:.3g}"))
    run = {"notes": ["a note"], "contests": [row, {"title": "f", "value": 1.5, "unit": "s"}]}
    record = {"recorded": "x", "benches": {"b": keeping.kept("y", run), "c": keeping.kept("y", run | {"notes": []})}}
    assert json.loads(keeping.in_lines(record)) == record
    assert "a note" in report.tables(record) and "notes" not in record["benches"]["c"]


def test_a_plot_has_a_line_a_contender_and_stays_within_its_frame() -> None:
    lines = {"caltrop": [(10**3, 30.0), (10**7, 90.0)], "<peer>": [(10**3, 31.0), (10**6, 4e5)]}
    drawn = ElementTree.fromstring(plot.svg("clients", lines))
    tags = [element.tag.rpartition("}")[2] for element in drawn]
    assert tags.count("circle") == 4
    for circle in drawn.iter("{http://www.w3.org/2000/svg}circle"):
        assert plot.LEFT <= float(circle.get("cx")) <= plot.WIDTH - plot.RIGHT and plot.TOP <= float(circle.get("cy")) <= plot.HEIGHT - plot.BOTTOM
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"caltrop", "<peer>", "10³", "10⁷"} <= set(texts)


def test_the_page_is_what_the_newest_record_gives_and_a_changed_figure_shows() -> None:
    found = measured.newest_record()
    assert found, "no record in benches/record"
    path, record = found
    source = str(path.relative_to(HERE.parent))
    pages = report.pages(record, source)
    for page, text in pages.items():
        assert page.exists() and page.read_text() == text, f"{page.name} is not what {path.name} gives: run `make bench-report`"
    drawn = {path.name for path in (report.DOCS / "plots").glob("*.svg")}
    assert drawn == {page.name for page in pages if page.suffix == ".svg"}
    planted = copy.deepcopy(record)
    bench = next(bench for bench in planted["benches"].values() if "contenders" in bench["contests"][0])
    bench["contests"][0]["contenders"][0]["median_ns"] *= 2
    assert report.pages(planted, source) != pages


TIMES = [("caltrop", 10.0), ("caltrop, poptrie", 5.0), ("peer", 8.0), ("quick peer", 6.0), ("one part of it", 1.0)]


def test_each_win_of_a_peer_is_told() -> None:
    contenders = [{"name": name, "median_ns": ns, "samples_ns": [ns]} for name, ns in TIMES]
    record = {"benches": {"b": {"taken": "x", "contests": [{"title": "t", "contenders": contenders}]}}}
    told = [line for line in report.wins(record) if line.startswith("- ")]
    assert [re.match(r"- t: (.*) takes (0\.\d\d) of caltrop's time", line).groups() for line in told] == [("quick peer", "0.60"), ("peer", "0.80")]
    contenders[0]["median_ns"] = 4.0
    assert "Nowhere in this record." in report.wins(record)
