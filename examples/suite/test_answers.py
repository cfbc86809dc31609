"""What answers say besides yes and no, and what the application learns of the caller. Without the guard each of these fails."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from rows import Fields, via_proxy
from say import allowed, denied, preflight
from wire import Answer, Server

Addresses = Callable[[], str]
ORDERS, REPORT = ("GET", "/v1/orders"), ("GET", "/v1/report")
PAGE = "https://app.acme.example"
PAGES = [PAGE, "http://localhost:3000"]
OTHERS = ["https://evil.example", "https://app.acme.example.evil.example", "http://app.acme.example", "null"]
EXPOSED = "ratelimit, ratelimit-policy, retry-after, www-authenticate"


def asks(origin: str, method: str = "POST") -> Fields:
    return [("origin", origin), ("access-control-request-method", method), ("access-control-request-headers", "authorization")]


def leave(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.fields.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", PAGES)
def test_a_listed_page_may_ask_without_a_key(server: Server, address: Addresses, origin: str) -> None:
    answer = server.ask("OPTIONS", "/v1/orders", [*asks(origin), *via_proxy(address())])
    preflight(answer)
    methods = set(answer.fields["access-control-allow-methods"].split(", "))
    assert methods == {"GET", "POST"} and answer.fields["access-control-allow-origin"] == origin
    assert set(answer.fields["access-control-allow-headers"].split(", ")) == {"authorization", "x-api-key", "content-type"}
    assert 0 < int(answer.fields["access-control-max-age"]) <= 7200 and "access-control-allow-credentials" not in answer.fields


@pytest.mark.parametrize("origin", OTHERS)
def test_another_page_may_not(server: Server, keys: dict[str, str], address: Addresses, origin: str) -> None:
    answer = server.ask("OPTIONS", "/v1/orders", [*asks(origin), *via_proxy(address())])
    denied(server, answer, 403, "origin")
    assert leave(answer) == {}
    answer = server.ask(*ORDERS, [("origin", origin), ("x-api-key", keys["reader"]), *via_proxy(address())])
    allowed(answer)
    assert leave(answer) == {}


@pytest.mark.parametrize("target", ["/nowhere", "/v1/internal/jobs"])
def test_a_page_learns_of_no_path_that_is_not_there(server: Server, address: Addresses, target: str) -> None:
    answer = server.ask("OPTIONS", target, [*asks(PAGE), *via_proxy(address())])
    denied(server, answer, 404, "no-route")
    assert "access-control-allow-methods" not in answer.fields


def test_a_listed_page_may_read_denials_and_grants(server: Server, keys: dict[str, str], address: Addresses) -> None:
    wanted = {"access-control-allow-origin": PAGE, "access-control-expose-headers": EXPOSED}
    for fields, target, status in [([], "/v1/orders", 401), ([], "/nowhere", 404), ([("x-api-key", keys["reader"])], "/v1/admin/users", 403)]:
        answer = server.ask("GET", target, [("origin", PAGE), *fields, *via_proxy(address())])
        denied(server, answer, status)
        assert leave(answer) == wanted
    answer = server.ask(*ORDERS, [("origin", PAGE), ("x-api-key", keys["reader"]), *via_proxy(address())])
    allowed(answer)
    assert leave(answer) == wanted


@pytest.mark.parametrize("tls", [True, False])
def test_hsts_is_said_over_tls_alone(server: Server, address: Addresses, tls: bool) -> None:
    answer = server.ask("GET", "/healthz", via_proxy(address(), tls=tls))
    allowed(answer)
    assert answer.fields.get("strict-transport-security") == ("max-age=63072000" if tls else None)


def test_the_quota_that_decides_is_told(server: Server, keys: dict[str, str], address: Addresses) -> None:
    fields = [("x-api-key", keys["counting"]), *via_proxy(address())]
    for left in (2, 1, 0):
        answer = server.ask(*REPORT, fields)
        allowed(answer)
        assert answer.fields["ratelimit-policy"] == '"report";q=3;w=60'
        assert re.fullmatch(rf'"report";r={left};t=\d+', answer.fields["ratelimit"])
    answer = server.ask(*REPORT, fields)
    denied(server, answer, 429, "quota")
    assert answer.fields["ratelimit-policy"] == '"report";q=3;w=60'
    assert answer.fields["ratelimit"] == f'"report";r=0;t={answer.fields["retry-after"]}'


def test_a_stranger_learns_of_no_callers_quota(server: Server, address: Addresses) -> None:
    answer = server.ask(*REPORT, via_proxy(address()))
    denied(server, answer, 401, "no-credential")
    assert "ratelimit" not in answer.fields


@pytest.mark.parametrize("key", [None, "guess", "reader", "revoked"])
def test_what_is_hidden_is_answered_as_what_is_not_there(server: Server, keys: dict[str, str], address: Addresses, key: str | None) -> None:
    fields = [("x-api-key", keys.get(key, key))] if key else []

    def seen(target: str) -> tuple[int, dict[str, str], dict]:
        answer = server.ask("GET", target, [*fields, *via_proxy(address())])
        line = denied(server, answer, 404)
        return answer.status, {name: value for name, value in answer.fields.items() if name != "date"}, answer.json() | {"id": len(line["id"])}

    assert seen("/v1/internal/jobs") == seen("/v1/nowhere/jobs")


def test_whom_it_serves_sees_what_is_hidden(server: Server, keys: dict[str, str], address: Addresses) -> None:
    allowed(server.ask("GET", "/v1/internal/jobs", [("x-api-key", keys["admin"]), *via_proxy(address())]), route="internal")


FORGED = ["X-Caltrop-Principal", "x_caltrop_principal", "X_CALTROP-Scopes", "x-caltrop-Plan", "X-Caltrop-New"]


def test_the_application_believes_the_guard_and_not_the_caller(server: Server, keys: dict[str, str], address: Addresses) -> None:
    forged = [(name, "root") for name in FORGED]
    body = allowed(server.ask(*ORDERS, [*forged, ("x-api-key", keys["tenant"]), *via_proxy(address())]))
    told = {
        "x-caltrop-decision": body["id"],
        "x-caltrop-principal": "suite-tenant",
        "x-caltrop-tenant": "acme",
        "x-caltrop-plan": "pro",
        "x-caltrop-scopes": "orders:read orders:write",
    }
    assert sorted(body["seen"]) == sorted(f"{name}: {value}" for name, value in told.items())


def test_where_nobody_is_asked_for_a_key_nobody_is_told(server: Server, keys: dict[str, str], address: Addresses) -> None:
    forged = [(name, "root") for name in FORGED]
    body = allowed(server.ask("GET", "/healthz", [*forged, ("x-api-key", keys["reader"]), *via_proxy(address())]))
    assert body["seen"] == [f"x-caltrop-decision: {body['id']}"]


@pytest.mark.parametrize("form", ["x-api-key: {}", "authorization: Bearer {}", "Authorization: bearer  {}"])
def test_a_key_does_not_reach_the_application(server: Server, keys: dict[str, str], address: Addresses, form: str) -> None:
    name, value = form.format(keys["reader"]).split(": ", 1)
    body = allowed(server.ask(*ORDERS, [(name, value), *via_proxy(address())]), principal="suite-reader")
    assert all(field.startswith("x-caltrop-") for field in body["seen"]), body
