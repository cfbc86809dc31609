"""Limits: they hold, they say when to come again, and they hold nobody else up."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from rows import via_proxy
from say import allowed, denied
from wire import PATIENCE_S, Answer, Server

Addresses = Callable[[], str]
REPORT, ORDERS, LOGIN, EXPORTS = ("GET", "/v1/report"), ("GET", "/v1/orders"), ("POST", "/v1/login"), ("POST", "/v1/exports")


def test_a_burst_then_come_again_later(server: Server, keys: dict[str, str], address: Addresses) -> None:
    fields = [("x-api-key", keys["bursting"]), *via_proxy(address())]
    for _ in range(3):
        allowed(server.ask(*REPORT, fields), route="report", principal="suite-bursting")
    waits = []
    for _ in range(3):
        answer = server.ask(*REPORT, fields)
        denied(server, answer, 429, "quota", route="report", principal="suite-bursting")
        waits.append(int(answer.fields["retry-after"]))
    # Asking too often costs nothing more: a third of a minute, and never longer.
    assert max(waits) <= 20 and waits == sorted(waits, reverse=True), waits
    allowed(server.ask(*ORDERS, fields), principal="suite-bursting")
    allowed(server.ask(*REPORT, [("x-api-key", keys["patient"]), *via_proxy(address())]), principal="suite-patient")


def test_as_many_at_once_are_no_more(server: Server, keys: dict[str, str], address: Addresses) -> None:
    fields = [("x-api-key", keys["racing"]), *via_proxy(address())]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: server.ask(*REPORT, fields).status, range(64)))
    # Contention is refused rather than waited for (503), and what passed is what the quota has.
    assert answers.count(200) <= 3 and set(answers) <= {200, 429, 503}, answers
    assert answers.count(429) >= 50, answers


def test_what_runs_is_counted_until_it_ends(server: Server, keys: dict[str, str], address: Addresses) -> None:
    fields = [("x-api-key", keys["exporting"]), *via_proxy(address())]
    with server.begun("POST /v1/exports", fields) as running:
        answer = server.ask(*EXPORTS, fields)
        denied(server, answer, 429, "busy", route="export", principal="suite-exporting")
        assert answer.fields["ratelimit-policy"] == '"exports";q=1;qu="concurrent-requests"', answer.fields
        assert answer.fields["ratelimit"] == '"exports";r=0', answer.fields
        # What takes no place, and another caller, are not held up.
        allowed(server.ask(*ORDERS, fields), principal="suite-exporting")
        allowed(server.ask(*EXPORTS, [("x-api-key", keys["patient"]), *via_proxy(address())]), 201, principal="suite-patient")
        allowed(running.finish(), 201, route="export", principal="suite-exporting")
    allowed(soon(lambda: server.ask(*EXPORTS, fields), 201), 201, principal="suite-exporting")
    # A plan allows two.
    fields = [("x-api-key", keys["tenant"]), *via_proxy(address())]
    with server.begun("POST /v1/exports", fields) as first, server.begun("POST /v1/exports", fields) as second:
        denied(server, server.ask(*EXPORTS, fields), 429, "busy", principal="suite-tenant")
        assert [first.finish().status, second.finish().status] == [201, 201]


def test_who_hangs_up_runs_no_longer(server: Server, keys: dict[str, str], address: Addresses) -> None:
    fields = [("x-api-key", keys["exporting"]), *via_proxy(address())]
    with server.begun("POST /v1/exports", fields):
        denied(server, server.ask(*EXPORTS, fields), 429, "busy")
    allowed(soon(lambda: server.ask(*EXPORTS, fields), 201), 201, principal="suite-exporting")


def soon(ask: Callable[[], Answer], status: int) -> Answer:
    """What is answered once a server has seen the end of a request."""
    until = time.monotonic() + PATIENCE_S
    while (answer := ask()).status != status and time.monotonic() < until:
        time.sleep(0.02)
    return answer


def test_an_address_that_asks_too_often(server: Server, address: Addresses) -> None:
    flooding, other = address(), address()
    # 600 a minute: 600 at once, and 10 more for each second that they take.
    answers = (server.ask("GET", "/nowhere", via_proxy(flooding)) for _ in range(1200))
    refused = next((answer for answer in answers if answer.status != 404), None)
    assert refused is not None, "1,200 requests, and nobody minded"
    denied(server, refused, 429, "address-quota", client=flooding)
    denied(server, server.ask("GET", "/nowhere", via_proxy(other)), 404, "no-route")


def test_guessing_keys_is_slow_and_a_good_key_still_passes(server: Server, keys: dict[str, str], address: Addresses) -> None:
    guessing, other = address(), address()
    for guess in range(20):
        denied(server, server.ask(*ORDERS, [("x-api-key", f"guess-{guess}"), *via_proxy(guessing)]), 401, "key-unknown")
    denied(server, server.ask(*ORDERS, [("x-api-key", "guess"), *via_proxy(guessing)]), 429, "failures", client=guessing)
    allowed(server.ask(*ORDERS, [("x-api-key", keys["reader"]), *via_proxy(guessing)]), principal="suite-reader")
    denied(server, server.ask(*ORDERS, [("x-api-key", "guess"), *via_proxy(other)]), 401, "key-unknown")


def test_the_applications_own_failures_count_too(server: Server, keys: dict[str, str], address: Addresses) -> None:
    guessing = address()
    for _ in range(20):
        answer = server.ask(*LOGIN, [("x-password", "wrong"), *via_proxy(guessing)])
        assert (answer.status, answer.json()) == (401, {"error": "password"})
    denied(server, server.ask(*ORDERS, [("x-api-key", "guess"), *via_proxy(guessing)]), 429, "failures", client=guessing)
    allowed(server.ask(*ORDERS, [("x-api-key", keys["reader"]), *via_proxy(guessing)]), principal="suite-reader")
    allowed(server.ask(*LOGIN, [("x-password", "correct"), *via_proxy(address())]), route="login")
