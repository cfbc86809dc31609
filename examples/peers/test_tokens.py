"""Access tokens that npm's oidc-provider and Authlib issued, shown to the guard."""

from __future__ import annotations

import base64
import json
import time

import pytest

from conftest import House, claims

BOTH = pytest.mark.parametrize("name", ["provider", "authlib"])


@BOTH
def test_who_it_is_and_what_they_may_do(house: House, name: str) -> None:
    tokens = house.tokens[name]
    for who, subject in (("machine", "machine"), ("person", "ada")):
        shown = house.show(tokens[who])
        assert (shown.status, shown.principal, shown.reason) == (200, f"{name}:{subject}", None)
        assert house.show(tokens[who], "GET /v1/orders").status == 200
    refused = house.show(tokens["machine"], "POST /v1/orders")
    assert (refused.status, refused.reason) == (403, "scope")
    assert house.show(tokens["person"], "POST /v1/orders").status == 200


def test_an_id_token_is_no_access_token(house: House) -> None:
    assert house.show(house.tokens["provider"]["login"]).reason in ("token-type", "token-audience")


@BOTH
def test_one_changed_letter_anywhere_is_refused(house: House, name: str) -> None:
    good = house.tokens[name]["machine"]
    letters = [at for at in (*range(0, len(good), 7), len(good) - 1) if good[at] != "."]
    for at in letters:
        # Another address each time: who shows so many bad ones would only hear that it is to wait.
        changed = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
        headers = [(b"authorization", b"Bearer " + changed.encode())]
        shown = house.guard.admit(method="GET", target="/v1/whoami", headers=headers, peer=f"198.18.{at >> 8}.{at & 255}", tls="1.3")
        assert shown.status == 401 and shown.reason.startswith("token-"), (at, shown)
    assert len(letters) > 40


@BOTH
def test_tokens_of_one_server_are_not_the_others(house: House, name: str) -> None:
    header, payload, signature = house.tokens[name]["machine"].split(".")
    other = next(issuer for issuer in house.issuers.values() if issuer.name != name)
    moved = base64.urlsafe_b64encode(json.dumps(claims(f".{payload}.") | {"iss": other.url}).encode()).rstrip(b"=").decode()
    assert house.show(f"{header}.{moved}.{signature}").reason in ("token-algorithm", "token-signature")


@BOTH
def test_its_time(house: House, name: str) -> None:
    token = house.tokens[name]["machine"]
    left, house = claims(token)["exp"] - int(time.time()), house.worker()
    assert house.show(token, later=left - 5).status == 200
    assert house.show(token, later=left + 5).reason == "token-expired"


@BOTH
def test_taken_back_by_its_jti_its_client_and_its_principal(house: House, name: str, eventually) -> None:
    machine, person = (house.tokens[name][who] for who in ("machine", "person"))
    ways = [
        ("token", claims(machine)["jti"], machine, person),
        ("client", claims(person).get("client_id"), person, machine),
        ("principal", f"{name}:ada", person, machine),
    ]
    for what, named, gone, stays in ways:
        issuer = [] if what == "principal" else ["--issuer", name]
        # The second in which it was issued counts as before.
        before = [] if what == "token" else ["--before", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))]
        house.caltrop("revocations", "add", what, named, *issuer, *before)
        took = eventually(f"{what} taken back", lambda gone=gone: house.show(gone).reason == "token-revoked")
        assert took < 1
        assert house.show(stays).status == 200
        house.caltrop("revocations", "lift", what, named, *issuer)
        eventually(f"{what} good again", lambda gone=gone: house.show(gone).status == 200)


@BOTH
def test_a_rotation_refuses_nobody_once_the_cooldown_is_over(house: House, name: str, eventually) -> None:
    issuer, old = house.issuers[name], house.tokens[name]["machine"]
    issuer.rotate()
    new = issuer.tokens()["machine"]
    assert house.show(new).reason == "token-key"
    wrong = 0

    def is_good() -> bool:
        nonlocal wrong
        wrong += house.show(old).status != 200
        return house.show(new).status == 200

    took = eventually("the new key", is_good)
    assert wrong == 0, "the old key is good all the while"
    # The cooldown is a second, sync and guard look a few times in one.
    assert took < 3
    assert sum(house.show(token).status != 200 for token in (old, new) for _ in range(100)) == 0
    house.tokens[name] = issuer.tokens()


@BOTH
def test_random_key_names_cost_one_fetch_in_a_cooldown(house: House, name: str) -> None:
    issuer, good = house.issuers[name], house.tokens[name]["machine"]
    rest, before, began, shown = good[good.index(".") :], issuer.fetched(), time.monotonic(), 0
    while time.monotonic() - began < 3:
        header = json.dumps({"alg": issuer.algorithm, "typ": "at+jwt", "kid": f"random-{shown}"}).encode()
        forged = base64.urlsafe_b64encode(header).rstrip(b"=").decode() + rest
        assert house.show(forged).reason == "token-key"
        shown += 1
    fetched = issuer.fetched() - before
    print(f"{name}: {shown} tokens of unknown keys within 3 s, {fetched} fetches")
    assert shown > 1000 and 1 <= fetched <= 4


@BOTH
def test_an_outage_of_an_hour_refuses_nobody(house: House, name: str, eventually) -> None:
    issuer, good = house.issuers[name], house.tokens[name]["machine"]
    issuer.stop()
    house = house.worker()
    header = base64.urlsafe_b64encode(json.dumps({"alg": issuer.algorithm, "typ": "at+jwt", "kid": "new"}).encode()).rstrip(b"=").decode()
    forged = header + good[good.index(".") :]
    # The host's hour, minute by minute, while somebody asks for another key all the time: the issuer does not answer.
    for minute in range(61):
        assert house.show(good, later=60 * minute).status == 200, minute
        assert house.show(forged, later=60 * minute).reason == "token-key"
    time.sleep(2)
    issuer.start()
    house = house.worker()
    eventually("the issuer's keys", lambda: bool(house.show(forged)) or issuer.fetched() > 0)
    assert house.show(good).status == 200
