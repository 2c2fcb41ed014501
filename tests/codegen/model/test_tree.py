"""The walk over the tree: three ways to stop at arrays, and the types behind them, against a plain recursion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from codegen.model.tree import TypeTree, address_table, as_a_whole, each_element, first_element, walk
from codegen.model.types import BlockChild, BlockType, MemoryChild, RegisterType

if TYPE_CHECKING:
    from codegen.schema.spaces import Space


@st.composite
def devices(draw: st.DrawFn) -> codegen.Device:
    """Devices whose blocks are arrays of each other, down three levels."""

    def array(stride: int) -> str:
        count = draw(st.none() | st.integers(1, 3))
        return "" if count is None else f", count: {count}, stride: {stride}"

    lines = ["schema: 1", "name: dut", "types:"]
    for level in range(3):
        room = 0x40 << 4 * level  # for an array of three of the level below
        inner = ", ".join(
            f"b{number}: {{type: t{level - 1}, offset: {(number + 1) * room:#x}{array(room // 4)}}}"
            for number in range(draw(st.integers(1, 2)) if level else 0)
        )
        blocks = f", blocks: {{{inner}}}" if inner else ""
        lines.append(f"  t{level}: {{registers: {{r{level}: {{offset: 0{array(0x10)}}}}}{blocks}}}")
    lines += ["blocks:", f"  top: {{type: t2, offset: 0x40000{array(0x10000)}}}"]
    lines += ["  far: {type: t1, offset: 0x0, space: {pf: mgmt, bar: 4}}", "memories: {m: {offset: 0, size: 64}}"]
    return codegen.loads("\n".join(lines) + "\n")


def by_hand(block: BlockType, path: str, space: Space, base: int) -> list[tuple[str, Space, int, object]]:
    """Every element of everything, in the map's order."""
    found: list[tuple[str, Space, int, object]] = []
    for child in block.children:
        own = getattr(child, "space", None) or space
        count = getattr(child, "count", None)
        for index in range(count or 1):
            name = f"{path}{child.name}" + (f"[{index}]" if count else "")
            offset = base + child.offset + index * getattr(child, "stride", 0)
            found.append((name, own, offset, child))
            if isinstance(child, BlockChild):
                found += by_hand(child.type, name + ".", own, offset)
    return found


@given(devices())
@settings(max_examples=50, deadline=None)
def test_stops_at_every_element(device: codegen.Device) -> None:
    stops = [(stop.path, stop.space, stop.offset, stop.child) for stop in walk(device.root, device.space, each_element)]
    assert stops == by_hand(device.root, "", device.space, 0)
    assert [(place.path, place.offset) for place in device.places()] == [
        ("", 0),
        *((path, at) for path, _, at, _ in stops),
    ]


@given(devices())
@settings(max_examples=50, deadline=None)
def test_an_array_as_a_whole_stands_for_its_elements(device: codegen.Device) -> None:
    elements = {path: offset for path, _, offset, _ in by_hand(device.root, "", device.space, 0)}
    reached: dict[str, int] = {}
    for stop in address_table(device.root, device.space):
        paths = {"": stop.offset}
        dimensions = iter(stop.dimensions)
        for name, shown in zip(stop.names, re.sub(r"\.\.", ":", stop.path).split("."), strict=True):
            steps = [("", 0)]
            if shown != name:
                array = next(dimensions)
                assert shown == f"{name}[0:{array.count - 1}]"
                steps = [(f"[{number}]", number * array.stride) for number in range(array.count)]
            paths = {
                f"{path}.{name}{step}".lstrip("."): at + more for path, at in paths.items() for step, more in steps
            }
        reached |= paths
    assert reached == elements
    firsts = [stop.offset for stop in walk(device.root, device.space, first_element)]
    assert firsts == [stop.offset for stop in walk(device.root, device.space, as_a_whole)]


@given(devices())
@settings(max_examples=50, deadline=None)
def test_types_are_met_once_and_counted_everywhere(device: codegen.Device) -> None:
    tree = TypeTree(device.root, device.space)
    places: dict[object, list[str]] = {}
    for path, _, _, child in by_hand(device.root, "", device.space, 0):
        if not isinstance(child, MemoryChild):
            places.setdefault(child.type, []).append(path)
    assert {item: (first.path, first.uses) for item, first in tree.first_places.items()} == {
        item: (paths[0], len(paths)) for item, paths in places.items()
    }
    assert [item for item in places if isinstance(item, RegisterType)] == tree.registers
    assert tree.outer_first == [device.root, *(item for item in places if isinstance(item, BlockType))]
    assert sorted(map(id, tree.blocks)) == sorted(map(id, tree.outer_first))
    for number, block in enumerate(tree.blocks):
        inner = [child.type for child in block.children if isinstance(child, BlockChild)]
        assert all(item in tree.blocks[:number] for item in inner)
