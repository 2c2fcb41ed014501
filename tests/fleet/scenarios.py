"""What test_fleets.py runs. One cluster for all: killed hosts are replaced by the test that kills them."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time

import pytest

import hal
import hal.fleet
from hal.fleet.engine import SYSTEM_CONFIG
from hal.page.fleet.messages import Joining
from tests.fleet.watched_page import asked_cluster, host_watchers, told_of, watched_page
from tests.support import MAPS
from tests.support.processes import LIMIT, run
from tests.support.until import until

Blinker = hal.load_map(MAPS / "blinker.yaml")
SLOTS = 2
HOST = {"num_cpus": 1, "resources": {"fpga": SLOTS}}  # so many processes are kept for what comes next


class Lamp(Blinker):
    """A subclass with a method, of a module that hosts need not have."""

    def glow(self):
        self.ctrl.modify(enable=1, mode=2)
        return self.ctrl.mode


@pytest.fixture(autouse=True)
def own_folders():
    """Hosts keep their cards through all tests."""


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    patient = SYSTEM_CONFIG | {
        "health_check_timeout_ms": 20000
    }  # a host that is killed refuses at once, a busy one is late
    head = HOST | {"include_log_monitor": False, "no_monitor": True, "_system_config": patient}
    made = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        made.add_node(**HOST)
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def fleet(cluster):
    with hal.fleet.connect(cluster.address, emulated=SLOTS) as joined:
        yield joined


@pytest.fixture(scope="class")
def three(fleet):
    """A card of each host. The process of a card takes most of a second to start, so it is one for several tests."""
    with fleet.acquire(Lamp, 3, per_host=1) as cards:
        yield cards


@pytest.fixture(scope="module")
def page(cluster):
    options = ("--address", cluster.address, "--emulated", SLOTS, "--interval", "0.2")
    with watched_page(MAPS / "blinker.yaml", *options) as served:
        yield served


def nodes_of(cards):
    return [card.node for card in cards]


def prepare(device):
    device.ctrl.enable = 1
    device.ch[0].level.value = 77


def process_of(_device):
    return os.getpid()


def same(_device, item):
    return item


def is_prepared(device):
    return device.ctrl.enable, int(device.ch[0].level.value)


def test_cards_are_listed_with_who_has_them(fleet):
    listed = fleet.cards()
    assert [(card.slot, card.state) for card in listed] == [(0, "free"), (1, "free")] * 3
    assert len({card.node for card in listed}) == 3
    with fleet.acquire(Blinker, 2) as cards:
        processes = {card.call(process_of) for card in cards}
        taken = [card for card in fleet.cards() if card.state == "taken"]
        assert {card.holder for card in taken} == processes
        assert {card.afi for card in taken} == {Blinker.afi_id()}
    assert {card.state for card in fleet.cards()} == {"free"}


JOIN = """
import sys
import hal.fleet
from tests.fleet.watched_page import processes_of

before = {*processes_of(b"--worker-id=")}
with hal.fleet.connect(sys.argv[1]):
    print({*processes_of(b"--worker-id=")} - before)
"""


def test_a_program_that_joins_starts_no_process_before_one_is_needed(cluster):
    done = run(sys.executable, "-c", JOIN, cluster.address)
    assert (done.returncode, done.stdout) == (0, "set()\n"), done.stderr


def test_so_many_of_each_host(fleet):
    with fleet.acquire(Blinker, 4, per_host=2) as cards:
        nodes = nodes_of(cards)
        assert nodes[0] == nodes[1] != nodes[2] == nodes[3]
    with pytest.raises(hal.fleet.FleetError, match="4 cards, 1 of each host, take 4 hosts; 3 have so many slots"):
        fleet.acquire(Blinker, 4, per_host=1)
    with pytest.raises(hal.fleet.FleetError, match="7 cards were asked for, and the fleet's hosts have 6 slots"):
        fleet.acquire(Blinker, 7)


class TestACardOfEachHost:
    def test_results_are_in_order_and_every_card_works(self, three):
        def work(device, item):
            device.ctrl.mode = item % 3
            time.sleep(0.001)
            return item, int(device.ctrl.mode), os.getpid()

        assert len(set(nodes_of(three))) == 3
        results = three.map(work, range(500))
        assert [(item, mode) for item, mode, _ in results] == [(item, item % 3) for item in range(500)]
        assert len({process for *_, process in results}) == 3
        assert sorted(result.result()[0] for result in three.map_unordered(work, range(100), batch=7)) == [*range(100)]
        assert three.map(work, []) == []
        assert len(set(three.map(process_of))) == 3

    def test_items_are_taken_as_cards_take_them(self, three):
        taken = []

        def source():
            for number in range(10**9):
                taken.append(number)
                yield number

        results = three.map_unordered(same, source())
        for _ in range(20):
            next(results)
        results.close()
        assert len(taken) < 7500
        assert three[0].call(lambda device: device.ctrl.enable) == 0

    def test_an_error_says_which_item_card_and_register(self, three):
        def work(device, item):
            if item == 2:
                device.ctrl.mode = 9
            return 10 // (item - 5)

        with pytest.raises(hal.fleet.FleetError, match=r"of 8 items 2 failed; the first: item 2 failed on .*, slot "):
            three.map(work, range(8))
        results = three.map(work, range(8), errors="return")
        values, errors = [], {}
        for index, result in enumerate(results):
            if isinstance(result, hal.fleet.ItemError):
                errors[index] = result
            else:
                values.append(result)
        assert values == [-2, -3, -5, -10, 10, 5]
        assert (errors[2].path, errors[2].index, errors[2].kind) == ("blinker.ctrl.mode", 2, "FieldValueError")
        assert (type(errors[5].__cause__), errors[5].slot in {0, 1}) == (ZeroDivisionError, True)
        assert "10 // (item - 5)" in errors[5].trace or "in work" in errors[5].trace
        with pytest.raises(hal.fleet.ItemError, match=r"the call failed on .* FieldNameError"):
            three[1].call(lambda device: device.nothing)
        with pytest.raises(hal.fleet.ItemError, match="can't be copied or pickled"):
            three[0].call(lambda device: device)
        for wrong in ({"batch": 0}, {"timeout": -1}, {"errors": "ignore"}):
            with pytest.raises(hal.FieldValueError):
                three.map(is_prepared, [1], **wrong)

    def test_what_cards_hold_is_written_and_compared(self, three):
        assert three.map(Lamp.glow) == [2, 2, 2]
        assert three.diff() == []
        three.write({"ctrl.mode": 1, "ch[1].level": 0x55})
        assert [(int(s["ctrl.mode"]), s["ctrl.enable"], s["ch[1].level"]) for s in three.snapshots()] == [
            (1, 1, 0x55)
        ] * 3
        three[2].write({"ctrl.mode": 0, "ch[1].level.value": 7})
        assert three.diff() == [("ctrl", 3, {2: 1}), ("ch[1].level", 0x55, {2: 7})]
        assert three.diff("ch[0]") == []
        with pytest.raises(hal.fleet.FleetError, match="has no field 'nope'"):
            three.write({"ctrl.mode": 2, "ctrl.nope": 1})
        assert [int(s["ctrl.mode"]) for s in three.snapshots()] == [1, 1, 0]
        assert three[0].snapshot().driver is Lamp or three[0].snapshot().driver is Blinker


def test_a_slot_of_another_process_is_not_taken(fleet):
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    node = fleet.cards()[0].node
    here = NodeAffinitySchedulingStrategy(node, soft=False)

    @ray.remote(num_cpus=0, scheduling_strategy=here)
    class Other:
        def take(self, setup):
            from hal.fleet.hosts import library_of

            self.slot = hal.open_slot(0, library_of(setup, node), exclusive=True)
            return os.getpid()

    other = Other.remote()
    process = ray.get(other.take.remote(fleet._setup))
    try:
        with fleet.acquire(Blinker, 5, timeout=LIMIT) as cards:
            assert [card.slot for card in cards if card.node == node] == [1]
            assert [card.holder for card in fleet.cards() if (card.node, card.slot) == (node, 0)] == [process]
        with pytest.raises(hal.fleet.FleetError, match=f"process {process}|all slots are taken|slots that are taken"):
            fleet.acquire(Blinker, 6, timeout=1)
    finally:
        ray.kill(other)
    until(lambda: all(card.state == "free" for card in fleet.cards()), pause=0.05)


def test_a_setup_that_fails_gives_everything_back(fleet):
    with pytest.raises(hal.fleet.FleetError, match=r"cards can't be had: FieldNameError on .+, slot [01]: .* 'wrong'"):
        fleet.acquire(Blinker, 2, setup=lambda device: device.wrong)
    until(lambda: all(card.state == "free" for card in fleet.cards()), pause=0.05)


def test_a_killed_process_is_told_exactly_and_the_card_comes_back(fleet, tmp_path):
    marker = tmp_path / "kill"

    def work(_device, item):
        if item == 40 and marker.exists():
            marker.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    with fleet.acquire(Blinker, 2, setup=prepare) as cards:
        for retry in (False, True):
            marker.touch()
            results = [*cards.map_unordered(work, range(200), retry=retry, batch=10)]
            results.sort(key=lambda result: result.index)
            assert [result.index for result in results] == [*range(200)]
            assert not marker.exists()
            lost = {result.index: result.error.state for result in results if result.error}
            first = 40 - len([state for state in lost.values() if state == "finished"])
            assert lost == ({} if retry else dict.fromkeys(range(first, 40), "finished") | {40: "started"})
            assert [result.value for result in results if not result.error] == [n for n in range(200) if n not in lost]
            assert cards.map(is_prepared) == [(1, 77)] * 2  # loaded, verified, set up


def test_the_page_shows_who_has_cards_what_they_hold_and_who_was_killed(fleet, page):
    with page.looking("ctrl", "ch[0].level") as look:
        look.until(lambda look: look.states() == {"free": 6})
        with fleet.acquire(Blinker, 2, setup=prepare) as cards:
            taken = {card.call(process_of): card for card in cards}
            look.until(
                lambda look: sum(row["state"] == "taken" and row["maps"] == [0] for row in look.rows.values()) == 2
            )
            mine = {row["holder"]: row for row in look.rows.values() if row["state"] == "taken"}
            assert mine.keys() == taken.keys()
            assert {row["by"].rpartition(" ")[2] for row in mine.values()} == {str(os.getpid())}
            cards[1].write({"ctrl.mode": 2})
            other = next(row["id"] for pid, row in mine.items() if taken[pid] is cards[1])
            usual = next(row["id"] for pid, row in mine.items() if taken[pid] is cards[0])
            assert look.until(lambda look: look.values.get((other, 0)) == "5")
            assert (look.values[usual, 0], look.values[other, 1]) == ("1", "4d")
            rows = page.asker.post("/differences", map=0).json["rows"]
            assert ["ctrl.mode", "FAST"] in [[path, told] for path, *_, told in told_of(rows, other)]
            place = f"/cards/{other}/0"
            assert '"ctrl": "0x5"' in page.asker.post(f"{place}/saved", map=0).content.decode()
            assert page.asker.post(f"{place}/write", map=0, writes=[["ctrl", "0"]]).status == 403
            os.kill(mine_of := next(pid for pid, card in taken.items() if card is cards[0]), signal.SIGKILL)
            look.until(lambda look: mine_of not in {row["holder"] for row in look.rows.values()})
        look.until(lambda look: look.states() == {"free": 6})
    joined = page.in_cluster()
    time.sleep(0.3)  # nobody looks
    with page.looking() as look:
        look.until(lambda look: look.states() == {"free": 6})
        assert page.in_cluster() == joined


def test_the_pages_process_on_a_host_is_kept_while_it_is_asked_and_then_ends(cluster, fleet):
    idle, node, before = 1.0, fleet.cards()[0].node, host_watchers()

    def made():
        return host_watchers() - before

    def seen(ask, seconds):
        """Processes that were there while one was asked for so long; None where this program asked too seldom."""
        assert [look.state.slot for look in ask(node, "look", 1, ())] == [0, 1]
        answered = time.monotonic()
        end, found = answered + seconds, made()
        while answered < end:
            time.sleep(idle / 10)
            assert ask(node, "registers", 0) == {}
            if time.monotonic() - answered > idle / 2:
                return None
            answered = time.monotonic()
            found |= made()
        return found if time.monotonic() - answered < idle / 2 else None

    with asked_cluster(Joining(cluster.address, SLOTS, None, (), idle)) as ask:
        for seconds in (1.5 * idle, 0.0):  # also one that was started when another had ended
            while (found := seen(ask, seconds)) is None:
                until(lambda: not made(), pause=0.05)
            assert len(found) == 1
            until(lambda: not made(), pause=0.05)


def test_the_pages_process_on_a_host_is_waited_for_longer_than_it_may_be_idle(cluster, fleet):
    node, before = fleet.cards()[0].node, host_watchers()
    with asked_cluster(Joining(cluster.address, SLOTS, None, (), 0.01)) as ask:
        assert [look.state.slot for look in ask(node, "look", 1, ())] == [0, 1]
        until(lambda: not host_watchers() - before, pause=0.05)


def test_a_killed_host_is_told_and_its_cards_come_back_elsewhere(fleet, cluster, page, tmp_path):
    with page.looking() as look, fleet.acquire(Blinker, 4, per_host=2, setup=prepare, timeout=LIMIT) as cards:
        node = next(node for node in cluster.worker_nodes if node.node_id in nodes_of(cards))
        doomed = node.node_id

        def work(_device, item):
            time.sleep(0.02)
            return item, time.time()

        results, killed, told = [], 0.0, 0.0
        for result in cards.map_unordered(work, range(1200), batch=20):
            results.append(result)
            told = told or (time.time() if result.error else 0.0)
            if len(results) == 100:
                cluster.remove_node(node, allow_graceful=False)
                killed = time.time()
        assert sorted(result.index for result in results) == [*range(1200)]
        states = [result.error.state for result in results if result.error]
        assert 0 < len(states) <= 2 * 20
        assert set(states) == {"unknown"}  # nobody is left to tell
        done = sorted(result.value[1] for result in results if not result.error)
        gaps = [after - before for before, after in itertools.pairwise(done) if after > killed]
        assert max(gaps) < max(2, (told - killed) / 2)  # the others went on until it was known, and after that
        assert cards.map(is_prepared) == [(1, 77)] * 4
        assert doomed not in nodes_of(cards)
        assert time.time() - killed < LIMIT
        look.until(lambda look: look.states(doomed) == {"lost": SLOTS})
    cluster.add_node(**HOST)
    until(lambda: len(fleet.cards()) == 6, pause=0.05)


def test_a_cluster_that_is_gone_is_told_and_joined_again(page):
    """Ray ends who has joined a cluster that is gone; here that happens to one that is there."""
    with page.looking("ctrl") as look:
        look.until(lambda look: look.states().get("free") == 6)
        os.kill(page.in_cluster(), signal.SIGKILL)
        assert "is gone" in look.until(lambda look: look.trouble)
        look.until(lambda look: not look.trouble)
        assert page.asker.post("/differences", map=0).status == 200


def test_a_card_that_hangs_is_given_up(fleet):
    with fleet.acquire(Blinker, 2, setup=prepare) as cards:

        def work(_device, item):
            if item == 3:
                time.sleep(1000)
            return item

        results = sorted(cards.map_unordered(work, range(6), batch=1, timeout=3), key=lambda result: result.index)
        assert [result.index for result in results] == [*range(6)]
        [error] = [result.error for result in results if result.error]
        assert (error.index, error.state) == (3, "started")
        assert "it took more than 3 s an item" in str(error)
        assert cards.map(is_prepared) == [(1, 77)] * 2


def break_bus(device):
    device.slot.emulator.fault("bus-dead=ocl")
    return device.ctrl.enable


def mend(fleet, node, slot):
    import ray

    ray.get(fleet._on(node, mend_here, node, slot))


def mend_here(setup, node, slot):
    from hal.fleet.hosts import library_of

    with hal.open_slot(slot, library_of(setup, node)) as opened:
        opened.emulator.fault("")


def break_bus_at_5(device, item):
    if item == 5:
        device.slot.emulator.fault("bus-dead=ocl")
    return device.ctrl.enable


def test_a_dead_card_is_quarantined_and_another_one_takes_its_place(fleet):
    with fleet.acquire(Blinker, 1, setup=prepare) as cards:
        place = cards[0].node, cards[0].slot
        with pytest.raises(hal.fleet.ItemError, match="BusTimeoutError"):
            cards[0].call(break_bus)
        assert cards[0].call(is_prepared) == (1, 77)
        assert (cards[0].node, cards[0].slot) != place
        [dead] = [card for card in fleet.cards() if card.state == "quarantined"]
        assert (dead.node, dead.slot) == place
        assert "timed out" in dead.why
    with fleet.acquire(Blinker, 3) as cards:
        results = sorted(cards.map_unordered(break_bus_at_5, range(20), batch=4), key=lambda result: result.index)
        assert [result.index for result in results] == [*range(20)]
        wrong = [result.index for result in results if result.error]
        assert 5 in wrong
        assert len(wrong) <= 4  # those of its run, whose values nobody can trust
        assert {result.error.kind for result in results if result.error} == {"BusTimeoutError"}
        assert [result.value for result in results if not result.error] == [0] * (20 - len(wrong))
        assert len(cards.map(break_bus_at_5, [4, 5, 6], retry=True, errors="return")) == 3
    for card in fleet.cards():
        if card.state == "quarantined" and (card.node, card.slot) != place:
            mend(fleet, card.node, card.slot)
            assert fleet.release(card.node, card.slot)
    with fleet.acquire(Blinker, 5) as cards:
        assert place not in [(card.node, card.slot) for card in cards]
    mend(fleet, *place)
    assert fleet.release(place[0], place[1])
    assert not fleet.release(place[0], place[1])
    with pytest.raises(hal.fleet.FleetError, match="no host 'nowhere' with a slot 0"):
        fleet.release("nowhere", 0)
    assert {card.state for card in fleet.cards()} == {"free"}


def break_until_a_load(device):
    kind, load = type(device.slot), type(device.slot).load

    def mending(slot, *given, **options):
        slot.emulator.fault("")
        return load(slot, *given, **options)

    kind.load = mending  # in the card's own process
    return break_bus(device)


def break_for_good(device):
    def refuse(*_given, **_options):
        raise hal.HalError("no load is taken")

    type(device.slot).load = refuse
    return break_bus(device)


def test_a_dead_card_is_loaded_once_more_where_that_is_wanted(fleet):
    with fleet.acquire(Blinker, 1, setup=prepare, reload_dead=True) as cards:
        place = cards[0].node, cards[0].slot, cards[0].call(process_of)
        with pytest.raises(hal.fleet.ItemError, match="BusTimeoutError"):
            cards[0].call(break_until_a_load)
        assert (cards[0].node, cards[0].slot, cards[0].call(process_of)) == place
        assert cards[0].call(is_prepared) == (1, 77)
        with pytest.raises(hal.fleet.ItemError, match="BusTimeoutError"):
            cards[0].call(break_for_good)
        [dead] = [card for card in fleet.cards() if card.state == "quarantined"]
        assert (dead.node, dead.slot) == place[:2]
        assert dead.why.endswith("a load did not help: no load is taken")
    mend(fleet, *place[:2])
    assert fleet.release(*place[:2])


def refuse_loads(setup, node, slot):
    from hal.fleet.hosts import library_of

    with hal.open_slot(slot, library_of(setup, node)) as opened:
        opened.emulator.fault("load-error=17")


def test_a_card_that_does_not_load_is_named_and_set_aside(fleet):
    import ray

    nodes = sorted({card.node for card in fleet.cards()})
    ray.get([fleet._on(node, refuse_loads, node, 0) for node in nodes])
    with pytest.raises(hal.fleet.FleetError, match=r"1 of 1 cards can't be had: LoadError on .+, slot 0: .*power"):
        fleet.acquire(Blinker, 1)
    until(lambda: all(card.state == "free" for card in fleet.cards()), seconds=10, pause=0.05)
    for node in nodes:
        fleet.quarantine(node, 0, "draws too much")
    assert {(card.slot, card.why) for card in fleet.cards() if card.state == "quarantined"} == {(0, "draws too much")}
    with fleet.acquire(Blinker, 1) as cards:
        assert cards[0].slot == 1
    with pytest.raises(hal.fleet.FleetError, match="no host 'nowhere' with a slot 0"):
        fleet.quarantine("nowhere", 0, "")
    for node in nodes:
        mend(fleet, node, 0)
        assert fleet.release(node, 0)


def test_cards_that_were_given_back_are_closed(fleet):
    cards = fleet.acquire(Blinker, 1)
    cards.close()
    cards.close()
    with pytest.raises(hal.ClosedError, match="given back"):
        cards.map(is_prepared)
    for wrong in ({"n": 0}, {"n": 1, "per_host": 0}, {"n": 1, "timeout": 0}):
        with pytest.raises(hal.FieldValueError):
            fleet.acquire(Blinker, **wrong)
