"""The guard from files: what is loaded, what is refused, and what a decision says."""

from __future__ import annotations

import json
import sys
import threading

import packed
import pytest

import caltrop

REQUEST = dict(method="GET", target="/v1/things", headers=[], peer="203.0.113.9", tls=True)


def test_every_vector_is_decided_as_it_says(vectors: list[packed.Group]) -> None:
    wrong = []
    for group in vectors:
        guard = group.guard()
        wrong += [case.name for case in group.cases if packed.answer(guard, case) != case.expected]
    assert wrong == []
    assert sum(len(group.cases) for group in vectors) >= 80


def test_a_key_is_allowed_and_the_decision_says_whose(project) -> None:
    key = project.key("alice", "--scope", "api:read", "--tenant", "acme")
    guard = project.load()
    decision = guard.admit(**{**REQUEST, "headers": [(b"authorization", f"Bearer {key}".encode())]})
    assert decision and decision.allowed is True and (decision.status, decision.reason) == (200, None)
    assert (decision.principal, decision.tenant, decision.route, decision.scopes) == ("alice", "acme", "api", ["api:read"])
    assert (decision.client, decision.key_id) == ("203.0.113.9", caltrop.key.key_id(key))
    assert (sorted(name for name, _ in decision.response_headers), decision.body) == ([b"ratelimit", b"ratelimit-policy"], b"")
    assert len(decision.id) == 32 and key not in repr(decision)


def test_the_application_sees_who_calls_by_the_guards_word(project) -> None:
    places = 'in = ["authorization: Bearer", "x-api-key"]'
    project.edit(places, places + "\nstrip = true")
    project.compile()
    key = project.key("alice", "--scope", "api:read", "--tenant", "acme").encode()
    given = [(b"x-api-key", key), (b"X_Caltrop_Principal", b"root"), (b"accept", b"*/*")]
    guard = project.load()
    decision = guard.admit(**{**REQUEST, "headers": given})
    assert decision.upstream_headers(given) == [
        (b"accept", b"*/*"),
        (b"x-caltrop-decision", decision.id.encode()),
        (b"x-caltrop-principal", b"alice"),
        (b"x-caltrop-tenant", b"acme"),
        (b"x-caltrop-scopes", b"api:read"),
    ]
    with pytest.raises(TypeError, match="pairs"):
        decision.upstream_headers([(b"x",)])
    with pytest.raises(ValueError, match="denied"):
        guard.admit(**REQUEST).upstream_headers(given)


def test_a_page_of_a_listed_origin_may_ask(project) -> None:
    project.edit("[network]", '[headers]\n[network]\ncors = ["https://app.acme.example"]')
    project.compile()
    page = [(b"origin", b"https://app.acme.example")]
    guard = project.load()
    decision = guard.admit(**{**REQUEST, "method": "OPTIONS", "headers": [*page, (b"access-control-request-method", b"GET")]})
    assert not decision and (decision.status, decision.reason, decision.body) == (204, "preflight", b"")
    fields = dict(decision.response_headers)
    assert fields[b"access-control-allow-origin"] == b"https://app.acme.example" and fields[b"strict-transport-security"] == b"max-age=63072000"
    assert dict(guard.admit(**{**REQUEST, "headers": page}).response_headers)[b"access-control-allow-origin"] == b"https://app.acme.example"
    health = guard.admit(**{**REQUEST, "target": "/healthz", "headers": page})
    assert health and dict(health.response_headers)[b"access-control-allow-origin"] == b"https://app.acme.example"


def test_a_denial_is_false_and_tells_the_caller_no_reason(project) -> None:
    decision = project.load().admit(**REQUEST)
    assert not decision and (decision.status, decision.reason, decision.principal) == (401, "no-credential", None)
    fields = dict(decision.response_headers)
    assert fields[b"www-authenticate"] == b'Bearer realm="acme-api"'
    assert fields[b"content-type"] == b"application/problem+json"
    assert json.loads(decision.body) == {"type": "about:blank", "title": "Unauthorized", "status": 401, "id": decision.id}


def test_an_application_s_own_refusals_cost_the_address(project) -> None:
    guard = project.load()
    health = guard.admit(**{**REQUEST, "target": "/healthz"})
    for _ in range(20):
        guard.settle(health, outcome="auth-failed")
    bad = guard.admit(**{**REQUEST, "headers": [(b"x-api-key", b"guess")]})
    assert (bad.status, bad.reason) == (429, "failures") and bad.retry_after > 0
    assert dict(bad.response_headers)[b"retry-after"] == str(bad.retry_after).encode()
    good = project.key("alice", "--scope", "api:read")
    assert project.load().admit(**{**REQUEST, "headers": [(b"x-api-key", good.encode())]})
    with pytest.raises(ValueError, match="auth-failed"):
        guard.settle(health, outcome="failed")


def test_a_cost_that_the_application_says_is_charged_and_set_right(project) -> None:
    text = project.policy.read_text()
    project.policy.write_text(text + """
[quota.tokens]
by = "tenant"
limit = "1000/minute"
cost = "app"

[route.chat]
match = "POST /chat"
charge = { tokens = "app" }
""")
    project.compile()
    key = project.key("alice", "--tenant", "acme")
    guard, now = project.load(), caltrop.Now(1_796_000_000, 5_000_000_000)
    ask = {**REQUEST, "method": "POST", "target": "/chat", "headers": [(b"x-api-key", key.encode())], "now": now}
    granted = guard.admit(**ask)
    assert granted and guard.charge(granted, "tokens", 900, now=now) is granted
    refused = guard.charge(granted, "tokens", 200, now=now)
    assert (refused.status, refused.reason, refused.retry_after, refused.id, refused.tenant) == (429, "quota", 6, granted.id, "acme")
    assert dict(refused.response_headers)[b"retry-after"] == b"6" and b'"status":429' in refused.body
    guard.settle_cost(granted, "tokens", charged=900, cost=300, now=now)
    assert guard.charge(granted, "tokens", 700, now=now)
    assert guard.admit(**ask).reason == "quota"
    for quota, decision, says in [("requests", granted, "by the application"), ("tokens", refused, "denied")]:
        with pytest.raises(ValueError, match=says):
            guard.charge(decision, quota, 1, now=now)
        with pytest.raises(ValueError, match=says):
            guard.settle_cost(decision, quota, charged=0, cost=1, now=now)


def test_a_request_runs_until_it_is_settled_or_its_lease_is_over(project) -> None:
    text = project.policy.read_text()
    project.policy.write_text(text + """
[quota.jobs]
by = "principal"
limit = 1
kind = "concurrent"
lease = "1m"

[quota.tokens]
by = "principal"
limit = "10/minute"
cost = "app"

[route.job]
match = "POST /job"
charge = { jobs = 1, tokens = "app" }
""")
    project.compile()
    key = project.key("alice")
    guard = project.load()

    def at(second: int) -> caltrop.Now:
        return caltrop.Now(1_796_000_000 + second, (5 + second) * 1_000_000_000)

    def ask(second: int) -> caltrop.Decision:
        return guard.admit(**{**REQUEST, "method": "POST", "target": "/job", "headers": [(b"x-api-key", key.encode())], "now": at(second)})

    first = ask(0)
    busy = ask(0)
    assert first and (busy.status, busy.reason, busy.retry_after) == (429, "busy", 0)
    assert dict(busy.response_headers)[b"ratelimit-policy"] == b'"jobs";q=1;qu="concurrent-requests"'
    guard.settle(first, now=at(1))
    second = ask(1)
    assert second
    # Settled twice, it takes nobody else's place away.
    guard.settle(first, now=at(1))
    assert ask(1).reason == "busy"
    # What becomes a denial runs no longer.
    assert guard.charge(second, "tokens", 11, now=at(1)).reason == "quota"
    long = ask(1)
    assert long
    guard.renew(long, now=at(50))
    assert ask(100).reason == "busy"
    with pytest.raises(caltrop.Lapsed):
        guard.renew(long, now=at(200))
    assert ask(200)


@pytest.mark.parametrize(
    ("part", "value", "raised", "says"),
    [
        ("peer", "nobody", ValueError, "give an address"),
        ("tls", "1.4", ValueError, "give True, False"),
        ("method", 7, TypeError, "method: give bytes or str"),
        ("target", "/\udcff", UnicodeEncodeError, "surrogates"),
        ("headers", [(b"a",)], TypeError, "pairs of bytes"),
        ("headers", [("a", "b")], TypeError, "pairs of bytes"),
        ("headers", [7], TypeError, "pairs of bytes"),
        ("headers", 7, TypeError, "pairs of bytes"),
    ],
)
def test_what_cannot_be_read_raises_before_anything_is_decided(project, part, value, raised, says) -> None:
    guard = project.load()
    with pytest.raises(raised, match=says):
        guard.admit(**{**REQUEST, part: value})


def test_headers_may_be_lists_and_peers_unix(project) -> None:
    guard = project.load()
    assert guard.admit(**{**REQUEST, "target": "/healthz", "headers": [[b"a", b"b"]], "peer": None})
    assert guard.admit(**{**REQUEST, "target": b"/healthz", "method": b"HEAD", "peer": "fe80::1%eth0"}).client == "fe80::1"


def test_a_policy_that_is_wrong_or_newer_than_its_image_is_refused(project) -> None:
    project.edit("600/minute", "500/minute")
    with pytest.raises(caltrop.PolicyError, match="caltrop policy compile"):
        project.load()
    project.edit("500/minute", "500/min")
    with pytest.raises(caltrop.PolicyError, match=r"policy.toml:\d+:\d+: quota"):
        project.load()


def test_files_secrets_and_names_that_are_wrong_are_named(project, monkeypatch) -> None:
    with pytest.raises(ValueError, match="name: give"):
        caltrop.Guard.load(project.folder / "policy.cltp", secrets=project.secrets())
    with pytest.raises(ValueError, match='give "host"'):
        project.load(state="everywhere")
    project.key("alice")
    with pytest.raises(caltrop.LoadError, match="pepper 1"):
        caltrop.Guard.load(project.policy, secrets=caltrop.Secrets(), state="process")
    with pytest.raises(ValueError, match="give 32 or more"):
        caltrop.Secrets({1: b"short"})
    (project.folder / "pepper-1").chmod(0o644)
    with pytest.raises(caltrop.SecretError, match="chmod 600"):
        project.secrets()
    monkeypatch.setenv("T_PEPPER_x", "")
    with pytest.raises(caltrop.SecretError, match="T_PEPPER_x: not the id of a pepper"):
        caltrop.Secrets.from_env("T_")
    (project.folder / "keys.cltp").unlink()
    (project.folder / "pepper-1").chmod(0o600)
    with pytest.raises(caltrop.LoadError, match="caltrop keys new"):
        project.load()
    with pytest.raises(caltrop.StateError, match="without a slash"):
        project.key("bob")
        project.load(state="host:a/b")


def test_two_guards_of_one_host_count_in_one_state(project) -> None:
    project.edit('requests = { by = "principal", limit = "600/minute" }', 'requests = { by = "principal", limit = "5/hour" }')
    project.compile()
    key = project.key("alice", "--scope", "api:read")
    first, second = (project.load(state=f"host:{project.state}") for _ in range(2))
    assert first.state_path == second.state_path and str(first.state_path).startswith("/dev/shm/")
    request = {**REQUEST, "headers": [(b"x-api-key", key.encode())]}
    statuses = [guard.admit(**request).status for _ in range(3) for guard in (first, second)]
    assert statuses == [200, 200, 200, 200, 200, 429]
    assert project.load().admit(**request).status == 200


def test_threads_may_ask_at_once(project) -> None:
    project.edit('requests = { by = "principal", limit = "600/minute" }', 'requests = { by = "principal", limit = "100/day" }')
    project.compile()
    key = project.key("alice", "--scope", "api:read")
    guard = project.load()
    request = {**REQUEST, "headers": [(b"x-api-key", key.encode())]}
    allowed = []
    work = lambda: allowed.extend(bool(guard.admit(**request)) for _ in range(50))  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(allowed) == 100 and len(allowed) == 200


def test_a_decision_outlives_its_guard(project) -> None:
    decision = project.load().admit(**REQUEST)
    before = sys.getrefcount(decision)
    assert decision.response_headers and sys.getrefcount(decision) == before


@pytest.mark.parametrize("headers", [[(b"x-api-key", b"a"), (b"authorization", b"Bearer b")], [(b"x-api-key", b"a"), (b"x-api-key", b"b")]])
def test_two_different_credentials(project, headers) -> None:
    assert (decision := project.load().admit(**{**REQUEST, "headers": headers})).status == 400 and decision.reason == "credentials"


@pytest.mark.parametrize(
    ("part", "value", "status", "reason"),
    [
        ("headers", [(b"x", b"y")] * 101, 431, "header-count"),
        ("headers", [(b"x", b"y" * 70_000)], 431, "header-size"),
        ("target", "/" + "a" * 9000, 414, "target-length"),
        ("target", "/v1/../things", 400, "path"),
        ("target", "/v1%2fthings", 400, "path"),
        ("target", "/v1/%00", 400, "path"),
        ("headers", [(b"x-api-key", b"k" * 300)], 401, "key-malformed"),
        ("tls", False, 403, "transport"),
        ("target", "/nowhere", 404, "no-route"),
    ],
)
def test_requests_that_are_bad(project, part, value, status, reason) -> None:
    decision = project.load().admit(**{**REQUEST, part: value})
    assert (decision.status, decision.reason) == (status, reason)


def test_a_key_with_one_character_changed(project) -> None:
    key = project.key("alice", "--scope", "api:read")
    guard = project.load()
    for at in range(len(key)):
        changed = key[:at] + ("a" if key[at] != "a" else "b") + key[at + 1 :]
        assert guard.admit(**{**REQUEST, "headers": [(b"x-api-key", changed.encode())], "peer": f"2001:db8:{at:x}::1"}).status == 401


def test_the_client_behind_proxies(project) -> None:
    project.edit('# proxies = ["unix:", "10.0.0.0/24"]', 'proxies = ["unix:", "10.0.0.0/24"]')
    project.edit('# forwarded = "x-forwarded-for"', 'forwarded = "x-forwarded-for"')
    project.compile()
    guard = project.load()

    def client(peer: str | None, *values: bytes) -> str | None:
        headers = [(b"x-forwarded-for", value) for value in values]
        return guard.admit(**{**REQUEST, "target": "/healthz", "headers": headers, "peer": peer}).client

    assert client("10.0.0.1", b"6.6.6.6, 198.51.100.7") == "198.51.100.7"
    assert client("192.0.2.1", b"6.6.6.6") == "192.0.2.1"
    assert client("10.0.0.1", b"198.51.100.7, nonsense") is None
    assert client("::ffff:10.0.0.1", b"::ffff:198.51.100.7") == "198.51.100.7"
    assert client(None, b"198.51.100.7") == "198.51.100.7"
