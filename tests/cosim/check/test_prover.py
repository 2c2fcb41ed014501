"""Faults that are planted in logic are found, each as what it is; and none where there is none."""

from __future__ import annotations

import types

import pytest
from hypothesis import Phase, given, settings

import codegen
import hal
from hal.cosim.check.prover import prove
from tests.support.dut import MAP, load_class
from tests.support.strategies import maps

# `fault` of gadget.sv, and what is to be found first.
PLANTED = {
    1: ("reset", "ctrl.limit", "bit 0 after a reset: 0x4100 is read, not 0x4000"),
    2: ("bits", "scratch.value", "bit 9 after "),
    3: ("clear", "status.done", "writes that clear it do not: 0x1 stays"),
    4: ("policy", "acts.set", "all its bits (w1s) after a write of "),
    5: ("strobe", "ctrl.limit", "all its bits after a write of byte 0: 0x0 is read, not 0xff00"),
    6: ("address", "bank[0].value", "as written to bank[1]: "),
    7: ("clear", "events.number", "reads that clear it do not: "),
    8: ("bus", "id.value", "nobody answers a read at 0x0"),
}


def faults_of(report):
    return [(fault.kind, fault.path, fault.text) for fault in report.faults]


def test_logic_that_takes_whole_words(gadget, gadget_class):
    gadget.slot.simulation.ports["fault"] = 5  # of strobes
    with gadget.slot.emulator.trace() as accesses:
        report = prove(gadget.slot, gadget_class, strobes=False, operations=200)
    assert report.faults == ()
    assert {access.width for access in accesses} == {32}


def test_logic_that_does_as_its_map_says(gadget, gadget_class):
    report = prove(gadget.slot, gadget_class)
    assert (report.faults, report.percent) == ((), 100)
    assert report.summary().startswith("gadget: ")
    assert report.summary().endswith("200 of 200 bits proven (100.0 %), 82 more can't be; no fault")
    results = {row.register: row.result for row in report.rows}
    assert (results.pop("secret"), set(results.values())) == ("nothing to compare", {"ok", "nothing to compare"})
    assert prove(gadget.slot, gadget_class, seed=2).faults == ()


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault(gadget, gadget_class, fault):
    gadget.slot.simulation.ports["fault"] = fault
    report = prove(gadget.slot, gadget_class)
    kind, path, text = PLANTED[fault]
    found = faults_of(report)
    assert found[0][:2] == (kind, path)
    assert text in found[0][2]
    assert len(set(found)) == len({one[:2] for one in found})  # each is told once
    assert next(row.result for row in report.rows if row.register == path.split(".")[0]) == "FAULT"
    assert str(report.faults[0]).startswith(f"{kind}: {path}: ")
    assert {name for one, name, _ in found if one == "reset"} <= {path}


@given(maps())
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
def test_the_emulated_card_is_as_random_maps_say(text):
    """By expectations that are written apart from the card's policies and from the accessors."""
    device = codegen.loads(text)
    module = types.ModuleType("random_map")
    exec(compile(codegen.render_python(device), "random_map.py", "exec"), module.__dict__)
    with hal.open_slot(0, "emulator") as slot:
        report = prove(slot, getattr(module, device.class_name), operations=200)
    assert report.faults == ()


LOCKED = """
schema: 1
name: locked
registers:
  regwen: {offset: 0x0, fields: {en: {bits: 0, reset: 1}}}
  held: {offset: 0x4, lock: {by: regwen.en, value: 1}, reset: 7}
"""


def test_a_register_with_a_protocol_is_only_read(slot):
    report = prove(slot, load_class(LOCKED.replace("name: locked", "name: dut")), operations=100)
    assert report.faults == ()
    assert [row.result for row in report.rows] == ["ok", "only read: writes need an open lock"]


TURNS = """
schema: 1
name: dut
registers:
  mode: {offset: 0x0, fields: {select: {bits: 1:0}}}
  out: {offset: 0x4, fields: {level: {bits: 7:0}}}
  cap: {offset: 0x4, alternate: out, when: {mode.select: 1}, access: w1s}
  more: {offset: 0x4, alternate: cap, when: {mode.select: 2}, access: rc}
  same: {offset: 0x8}
  said: {offset: 0x8, alternate: same, when: in words}
  first: {offset: 0xC}
  told: {offset: 0xC, alternate: first, when: in words}
  third: {offset: 0xC, alternate: told}
  last: {offset: 0xC, alternate: third, when: {mode.select: 3}}
"""


def test_what_another_register_may_hide_is_left_alone(slot):
    report = prove(slot, load_class(TURNS), operations=300)
    assert report.faults == ()
    results = {row.register: row.result for row in report.rows}
    hidden = ("out", "cap", "more", "said", "first", "told", "third", "last")
    assert results == {"mode": "ok", "same": "ok", **dict.fromkeys(hidden, "left out")}


def test_what_is_not_checked_says_why(slot):
    report = prove(slot, load_class(MAP), operations=100, leave_out=("bulk", "dots[1]"))
    assert report.faults == ()
    results = {row.register: row.result for row in report.rows}
    assert {results.pop(path) for path in ("bulk.doorbell", "bulk.ram", "dots[1]")} == {"left out"}
    assert set(results.values()) == {"ok", "nothing to compare"}


def test_the_same_seed_makes_the_same_accesses(gadget, gadget_class):
    def trace(seed):
        with gadget.slot.emulator.trace() as accesses:
            prove(gadget.slot, gadget_class, seed=seed, operations=50)
        return list(map(str, accesses))

    assert trace(3) == trace(3)
    assert trace(3) != trace(4)
