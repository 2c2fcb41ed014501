"""What viewers do: writes in one transaction, dumps, restores, and the log that says who did it."""

from __future__ import annotations

import json

import pytest

import hal
from tests.support.cards import fresh_slot
from tests.support.live_page import served_page


@pytest.fixture(scope="module")
def served(widget_class):
    with fresh_slot() as opened, served_page(widget_class, writes=True) as page:
        yield page, opened


@pytest.fixture
def asker(served):
    return served[0].asker()


@pytest.fixture
def device(served):
    return served[0].held.device(0)


@pytest.fixture
def card(served):
    return served[1].emulator


def test_writes_are_one_transaction_in_their_order(asker, card):
    writes = [
        ["ctrl.mode", "fast"],
        ["ctrl.gain", "-3"],
        ["ctrl.ratio", "1.5"],
        ["bank[2]", "0x10"],
        ["ram[0x3ff]", "7"],
    ]
    with card.trace() as trace:
        answer = asker.post("/write", map=0, writes=writes)
    assert answer.json == {"lines": ["ctrl: mode=FAST, gain=-3, ratio=1.5", "bank[2] = 0x10", "ram[1023:1024] = 0x7"]}
    assert [(access.offset, access.value) for access in trace if access.action == "write"] == [
        (0x4, 0x1800FDD0),
        (0x50, 0x10),
        (0x1FFC, 7),
    ]


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("ctrl.mode", "turbo", "'turbo' is no Mode: OFF (0), SLOW (1), FAST (5)"),
        ("ctrl.mod", "1", "did you mean mode?"),
        ("ctrl.gain", "200", "200"),
        ("ctrl.go", "<script>", "is no integer"),
        ("id", "1", "read-only"),
        ("rom[0]", "1", "read-only"),
        ("ram[1024]", "1", "has words 0 to 1023"),
        ("wide", "1 << 3", "is no integer"),
        ("wide", str(1 << 64), "is out of range"),
        ("ctrl.ratio", "nan", "ratio"),
        ("ctrl.ratio", "1e999", "ratio"),
        ("ctrl.gain", "9" * 4000, "gain"),
        ("ctrl.gain", "9" * 5000, "gain"),
        ("bank[99999999999999999999]", "1", "bank"),
        ("ctrl" + ".mode" * 1000, "1", "ctrl"),
        ("", "", "no register"),
        ("__class__", "1", "no register"),
        ("bank", "1", "is an array"),
    ],
)
def test_where_one_is_wrong_nothing_is_written_and_the_log_says_so(asker, card, path, text, said):
    with card.trace() as trace:
        answer = asker.post("/write", map=0, writes=[["bank[0]", "1"], [path, text]])
    assert answer.status == 422
    assert said in answer.error
    assert [access for access in trace if access.action == "write"] == []
    with asker.events() as stream:
        entry = stream.hello["log"][-1]
    assert entry["lines"] == ["bank[0]=1", f"{path}={text}"]
    assert entry["failed"] == answer.error


def test_everybody_is_told_what_was_written_and_by_whom(served, asker):
    other = served[0].asker()
    asker.post("/name", name="Bob")
    assert other.post("/name", name=" Ada\n\x1b[31m  L. ").json == {"name": "Ada \\x1b[31m L."}
    with asker.events() as stream:
        other.post("/write", map=0, writes=[["wide", "1"]])
        asker.post("/write", map=0, writes=[["wide", "2"]])
        told = [*stream.next("log")["entries"]]
        while len(told) < 2:
            told += stream.next("log")["entries"]
    assert [(entry["who"], entry["map"], entry["lines"]) for entry in told] == [
        ("Ada \\x1b[31m L. (127.0.0.1)", "widget", ["wide = 0x1"]),
        ("Bob (127.0.0.1)", "widget", ["wide = 0x2"]),
    ]


def test_the_log_is_bounded(asker):
    writes = [[f"bank[{number % 4}].value" if number < 4 else f"ram[{number}]", "1"] for number in range(60)]
    asker.post("/write", map=0, writes=writes)
    for value in range(505):
        asker.post("/write", map=0, writes=[["wide", str(value)]])
    with asker.events() as stream:
        log = stream.hello["log"]
    assert len(log) == 500
    assert log[-1]["lines"] == ["wide = 0x1f8"]


def test_many_lines_of_one_write_are_counted(asker):
    asker.post("/write", map=0, writes=[[f"ram[{number}]", "1"] for number in range(60)])
    with asker.events() as stream:
        entry = stream.hello["log"][-1]
    assert entry["lines"][-1] == "and 40 more"


def test_a_dump_is_compared_and_written_back(asker, device):
    device.ctrl.mode = 1
    device.ram[5] = 9
    saved = asker.post("/saved", map=0, memories=True).content.decode()
    assert hal.Snapshot.from_json(saved, type(device))["ctrl.mode"] == 1
    assert asker.post("/differences", map=0, saved=saved).json["rows"] == []
    device.ctrl.mode = 5
    device.ram[5] = 10
    rows = asker.post("/differences", map=0, saved=saved).json["rows"]
    assert rows == [["ctrl.mode", "SLOW", "FAST"], ["ram[5]", "0x9", "0xa"]]
    assert ["ctrl.mode", "OFF", "FAST"] in asker.post("/differences", map=0).json["rows"]
    found = asker.post("/restore", map=0, saved=saved).json
    assert found == {
        "rows": [["ctrl.mode", "FAST", "SLOW"], ["ram[5]", "0xa", "0x9"]],
        "more": 0,
        "left_out": found["left_out"],
    }
    assert device.ctrl.mode == 1
    assert device.ram[5] == 9
    with asker.events() as stream:
        assert stream.hello["log"][-1]["lines"][0] == "restore of a dump"


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        ("", "this is no snapshot"),
        ("[1]", "this is no snapshot"),
        ("[" * 100_000, "nested too deep"),
        (json.dumps({"format": "hal-snapshot 1", "device": "other", "digest": "", "registers": {}}), "is of other"),
        (
            json.dumps({"format": "hal-snapshot 1", "device": "widget", "digest": "", "registers": {"wide": "x"}}),
            "is no number",
        ),
    ],
)
def test_what_is_no_dump_changes_nothing(asker, card, saved, said):
    with card.trace() as trace:
        for action in ("restore", "differences"):
            answer = asker.post(f"/{action}", map=0, saved=saved)
            assert (answer.status, said in answer.error) == (422, True)
    assert [access for access in trace if access.action == "write"] == []


def test_a_page_that_is_read_only_changes_nothing(slot, widget_class):
    with served_page(widget_class) as served:
        asker = served.asker()
        slot.emulator.poke(0, 0, 0xC, 0x55)
        saved = asker.post("/saved", map=0).content.decode()
        with slot.emulator.trace() as trace:
            for action, body in {
                "write": {"writes": [["wide", "1"]]},
                "restore": {"saved": saved},
                "read": {"path": "fifo"},
                "dip": {"value": 1},
            }.items():
                answer = asker.ask("POST", f"/{action}", {"map": 0, **body})
                assert answer.status == 403
                assert answer.error == "this page is read-only: hal serve --write allows changes"
        assert trace == []
        assert asker.ask("POST", "/read", {"map": 0, "path": "ctrl"}).json == {"value": "80"}  # which nobody minds
