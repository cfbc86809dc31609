"""A policy and a keyring change while the server runs: every worker knows within a second, and nobody else notices."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command import Project
from rows import via_proxy
from workers import Workers
from wire import Server

Addresses = Callable[[], str]
ORDERS, REPORT, HEALTH = ("GET", "/v1/orders"), ("GET", "/v1/report"), ("GET", "/healthz")
WITHIN_S = 1.0
# What is told is told after the floor is on the disk, for which others may make it wait.
PATIENCE_S = 15.0
# Twice over, five looks at the files.
LONG_S = 2.0
# A worker that kept what it no longer uses would grow by 20 KB a swap.
GROWN_MAX = 4 << 20
REVOCATIONS = int(os.environ.get("CALTROP_REVOCATIONS", "10"))
SWAPS = int(os.environ.get("CALTROP_SWAPS", "50"))


@pytest.fixture
def workers(pytestconfig: pytest.Config) -> Iterator[Workers]:
    option = pytestconfig.getoption
    found = Workers(option("--base-url"), int(option("--pid")), int(option("--workers")))
    yield found
    found.close()


@pytest.fixture
def project(pytestconfig: pytest.Config) -> Project:
    return Project(Path(pytestconfig.getoption("--policy")), pytestconfig.getoption("--caltrop"))


@pytest.fixture
def said(pytestconfig: pytest.Config) -> Callable[[str], int]:
    """How many lines of the server's standard error have this in them."""
    path = Path(pytestconfig.getoption("--errors"))
    return lambda text: sum(text in line for line in path.read_text().splitlines())


def wait(workers: Workers, is_so: Callable[[], bool], what: str) -> None:
    """Until it is so; each worker is asked something meanwhile, as those are that look at their files when they are asked."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, f"not within {PATIENCE_S} s: {what}"
        workers.ask(*HEALTH, via_proxy("198.19.0.1"))
        time.sleep(0.02)


def take(project: Project, workers: Workers, said: Callable[[str], int]) -> None:
    """A new policy, taken by every worker."""
    line = f"policy.cltp: sequence {project.recompile()} decides from now on"
    wait(workers, lambda: said(line) == len(workers), line)


def test_a_revoked_key_is_refused_by_every_worker_within_a_second(
    server: Server, workers: Workers, project: Project, address: Addresses
) -> None:
    known, refused = [], []
    for number in range(REVOCATIONS):
        made = project.new_key(f"live-{number}", "--scope", "orders:read")
        fields = [("x-api-key", made["key"]), *via_proxy(address())]
        known.append(until_all(workers, fields, 200, project))
        project.revoke(made["id"])
        refused.append(until_all(workers, fields, 401, project))
    server.notes.append(
        f"live: {REVOCATIONS} revocations known to {len(workers)} workers after {max(refused):.3f} s at most, "
        f"new keys after {max(known):.3f} s"
    )
    assert max(refused) <= WITHIN_S and max(known) <= WITHIN_S, (known, refused)


def until_all(workers: Workers, fields: list[tuple[str, str]], status: int, project: Project) -> float:
    """Seconds from the rename of the keyring until all workers answer so."""
    renamed = (project.folder / "keys.cltp").stat().st_ctime
    while set(workers.ask(*ORDERS, fields)) != {status}:
        assert time.time() < renamed + PATIENCE_S, f"a worker does not answer {status}"
        # As often as the quota of one address, and that of its failures, allows.
        time.sleep(0.03)
    return time.time() - renamed


def test_limits_hold_over_a_new_policy(workers: Workers, project: Project, said: Callable[[str], int], address: Addresses) -> None:
    # A key of its own: three reports a minute, and the next one after 20 s.
    key = project.new_key(f"live-limit-{time.monotonic_ns()}", "--scope", "orders:read")["key"]
    fields = [("x-api-key", key), *via_proxy(address())]
    wait(workers, lambda: set(workers.ask(*ORDERS, fields)) == {200}, "the new key is good")
    begun = time.monotonic()
    while set(workers.ask(*REPORT, fields)) != {429}:
        assert time.monotonic() < begun + WITHIN_S, "three reports, and then no more"
    for _ in range(5):
        take(project, workers, said)
        assert set(workers.ask(*REPORT, fields)) == {429}
    assert time.monotonic() < begun + 18, "too slow to tell: the limit is over by itself after 20 s"


def test_swaps_under_load_fail_no_request_and_keep_memory_flat(
    server: Server, workers: Workers, project: Project, said: Callable[[str], int], keys: dict[str, str], address: Addresses, tmp_path: Path
) -> None:
    script = tmp_path / "addresses.lua"
    # 600 a minute is an address's quota: each request comes from another one of 65,536.
    script.write_text(
        "n = 0\nfunction request()\n n = n + 1\n"
        ' wrk.headers["x-forwarded-for"] = "100.64." .. (n // 256) % 256 .. "." .. n % 256\n'
        ' return wrk.format("GET", "/healthz")\nend\n'.replace("n // 256", "math.floor(n / 256)")
    )
    assert shutil.which("wrk"), "wrk is missing: run ci/setup.sh"
    load = subprocess.Popen(
        ["wrk", "-t", "1", "-c", "8", "-d", "3600", "-s", str(script), server.base_url], stdout=subprocess.PIPE, text=True
    )
    fields = [("x-api-key", keys["reader"]), *via_proxy(address())]
    try:
        for _ in range(10):
            take(project, workers, said)
        before = workers.resident_bytes()
        for _ in range(SWAPS):
            take(project, workers, said)
            assert set(workers.ask(*ORDERS, fields)) == {200}
        grown = workers.resident_bytes() - before
    finally:
        load.send_signal(signal.SIGINT)
        told, _ = load.communicate(timeout=30)
    requests = next(int(line.split()[0]) for line in told.splitlines() if " requests in " in line)
    server.notes.append(f"live: {SWAPS} swaps under load: {requests} requests, 0 failed; {grown / 1024:.0f} KiB more resident")
    assert requests > 100 * SWAPS and "Non-2xx" not in told and "Socket errors" not in told, told
    assert grown <= GROWN_MAX * len(workers), f"{grown} bytes more after {SWAPS} swaps"


def test_a_bad_policy_changes_nothing_and_is_told_once(
    workers: Workers, project: Project, said: Callable[[str], int], keys: dict[str, str], address: Addresses
) -> None:
    image = project.folder / "policy.cltp"
    fields = [("x-api-key", keys["second"]), *via_proxy(address())]
    older = image.read_bytes()
    take(project, workers, said)
    good = image.read_bytes()
    bad = {"copied incompletely": good[:-9], "not a caltrop image": bytes(4096), "was accepted before": older}
    for says, content in bad.items():
        before = said(says)
        replaced = image.with_suffix(".new")
        replaced.write_bytes(content)
        replaced.rename(image)
        wait(workers, lambda: said(says) >= before + len(workers), says)
        until = time.monotonic() + LONG_S
        while time.monotonic() < until:
            assert set(workers.ask(*ORDERS, fields)) == {200}
            time.sleep(0.1)
        assert said(says) == before + len(workers), f"{says}: once a worker"
    replaced.write_bytes(good)
    replaced.rename(image)
    take(project, workers, said)
    assert set(workers.ask(*ORDERS, fields)) == {200}
