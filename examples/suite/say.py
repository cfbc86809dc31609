"""What a right answer looks like, said once for all cases."""

from __future__ import annotations

import re

from wire import Answer, Server

ID = re.compile(r"[0-9a-f]{32}")
LOGGED = {"id", "status", "reason", "route", "principal", "client"}
# What each route of the policy asks for.
SCOPES = {"orders": "orders:read", "orders-read": "orders:read", "orders-write": "orders:write", "order-new": "orders:write", "report": "orders:read", "export": "orders:read", "admin": "admin"}
REALM = 'Bearer realm="acme-api"'


def denied(server: Server, answer: Answer, status: int, reason: str | None = None, **logged: str | None) -> dict:
    """A denial: everything that a stranger sees, and through its id what the operator reads. Gives the line of the log."""
    assert answer.status == status, answer
    assert answer.is_problem, f"the core's body, not the server's: {answer}"
    assert answer.fields.get("cache-control") == "no-store"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "id"} and body["status"] == status and ID.fullmatch(body["id"]), body
    line = server.logged(body["id"])
    assert set(line) == LOGGED and line["id"] == body["id"] and line["status"] == status, line
    assert reason in (None, line["reason"]), f"{reason} is wanted: {line}"
    for name, value in logged.items():
        assert line[name] == value, f"{name} {value} is wanted: {line}"
    assert line["reason"] not in answer.body.decode(), f"a stranger must not read why: {body}"
    assert answer.fields.get("www-authenticate") == challenge(status, line["reason"], line["route"]), answer.fields
    safe(answer)
    waits = int(answer.fields.get("retry-after", 0))
    # When another request of the caller's ends, nobody knows.
    assert (waits > 0) == (status == 429 and line["reason"] != "busy"), answer.fields
    return line


def preflight(answer: Answer) -> None:
    """A page's question, which the guard answers itself: nothing of it reaches the application."""
    assert (answer.status, answer.body) == (204, b""), answer
    assert answer.fields.get("cache-control") == "no-store" and "content-type" not in answer.fields
    safe(answer)


def challenge(status: int, reason: str, route: str | None) -> str | None:
    """RFC 6750 §3."""
    if status == 401:
        return REALM if reason == "no-credential" else f'{REALM}, error="invalid_token"'
    return f'{REALM}, error="insufficient_scope", scope="{SCOPES[route]}"' if reason == "scope" and status == 403 else None


def allowed(answer: Answer, status: int = 200, **told: str | None) -> dict:
    """An answer of the application, which was told who is calling."""
    assert answer.status == status, answer
    safe(answer)
    body = answer.json()
    assert set(body) == {"id", "route", "principal", "tenant", "seen"} and ID.fullmatch(body["id"] or ""), f"no decision: {body}"
    for name, value in told.items():
        assert body[name] == value, f"{name} {value} is wanted: {body}"
    return body


def safe(answer: Answer) -> None:
    """What the policy's `[headers]` puts on every answer; all requests here come over TLS, or a row says not."""
    wanted = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cross-origin-resource-policy": "same-origin",
        "vary": "origin",
    }
    assert {name: answer.fields.get(name) for name in wanted} == wanted, answer.fields


def refused(server: Server, answer: Answer | None, status: int, reason: str, what: str) -> None:
    """A request that is malformed: the guard refuses it, or the server's own HTTP parser did before, which is counted."""
    assert answer is not None, f"{what}: the server hung up without a word"
    if answer.is_problem:
        denied(server, answer, status, reason)
    else:
        assert answer.status in (400, 414, 431), f"{what}: {answer}"
        server.own_refusals.append(f"{what}: {answer.status}")
