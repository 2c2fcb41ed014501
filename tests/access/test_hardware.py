"""What a driver does with the hardware's side: what never changes is read once, and a counter counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hal

MAP = """schema: 1
name: wide
registers:
  id: {{offset: 0, width: 64, access_width: 32, access: ro, reset: 0x100000002{said}}}
"""


@pytest.mark.parametrize(("said", "accesses"), [("", 3), (", hw: write", 3), (", hw: none", 2), (", hw: read", 2)])
def test_what_hardware_never_writes_is_read_once(slot, tmp_path, said, accesses):
    (tmp_path / "wide.yaml").write_text(MAP.format(said=said))
    with hal.load_map(tmp_path / "wide.yaml").open(0) as dev:
        for read in (dev.id.read, lambda: dev.id.value):
            with slot.emulator.trace() as trace:
                assert read() == 0x1_0000_0002
            assert len(trace) == accesses


@given(st.integers(0, 15), st.integers(-40, 40), st.integers(0, 15), st.integers(0, 15), st.booleans())
def test_counters_count_event_by_event(start, events, up, down, saturate):
    counter, step = hal.Counter(up, down, saturate), start
    for _ in range(abs(events)):
        step += up if events > 0 else -down
        step = (15 if step > 15 else max(step, 0)) if saturate else step % 16
    assert counter.after(start, events, 4) == step


def test_accessors_tell_it(slot, tmp_path):
    (tmp_path / "wide.yaml").write_text(MAP.format(said=", hw: none"))
    with hal.load_map(tmp_path / "wide.yaml").open(0) as dev:
        assert type(dev.id).value.__doc__ == "Bits 63:0, ro, hw none."
    counter = hal.Counter(1, 2, saturate=True)
    told = hal.Hardware("both", we=True, counter=counter, sticky="bit", intr="level").text
    assert told == "hw both, we, counter up 1 down 2, saturating, intr level, sticky bit"
