"""A FastAPI application behind the guard: three lines are caltrop's, the rest is any application."""

from __future__ import annotations

import json
import os
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

import caltrop
from caltrop.asgi import GuardMiddleware
from caltrop.fastapi import Caller


def create() -> FastAPI:
    """The application of one worker: all workers of this host count in one state."""
    app = FastAPI(openapi_url=None)
    if os.environ.get("EXAMPLE_UNGUARDED"):
        app.add_api_route("/{path:path}", unguarded, methods=METHODS)
        return app
    policy, state = os.environ["EXAMPLE_POLICY"], os.environ["EXAMPLE_STATE"]
    guard = caltrop.Guard.load(policy, name="acme-api", secrets=caltrop.Secrets.from_env("CALTROP_"), state=f"host:{state}")
    app.add_middleware(GuardMiddleware, guard=guard, on_denied=log)
    app.state.guard = guard
    app.add_api_route("/v1/login", login, methods=["POST"])
    app.add_api_route("/{path:path}", anything, methods=METHODS)
    return app


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


async def login(request: Request, caller: Caller) -> JSONResponse:
    """A credential that the application itself looks at: the guard is told when it is wrong."""
    if request.headers.get("x-password") == "correct":
        return answer(request, caller)
    request.app.state.guard.settle(caller, outcome="auth-failed")
    return JSONResponse({"error": "password"}, status_code=401)


async def anything(request: Request, caller: Caller) -> JSONResponse:
    """Every other route: what the guard found out, once all is there that the caller sends."""
    await request.body()
    return answer(request, caller, 201 if request.method == "POST" else 200)


async def unguarded(request: Request) -> dict[str, Any]:
    """The same answer without a guard, to measure against."""
    return {"id": None, "route": None, "principal": None, "tenant": None, "seen": seen(request)}


def answer(request: Request, caller: caltrop.Decision, status: int = 200) -> JSONResponse:
    body = {"id": caller.id, "route": caller.route, "principal": caller.principal, "tenant": caller.tenant, "seen": seen(request)}
    return JSONResponse(body, status_code=status)


def seen(request: Request) -> list[str]:
    """The header fields that say who calls, as they came here."""
    fields = [(name.lower(), value) for name, value in request.headers.items()]
    tells = [name.replace("_", "-").replace(".", "-").startswith("x-caltrop-") or name in ("authorization", "x-api-key") for name, _ in fields]
    return [f"{name}: {value}" for (name, value), told in zip(fields, tells, strict=True) if told]


def log(decision: caltrop.Decision, scope: Any) -> None:
    """One line a denial. O_APPEND: lines of several workers do not mix."""
    names = ("id", "status", "reason", "route", "principal", "client")
    line = json.dumps({name: getattr(decision, name) for name in names}) + "\n"
    os.write(log_file(), line.encode())


def log_file(opened: list[int] = []) -> int:  # noqa: B006: opened once a worker
    if not opened:
        path = os.environ.get("EXAMPLE_LOG")
        opened.append(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if path else 2)
    return opened[0]
