"""Which library is used, and files that are none."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import hal
from tests.support.processes import LIMIT


def test_a_library_that_does_not_exist():
    with pytest.raises(hal.LibraryError, match=r"library /nonexistent\.so: no such file; give an existing path"):
        hal.open_slot(0, library="/nonexistent.so")


def test_an_incomplete_library_names_what_it_lacks(tmp_path):
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    source, library = tmp_path / "part.c", tmp_path / "libpart.so"
    source.write_text("int fpga_pci_init(void) { return 0; }\nint fpga_mgmt_init(void) { return 0; }\n")
    subprocess.run([compiler, "-shared", "-fPIC", str(source), "-o", str(library)], check=True, timeout=LIMIT)
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
    with pytest.raises(hal.LibraryError, match="none of sdk, emulator and pci"):
        hal.open_slot(0, library="emulater")
