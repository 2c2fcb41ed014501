"""Reads of memories in prefetchable BARs: as wide as the BAR and the map allow, and of nothing that was not asked for."""

from __future__ import annotations

import ctypes
import json
from array import array
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

import codegen
import hal
from hal._binding.bus.handles import handle_address, handle_fill
from hal._native import lib
from tests.bindings.gcc import GCC, compile_c
from tests.support import ROOT
from tests.support.cards import fresh_slot
from tests.support.processes import run_python

LINE = 64
FAR = """
space: {pf: app, bar: 4}
registers: {flags: {offset: 0x0, access: rc, reset: 0xFF}}
memories:
  words: {offset: 0x4, size: 804}
  bytes: {offset: 0x401, size: 301, width: 8}
  halves: {offset: 0x604, size: 300, width: 16}
  rows: {offset: 0x804, size: 352, width: 128}
  narrow: {offset: 0xA04, size: 200, access_width: 32}
  longs: {offset: 0xC08, size: 400, width: 64}
  lines: {offset: 0x1004, size: 900, burst: true}
  texts: {offset: 0x1403, size: 333, width: 8, burst: true}
  shorts: {offset: 0x1604, size: 300, width: 16, burst: true}
  wide_lines: {offset: 0x1808, size: 704, access_width: 64, burst: true, access: ro}
"""
MAP = f"schema: 1\nname: far{FAR}"
CONTENT = b"".join((place * 0x9E3779B97F4A7C15 % 2**64 | 1).to_bytes(8, "little") for place in range(0x400))
# Bits of a word, of a bus access, and of the widest read.
WIDTHS = {
    "words": (32, 32, 64),
    "bytes": (8, 8, 64),
    "halves": (16, 32, 64),
    "rows": (128, 32, 64),
    "narrow": (32, 32, 32),
    "longs": (64, 64, 64),
    "lines": (32, 32, 512),
    "texts": (8, 8, 512),
    "shorts": (16, 32, 512),
    "wide_lines": (32, 64, 512),
}
READING = """
import hal, json, sys
with hal.load_map(sys.argv[1]).open(0, "emulator") as dev:
    found = []
    for path, start, count in json.loads(sys.argv[2]):
        memory = dev.find(path)
        room = bytearray(count * memory.width // 8)
        with dev.slot.emulator.trace() as trace:
            memory.readinto(room, start)
        found.append([room.hex(), [[one.offset, one.width, one.value] for one in trace]])
    print(json.dumps([hal.accelerated, found]))
"""


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    file = tmp_path_factory.mktemp("far") / "far.yaml"
    file.write_text(MAP)
    with fresh_slot(), hal.load_map(file).open(0) as device:
        for place in range(0, len(CONTENT), 8):
            device.slot.emulator.poke(0, 4, place, int.from_bytes(CONTENT[place : place + 8], "little"), 64)
        yield device


def accesses_of(start, end, bus, widest):
    """Offsets and bits of what a read of some bytes takes, by the rule as it is told."""
    step, place, found = bus // 8, start - start % (bus // 8), []
    while start < end and place < end:
        whole = place >= start
        if whole and widest == LINE * 8 and place % LINE == 0 and end - place >= LINE:
            size = LINE
        elif whole and widest > bus and place % 8 == 0 and end - place >= 8:
            size = 8
        else:
            size = step
        found.append((place, size * 8))
        place += size
    return found


@given(name=st.sampled_from(sorted(WIDTHS)), data=st.data())
def test_a_read_takes_the_widest_accesses_that_lie_in_it(far, name, data):
    memory, (width, bus, widest) = getattr(far, name), WIDTHS[name]
    assert (memory.width, memory.access_width, memory.read_width) == (width, bus, widest)
    start = data.draw(st.integers(0, len(memory)), "start")
    count = data.draw(st.integers(0, len(memory) - start), "count")
    at, room = memory.address + start * width // 8, bytearray(count * width // 8)
    with far.slot.emulator.trace() as trace:
        memory.readinto(room, start)
    assert room == CONTENT[at : at + len(room)]
    assert {one.action for one in trace} <= {"read"}
    wanted = accesses_of(at, at + len(room), bus, widest)
    assert [(one.offset, one.width) for one in trace] == wanted
    for one in trace:
        assert one.value.to_bytes(one.width // 8, "little") == CONTENT[one.offset :][: one.width // 8]


def test_no_register_beside_a_memory_is_read(far):
    before = far.slot.emulator.peek(0, 4, 0)
    assert far.words[0:2].tolist() == [int.from_bytes(CONTENT[at : at + 4], "little") for at in (4, 8)]
    assert far.slot.emulator.peek(0, 4, 0) == before != 0


def test_reads_of_words_and_of_the_untraced_card_are_the_same(far):
    for name in WIDTHS:
        memory = getattr(far, name)
        assert list(memory.read()) == [memory[place] for place in range(len(memory))] == list(memory)


def test_a_dead_bus_is_all_ones_and_counts_timeouts(far):
    emulator = far.slot.emulator
    far.slot.describe()
    try:
        emulator.fault("bus-dead=pcis")
        assert set(far.lines[15:31]) == {0xFFFFFFFF}
    finally:
        emulator.fault("")
    assert far.slot.metrics().dma_pcis_timeout_count == 1


def test_both_kinds_of_accessors_make_the_same_accesses(tmp_path):
    file = tmp_path / "far.yaml"
    file.write_text(MAP)
    jobs = json.dumps([[name, start, count] for name in WIDTHS for start, count in ((0, 20), (1, 1), (3, 17), (5, 15))])
    found = []
    for pure in ("0", "1"):
        done = run_python(READING, file, jobs, environment={"HAL_PURE_CFFI": pure, "HAL_CARD_TIME_SCALE": "0.01"})
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert [accelerated for accelerated, _ in found] == [True, False]
    assert found[0][1] == found[1][1]


def test_entries_and_snapshots_are_read_so_too(tmp_path):
    (tmp_path / "ring.yaml").write_text(
        "schema: 1\nname: ring\nspace: {pf: app, bar: 4}\n"
        "types: {entry: {registers: {low: {offset: 0}, high: {offset: 4}}}}\n"
        "memories: {ring: {offset: 0x40, entry: entry, count: 16, burst: true}}\n"
    )
    with fresh_slot(), hal.load_map(tmp_path / "ring.yaml").open(0) as dev, dev.slot.emulator.trace() as trace:
        dev.ring.words.read()
        dev.snapshot(memories=True)
        assert dev.ring[3].high.value == 0
    assert [one.width for one in trace] == [512, 512, 512, 512, 32]


def test_a_recording_holds_its_words_and_is_replayed(tmp_path):
    """What goes through a mapping is no call that could be written down."""
    (tmp_path / "far.yaml").write_text(MAP)
    driver = hal.load_map(tmp_path / "far.yaml")
    with fresh_slot(), driver.open(0) as dev:
        dev.lines[0:60] = range(60)
        with dev.record(tmp_path / "tape.json"), dev.slot.emulator.trace() as trace:
            assert list(dev.lines.read(1, 40)) == list(range(1, 41))
        assert [one.width for one in trace] == [64] * 20
    with hal.replay(tmp_path / "tape.json") as library, driver.open(0, library) as again:
        assert list(again.lines.read(1, 40)) == list(range(1, 41))


def test_a_driver_says_what_is_not_usual():
    def lines(text):
        return [line for line in codegen.render_python(codegen.loads(text)).splitlines() if "memory(" in line]

    head = "schema: 1\nname: m\nspace: {pf: app, bar: 4}\nmemories: {m: {offset: 0, size: 64"
    for said, line in (
        ("", "hal.memory(0x0, 0x40, width=32)"),
        (", width: 16", "hal.memory(0x0, 0x40, width=16)"),
        (", access_width: 32", "hal.memory(0x0, 0x40, width=32, access_width=32)"),
        (", burst: true", "hal.memory(0x0, 0x40, width=32, burst=True)"),
        (", access_width: 32, burst: true", "hal.memory(0x0, 0x40, width=32, burst=True)"),
        (", width: 64, access_width: 64", "hal.memory(0x0, 0x40, width=64)"),
    ):
        assert lines(f"{head}{said}}}}}") == [f"    m = {line}"]
    digests = [codegen.loads(f"{head}{said}}}}}").digest for said in ("", ", access_width: 32", ", burst: true")]
    assert len(set(digests)) == len(digests)


def test_a_card_says_which_of_its_bars_are_prefetchable(tmp_path):
    file = tmp_path / "own.yaml"
    for said, wide in (("", 32), (", prefetchable: [4]", 64)):
        file.write_text(
            f"schema: 1\nname: own\ncard: {{bars: {{0: 1KiB, 4: 64KiB}}{said}}}\nspace: {{pf: app, bar: 4}}\n"
            "memories: {m: {offset: 0, size: 64}}\n"
        )
        with fresh_slot(), hal.load_map(file).open(0) as dev:
            assert dev.m.read_width == wide
            with dev.slot.emulator.trace() as trace:
                dev.m[0:8] = range(8)
                assert list(dev.m[0:8]) == list(range(8))
            assert [one.width for one in trace if one.action == "read"] == [wide] * (8 * 32 // wide)


def test_a_bar_that_the_machine_does_not_combine_is_attached_plainly(tmp_path):
    """BAR 2 of the emulated card is not burst capable, whatever a map says of another card."""
    (tmp_path / "own.yaml").write_text(
        "schema: 1\nname: own\ncard: {bars: {0: 1KiB, 2: 64KiB}, prefetchable: [2]}\n"
        "blocks: {b: {space: {pf: app, bar: 2}, offset: 0, memories: {m: {offset: 0, size: 256, burst: true}}}}\n"
        "registers: {r: {offset: 0}}\n"
    )
    driver = hal.load_map(tmp_path / "own.yaml")
    with fresh_slot() as slot, slot.attach(driver, verify=False) as dev:
        dev.b.m[0:64] = range(64)
        assert list(dev.b.m[0:64]) == list(range(64))


@pytest.mark.skipif(GCC is None, reason="needs gcc")
def test_what_a_library_lacks_is_done_without_it_or_told(tmp_path):
    """This one has no burst, no fill and, under its own name, no address of a mapping."""
    source = (ROOT / "tests" / "c" / "mapped_library.c").read_text().replace("fpga_pci_get_address", "own_address")
    (tmp_path / "bare.c").write_text(source)
    library = tmp_path / "libbare.so"
    compile_c("-shared", "-fPIC", tmp_path / "bare.c", "-o", library)
    counts = ctypes.CDLL(str(library))
    with hal.open_slot(0, library=str(library)) as slot:
        bar = slot.bar("app", 4)
        counts.taken_accesses()
        given, found = array("I", range(3)), array("I", [7] * 3)
        bar.write_from(8, given)
        bar.read_into(8, found)
        assert found == given
        assert counts.taken_accesses() == 6
        with pytest.raises(hal.FunctionMissingError):
            bar.fill(0, 1, 4)
        assert (
            handle_fill(slot.library, bar.handle, 0, 1, 4)
            == handle_address(slot.library, bar.handle, 0, 4)[0]
            == lib.HAL_E_MISSING
        )
        assert counts.taken_accesses() == 0


@pytest.mark.skipif(GCC is None, reason="needs gcc")
def test_a_mapping_is_read_by_the_processor(tmp_path):
    """Without the emulated card's control, as with the vendor's library: no function is called for what lies in lines."""
    library = tmp_path / "libmapped.so"
    compile_c("-shared", "-fPIC", ROOT / "tests" / "c" / "mapped_library.c", "-o", library)
    (tmp_path / "far.yaml").write_text(MAP)
    driver, counts = hal.load_map(tmp_path / "far.yaml"), ctypes.CDLL(str(library))
    with hal.open_slot(0, library=str(library)) as slot, slot.attach(driver, verify=False) as dev:
        dev.lines[0:200] = range(200)
        counts.taken_accesses()
        assert list(dev.lines[1:198]) == list(range(1, 198))
        assert counts.taken_flags() == 1  # BURST_CAPABLE
        start, end = 0x1008, 0x1004 + 198 * 4
        through = [width for _, width in accesses_of(start, end, 32, 512) if width != 512]
        streamed = counts.taken_accesses() == len(through)
        assert streamed or "sse4_1" not in Path("/proc/cpuinfo").read_text()
        assert dev.words[0:3].tolist() == [0, 0, 0]
        assert counts.taken_accesses() == 2
