"""What the policy says of itself holds over HTTP."""

from __future__ import annotations

import math
import re
import time

import pytest

from prepare import key_name
from rows import Row
from say import ID, allowed, denied, preflight
from wire import Answer, Server

# What the application answers where it is not 200.
APPLICATION = {("POST", "/v1/orders"): 201, ("POST", "/v1/chat"): 201}


def test_row(server: Server, keys: dict[str, str], row: Row) -> None:
    if why := row.cannot():
        pytest.skip(why)
    key = keys[key_name(row.owner)] if row.owner else None
    began = time.monotonic()
    wanted, asked = row.answer, 0
    # The row's clock stands still; here the requests themselves take time, in which a quota may earn some that the row does not count.
    while asked < row.request.get("repeat", 1) or (wanted["status"] == 429 and answer.status == 200 and asked < row.request["repeat"] + earned(answer, began)):
        answer = server.ask(row.method, row.target, row.fields(key))
        asked += 1
    took_s = math.ceil(time.monotonic() - began)
    told = {name: wanted[name] for name in ("route", "principal") if name in wanted}
    if wanted["status"] == 204:
        preflight(answer)
    elif wanted["status"] != 200:
        denied(server, answer, wanted["status"], wanted.get("reason"), **told)
        if wait := wanted.get("retry-after"):
            assert wait - took_s <= int(answer.fields["retry-after"]) <= wait
    elif row.method == "HEAD":
        assert (answer.status, answer.body) == (200, b"")
    else:
        tenant = {"tenant": wanted["tenant"]} if "tenant" in wanted else {}
        body = allowed(answer, APPLICATION.get((row.method, row.target), 200), **told, **tenant)
        assert ID.fullmatch(body["id"])


def earned(answer: Answer, began: float) -> int:
    """What the quotas that an answer tells of have earned since then, at most: whole requests only, so that none is given to a slow quota."""
    quotas = re.findall(r";q=(\d+);w=(\d+)", answer.fields["ratelimit-policy"])
    return max(int((time.monotonic() - began) * int(q) / int(w)) for q, w in quotas)


def test_there_are_rows(keys: dict[str, str]) -> None:
    """A policy without rows would pass in silence."""
    assert sum(name.startswith('["row"') for name in keys) >= 5
