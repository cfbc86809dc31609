"""Asking a server: well-formed requests through httpx, everything else as bytes on a socket.

httpx would tidy a target up (`..`, `//`), so the target is always handed to it as it is to stand in the request line.
"""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from rows import Fields

PATIENCE_S = 5.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    fields: dict[str, str]
    body: bytes

    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def is_problem(self) -> bool:
        return self.fields.get("content-type") == "application/problem+json"


class Server:
    """One running server."""

    def __init__(self, base_url: str, log: Path) -> None:
        self.base_url = base_url.rstrip("/")
        self.log = log
        # What the server's own HTTP parser refused before the guard was asked.
        self.own_refusals: list[str] = []
        # Figures for the report.
        self.notes: list[str] = []
        limits = httpx.Limits(max_connections=32)
        self.client = httpx.Client(base_url=self.base_url, trust_env=False, timeout=PATIENCE_S, limits=limits)

    def ask(self, method: str, target: str, fields: Fields) -> Answer:
        """Sends one request."""
        raw = [(name.encode(), value.encode()) for name, value in fields]
        body = b"{}" if method == "POST" else None
        request = self.client.build_request(method, "/", headers=raw, content=body, extensions={"target": target.encode()})
        got = self.client.send(request)
        return Answer(got.status_code, {name.lower(): value for name, value in got.headers.items()}, got.content)

    def ask_raw(self, request_line: bytes, fields: Fields) -> Answer | None:
        """Sends bytes that no client library would; None if the server hangs up without an answer."""
        lines = [request_line, b"host: localhost", b"connection: close"]
        lines += [name.encode() + b": " + value.encode() for name, value in fields]
        url = urlsplit(self.base_url)
        with socket.create_connection((url.hostname, url.port), timeout=PATIENCE_S) as stream:
            try:
                stream.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
                got = HTTPResponse(stream, method=request_line.split(b" ", 1)[0].decode("latin-1"))
                got.begin()
                return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
            except (ConnectionError, OSError, ValueError) as error:
                print("no answer:", error)
                return None

    def logged(self, decision: str) -> dict:
        """The line of a decision in the server's log, which may come a moment after the answer."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            text = self.log.read_text() if self.log.exists() else ""
            found = [line for line in text.splitlines() if decision in line]
            if found:
                assert len(found) == 1, f"one line a denial: {found}"
                return json.loads(found[0])
            time.sleep(0.01)
        raise AssertionError(f"{self.log} has no line with {decision}")
