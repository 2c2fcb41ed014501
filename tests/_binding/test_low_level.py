"""Accesses that the library would not survive, and libraries that are none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap

import pytest

import hal
from tests.support import MAPS, ROOT

HOSTILE = [
    (0xFFFF_FFFF_FFFF_FFFC, hal.AddressError, "past the end"),
    (0xFFFF_FFFF_FFFF_FFFF, hal.AddressError, "access width|past the end"),
    (64 << 20, hal.AddressError, "past the end"),
    ((64 << 20) - 3, hal.AddressError, "access width"),
    (2, hal.AddressError, "access width"),
    (-4, hal.AddressError, "between 0 and 2"),
    (1 << 64, hal.AddressError, "between 0 and 2"),
]


@pytest.mark.parametrize(("offset", "error", "text"), HOSTILE)
def test_hostile_offsets(slot, offset, error, text):
    bar = slot.bar("app", 0)
    with slot.emulator.trace() as trace:
        with pytest.raises(error, match=text):
            bar.peek(offset)
        with pytest.raises(error, match=text):
            bar.poke(offset, 0)
        with pytest.raises(error, match=text):
            bar.read_into(offset, bytearray(8))
        with pytest.raises(error, match=text):
            bar.write_from(offset, bytes(8))
        with pytest.raises(error, match=text):
            bar.fill(offset, 0, 2)
    assert trace == []


def test_the_last_word_can_be_read_and_the_next_not(slot, blinker_class):
    slot.emulator.provide(blinker_class)
    bar = slot.bar("app", 0)
    assert bar.peek((64 << 20) - 4) == 0xFFFF_FFFF
    with pytest.raises(hal.AddressError):
        bar.peek((64 << 20) - 4, width=64)
    with pytest.raises(hal.AddressError):
        bar.read_into((64 << 20) - 4, bytearray(8))


@pytest.mark.parametrize("width", [0, 1, 16, 24, 128, -8])
def test_widths_that_the_bus_lacks(slot, width):
    with pytest.raises(hal.AddressError, match="use 8, 32 or 64"):
        slot.bar("app", 0).peek(0, width=width)


def test_values_that_do_not_fit(slot):
    bar = slot.bar("app", 0)
    for value, width in ((1 << 32, 32), (-1, 32), (256, 8), (1 << 64, 64)):
        with pytest.raises(ValueError, match="nothing was written"):
            bar.poke(0, value, width=width)


def test_a_register_outside_of_its_bar_is_refused(slot):
    """A map can't say this; a class written by hand can."""

    class Far(hal.Register, width=32, reset=0):
        value = hal.rw(31, 0, plan="write")

    class Wrong(hal.Device, name="wrong", pf="app", bar=2, size=0x20000):
        beyond = hal.register(Far, 0x1_0000)
        crooked = hal.register(Far, 0x3)

    with slot.attach(Wrong, verify=False) as device:
        with pytest.raises(hal.AddressError, match=r"wrong\.beyond: .* 0x10000 of app BAR 2 .* past the end"):
            _ = device.beyond
        with pytest.raises(hal.AddressError, match=r"wrong\.crooked: .* access width"):
            _ = device.crooked


def test_detached_bar(slot):
    bar = slot.bar("app", 0)
    bar.detach()
    bar.detach()
    with pytest.raises(hal.ClosedError):
        bar.peek(0)
    with pytest.raises(hal.ClosedError):
        bar.write_from(0, bytes(4))


def test_closed_slot(blinker_class):
    slot = hal.open_slot(0)
    bar = slot.bar("mgmt", 0)
    assert bar.peek(0) == 0x10212415
    slot.close()
    with pytest.raises(hal.ClosedError):
        bar.peek(0)
    for action in (
        slot.describe,
        slot.clear,
        lambda: slot.leds,
        lambda: slot.bar("app", 0),
        lambda: slot.attach(blinker_class),
    ):
        with pytest.raises(hal.ClosedError, match="slot 0 was closed"):
            action()


@pytest.mark.parametrize("number", [-1, 8, 99, "0", None, 1.0])
def test_slots_that_can_not_exist(number):
    with pytest.raises(hal.CardMissingError, match="numbered 0 to 7"):
        hal.open_slot(number)


def test_a_slot_without_a_card():
    with pytest.raises(hal.CardMissingError, match="slot 5"):
        hal.open_slot(5)


def test_bars_that_can_not_exist(slot):
    for bar in (1, 3, 5, -1):
        with pytest.raises(hal.CardMissingError, match="BARs 0, 2 and 4"):
            slot.bar("app", bar)


def test_handles_run_out_with_a_clear_error(slot):
    bars = []
    with pytest.raises(hal.HalError, match="attach of slot 0, app BAR 0") as raised:
        while len(bars) < 100:
            bars.append(slot.bar("app", 0))
    assert 50 < len(bars) <= 64
    assert raised.value.code
    bars.pop().detach()
    assert slot.bar("app", 0).attached


def test_devices_that_are_dropped_give_their_handles_back(slot, blinker_class):
    for _ in range(200):
        blinker_class.open(0).ctrl.enable = 1


def test_a_library_that_does_not_exist():
    with pytest.raises(hal.LibraryError, match=r"library /nonexistent\.so: no such file; give an existing path"):
        hal.open_slot(0, library="/nonexistent.so")


def test_an_incomplete_library_names_what_it_lacks(tmp_path):
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    source, library = tmp_path / "part.c", tmp_path / "libpart.so"
    source.write_text("int fpga_pci_init(void) { return 0; }\nint fpga_mgmt_init(void) { return 0; }\n")
    subprocess.run([compiler, "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    with pytest.raises(hal.LibraryError) as raised:
        hal.open_slot(0, library=library)
    text = str(raised.value)
    assert text.startswith(f"library {library}: lacks fpga_pci_attach, fpga_pci_detach, fpga_pci_peek, ")
    assert "fpga_mgmt_describe_local_image" in text
    assert "fpga_pci_init" not in text
    assert "install the SDK" in text


def test_a_file_that_is_no_library(tmp_path):
    (tmp_path / "text.so").write_text("hello")
    with pytest.raises(hal.LibraryError, match=r"text\.so: .*; install the SDK, or set HAL_LIBRARY"):
        hal.open_slot(0, library=tmp_path / "text.so")


def test_the_sdk_is_not_replaced_silently():
    with pytest.raises(hal.LibraryError, match=r"libfpga_mgmt\.so\.1.*HAL_LIBRARY=emulator works without a card"):
        hal.open_slot(0, library="sdk")


def test_a_name_that_is_no_library():
    with pytest.raises(hal.LibraryError, match="neither sdk nor emulator"):
        hal.open_slot(0, library="emulater")


def run_python(code, *paths, **environment):
    """A fresh interpreter, and what it prints."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), **environment}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, env=env, check=False
    )


def test_fork_after_open():
    result = run_python(
        """
        import os, sys
        import hal
        from hal.maps import load_map
        device = load_map(sys.argv[1] if len(sys.argv) > 1 else MAP).open(0)
        device.ctrl.enable = 1
        child = os.fork()
        if child == 0:
            try:
                device.ctrl.enable
            except hal.ForkedError as error:
                print(error, flush=True)
                os._exit(7)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), device.ctrl.enable)
        """.replace("MAP", repr(str(MAPS / "blinker.yaml")))
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert "was attached by the parent process" in lines[0]
    assert lines[1] == "7 1"


def test_a_driver_runs_on_cffi_alone(tmp_path):
    """No yaml, jinja2, pydantic, click or rich can be imported, and the generated driver works."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from hal.cli import main; main()",
            "generate",
            str(MAPS / "blinker.yaml"),
            "-o",
            str(tmp_path),
        ],
        check=True,
        capture_output=True,
    )
    result = run_python(
        """
        import sys
        for name in ("yaml", "jinja2", "pydantic", "click", "rich", "codegen"):
            sys.modules[name] = None
        from blinker import Blinker
        with Blinker.open(0) as device:
            device.ctrl.enable = 1
            device.table[0] = 3
            print(device.ctrl.enable, device.table[0])
        """,
        tmp_path,
        ROOT,
    )
    assert (result.stdout, result.stderr) == ("1 3\n", "")
