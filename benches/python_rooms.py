"""The rooms from Python, beside the packages that Python servers use: `make bench-python`.

Each contender is called as its own documentation shows, with what it is given prepared. An answer that is not the right one stops the run.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.metadata
import ipaddress
import platform
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import limits
import netaddr
import pytricia
import radix
import slowapi
import slowapi.util
from side_by_side import Bench, calls
from starlette.requests import Request

import caltrop

# More than a bench ever takes: every check is allowed.
PLENTY = 4_000_000_000
CLIENTS = 1_000
NETWORKS = 10_000


def main() -> None:
    peers = ["caltrop", "limits", "netaddr", "py-radix", "pytricia", "slowapi", "starlette"]
    versions = {name: importlib.metadata.version(name) for name in peers}
    bench = Bench("python", {"python": platform.python_version()} | versions)
    for title, count in [("one client", 1), (f"{CLIENTS:,} clients in turn", CLIENTS)]:
        rate(bench, f"Python: rate check, {title}", [f"198.51.100.{at % 250}:{at}" for at in range(count)])
    net(bench)
    key(bench)
    for size, length in [("32 bytes", 32), ("1 KiB", 1024)]:
        mac(bench, f"Python: HMAC-SHA-256 verify of {size}", length)
    bench.finish()


def rate(bench: Bench, title: str, clients: list[str]) -> None:
    own = caltrop.rate.Limiter("1000000/second", burst=1_000_000)
    # A moving window keeps a time for each hit: its limit is small, and most of its hits are refused, which costs it least.
    item, small = limits.RateLimitItemPerSecond(PLENTY), limits.RateLimitItemPerMinute(100)
    fixed = limits.strategies.FixedWindowRateLimiter(limits.storage.MemoryStorage())
    moving = limits.strategies.MovingWindowRateLimiter(limits.storage.MemoryStorage())
    assert own.take(clients[0]) and fixed.hit(item, clients[0]) and moving.hit(small, clients[0])
    bench.contest(
        title,
        {
            "caltrop": calls(own.take, clients),
            "limits, fixed window": calls(lambda client: fixed.hit(item, client), clients),
            "limits, moving window": calls(lambda client: moving.hit(small, client), clients),
            "slowapi": calls(*slowapi_check(clients)),
        },
    )


def slowapi_check(clients: list[str]):
    """A handler behind slowapi's decorator; the request, made once for each client, is made new by clearing what slowapi notes on it."""
    limiter = slowapi.Limiter(key_func=slowapi.util.get_remote_address)
    app = SimpleNamespace(state=SimpleNamespace(limiter=limiter))

    @limiter.limit(f"{PLENTY}/second")
    def handler(request: Request) -> None:
        return None

    def check(request: Request) -> None:
        request.state._rate_limiting_complete = False
        handler(request)
        assert request.state._rate_limiting_complete

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "app": app}
    return check, [Request(scope | {"client": (client, 1), "state": {}}) for client in clients]


def net(bench: Bench) -> None:
    dice = random.Random(10)
    networks: dict[str, int] = {}
    while len(networks) < NETWORKS:
        length = dice.choice([16, 20, 22, 24, 24, 24, 24, 28, 32])
        number = dice.randrange(1 << 24, 224 << 24) >> (32 - length) << (32 - length)
        networks[f"{ipaddress.IPv4Address(number)}/{length}"] = len(networks)
    own = caltrop.net.Prefixes(networks)
    trie, tree = pytricia.PyTricia(), radix.Radix()
    for network, value in networks.items():
        trie[network] = value
        tree.add(network).data["value"] = value
    known = list(networks.items())
    matching = []
    for network, _ in dice.choices(known, k=1 << 14):
        within = ipaddress.ip_network(network)
        matching.append(str(within[dice.randrange(within.num_addresses)]))
    uniform = [str(ipaddress.IPv4Address(dice.randrange(1 << 24, 224 << 24))) for _ in range(1 << 14)]
    for address in matching + uniform:
        found = tree.search_best(address)
        want = found.data["value"] if found else None
        assert own.lookup(address) == want == trie.get(address), address
    for kind, addresses in [("matching", matching), ("uniform", uniform)]:
        bench.contest(
            f"Python: longest match among 10 k networks, {kind}",
            {
                "caltrop": calls(own.lookup, addresses),
                "pytricia": calls(trie.get, addresses),
                "py-radix": calls(tree.search_best, addresses),
            },
        )
    scans(bench, networks, matching)


def scans(bench: Bench, networks: dict[str, int], addresses: list[str]) -> None:
    """Those without a table: a set of networks is asked whether it holds an address, or gone through."""
    own = caltrop.net.Prefixes(networks)
    together = netaddr.IPSet(networks)
    each = [ipaddress.ip_network(network) for network in networks]

    def scan(text: str) -> bool:
        address = ipaddress.ip_address(text)
        return any(address in network for network in each)

    assert scan(addresses[0]) and netaddr.IPAddress(addresses[0]) in together
    bench.contest(
        "Python: is an address in one of 10 k networks",
        {
            "caltrop": calls(lambda text: own.lookup(text) is not None, addresses),
            "netaddr.IPSet": calls(lambda text: netaddr.IPAddress(text) in together, addresses),
            "ipaddress, one by one": calls(scan, addresses),
        },
    )


def key(bench: Bench) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # 1,000 keys that another program issued.
        texts = [f"sk_{random.Random(at).getrandbits(192):048x}" for at in range(1_000)]

        def command(*words: str, given: str | None = None) -> None:
            subprocess.run([sys.executable, "-m", "caltrop", *words], check=True, capture_output=True, text=True, input=given)

        command("init", folder, "--name", "acme-api")
        policy = str(Path(folder) / "policy.toml")
        command("keys", "import", "-", "--format", "raw", "--principal", "alice", "--policy", policy, given="\n".join(texts))
        public = base64.urlsafe_b64decode((Path(folder) / "feed-keys.pub").read_text().strip() + "=")
        image = (Path(folder) / "keys.cltp").read_bytes()
        secrets = caltrop.Secrets.from_folder(folder)
        keyring = caltrop.key.Keyring.open(image, scope="acme-api/keys", signers=[public], secrets=secrets)
    assert len(keyring) == len(texts)
    pepper = bytes(32)
    # What a program does by itself: a dictionary by HMAC.
    known = {hmac.digest(pepper, text.encode(), "sha256"): text for text in texts}

    def by_dictionary(text: str) -> str:
        return known[hmac.digest(pepper, text.encode(), "sha256")]

    plain = {hashlib.sha256(text.encode()).digest(): text for text in texts}

    def by_hash(text: str) -> str:
        return plain[hashlib.sha256(text.encode()).digest()]

    bench.contest(
        "Python: API key among 1,000, valid",
        {
            "caltrop": calls(keyring.verify, texts),
            "a dict by hmac.digest": calls(by_dictionary, texts),
            "a dict by hashlib.sha256, no secret": calls(by_hash, texts),
        },
    )


def mac(bench: Bench, title: str, length: int) -> None:
    dice = random.Random(length)
    secret = dice.randbytes(32)
    messages = [dice.randbytes(length) for _ in range(64)]
    tags = [hmac.digest(secret, message, "sha256") for message in messages]
    own = caltrop.mac.Key(secret)

    def by_new(message: bytes, tag: bytes) -> None:
        if not hmac.compare_digest(hmac.new(secret, message, "sha256").digest(), tag):
            raise ValueError

    def by_digest(message: bytes, tag: bytes) -> None:
        if not hmac.compare_digest(hmac.digest(secret, message, "sha256"), tag):
            raise ValueError

    bench.contest(
        title,
        {
            "caltrop": calls(own.verify, messages, tags),
            "hmac.new and compare_digest": calls(by_new, messages, tags),
            "hmac.digest and compare_digest": calls(by_digest, messages, tags),
        },
    )


if __name__ == "__main__":
    main()
