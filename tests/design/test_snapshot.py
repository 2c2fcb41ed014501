"""Snapshots: what is in them, comparing, writing back, and the card's own state."""

from __future__ import annotations

import json
import re
from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import hal
from hal.emulator.design_text import design_text
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.strategies import json_values


def test_it_holds_what_can_be_read_without_an_effect(dut, bus):
    taken = []
    accesses = bus(lambda: taken.append(dut.snapshot()))
    snapshot = taken[0]
    assert "out" not in snapshot
    assert "fragile" not in snapshot
    assert "mixed" not in snapshot
    assert snapshot["dots[3]"] == 0
    assert snapshot["ctrl"] == 0x205
    assert snapshot["ctrl.a"] == 5
    assert not [access for access in accesses if access[0] != "r"]
    with_effects = dut.snapshot(effects=True)
    assert set(with_effects) - set(snapshot) == {"fragile", "mixed"}


def test_values_are_typed(dut, driver):
    dut.ctrl.mode = 5
    snapshot = dut.snapshot()
    assert repr(snapshot["ctrl.mode"]) == "<Mode.FAST: 5>"
    assert snapshot.fields("ctrl") == {"a": 5, "b": 0, "done": 0, "low": 1, "go": 0, "mode": 5}
    assert snapshot.driver is driver
    for path in ("ctrl.x", "nothing", "ctrl.a.b", "", "dots[9]", "out.x"):
        assert path not in snapshot
        with pytest.raises(hal.SnapshotError, match="no register or field"):
            snapshot[path]


def test_it_can_not_be_changed_and_compares_by_value(dut):
    one, two = dut.snapshot(), dut.snapshot()
    assert one == two
    assert hash(one) == hash(two)
    dut.plain.value = 7
    assert dut.snapshot() != one
    assert one["plain"] == 0
    with pytest.raises(AttributeError):
        one.driver = None
    with pytest.raises(TypeError):
        one["plain"] = 1


def test_its_json_is_what_an_encoder_makes(dut, driver):
    for snapshot in (dut.snapshot(effects=True), hal.Snapshot(driver, {})):
        data = snapshot.to_dict()
        data["registers"] = {path: f"{bits:#x}" for path, bits in data["registers"].items()}
        assert snapshot.to_json() == json.dumps(data, indent=1) + "\n"


def test_diff_is_by_field_name(dut):
    before = dut.snapshot()
    dut.ctrl.modify(a=1, mode=5)
    dut.dots[2].v = 9
    after = dut.snapshot()
    assert before.diff(after) == [("ctrl.a", 5, 1), ("ctrl.mode", 0, 5), ("dots[2].v", 0, 9)]
    assert after.diff(after) == []
    assert dut.side.snapshot().diff(after)[0] == ("ctrl.a", None, 1)


def test_bits_of_no_field_differ_by_the_registers_path(driver):
    one, other = (hal.Snapshot(driver, {"ctrl": bits, "plain": 1}) for bits in (0x8000_0005, 0x4000_0006))
    assert one.diff(other) == [("ctrl.a", 5, 6), ("ctrl", 0x8000_0000, 0x4000_0000)]
    assert one.diff(hal.Snapshot(driver, {"ctrl": 0x8000_0006})) == [("ctrl.a", 5, 6), ("plain.value", 1, None)]
    assert repr(one) == "<snapshot of dut: 2 registers>"


@pytest.mark.parametrize("bits", [5.0, "5", None, [5], -1, 1 << 32])
def test_values_that_are_none_of_a_register(driver, bits):
    with pytest.raises(hal.SnapshotError, match="is no value of 32 bits"):
        hal.Snapshot(driver, {"ctrl": bits})


class Five:
    def __index__(self):
        return 5


@pytest.mark.parametrize("registers", [1, 2000])
def test_a_register_of_a_large_device_stands_there_once_by_its_own_path(registers):
    """Few of many are found one by one."""
    kind = load_class(
        f"schema: 1\nname: dut\nregisters: {{many: {{offset: 0, count: {registers}}}, single: {{offset: 0x4000}}}}\n"
    )
    snapshot = hal.Snapshot(kind, {"single": Five(), "many[0x0]": 7})
    assert dict(snapshot) == {"single": 5, "many[0]": 7}
    assert type(snapshot["single"]) is int
    with pytest.raises(hal.SnapshotError, match=r"many\[0\] stands there twice, also as many\[0x0\]"):
        hal.Snapshot(kind, {"many[0]": 7, "many[0x0]": 7})


def test_what_is_unpickled_without_its_driver_is_told(dut):
    make, arguments = dut.snapshot().__reduce__()
    made = make("nowhere", "Nobody", arguments[2], {})  # by what it is of, in this process
    assert made == dut.snapshot()
    for told, changes in (("map another", {"digest": "another"}), ("map unknown", {"digest": ""})):
        stranger = arguments[2] | {"device": "stranger"} | changes
        with pytest.raises(
            hal.SnapshotError, match=rf"is of stranger \({told}\), and its driver nowhere\.Nobody is not here"
        ):
            make("nowhere", "Nobody", stranger, {})


def test_of_a_block_with_paths_of_the_device(dut):
    assert dict(dut.side.snapshot()) == {"side.r": 0}
    assert dict(dut.bulk.snapshot()) == {"bulk.doorbell": 0}


def test_dict_and_json_and_back(dut, driver):
    dut.plain.value = 1 << 63
    snapshot = dut.snapshot()
    assert hal.Snapshot.from_dict(snapshot.to_dict(), driver) == snapshot
    text = snapshot.to_json()
    assert hal.Snapshot.from_json(text, driver) == snapshot
    assert json.loads(text)["registers"]["plain"] == "0x8000000000000000"
    assert json.loads(text)["format"] == "hal-snapshot 1"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"format": "other"}, "its format is not"),
        ({"registers": [1]}, "its format is not"),
        ({"device": "other"}, "the snapshot is of other"),
        ({"registers": {"nothing": 1}}, "has no register 'nothing'"),
        ({"registers": {"ctrl": 1 << 32}}, "is no value of 32 bits"),
        ({"registers": {"ctrl": -1}}, "is no value of 32 bits"),
        ({"registers": {"ctrl": "x"}}, "ctrl = 'x' is no number"),
        ({"registers": {"ctrl": True}}, "ctrl = True is no number"),
        ({"registers": {"dots": 1}}, "has no register 'dots'"),
        ({"registers": {"dots[4]": 1}}, "has no register"),
        ({"registers": {"side": 1}}, "is no register"),
    ],
)
def test_what_is_no_snapshot_of_this_driver_is_refused(dut, driver, change, text):
    with pytest.raises(hal.SnapshotError, match=text):
        hal.Snapshot.from_dict(dut.snapshot().to_dict() | change, driver)
    with pytest.raises(hal.SnapshotError, match="this is no snapshot"):
        hal.Snapshot.from_json("{", driver)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        ('{"format": NaN}', "NaN is no number"),
        ('{"registers": {}, "registers": {}}', "the key 'registers' stands there twice"),
        ('{"format": "\\ud800"}', "its format is not"),
        (f'{{"format": {"1" * 5000}}}', "this is no snapshot"),
        (b"\xff\xfe\xff", "this is no snapshot"),
        (None, "this is no snapshot"),
        (7, "this is no snapshot"),
    ],
)
def test_texts_that_are_no_snapshot(driver, text, words):
    with pytest.raises(hal.SnapshotError, match=words):
        hal.Snapshot.from_json(text, driver)


@pytest.mark.parametrize(
    "registers",
    [
        {"ctrl": "0x" + "f" * 10_000},
        {"ctrl": 1 << 20_000},
        {"ctrl": "1" * 10_000},
        {"ctrl": 1.0},
        {"ctrl": float("nan")},
        {"ctrl": []},
        {"\x1b[2J": 1},
        {"\ud800": 1},
        {"ctrl\x1b": "x" * 10_000},
        {"dots[" + "1" * 10_000 + "]": 1},
        {"dots[1]": 1, "dots[0x1]": 2},
        {5: 1},
    ],
)
def test_registers_that_are_none(dut, driver, registers):
    """The error is short, and can be printed anywhere."""
    with pytest.raises(hal.SnapshotError) as caught:
        hal.Snapshot.from_dict(dut.snapshot().to_dict() | {"registers": registers}, driver)
    assert len(str(caught.value)) < 1000
    assert str(caught.value).isprintable()


def test_an_index_may_be_written_another_way(dut, driver):
    snapshot = hal.Snapshot.from_dict(dut.snapshot().to_dict() | {"registers": {"dots[0x2]": 9}}, driver)
    assert dict(snapshot) == {"dots[2]": 9}
    dut.restore(snapshot)
    assert dut.dots[2].v == 9


def refused_or_whole(text, driver):
    try:
        hal.Snapshot.from_json(text, driver)
    except hal.SnapshotError as error:
        assert len(str(error)) < 1000


@given(
    st.dictionaries(st.sampled_from(["format", "device", "digest", "registers"]), json_values), st.binary(max_size=99)
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_is_refused_in_words(driver, change, content):
    good = {"format": "hal-snapshot 1", "device": "dut", "digest": driver._design.digest, "registers": {"ctrl": 0}}
    refused_or_whole(json.dumps(good | change), driver)
    refused_or_whole(content, driver)


def test_restore_writes_what_reads_back_and_nothing_that_acts(dut, bus):
    dut.ctrl.modify(a=1, b=2, mode=5)
    dut.plain.value = 5 << 32 | 6
    dut.side.r.value = 7
    dut.dots.write([1, 2, 3, 4])
    snapshot = dut.snapshot()
    for register in (dut.ctrl, dut.plain, dut.side.r):
        register.reset()
    dut.dots.write([0] * 4)
    left = []
    accesses = bus(lambda: left.extend(dut.restore(snapshot, force=True)))
    assert left == ["once"]  # any write would use up its lock
    assert all(action == "w" for action, *_ in accesses)
    assert ("w", 0, 32, 0x50221) in accesses  # done 0, low 1, go 0
    assert 0x14 not in {offset for _, offset, _, _ in accesses}
    assert 0x18 not in {offset for _, offset, _, _ in accesses}
    assert dut.snapshot() == snapshot


def test_restore_gives_write_only_neighbours_what_was_written_last(slot, bus):
    text = "{schema: 1, name: dut, afi: {ids: [agfi-0fedcba9876543210]}, registers: {r: {offset: 0, fields: {%s}}}}"
    kind = load_class(
        text
        % 'a: {bits: "3:0"}, b: {bits: "7:4", access: wo, idle: last, reset: 2}, c: {bits: 8, access: w0c}, d: {bits: 9, access: wo, idle: 0}'
    )
    with on_card(slot, kind) as device:
        device.r.a = 3
        snapshot = device.snapshot()
        device.r.modify(a=0, b=6)
        assert bus(lambda: device.restore(snapshot, force=True)) == [("w", 0, 32, 0x163)]


def test_a_block_restores_its_own_registers_only(dut):
    dut.side.r.value = 7
    dut.plain.value = 7
    snapshot = dut.snapshot()
    dut.side.r.value = 0
    dut.plain.value = 0
    assert dut.side.restore(snapshot) == []
    assert (dut.side.r.value, dut.plain.value) == (7, 0)


def test_restore_updates_shadows(dut, bus):
    dut.kept.x = 9
    snapshot = dut.snapshot()
    dut.kept.write(0)
    dut.restore(snapshot)
    assert bus(lambda: setattr(dut.kept, "y", 1)) == [("w", 0xC, 32, 0x19)]


def test_another_drivers_snapshot_is_refused(dut, bus, blinker_class):
    other = hal.Snapshot(blinker_class, {"ctrl": 1})

    def refused():
        with pytest.raises(hal.SnapshotError, match="the snapshot is of blinker"):
            dut.restore(other)

    assert bus(refused) == []


def test_the_cards_state_is_a_snapshot(dut, slot, driver, bus):
    dut.out.write(x=7, y=1)
    dut.ctrl.mode = 5
    state = slot.emulator.save_state(driver)
    assert state["out"] == 0x17
    assert state["out.x"] == 7
    assert state["fragile"] == 0
    assert {path: state[path] for path in dut.snapshot()} == dict(dut.snapshot())
    slot.emulator.power_cycle()
    slot.load(driver.afi_id())
    assert slot.emulator.save_state(driver)["out"] == 3
    slot.emulator.load_state(hal.Snapshot.from_json(state.to_json(), driver))
    assert slot.emulator.save_state(driver) == state


def test_a_snapshot_of_a_device_can_be_the_cards_state(dut, slot):
    before = dut.snapshot()
    dut.ctrl.mode = 5
    slot.emulator.poke(0, 0, 0x18, 1)  # a read-only counter
    slot.emulator.load_state(before)
    assert dut.snapshot() == before


def test_a_closed_device_says_so(dut):
    dut.snapshot()
    dut.close()
    with pytest.raises(hal.ClosedError, match=r"snapshot: read of dut\.ctrl"):
        dut.snapshot()


@st.composite
def scattered(draw):
    """Registers of all widths, alone and in arrays, at even and uneven distances: (name, offset, width, count, stride)."""
    rows, offset = [], 0
    for number in range(draw(st.integers(1, 25))):
        width = draw(st.sampled_from([32, 32, 32, 64, 8]))
        step = width // 8
        offset += -offset % step + draw(st.sampled_from([0, 0, 0, 1, 5])) * step
        count = draw(st.sampled_from([1, 1, 1, 2, 3]))
        stride = step * draw(st.sampled_from([1, 1, 2]))
        rows.append((f"r{number}", offset, width, count, stride))
        offset += (count - 1) * stride + step
    return rows


@given(rows=scattered(), seed=st.integers(0, 1 << 32), broken=st.integers(0, 1 << 16))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_scattered_registers_are_read_once_in_their_order(slot, rows, seed, broken):
    lines = ["schema: 1", "name: dut", "registers:"]
    for name, offset, width, count, stride in rows:
        array = f", count: {count}, stride: {stride}" if count > 1 else ""
        lines.append(f"  {name}: {{offset: {offset}, width: {width}{array}}}")
    driver = load_class("\n".join(lines))
    slot.emulator.install_text(design_text(driver._design))
    slot.load(driver.afi_id())
    random, bar = Random(seed), slot.bar("app", 0)
    places = [
        (f"{name}[{index}]" if count > 1 else name, offset + index * stride, width)
        for name, offset, width, count, stride in rows
        for index in range(count)
    ]
    values = {path: random.getrandbits(width) for path, _, width in places}
    for path, offset, width in places:
        bar.poke(offset, values[path], width)
    with slot.attach(driver) as device:
        with slot.emulator.trace() as trace:
            snapshot = device.snapshot()
        assert dict(snapshot) == values
        assert [(access.action, access.offset, access.width) for access in trace] == [
            ("read", offset, width) for _, offset, width in places
        ]
        path, at, _ = places[broken % len(places)]

        class Broken(hal.Model):
            def event(self, event, slot, pf, bar, offset, width, value):
                if (event, offset) == (0, at):
                    raise RuntimeError("no answer")

        slot.emulator.set_model(Broken(driver))
        with pytest.raises(hal.ModelError, match=rf"snapshot: read of dut\.{re.escape(path)} "):
            device.snapshot()
        slot.emulator.set_model(None)
        for _, offset, width in places:
            bar.poke(offset, 0, width)
        device.restore(snapshot)
        assert dict(device.snapshot()) == values
