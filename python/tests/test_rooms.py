"""The rooms alone."""

from __future__ import annotations

import concurrent.futures
import doctest
import hashlib
import hmac
import ipaddress
import random
import time

import packed
import pytest

import caltrop


@pytest.mark.parametrize("module", [caltrop.key, caltrop.mac, caltrop.net, caltrop.rate, caltrop.replay, caltrop.signed, caltrop.token])
def test_the_examples_run(module) -> None:
    done = doctest.testmod(module, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert done.attempted > 0 and done.failed == 0


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_tags_are_those_of_hmac(algorithm) -> None:
    dice = random.Random(1)
    for _ in range(200):
        secret, message = dice.randbytes(dice.randrange(200)), dice.randbytes(dice.randrange(200))
        tag = hmac.digest(secret, message, algorithm)
        key = caltrop.mac.Key(secret, algorithm)
        assert key.sign(message) == tag
        key.verify(message, tag)
        key.verify(message, tag[:16])
        for wrong in (tag[:15], tag + b"\0", bytes([tag[0] ^ 1]) + tag[1:], b""):
            with pytest.raises(caltrop.InvalidTag):
                key.verify(message, wrong)
    assert "secret" not in repr(caltrop.mac.Key(b"secret", algorithm=algorithm))
    with pytest.raises(ValueError, match="sha512"):
        caltrop.mac.Key(b"secret", "md5")


def test_keys_are_made_and_digested_as_the_format_says() -> None:
    keys = {caltrop.key.generate("acme_live") for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        assert caltrop.key.key_id(key) >= 0
        with pytest.raises(caltrop.InvalidKey):
            caltrop.key.key_id(key[:-1] + ("A" if key[-1] != "A" else "B"))
    pepper = bytes(range(32))
    digest = caltrop.key.digest("key", pepper=pepper)
    imported = caltrop.key.digest(b"key", pepper=pepper, form="sha256")
    assert len(digest) == 16 and digest != imported
    assert caltrop.key.crc32(b"123456789") == 0xCBF43926
    with pytest.raises(ValueError, match='prefix "A"'):
        caltrop.key.generate("A")
    with pytest.raises(ValueError, match="1 to 256 bytes"):
        caltrop.key.digest(b"k" * 257, pepper=pepper)


def test_a_keyring_knows_its_keys_and_says_no_to_others(project) -> None:
    import base64

    key = project.key("alice", "--scope", "api:read", "--tenant", "acme")
    old = project.key("bob", "--expires", "2020-01-01")
    public = base64.urlsafe_b64decode((project.folder / "feed-keys.pub").read_text().strip() + "=")
    image = (project.folder / "keys.cltp").read_bytes()
    keyring = caltrop.key.Keyring.open(image, scope="acme-api/keys", signers=[public], secrets=project.secrets())
    entry = keyring.verify(key)
    assert (len(keyring), entry.principal, entry.tenant, entry.scopes, entry.zones) == (2, "alice", "acme", ["api:read"], [])
    for wrong, reason in [(old, "key-expired"), ("guess", "key-unknown"), (b"k" * 257, "key-malformed"), (b"", "key-malformed")]:
        with pytest.raises(caltrop.InvalidKey) as refused:
            keyring.verify(wrong)
        assert refused.value.reason == reason and reason not in str(refused.value)
    with pytest.raises(caltrop.ImageError):
        caltrop.key.Keyring.open(image, scope="other/keys", signers=[public], secrets=project.secrets())
    with pytest.raises(ValueError, match="32 bytes"):
        caltrop.key.Keyring.open(image, scope="acme-api/keys", signers=[b""], secrets=project.secrets())


def test_lookups_are_those_of_ipaddress() -> None:
    dice = random.Random(2)
    networks = {}
    for at in range(300):
        bits, base = (32, 0x0A000000) if dice.random() < 0.5 else (128, 0x20010DB8 << 96)
        length = dice.randrange(8, bits + 1)
        number = base | dice.getrandbits(bits - 8) & ((1 << (bits - 8)) - 1)
        networks[ipaddress.ip_network((number >> (bits - length) << (bits - length), length))] = at
    table = caltrop.net.Prefixes({str(network): value for network, value in networks.items()})
    zones = caltrop.net.Zones({f"z{at}": [str(network)] for at, network in enumerate(list(networks)[:64])})
    found, asked, given = 0, ["192.0.2.1"], [None]
    for _ in range(3000):
        near = dice.choice(list(networks))
        address = near[dice.randrange(min(near.num_addresses, 1 << 30))]
        around = [network for network in networks if address in network]
        longest = max(around, key=lambda network: network.prefixlen)
        assert table.lookup(str(address)) == networks[longest]
        asked.append(str(address))
        given.append(networks[longest])
        assert zones.of(str(address)) == tuple(f"z{at}" for at, n in enumerate(list(networks)[:64]) if address in n)
        found += 1
    assert found == 3000 and table.lookup("192.0.2.1") is None
    assert table.lookup_many(asked) == given and table.lookup_many(iter(asked[:2])) == given[:2] and table.lookup_many([]) == []
    with pytest.raises(ValueError, match="give an IPv4 or IPv6 address"):
        table.lookup_many(["10.0.0.1", "x"])
    values = [None, *networks.values()]
    for family in (4, 6):
        packed = [(ipaddress.ip_address(text).packed, value) for text, value in zip(asked, given) if ipaddress.ip_address(text).version == family]
        places = memoryview(table.lookup_packed(b"".join(address for address, _ in packed), {4: 4, 6: 16}[family])).cast("I")
        assert len(packed) > 1000 and [values[place] for place in places] == [value for _, value in packed]
    assert table.lookup_packed(b"", 4) == b""
    for width, bad in ((4, b"12345"), (16, b"1234"), (5, b"12345"), (0, b"")):
        with pytest.raises(ValueError, match="width|no addresses"):
            table.lookup_packed(bad, width)


@pytest.mark.parametrize("bad", ["10.0.0.1/8", "10.0.0.0/33", "010.0.0.0/8", "10.0.0.0/08", "::ffff:10.0.0.0/104", "fe80::%1/64", "x", ""])
def test_networks_that_could_be_misread_are_refused(bad: str) -> None:
    for make in (caltrop.net.Cidr, lambda text: caltrop.net.Prefixes({text: 1}), lambda text: caltrop.net.Zones({"z": [text]})):
        with pytest.raises(ValueError, match="network"):
            make(bad)


def test_limits_hold_and_come_back() -> None:
    limiter = caltrop.rate.Limiter("60/minute", burst=3, slots=1024)
    at = lambda second: caltrop.Now(0, second * 10**9)  # noqa: E731
    assert [limiter.take(b"a", now=at(1)).remaining for _ in range(3)] == [2, 1, 0]
    refused = limiter.take("a", now=at(1))
    assert not refused and refused.retry_after == 1
    policy = (b"ratelimit-policy", b'"default";q=3;w=3')
    assert refused.fields == [policy, (b"ratelimit", b'"default";r=0;t=1'), (b"retry-after", b"1")]
    assert limiter.peek(b"c", now=at(1)).fields == [policy, (b"ratelimit", b'"default";r=2;t=1')]
    limit, names = (b"x-ratelimit-limit", b"3"), (b"x-ratelimit-remaining", b"x-ratelimit-reset")
    assert refused.x_fields == [limit, *zip(names, (b"0", b"1"), strict=True)]
    assert limiter.peek(b"c", cost=2, now=at(1)).x_fields == [limit, *zip(names, (b"1", b"2"), strict=True)]
    assert limiter.take(b"b", now=at(1)) and limiter.take(b"a", now=at(2)) and not limiter.take(b"a", cost=2, now=at(3))
    assert limiter.peek(b"a", cost=2, now=at(4)).allowed and limiter.peek(b"a", cost=2, now=at(4)).allowed
    for limit, says in [("60/min", "write the unit in full"), ("60", "has no unit")]:
        with pytest.raises(ValueError, match=says):
            caltrop.rate.Limiter(limit)
    for slots in (0, 8, 17):
        with pytest.raises(ValueError, match="slots"):
            caltrop.rate.Limiter("1/second", slots=slots)
    with pytest.raises(ValueError):
        caltrop.rate.Limiter("1/second", burst=0)


def test_a_client_holds_no_more_leases_than_it_may_and_they_come_back() -> None:
    leases = caltrop.rate.Leases(2, longest=60, slots=16)
    at = lambda second: caltrop.Now(0, second * 10**9)  # noqa: E731
    first, second = leases.acquire("alice", now=at(0)), leases.acquire(b"alice", now=at(0))
    with pytest.raises(caltrop.LeaseRefused, match="as many at once") as refused:
        leases.acquire("alice", now=at(1))
    assert refused.value.reason == "busy" and leases.held("alice", now=at(1)) == 2 and leases.held("bob", now=at(1)) == 0
    # Released once: a second time takes nothing from the other.
    first.release(now=at(1))
    for again in (first.release, first.renew):
        with pytest.raises(caltrop.Lapsed):
            again(now=at(1))
    assert leases.held("alice", now=at(1)) == 1
    second.renew(now=at(50))
    assert leases.held("alice", now=at(100)) == 1 and leases.held("alice", now=at(200)) == 0
    with pytest.raises(caltrop.Lapsed, match="time was over"):
        second.renew(now=at(200))
    reasons = []
    for client in range(32):
        try:
            leases.acquire(str(client), now=at(200))
        except caltrop.LeaseRefused as why:
            reasons.append(why.reason)
    assert reasons == ["full"] * 16 and leases.full == 16 and repr(leases) == "Leases(2, full=16)"
    with pytest.raises(TypeError, match="client: give bytes or str"):
        leases.acquire(1)  # type: ignore[arg-type]
    for wrong in ({"most": 0}, {"most": 256}, {"longest": 0}, {"slots": 0}, {"slots": 8}, {"slots": 17}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            caltrop.rate.Leases(**({"most": 1, "longest": 1} | wrong))


def test_a_lease_is_given_back_at_the_end_of_its_block_whatever_happens_there() -> None:
    leases = caltrop.rate.Leases(1, longest=60, slots=16)
    with leases.acquire("alice") as lease:
        assert leases.held("alice") == 1
    with pytest.raises(KeyError), leases.acquire("alice"):
        raise KeyError
    with leases.acquire("alice") as lease:
        lease.release()
    assert leases.held("alice") == 0
    # Whose time was over is told, unless the block has worse to say.
    with pytest.raises(caltrop.Lapsed), leases.acquire("alice", now=caltrop.Now(0, 0)):
        pass
    with pytest.raises(KeyError), leases.acquire("bob", now=caltrop.Now(0, 0)):
        raise KeyError
    # The leases live as long as one of theirs does.
    lease = caltrop.rate.Leases(1, longest=60, slots=16).acquire("alice")
    lease.release()


def test_threads_are_never_more_at_once_than_the_quota() -> None:
    leases = caltrop.rate.Leases(3, longest=60, slots=16)
    working, most = [], []

    def work(name: int) -> int:
        try:
            with leases.acquire("alice"):
                working.append(name)
                most.append(len(working))
                time.sleep(0.0001)
                working.remove(name)
        except caltrop.LeaseRefused as why:
            assert why.reason in ("busy", "contended")
            return 0
        return 1

    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        admitted = sum(workers.map(work, range(1000)))
    assert admitted >= 1 and max(most) <= 3 and leases.held("alice") == 0
    lease = leases.acquire("alice")
    given = []

    def give(_: int) -> None:
        try:
            lease.release()
            given.append(1)
        except caltrop.Lapsed:
            pass

    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        list(workers.map(give, range(64)))
    assert given == [1]


def test_many_clients_are_charged_as_one_by_one() -> None:
    at = caltrop.Now(0, 10**9)
    names = [b"anna", b"bert", b"anna"] * 30
    one, many = (caltrop.rate.Limiter("60/minute", burst=3, slots=1024) for _ in range(2))
    expected = bytes(bool(one.take(name, now=at)) for name in names)
    assert many.take_many(b"".join(names), 4, now=at) == expected and expected.count(1) == 6
    assert many.take_many(b"", 4, now=at) == b""
    assert many.take_many(b"annacora", 4, cost=2, now=at) == b"\0\1"
    for clients, width in [(b"anna", 0), (b"anna", 3), (b"anna", 8)]:
        with pytest.raises(ValueError, match="clients"):
            many.take_many(clients, width, now=at)


def test_of_all_copies_one_is_first_and_the_reason_is_told() -> None:
    cache = caltrop.replay.ReplayCache(slots=16, since=999)
    at = lambda second, trusted=True: caltrop.Now(second, 0, trusted)  # noqa: E731

    def reason(sender="s", id=b"i", issued=1000, until=1300, now=at(1000)) -> str | None:  # noqa: A002, B008
        try:
            cache.first_seen(sender, id, issued=issued, until=until, now=now)
        except caltrop.NotFirst as why:
            return why.reason
        return None

    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        answers = list(workers.map(lambda _: reason(), range(1000)))
    assert answers.count(None) == 1 and answers.count("replayed") == 999
    assert reason(id="i") == "replayed" and reason(sender="t") is None
    assert reason(issued=999, id="j") == "forgotten" and reason(until=999, id="j") == "expired"
    assert reason(until=1000 + 2**25 + 1, id="j") == "too-long" and reason(id="j", now=at(1000, trusted=False)) == "clock"
    assert [reason(id=str(n)) for n in range(20)].count("full") == 6 and cache.full == 6
    with pytest.raises(TypeError, match="id: give bytes or str"):
        cache.first_seen("s", 1, issued=1000, until=1300)  # type: ignore[arg-type]
    for slots in (0, 8, 17):
        with pytest.raises(ValueError, match="slots"):
            caltrop.replay.ReplayCache(slots=slots)
    # Unless told otherwise, what another process may have seen is refused.
    with pytest.raises(caltrop.NotFirst, match="began to remember"):
        caltrop.replay.ReplayCache().first_seen("s", "i", issued=int(time.time()), until=int(time.time()) + 60)


def test_packed_vectors_that_are_cut_are_told(vectors: list[packed.Group]) -> None:
    with pytest.raises(ValueError):
        list(packed.read(b"CTV2\1\0\0\0\xff"))
    assert hashlib.sha256(vectors[0].policy).digest() != hashlib.sha256(vectors[0].keyring).digest()
