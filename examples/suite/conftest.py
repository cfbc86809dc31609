"""Options, the running server, and the one line that says how many of how many."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import rows
from wire import Server

OPTIONS = {
    "--base-url": "where the server listens: http://127.0.0.1:8080",
    "--policy": "the folder that prepare.py made",
    "--log": "the file in which the server writes its denials",
    "--server": "what to call it",
    "--errors": "the file that has its standard error",
    "--pid": "its process",
    "--workers": "how many processes of it answer",
    "--caltrop": "the command that writes policies and keyrings",
}
SERVER = pytest.StashKey[Server]()


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, said in OPTIONS.items():
        parser.addoption(name, required=True, help=said)
    parser.addoption("--planted", action="store_true", help="tell what passed: it should not have")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVER] = Server(config.getoption("--base-url"), Path(config.getoption("--log")))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "row" in metafunc.fixturenames:
        found = rows.read(Path(metafunc.config.getoption("--policy")) / "policy.toml")
        metafunc.parametrize("row", found, ids=[row.name for row in found])


@pytest.fixture
def server(pytestconfig: pytest.Config) -> Server:
    return pytestconfig.stash[SERVER]


@pytest.fixture(scope="session")
def keys(pytestconfig: pytest.Config) -> dict[str, str]:
    return json.loads((Path(pytestconfig.getoption("--policy")) / "keys.json").read_text())


@pytest.fixture(scope="session")
def address() -> Callable[[], str]:
    """An address that no case has used yet, so that the quotas of one do not meet another (RFC 2544's network, in no zone)."""
    numbers = itertools.count(1)
    return lambda: "198.18.{}.{}".format(*divmod(next(numbers), 256))


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    count = {kind: len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")}
    name, own = config.getoption("--server"), config.stash[SERVER].own_refusals
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"suite {name}: not asked: {report.nodeid.split('::')[-1]}: {report.longrepr[-1]}")
    for refusal in own:
        terminalreporter.write_line(f"suite {name}: refused by the server's own parser: {refusal}")
    for note in config.stash[SERVER].notes:
        terminalreporter.write_line(f"suite {name}: {note}")
    for report in terminalreporter.stats.get("passed", []):
        if config.getoption("--planted"):
            terminalreporter.write_line(f"suite {name}: passed: {report.nodeid}")
    total = count["passed"] + count["failed"] + count["error"]
    more = f", {count['skipped']} not asked" if count["skipped"] else ""
    more += f", {len(own)} refused by the server's own parser" if own else ""
    terminalreporter.write_line(f"suite {name}: {count['passed']} of {total}{more}")
