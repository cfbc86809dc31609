"""Asking a server: well-formed requests through httpx, everything else as bytes on a socket.

httpx would tidy a target up (`..`, `//`), so the target is always handed to it as it is to stand in the request line.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@dataclass(frozen=True)
class Begun:
    """A request that the server waits for."""

    stream: socket.socket
    method: str

    def finish(self) -> Answer:
        """Sends the body."""
        self.stream.sendall(b"{}")
        got = HTTPResponse(self.stream, method=self.method)
        got.begin()
        return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())


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
        # Empty: a server that answers before it has read a body hangs up, and the next request on this connection may meet that.
        body = b"" if method == "POST" else None
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

    @contextmanager
    def begun(self, line: str, fields: Fields) -> Iterator[Begun]:
        """A request that was let in and whose body is not there yet; hangs up at the end, whether or not it was finished."""
        url = urlsplit(self.base_url)
        with socket.create_connection((url.hostname, url.port), timeout=PATIENCE_S) as stream:
            own = ["host: localhost", "content-length: 2", "expect: 100-continue"]
            lines = [f"{line} HTTP/1.1", *own, *(f"{name}: {value}" for name, value in fields)]
            stream.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
            # Whoever waits for a body has decided.
            interim = b""
            while not interim.endswith(b"\r\n\r\n") and (more := stream.recv(1)):
                interim += more
            assert interim.startswith(b"HTTP/1.1 100 "), interim
            yield Begun(stream, line.split(" ")[0])

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
