"""Every test runs on a private emulated card whose time passes faster, and starts from a power cycle."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import itertools
import os
import shutil
import tempfile
import weakref
from pathlib import Path

import hypothesis
import pytest

import codegen
import hal
from tests.support import MAPS, ROOT

os.environ["HAL_LIBRARY"] = "emulator"
os.environ.setdefault("HAL_CARD_TIME_SCALE", "0.01")
os.environ.pop("HAL_EMULATOR", None)
if "PYTEST_XDIST_WORKER" not in os.environ:  # of one run, for all its workers
    os.environ["HAL_CACHE"] = tempfile.mkdtemp(prefix="hal-cache-")
    atexit.register(shutil.rmtree, os.environ["HAL_CACHE"], ignore_errors=True)

from tests.support.cards import fresh_slot
from tests.support.cosim import gadget, gadget_class, gadget_library, small_cl, small_cl_library  # noqa: F401  (fixtures)
from tests.support.dut import bus, driver, dut  # noqa: F401  (fixtures)
from tests.support.pci_slots import pci_functions, pci_tree  # noqa: F401  (fixtures)
from tests.support.processes import PATIENCE
from tests.support.ticker import ticker, ticker_class  # noqa: F401  (fixtures)

_NUMBERS = itertools.count()

# The same examples on every run of CI; elsewhere new ones are looked for. How long one takes says how busy the machine is.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("elsewhere", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "elsewhere")


@pytest.hookimpl(tryfirst=True)  # before pytest-timeout looks
def pytest_configure(config):
    if hasattr(config, "workerinput"):
        atexit.register(_end_at_once, os.getpid())
    if config.getoption("timeout") is None:  # a worker gets the option that is set here
        config.option.timeout = PATIENCE * float(config.getini("timeout"))


def _end_at_once(worker):
    """What a worker has made for all its tests takes a second to be taken apart; exit functions have done their work."""
    if os.getpid() == worker:  # and no child of it
        weakref.finalize._exitfunc()  # of folders that end with their process
        os._exit(0)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Nothing that is made here goes away again."""
    gc.disable()
    try:
        if hasattr(session.config, "workerinput"):
            _import_files(session.config.args, **session.config.workerinput)
        return (yield)
    finally:
        gc.enable()


def _import_files(arguments, workerid, workercount, **_others):
    """Side by side each worker begins with other files: pytest rewrites the asserts of each in one of them, not in all."""
    paths = [Path(argument.partition("::")[0]).absolute() for argument in arguments]
    files = [file for path in paths for file in (sorted(path.rglob("test_*.py")) if path.is_dir() else [path])]
    first = len(files) * int(workerid.removeprefix("gw")) // workercount
    for file in files[first:] + files[:first]:
        with contextlib.suppress(Exception, pytest.skip.Exception):  # told when it is collected
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


# What takes longest, and mostly waits for other processes. Started last, it would be waited for by all. Tests that draw
# pages stand together: each worker that has some starts a browser.
FIRST = (
    ("tests/fleet/test_fleets.py::test_fleets_",),
    ("tests/pci/guest/",),
    ("tests/fleet/test_fleets.py::test_the_",),
    ("tests/project/test_docs.py", "tests/page/", "tests/codegen/output/languages/documents/"),
)


def pytest_collection_modifyitems(config, items):
    """Side by side each worker begins with one of these: xdist gives each an equal part of the list, in order."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers == 1:
        return
    first = [[] for _ in range(workers)]
    for number, places in enumerate(FIRST):
        first[number % workers] += [item for place in places for item in items if item.nodeid.startswith(place)]
    begun = {item for own in first for item in own}
    others = iter([item for item in items if item not in begun])
    left, ordered = len(items), []
    for number, own in enumerate(first):
        size = left // (workers - number)
        ordered += [*own, *itertools.islice(others, max(0, size - len(own)))]
        left -= size
    items[:] = [*ordered, *others]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """What is there now stays: no later collection of garbage looks at it, and no forked child gets a copy for that.

    A process that has collected all tests has some 300,000 objects, and more of each module that it imports.
    """
    gc.freeze()


def pytest_unconfigure():
    gc.unfreeze()


@pytest.fixture
def unsettled():
    """All that is there can be collected, as in a program of which nobody has said that it stays."""
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="module")
def settled():
    """What a module of tests has left, such as classes of loaded maps, settles when the last of its fixtures has ended."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path_factory):
    """Shared cards and lock files are those of one test, whatever else runs on this machine."""
    folder = tmp_path_factory.getbasetemp() / f"own-{next(_NUMBERS)}"
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(folder / "cards"))
    monkeypatch.setenv("HAL_LOCK_DIR", str(folder / "locks"))


@pytest.fixture
def slot():
    """Slot 0 of the emulated card, cleared."""
    with fresh_slot() as opened:
        yield opened


@pytest.fixture(scope="session")
def blinker_class():
    """The driver class of tests/maps/blinker.yaml."""
    return hal.load_map(MAPS / "blinker.yaml")


@pytest.fixture(scope="session")
def trust_class():
    """The driver class of tests/maps/trust.yaml: fields for several writers."""
    return hal.load_map(MAPS / "trust.yaml")


@pytest.fixture(scope="session")
def drivers(tmp_path_factory):
    """A folder with the drivers of tests/maps, for programs that need not wait for the generator."""
    folder = tmp_path_factory.mktemp("drivers")
    codegen.generate(sorted(MAPS.glob("*.yaml")), folder)
    return folder


@pytest.fixture
def blinker(slot, blinker_class):
    """A blinker on a freshly cleared slot."""
    with blinker_class.open(0) as device:
        yield device


@pytest.fixture
def trust(slot, trust_class):
    """Its device, whose models end with the test."""
    with trust_class.open(0) as device:
        yield device
    slot.emulator.set_model(None)


@pytest.fixture(scope="session")
def widget_class():
    return hal.load_map(MAPS / "widget.yaml")


@pytest.fixture
def widget(slot, widget_class):
    with widget_class.open(0) as device:
        yield device
