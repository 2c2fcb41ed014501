"""What a fleet's page asks its cluster for, what it tells, and what must not get in: no cluster is behind it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import ExitStack

import pytest

from hal.fleet.hosts import HostSetup
from hal.fleet.losses import FleetError, failure_of
from hal.page.card import held_slot
from hal.page.fleet import card_pages, fleet_page
from hal.page.fleet.comparison import compared
from hal.page.fleet.fleet_table import Row
from hal.page.fleet.fleet_viewer import FleetViewer
from hal.page.fleet.host_watcher import HostWatcher
from hal.page.sessions import Session
from hal.page.viewers import Key
from tests.page.fleet.test_host_watcher import Here
from tests.support.dut import load_class
from tests.support.live_page import DOCUMENT
from tests.support.made_fleet import card, served_fleet
from tests.support.processes import LIMIT
from tests.support.until import until

GETS = ("/", "/assets/fleet-start.js", "/maps/0", "/events", "/cards/1/0/", "/cards/1/0/events", "/cards/1/0/maps/0")
POSTS = ("/look", "/differences", "/forget", "/cards/1/0/look", "/cards/1/0/saved", "/cards/1/0/write")


@pytest.fixture(scope="module")
def served(slot_of_all, widget_class):
    """One host, "here", is this machine with its emulated card."""
    slot_of_all.emulator.install(widget_class)
    slot_of_all.load(widget_class.afi_id())
    watcher = HostWatcher(HostSetup("emulator"), "here", [Here(widget_class)])
    with served_fleet(widget_class, documents=[DOCUMENT], watchers={"here": watcher}) as page:
        yield page


@pytest.fixture(scope="module")
def asker(served):
    return served.asker()


@pytest.fixture
def fleet(served, asker):
    """Somebody looks at two hosts, each card of which is free."""
    fleet = served.fleet
    nobody_looks(served)
    with asker.events() as stream:
        fleet.hosts("here", "far", slots=1)
        fleet.cards("far", card("far", 0))
        fleet.look("here")
        fleet.stream = stream
        yield fleet
    fleet.hosts()
    asker.post("/forget")


def nobody_looks(served):
    """Whoever has looked before has left: what comes later is no leaving of theirs."""
    until(lambda: served.fleet.watched is None)


def told(stream, kind="cards"):
    return stream.next(kind)


def rows(stream, count):
    """The latest rows, by host."""
    found = {}
    while len(found) < count:
        for one in told(stream)["cards"]:
            found[one["host"]] = one
    return found


def here(stream):
    found = rows(stream, 2)
    return next(one for name, one in found.items() if name != "far")


def test_nothing_is_asked_where_nobody_looks_and_one_round_is_for_all(served, asker):
    nobody_looks(served)
    with asker.events() as one, asker.events() as two:
        assert served.fleet.watched.columns == ((),)
        for stream, looks in ((one, ["wide", "id"]), (two, ["id", "bank[1]"])):
            asker.post("/look", viewer=stream.hello["viewer"], looks=[{"map": 0, "registers": looks}])
        assert served.fleet.watched.columns == (("wide", "id", "bank[1]"),)
    nobody_looks(served)


def test_values_are_told_once_and_each_viewer_gets_its_own(served, asker, fleet, slot_of_all, widget_class):
    one, device = fleet.stream, slot_of_all.attach(widget_class)
    device.wide.write(5)
    number = here(one)["id"]
    with asker.events() as two:
        for stream, looks in ((one, ["wide"]), (two, ["id", "wide"])):
            answer = asker.post("/look", viewer=stream.hello["viewer"], looks=[{"map": 0, "registers": looks}]).json
            assert answer["registers"] == [[0, path] for path in looks]
        fleet.look("here")
        assert told(one, "values")["values"] == [[number, 0, "5"]]
        assert sorted(told(two, "values")["values"]) == [[number, 0, "cafe0001"], [number, 1, "5"]]
        fleet.look("here")  # which is no news
        device.wide.write(6)
        fleet.look("here")
        assert told(one, "values")["values"] == [[number, 0, "6"]]
        assert told(two, "values")["values"] == [[number, 1, "6"]]


def test_what_reading_changes_is_not_looked_at(asker, fleet):
    viewer = fleet.stream.hello["viewer"]
    answer = asker.post("/look", viewer=viewer, looks=[{"map": 0, "registers": ["fifo", "command", "id"]}]).json
    assert answer["registers"] == [[0, "id"]]
    assert answer["skipped"] == [[0, "fifo", "reading changes it"], [0, "command", "write-only"]]
    assert fleet.watched.columns == (("id",),)


@pytest.mark.parametrize(
    ("looks", "status", "said"),
    [
        ([{"map": 0, "registers": ["nothing"]}], 422, "no register"),
        ([{"map": 0, "registers": ["<b>"]}], 422, "no register"),
        ([{"map": 1, "registers": ["id"]}], 400, "map is an integer of 0 to 0"),
        ([{"map": 0, "registers": ["id"] * 25}], 400, "registers is a list of up to 24"),
        ([{"map": 0, "registers": []}] * 2, 400, "looks is a list of up to 1"),
        ([{"map": 0, "registers": [1]}], 400, "holds texts"),
    ],
)
def test_what_can_not_be_shown_is_told_and_what_was_shown_stays(asker, fleet, looks, status, said):
    viewer = fleet.stream.hello["viewer"]
    asker.post("/look", viewer=viewer, looks=[{"map": 0, "registers": ["wide"]}])
    answer = asker.post("/look", viewer=viewer, looks=looks)
    assert (answer.status, said in answer.error) == (status, True)
    assert fleet.watched.columns == (("wide",),)


def test_a_host_that_is_lost_is_told_with_its_name_and_so_is_its_return(asker, fleet):
    rows(fleet.stream, 2)
    fleet.hosts("here", dead=["far"])
    seen = {"hosts": [], "cards": []}
    while not seen["cards"] or "lost" not in [one["state"] for one in seen["hosts"] if one["name"] == "far"]:
        message = fleet.stream.any()  # either may come first
        seen |= {kind: message[kind] for kind in seen if message["kind"] == kind}
    assert [(one["host"], one["state"]) for one in seen["cards"]] == [("far", "lost")]
    assert asker.post("/forget").status == 200
    assert len(told(fleet.stream)["gone"]) == 1


def test_a_cluster_that_is_gone_is_told_and_so_is_its_return(fleet):
    fleet.say("the cluster is gone")
    assert told(fleet.stream, "state")["trouble"] == "the cluster is gone"
    fleet.say("")
    assert told(fleet.stream, "state")["trouble"] == ""


def test_who_comes_later_gets_what_is_known_and_after_a_rest_what_is_so_now(monkeypatch, served, asker):
    nobody_looks(served)
    with asker.events():
        served.fleet.hosts("far")
        served.fleet.cards("far", card("far", 0))
        with asker.events() as other:
            assert [one["host"] for one in other.hello["cards"]] == ["far"]
    nobody_looks(served)
    monkeypatch.setattr(fleet_page, "_RESTED_SECONDS", 0.0)
    with asker.events() as other:
        assert other.hello["cards"] == []
        assert {one["state"] for one in other.hello["hosts"]} == {"asked"}


def test_what_differs_between_all_cards(monkeypatch, fleet, asker, slot_of_all, widget_class):
    slot_of_all.attach(widget_class).wide.write(9)
    monkeypatch.setitem(fleet.watchers, "far", Other({0: {"id": 0xCAFE0001, "wide": 8}}))
    found = asker.post("/differences", map=0).json
    assert (found["cards"], found["problems"], found["more"]) == (2, [], 0)
    by_path = {path: (usual, others) for path, usual, others, _ in found["rows"]}
    assert sorted([by_path["wide.value"][0], by_path["wide.value"][1][0][1]]) == ["0x8", "0x9"]
    assert "id.value" not in by_path
    assert by_path["byte.value"][1][0][1] == "nothing" or by_path["byte.value"][0] == "nothing"
    fleet.watchers["far"] = Other({0: "the bus is dead"})
    found = asker.post("/differences", map=0).json
    assert (found["cards"], [why for _, why in found["problems"]]) == (1, ["the bus is dead"])
    fleet.watchers["far"] = Other({})
    assert asker.post("/differences", map=0).json["problems"][0][1] == "it holds another design now"


class Other:
    """A host whose registers are these."""

    def __init__(self, registers):
        self._registers = registers

    def registers(self, _number):
        return self._registers


def test_fields_are_compared_in_words_and_rows_are_bounded(widget_class):
    def rows(*values):
        return compared(widget_class, dict(enumerate({"ctrl": value} for value in values)))["rows"]

    assert rows(0x80, 0x80) == []
    assert rows(0x80, 0xD0, 0x80) == [("ctrl.mode", "OFF", [(1, "FAST")], 0)]
    assert rows(0x80, 0x80, 0xFF80) == [("ctrl.gain", "0", [(2, "-1")], 0)]
    assert rows(0, 0, 1 << 16) == [("ctrl", "0x0 (bits of no field)", [(2, "0x10000 (bits of no field)")], 0)]
    many = compared(widget_class, {number: {"wide": number % 2 or number} for number in range(200)})["rows"]
    assert (many[0][1], len(many[0][2]), many[0][3]) == ("0x1", 50, 50)
    wide = load_class("schema: 1\nname: dut\nregisters: {many: {offset: 0, count: 2500}}\n")
    found = compared(wide, {card: {f"many[{n}]": card for n in range(2500)} for card in range(2)})
    assert (len(found["rows"]), found["more"]) == (2000, 500)


def test_each_card_has_a_page_of_its_registers_which_changes_nothing(
    monkeypatch, served, asker, fleet, slot_of_all, widget_class
):
    monkeypatch.setattr(held_slot, "_RETRY_SECONDS", 0.0)
    device, row = slot_of_all.attach(widget_class), here(fleet.stream)
    place = f"/cards/{row['id']}/0"
    assert b"<title>Registers</title>" in asker.ask("GET", f"{place}/").content
    assert asker.ask("GET", place).headers["location"].endswith(f"{place}/")
    assert asker.ask("GET", f"{place}/maps/0").json == {"format": 1, "version": "0", "maps": []}
    assert asker.ask("GET", f"{place}/assets/live-start.js").status == 200
    device.wide.write(3)
    with asker.events(place) as stream:
        assert (stream.hello["slot"], stream.hello["back"]) == (f"{row['host']} slot 0", "../../../")
        assert (stream.hello["write"], stream.hello["maps"]) == (False, ["widget"])
        stream.look("wide", "bank[0]", window={"map": 0, "path": "ram", "start": 0, "count": 1})
        stream.until("wide", 3)
        device.wide.write(4)
        stream.until("wide", 4)
        with slot_of_all.emulator.trace() as trace:
            for action, body in {
                "write": {"writes": [["wide", "1"]]},
                "read": {"path": "fifo"},
                "dip": {"value": 1},
            }.items():
                answer = asker.ask("POST", f"{place}/{action}", {"map": 0, **body})
                assert (answer.status, "read-only" in answer.error) == (403, True)
        assert [access for access in trace if access.action == "write"] == []
        assert '"wide": "0x4"' in asker.post(f"{place}/saved", map=0).content.decode()
        fleet.watchers["here"], kept = Gone(), fleet.watchers["here"]
        try:
            stream.until_state("the host is gone")
        finally:
            fleet.watchers["here"] = kept
        stream.until_state("")
        stream.until("wide", 4)


class Gone:
    def run(self, *_given):
        return failure_of(FleetError("the host is gone"))


def test_pages_of_cards_are_bounded_and_end_when_nobody_has_them(monkeypatch, served, asker, fleet):
    number = rows(fleet.stream, 2)["far"]["id"]
    for place in (
        f"/cards/{number}/1/",
        "/cards/999999/0/",
        f"/cards/{number}/0/nothing",
        "/cards/-1/0/",
        "/cards/x/0/",
    ):
        assert asker.ask("GET", place).status == 404
    monkeypatch.setattr(card_pages, "_PAGES_MAX", 1)
    monkeypatch.setattr(card_pages, "_KEPT_SECONDS", 0.0)
    served.page._cards._opened.clear()
    assert asker.ask("GET", f"/cards/{number}/0/").status == 200
    time.sleep(0.01)
    other = here_id(served)
    assert asker.ask("GET", f"/cards/{other}/0/").status == 200  # nobody looks at the first one any more
    monkeypatch.setattr(card_pages, "_KEPT_SECONDS", 60.0)
    assert asker.ask("GET", f"/cards/{number}/0/").status == 503


class Held:
    """A host that answers when it is let go."""

    def __init__(self):
        self.asked, self.free = threading.Event(), threading.Event()

    async def run(self, *_given):
        self.asked.set()
        await asyncio.to_thread(self.free.wait, LIMIT)
        return failure_of(FleetError("so late"))


def test_a_card_s_page_stays_while_it_is_asked_for_something(monkeypatch, served, asker, fleet):
    monkeypatch.setattr(card_pages, "_PAGES_MAX", 1)
    monkeypatch.setattr(card_pages, "_KEPT_SECONDS", 0.0)
    served.page._cards._opened.clear()
    held, answers, place = Held(), [], f"/cards/{here_id(served)}/0"
    monkeypatch.setitem(fleet.watchers, "here", held)
    asks = threading.Thread(target=lambda: answers.append(asker.ask("POST", f"{place}/saved", {"map": 0})))
    asks.start()
    try:
        assert held.asked.wait(LIMIT)
        other = rows(fleet.stream, 2)["far"]["id"]
        assert asker.ask("GET", f"/cards/{other}/0/").status == 503
    finally:
        held.free.set()
        asks.join(LIMIT)
    assert "so late" in answers[0].error
    until(lambda: asker.ask("GET", f"/cards/{other}/0/").status == 200)


def here_id(served):
    return next(row.id for row in served.page._table.rows() if row.node == "here")


# -- who does not get in ---------------------------------------------------------------------------------------------


def test_without_the_cookie_or_from_elsewhere_nothing_is_told(served, asker):
    for address in GETS:
        assert asker.ask("GET", address, Cookie=None).status == 403
        assert asker.ask("GET", address, Host=f"evil.example:{served.port}").status == 400  # rebinding
        if address != "/":
            assert asker.ask("GET", address, Sec_Fetch_Site="same-site").status == 403
    assert asker.ask("GET", "/?token=wrong", Cookie=None).status == 403
    assert asker.ask("GET", f"/cards/1/0/?token={served.token}", Cookie=None).status == 403


def test_only_its_own_page_asks_for_anything_and_in_json(served, asker):
    for address in POSTS:
        for origin in (None, "null", "http://evil.example", f"http://localhost:{served.port}"):
            assert asker.ask("POST", address, {"map": 0}, Origin=origin).status == 403
        assert asker.ask("POST", address, {"map": 0}, Cookie=None).status == 403
        assert asker.ask("PUT", address).status == 405
    for address in POSTS[:3]:
        assert asker.ask("POST", address, "{}", Content_Type="text/plain").status == 415
        assert asker.ask("POST", address, "[" * 30_000).status == 400
        assert asker.ask("POST", address, " " * 70_000).status == 413
        assert asker.ask("GET", address).status == 405


def test_browsers_run_nothing_else_and_get_no_other_file(asker):
    for address in GETS[:4]:
        if address != "/events":
            headers = asker.ask("GET", address).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"
    for name in ("fleet.html", "page.html", "..%2ffleet_page.py", "fleet_page.py", "%00"):
        assert asker.ask("GET", f"/assets/{name}").status == 404
    assert asker.ask("GET", "/maps/1").status == 404


def test_viewers_are_bounded_and_nobody_elses_is_turned(served, asker):
    nobody_looks(served)
    with ExitStack() as pages:
        streams = [pages.enter_context(asker.events()) for _ in range(32)]
        answer = asker.ask("GET", "/events")
        assert (answer.status, "32 pages are open already" in answer.error) == (503, True)
        other = served.asker()
        assert other.post("/look", viewer=streams[0].hello["viewer"], looks=[]).status == 404
    nobody_looks(served)


def test_who_takes_nothing_costs_what_there_is_and_no_more():
    """A row and a value wait once, however often they have changed, and are told as they are then."""

    async def told():
        viewer = FleetViewer(Session("key", "anna"))
        viewer.turn([Key(0, "id")])
        for number in range(200):
            viewer.tell_rows({1: Row(1, "far", "far", 0, "taken", by=f"user {number}"), 2: None})
            viewer.tell_value(1, 0, number)
        viewer.tell("hosts", {})
        stream = viewer.stream()
        return [json.loads((await anext(stream)).removeprefix(b"data: ")) for _ in range(3)]

    hosts, cards, values = asyncio.run(told())
    assert (hosts, [row["by"] for row in cards["cards"]], cards["gone"]) == ({"kind": "hosts"}, ["user 199"], [2])
    assert values == {"kind": "values", "look": 1, "values": [[1, 0, "c7"]]}
