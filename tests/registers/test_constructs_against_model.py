"""Random maps of what registers share and what their writes take, against a model of card and driver by a second hand.

HAL_TEST_OPERATIONS sets how many operations are made in all (default 1500).
"""

from __future__ import annotations

import json
import os
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from hal.emulator.design_text import design_text
from tests.support.dut import load_class
from tests.support.rich_maps import GROUPS, registers_of
from tests.support.strategies import AFI

if TYPE_CHECKING:
    from tests.support.construct_model import Group

OPERATIONS = int(os.environ.get("HAL_TEST_OPERATIONS", "1500"))
PER_MAP = 50
made = {"operations": 0, "refused": 0}


class Bus:
    """Makes a driver's operation, and holds it against the accesses and the result that the model has."""

    def __init__(self, slot, device):
        self._slot, self._bar = slot, device._space_at((0, 0)).attached()

    def __call__(self, offset, value):
        """Past the driver: a write, or without a value a read."""
        return self._bar.peek(offset) if value is None else self._bar.poke(offset, value)

    def makes(self, accesses, operation, result=None):
        with self._slot.emulator.trace(64) as trace:
            assert operation() == result
        assert self._taken(trace) == accesses

    def refuses(self, error, operation, accesses):
        made["refused"] += 1
        with self._slot.emulator.trace(64) as trace, pytest.raises(getattr(hal, error)):
            operation()
        assert self._taken(trace) == accesses

    @staticmethod
    def _taken(trace):
        return [(access.action[0], access.offset, access.width, access.value) for access in trace]


def check(slot, groups: list[Group]):
    for group in groups:
        for at, word in group.words.items():
            data = slot.library.card.storage(slot.number, 0, 0, group.base + at, word.width // 8)
            stored = int.from_bytes(data, "little")
            mask = sum(item.mask for item in word.everything)
            assert stored & mask == word.stored & mask, f"{type(group).__name__} at {group.base + at:#x}"


@settings(
    max_examples=max(1, OPERATIONS // PER_MAP),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(kinds=st.lists(st.sampled_from(GROUPS), min_size=1, max_size=6), seed=st.integers(0, 2**32 - 1))
def run_operations(slot, kinds, seed):
    rng = random.Random(seed)
    groups = [kind(rng, number) for number, kind in enumerate(kinds)]
    driver = load_class(
        json.dumps({"schema": 1, "name": "dut", "afi": {"ids": [AFI]}, "registers": registers_of(groups)})
    )
    slot.emulator.install_text(design_text(driver._design).replace("clkgen 0\n", "clkgen 0\nload_ms 0\n"))
    slot.load(AFI)
    with slot.attach(driver) as device:
        bus = Bus(slot, device)
        for group in groups:
            group.started(lambda offset: slot.emulator.peek(0, 0, offset))
        check(slot, groups)
        for _ in range(PER_MAP):
            rng.choice(groups).operate(device, bus)
            check(slot, groups)
            made["operations"] += 1


def test_driver_and_card_equal_the_model(slot):
    made["operations"] = made["refused"] = 0
    run_operations(slot)
    assert made["operations"] >= OPERATIONS
    assert 0 < made["refused"] < made["operations"] // 2
