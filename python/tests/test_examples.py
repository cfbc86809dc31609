"""The example of each room says what it should, and is short."""

from __future__ import annotations

import hmac
import re
import subprocess
import sys
from pathlib import Path

import pytest

import caltrop

FOLDER = Path(__file__).parents[2] / "examples" / "rooms"

# `*` stands for any text. The tag is of Python's own hmac.
SAID = {
    "key": ["issued: acmeapi_live_...", "good: alice ['api:read'] True", "401: key-expired", "401: key-unknown"],
    "mac": [
        hmac.digest(b"32 bytes of a random generator!!", b'{"amount":100}', "sha256").hex(),
        "as sent: accepted",
        "another amount: refused",
        "half a tag: refused",
    ],
    "net": [
        "104.18.32.7: Cloudflare",
        "52.94.77.1: AWS",
        "2606:4700::6810:2007: Cloudflare",
        "192.0.2.1: nobody",
        "104.018.32.7: no address",
        "['Fastly', 'Cloudflare']",
    ],
    "rate": [
        "1s 203.0.113.9: 200, 2 left",
        "1s 203.0.113.9: 200, 1 left",
        "1s 203.0.113.9: 200, 0 left",
        "1s 203.0.113.9: 429, Retry-After: 1",
        "1s 198.51.100.7: 200, 2 left",
        "2s 203.0.113.9: 200, 0 left",
        """[(b'ratelimit-policy', b'"default";q=3;w=3'), (b'ratelimit', b'"default";r=0;t=1'), (b'retry-after', b'1')]""",
    ],
    "replay": ["shop evt_1: 200, handled", "shop evt_1: 200, handled before", "bank evt_1: 200, handled", "shop evt_0: 400, too old"],
    # Named by what it reads: a `token.py` here would stand before Python's own.
    "jwt": [
        "with its proof: 200, for ci",
        "shown again: 401 (replayed, for the log alone)",
        "for another request: 401 (method, for the log alone)",
        "as a bearer token: 401 (bearer, for the log alone)",
    ],
    "request": ["another amount: 401", "as signed: 200, partner-7", "the same again: 401 (replayed)"],
    "signed": ["webhook: Hello, World!", "/files/17?t=c1.*: user=42", "/files/18: refused"],
}


def differs(out: str, said: list[str]) -> list[str]:
    """The lines that are not what is said."""
    lines = out.splitlines()
    patterns = [re.escape(line).replace(r"\*", ".*") for line in said]
    wrong = [line for at, line in enumerate(lines) if at >= len(said) or not re.fullmatch(patterns[at], line)]
    return wrong + said[len(lines) :]


@pytest.mark.parametrize("room", SAID)
def test_the_example_says_what_it_should_and_is_short(room: str) -> None:
    example = FOLDER / f"{room}.py"
    assert len(example.read_text().splitlines()) <= 40
    done = subprocess.run([sys.executable, str(example)], capture_output=True, text=True)
    assert (done.returncode, differs(done.stdout, SAID[room])) == (0, []), done.stderr


def test_every_example_is_run_and_has_its_twin_in_c() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == set(SAID) == {path.stem for path in FOLDER.glob("*.c")}


@pytest.mark.parametrize("planted", ["", "a\n", "a\nb=1;d\n", "b=1;c\na\n", "a\nb=1;c\nd\n", "a\nb=;\n"])
def test_a_planted_line_is_noticed(planted: str) -> None:
    assert differs("a\nb=1;c\n", ["a", "b=*;c"]) == [] != differs(planted, ["a", "b=*;c"])


def test_the_page_of_the_rooms_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (FOLDER.parents[1] / "docs" / "rooms.md").read_text(), re.DOTALL)
    assert len(blocks) == 10
    for block in blocks:
        exec(block, {"caltrop": caltrop})
    with pytest.raises(caltrop.InvalidWebhook):
        exec(blocks[6].replace("World!", "world!"), {"caltrop": caltrop})
    with pytest.raises(caltrop.InvalidToken):
        exec(blocks[8].replace("1_795_999_999", "1_796_000_000"), {"caltrop": caltrop})
