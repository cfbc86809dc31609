"""The [[expect]] rows of a policy, as requests that a proxy on the server's own machine sends.

A row says who is at the other end of the server's socket. Over a real socket that is always this process, on the loopback, which the
policy trusts as a proxy that ends TLS. So the suite plays that proxy: it names the row's peer last in X-Forwarded-For, and says https where
the row has TLS. A row that is itself sent by a proxy on the loopback is sent as it stands.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

FORWARDED_FOR = "x-forwarded-for"
FORWARDED_PROTO = "x-forwarded-proto"
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """One row."""

    line: int
    request: dict
    answer: dict
    proxies: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"line {self.line}: {self.request['line']} from {self.request['from']}: {self.answer['status']} {self.answer.get('reason', '')}".strip()

    @property
    def method(self) -> str:
        return self.request["line"].split(" ", 1)[0]

    @property
    def target(self) -> str:
        return self.request["line"].split(" ", 1)[1]

    @property
    def owner(self) -> dict | None:
        """Whose key or token the row shows: what `caltrop keys new`, or an issuer, is told."""
        asked = self.request
        if asked.get("auth", "none") == "none":
            return None
        owner = {name: asked.get(name) for name in ("auth", "tenant", "plan")}
        return {**owner, "principal": asked.get("principal", "expect"), "scopes": sorted(asked.get("scopes", [])), "roles": sorted(asked.get("roles", []))}

    def cannot(self) -> str | None:
        """Why the row cannot be asked over a TCP socket, if so."""
        if self.request["from"] == "unix:":
            return "a Unix socket's peer, and the servers listen on TCP"
        return "another moment, and the servers have the real clock" if "at" in self.request else None

    def fields(self, key: str | None) -> Fields:
        """The header fields that the proxy sends on."""
        fields = [tuple(part.strip() for part in text.split(":", 1)) for text in self.request.get("headers", [])]
        if key:
            fields.append(("authorization", f"Bearer {key}"))
        has_tls = self.request.get("tls", "1.3") != "off"
        if self.is_proxy():
            has_said = any(name.lower() == FORWARDED_PROTO for name, _ in fields)
            return fields + ([(FORWARDED_PROTO, "https")] if has_tls and not has_said else [])
        # A stranger's word on TLS does not get past a proxy; what it says of X-Forwarded-For stays, in front of the proxy's own.
        said = [value for name, value in fields if name.lower() == FORWARDED_FOR]
        fields = [(name, value) for name, value in fields if name.lower() not in (FORWARDED_FOR, FORWARDED_PROTO)]
        return fields + via_proxy(self.request["from"], said=said, tls=has_tls)

    def is_proxy(self) -> bool:
        peer = ip_address(self.request["from"])
        return any(peer in ip_network(proxy) for proxy in self.proxies if proxy != "unix:")


def lists(policy: Path, asked: list[Row]) -> dict[str, list[str]]:
    """What the feeds of prefixes list: the clients of the rows that say so, and a network that no row comes from."""
    zones = tomllib.loads(policy.read_text()).get("network", {}).get("zones", {})
    feeds = {zone: fed.removeprefix("feed:") for zone, fed in zones.items() if isinstance(fed, str) and fed.startswith("feed:")}
    of_zone = {zone: [row.request["from"] for row in asked if zone in row.request.get("zones", [])] for zone in feeds}
    return {feed: ["240.0.0.0/4", *of_zone[zone]] for zone, feed in feeds.items()}


def via_proxy(client: str, *, said: tuple[str, ...] | list[str] = (), tls: bool = True) -> Fields:
    """What an honest proxy adds for a client that sent `said` as its own X-Forwarded-For."""
    fields = [(FORWARDED_FOR, ", ".join([*said, client]))]
    return fields + ([(FORWARDED_PROTO, "https")] if tls else [])


def read(policy: Path) -> list[Row]:
    """All rows of a policy.toml."""
    text = policy.read_text()
    document = tomllib.loads(text)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.split("#")[0].strip() == "[[expect]]"]
    proxies = tuple(document.get("network", {}).get("proxies", []))
    return [Row(line, row["request"], row["answer"], proxies) for line, row in zip(lines, document.get("expect", []), strict=True)]
