"""Checks of the machine, as data: what is there, what is wrong with it, and what to do about it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hal import _binding
from hal._binding.sdk.discovery import emulator_path, find_library
from hal._version import __version__
from hal.emulator.shared_cards import card_directory, shared_cards
from hal.errors import HalError
from hal.machine_check import Check
from hal.slots.failures import management_error
from hal.slots.locking import AGREED_FOLDER, lock_directory
from hal.slots.pci.function_checks import check_functions, is_about_functions
from hal.slots.pci.pci_bus import text_of
from hal.slots.pci.pci_checks import Machine, check_bus, functions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal._binding import Library

__all__ = ["Check", "Machine", "check_machine"]

# Functions of newer releases, beside which there is another way.
_NEWER = ("aws_clkgen_deassert_resets",)


def check_machine(machine: Machine | None = None) -> list[Check]:
    """All checks, in the order in which a user should look at them."""
    machine = machine or Machine()
    if is_about_functions(machine.library):
        return [_version(), *check_functions(machine.library), _locks(), _layouts()]
    functions = functions_of(machine)
    checks = [_version(), *check_bus(machine, functions)]
    if functions:
        checks.append(_locks())
    slots = sum(function.kind == "mgmt" for function in functions)
    return [*checks, *_libraries(machine, slots), _layouts(), *_emulators()]


def _version() -> Check:
    return Check("version", "ok", f"hal {__version__}, {Path(__file__).parent.parent}")


# -- libraries --------------------------------------------------------------------------------------------------------


def _libraries(machine: Machine, slots: int) -> Iterator[Check]:
    try:
        library = find_library(machine.library)
    except HalError as error:
        yield Check("library", "fail", str(error), "Install the SDK, or set HAL_LIBRARY to emulator, pci or a path.")
        return
    kind = "emulated card" if library.card else "SDK"
    yield Check("library", "ok", f"{kind}: {_file_of(library)}")
    yield _symbols(library)
    if library.card is None:
        yield from _answers(library, range(slots), machine.patience)


def _answers(library: Library, slots: range, patience: float) -> list[Check]:
    """Asks all slots at once: a dead one keeps the SDK busy for two minutes, and this no longer than `patience`."""
    found: dict[int, Check] = {}
    threads = [
        threading.Thread(target=lambda slot=slot: found.setdefault(slot, _answer(library, slot, patience)))
        for slot in slots
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience + 1)
    return [found[slot] for slot in slots]


def _answer(library: Library, slot: int, patience: float) -> Check:
    start = time.monotonic()
    try:
        code, info = library.services.within(patience).describe(slot)
        error = management_error(library, slot, code, "describe") if code else None
    except HalError as problem:
        error = problem
    name = f"answer of slot {slot}"
    if error is not None:
        return Check(name, "fail", str(error), "If permissions are good, stop and start the instance.")
    held = f"{info.status_name}, AFI {info.afi_id}, shell {info.shell_version:#x}"
    return Check(name, "ok", f"{held}, after {time.monotonic() - start:.2f} s")


def _file_of(library: Library) -> str:
    """The file that the loader found for a bare name."""
    if "/" in library.path:
        return library.path
    lines = text_of(Path("/proc/self/maps")).splitlines()
    stem = library.path.partition(".so")[0] + ".so"
    paths = (line.split(maxsplit=5)[5] for line in lines if "/" in line)
    return next((path for path in paths if Path(path).name.startswith(stem)), library.path)


def _symbols(library: Library) -> Check:
    functions = _binding.sdk_functions()
    missing = [name for name in functions if not library.has(name) and name not in _NEWER]
    if missing:
        return Check(
            "functions",
            "warn",
            f"the library lacks {', '.join(missing)}: what needs them raises FunctionMissingError",
            "Update the SDK.",
        )
    return Check("functions", "ok", f"all {len(functions)} functions of the SDK's interface found")


def _layouts() -> Check:
    sizes = _binding.struct_sizes()
    wrong = [f"{name}: {have} bytes, not {size}" for name, (have, size) in sizes.items() if have != size]
    if wrong:
        return Check("layouts", "fail", "; ".join(wrong), "Build hal again for this machine: pip install .")
    return Check("layouts", "ok", f"sizes of {len(sizes)} structs agree; all members were asserted at build time")


def _locks() -> Check:
    folder = lock_directory()
    if folder in {AGREED_FOLDER, Path(os.environ.get("HAL_LOCK_DIR", ""))}:
        return Check("locks", "ok", f"users of {folder} exclude each other from slots")
    return Check(
        "locks",
        "ok",
        f"{folder}: the processes of this user exclude each other from slots, those of other users do not",
        f"Where users share cards: sudo install -d -m 2770 -g fpga {AGREED_FOLDER}",
    )


# -- emulated cards ---------------------------------------------------------------------------------------------------


def _emulators() -> Iterator[Check]:
    if not Path(emulator_path()).exists():
        yield Check("emulator", "fail", f"{emulator_path()} is missing", "Install hal again: pip install .")
        return
    try:
        cards = shared_cards()
    except OSError as error:
        yield Check("shared cards", "warn", f"{card_directory()}: {error.strerror}", "Set HAL_EMULATOR_DIR.")
        return
    chosen = os.environ.get("HAL_EMULATOR", "")
    if chosen in {"", *(card.name for card in cards)}:
        used = f"the shared card {chosen}" if chosen else "a private card"
        yield Check("emulator", "ok", f"this process uses {used}")
    else:
        missing = f"HAL_EMULATOR names {chosen!r}, and there is no such shared card"
        yield Check("emulator", "fail", missing, "Make it with hal emulator create, or correct the name.")
    names = ", ".join(f"{card.name} ({card.slots} slots)" for card in cards if card.slots) or "none"
    yield Check("shared cards", "ok", f"{names} in {card_directory()}")
    for card in cards:
        if not card.slots:
            text = f"{card.path} is no card: {card.problem}"
            yield Check(f"shared card {card.name}", "warn", text, f"Remove it: hal emulator remove {card.name}")
