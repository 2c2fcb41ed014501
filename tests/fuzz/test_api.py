"""A short run of each attack on the API, the same one every time: `make fuzz` looks further."""

from __future__ import annotations

import os

import pytest

from tests.fuzz.api.attack import MODES, attack

CALLS = int(os.environ.get("HAL_TEST_HOSTILE_CALLS", "600"))


@pytest.mark.parametrize("mode", MODES)
def test_hostile_objects_interrupts_and_threads_break_nothing(mode):
    said = attack("all", mode, 1, CALLS)
    assert said.startswith("threads: ")
    assert int(said.split()[1]) >= CALLS
