"""Simulated logic for tests: the library of tests/cosim/gadget.sv, built once for all of a run.

Where a tool is missing the tests are skipped and say so, or fail where HAL_TEST_TOOLS has "cosim".
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

import hal
from hal.cosim.library_build import Recipe, build_library
from hal.cosim.tools import HEADERS, check_tools, find_compiler, has_header
from hal.emulator.design_text import design_text
from tests.support import ROOT
from tests.support.tools import required

GADGET = ROOT / "tests" / "cosim" / "gadget.sv"
GADGET_MAP = GADGET.with_suffix(".yaml")
SMALL_CL_MAP = GADGET.with_name("small_cl.yaml")


def require_tools():
    missing = [check.text for check in check_tools() if check.state == "fail"]
    if missing and "cosim" in required():
        pytest.fail(missing[0])
    if missing:
        pytest.skip(missing[0])


def require_fst():
    """Headers for FST waves; HAL_TEST_TOOLS has "fst" where they must be there."""
    require_tools()
    missing = [package for header, package in HEADERS["fst"].items() if not has_header(find_compiler(), header)]
    if missing and "fst" in required():
        pytest.fail(f"needs {missing[0]}")
    if missing:
        pytest.skip(f"needs {missing[0]}")


def library_of(name, *, files, **recipe):
    """A library by name, made by whichever process comes first; the others of this run wait for it.

    What is compiled stays in build/cache. Verilator runs among the files, so that their place makes no other text.
    """
    if "arguments" not in recipe:
        recipe["within"] = Path(os.path.commonpath([file.parent for file in files]))
        files = [file.relative_to(recipe["within"]) for file in files]
    folder = Path(os.environ["HAL_CACHE"]) / "cosim"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"lib{name}.so"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("HAL_CACHE", str(ROOT / "build" / "cache"))
                build_library(Recipe(output=path, files=files, **recipe))
    return path


@pytest.fixture(scope="session")
def gadget_class():
    return hal.load_map(GADGET_MAP)


@pytest.fixture(scope="session")
def gadget_library(gadget_class):
    require_tools()
    design = gadget_class._design
    return library_of(
        "gadget", top="gadget", files=[GADGET], waves="vcd", design=design_text(design), afi=design.afi_id
    )


@pytest.fixture(scope="session")
def small_cl_library():
    """tests/cosim/small_cl.sv, on the F2 shell's ports."""
    require_tools()
    design = hal.load_map(SMALL_CL_MAP)._design
    source = SMALL_CL_MAP.with_suffix(".sv")
    return library_of(
        "small_cl", top="small_cl", files=[source], waves="vcd", design=design_text(design), afi=design.afi_id
    )


@pytest.fixture
def small_cl(small_cl_library):
    """Its device, as after its configuration."""
    with hal.open_slot(0, small_cl_library) as opened:
        driver = hal.load_map(SMALL_CL_MAP)
        opened.dip = 0
        opened.load(driver.afi_id())
        yield opened.attach(driver)


@pytest.fixture
def gadget(gadget_class, gadget_library):
    """The gadget on simulated logic, as after its configuration."""
    with hal.open_slot(0, gadget_library) as opened:
        ports = opened.simulation.ports
        ports["fault"] = ports["pins"] = 0
        opened.simulation.idle = 0
        opened.load(gadget_class.afi_id())
        opened.simulation.forget()
        yield opened.attach(gadget_class)
