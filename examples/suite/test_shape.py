"""Requests that are written in a way that two readers may read differently, or that are too large: sent as bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rows import via_proxy
from say import allowed, refused
from wire import Server

Addresses = Callable[[], str]

# Each would mean /v1/admin, or nothing at all, to a reader that tidies up.
PATHS = {
    "dots": b"/v1/orders/../admin/users",
    "escaped dots": b"/v1/orders/%2e%2E/admin/users",
    "one dot": b"/v1/./admin/users",
    "an escaped slash": b"/v1/orders%2fadmin",
    "an escaped backslash": b"/v1/orders/%5c..%5cadmin",
    "a backslash": b"/v1/orders\\..\\admin",
    "an escaped NUL": b"/v1/orders/17%00.json",
    "a NUL": b"/v1/orders/17\x00.json",
    "a double escape": b"/v1/orders/%252e%252e/admin",
    "an empty segment": b"//v1/admin/users",
    "a parameter": b"/v1/orders;admin=1",
    "half an escape": b"/v1/orders/%f",
    "no UTF-8": b"/v1/orders/%ff",
    "a scheme and a host": b"http://localhost/v1/orders",
    "a host": b"localhost:80",
    "a star": b"*",
    "a raw byte over 127": b"/v1/orders/caf\xc3\xa9",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_path_that_is_not_canonical(server: Server, keys: dict[str, str], address: Addresses, path: bytes) -> None:
    fields = [("x-api-key", keys["admin"]), *via_proxy(address())]
    refused(server, server.ask_raw(b"GET " + path + b" HTTP/1.1", fields), 400, "path", f"{path!r}")


def test_a_path_too_long(server: Server, address: Addresses) -> None:
    refused(server, server.ask_raw(b"GET /" + b"a" * 2100 + b" HTTP/1.1", via_proxy(address())), 414, "target-length", "2,100 bytes of path")


def test_a_target_too_long(server: Server, address: Addresses) -> None:
    line = b"GET /healthz?" + b"a" * 9000 + b" HTTP/1.1"
    refused(server, server.ask_raw(line, via_proxy(address())), 414, "target-length", "9,000 bytes of query")


def test_too_many_fields(server: Server, address: Addresses) -> None:
    fields = [(f"x-{number}", "1") for number in range(101)]
    refused(server, server.ask_raw(b"GET /healthz HTTP/1.1", [*via_proxy(address()), *fields]), 431, "header-count", "more than 100 fields")


def test_a_field_too_long(server: Server, address: Addresses) -> None:
    fields = [*via_proxy(address()), ("x-long", "a" * 9000)]
    refused(server, server.ask_raw(b"GET /healthz HTTP/1.1", fields), 431, "header-size", "a field of 9,000 bytes")


@pytest.mark.parametrize("method", [b"G@T", b"A" * 17])
def test_a_method_that_is_none(server: Server, address: Addresses, method: bytes) -> None:
    refused(server, server.ask_raw(method + b" /healthz HTTP/1.1", via_proxy(address())), 400, "method", f"method {method.decode()}")


def test_a_method_in_small_letters_is_another(server: Server, address: Addresses) -> None:
    answer = server.ask_raw(b"get /healthz HTTP/1.1", via_proxy(address()))
    refused(server, answer, 404, "no-route", "method get")


@pytest.mark.parametrize("path", [b"/V1/orders", b"/v1/Orders", b"/v1/orders/", b"/v1/admin", b"/v1/Admin/users", b"/v1%6frders"])
def test_a_path_that_is_another(server: Server, keys: dict[str, str], address: Addresses, path: bytes) -> None:
    """Case counts, and so does a slash at the end, for the guard as for the router behind it."""
    fields = [("x-api-key", keys["admin"]), *via_proxy("10.8.3.4")]
    refused(server, server.ask_raw(b"GET " + path + b" HTTP/1.1", fields), 404, "no-route", f"{path!r}")


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize("path", [b"/v1/%6frders", b"/v1/orders/%31%37", b"/%76%31/orders", b"/v1/orders/~", b"/v1/orders/%7E"])
def test_another_spelling_of_a_path_is_no_way_to_another_route(
    server: Server, keys: dict[str, str], address: Addresses, method: bytes, path: bytes
) -> None:
    """The guard reads what is escaped without need as if it were not; a router that does not must find nothing."""
    fields = [("x-api-key", keys["reader"]), *via_proxy(address())]
    answer = server.ask_raw(method + b" " + path + b" HTTP/1.1", fields)
    assert answer is not None and answer.status in (200, 404) and not answer.is_problem, answer
    if answer.status == 200 and method == b"GET":
        allowed(answer, route="orders", principal="suite-reader")


def test_a_fragment_is_no_way_to_another_route(server: Server, keys: dict[str, str], address: Addresses) -> None:
    """It has no business in a request line: refused, or dropped for guard and router alike."""
    fields = [("x-api-key", keys["reader"]), *via_proxy(address())]
    answer = server.ask_raw(b"GET /v1/orders#/../admin/users HTTP/1.1", fields)
    if answer is not None and answer.status == 200:
        allowed(answer, route="orders")
    else:
        refused(server, answer, 400, "path", "a fragment")


def test_a_query_is_not_looked_into(server: Server, keys: dict[str, str], address: Addresses) -> None:
    fields = [("x-api-key", keys["reader"]), *via_proxy(address())]
    answer = server.ask_raw(b"GET /v1/orders?path=/v1/admin/../x&%zz HTTP/1.1", fields)
    assert answer is not None
    allowed(answer, route="orders")
