"""Overlaps are found by arithmetic; here, against byte sets."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from codegen.model.overlap import Extent, LayoutTooIntricateError, collisions


@st.composite
def extents(draw: st.DrawFn) -> list[Extent]:
    found = []
    for index in range(draw(st.integers(1, 5))):
        length = draw(st.integers(1, 4))
        stride = length + draw(st.integers(0, 9))
        found.append(Extent(f"e{index}", "register", draw(st.integers(0, 60)), length, draw(st.integers(1, 8)), stride))
    return found


def covered(extent: Extent) -> set[int]:
    return {
        extent.start + element * extent.stride + byte
        for element in range(extent.repeat)
        for byte in range(extent.length)
    }


@given(extents())
@settings(max_examples=400, deadline=None)
def test_collisions_are_those_of_the_bytes(found: list[Extent]) -> None:
    ordered = sorted(found, key=lambda extent: extent.start)
    colliding = {
        second.name
        for index, second in enumerate(ordered)
        if any(covered(first) & covered(second) for first in ordered[:index])
    }
    reported = list(collisions(found))
    assert {collision.second.name for collision in reported} == colliding
    for first, second, address in reported:
        assert address in covered(first) & covered(second)


def test_interleaved_arrays_are_fine_and_fast() -> None:
    started = time.process_time()
    lines = [f"  r{i}: {{offset: {4 * i:#x}, count: 8192, stride: 0x800}}" for i in range(512)]
    device = codegen.loads("schema: 1\nname: dut\nregisters:\n" + "\n".join(lines))
    assert device.root.size == 0x1000000
    assert time.process_time() - started < 5


def test_too_many_interleaved_arrays_are_refused_in_time() -> None:
    tangle = [Extent(f"e{i}", "register", 4 * i, 4, 1 << 24, (1 << 20) + 4 * i) for i in range(9)]
    with pytest.raises(LayoutTooIntricateError):
        list(collisions(tangle))


def test_large_arrays_cost_nothing() -> None:
    device = codegen.loads(
        "schema: 1\nname: dut\nspace: {pf: app, bar: 4}\nblocks:\n  a:\n    offset: 0\n    count: 0x100\n"
        "    blocks:\n      b: {offset: 0, count: 0x1000, registers: {r: {offset: 0, count: 0x100}}}\n"
    )
    assert device.root.size == 0x100 * 0x1000 * 0x100 * 4
    assert "and 268435455 more places" in codegen.render_python(device)


def test_two_arrays_may_fill_each_others_gaps() -> None:
    device = codegen.loads(
        "schema: 1\nname: dut\nregisters:\n  even: {offset: 0, count: 4, stride: 8}\n"
        "  odd: {offset: 4, count: 4, stride: 8}\n"
    )
    assert [(place.path, place.offset) for place in device.walk()][3:6] == [
        ("even[3]", 0x18),
        ("odd[0]", 0x4),
        ("odd[1]", 0xC),
    ]
