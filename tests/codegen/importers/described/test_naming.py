"""Names of a map from names of hardware."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies

from codegen.importers.described.naming import enum_name, free_name, free_names, member_name, snake_name
from codegen.schema import names


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("CTRL", "ctrl"),
        ("TxFIFO", "tx_fifo"),
        ("ctrlReg", "ctrl_reg"),
        ("UARTCtrl", "uart_ctrl"),
        ("GPIOx", "gpiox"),
        ("IRQs", "irqs"),
        ("I2CMode", "i2c_mode"),
        ("Ch0Ctrl", "ch0_ctrl"),
        ("CH[%s]_CTRL", "ch_ctrl"),
        ("CH%s", "ch"),
        ("1WIRE", "r_1wire"),
        ("a.b-c d", "a_b_c_d"),
        ("__x__", "x"),
        ("größe", "groe"),
        ("%s", "r"),
        ("A" * 80, "a" * 64),
    ],
)
def test_snake_names(name, snake):
    assert snake_name(name) == snake


@pytest.mark.parametrize(
    ("name", "enum", "member"),
    [("clock_mode", "ClockMode", "clock_mode"), ("UART_MODE", "UartMode", "uart_mode"), ("8N1", "E8n1", "v8n1")],
)
def test_names_of_enums_and_members(name, enum, member):
    assert (enum_name(name), member_name(name)) == (enum, member)


@given(strategies.text(max_size=100))
def test_every_text_gives_a_name_that_a_map_takes(text):
    assert names.snake_fault(snake_name(text)) is None
    assert names.enum_fault(enum_name(text)) is None
    assert names.member_fault(member_name(text)) is None
    assert snake_name(snake_name(text)) == snake_name(text)


@given(strategies.lists(strategies.sampled_from(["a", "a_2", "reset", "reset_", "b" * 64]), max_size=12))
def test_names_that_meet_get_numbers(wanted):
    found = free_names(wanted, set(), "field")
    assert len({names.attribute_of(name, "field", None) for name in found}) == len(wanted)
    for name, own in zip(wanted, found, strict=True):
        assert own == name or re.fullmatch(r".*_\d+", own)
        assert len(own) <= 64


def test_free_names_are_taken():
    taken = {"a"}
    assert free_name("a", taken) == "a_2"
    assert taken == {"a", "a_2"}
