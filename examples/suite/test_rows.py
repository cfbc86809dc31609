"""What the policy says of itself holds over HTTP."""

from __future__ import annotations

import math
import time

import pytest

from prepare import key_name
from rows import Row
from say import ID, allowed, denied, preflight
from wire import Server

# What the application answers where it is not 200.
APPLICATION = {("POST", "/v1/orders"): 201, ("POST", "/v1/chat"): 201}


def test_row(server: Server, keys: dict[str, str], row: Row) -> None:
    if why := row.cannot():
        pytest.skip(why)
    key = keys[key_name(row.owner)] if row.owner else None
    began = time.monotonic()
    for _ in range(row.request.get("repeat", 1)):
        answer = server.ask(row.method, row.target, row.fields(key))
    took_s = math.ceil(time.monotonic() - began)
    wanted = row.answer
    told = {name: wanted[name] for name in ("route", "principal") if name in wanted}
    if wanted["status"] == 204:
        preflight(answer)
    elif wanted["status"] != 200:
        denied(server, answer, wanted["status"], wanted.get("reason"), **told)
        if wait := wanted.get("retry-after"):
            # The row's clock stands still; here the requests themselves took time.
            assert wait - took_s <= int(answer.fields["retry-after"]) <= wait
    elif row.method == "HEAD":
        assert (answer.status, answer.body) == (200, b"")
    else:
        tenant = {"tenant": wanted["tenant"]} if "tenant" in wanted else {}
        body = allowed(answer, APPLICATION.get((row.method, row.target), 200), **told, **tenant)
        assert ID.fullmatch(body["id"])


def test_there_are_rows(keys: dict[str, str]) -> None:
    """A policy without rows would pass in silence."""
    assert sum(name.startswith('["row"') for name in keys) >= 5
