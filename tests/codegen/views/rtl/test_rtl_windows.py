"""Memories inside of a block, windows to other logic, and addresses where nothing is, in a simulator."""

from __future__ import annotations

import pytest

import codegen
from tests.support.logic import CLOCKS, READ, WRITE, Logic

MAP = """
schema: 1
name: dut
registers:
  r: {offset: 0x0}
  only_read: {offset: 0x4, access: ro, reset: 7}
  only_write: {offset: 0x8, access: wo}
memories:
  ram: {offset: 0x400, size: 1KiB}
  rom: {offset: 0x800, size: 64, access: ro}
  out: {offset: 0x1000, size: 4KiB, external: true}
blocks:
  hole: {offset: 0x100, size: 0x20, unmapped: 0xDEADBEEF, registers: {here: {offset: 0x8}}}
"""
# Answers each access of the window three clocks later, with its address, and refuses the last word.
OTHER = """
  logic [2:0] waits = 0;
  logic [11:0] asked;
  always @(posedge clk) begin
    waits <= {{waits[1:0], told[{out__req}]}};
    if (told[{out__req}]) asked <= told[{out__addr} +: 12];
    answer[{out__ack}] <= waits[2];
    answer[{out__err}] <= waits[2] && asked == 12'hFFC;
    answer[{out__rd_data} +: 32] <= waits[2] ? {{20'h0, asked}} : 32'h0;
  end
"""


@pytest.mark.parametrize("read", ["registered", "combinational"])
def test_memories_windows_and_holes(tmp_path, read):
    logic = Logic(codegen.loads(MAP), tmp_path, more=OTHER, read=read)
    operations = [
        (WRITE, 0x400, 0x11223344, 15), (WRITE, 0x7FC, 0xAABBCCDD, 15), (WRITE, 0x400, 0x99999999, 2),
        (READ, 0x400), (READ, 0x7FC), (READ, 0x404),
        *logic.given("rom.addr", 3), *logic.given("rom.wr_data", 0x55AA55AA), *logic.given("rom.wr_strb", 15),
        (CLOCKS, 1), *logic.given("rom.wr_strb", 0), (READ, 0x80C), (WRITE, 0x80C, 0, 15), (READ, 0x80C),
        (READ, 0x1010), (WRITE, 0x1014, 5, 15), (READ, 0x1FFC), (READ, 0x0),
        (READ, 0x100), (READ, 0x108), (WRITE, 0x100, 5, 15), (READ, 0x120), (WRITE, 0x120, 0, 15),
        (WRITE, 0x4, 0, 15), (READ, 0x4), (READ, 0x8), (WRITE, 0x8, 1, 15),
    ]  # fmt: skip
    assert logic.run(operations) == [
        (0, 0), (0, 0), (0, 0), (0x11229944, 0), (0xAABBCCDD, 0), (0, 0),
        (0x55AA55AA, 0), (0, 2), (0x55AA55AA, 0),
        (0x10, 0), (0, 0), (0xFFC, 2), (0, 0),
        (0xDEADBEEF, 0), (0, 0), (0, 0), (0xFFFFFFFF, 2), (0, 2),
        (0, 2), (7, 0), (0, 2), (0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("errors", "responses"), [("unmapped", (2, 0, 0)), ("none", (0, 0, 0))])
def test_which_accesses_end_with_an_error(tmp_path, errors, responses):
    logic = Logic(codegen.loads(MAP), tmp_path, errors=errors)
    answers = logic.run([(READ, 0x20), (WRITE, 0x4, 0, 15), (READ, 0x8)])
    assert tuple(response for _, response in answers) == responses


def test_hardware_reads_the_memory_that_software_writes(tmp_path):
    logic = Logic(codegen.loads(MAP), tmp_path)
    before = [(WRITE, 0x408, 0xC0FFEE, 15), *logic.given("ram.addr", 2), (CLOCKS, 2)]
    assert logic.told(logic.run([*before, *logic.all_told()])[1:], "ram.rd_data") == 0xC0FFEE
