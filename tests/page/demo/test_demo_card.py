"""The demonstration's model: what moves, what it reacts to."""

from __future__ import annotations

import pytest

import hal
from hal.page.demo import demo_card


@pytest.fixture
def demo(slot):
    driver = hal.load_map(demo_card._MAP)
    slot.emulator.install(driver)
    model = demo_card.DemoModel(driver)
    clock = [100.0]
    type(model).time = property(lambda _self: clock[0])
    try:
        slot.emulator.set_model(model)
        slot.load(driver.afi_id())
        yield slot.attach(driver), clock
    finally:
        del type(model).time
        slot.emulator.set_model(None)


def test_channels_swing_as_fast_as_the_mode_says(demo):
    device, clock = demo
    clock[0] += 0.5
    assert abs(device.ch[0].sample.value - 32000) < 100  # a quarter of a period of 2 s
    device.ctrl.mode = 2
    clock[0] += 10
    assert device.ch[0].periods.count == 50
    device.ctrl.modify(mode=0)
    before = device.ch[0].sample.value
    clock[0] += 3.3
    assert device.ch[0].sample.value == before
    device.ctrl.write(restart=1, enable=1, mode=1)
    assert device.ch[0].periods.count == 0


def test_it_gets_warm_and_says_so(demo, slot):
    device, clock = demo
    device.ctrl.mode = 3
    for _ in range(60):
        clock[0] += 1
        device.status.read()
    assert device.supply.temperature.value > 60
    assert device.status.overheated == 0
    device.ctrl.limit = 50
    assert device.status.overheated == 1
    events = [device.event.fields()["kind"].name for _ in range(4)]
    assert events == ["STARTED", "MODE_CHANGED", "OVERHEATED", "NONE"]
    assert slot.leds.bit_count() == 1
    assert device.table[32] == 0x7FFF
