"""What is known of hosts and slots, as they come, answer, fall silent, are lost and come back."""

from __future__ import annotations

import time

from hal.fleet.fleet import Host
from hal.page.fleet.fleet_table import FleetTable
from hal.page.fleet.messages import Looked
from tests.support.made_fleet import card


def host(name, *, alive=True, node=None, slots=2):
    return Host(name, node or name, "10.0.0.1", slots if alive else 0, alive)


def table_of(*names):
    table = FleetTable()
    table.know([host(name) for name in names])
    for name in names:
        table.looked(Looked(name, 0, [card(name, 0), card(name, 1)]))
    table.changes()
    return table


def states(table):
    return [(row.host, row.slot, row.state) for row in table.rows()]


def test_a_slot_is_told_once_for_each_change():
    table = FleetTable()
    table.know([host("a"), Host("head", "head", "10.0.0.9", 0, True)])
    assert [known["state"] for known in table.hosts()] == ["asked"]  # the head offers nothing
    for _ in range(2):
        table.looked(Looked("a", 0, [card("a", 0), card("a", 1, "taken", holder=7, by="anna", since=5.0)]))
    rows, are_hosts_changed = table.changes()
    assert are_hosts_changed
    assert [(row.slot, row.state, row.by, row.maps) for row in rows.values()] == [
        (0, "free", "", (0,)),
        (1, "taken", "anna", (0,)),
    ]
    assert (rows[1].is_exact, rows[2].is_exact, rows[2].since) == (False, True, 5.0)
    assert table.changes() == ({}, False)
    began = time.time()
    table.looked(Looked("a", 0, [card("a", 0, "taken", holder=8, by="bob"), card("a", 1)]))
    rows, _ = table.changes()
    assert [(row.id, row.state, row.is_exact, row.since >= began) for row in rows.values()] == [
        (1, "taken", True, True),
        (2, "free", True, True),
    ]
    table.looked(
        Looked("a", 0, [card("a", 0, "taken", holder=8, by="bob", fits=False, misfit="another"), card("a", 1)])
    )
    rows, _ = table.changes()
    assert [(row.maps, row.misfit, row.since >= began) for row in rows.values()] == [((), "another", True)]


def test_a_host_that_is_dead_is_lost_with_its_slots_and_is_named():
    table = table_of("a", "b")
    table.know([host("a"), host("b", alive=False)])
    assert states(table) == [("a", 0, "free"), ("a", 1, "free"), ("b", 0, "lost"), ("b", 1, "lost")]
    rows, _ = table.changes()
    assert {(row.why, row.maps) for row in rows.values()} == {("the host is dead, or the network to it", ())}
    table.looked(Looked("b", 0, [card("b", 0)]))  # what was on its way
    assert states(table)[2:] == [("b", 0, "lost"), ("b", 1, "lost")]
    table.know([host("a")])  # Ray forgets hosts, too
    assert states(table)[2:] == [("b", 0, "lost"), ("b", 1, "lost")]
    table.forget_lost()
    assert states(table) == [("a", 0, "free"), ("a", 1, "free")]
    assert list(table.changes()[0].values()) == [None, None]
    table.know([host("a"), host("c", alive=False)])  # dead before anybody looked
    assert len(table.hosts()) == 1


def test_a_host_that_comes_back_takes_the_place_of_what_it_was():
    table = table_of("a", "b")
    table.know([host("a"), host("b", node="b2")])
    assert [(known["name"], known["node"], known["state"]) for known in table.hosts()] == [
        ("a", "a", "answers"),
        ("b", "b2", "asked"),
    ]
    assert [row.host for row in table.rows()] == ["a", "a"]
    table.know([host("a"), host("b", node="b2"), host("b", node="b3")])  # two of a name may live at once
    assert len(table.hosts()) == 3


def test_silence_is_told_and_so_is_its_end():
    table = table_of("a")
    table.looked(Looked("a", 0, None, "no answer within 5 s"))
    assert [(row.state, row.why) for row in table.rows()] == [("lost", "no answer within 5 s")] * 2
    assert table.hosts()[0]["state"] == "silent"
    table.looked(Looked("a", 0, [card("a", 0), card("a", 1)]))
    assert [(row.state, row.why, row.is_exact) for row in table.rows()] == [("free", "", True)] * 2
    table = FleetTable()
    table.know([host("new")])
    table.looked(Looked("new", 0, None, "FleetError: another version"))  # before it has told of any slot
    assert [(row.host, row.slot, row.state, row.why) for row in table.rows()] == [
        ("new", -1, "lost", "FleetError: another version")
    ]
    table.looked(Looked("new", 0, [card("new", 0)]))
    assert states(table) == [("new", 0, "free")]


def test_after_a_rest_nothing_is_told_that_was_not_seen_again():
    table = table_of("a", "b")
    table.know([host("a"), host("b", alive=False)])
    numbers = {(row.host, row.slot): row.id for row in table.rows()}
    table.rest()
    assert states(table) == [("b", 0, "lost"), ("b", 1, "lost")]  # that stays so
    assert table.row(numbers["a", 1]).slot == 1  # a page of this card may be open
    table.looked(Looked("a", 0, [card("a", 0), card("a", 1)]))
    assert {(row.host, row.slot): row.id for row in table.rows()} == numbers
    assert [row.is_exact for row in table.rows()[:2]] == [False, False]


def test_what_hosts_say_is_bounded_and_can_not_turn_text_around():
    table = FleetTable()
    table.know([host("a\u202e" + "x" * 9000)] + [host(f"h{number}") for number in range(3000)])
    assert len(table.hosts()) == 2000
    assert max(len(known["name"]) for known in table.hosts()) <= 270
    looks = [card("h1", slot, "failed", why="\u202e" + "y" * 9000, afi="\x1b[31m") for slot in range(20)]
    table.looked(Looked("h1", 0, looks))
    rows = table.rows()
    assert len(rows) == 8
    assert (len(rows[0].why) <= 520, rows[0].why[:7], rows[0].afi) == (True, "\\u202ey", "\\x1b[31m")
    table.know([])
    table.know([])
    assert len(table.hosts()) == 200  # of those that are lost
