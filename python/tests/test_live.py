"""A loaded guard polls its files: what is good is taken, what is bad is told once."""

from __future__ import annotations

import base64
import logging
import threading
import time

import httpx
import pytest
from test_asgi import application, served

import caltrop
from caltrop.asgi import GuardMiddleware

TICK_NS = 200_000_000


def ask(guard: caltrop.Guard, key: str) -> int:
    headers = [(b"x-api-key", key.encode())]
    return guard.admit(method="GET", target="/v1/things", headers=headers, peer="203.0.113.9", tls=True).status


def at(mono_ns: int) -> caltrop.Now:
    return caltrop.Now(1_796_000_100, mono_ns)


def revoke(project, key: str) -> None:
    project.run("keys", "revoke", key, "--policy", str(project.policy))


def test_a_revocation_decides_from_the_next_poll_on(project) -> None:
    key = project.key("alice", "--scope", "api:read")
    guard = project.load()
    assert guard.poll(now=at(0)) == [] and ask(guard, key) == 200
    revoke(project, key)
    assert guard.poll(now=at(TICK_NS - 1)) == [] and ask(guard, key) == 200
    (news,) = guard.poll(now=at(TICK_NS))
    assert "keys.cltp: sequence " in news and ask(guard, key) == 401
    assert guard.poll(now=at(2 * TICK_NS)) == []


def listed(project, *networks: str) -> bytes:
    text = project.folder / "bad.txt"
    text.write_text("\n".join(networks))
    image, key = project.folder / "known-bad.cltp", project.folder / "feed-known-bad.key"
    project.run("list", "compile", str(text), "--scope", "acme-api/known-bad", "--key", str(key), "--out", str(image))
    return image.read_bytes()


def test_a_list_decides_from_the_next_poll_on_and_going_stale_is_told_once(project) -> None:
    project.run("feed", "signer", "known-bad", "--folder", str(project.folder))
    project.edit("[network]\n", '[network]\nzones = { bad = "feed:known-bad" }\ndeny = ["bad"]\n')
    feed = '{ kind = "prefixes", signer = "feed-known-bad.pub", stale = "48h", on-stale = "deny" }'
    project.edit("[feed]\n", f"[feed]\nknown-bad = {feed}\n")
    project.compile()
    with pytest.raises(caltrop.LoadError, match="known-bad.cltp.*caltrop list compile"):
        project.load()
    listed(project, "203.0.113.0/24")
    guard = project.load()
    now = int(time.time())

    def status(wall: int) -> int:
        return guard.admit(method="GET", target="/healthz", headers=[], peer="203.0.113.9", tls=True, now=caltrop.Now(wall, 0)).status

    assert guard.poll(now=caltrop.Now(now, 0)) == [] and status(now) == 403
    image = listed(project, "192.0.2.0/24")
    (news,) = guard.poll(now=caltrop.Now(now, TICK_NS))
    assert "known-bad.cltp: sequence 2" in news and status(now) == 200
    later = now + 49 * 3600
    (news,) = guard.poll(now=caltrop.Now(later, 2 * TICK_NS))
    assert news.startswith('feed "known-bad" is ') and news.endswith("what hangs on it is refused") and status(later) == 503
    assert guard.poll(now=caltrop.Now(later, 3 * TICK_NS)) == []

    # In memory the lists are handed in, in the policy's order.
    policy, keyring = (project.folder.joinpath(name).read_bytes() for name in ("policy.cltp", "keys.cltp"))
    public = base64.urlsafe_b64decode(project.folder.joinpath("policy.pub").read_text().strip() + "=")
    parts = {"name": "acme-api", "signers": [public], "secrets": project.secrets()}
    guard = caltrop.Guard.open(policy, keyring, feeds=[image], **parts)
    assert status(now) == 200
    with pytest.raises(caltrop.LoadError, match='feed "known-bad"'):
        caltrop.Guard.open(policy, keyring, **parts)


def test_a_bad_policy_is_told_once_and_changes_nothing(project) -> None:
    key = project.key("alice", "--scope", "api:read")
    guard = project.load()
    sequence = guard.sequence
    image = project.policy.with_suffix(".cltp")
    good = image.read_bytes()
    image.write_bytes(b"garbage")
    (news,) = guard.poll(now=at(0))
    assert news.startswith("refused, and what decided before still does: ") and "policy.cltp" in news
    assert guard.poll(now=at(TICK_NS)) == [] and ask(guard, key) == 200 and guard.sequence == sequence
    image.write_bytes(good)
    project.edit("[policy]\n", "[policy]\nsequence = 100\n")
    project.compile()
    assert len(guard.poll(now=at(2 * TICK_NS))) == 1 and guard.sequence == 100 and ask(guard, key) == 200


def test_a_decision_keeps_what_decided_it(project) -> None:
    key = project.key("alice", "--scope", "api:read")
    guard = project.load()
    denial = guard.admit(method="GET", target="/v1/things", headers=[], peer="203.0.113.9", tls=True)
    revoke(project, key)
    assert len(guard.poll(now=at(0))) == 1
    assert dict(denial.response_headers)[b"www-authenticate"] == b'Bearer realm="acme-api"'


def test_an_opened_guard_has_no_files_to_poll(group) -> None:
    assert group.guard().poll() == []


def test_threads_ask_while_another_polls(project) -> None:
    key = project.key("alice", "--scope", "api:read")
    guard = project.load()
    failed: list[int] = []
    stop = threading.Event()

    def client() -> None:
        while not stop.is_set():
            if (status := ask(guard, key)) not in (200, 429):
                failed.append(status)

    clients = [threading.Thread(target=client) for _ in range(3)]
    for thread in clients:
        thread.start()
    taken = 0
    for number in range(10):
        project.key(f"other-{number}")
        taken += len(guard.poll(now=at(number * TICK_NS)))
    stop.set()
    for thread in clients:
        thread.join()
    assert (failed, taken) == ([], 10)


def test_the_middleware_polls_before_it_decides(project, caplog: pytest.LogCaptureFixture) -> None:
    key = project.key("alice", "--scope", "api:read")
    project.edit('tls = "1.2"', 'tls = "off"')
    project.edit('"api:read"] }', '"api:read"], tls = "1.2" }')
    project.compile()
    with served(GuardMiddleware(application, guard=project.load())) as url, caplog.at_level(logging.WARNING, "caltrop"):
        assert httpx.get(f"{url}/healthz").status_code == 200
        revoke(project, key)
        until = time.monotonic() + 5
        while not any("keys.cltp: sequence " in line for line in caplog.messages):
            assert time.monotonic() < until, "the keyring was never taken"
            assert httpx.get(f"{url}/healthz").status_code == 200
    assert sum("keys.cltp: sequence " in line for line in caplog.messages) == 1
