"""The guard before an ASGI application (Starlette, FastAPI, Quart, Django).

What it trusts: the server's own socket, and the proxies that the policy names. The path that it decides on is the one in the request line
(`raw_path`). Under uvicorn the address and the TLS of the socket are read from the connection itself, since uvicorn by default lets
`X-Forwarded-*` from 127.0.0.1 write over both; what a header wrote there is never taken. A WebSocket handshake is a GET.

Before it decides it polls the guard, so that every worker meets a request with a policy and keyring that were in place a fifth of a second before.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

from ._caltrop import Decision, Guard

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Tls = bool | Literal["1.3", "1.2", "old"]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_KEY = "caltrop"
_log = logging.getLogger("caltrop")


class GuardMiddleware:
    """Answers what the guard denies, and hands on what it allows with the decision in its scope.

    The application sees who calls in `x-caltrop-*`, which nobody else can write; its answers get the policy's fields, in the place of its own
    of the same name.

    A request runs until the application has answered it, or failed to: then it is settled, and quotas of how many at once have its place again.

    `on_denied` is told each denial, for the server's log; by default a line goes to the logger
    `caltrop`, as does what `guard.poll` says.
    """

    def __init__(self, app: Application, guard: Guard, on_denied: Callable[[Decision, Scope], None] | None = None) -> None:
        self._app = app
        self._guard = guard
        self._on_denied = on_denied or _log_denial
        for warning in guard.warnings:
            _log.warning("%s", warning)
        _log.info("%r decides by the server's own socket and the policy's proxies; state: %s", guard, guard.state_path or "this process")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self._app(scope, receive, send)
            return
        if kind not in ("http", "websocket"):
            raise RuntimeError(f"caltrop cannot decide about a scope of type {kind!r}")
        for news in self._guard.poll():
            _log.warning("%s", news)
        decision = self._decide(scope, receive)
        scope[_KEY] = decision
        if decision:
            scope["headers"] = decision.upstream_headers(scope["headers"])
            try:
                await self._app(scope, receive, _dressing(decision, send))
            finally:
                self._guard.settle(decision)
            return
        self._on_denied(decision, scope)
        if kind == "http":
            await _answer(decision, send, "http.response")
        elif "websocket.http.response" in (scope.get("extensions") or {}):
            await _answer(decision, send, "websocket.http.response")
        else:
            # The server answers 403 to a handshake that is closed before it was accepted.
            await send({"type": "websocket.close", "code": 1008})

    def _decide(self, scope: Scope, receive: Receive) -> Decision:
        path = scope.get("raw_path")
        if path is None:
            raise RuntimeError("the server gives no raw_path, and a decoded path is not the one in the request line: use another server")
        query = scope.get("query_string", b"")
        headers = scope["headers"]
        peer, tls = _socket(scope, receive)
        return self._guard.admit(
            method=scope.get("method", "GET"),
            target=path + b"?" + query if query else path,
            headers=headers,
            peer=peer,
            tls=tls,
            authority=next((value for name, value in headers if name == b"host"), b""),
        )


def decision_of(scope: Scope) -> Decision:
    """The decision about the request of this scope."""
    decision = scope.get(_KEY)
    if not isinstance(decision, Decision):
        raise RuntimeError("no decision in this scope: add caltrop.asgi.GuardMiddleware to the application")
    return decision


def _socket(scope: Scope, receive: Receive) -> tuple[str | None, Tls]:
    """Peer and TLS of the server's own socket."""
    transport: Any = getattr(getattr(receive, "__self__", None), "transport", None)
    if hasattr(transport, "get_extra_info"):
        peer = transport.get_extra_info("peername")
        secure = transport.get_extra_info("ssl_object")
        # A Unix socket has a path or nothing for a peer.
        return (peer[0] if isinstance(peer, tuple) else None), (_version(secure.version()) if secure else False)
    client = scope.get("client")
    if client and not client[1]:
        raise RuntimeError(
            "the client's address comes from a header, not from the socket: "
            "start uvicorn with --no-proxy-headers and name the proxies in the policy, or let GuardMiddleware be the outermost"
        )
    return (client[0] if client else None), scope.get("scheme") in ("https", "wss")


def _version(version: str | None) -> Tls:
    match version:
        case "TLSv1.3":
            return "1.3"
        case "TLSv1.2":
            return "1.2"
        case _:
            return "old"


def _dressing(decision: Decision, send: Send) -> Send:
    """`send` that puts the guard's fields on the application's answer."""

    async def dressed(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            own = decision.response_headers
            replaced = {name for name, _ in own if name != b"vary"}
            kept = [(name, value) for name, value in message.get("headers", ()) if bytes(name).lower() not in replaced]
            message = {**message, "headers": [*kept, *own]}
        await send(message)

    return dressed


async def _answer(decision: Decision, send: Send, kind: str) -> None:
    body = decision.body
    headers = decision.response_headers
    if decision.status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": f"{kind}.start", "status": decision.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})


def _log_denial(decision: Decision, scope: Scope) -> None:
    _log.warning("denied %s: %s %s, client %s, route %s", decision.id, decision.status, decision.reason, decision.client, decision.route)


__all__ = ["GuardMiddleware", "decision_of"]
