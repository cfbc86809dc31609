"""API keys: which pass, which do not, and what a stranger learns from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rows import via_proxy
from say import allowed, denied
from wire import Server

Addresses = Callable[[], str]
ORDERS = ("GET", "/v1/orders")


def bearer(key: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {key}")


@pytest.mark.parametrize("name", ["revoked", "expired"])
def test_a_key_that_was_good_once(server: Server, keys: dict[str, str], address: Addresses, name: str) -> None:
    answer = server.ask(*ORDERS, [bearer(keys[name]), *via_proxy(address())])
    denied(server, answer, 401, f"key-{name}", route="orders", principal=None)


@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_key_with_one_character_changed(server: Server, keys: dict[str, str], address: Addresses, at: int) -> None:
    changed = list(keys["reader"])
    changed[at] = "b" if changed[at] == "a" else "a"
    denied(server, server.ask(*ORDERS, [bearer("".join(changed)), *via_proxy(address())]), 401, "key-unknown")


@pytest.mark.parametrize("key", ["a" * 300, "two words", "café"])
def test_what_can_be_no_key(server: Server, address: Addresses, key: str) -> None:
    denied(server, server.ask(*ORDERS, [("x-api-key", key), *via_proxy(address())]), 401, "key-malformed")


def test_two_different_keys(server: Server, keys: dict[str, str], address: Addresses) -> None:
    both = [bearer(keys["reader"]), ("x-api-key", keys["second"])]
    denied(server, server.ask(*ORDERS, [*both, *via_proxy(address())]), 400, "credentials")
    twice = [("x-api-key", keys["reader"]), ("x-api-key", keys["second"])]
    denied(server, server.ask(*ORDERS, [*twice, *via_proxy(address())]), 400, "credentials")


def test_a_key_beside_a_password(server: Server, keys: dict[str, str], address: Addresses) -> None:
    both = [("authorization", "Basic YTpi"), ("x-api-key", keys["reader"])]
    denied(server, server.ask(*ORDERS, [*both, *via_proxy(address())]), 400, "credentials")


def test_one_key_shown_twice_is_one_key(server: Server, keys: dict[str, str], address: Addresses) -> None:
    both = [bearer(keys["reader"]), ("x-api-key", keys["reader"])]
    allowed(server.ask(*ORDERS, [*both, *via_proxy(address())]), principal="suite-reader")


@pytest.mark.parametrize("name, form", [("X-API-KEY", "{}"), ("Authorization", "bearer {}"), ("AUTHORIZATION", "BEARER  {}")])
def test_names_and_schemes_have_no_case(server: Server, keys: dict[str, str], address: Addresses, name: str, form: str) -> None:
    allowed(server.ask(*ORDERS, [(name, form.format(keys["reader"])), *via_proxy(address())]), principal="suite-reader")


def test_a_key_that_is_bound_to_a_zone(server: Server, keys: dict[str, str], address: Addresses) -> None:
    denied(server, server.ask(*ORDERS, [bearer(keys["vpn-only"]), *via_proxy(address())]), 403, "key-zone", principal="suite-vpn")
    allowed(server.ask(*ORDERS, [bearer(keys["vpn-only"]), *via_proxy("10.8.3.4")]), principal="suite-vpn")


def test_head_is_answered_as_get_without_a_body(server: Server, keys: dict[str, str], address: Addresses) -> None:
    passed = server.ask("HEAD", "/v1/orders/17", [bearer(keys["reader"]), *via_proxy(address())])
    assert (passed.status, passed.body) == (200, b"")
    stopped = server.ask("HEAD", "/v1/orders/17", via_proxy(address()))
    assert (stopped.status, stopped.body, stopped.is_problem) == (401, b"", True)
    assert stopped.fields["www-authenticate"] == 'Bearer realm="acme-api"'


def test_each_answer_has_an_id_of_its_own(server: Server, address: Addresses) -> None:
    client = address()
    ids = [denied(server, server.ask(*ORDERS, via_proxy(client)), 401, "no-credential", client=client)["id"] for _ in range(5)]
    assert len(set(ids)) == 5
