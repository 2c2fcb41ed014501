"""Names of the generated classes."""

from __future__ import annotations

import ast

import pytest

from tests.support.driver_text import classes, rendered


def test_equal_registers_of_one_name_share_a_class() -> None:
    text = rendered(
        "blocks:\n  a: {offset: 0, registers: {r: {offset: 0}}}\n"
        "  b: {offset: 8, registers: {r: {offset: 0, description: Mine.}}}\n"
    )
    assert list(classes(text)) == ["R", "A", "B", "Dut"]
    assert 'r = hal.register(R, 0x0, doc="Mine.")' in text


def test_different_registers_of_one_name_get_that_of_their_block() -> None:
    text = rendered(
        "registers:\n  r: {offset: 0x100, reset: 3}\n"
        "blocks:\n  a: {offset: 0, registers: {r: {offset: 0, reset: 1}}}\n"
        "  b: {offset: 8, registers: {r: {offset: 0, reset: 2}}}\n"
    )
    assert sorted(classes(text)) == ["A", "AR", "B", "BR", "Dut", "DutR"]


@pytest.mark.parametrize("name", ["exception", "mode", "dut", "hal_x"])
def test_class_names_avoid_builtins_enums_and_the_device(name: str) -> None:
    text = rendered(f"enums: {{Mode: {{low: 0}}}}\nregisters: {{{name}: {{offset: 0}}}}\n")
    expected = "HalX" if name == "hal_x" else f"Dut{name.capitalize()}"
    assert list(classes(text)) == ["Mode", expected, "Dut"]


def test_names_that_differ_in_underscores_only() -> None:
    text = rendered("registers: {a_1: {offset: 0}, a1: {offset: 4, reset: 1}, a__1: {offset: 8, reset: 2}}\n")
    assert list(classes(text)) == ["DutA1", "DutA12", "DutA13", "Dut"]


def test_a_block_may_look_like_a_register() -> None:
    text = rendered("types: {ch: {registers: {ch: {offset: 0}}}}\nblocks: {ch: {type: ch, offset: 0}}\n")
    assert list(classes(text)) == ["ChCh", "Ch", "Dut"]


def test_one_type_with_two_windows_is_two_classes() -> None:
    text = rendered(
        "types: {t: {registers: {r: {offset: 0}}}}\n"
        "blocks: {a: {type: t, offset: 0}, b: {type: t, offset: 0x100, size: 0x20, unmapped: 1}}\n"
    )
    assert [ast.unparse(node).split("\n")[0] for node in classes(text).values()][1:3] == [
        "class DutT(hal.Block, size=4):",
        "class DutT2(hal.Block, size=32, unmapped=1):",
    ]


def test_words_that_a_block_and_its_register_share_are_said_once() -> None:
    text = rendered(
        "blocks:\n"
        "  data_mover: {offset: 0, registers: {data_mover_status: {offset: 0, reset: 1}, status: {offset: 4, reset: 2}}}\n"
        "  x: {offset: 8, registers: {data_mover_status: {offset: 0, reset: 3}, status: {offset: 4, reset: 4}}}\n"
    )
    # The short form of one is the name that the other wants.
    assert sorted(classes(text)) == [
        "DataMover",
        "DataMoverStatus",
        "DataMoverStatus2",
        "Dut",
        "X",
        "XDataMoverStatus",
        "XStatus",
    ]
