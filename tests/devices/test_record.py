"""Recording a device's bus accesses, and replaying them as a card."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from tests.support.forks import in_child
from tests.support.processes import LIMIT, importing, run_python
from tests.support.strategies import json_values


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
        ('{"action": "read", "pf": "app", "bar": 6, "offset": "0x0", "width": 32, "value": "0x0"}', "line 2"),
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


def test_a_handle_that_was_another_bars_is_not_the_devices(dut, slot, tmp_path):
    """The device attaches BAR 4 after another one gave its handle back: what that one wrote is not in the recording."""
    with dut.record(tmp_path / "run"):
        other = slot.bar("app", 0)
        other.poke(0x20, 77)
        handle = other.handle
        other.detach()
        dut.bulk.ram[0] = 1
    assert handle in {bar.handle for bar in dut._bars.values()}
    rows = [json.loads(line) for line in (tmp_path / "run").read_text().splitlines()[1:]]
    assert [(row["path"], row["value"]) for row in rows] == [("bulk.ram[0]", "0x1")]


def test_a_recording_follows_no_link(dut, tmp_path):
    """Neither one at the file's place nor one that guesses the name it has while it is written."""
    victim = tmp_path / "victim"
    victim.write_text("keep")
    (tmp_path / "run").symlink_to(victim)
    for guess in (f"run.{os.getpid()}.part", "run.part", ".run.new"):
        (tmp_path / guess).symlink_to(victim)
    with dut.record(tmp_path / "run"):
        dut.ctrl.read()
    assert victim.read_text() == "keep"
    assert not (tmp_path / "run").is_symlink()
    assert len((tmp_path / "run").read_text().splitlines()) == 2


def test_a_recording_replaces_files_only(dut, tmp_path):
    (tmp_path / "run").mkdir()
    with (
        pytest.raises(hal.RecordError, match="run can't be written: it is a folder and no plain file"),
        dut.record(tmp_path / "run"),
    ):
        dut.ctrl.read()
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(hal.RecordError, match="it is a FIFO"), dut.record(tmp_path / "fifo"):
        dut.ctrl.read()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fifo", "run"]
    with dut.record(tmp_path / "next"):  # and nothing of it is in the next one
        pass
    assert len((tmp_path / "next").read_text().splitlines()) == 1


def test_memory_is_in_proportion(drivers, tmp_path):
    """300,000 accesses take less than 20 MB more while they are written, and are given back."""
    result = run_python(
        """
        import sys
        import hal
        from blinker import Blinker
        data = bytes(400)
        def resident(name="VmRSS"):
            text = open("/proc/self/status").read()
            return int(text.split(name + ":")[1].split()[0]) // 1024
        with Blinker.open(0) as device:
            device.table.write(0, data)
            with device.record(sys.argv[1]):
                for _ in range(3000):
                    device.table.write(0, data)
                before = resident()
            after = resident()
        print(resident("VmHWM") - before, before - after)
        """,
        tmp_path / "run",
        environment={"PYTHONPATH": str(drivers), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert result.returncode == 0, result.stderr
    grown, freed = map(int, result.stdout.split())
    assert grown < 20
    assert freed > 5
    assert (tmp_path / "run").read_bytes().count(b"\n") == 300_001


# -- files of any content ---------------------------------------------------------------------------------------------

HEAD = {"format": "hal-record 1", "device": "dut", "digest": "", "slot": 0, "afi": "agfi-0fedcba9876543210"}
HEAD["pci"] = [1, 2, 3, 4]
ROW = {"action": "read", "pf": "app", "bar": 0, "offset": "0x0", "width": 32, "value": "0x0", "path": "ctrl", "code": 0}


def refused_or_whole(file, content):
    file.write_bytes(content)
    try:
        hal.replay(file).progress()
    except hal.RecordError as error:
        assert str(file) in str(error)
        assert len(str(error)) < 1000
        assert str(error).isprintable()


FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(st.binary(max_size=200), st.booleans())
@FUZZ
def test_any_bytes_are_refused_in_words(tmp_path, content, behind_a_head):
    refused_or_whole(tmp_path / "run", json.dumps(HEAD).encode() + b"\n" + content if behind_a_head else content)


@given(
    st.dictionaries(st.sampled_from(list(HEAD)), json_values), st.dictionaries(st.sampled_from(list(ROW)), json_values)
)
@FUZZ
def test_any_values_are_refused_in_words(tmp_path, head, row):
    lines = [json.dumps(HEAD | head), json.dumps(ROW | row)]
    refused_or_whole(tmp_path / "run", "\n".join(lines).encode(errors="surrogatepass"))


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        '{"a":' * 2000,
        json.dumps(ROW).replace("32", "NaN"),
        json.dumps(ROW).replace("32", "Infinity"),
        json.dumps(ROW | {"code": 1 << 40}),
        json.dumps(ROW | {"code": -(1 << 31)}),
        json.dumps(ROW | {"bar": False}),
        json.dumps(ROW | {"width": 32.0}),
        json.dumps(ROW | {"offset": "-0x0"}),
        json.dumps(ROW | {"offset": "0x1" + "0" * 16}),
        json.dumps(ROW | {"path": "\x1b[31m"}),
        json.dumps(ROW | {"path": "\ud800"}),
        json.dumps(ROW)[:-1] + ', "bar": 4}',
        " " * 20_000 + json.dumps(ROW),
    ],
)
def test_lines_that_are_no_access(tmp_path, line):
    file = tmp_path / "run"
    file.write_text(json.dumps(HEAD) + "\n" + line + "\n")
    with pytest.raises(hal.RecordError, match="line 2, is no access") as caught:
        hal.replay(file)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "change",
    [
        {"slot": True},
        {"slot": 8},
        {"slot": -1},
        {"slot": 1 << 40},
        {"afi": "\ud800"},
        {"afi": "a" * 64},
        {"device": "\x1b[2J"},
        {"pci": [1, 2, 3]},
        {"pci": [1, 2, 3, True]},
    ],
)
def test_heads_that_are_none(tmp_path, change):
    (tmp_path / "run").write_text(json.dumps(HEAD | change) + "\n")
    with pytest.raises(hal.RecordError, match="is no recording"):
        hal.replay(tmp_path / "run")


def test_a_line_without_end_takes_no_memory(tmp_path):
    """100 MB that are one line are refused after their first bytes."""
    with (tmp_path / "run").open("wb") as file:
        file.write(json.dumps(HEAD).encode() + b"\n")
        file.truncate(100_000_000)
    result = run_python(
        """
        import sys, hal
        def most():
            return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024
        before = most()
        try:
            hal.replay(sys.argv[1])
        except hal.RecordError as error:
            print(str(error).count("longer than 16384 bytes"))
        print(most() - before < 30)
        """,
        tmp_path / "run",
    )
    assert (result.stdout, result.stderr) == ("1\nTrue\n", "")


# -- all of it, and as it was -------------------------------------------------------------------------------------------


def test_every_piece_of_a_long_recording_is_kept(dut, tmp_path):
    """It is taken from the core in pieces of 4096."""
    data = list(range(4200))
    with dut.record(tmp_path / "run"):
        dut.bulk.ram[0:1000] = data[:1000]
        for start in range(1000, 4200, 800):
            dut.bulk.ram[0:800] = data[start : start + 800]
        dut.ctrl.read()
    rows = [json.loads(line) for line in (tmp_path / "run").read_text().splitlines()[1:]]
    assert [int(row["value"], 16) for row in rows] == [*data, 0x205]


def test_an_access_that_failed_fails_again(dut, slot, driver, tmp_path):
    class Broken(hal.Model):
        def on_write(self, register, value):
            if register == "side.r":
                raise RuntimeError("broken")

    def attempt(device):
        device.plain.value = 1
        with pytest.raises(hal.HalError) as caught:
            device.side.r.value = 9
        device.plain.value = 2
        return caught.value

    slot.emulator.set_model(Broken(driver))
    with dut.record(tmp_path / "run"):
        attempt(dut)
    slot.emulator.set_model(None)
    rows = [json.loads(line) for line in (tmp_path / "run").read_text().splitlines()[1:]]
    codes = [row.get("code", 0) for row in rows]
    assert [code != 0 for code in codes] == [False, False, True, False, False]
    with hal.replay(tmp_path / "run") as card, driver.open(0, library=card) as device:
        assert attempt(device).path == "dut.side.r.value"


def test_what_a_block_raised_is_not_hidden_by_what_is_left(recording, driver):
    file, _ = recording
    with pytest.raises(ZeroDivisionError), hal.replay(file) as card, driver.open(0, library=card) as device:
        device.ctrl.mode = 5
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), hal.replay(file):
        raise ZeroDivisionError
    with pytest.raises(hal.ReplayError, match="0 of"), hal.replay(file):
        pass


def test_what_a_block_raised_is_not_hidden_by_a_file_that_can_not_be_written(dut, tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(ZeroDivisionError), dut.record(tmp_path / "run"):
        dut.ctrl.read()
        raise ZeroDivisionError


def test_a_recording_whose_end_was_lost_keeps_nobody_from_recording(dut, tmp_path):
    lost = dut.record(tmp_path / "lost")
    lost.__enter__()
    dut.ctrl.read()
    del lost
    gc.collect()
    with dut.record(tmp_path / "next"):
        dut.plain.read()
    rows = [json.loads(line) for line in (tmp_path / "next").read_text().splitlines()[1:]]
    assert {row["path"] for row in rows} == {"plain"}


def test_one_that_was_never_begun_ends_nobody_elses(dut, tmp_path):
    with dut.record(tmp_path / "run"):
        never = dut.record(tmp_path / "never")
        del never
        gc.collect()
        dut.ctrl.read()
    assert len((tmp_path / "run").read_text().splitlines()) == 2


def test_a_signal_that_comes_as_a_recording_begins_ends_it(dut, tmp_path):
    def interrupt(frame, event, _):
        if (frame.f_code.co_name, event) == ("record_start", "return"):
            sys.setprofile(None)
            raise KeyboardInterrupt

    interrupted = dut.record(tmp_path / "interrupted")
    sys.setprofile(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted.__enter__()
    finally:
        sys.setprofile(None)
    with dut.record(tmp_path / "next"):  # while the other one is still there
        dut.ctrl.read()
    assert len((tmp_path / "next").read_text().splitlines()) == 2


def test_a_child_that_leaves_its_parents_block_leaves_the_recording_alone(dut, tmp_path):
    with dut.record(tmp_path / "run") as recording:
        dut.ctrl.read()
        in_child(lambda: recording.__exit__(None, None, None))
        assert not (tmp_path / "run").exists()
        dut.ctrl.read()
    assert len((tmp_path / "run").read_text().splitlines()) == 3


NO_ROOM = """
import re, resource, sys
import hal
from blinker import Blinker

def accesses(device, file):
    limits, status = resource.getrlimit(resource.RLIMIT_DATA), open("/proc/self/status").read()
    held = int(re.search(r"VmData:\\s+(\\d+) kB", status)[1]) << 10
    with device.record(file):
        resource.setrlimit(resource.RLIMIT_DATA, (held + (1 << 20), limits[1]))
        for _ in range(1000):
            device.table.write(0, data)
        resource.setrlimit(resource.RLIMIT_DATA, limits)
        if file.endswith("raised"):
            raise ZeroDivisionError

data = bytes(400)
with Blinker.open(0) as device:
    for file in sys.argv[1:]:
        try:
            accesses(device, file)
        except (hal.RecordError, ZeroDivisionError) as error:
            print(error)
"""


def test_accesses_that_found_no_room_are_told(drivers, tmp_path):
    """What a recording holds at most is more than a test should make; what memory holds may be less."""
    files = tmp_path / "run", tmp_path / "raised"
    result = run_python(NO_ROOM, *files, environment=importing(drivers))
    kept = files[0].read_text().count("\n") - 1
    assert 0 < kept < 100_000
    assert (result.stdout, result.stderr) == (
        f"recording: {100_000 - kept} accesses found no room; {files[0]} holds those of the {kept} before\n\n",
        "",
    )
