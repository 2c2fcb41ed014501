"""Pytest plugin: an emulated slot and devices on it, and markers for tests on simulated logic or on a real card.

pytest finds it by itself where hal is installed.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal import Device, Slot

__all__ = ["DeviceFactory", "ReplayFactory", "hal_device", "hal_replay", "hal_slot"]

_OPTION = "--hal-library"
_RECORD = "--hal-record"
_MARKER = "hal_card"
_SIMULATED = "hal_simulated"
_VIOLATIONS = "hal_violations"
_ACTIONS = ("fail", "ignore")
_TIME_SCALE = "0.01"

_SHOWN = 20  # violations of one test

D = TypeVar("D", bound="Device")


_WATCHED: pytest.StashKey[Slot] = pytest.StashKey()  # the slot whose violations fail the test


class DeviceFactory(Protocol):
    """What `hal_device` is: call it with a driver class, get a device; each is closed when the test ends."""

    def __call__(self, driver: type[D], *, verify: bool = True) -> D:
        """A device of this class on the test's slot."""


class ReplayFactory(Protocol):
    """What `hal_replay` is: call it with a driver class and a recording, get a device that answers from it."""

    def __call__(self, driver: type[D], file: str | os.PathLike[str]) -> D:
        """A device of this class; when the test ends, every recorded access must have been made."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --hal-library, --hal-record and --hal-violations."""
    parser.getgroup("hal").addoption(
        _RECORD,
        metavar="FOLDER",
        help="record the bus accesses of each test's first hal_device into FOLDER, one file a test, for hal_replay",
    )
    parser.getgroup("hal").addoption(
        _OPTION,
        metavar="LIBRARY",
        help=f"sdk, or the path of a library, for tests marked {_MARKER}; without it HAL_LIBRARY, or what the PCI bus "
        "shows",
    )
    parser.getgroup("hal").addoption(
        "--hal-violations",
        choices=_ACTIONS,
        help="fail: a test fails when it did on hal_slot's emulated card what a manual forbids (reserved bits, locks, "
        "addresses without a register); without it the ini value hal_violations, else ignore",
    )
    parser.addini(_VIOLATIONS, "fail or ignore, as --hal-violations", default="ignore")


def pytest_configure(config: pytest.Config) -> None:
    """Makes the markers known."""
    if config.getini(_VIOLATIONS) not in _ACTIONS:
        message = f"the ini value {_VIOLATIONS} is fail or ignore, not {config.getini(_VIOLATIONS)!r}"
        raise pytest.UsageError(message)
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(slot=0): the test needs a real card; its hal_slot is that slot of the card, as it is. "
        "Skipped where there is none.",
    )
    config.addinivalue_line(
        "markers",
        f'{_SIMULATED}("libcl.so"): the test\'s hal_slot is simulated logic, a library that hal cosim build made; a '
        "relative path is from the test's folder. Skipped where the file is not there.",
    )
    config.addinivalue_line(
        "markers",
        f'{_VIOLATIONS}(action="fail", allow=()): whether the test fails when it did on the emulated card what a '
        "manual forbids, and kinds that it may do, such as locked.",
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a marked test where there is no card, or no simulated logic."""
    if item.get_closest_marker(_MARKER) is not None:
        reason = _why_no_card(item.config)
        if reason:
            pytest.skip(reason)
    library = _simulated_library(item)
    if library is not None and not library.is_file():
        pytest.skip(f"needs simulated logic: hal cosim build makes {library}, which is not there")


def _simulated_library(item: pytest.Item) -> Path | None:
    """The library that the test's marker names."""
    marker = item.get_closest_marker(_SIMULATED)
    if marker is None:
        return None
    if len(marker.args) != 1 or marker.kwargs or not isinstance(marker.args[0], (str, os.PathLike)):
        raise pytest.UsageError(f'{item.nodeid}: {_SIMULATED}("libcl.so") takes the path of a library')
    if item.get_closest_marker(_MARKER) is not None:
        raise pytest.UsageError(f"{item.nodeid}: a test runs on a card or on simulated logic: drop one of its markers")
    return item.path.parent / marker.args[0]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fails a test that did what a manual forbids; one that failed anyway gets a section of its report."""
    outcome: Any = yield
    slot = item.stash.get(_WATCHED, None)
    report = "" if slot is None else _violations_report(item, slot)
    if report and outcome.excinfo is None:
        outcome.force_exception(pytest.fail.Exception(report, pytrace=False))
    elif report:
        item.add_report_section("call", "what the emulated card's manual forbids", report)


def _violations_rule(item: pytest.Item) -> tuple[bool, frozenset[str]]:
    """Whether the test fails on violations, and which kinds it may do."""
    from hal.emulator.violations import KINDS  # noqa: PLC0415

    marker = item.get_closest_marker(_VIOLATIONS)
    action = item.config.getoption("--hal-violations") or item.config.getini(_VIOLATIONS)
    if marker is None:
        return action == "fail", frozenset()
    allow = marker.kwargs.get("allow", ())
    allow = {allow} if isinstance(allow, str) else set(allow)
    action = marker.args[0] if marker.args else marker.kwargs.get("action", action if allow else "fail")
    if action not in _ACTIONS or not allow <= set(KINDS):
        message = f'{item.nodeid}: {_VIOLATIONS}("fail" or "ignore", allow=[...]) takes the kinds {", ".join(KINDS)}'
        raise pytest.UsageError(message)
    return action == "fail", frozenset(allow)


def _violations_report(item: pytest.Item, slot: Slot) -> str:
    """What the test did, line by line; "" for nothing."""
    _, allowed = _violations_rule(item)
    violations = slot.emulator.violations()
    found = [violation for violation in violations if violation.kind not in allowed]
    if not found:
        return ""
    shown = [f"{violation}\n  try: {violation.advice}" for violation in found[:_SHOWN]]
    more = len(found) - len(shown) + violations.lost
    return "\n".join(
        [
            "the emulated card's manual forbids what this test did:",
            *shown,
            *([f"and {more} more"] if more else []),
            f'allow a kind in this test with @pytest.mark.{_VIOLATIONS}(allow="{found[0].kind}")',
        ]
    )


def _card_library(config: pytest.Config) -> str:
    """The library of the card as it was chosen; "" where nobody chose."""
    return config.getoption(_OPTION) or os.environ.get("HAL_LIBRARY", "")


def _why_no_card(config: pytest.Config) -> str:
    from hal._binding.sdk.discovery import card_on_bus  # noqa: PLC0415

    chosen = _card_library(config)
    if chosen == "emulator":
        return f"needs a real card, and the library chosen is the emulator; {_OPTION}=sdk chooses the card"
    if not chosen and not card_on_bus():
        return f"needs a real card, and the PCI bus shows none; {_OPTION} names a library that reaches one"
    return ""


@pytest.fixture
def hal_slot(request: pytest.FixtureRequest) -> Iterator[Slot]:
    """Slot 0 of an emulated card that is this process's own, as after power-up.

    In a test marked `hal_simulated` the card's logic is the library's, simulated. In one marked `hal_card` it is the
    real card's slot, as it is.
    """
    from hal import open_slot  # noqa: PLC0415

    marker = request.node.get_closest_marker(_MARKER)
    if marker is not None:
        with open_slot(marker.kwargs.get("slot", 0), _card_library(request.config) or "sdk") as slot:
            yield slot
        return
    simulated = _simulated_library(request.node)
    library = "emulator" if simulated is None else str(simulated)
    _choose_private_card(library)
    with open_slot(0, library) as slot:
        _power_up(slot)
        fails, _ = _violations_rule(request.node)
        if fails:
            slot.emulator.watch_users()
            request.node.stash[_WATCHED] = slot
        yield slot
        if fails:
            del request.node.stash[_WATCHED]
            slot.emulator.watch_users(False)
        _power_up(slot)


def _choose_private_card(library: str) -> None:
    """Whatever HAL_EMULATOR says: a test must not touch a card that others share."""
    from hal._binding.sdk.discovery import find_library  # noqa: PLC0415

    os.environ.setdefault("HAL_CARD_TIME_SCALE", _TIME_SCALE)  # loads take no time that a test would notice
    card = find_library(library).card
    if card is None:
        raise pytest.UsageError(f"{library} is no simulated logic: build one with hal cosim build")
    card.use("", 0)
    card.fault(0, "")  # one that a failed test left would keep the slot from being opened


def _power_up(slot: Slot) -> None:
    slot.emulator.set_model(None)
    slot.emulator.fault("")
    slot.emulator.power_cycle()


def _recording_of(request: pytest.FixtureRequest) -> Path | None:
    """Where this test's accesses go; None where nobody asked."""
    folder = request.config.getoption(_RECORD)
    if not folder:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder) / (re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.nodeid).strip("-") + ".jsonl")


@pytest.fixture
def hal_device(request: pytest.FixtureRequest, hal_slot: Slot) -> Iterator[DeviceFactory]:
    """Makes devices on `hal_slot`, one for each driver class that it is called with.

    On the emulated card the driver's own design is there, its registers at their reset values.
    """
    file = _recording_of(request)
    with ExitStack() as opened:

        def make(driver: type[D], *, verify: bool = True) -> D:
            if hal_slot.library.card is not None:
                hal_slot.emulator.provide(driver)
            device = hal_slot.attach(driver, verify=verify)
            opened.callback(device.close)
            nonlocal file
            if file is not None:  # one recording at a time
                opened.enter_context(device.record(file))
                file = None
            return device

        yield make


@pytest.fixture
def hal_replay() -> Iterator[ReplayFactory]:
    """Makes devices that answer from recordings: the first access that differs fails, and so does one left over."""
    from hal import replay  # noqa: PLC0415

    with ExitStack() as opened:

        def make(driver: type[D], file: str | os.PathLike[str]) -> D:
            card = opened.enter_context(replay(file))
            device = driver.open(card.slot, library=card)
            opened.callback(device.close)
            return device

        yield make
