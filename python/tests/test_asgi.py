"""The middleware under the real server, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from caltrop.asgi import GuardMiddleware, decision_of
from caltrop.fastapi import Caller


async def application(scope, receive, send) -> None:
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    decision = decision_of(scope)
    body = json.dumps({"principal": decision.principal, "client": decision.client}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served(app, **options) -> Iterator[str]:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    scheme = "https" if "ssl_certfile" in options else "http"
    try:
        while not server.started:
            assert thread.is_alive()
        yield f"{scheme}://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def plain(project):
    """A policy that serves /healthz in plaintext and /v1 over TLS."""
    project.edit('tls = "1.2"', 'tls = "off"')
    project.edit('"api:read"] }', '"api:read"], tls = "1.2" }')
    project.compile()
    return project


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    done = subprocess.run([*command, "-subj", "/CN=localhost", "-keyout", "-", "-out", "-"], capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path


def test_headers_of_a_stranger_change_neither_address_nor_tls(plain) -> None:
    # uvicorn's own default takes both from 127.0.0.1; the policy names no proxy, so neither may count.
    spoof = {"x-forwarded-for": "10.8.0.1", "x-forwarded-proto": "https"}
    with served(GuardMiddleware(application, guard=plain.load())) as base:
        answer = httpx.get(f"{base}/healthz", headers=spoof)
        assert (answer.status_code, answer.json()["client"]) == (200, "127.0.0.1")
        refused = httpx.get(f"{base}/v1/things", headers=spoof)
        assert refused.status_code == 403 and refused.headers["content-type"] == "application/problem+json"


def test_tls_of_the_socket_counts(plain, certificate: Path) -> None:
    key = plain.key("alice", "--scope", "api:read")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with served(GuardMiddleware(application, guard=plain.load()), ssl_certfile=str(certificate)) as base:
        answer = httpx.get(f"{base}/v1/things", headers={"x-api-key": key}, verify=context)
        assert (answer.status_code, answer.json()["principal"]) == (200, "alice")


def test_the_raw_path_is_decided(plain) -> None:
    with served(GuardMiddleware(application, guard=plain.load())) as base:
        host, port = base.removeprefix("http://").split(":")

        def status(target: str) -> int:
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                return int(connection.makefile("rb").readline().split()[1])

        assert [status(target) for target in ("/healthz", "/healthz?a=b", "/v1/../healthz", "/%68ealthz", "/healthz%2f", "/healthz%00")] == [200, 200, 400, 200, 400, 400]


def test_a_denied_head_has_no_body_and_a_denial_is_told(plain) -> None:
    told = []
    app = GuardMiddleware(application, guard=plain.load(), on_denied=lambda decision, scope: told.append((decision.reason, scope["path"])))
    with served(app) as base:
        answer = httpx.head(f"{base}/nowhere")
        assert (answer.status_code, answer.content) == (404, b"") and int(answer.headers["content-length"]) > 0
        body = httpx.get(f"{base}/nowhere")
        assert body.json()["status"] == 404 and "no-route" not in body.text
    assert told == [("no-route", "/nowhere")] * 2


def scope(**other):
    base = {"type": "http", "method": "GET", "path": "/healthz", "raw_path": b"/healthz", "query_string": b"", "headers": [], "client": ("203.0.113.9", 5), "scheme": "https"}
    return {**base, **other}


def run(app, scope) -> list:
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def test_an_answer_has_the_policys_fields_and_the_application_sees_no_forged_ones(project) -> None:
    project.edit("[network]", '[headers]\n[network]\ncors = ["https://app.acme.example"]')
    project.compile()
    seen = []

    async def own(scope, receive, send) -> None:
        seen.extend(scope["headers"])
        headers = [(b"Content-Security-Policy", b"default-src *"), (b"Vary", b"accept"), (b"x-own", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    app = GuardMiddleware(own, guard=project.load())
    fields = run(app, scope(headers=[(b"x-caltrop-principal", b"root"), (b"accept", b"*/*")]))[0]["headers"]
    assert [name for name, _ in seen] == [b"accept", b"x-caltrop-decision"]
    lower = [(name.lower(), value) for name, value in fields]
    assert [value for name, value in lower if name == b"content-security-policy"] == [b"default-src 'none'; frame-ancestors 'none'"]
    assert [value for name, value in lower if name == b"vary"] == [b"accept", b"origin"] and (b"x-own", b"1") in lower
    asks = [(b"origin", b"https://app.acme.example"), (b"access-control-request-method", b"GET")]
    start, body = run(app, scope(method="OPTIONS", headers=asks))
    assert (start["status"], body["body"]) == (204, b"") and b"content-length" not in dict(start["headers"])


def test_other_servers_are_believed_as_asgi_says(project) -> None:
    app = GuardMiddleware(application, guard=project.load())
    assert run(app, scope())[0]["status"] == 200
    assert run(app, scope(scheme="http"))[0]["status"] == 403
    assert run(app, scope(client=None))[0]["status"] == 200


def test_what_cannot_be_decided_is_not_served(project) -> None:
    app = GuardMiddleware(application, guard=project.load())
    for bad, says in [({"raw_path": None}, "raw_path"), ({"client": ("203.0.113.9", 0)}, "no-proxy-headers"), ({"type": "odd"}, "odd")]:
        with pytest.raises(RuntimeError, match=says):
            run(app, scope(**bad))


def test_a_websocket_is_refused_before_it_is_accepted(project) -> None:
    app = GuardMiddleware(application, guard=project.load())
    socket_scope = scope(type="websocket", raw_path=b"/nowhere", scheme="wss")
    socket_scope.pop("method")
    assert run(app, dict(socket_scope)) == [{"type": "websocket.close", "code": 1008}]
    answered = run(app, {**socket_scope, "extensions": {"websocket.http.response": {}}})
    assert (answered[0]["type"], answered[0]["status"]) == ("websocket.http.response.start", 404)


def test_what_runs_is_settled_when_the_application_ends_or_fails(project) -> None:
    # A route is charged to all that it can be charged to.
    project.policy.write_text(project.policy.read_text() + '[quota.jobs]\nby = "principal"\nlimit = 1\nkind = "concurrent"\n')
    project.compile()
    key = project.key("alice", "--scope", "api:read")
    seen = []

    async def nested(scope, receive, send) -> None:
        seen.append(guard.admit(method="GET", target=scope["raw_path"], headers=headers, peer="203.0.113.9", tls=True).reason)
        if scope["raw_path"] == b"/v1/things/fails":
            raise ArithmeticError

    guard = project.load()
    headers = [(b"x-api-key", key.encode())]
    for path in [b"/v1/things/fails", b"/v1/things", b"/v1/things"]:
        with suppress(ArithmeticError):
            run(GuardMiddleware(nested, guard), scope(raw_path=path, headers=headers))
    assert seen == ["busy"] * 3


def test_fastapi_hands_the_caller_to_a_handler(project) -> None:
    app = FastAPI()
    guard = project.load()
    app.add_middleware(GuardMiddleware, guard=guard)

    @app.get("/healthz")
    def health(caller: Caller) -> dict[str, str | None]:
        return {"route": caller.route}

    sent = run(app, scope())
    assert sent[0]["status"] == 200 and json.loads(sent[1]["body"]) == {"route": "health"}
    with pytest.raises(RuntimeError, match="no decision"):
        decision_of({})
    assert guard.warnings == []
