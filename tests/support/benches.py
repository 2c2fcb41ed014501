"""cocotb benches in Icarus Verilog, in a process of their own."""

from __future__ import annotations

import importlib.util
import os
import sys

from tests.support import ROOT
from tests.support.processes import run_python
from tests.support.tools import needs

THERE = importlib.util.find_spec("cocotb") is not None and importlib.util.find_spec("cocotbext") is not None
needs_cocotb = needs("cocotb", there=THERE)

_RUNNER = """
from cocotb_tools.runner import get_runner
runner = get_runner("icarus")
runner.build(sources=[{source!r}], hdl_toplevel={top!r}, build_dir="sim", build_args=["-g2012"], timescale=("1ns", "1ps"))
runner.test(hdl_toplevel={top!r}, test_module={module!r}, build_dir="sim", test_dir=".")
"""


def run_bench(folder, source, top, module):
    """What a module with cocotb's tests in a folder prints. Fails where one of its tests does."""
    done = run_python(
        _RUNNER.format(source=str(source), top=top, module=module),
        fresh=True,
        cwd=folder,
        environment={
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT), *sys.path]),
            "HAL_LIBRARY": "emulator",
            "COCOTB_LOG_LEVEL": "WARNING",
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
