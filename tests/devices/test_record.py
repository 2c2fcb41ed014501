"""Recording a device's bus accesses, and replaying them as a card."""

from __future__ import annotations

import json
import threading

import pytest

import hal
from tests.support.processes import LIMIT


def program(device):
    device.ctrl.mode = 5
    device.plain.value = 7
    device.bulk.ram[0:3] = [1, 2, 3]
    device.side.r.value = 9
    device.half.hi = 3
    with device.batch() as d:
        d.quad.hi = 4
    return device.count.value, list(device.bulk.ram[0:2]), device.side.r.value, device.snapshot().to_dict()["registers"]


@pytest.fixture
def recording(dut, tmp_path):
    file = tmp_path / "run.jsonl"
    with dut.record(file):
        result = program(dut)
    return file, result


def test_the_file_has_every_access_in_order(dut, tmp_path):
    file = tmp_path / "run.jsonl"
    with dut.record(file):
        dut.ctrl.mode = 5
        dut.bulk.ram[1:3] = [6, 7]
        dut.side.r.read()
        dut.half.hi = 1
    head, *rows = map(json.loads, file.read_text().splitlines())
    assert head["format"] == "hal-record 1"
    assert (head["device"], head["slot"], head["afi"]) == ("dut", 0, "agfi-0fedcba9876543210")
    base = {"pf": "app", "bar": 0, "offset": "0x0", "width": 32, "path": "ctrl"}
    assert rows[:2] == [base | {"action": "read", "value": "0x205"}, base | {"action": "write", "value": "0x50205"}]
    assert [(row["path"], row["value"], row["bar"]) for row in rows[2:4]] == [
        ("bulk.ram[1]", "0x6", 4),
        ("bulk.ram[2]", "0x7", 4),
    ]
    assert (rows[4]["pf"], rows[4]["bar"], rows[4]["offset"], rows[4]["path"]) == ("mgmt", 4, "0x40", "side.r")
    assert [(row["action"], row["width"], row["offset"]) for row in rows[5:7]] == [
        ("read", 8, "0x49"),
        ("write", 8, "0x49"),
    ]


def test_only_the_devices_own_accesses_are_recorded(dut, slot, driver, tmp_path):
    file = tmp_path / "run.jsonl"
    with slot.attach(driver) as other, dut.record(file):
        other.ctrl.a = 1
        dut.ctrl.b = 2
        slot.bar("app", 0).peek(0)
    dut.ctrl.a = 3
    rows = [json.loads(line) for line in file.read_text().splitlines()[1:]]
    assert [(row["action"], row["value"]) for row in rows] == [("read", "0x201"), ("write", "0x221")]


def test_a_recording_equals_the_cards_own_trace(dut, slot, tmp_path):
    file = tmp_path / "run.jsonl"
    with slot.emulator.trace() as trace, dut.record(file):
        program(dut)
    rows = [json.loads(line) for line in file.read_text().splitlines()[1:]]
    recorded = [
        (row["action"], row["bar"], int(row["offset"], 16), row["width"], int(row["value"], 16)) for row in rows
    ]
    assert recorded == [(item.action, item.bar, item.offset, item.width, item.value) for item in trace]
    assert len(recorded) > 40


def test_the_same_program_runs_on_the_recording(recording, driver):
    file, result = recording
    with hal.replay(file) as card, driver.open(0, library=card) as device:
        assert program(device) == result


def test_reads_give_what_was_recorded_not_what_a_card_holds(dut, slot, driver, tmp_path):
    slot.emulator.poke(0, 0, 0x18, 0x1234)
    with dut.record(tmp_path / "run.jsonl"):
        assert dut.count.value == 0x1234
    slot.emulator.poke(0, 0, 0x18, 0)
    with hal.replay(tmp_path / "run.jsonl") as card, driver.open(0, library=card) as device:
        assert device.count.value == 0x1234


def test_it_fails_at_the_first_access_that_differs(recording, driver):
    file, _ = recording
    card = hal.replay(file)
    device = driver.open(0, library=card)
    with pytest.raises(
        hal.ReplayError,
        match=r"write of dut\.ctrl\.mode \(app BAR 0, 0x0\) is not what was recorded: access 2 was a write of 0x50205 at "
        r"0x0 of app BAR 0, 32 bits \(ctrl\), and the program makes a write of 0x10205 at 0x0 of app BAR 0, 32 bits",
    ) as caught:
        device.ctrl.mode = 1
    assert caught.value.path == "dut.ctrl.mode"
    with pytest.raises(hal.ReplayError, match="access 2 was"):  # and so does every later one
        device.plain.read()
    with pytest.raises(hal.ReplayError, match="access 2 was"):
        card.finish()


def test_accesses_that_are_left_over_are_told(recording, driver):
    file, _ = recording
    card = hal.replay(file)
    driver.open(0, library=card).ctrl.mode = 5
    with pytest.raises(
        hal.ReplayError, match=r"2 of \d+ recorded accesses were made; the next one is write of 0x7 at 0x20"
    ):
        card.__exit__(None, None, None)


def test_one_access_too_many_is_told(dut, driver, tmp_path):
    with dut.record(tmp_path / "run.jsonl"):
        dut.ctrl.read()
    card = hal.replay(tmp_path / "run.jsonl")
    with driver.open(0, library=card) as device:
        device.ctrl.read()
        with pytest.raises(
            hal.ReplayError, match="all 1 recorded accesses were made, and the program makes a read at 0x20"
        ):
            device.plain.read()


def test_a_newer_replay_takes_the_place_of_an_older(recording, driver):
    file, result = recording
    old = driver.open(0, library=hal.replay(file))
    old.ctrl.read()
    with hal.replay(file) as card, driver.open(0, library=card) as device:
        with pytest.raises(hal.StaleHandleError):
            old.ctrl.read()
        assert program(device) == result


def test_a_program_that_loads_the_recorded_afi_runs(recording, driver):
    file, result = recording
    with hal.replay(file) as card, hal.open_slot(0, card) as slot:
        slot.load("agfi-0fedcba9876543210")
        with slot.attach(driver) as device:
            assert program(device) == result


def test_another_slot_than_the_recorded_one_is_absent(recording):
    with pytest.raises(hal.CardMissingError):
        hal.open_slot(1, hal.replay(recording[0]))


def test_one_recording_at_a_time(dut, tmp_path):
    with dut.record(tmp_path / "a"), pytest.raises(hal.HalError, match="another recording runs"):
        dut.record(tmp_path / "b").__enter__()
    assert not (tmp_path / "b").exists()


def test_a_missing_folder_is_told_before_anything_runs(dut, tmp_path):
    with pytest.raises(hal.RecordError, match="there is no folder"):
        dut.record(tmp_path / "no" / "file").__enter__()


def test_the_file_is_written_when_the_block_raises(dut, tmp_path):
    with pytest.raises(ZeroDivisionError), dut.record(tmp_path / "run"):
        dut.ctrl.read()
        raise ZeroDivisionError
    assert len((tmp_path / "run").read_text().splitlines()) == 2
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('{"action": "read"}', "line 2, is no access"),
        ("{", "line 2, is no access"),
        ("[]", "line 2, is no access"),
        ('{"action": "read", "pf": "app", "bar": 0, "offset": "0x0", "width": 16, "value": "0x0"}', "line 2"),
        ('{"action": "read", "pf": "app", "bar": 1, "offset": "0x0", "width": 32, "value": "0x0"}', "line 2"),
        ('{"action": "move", "pf": "app", "bar": 0, "offset": "0x0", "width": 32, "value": "0x0"}', "line 2"),
        ('{"action": "read", "pf": "app", "bar": 0, "offset": "0x0", "width": 32, "value": "0x100000000"}', "line 2"),
    ],
)
def test_a_broken_line_is_told_with_its_number(recording, line, text):
    file, _ = recording
    file.write_text(file.read_text().splitlines()[0] + "\n" + line + "\n")
    with pytest.raises(hal.RecordError, match=text):
        hal.replay(file)


@pytest.mark.parametrize("text", ["", "x", "{}", '{"format": "hal-record 1", "slot": "0"}', "[]"])
def test_what_is_no_recording_is_refused(tmp_path, text):
    (tmp_path / "file").write_text(text)
    with pytest.raises(hal.RecordError, match="is no recording"):
        hal.replay(tmp_path / "file")
    with pytest.raises(hal.RecordError, match="can't be read"):
        hal.replay(tmp_path / "absent")


def test_recording_beside_another_threads_accesses(dut, slot, driver, tmp_path):
    stop = threading.Event()

    def work():
        with slot.attach(driver) as other:
            while not stop.is_set():
                other.dots[0].v = 1

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(20):
        with dut.record(tmp_path / "run"):
            for number in range(50):
                dut.dots[3].v = number
        assert len((tmp_path / "run").read_text().splitlines()) == 51
    stop.set()
    thread.join(LIMIT)
