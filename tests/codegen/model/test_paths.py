"""Paths of registers: those that a walk gives are found, all others are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codegen
from codegen.model.paths import register_at

DEVICE = codegen.loads(
    "schema: 1\nname: dut\n"
    "types: {inner: {registers: {r: {offset: 0}, a: {offset: 4, count: 2}}, memories: {m: {offset: 0x10, size: 4}}}}\n"
    "registers: {top: {offset: 0}}\n"
    "blocks: {one: {type: inner, offset: 0x100}, many: {type: inner, offset: 0x200, count: 3, stride: 0x20}}\n"
)
PATHS = {place.path: place.register for place in DEVICE.walk()}


def test_every_register_is_found_by_its_path() -> None:
    assert len(PATHS) == 1 + 4 * 3
    for path, register in PATHS.items():
        assert register_at(DEVICE.root, path) is register


@pytest.mark.parametrize(
    "path", ["", ".", "top.", ".top", "one", "one.m", "one.r[0]", "one.a", "one.a[2]", "many.r", "many[3].r", "top.r"]
)
def test_what_is_no_register_is_not_found(path: str) -> None:
    assert register_at(DEVICE.root, path) is None


@given(st.lists(st.sampled_from(["top", "one", "many", "r", "a", "m", "[0]", "[1]", "[2]", "[3]", "[-1]", "."])))
def test_a_path_is_found_when_a_walk_gives_it(parts: list[str]) -> None:
    path = "".join(parts)
    assert register_at(DEVICE.root, path) is PATHS.get(path)
