"""The pytest plugin, as a user's test run sees it."""

from __future__ import annotations

import os

import pytest

from tests.support import MAPS, ROOT
from tests.support.cosim import GADGET_MAP
from tests.support.processes import LIMIT
from tests.support.warm import run_pytest

CONFTEST = """
import os
import hal, pytest

@pytest.fixture(scope="session")
def widget():
    return hal.load_map(os.environ["WIDGET"])
"""


@pytest.fixture
def run(tmp_path):
    """Runs pytest with the plugin in a folder of its own; returns its exit code and output."""

    def run_in_folder(tests, *arguments, conftest=CONFTEST, **environment):
        (tmp_path / "conftest.py").write_text(conftest)
        (tmp_path / "test_it.py").write_text(tests)
        plain = {key: value for key, value in os.environ.items() if not key.startswith(("HAL_", "PYTEST_", "COV"))}
        plain["HAL_CACHE"] = os.environ["HAL_CACHE"]
        plain |= {"PYTHONPATH": str(ROOT), "WIDGET": str(MAPS / "widget.yaml"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        options = ("-p", "hal.pytest_plugin", "-q", "-rs", "--strict-markers")
        done = run_pytest(*options, *arguments, environment=plain | environment, folder=tmp_path, timeout=LIMIT)
        return done.returncode, done.stdout + done.stderr

    return run_in_folder


TWO_TESTS = """
def test_first(hal_slot, hal_device, widget):
    assert hal_slot.describe().status_name == "cleared"
    device = hal_device(widget)
    device.bank[0].write(7)
    hal_slot.dip = 5
    assert device.bank[0].read() == 7

def test_next(hal_slot, hal_device, widget):
    assert hal_slot.dip == 0
    assert hal_device(widget).bank[0].read() == 0
"""


def test_each_test_has_a_slot_as_after_power_up(run):
    code, output = run(TWO_TESTS)
    assert (code, "2 passed" in output) == (0, True), output


def test_a_shared_card_is_left_alone(run, tmp_path):
    code, output = run(TWO_TESTS, HAL_EMULATOR="bench", HAL_EMULATOR_DIR=str(tmp_path / "cards"))
    assert (code, "2 passed" in output) == (0, True), output
    assert not (tmp_path / "cards").exists()


def test_faults_and_models_end_with_the_test(run):
    code, output = run(
        """
import hal

class Broken(hal.Model):
    def on_read(self, *arguments):
        raise ZeroDivisionError

def test_first(hal_slot, widget):
    hal_slot.emulator.fault("load-error=17")
    hal_slot.emulator.set_model(Broken(widget))

def test_next(hal_slot, hal_device, widget):
    assert hal_device(widget).bank[0].read() == 0
"""
    )
    assert (code, "2 passed" in output) == (0, True), output


def test_devices_are_closed_when_the_test_ends(run):
    code, output = run(
        """
import hal, pytest
kept = []

def test_first(hal_device, widget):
    kept.append(hal_device(widget))

def test_next():
    with pytest.raises(hal.ClosedError):
        kept[0].bank[0].read()
"""
    )
    assert (code, "2 passed" in output) == (0, True), output


CARD_TEST = """
import pytest

@pytest.mark.hal_card(slot=0)
def test_card(hal_slot):
    assert hal_slot.describe().status_name == "cleared"
"""


def test_a_test_that_needs_a_card_is_skipped_without_one(run):
    code, output = run(CARD_TEST)
    assert code == 0
    assert "1 skipped" in output
    assert "needs a real card, and the PCI bus shows none; --hal-library names a library that reaches one" in output


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["--hal-library=emulator"], {}), ([], {"HAL_LIBRARY": "emulator"})]
)
def test_the_emulator_is_no_card(run, arguments, environment):
    code, output = run(CARD_TEST, *arguments, **environment)
    assert code == 0
    assert "needs a real card, and the library chosen is the emulator; --hal-library=sdk chooses the card" in output


def test_the_option_names_the_library_of_the_card(run):
    """The emulated card's library stands for a vendor's here: it is given by path, as a card's would be."""
    code, output = run(CARD_TEST, f"--hal-library={ROOT / 'hal' / 'libhal_card.so'}")
    assert (code, "1 passed" in output) == (0, True), output


def test_a_library_that_is_missing_fails_the_test(run):
    code, output = run(CARD_TEST, "--hal-library=./none.so")
    assert code == 1
    assert "library ./none.so: no such file" in output


SIMULATED = """
import os, pytest
import hal

Gadget = hal.load_map(os.environ["GADGET"])

@pytest.fixture(params=["emulated", pytest.param("simulated", marks=pytest.mark.hal_simulated("libgadget.so"))])
def dev(request, hal_device):
    return hal_device(Gadget)

@pytest.mark.parametrize("turn", [1, 2])
def test_counts(dev, turn):
    assert dev.scratch.value == 0xDEADBEEF  # as after power-up, each time
    dev.scratch.value = turn
    dev.ctrl.enable = 1
    before = dev.count.value
    assert (dev.count.value > before) == (dev.slot.library.simulation is not None)
"""


def test_one_file_runs_on_the_emulated_card_and_on_simulated_logic(run, tmp_path, gadget_library):
    code, output = run(SIMULATED, GADGET=str(GADGET_MAP))
    assert (code, "2 passed, 2 skipped" in output) == (0, True), output
    assert f"needs simulated logic: hal cosim build makes {tmp_path / 'libgadget.so'}, which is not there" in output
    (tmp_path / "libgadget.so").symlink_to(gadget_library)
    code, output = run(SIMULATED, GADGET=str(GADGET_MAP))
    assert (code, "4 passed" in output) == (0, True), output


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ("@pytest.mark.hal_simulated", 'hal_simulated("libcl.so") takes the path of a library'),
        ('@pytest.mark.hal_simulated("conftest.py")', "conftest.py"),
        (
            '@pytest.mark.hal_simulated("conftest.py")\n@pytest.mark.hal_card',
            "a test runs on a card or on simulated logic: drop one of its markers",
        ),
    ],
)
def test_markers_that_are_wrong(run, marks, message):
    code, output = run(f"import pytest\n{marks}\ndef test_it(hal_slot): pass", "--hal-library=./x")
    assert (code, message in output) == (1, True), output


RECORDED = """
def test_counts(hal_device, widget):
    device = hal_device(widget)
    device.bank[1].value = 7
    assert device.bank[1].value == 7
"""

REPLAYED = """
import pathlib

FILE = next(pathlib.Path("tapes").glob("*.jsonl"))

def test_the_same(hal_replay, widget):
    device = hal_replay(widget, FILE)
    device.bank[1].value = 7
    assert device.bank[1].value == 7

def test_another_value(hal_replay, widget):
    hal_replay(widget, FILE).bank[1].value = 8

def test_too_little(hal_replay, widget):
    hal_replay(widget, FILE).bank[1].value = 7
"""


def test_what_one_run_records_another_replays(run, tmp_path):
    code, output = run(RECORDED, "--hal-record", "tapes")
    assert (code, "1 passed" in output) == (0, True), output
    assert [path.name for path in (tmp_path / "tapes").iterdir()] == ["test_it.py-test_counts.jsonl"]
    code, output = run(REPLAYED, "-k", "same")
    assert (code, "1 passed" in output) == (0, True), output
    code, output = run(REPLAYED, "-k", "another")
    assert code == 1
    assert "the program makes a write of 0x8 at 0x48 of app BAR 0, 32 bits" in output
    code, output = run(REPLAYED, "-k", "little")
    assert code == 1
    assert "1 of 2 recorded accesses were made; the next one is read at 0x48 of app BAR 0, 32 bits (bank[1])" in output


VIOLATIONS = """
import pytest

def test_good(hal_device, widget):
    hal_device(widget)

def test_bad(hal_device, widget):
    device = hal_device(widget)
    device.slot.bar("app", 0).peek(0x3F00000)

@pytest.mark.hal_violations(allow="unmapped")
def test_allowed(hal_device, widget):
    device = hal_device(widget)
    device.slot.bar("app", 0).peek(0x3F00000)

@pytest.mark.hal_violations("ignore")
def test_ignored(hal_device, widget):
    device = hal_device(widget)
    device.slot.bar("app", 0).peek(0x3F00000)

def test_fails_anyway(hal_device, widget):
    device = hal_device(widget)
    device.slot.bar("app", 0).peek(0x3F00004)
    assert not "of its own"
"""


def test_violations_fail_a_test_where_asked_for(run):
    code, output = run(VIOLATIONS, "--hal-violations=fail")
    assert code == 1
    assert "2 failed, 3 passed" in output
    assert "the emulated card's manual forbids what this test did:" in output
    assert "test_it.py:9: unmapped: read of 0xffffffff, 32 bits, at app BAR 0, 0x3f00000 is where" in output
    assert "  try: compare the address with the map" in output
    assert 'allow a kind in this test with @pytest.mark.hal_violations(allow="unmapped")' in output
    assert 'assert not "of its own"' in output
    assert "what the emulated card's manual forbids" in output
    assert "0x3f00004" in output


def test_violations_are_ignored_unless_asked_for(run, tmp_path):
    code, output = run(VIOLATIONS)
    assert (code, "1 failed, 4 passed" in output) == (1, True)
    (tmp_path / "pytest.ini").write_text("[pytest]\nhal_violations = fail\n")
    code, output = run(VIOLATIONS)
    assert (code, "2 failed, 3 passed" in output) == (1, True)
    (tmp_path / "pytest.ini").write_text("[pytest]\nhal_violations = maybe\n")
    code, output = run(VIOLATIONS)
    assert "the ini value hal_violations is fail or ignore, not 'maybe'" in output
    assert code == 4


def test_a_marker_asks_for_it(run):
    tests = """
import pytest

@pytest.mark.hal_violations
def test_bad(hal_slot, hal_device, widget):
    hal_device(widget).slot.bar("app", 0).peek(0x3F00000)

@pytest.mark.hal_violations(allow="nonsense")
def test_wrong(hal_slot):
    pass
"""
    code, output = run(tests)
    assert code == 1
    assert "1 failed, 1 error" in output
    assert "takes the kinds reserved-bits, read-only, locked, write-only, unmapped, half-read" in output
