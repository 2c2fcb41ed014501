"""A BAR whose words hold what is written, and a way to see that nothing reached it."""

from __future__ import annotations

import pytest

from tests.support.dut import load_class

MAP = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
registers: {bank: {offset: 0x0, count: 0x1000}}
blocks: {far: {space: {pf: app, bar: 2}, offset: 0, registers: {r: {offset: 0}}}}
"""


@pytest.fixture(scope="module")
def words_class():
    return load_class(MAP)


@pytest.fixture
def attached(slot, words_class):
    """App BAR 0 of a design with words that hold what is written."""
    slot.emulator.install(words_class)
    slot.load(words_class.afi_id())
    return slot.bar("app", 0)


@pytest.fixture
def untouched(slot):
    """Runs functions; their codes, after no access was made."""

    def codes(*functions):
        with slot.emulator.trace() as trace:
            found = [function() for function in functions]
        assert trace == []
        return found

    return codes
