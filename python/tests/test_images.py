"""An image that is not what was signed is refused with its own reason, and the running policy goes on."""

from __future__ import annotations

import random
import struct

import packed
import pytest

import caltrop

HEADER = 176


def reason(group: packed.Group, **other: object) -> str:
    with pytest.raises(caltrop.ImageError) as refused:
        group.guard(**other)
    return refused.value.reason


def flipped(image: bytes, bit: int) -> bytes:
    changed = bytearray(image)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("which", ["policy", "keyring"])
def test_any_header_bit_flipped(group: packed.Group, which: str) -> None:
    image = getattr(group, which)
    reasons = {reason(group, **{which: flipped(image, bit)}) for bit in range(8 * HEADER)}
    assert reasons == {"magic", "format", "kind", "length", "directory", "signature"}


@pytest.mark.parametrize("which", ["policy", "keyring"])
def test_a_thousand_body_flips_and_the_running_policy_goes_on(group: packed.Group, which: str) -> None:
    running = group.guard()
    image = getattr(group, which)
    dice = random.Random(7)
    for _ in range(1000):
        bit = dice.randrange(8 * HEADER, 8 * len(image))
        assert reason(group, **{which: flipped(image, bit)}) == "body"
    first = group.cases[0]
    assert packed.answer(running, first) == first.expected


@pytest.mark.parametrize("which", ["policy", "keyring"])
def test_truncated_at_every_section_boundary(group: packed.Group, which: str) -> None:
    image = getattr(group, which)
    ends = {0, HEADER - 1, HEADER}
    for at in range(image[7]):
        offset, length = struct.unpack_from("<II", image, HEADER + 16 * at + 4)
        ends |= {HEADER + 16 * at, offset, offset + length}
    ends.discard(len(image))
    assert len(ends) > 8
    assert {reason(group, **{which: image[:end]}) for end in ends} == {"too-short", "length"}


def test_another_scope_kind_and_signer(group: packed.Group, vectors: list[packed.Group]) -> None:
    assert reason(group, name="somebody-else") == "scope"
    assert reason(group, policy=group.keyring) == "kind"
    assert reason(group, keyring=group.policy) == "kind"
    stranger = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert reason(group, signers=[stranger]) == "signature"
    other = next(one for one in vectors if one.keyring and one.name != group.name)
    assert reason(group, keyring=other.keyring) == "scope"


def test_a_lower_sequence_is_refused_and_the_floor_stands(project) -> None:
    old = (project.folder / "policy.cltp").read_bytes()
    project.edit("600/minute", "500/minute")
    project.compile()
    running = project.load()
    (project.folder / "policy.cltp").write_bytes(old)
    with pytest.raises(caltrop.ImageError) as refused:
        caltrop.Guard.load(project.folder / "policy.cltp", name="acme-api", secrets=project.secrets(), state="process")
    assert refused.value.reason == "rollback"
    assert "policy.cltp" in refused.value.image
    assert running.sequence == 2
    assert (project.folder / "policy.floor").read_text().startswith("2 ")
