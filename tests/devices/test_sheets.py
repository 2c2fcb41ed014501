"""What notebooks and rich show."""

from __future__ import annotations

import html
import re

import pytest
from rich.console import Console

import hal
from hal.texts.sheets import as_html, sheet_of
from tests.fuzz.hostile import SENTINEL, TEXTS
from tests.support import MAPS
from tests.support.dut import load_class

Widget = hal.load_map(MAPS / "widget.yaml")


@pytest.fixture
def dev(slot):
    with Widget.open(0, slot.library) as device:
        yield device


def cells(thing):
    return [html.unescape(cell) for cell in re.findall(r"<td[^>]*>([^<]*)</td>", thing._repr_html_())]


def test_a_device_shows_what_it_declares_and_reads_nothing(dev):
    with dev.slot.emulator.trace() as trace:
        shown = cells(dev)
    assert trace == []
    assert shown[4:8] == ["ctrl", "0x4", "register, 32 bits, rw", ""]
    assert [name for name in shown if name == "bank[4]"] == ["bank[4]"]
    assert "memory, 4096 bytes, rw" in shown
    assert sheet_of(dev).title == "Widget on slot 0"
    dev.close()
    assert "closed" in dev._repr_html_()


def test_blocks_stand_in_blocks_arrays_of_them_once(slot):
    with hal.load_map(MAPS / "blinker.yaml").open(0, slot.library) as device:
        sheet = sheet_of(device)
        assert [part.title for part in sheet.parts] == ["ch[0]"]
        assert sheet.parts[0].rows == [("level", "0x100", "register, 32 bits, rw", "")]
        assert sheet_of(device.ch[2]).rows == [("level", "0x120", "register, 32 bits, rw", "")]
        assert sheet_of(device.ch).rows == [(f"ch[{n}]", hex(0x100 + 0x10 * n)) for n in range(4)]


def test_a_register_is_read_once(dev):
    dev.ctrl.modify(mode=5, gain=-3)
    with dev.slot.emulator.trace() as trace:
        shown = cells(dev.ctrl)
    assert len(trace) == 1
    assert shown[5:15] == ["15:8", "gain", "-3", "rw", "", "7", "armed", "True", "rw", ""]
    assert sheet_of(dev.ctrl).title == "widget.ctrl (app BAR 0, 0x4) = 0x0000fdd0"


def test_a_notebook_reads_a_register_once_for_all_forms(dev):
    """As IPython's formatter asks; in a terminal the text alone is shown of what it gets."""
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    dev.ctrl.mode = 1
    with dev.slot.emulator.trace() as trace:
        shown, _ = formatter.format(dev.ctrl)
    assert len(trace) == 1
    assert shown["text/plain"] == repr(dev.ctrl)
    assert shown["text/html"] == dev.ctrl._repr_html_()
    with dev.slot.emulator.trace() as trace:
        assert "not read, because" in formatter.format(dev.fifo)[0]["text/plain"]
    assert trace == []


def test_facts_are_lines_with_ids_in_hex(dev):
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    shown = formatter.format(dev.slot.describe())[0]["text/plain"].splitlines()
    assert shown[0] == "slot 0: loaded"
    assert ["vendor_id", "0x1d0f"] in [line.split() for line in shown]
    assert formatter.format(dev.slot.metrics())[0]["text/plain"].startswith("metrics\nint_status ")


def test_the_clocks_of_a_slot(dev, slot):
    assert repr(dev.slot.clocks) == "<clocks of slot 0>"
    assert "no AFI with a clock generator" in dev.slot.clocks._repr_html_()
    slot.load("agfi-080817d089f3cd2ed")
    assert cells(slot.clocks) == cells(slot.clocks.get())
    assert "clk_extra_a1" in cells(slot.clocks)


def test_what_can_t_or_must_not_be_read_says_so(dev):
    with dev.slot.emulator.trace() as trace:
        assert sheet_of(dev.fifo).title.endswith(": not read, because reading changes it")
        assert sheet_of(dev.command).title.endswith(": write-only")
        assert sheet_of(dev.sink).rows == ()
    assert trace == []
    dev.slot.emulator.fault("bus-dead=ocl")
    assert sheet_of(dev.ctrl).title.endswith(": BusTimeoutError")
    assert sheet_of(dev.ram).title.endswith(": BusTimeoutError")
    dev.slot.emulator.fault("")


def test_a_memory_shows_its_first_words(dev):
    dev.ram.write(0, range(100))
    assert cells(dev.ram)[:4] == [
        "0x0", "00000000 00000001 00000002 00000003", "0x10", "00000004 00000005 00000006 00000007"
    ]  # fmt: skip
    assert len(cells(dev.ram)) == 32
    assert cells(dev.bytes)[:2] == ["0x0", " ".join(["00"] * 16)]


def test_snapshots_and_what_differs(dev):
    before = dev.snapshot()
    dev.ctrl.mode = 5
    differences = before.diff(dev.snapshot())
    assert cells(differences) == ["ctrl.mode", "OFF", "FAST"]
    assert differences == [("ctrl.mode", 0, 5)]
    assert "no difference" in before.diff(before)._repr_html_()
    shown = cells(before)
    assert shown[shown.index("ctrl") :][:3] == ["ctrl", "0x00000080", "go=0, mode=OFF, armed=True, gain=0, ratio=0.0"]


def test_cards_say_ids_in_hex(dev):
    info = dev.slot.describe()
    shown = cells(info)
    assert shown[shown.index("vendor_id") + 1] == "0x1d0f"
    assert shown[shown.index("app.address") + 1] == "0000:34:00.0"
    assert "0x1d0f" in cells(dev.slot)
    assert "ddr_read_count" in cells(dev.slot.metrics())


def test_many_rows_are_cut(slot):
    device = load_class("schema: 1\nname: dut\nregisters: {r: {offset: 0, count: 5000, stride: 4}}\n")
    with device.open(0, slot.library) as dut:
        assert len(cells(dut.r)) == 2000
        assert "and 4000 more" in dut.snapshot()._repr_html_()


@pytest.mark.parametrize("text", [text for text in TEXTS if text.isprintable() and len(text) < 300])
def test_texts_of_maps_stay_texts(slot, text):
    register = f"{{offset: 0, description: {text!r}, fields: {{f: {{bits: 0, description: {text!r}}}}}}}"
    try:
        driver = load_class(f"schema: 1\nname: dut\nregisters: {{r: {register}}}\n")
    except hal.MapError:
        return
    with driver.open(0, slot.library) as dut:
        for thing in (dut, dut.r):
            page = as_html(thing)
            assert not re.search(rf"<(?!/?(div|p|b|table|thead|tbody|tr|th|td|details|summary)\b)[^>]*{SENTINEL}", page)
            assert "<script" not in page
            assert "onerror" not in re.sub(r">[^<]*<", "><", page)


def test_rich_prints_the_same(dev, capsys):
    Console(width=200, no_color=True).print(dev.ctrl)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "widget.ctrl (app BAR 0, 0x4) = 0x00000080"
    assert lines[1].split() == ["bits", "field", "value", "access", "description"]
    assert lines[2].split() == ["31:24", "ratio", "0.0", "rw"]
