"""What is read, when, and what viewers are told of it: on the emulated card."""

from __future__ import annotations

import time

import pytest

import hal
from hal.page.card import held_slot, looking
from tests.support.cards import make_shared_card
from tests.support.dut import load_class
from tests.support.far import use_stand_in
from tests.support.live_page import served_page
from tests.support.processes import LIMIT
from tests.support.until import until

OTHER = "schema: 1\nname: dut\nafi: {ids: [agfi-0aaaaaaaaaaaaaaaa]}\nregisters: {word: {offset: 0}}\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What waits for seconds on a card waits for less here."""
    for module, name in ((looking, "_SILENT_SECONDS"), (looking, "_TROUBLE_SECONDS"), (held_slot, "_RETRY_SECONDS")):
        monkeypatch.setattr(module, name, 0.05)


@pytest.fixture
def served(slot, widget_class):
    with served_page(widget_class, writes=True) as page:
        yield page


@pytest.fixture
def asker(served):
    return served.asker()


def reads_of(slot, seconds):
    """What is read meanwhile: offset and number."""
    with slot.emulator.trace() as trace:
        time.sleep(seconds)
    found = {}
    for access in trace:
        assert access.action == "read"
        found[access.offset] = found.get(access.offset, 0) + 1
    return found


def reads_of_rounds(slot):
    """The same of a time in which several rounds were made, which is longer on a busy machine."""
    seconds, found = 0.3, {}
    while sum(found.values()) < 10 and seconds < LIMIT:
        found, seconds = reads_of(slot, seconds), 2 * seconds
    return found


def settled(asker):
    """When what is being read is over: each answer comes when the card's thread has done what came before."""
    for _ in range(3):  # of a round, at most
        assert asker.post("/dip", value=0).status == 200


def test_only_what_somebody_looks_at_is_read_and_once_for_all(served, asker, slot):
    assert reads_of(slot, 0.1) == {}
    with asker.events() as one, asker.events() as two:
        assert reads_of(slot, 0.05) == {}
        one.look("wide", "bank[1]")
        two.look("bank[1]", "bank[2]")
        one.until("bank[1]", 0)
        two.until("bank[2]", 0)
        found = reads_of_rounds(slot)
        assert set(found) == {0x20, 0x48, 0x50}
        assert max(found.values()) - min(found.values()) <= 1  # not twice for two viewers
        served.held.device(0).bank[1].write(5)
        one.until("bank[1]", 5)
        two.until("bank[1]", 5)
        one.look()
        two.look()
        settled(asker)
        assert reads_of(slot, 0.1) == {}
        one.look("id")
        one.until("id", 0xCAFE0001)
    until(lambda: not len(served.page.viewers))
    settled(asker)
    assert reads_of(slot, 0.1) == {}  # nobody is there


def test_registers_that_reading_changes_are_never_read_by_looking(asker, slot):
    slot.emulator.poke(0, 0, 0xC, 0x55)
    with asker.events() as stream:
        found = stream.look("*", "fifo", "command")
        paths = [path for _, path in found["registers"]]
        assert len(paths) == 12
        assert not {"fifo", "command"} & set(paths)
        assert found["skipped"] == [[0, "fifo", "reading changes it"], [0, "command", "write-only"]]
        stream.until("id", 0xCAFE0001)
    assert slot.emulator.peek(0, 0, 0xC) == 0x55
    answer = asker.ask("POST", "/read", {"map": 0, "path": "fifo"})
    assert answer.json == {"value": "55"}
    assert slot.emulator.peek(0, 0, 0xC) == 0


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        (["nothing"], "no register"),
        (["ram"], "is no register"),
        (["wide.value"], "no register"),
        (["bank[9]"], "bank[9]"),
        (["<b>"], "no register"),
    ],
)
def test_a_path_where_nothing_is_is_refused_and_what_was_looked_at_stays(asker, looks, said):
    with asker.events() as stream:
        stream.look("id")
        answer = asker.post("/look", viewer=stream.hello["viewer"], looks=[{"map": 0, "registers": looks}])
        assert answer.status == 422
        assert said in answer.error
        stream.until("id", 0xCAFE0001)


def test_too_many_registers_are_refused(slot):
    kind = load_class("schema: 1\nname: dut\nregisters: {many: {offset: 0, count: 20001}}\n")
    with served_page(kind) as served:
        asker = served.asker()
        with asker.events() as stream:
            answer = asker.post("/look", viewer=stream.hello["viewer"], looks=[{"map": 0, "registers": ["*"]}])
            assert (answer.status, "more than 20000" in answer.error) == (422, True)


def test_a_slow_viewer_gets_the_latest_value_and_not_each(served, asker):
    with asker.events() as stream:
        stream.look("wide")
        stream.until("wide", 0)
        for value in range(1, 200):
            served.held.device(0).wide.write(value)
        told = 0
        while stream.values["wide"] != 199:
            stream.next("values")
            told += 1
        assert told < 100


def test_who_turns_to_the_same_is_told_it_anew(asker):
    with asker.events() as stream:
        for _ in range(3):
            stream.look("id", "wide")
            stream.until("id", 0xCAFE0001)
            assert stream.values["wide"] == 0


def test_a_window_of_a_memory_is_read_while_it_is_shown(served, asker):
    device = served.held.device(0)
    device.ram[3], device.quads[1] = 0xDEADBEEF, 0x1122334455667788
    with asker.events() as stream:
        stream.look(window={"map": 0, "path": "ram", "start": 2, "count": 3})
        assert stream.next("words")["words"] == ["00000000", "deadbeef", "00000000"]
        device.ram[2] = 1
        assert stream.next("words")["words"] == ["00000001", "deadbeef", "00000000"]
        stream.look(window={"map": 0, "path": "quads", "start": 0, "count": 1024})
        words = stream.next("words")
        assert (words["width"], words["words"][:2], len(words["words"])) == (64, ["0" * 16, "1122334455667788"], 16)
        stream.look(window={"map": 0, "path": "sink", "start": 0, "count": 4})
        assert stream.next("words")["problem"] == "write-only"
        stream.look(window={"map": 0, "path": "bytes", "start": 99, "count": 4})
        assert stream.next("words")["words"] == []
        for path, said in (("nothing", "has no register"), ("ctrl", "is no memory"), ("bank[7]", "outside of its 4")):
            stream.look(window={"map": 0, "path": path, "start": 0, "count": 4})
            assert said in stream.next("words")["problem"]


def test_the_slot_is_told_while_it_is_looked_at(asker, slot):
    slot.emulator.set_leds(0x8001)
    with asker.events() as stream:
        stream.look(slot=True)
        facts = stream.next("slot")
    assert facts["image"]["status"] == "loaded"
    assert facts["image"]["afi"] == "agfi-0123456789abcdef0"
    assert facts["leds"] == 0x8001
    assert "clock generator" in facts["clocks"]["problem"]
    assert abs(facts["metrics"]["power"] - slot.metrics().power_mean) <= 2  # it changes with time
    assert asker.post("/dip", value=0x1234).status == 200
    assert slot.dip == 0x1234


def test_a_silent_bus_is_told_for_each_register_and_so_is_its_end(asker, slot):
    with asker.events() as stream:
        stream.look("id", "bank[0]")
        stream.until("id", 0xCAFE0001)
        slot.emulator.fault("bus-dead=ocl")
        stream.until("bank[0]", None)
        assert stream.values == {"id": None, "bank[0]": None}
        window = {"map": 0, "path": "ram", "start": 0, "count": 1}
        stream.look("id", window=window)
        assert "nobody answered" in stream.next("words")["problem"] or "timed out" in stream.next("words")["problem"]
        slot.emulator.fault("")
        stream.until("id", 0xCAFE0001)


def test_a_slot_that_is_cleared_loaded_with_another_and_with_its_own_again(served, asker, slot, widget_class):
    other = load_class(OTHER)
    slot.emulator.install(other)
    with asker.events() as stream:
        stream.look("wide")
        stream.until("wide", 0)
        slot.clear()
        stream.until_state("stale")
        stream.until_state("it is cleared, and holds no AFI now")
        assert "holds no AFI now" in asker.post("/write", map=0, writes=[["wide", "1"]]).error
        slot.load(other.afi_id())
        stream.until_state("and widget is")
        slot.load(widget_class.afi_id())
        stream.until_state("")
        stream.until("wide", 0)
        assert asker.post("/write", map=0, writes=[["wide", "6"]]).status == 200
        stream.until("wide", 6)


def test_a_model_that_fails_is_told_and_the_page_goes_on(served, asker, slot, widget_class):
    class Broken(hal.Model):
        def on_read(self, register):
            raise RuntimeError("broken")

    with asker.events() as stream:
        stream.look("wide")
        stream.until("wide", 0)
        slot.emulator.set_model(Broken(widget_class))
        stream.until_state("failed in the card's model")
        slot.emulator.set_model(None)
        stream.until_state("")


def test_a_slot_of_another_host_and_a_connection_that_breaks(monkeypatch, tmp_path, widget_class):
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "cards"))
    use_stand_in(monkeypatch, tmp_path)
    make_shared_card("lab")
    with served_page(widget_class, slot="ssh://lab/0", library="emulator:lab", writes=True) as served:
        asker = served.asker()
        with asker.events() as stream:
            assert stream.hello["slot"] == "ssh://lab/0"
            stream.look("wide", slot=True, window={"map": 0, "path": "ram", "start": 0, "count": 2})
            stream.until("wide", 0)
            assert asker.post("/write", map=0, writes=[["wide", "5"], ["ram[1]", "7"]]).status == 200
            stream.until("wide", 5)
            stream.look("wide", window={"map": 0, "path": "ram", "start": 0, "count": 2})
            assert stream.next("words")["words"] == ["00000000", "00000007"]
            served.held.slot.library._way._process.kill()
            stream.until_state("connection")
            stream.until_state("")
            stream.until("wide", 5)


def test_two_maps_of_one_slot(slot, widget_class):
    narrow = load_class("schema: 1\nname: dut\nregisters: {word: {offset: 0x40}}\n")
    slot.emulator.install(widget_class)
    slot.load(widget_class.afi_id())
    with served_page(widget_class, narrow, writes=True, verify=False) as served:
        asker = served.asker()
        assert asker.post("/write", map=1, writes=[["word", "0x99"]]).json == {"lines": ["word = 0x99"]}
        with asker.events() as stream:
            stream.look("bank[0]", number=0)
            stream.until("bank[0]", 0x99)
            stream.look("word", number=1)
            stream.until("word", 0x99)
