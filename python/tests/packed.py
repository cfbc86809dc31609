"""The packed decision vectors, read in Python (`vectors/src/pack.rs` writes them)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

import caltrop


@dataclass
class Case:
    name: str
    now: caltrop.Now
    request: dict[str, object]
    expected: tuple[object, ...]


@dataclass
class Group:
    policy: bytes
    keyring: bytes
    feeds: list[bytes]
    signer: bytes
    name: str
    peppers: dict[int, bytes]
    cases: list[Case] = field(default_factory=list)

    def guard(self, **other: object) -> caltrop.Guard:
        parts = {"policy": self.policy, "keyring": self.keyring, "feeds": self.feeds, "name": self.name, "signers": [self.signer], **other}
        return caltrop.Guard.open(**parts, secrets=caltrop.Secrets(self.peppers))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) != count:
            raise ValueError("the file is cut")
        self.at += count
        return piece

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def bytes(self, width: int) -> bytes:
        return self.take(self.number(width))

    def text(self) -> str:
        return self.bytes(1).decode()


_TLS = {0: False, 1: "old", 12: "1.2", 13: "1.3"}


def read(data: bytes) -> Iterator[Group]:
    """The groups of a packed file, each a policy with its cases."""
    at = _Reader(data)
    if at.take(4) != b"CTV2":
        raise ValueError("no packed vectors")
    for _ in range(at.number(4)):
        group = Group(at.bytes(4), at.bytes(4), [at.bytes(4) for _ in range(at.number(1))], at.take(32), at.text(), {})
        for _ in range(at.number(1)):
            pepper = at.number(1)
            group.peppers[pepper] = at.bytes(1)
        for _ in range(at.number(4)):
            group.cases.append(_case(at))
        yield group
    if at.at != len(data):
        raise ValueError("bytes are left over")


def _case(at: _Reader) -> Case:
    name = at.text()
    now = caltrop.Now(at.number(8), at.number(8), at.number(1) == 1)
    method, target, authority = at.bytes(1), at.bytes(2), at.bytes(1)
    headers = [(at.bytes(2), at.bytes(2)) for _ in range(at.number(2))]
    family = at.number(1)
    peer = str(ipaddress.ip_address(at.take({4: 4, 6: 16}[family]))) if family else None
    tls = _TLS[at.number(1)]
    request = dict(method=method, target=target, authority=authority, headers=headers, peer=peer, tls=tls, now=now)
    answer = at.number(2), at.text(), at.text(), at.text(), at.number(4)
    reported = [(at.text(), at.text() or None) for _ in range(at.number(1))]
    return Case(name, now, request, (*answer, reported))


def answer(guard: caltrop.Guard, case: Case) -> tuple[object, ...]:
    decision = guard.admit(**case.request)
    told = decision.reason or "", decision.principal or "", decision.route or ""
    return decision.status, *told, decision.retry_after, decision.reported
