"""Interrupts as a map names them: pending, enable, disable and clear, by the policies of their fields."""

from __future__ import annotations

import json

import pytest

import codegen
import hal
from codegen.views.difference import compare

MAP = """
schema: 1
name: ticker
registers:
  status:
    offset: 0x0
    fields:
      done: {bits: 0, access: w1c, volatile: true}
      late: {bits: 1, access: w0c, volatile: true}
      reset: {bits: 2, volatile: true}
      full: {bits: 3, access: ro, volatile: true}
  enable: {offset: 0x4, fields: {done: {bits: 0}, late: {bits: 1, format: bool}}}
  enable_set: {offset: 0x8, access: w1s, fields: {full: {bits: 3}}}
  enable_clear: {offset: 0xC, access: w1c, fields: {full: {bits: 3}}}
  command: {offset: 0x10, fields: {drop: {bits: 0, access: wo, idle: 0}, keep: {bits: 1, access: wo, idle: 1}}}
  plain: {offset: 0x14, fields: {flag: {bits: 0, volatile: true}, other: {bits: 7:1}}}
blocks:
  ch: {offset: 0x100, count: 2, stride: 8, registers: {s: {offset: 0, fields: {hit: {bits: 5, access: w1c}}}}}
interrupts:
  done: {line: 3, status: status.done, enable: enable.done, description: A round is over.}
  late: {status: status.late, enable: enable.late}
  full: {line: 4, status: status.full, enable: enable_set.full, disable: enable_clear.full, clear: command.drop}
  in: {status: plain.flag, clear: plain.flag}
  kept: {status: status.reset, clear: command.keep}
  hit: {status: "ch[1].s.hit", clear: "ch[1].s.hit"}
"""
CLEARED = MAP.replace("status: status.done,", "status: status.done, clear: status.done,").replace(
    "status: status.late,", "status: status.late, clear: status.late,"
)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "ticker.yaml"
    file.write_text(CLEARED)
    return file


@pytest.fixture
def dev(slot, path):
    with hal.load_map(path).open(0) as device:
        yield device


def accesses(trace):
    return [(access.action, access.offset, access.value) for access in trace]


def test_pending_is_one_read_that_changes_nothing(dev, slot):
    slot.emulator.poke(0, 0, 0, 0b1001)
    with slot.emulator.trace() as trace:
        found = [one.pending for one in dev.interrupts]
    assert found == [True, False, True, False, False, False]
    assert [access.action for access in trace] == ["read"] * 6


def test_what_each_write_is(dev, slot):
    interrupts = dev.interrupts
    slot.emulator.poke(0, 0, 0, 0b0111)
    with slot.emulator.trace() as trace:
        interrupts.done.enable()
        interrupts.late.enable()
        interrupts.done.disable()
        interrupts.full.enable()
        interrupts.full.disable()
        interrupts.full.clear()
        interrupts.kept.clear()
        interrupts.hit.clear()
    assert accesses(trace) == [
        ("read", 4, 0),
        ("write", 4, 1),
        ("read", 4, 1),
        ("write", 4, 3),
        ("read", 4, 3),
        ("write", 4, 2),
        ("write", 8, 8),
        ("write", 0xC, 8),
        ("write", 0x10, 0b11),
        ("write", 0x10, 0b00),
        ("write", 0x108, 0x20),
    ]
    interrupts.done.clear()
    assert (dev.status.done, dev.status.late, dev.status.reset_) == (0, 1, 0)  # the card does as the map says
    interrupts.late.clear()
    assert (dev.status.late, dev.status.reset_, interrupts.late.pending) == (0, 0, False)


def test_a_misspelt_name_is_told_with_the_nearest(dev):
    with pytest.raises(hal.FieldNameError, match=r"^ticker has no interrupt 'dome'; did you mean done\?$"):
        _ = dev.interrupts.dome
    with pytest.raises(AttributeError):
        _ = dev.interrupts._dome
    assert not hasattr(dev.interrupts, "dome")


def test_a_stored_flag_keeps_its_neighbours(dev, slot):
    dev.plain.write(flag=1, other=0x55)
    assert dev.interrupts.in_.pending
    dev.interrupts.in_.clear()
    assert (dev.plain.flag, dev.plain.other) == (0, 0x55)


def test_what_a_map_does_not_say_is_refused(dev):
    for call, word in ((dev.interrupts.kept.enable, "enables"), (dev.interrupts.kept.disable, "disables")):
        with pytest.raises(
            hal.AccessError, match=f"ticker: interrupt kept: the map says of no field that a write of it {word}"
        ):
            call()
    with pytest.raises(AttributeError):
        dev.interrupts.dune  # noqa: B018  (asking is the test)


def test_what_they_say_of_themselves(dev):
    assert dev.interrupts is dev.interrupts
    assert repr(dev.interrupts) == "<interrupts of ticker: done, late, full, in, kept, hit>"
    assert repr(dev.interrupts.done) == "<interrupt done of ticker, line 3, status status.done>"
    assert (dev.interrupts.done.line, dev.interrupts.late.line) == (3, None)
    assert (dev.interrupts.in_.name, dev.interrupts.done.declaration.description) == ("in", "A round is over.")
    assert not hasattr(dev, "__dict__")


def test_a_batch_has_its_own(dev, slot):
    with slot.emulator.trace() as trace, dev.batch() as batch:
        batch.interrupts.full.enable()
        batch.interrupts.full.clear()
        assert accesses(trace) == []
    assert accesses(trace) == [("write", 8, 8), ("write", 0x10, 0b11)]


def test_a_field_that_hurts_its_neighbours_is_no_way():
    with pytest.raises(codegen.MapError) as caught:
        codegen.loads(
            CLEARED.replace(
                "      full: {bits: 3, access: ro", "      any: {bits: 4, access: wc}\n      full: {bits: 3, access: ro"
            )
        )
    assert "status.done can't be written alone: any (wc) would be changed by any write" in str(caught.value)


def test_all_outputs(path, tmp_path):
    codegen.generate([path], tmp_path, ["c", "systemverilog", "markdown", "html", "json", "python"])
    text = {item.suffix: item.read_text() for item in tmp_path.iterdir() if item.is_file()}
    assert "/* Interrupt done: A round is over. */\n#define TICKER_INTERRUPT_DONE 3\n" in text[".h"]
    assert "localparam int unsigned INTERRUPT_FULL = 4;" in text[".sv"]
    assert (
        "| done | 3 | `status.done` | `enable.done = 1` | `enable.done = 0` | `status.done = 1` | A round"
        in text[".md"]
    )
    assert "command.keep = 0" in text[".html"]
    assert json.loads(text[".json"])["interrupts"][2] == {
        "name": "full",
        "line": 4,
        "status": "status.full",
        "enable": {"path": "enable_set.full", "value": "0x1"},
        "disable": {"path": "enable_clear.full", "value": "0x1"},
        "clear": {"path": "command.drop", "value": "0x1"},
        "description": "",
    }
    assert "class TickerInterrupts(hal.Interrupts):" in text[".py"]
    assert 'in_ = hal.interrupt("plain.flag", clear=("plain.flag", 0), name="in")' in text[".py"]
    assert "    interrupts = hal.interrupts(TickerInterrupts)\n" in text[".py"]


def test_what_changes_between_maps():
    old = codegen.loads(CLEARED)
    new = codegen.loads(CLEARED.replace("line: 3, ", "").replace("late: {status", "soon: {status"))
    assert sorted(str(change) for change in compare(old, new)) == [
        "breaking    interrupts.done line changed: 0x3 -> none",
        "breaking    interrupts.late removed: interrupt",
        "compatible  interrupts.soon added: interrupt",
    ]
    assert old.digest != new.digest


def test_elements_of_arrays_of_fields(slot, tmp_path):
    path = tmp_path / "many.yaml"
    path.write_text(
        "schema: 1\nname: many\nconstants: {N: 4}\nregisters:\n"
        "  state: {offset: 0, fields: {irq: {bits: 0, count: N, access: w1c, volatile: true}}}\n"
        "  enable: {offset: 4, fields: {irq: {bits: 0, count: N, first: 1}}}\n"
        "interrupts:\n"
        '  last: {line: N - 1, status: "state.irq[3]", enable: "enable.irq[4]", clear: "state.irq[3]"}\n'
    )
    with hal.load_map(path).open(0) as device:
        slot.emulator.poke(0, 0, 0, 0b1010)
        last = device.interrupts.last
        last.enable()
        assert (last.pending, last.line, device.enable.read()) == (True, 3, 0b1000)
        last.clear()
        assert (last.pending, device.state.read()) == (False, 0b0010)
        last.disable()
        assert device.enable.read() == 0
    for wrong in ("state.irq", "state.irq[4]", "enable.irq[0]"):
        with pytest.raises(codegen.MapError, match="no field"):
            codegen.loads(path.read_text().replace("state.irq[3]", wrong))
