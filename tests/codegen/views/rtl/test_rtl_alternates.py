"""Views of one storage: logic and the emulated card hold the same, whichever is there."""

from __future__ import annotations

import random

import pytest

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from hal.emulator.design_text import design_text
from tests.support.dut import load_class
from tests.support.logic import READ, RESET, WRITE, Logic
from tests.support.strategies import AFI

MAP = f"""
schema: 1
name: dut
afi: {{ids: [{AFI}]}}
registers:
  mode: {{offset: 0x0, fields: {{select: {{bits: 1:0}}, other: {{bits: 4}}}}}}
  out: {{offset: 0x4, fields: {{level: {{bits: 7:0, reset: 0x21}}, invert: {{bits: 9}}, flags: {{bits: 19:16, access: w1c}}}}}}
  cap: {{offset: 0x4, alternate: out, when: {{mode.select: 1}}, fields: {{edge: {{bits: 3:0, reset: 1}}, filter: {{bits: 15:4, reset: 2}}, seen: {{bits: 19:16, access: w1s}}, gone: {{bits: 23:20, access: rc}}}}}}
  raw: {{offset: 0x4, alternate: cap, when: {{mode.select: 2, mode.other: 1}}, fields: {{all: {{bits: 9:0, reset: 0x21}}, high: {{bits: 15:12, access: w1t}}, put: {{bits: 23:20}}}}}}
  both:
    offset: 0x8
    fields:
      low: {{bits: 3:0, reset: 5}}
      compare_mode: {{bits: 6:4}}
      filter: {{bits: 7:4, alternate: compare_mode, when: mode.select is not 0}}
  lane: {{offset: 0x10, count: 3, fields: {{a: {{bits: 15:0}}, b: {{bits: 31:24}}}}}}
  lane_in: {{offset: 0x10, count: 3, alternate: lane, when: {{mode.other: 1}}, fields: {{x: {{bits: 7:0, access: w1s}}, y: {{bits: 31:16}}}}}}
  same: {{offset: 0x20, fields: {{a: {{bits: 3:0}}}}}}
  same2: {{offset: 0x20, alternate: same, when: in words, fields: {{a: {{bits: 3:0}}, b: {{bits: 7:4}}}}}}
"""


def view_of(mode):
    """The bits of fields at each offset, by the mode register."""
    select, other = mode & 3, mode >> 4 & 1
    return {
        0x0: 0x13,
        0x4: 0xFFFFFF if select == 1 else 0xF0F3FF if select == 2 and other else 0x0F02FF,
        0x8: 0xFF,
        **dict.fromkeys((0x10, 0x14, 0x18), 0xFFFF00FF if other else 0xFF00FFFF),
        0x20: 0xFF,
    }


def test_alternates_are_the_cards(slot, tmp_path):
    device = codegen.loads(MAP)
    slot.emulator.install_text(design_text(load_class(MAP)._design).replace("clkgen 0\n", "clkgen 0\nload_ms 0\n"))
    slot.load(AFI)
    bar, logic = slot.bar("app", 0), Logic(device, tmp_path)
    rng, operations, wanted = random.Random(3), [], []
    for _ in range(900):
        views = view_of(slot.emulator.peek(0, 0, 0))
        at = rng.choice([*views, 0x0, 0x4, 0x4])
        if rng.random() < 0.55:
            held = slot.emulator.peek(0, 0, at)
            value = rng.choice([rng.getrandbits(32), 0xFFFFFFFF, 0]) & views[at] | held & ~views[at]
            bar.poke(at, value, 32)
            operations.append((WRITE, at, value, 15))
            wanted.append((0, 0))
        else:
            operations.append((READ, at))
            wanted.append((bar.peek(at, 32) & views[at], views[at]))
    answers = logic.run(operations)
    found = [(data & fields, fields) for (data, _), (_, fields) in zip(answers, wanted, strict=True)]
    where = next((number for number, (got, want) in enumerate(zip(found, wanted, strict=True)) if got != want), None)
    assert where is None, (operations[: where + 1][-6:], found[where], wanted[where])
    assert len({value for value, fields in wanted if fields == 0xF0F3FF}) > 3


def test_hardware_sees_the_fields_of_each_view(tmp_path):
    logic = Logic(codegen.loads(MAP), tmp_path)
    writes = [(WRITE, 0x0, 1, 15), (WRITE, 0x4, 0x00ABC5, 15), (WRITE, 0x8, 0xF7, 15)]
    answers = logic.run([(RESET,), *writes, *logic.all_told()])[len(writes) :]
    told = {path.removesuffix(".value"): logic.told(answers, path) for path in logic.outputs if "value" in path}
    assert (told["out.level"], told["out.invert"], told["cap.edge_"], told["cap.filter"]) == (0xC5, 1, 5, 0xABC)
    assert (told["raw.all"], told["raw.high"]) == (0x3C5, 0xA)
    assert (told["both.low"], told["both.compare_mode"], told["both.filter"]) == (7, 7, 0xF)
    assert not [path for path in told if path[-1].isdecimal()]


UART = """
schema: 1
name: dut
registers:
  rbr: {offset: 0x0, access: ro, hw: write, external: true}
  dll: {offset: 0x0, alternate: rbr, when: {lcr.dlab: 1}, external: true}
  ier: {offset: 0x4, fields: {data: {bits: 3:0}}}
  dlm: {offset: 0x4, alternate: ier, when: {lcr.dlab: 1}, external: true}
  lcr: {offset: 0xC, fields: {word_length: {bits: 1:0}, dlab: {bits: 7}}}
"""
# Each answers one clock later, with a number of its own.
ANSWERS = (
    "  always @(posedge clk) begin\n"
    + "\n".join(
        f"    answer[{{{name}__ack}}] <= told[{{{name}__req}}];\n"
        f"    answer[{{{name}__rd_data}} +: 32] <= told[{{{name}__req}}] ? 32'h{number} : 32'h0;"
        for name, number in (("rbr", 11), ("dll", 22), ("dlm", 33))
    )
    + "\n  end"
)


def test_other_logic_is_asked_when_it_is_there(tmp_path):
    logic = Logic(codegen.loads(UART), tmp_path, more=ANSWERS)
    operations = [(WRITE, 0x4, 5, 15), (READ, 0x0), (READ, 0x4), (WRITE, 0xC, 0x80, 15), (READ, 0x0), (READ, 0x4)]
    operations += [(WRITE, 0x4, 9, 15), (WRITE, 0xC, 0, 15), (READ, 0x4)]
    assert [data for data, _ in logic.run(operations)] == [0, 0x11, 5, 0, 0x22, 0x33, 0, 0, 5]


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (
            "  a: {offset: 0x0}\n  b: {offset: 0x0, alternate: a, when: in words, access: w1c}\n",
            "registers.b",
            "bits are w1c here and rw in value, and logic has to know which is meant",
        ),
        (
            "  a: {offset: 0x0, external: true}\n  b: {offset: 0x0, alternate: a, when: in words}\n",
            "registers.b.when",
            "which of the two is there is told in words",
        ),
        (
            "  m: {offset: 0x8}\n  a: {offset: 0x0, fields: {go: {bits: 0, pulse: true}}}\n  b: {offset: 0x0, alternate: a, when: {m: 1}}\n",
            "registers.b",
            "a pulse shares its bits with another field",
        ),
        (
            "  m: {offset: 0x8}\n  a: {offset: 0x0}\n  b: {offset: 0x0, alternate: a, when: {m: 1}, access: ro, hw: write}\n",
            "registers.b",
            "hardware writes bits of another field's",
        ),
        (
            "  m: {offset: 0x8}\n  a: {offset: 0x0}\n  b: {offset: 0x0, alternate: a, when: {m: 1}, lock: {by: m, value: 0}}\n",
            "registers.b.alternate",
            "an alternate whose writes take locks",
        ),
        (
            "blocks:\n  a: {offset: 0x0, registers: {r: {offset: 0x0}}}\n  b: {offset: 0x0, alternate: a, registers: {r: {offset: 0x0}}}\n",
            "blocks.b.alternate",
            "two blocks that are there at different times",
        ),
    ],
)
def test_what_is_no_view(text, path, message):
    head = "" if text.startswith("blocks") else "registers:\n"
    with pytest.raises(codegen.MapError) as raised:
        render(codegen.loads(f"schema: 1\nname: dut\n{head}{text}"), LANGUAGES["rtl"])
    (problem,) = raised.value.problems
    assert problem.rule == "rtl-alternate"
    assert problem.path.startswith(path)
    assert message in problem.message
