"""Fleets of emulated cards on a Ray cluster of three hosts, in a network namespace of its own."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.processes import run
from tests.support.tools import needs

HERE = Path(__file__).parent


@needs("ray", there=find_spec("ray") is not None, install="pip install 'fpga-hal[fleet]'")
@pytest.mark.timeout(600)
def test_fleets_in_a_namespace(tmp_path):
    done = run(
        *("unshare", "-rn", sys.executable, "-m", "tests.fleet.namespace"),
        *("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout", "300", HERE / "scenarios.py"),
        environment={
            "HAL_LIBRARY": "emulator",
            "HAL_EMULATOR_DIR": str(tmp_path / "cards"),
            "HAL_CARD_TIME_SCALE": "0.01",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        },
        cwd=ROOT,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_without_ray_one_line_says_what_to_install():
    code = """
        import sys
        sys.modules["ray"] = None
        import hal.fleet
        try:
            hal.fleet.connect()
        except hal.fleet.FleetError as error:
            print(error)
    """
    from tests.support.processes import run_python

    assert run_python(code).stdout == "a fleet needs Ray: pip install 'fpga-hal[fleet]'\n"
