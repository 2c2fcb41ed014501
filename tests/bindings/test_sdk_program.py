"""Programs written in C for the vendor's library, on the emulated card: preloaded, and linked to it."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hal._binding.sdk.discovery import emulator_path
from tests.bindings.gcc import GCC, compile_c
from tests.support import ROOT
from tests.support.cards import make_shared_card
from tests.support.processes import LIMIT

AFI = b"agfi-080817d089f3cd2ed"
pytestmark = pytest.mark.skipif(GCC is None, reason="gcc is not installed")


def run(program, **environment):
    env = {name: value for name, value in os.environ.items() if name != "HAL_EMULATOR"}
    return subprocess.run(
        [str(program)], capture_output=True, text=True, env={**env, **environment}, check=False, timeout=LIMIT
    )


def sdk_functions():
    """Names of all functions that the SDK's headers declare."""
    headers = [(ROOT / "bindings" / "include" / name).read_text() for name in ("fpga_sdk.h", "fpga_sdk_extra.h")]
    names = r"fpga_(?:pci|mgmt|dma)_\w+|aws_clkgen_\w+|mmcm_\w+|log_init\w*|log_attach|_log_\w+"
    functions = re.compile(rf"^(?:int|void|const char \*) ?({names})\(", re.MULTILINE)
    return sorted({name for header in headers for name in functions.findall(header)})


def assert_all_was_well(result):
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert not [line for line in lines if line.startswith("FAIL")]
    assert f"     slot 0: loaded, {AFI.decode()}, shell 0x10212415, device 0xf004" in lines
    assert "     channels 0x20" in lines
    assert "     a1 100.000 b0 250.000 c0 200.000 hbm 300.000 MHz" in lines


@pytest.fixture(scope="module")
def stub(tmp_path_factory):
    """A library of the vendor's name whose functions do nothing."""
    folder = tmp_path_factory.mktemp("stub")
    (folder / "stub.c").write_text("".join(f"int {name}(void) {{ return 24; }}\n" for name in sdk_functions()))
    library = folder / "libfpga_mgmt.so.1"
    compile_c("-shared", "-fPIC", "-Wl,-soname,libfpga_mgmt.so.1", folder / "stub.c", "-o", library)
    return library


def test_preloaded(tmp_path, stub):
    """The program was linked to the vendor's library; the card takes its place."""
    program = tmp_path / "program"
    compile_c(ROOT / "tests" / "c" / "sdk_program.c", stub, f"-Wl,-rpath,{stub.parent}", "-o", program)
    assert_all_was_well(run(program, LD_PRELOAD=emulator_path()))


def test_linked(tmp_path):
    program, card = tmp_path / "program", Path(emulator_path())
    compile_c(ROOT / "tests" / "c" / "sdk_program.c", card, f"-Wl,-rpath,{card.parent}", "-o", program)
    assert_all_was_well(run(program))


def test_a_shared_card_that_is_named_and_does_not_exist(tmp_path):
    """A misspelt name is told, and makes no card."""
    program, card = tmp_path / "program", Path(emulator_path())
    compile_c(ROOT / "tests" / "c" / "sdk_program.c", card, f"-Wl,-rpath,{card.parent}", "-o", program)
    folder = tmp_path / "cards"
    make_shared_card("bench", {"HAL_EMULATOR_DIR": str(folder)})
    failed = run(program, HAL_EMULATOR_DIR=str(folder), HAL_EMULATOR="benhc")
    assert failed.returncode != 0
    assert failed.stderr == (
        f"hal card: no shared card 'benhc' in {folder} (there are: bench); make it with: hal emulator create benhc\n"
    )
    assert [path.name for path in folder.iterdir()] == ["bench.card"]
    assert_all_was_well(run(program, HAL_EMULATOR_DIR=str(folder), HAL_EMULATOR="bench"))


def test_the_library_exports_the_interface_and_no_more():
    names = subprocess.run(
        ["nm", "-D", "--defined-only", emulator_path()], capture_output=True, text=True, check=True, timeout=LIMIT
    )
    exported = {line.split()[2] for line in names.stdout.splitlines() if line.split()[1] == "T"}
    tables = ("card", "dma", "interrupt", "logic", "served")
    assert exported == {*sdk_functions(), *(f"hal_{table}_get_api" for table in tables)}
    assert len(sdk_functions()) == 41 + 11 + 9 + 7  # the SDK's own; its DMA, MMCMs and log
    data = {line.split()[2] for line in names.stdout.splitlines() if line.split()[1] in "BDR"}
    assert data == {"logger_stdout", "logger_kmsg", "logger_default"}


# -- what only C programs call ----------------------------------------------------------------------------------------


class Options(ctypes.Structure):
    _fields_ = (
        ("slot_id", ctypes.c_int),
        ("afi_id", ctypes.c_char_p),
        ("flags", ctypes.c_uint32),
        ("clock_mains", ctypes.c_uint32 * 3),
        ("reserved", ctypes.c_uint8 * 992),
    )


class Info(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (
        ("status", ctypes.c_int),
        ("status_q", ctypes.c_int),
        ("slot_id", ctypes.c_int),
        ("afi_id", ctypes.c_char * 64),
        ("rest", ctypes.c_uint8 * 632),
    )


@pytest.fixture
def card(slot):
    """The card's functions as a C program sees them, on a cleared slot."""
    del slot
    return ctypes.CDLL(emulator_path())


def test_loads_with_options(card):
    assert (ctypes.sizeof(Options), ctypes.sizeof(Info)) == (1024, 708)
    options, info = Options(reserved=(ctypes.c_uint8 * 992)(*[7] * 992)), Info()
    assert card.fpga_mgmt_init_load_local_image_options(ctypes.byref(options)) == 0
    assert bytes(options) == bytes(1024)
    options.afi_id = AFI
    assert card.fpga_mgmt_load_local_image_sync_with_options(ctypes.byref(options), 2500, 2, ctypes.byref(info)) == 0
    assert (info.status, info.slot_id, info.afi_id) == (0, 0, AFI)
    assert card.fpga_mgmt_clear_local_image_sync(0, 2500, 2, None) == 0
    assert card.fpga_mgmt_load_local_image_with_options(ctypes.byref(options)) == 0
    assert card.fpga_mgmt_load_local_image_with_options(ctypes.byref(options)) in {0, 3}  # busy, if it comes early
    status, qualifier = ctypes.c_int(2), ctypes.c_int()
    while status.value == 2:
        assert card.fpga_mgmt_get_status(0, ctypes.byref(status), ctypes.byref(qualifier)) == 0
    assert (status.value, qualifier.value) == (0, 0)


def test_options_that_are_wrong(card):
    options = Options()
    assert card.fpga_mgmt_init_load_local_image_options(None) == -22
    assert card.fpga_mgmt_load_local_image_with_options(None) == -22
    assert card.fpga_mgmt_load_local_image_sync_with_options(None, 1, 1, None) == -22
    assert card.fpga_mgmt_load_local_image_with_options(ctypes.byref(options)) == -22
    options.afi_id = b"agfi-0123456789abcdeff"
    assert card.fpga_mgmt_load_local_image_sync_with_options(ctypes.byref(options), 2500, 2, None) == 5
    options.slot_id = 8
    assert card.fpga_mgmt_load_local_image_with_options(ctypes.byref(options)) == -22


def test_calls_before_init_and_after_close():
    code = """
import ctypes, sys
card = ctypes.CDLL(sys.argv[1])
value = ctypes.c_uint16()
calls = (
    lambda: card.fpga_mgmt_describe_local_image(0, None, 0),
    lambda: card.fpga_mgmt_load_local_image(0, b"agfi-080817d089f3cd2ed"),
    lambda: card.fpga_mgmt_clear_local_image(0),
)
switches = (
    lambda: card.fpga_mgmt_get_vLED_status(0, ctypes.byref(value)),
    lambda: card.fpga_mgmt_set_vDIP(0, 5),
    lambda: card.fpga_mgmt_get_vDIP_status(0, ctypes.byref(value)),
)
print([call() for call in calls], [call() for call in switches], value.value)
print(card.fpga_pci_init(), card.fpga_mgmt_init(), card.fpga_mgmt_clear_local_image(0))
print(card.fpga_mgmt_close(), [call() for call in calls], [call() for call in switches])
"""
    result = subprocess.run(
        [sys.executable, "-c", code, emulator_path()], capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert (result.stdout, result.stderr) == (
        "[24, 24, 24] [0, 0, 0] 5\n0 0 0\n0 [24, 24, 24] [0, 0, 0]\n",
        "",
    )
