"""Who is really there: the proxy on this machine is believed, and nothing that stands left of its word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rows import Fields, via_proxy
from say import allowed, denied, refused
from wire import Server

Addresses = Callable[[], str]
ADMIN = ("GET", "/v1/admin/users")
HTTPS = ("x-forwarded-proto", "https")
UNREADABLE = ["junk", "unknown", "_hidden", "10.8.3", "10.8.3.4.5", "010.8.3.4", "10.8.3.4/16", "fe80::1%eth0", "", "127.0.0.1"]


def ask_admin(server: Server, keys: dict[str, str], fields: Fields):
    return server.ask(*ADMIN, [("x-api-key", keys["admin"]), *fields])


@pytest.mark.parametrize("hop", UNREADABLE)
def test_a_hop_that_cannot_be_read_has_no_rights(server: Server, keys: dict[str, str], hop: str) -> None:
    answer = ask_admin(server, keys, [("x-forwarded-for", f"10.8.3.4, {hop}".rstrip()), HTTPS])
    if hop == "127.0.0.1":
        # A proxy of the policy's: the next hop is asked, and it is in the VPN.
        allowed(answer, principal="suite-admin")
    else:
        denied(server, answer, 403, "zone", client=None, principal="suite-admin")


def test_an_unknown_client_still_gets_what_everybody_gets(server: Server) -> None:
    allowed(server.ask("GET", "/healthz", [("x-forwarded-for", "junk")]), route="health")


def test_the_leftmost_address_is_only_what_the_stranger_wrote(server: Server, keys: dict[str, str], address: Addresses) -> None:
    stranger = address()
    denied(server, ask_admin(server, keys, via_proxy(stranger, said=["10.8.3.4", "10.8.3.5"])), 403, "zone", client=stranger)
    allowed(ask_admin(server, keys, via_proxy("10.8.3.4", said=[stranger, "junk"])), principal="suite-admin")


def test_several_fields_are_one_list_in_their_order(server: Server, keys: dict[str, str], address: Addresses) -> None:
    stranger = address()
    denied(server, ask_admin(server, keys, [("X-Forwarded-For", "10.8.3.4"), ("x-forwarded-for", stranger), HTTPS]), 403, "zone", client=stranger)
    allowed(ask_admin(server, keys, [("x-forwarded-for", stranger), ("X-Forwarded-For", "10.8.3.4"), HTTPS]))


def test_ipv4_inside_ipv6_is_the_same_address(server: Server, keys: dict[str, str]) -> None:
    allowed(ask_admin(server, keys, via_proxy("::ffff:10.8.3.4")), principal="suite-admin")
    denied(server, server.ask("GET", "/healthz", via_proxy("::ffff:192.0.2.1")), 403, "denied-zone", client="192.0.2.1")


def test_only_the_named_field_counts(server: Server, keys: dict[str, str], address: Addresses) -> None:
    stranger = address()
    fields = [("forwarded", "for=10.8.3.4"), ("x-real-ip", "10.8.3.4"), ("true-client-ip", "10.8.3.4")]
    denied(server, ask_admin(server, keys, [*fields, *via_proxy(stranger)]), 403, "zone", client=stranger)


def test_a_chain_without_an_end_names_nobody(server: Server, keys: dict[str, str]) -> None:
    chain = ", ".join(["10.8.3.4", *["127.0.0.1"] * 20])
    denied(server, ask_admin(server, keys, [("x-forwarded-for", chain), HTTPS]), 403, "zone", client=None)


@pytest.mark.parametrize("proto", [["http"], ["https", "http"], ["https,http"], [""]])
def test_only_one_plain_https_is_https(server: Server, keys: dict[str, str], proto: list[str]) -> None:
    fields = [("x-forwarded-proto", value) for value in proto]
    denied(server, ask_admin(server, keys, [*via_proxy("10.8.3.4", tls=False), *fields]), 403, "transport")


@pytest.mark.parametrize("said", ["10.8.3.4\0", "10.8.3.4\0x", "10.8.3.4 \0"])
def test_nothing_hides_behind_a_nul(server: Server, keys: dict[str, str], address: Addresses, said: str) -> None:
    """A stranger's NUL in front of the proxy's word: a server that ends a value there would believe the stranger."""
    fields = [("x-api-key", keys["admin"]), HTTPS, ("x-forwarded-for", f"{said}, {address()}")]
    for order in (fields, fields[::-1]):
        refused(server, server.ask_raw(b"GET /v1/admin/users HTTP/1.1", order), 403, "zone", "a NUL in a field")


def test_fields_are_read_however_they_are_spaced(server: Server, keys: dict[str, str]) -> None:
    lines = [b"x-api-key:" + keys["admin"].encode(), b"x-forwarded-for: \t 10.8.3.4", b"x-empty:", b"x-forwarded-proto:https"]
    answer = server.ask_raw(b"\r\n".join([b"GET /v1/admin/users HTTP/1.1", *lines]), [])
    assert answer is not None
    allowed(answer, principal="suite-admin")
