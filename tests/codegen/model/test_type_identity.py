"""Which registers and blocks of one name are one type, and which differ: by whatever a driver must know of them."""

from __future__ import annotations

import pytest

import codegen
from codegen.model.types import BlockChild, RegisterChild
from tests.support.driver_text import classes, rendered

PLAIN = 'fields: {a: {bits: "3:0"}, b: {bits: "39:32"}}'
BASE = f"width: 64, access_width: 32, {PLAIN}"


def two_blocks(first: str, second: str) -> str:
    return (
        f"blocks:\n  one: {{offset: 0x0, registers: {{r: {{offset: 0, {first}}}}}}}\n"
        f"  other: {{offset: 0x100, registers: {{r: {{offset: 0, {second}}}}}}}\n"
    )


def registers_of(body: str) -> list[object]:
    device = codegen.loads(f"schema: 1\nname: dut\n{body}")
    blocks = [child.type for child in device.root.children if isinstance(child, BlockChild)]
    return [child.type for block in blocks for child in block.children if isinstance(child, RegisterChild)]


@pytest.mark.parametrize(
    "other",
    [
        f"{BASE}, words: high-first",
        f"{BASE}, words: latched",
        f"{BASE}, endian: big",
        f"{BASE}, shadow: true",
        f"{BASE}, reset: 0x100",
        f"width: 64, access_width: 64, {PLAIN}",
        f"width: 64, access_width: 8, {PLAIN}",
        f"width: 96, access_width: 32, {PLAIN}",
        f"{BASE}, access: ro",
        BASE.replace("39:32", "38:32"),
        BASE.replace("b:", "c:"),
        BASE.replace('bits: "3:0"', 'bits: "3:0", reset: 1'),
        BASE.replace('bits: "3:0"', 'bits: "3:0", volatile: true'),
        BASE.replace('bits: "3:0"', 'bits: "3:0", pulse: true'),
        BASE.replace('bits: "3:0"', 'bits: "3:0", writeback: false'),
        BASE.replace('bits: "3:0"', 'bits: "3:0", format: signed'),
        BASE.replace('bits: "3:0"', 'bits: "3:0", description: Mine.'),
    ],
)
def test_registers_that_differ_are_two_types(other: str) -> None:
    first, second = registers_of(two_blocks(BASE, other))
    assert first is not second
    assert {"OneR", "OtherR"} <= set(classes(rendered(two_blocks(BASE, other))))


def test_registers_that_are_the_same_are_one_type() -> None:
    first, second = registers_of(two_blocks(BASE, BASE.replace("width: 64", "width: 0x40")))
    assert first is second


ARRAY = "count: 4, stride: 0x8"
SAME = "size: 0x100"  # so that it is not their size in which two blocks differ


def nested(first: str, second: str) -> str:
    return (
        f"blocks:\n  one: {{offset: 0x0, blocks: {{b: {{offset: 0, {first}}}}}}}\n"
        f"  other: {{offset: 0x1000, blocks: {{b: {{offset: 0, {second}}}}}}}\n"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            f"{SAME}, registers: {{r: {{offset: 0, {ARRAY}}}}}",
            f"{SAME}, registers: {{r: {{offset: 0, count: 4, stride: 0x10}}}}",
        ),
        (
            f"{SAME}, registers: {{r: {{offset: 0, {ARRAY}}}}}",
            f"{SAME}, registers: {{r: {{offset: 0, count: 5, stride: 0x8}}}}",
        ),
        (f"{SAME}, registers: {{r: {{offset: 0, {ARRAY}}}}}", f"{SAME}, registers: {{r: {{offset: 4, {ARRAY}}}}}"),
        ("registers: {r: {offset: 0}}", "registers: {r: {offset: 0, count: 1}}"),
        ("registers: {r: {offset: 0}}", "registers: {r: {offset: 0, python: q}}"),
        ("registers: {r: {offset: 0}}", "unmapped: 0, registers: {r: {offset: 0}}"),
        ("unmapped: 1, registers: {r: {offset: 0}}", "unmapped: 0, registers: {r: {offset: 0}}"),
        ("registers: {r: {offset: 0}}", "size: 0x20, registers: {r: {offset: 0}}"),
        ("memories: {m: {offset: 0, size: 16}}", "memories: {m: {offset: 0, size: 32}}"),
        ("memories: {m: {offset: 0, size: 16}}", "memories: {m: {offset: 0, size: 16, width: 8}}"),
        ("memories: {m: {offset: 0, size: 16}}", "memories: {m: {offset: 0, size: 16, access: ro}}"),
    ],
)
def test_blocks_that_differ_are_two_types(first: str, second: str) -> None:
    names = set(classes(rendered(nested(first, second))))
    assert {"OneB", "OtherB"} <= names
    assert "B" not in names
    assert "B" in set(classes(rendered(nested(first, first))))


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "a: {bits: 0}",
        "read: {bits: 0}",  # is called otherwise in Python
        "a: {bits: 0, format: bool}",
        "a: {bits: 0, hw: write}",
    ],
)
def test_blocks_that_are_the_same_are_one_type(fields: str) -> None:
    """Fields that say the same are one object for this, whatever they say."""
    body = f"registers: {{r: {{offset: 0, fields: {{{fields}}}}}}}"
    device = codegen.loads("schema: 1\nname: dut\n" + nested(body, body))
    first, second = (child.type for child in device.root.children if isinstance(child, BlockChild))
    assert first.children[0].type is second.children[0].type


def test_arrays_of_two_strides_are_where_the_map_says() -> None:
    """Types that were one by mistake would put the second array's elements where the first one's are."""
    device = codegen.loads(
        "schema: 1\nname: dut\n"
        + nested(
            f"{SAME}, registers: {{r: {{offset: 0, count: 2, stride: 8}}}}",
            f"{SAME}, registers: {{r: {{offset: 0, count: 2, stride: 16}}}}",
        )
    )
    assert [place.offset for place in device.walk()] == [0, 8, 0x1000, 0x1010]
