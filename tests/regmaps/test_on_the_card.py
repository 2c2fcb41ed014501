"""The shipped maps on the emulated card behave as the vendor's tables say, row by row."""

from __future__ import annotations

import csv
import time

import pytest

import hal
from hal import walk
from tests.support import FACTS
from tests.support.cards import on_card

# The vendor's words for what UVM calls a policy.
ACCESS = {"RO": "ro", "RW": "rw", "RW1C": "w1c", "RW0C": "w0c", "RWC": "wc"}
# (map, table, column of the offset, function, BAR)
TABLES = [
    ("cl_sde", "cl_sde_csrs.csv", "bar4_offset", (0, 4)),
    ("cl_mem_perf", "cl_mem_perf_ocl.csv", "bar0_offset", (0, 0)),
    ("aws_clk_gen", "aws_clk_gen.csv", "mgmt_bar4_offset", (1, 4)),
    ("cl_mem_perf", "aws_clk_gen.csv", "mgmt_bar4_offset", (1, 4)),
]
# The table gives a parameter of the design in place of a number: descriptors of 64 bytes in a RAM of 4 KiB.
PARAMETERS = {"C2H_DESC_RAM_DEPTH": 64, "H2C_DESC_RAM_DEPTH": 64}
# Where the table says 0 and the running logic shows something else, 200 clocks after its reset.
LOGIC_RESETS = {
    **dict.fromkeys(("C2H_PRESENT", "H2C_PRESENT", "DESC_EMPTY", "BUF_EMPTY", "AUX_FIFO_EMPTY"), 1),
    "DESC_RAM_DEPTH": 64,
    "NUM_FREE_ENTRIES": 0x1FF,
}


def table(file, column):
    """Fields by register offset: lowest bit, width, access, reset, name."""
    found: dict = {}
    with (FACTS / file).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["field"] == "RSVD" and row["access"] == "RO":
                continue
            msb, _, lsb = row["bits"].partition(":")
            low = int(lsb or msb)
            fields = found.setdefault(int(row[column], 16), {})
            reset = PARAMETERS.get(row["reset"]) or (int(row["reset"], 0) if row["reset"].strip() else None)
            reset = LOGIC_RESETS.get(row["field"], reset)
            fields[low] = (int(msb) - low + 1, ACCESS[row["access"]], reset, row["field"])
    return found


def opened(slot, name):
    return on_card(slot, hal.load_map(name))


@pytest.mark.parametrize(("name", "file", "column", "space"), TABLES)
def test_every_register_of_the_table_is_in_the_map(name, file, column, space):
    rows = {row.address: row for row in walk(hal.load_map(name)) if (row.pf, row.bar) == space}
    facts = table(file, column)
    assert set(facts) <= set(rows)
    for offset, fields in facts.items():
        here = {item.lsb: item for item in rows[offset].fields}
        for low, (width, access, _, field) in fields.items():
            assert (here[low].width, here[low].access) == (width, access), f"{offset:#x} {field}"


@pytest.mark.parametrize(("name", "file", "column", "space"), TABLES)
def test_every_reset_value_is_read_back(slot, name, file, column, space):
    slot.emulator.fault("clkgen-reset")  # what it holds stays as it was at reset: an HBM that is not ready
    device = opened(slot, name)
    checked = 0
    for offset, fields in table(file, column).items():
        node = device.find(path_at(device, space, offset))
        raw = node.read()
        for low, (width, _, reset, field) in fields.items():
            if reset is None:
                continue
            assert (raw >> low) & ((1 << width) - 1) == reset, f"{node!r} {field}"
            checked += 1
    assert checked > 10


def path_at(device, space, offset):
    path = device._design.locate(space, offset)
    assert path, f"{offset:#x}"
    return path


def after_write(access, stored, value):
    return {"rw": value, "w1c": stored & ~value, "w0c": stored & value, "wc": 0}[access]


def write_and_check(device, slot, space, offset, fields):
    """Every field of a register: written alone, or with its register where any write acts on a neighbour."""
    node = device.find(path_at(device, space, offset))
    for item in node._shape.fields.values():
        access = fields[item.lsb][1]
        if access == "ro":
            with pytest.raises(hal.AccessError):
                setattr(node, item.name, 0)
            continue
        every = (1 << item.width) - 1
        for stored in (0, every):
            for value in (0, every, every & 0x5A5A5A5A):
                others = slot.emulator.peek(*space, offset) & ~item.mask
                slot.emulator.poke(*space, offset, others | stored << item.lsb)
                if item.writable:
                    setattr(node, item.name, value)
                else:
                    node.write(**{item.name: value})
                assert getattr(node, item.name) == after_write(access, stored, value), f"{node!r} {item.name}"
                if item.writable:
                    assert slot.emulator.peek(*space, offset) & ~item.mask == others, f"{node!r} {item.name}"
    return 1


def test_every_field_of_cl_sde_is_written_and_read_as_its_access_says(slot):
    device = opened(slot, "cl_sde")
    facts = table("cl_sde_csrs.csv", "bar4_offset")
    assert sum(write_and_check(device, slot, (0, 4), offset, fields) for offset, fields in facts.items()) == 56


def test_every_plain_field_of_cl_mem_perf_is_written_and_read(slot):
    """Those of the frequency counter and the HBM's status are driven by models."""
    device = opened(slot, "cl_mem_perf")
    facts = table("cl_mem_perf_ocl.csv", "bar0_offset")
    plain = {offset: fields for offset, fields in facts.items() if offset != 0x300 and not 0x600 <= offset < 0x700}
    assert sum(write_and_check(device, slot, (0, 0), offset, fields) for offset, fields in plain.items()) == len(plain)


def test_descriptor_memories_of_cl_sde_are_write_only(slot):
    device = opened(slot, "cl_sde")
    memories = list(device.memories())
    assert [(memory.address, memory.size) for memory in memories] == [(0, 4096), (4096, 4096)]
    for memory in memories:
        memory[0:2] = [1, 2]
        with pytest.raises(hal.AccessError):
            memory[0]
    assert [slot.emulator.peek(0, 4, at) for at in (0, 4, 0x1000, 0x1004)] == [1, 2, 1, 2]


def test_the_directions_of_cl_sde_are_there_and_empty(slot):
    device = opened(slot, "cl_sde")
    assert (device.pcis.sde_info.c2h_present, device.pcis.sde_info.h2c_present) == (1, 1)
    for way in (device.c2h, device.h2c):
        assert way.descriptor.descriptor_info.desc_ram_depth == 0x40
        assert way.descriptor.descriptor_credit_limit_counter.cdt_limit == 0x40
        assert way.descriptor.descriptor_ram_status.desc_empty == 1
        assert (way.buffer.buffer_status.buf_empty, way.buffer.buffer_status.aux_fifo_empty) == (1, 1)
    assert device.h2c.buffer.number_of_entries_in_buffer.num_free_entries == 0x1FF


def test_the_hbm_of_cl_mem_perf_becomes_ready(slot):
    """Both stacks, some time after the load and after each reset: the word reads 6."""
    device = opened(slot, "cl_mem_perf")
    status = device.hbm.hbm_ctl_status
    status.wait_for(timeout=10, interval=0.001, ready=3)
    assert status.read() == 6
    status.rst = 1
    assert status.read() == 1
    status.rst = 0
    status.wait_for(timeout=10, interval=0.001, ready=3)
    assert status.read() == 6


def test_the_hbm_waits_for_its_resets(slot):
    """Where the design begins in reset: once the MMCMs have locked and software has released it."""
    slot.emulator.fault("clkgen-reset")
    device = opened(slot, "cl_mem_perf")
    lock, resets = device.clk_gen.mmcm_lock, device.clk_gen.sys_rst
    lock.wait_for(timeout=10, interval=0.001, mmcm_a=1, mmcm_b=1, mmcm_c=1, mmcm_hbm=1)
    assert (lock.read(), resets.read()) == (0x151, 0x3FE)
    time.sleep(0.05)
    assert device.hbm.hbm_ctl_status.ready == 0
    resets.write(0)
    device.hbm.hbm_ctl_status.wait_for(timeout=10, interval=0.001, ready=3)
    resets.write(0x200)
    assert device.hbm.hbm_ctl_status.ready == 0
