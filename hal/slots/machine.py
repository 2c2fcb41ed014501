"""Checks of the machine, as data: what is there, what is wrong with it, and what to do about it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hal import _binding
from hal._binding.sdk.discovery import MANAGEMENT_DEVICE, VENDOR, emulator_path, find_library
from hal._version import __version__
from hal.codes import BARS
from hal.emulator.shared_cards import card_directory, shared_cards
from hal.errors import HalError
from hal.slots.locking import AGREED_FOLDER, lock_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hal._binding import Library

__all__ = ["UDEV_RULES", "Check", "Function", "Machine", "check_machine"]

State = Literal["ok", "warn", "fail"]

UDEV_FILE = "/etc/udev/rules.d/60-hal.rules"
_OPEN_TO_GROUP = "RUN+=\"/bin/sh -c 'chgrp fpga /sys%p/resource*; chmod g+rw /sys%p/resource*'\""
# The application's device id changes with each AFI, so its rule goes by the subsystem's vendor.
UDEV_RULES = {
    "mgmt": f'SUBSYSTEM=="pci", ATTR{{vendor}}=="0x1d0f", ATTR{{device}}=="0x9248", {_OPEN_TO_GROUP}',
    "app": f'SUBSYSTEM=="pci", ATTR{{vendor}}=="0x1d0f", ATTR{{subsystem_vendor}}=="0xfedc", {_OPEN_TO_GROUP}',
}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `what_to_do` is empty when nothing has to be done."""

    name: str
    state: State
    text: str
    what_to_do: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A PCI function of a card, as the system shows it. `kind`: "app" or "mgmt"."""

    path: Path
    kind: Literal["app", "mgmt"]
    device: str

    @property
    def name(self) -> str:
        """Kind and PCI address."""
        return f"{self.kind} function {self.path.name}"


def _may_open(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the checks look. `library` as in `hal.open_slot`; `may_open` tells whether this user may open a file."""

    sys_root: Path = Path("/sys")
    library: str | None = None
    may_open: Callable[[Path], bool] = _may_open

    @property
    def devices(self) -> Path:
        """The folder of the PCI bus's devices."""
        return self.sys_root / "bus" / "pci" / "devices"


def check_machine(machine: Machine | None = None) -> list[Check]:
    """All checks, in the order in which a user should look at them."""
    machine = machine or Machine()
    functions = _functions(machine)
    checks = [_version(), _bus(machine), *_cards(functions)]
    for function in functions:
        checks += [_driver(function), *_resources(machine, function)]
    if functions:
        checks.append(_locks())
    return [*checks, *_libraries(machine), _layouts(), *_emulators()]


def _version() -> Check:
    return Check("version", "ok", f"hal {__version__}, {Path(__file__).parent.parent}")


# -- the PCI bus ------------------------------------------------------------------------------------------------------


def _bus(machine: Machine) -> Check:
    if not machine.devices.is_dir():
        return Check(
            "pci-bus",
            "warn",
            f"{machine.devices} is missing: no PCI bus is seen",
            "In a container, mount /sys into it.",
        )
    return Check("pci-bus", "ok", f"{sum(1 for _ in machine.devices.iterdir())} functions on the PCI bus")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _functions(machine: Machine) -> list[Function]:
    """Of each card, function 0 (application) and function 1 (management)."""
    found: list[Function] = []
    if not machine.devices.is_dir():
        return found
    for path in sorted(machine.devices.iterdir()):
        if _text(path / "vendor") != VENDOR or _text(path / "device") != MANAGEMENT_DEVICE:
            continue
        application = path.with_name(path.name.rpartition(".")[0] + ".0")
        if application.exists():
            found.append(Function(application, "app", _text(application / "device")))
        found.append(Function(path, "mgmt", _text(path / "device")))
    return found


def _cards(functions: list[Function]) -> Iterator[Check]:
    management = [function for function in functions if function.kind == "mgmt"]
    if not management:
        yield Check("cards", "warn", "no F2 card on the PCI bus: the emulated card is used", "")
    for slot, function in enumerate(management):
        application = next((item for item in functions if item.path.name == function.path.name[:-1] + "0"), None)
        if application is None:
            yield Check(
                f"slot {slot}",
                "fail",
                f"{function.name} is there, its application function is not",
                "Rescan the bus as root: echo 1 > /sys/bus/pci/rescan; then load or clear the AFI.",
            )
        else:
            ids = f"app {VENDOR[2:]}:{application.device[2:]}, mgmt {VENDOR[2:]}:{function.device[2:]}"
            yield Check(f"slot {slot}", "ok", f"{application.path.name}: {ids}")


def _driver(function: Function) -> Check:
    link = function.path / "driver"
    if not link.exists():
        return Check(f"driver of {function.name}", "ok", "none bound")
    driver = link.resolve().name
    return Check(
        f"driver of {function.name}",
        "warn",
        f"{driver} is bound to it, and may use its BARs too",
        f"If accesses disturb each other, as root: echo {function.path.name} > /sys/bus/pci/drivers/{driver}/unbind",
    )


def _resources(machine: Machine, function: Function) -> Iterator[Check]:
    if _text(function.path / "enable") == "0":
        yield Check(
            f"memory of {function.name}",
            "warn",
            "the function is disabled: its BARs do not answer",
            f"As root: echo 1 > {function.path}/enable",
        )
    for bar in BARS:
        path = function.path / f"resource{bar}"
        name = f"BAR {bar} of {function.name}"
        if not path.exists():
            yield Check(name, "fail", f"{path} is missing", "Rescan the bus as root: echo 1 > /sys/bus/pci/rescan")
        elif machine.may_open(path):
            yield Check(name, "ok", f"{path} can be opened")
        else:
            yield Check(
                name,
                "fail",
                f"{path}: permission denied",
                f"Run as root, or add this line to {UDEV_FILE}, make the group fpga with this user in it, and run "
                f"udevadm control --reload && udevadm trigger -s pci:\n{UDEV_RULES[function.kind]}",
            )


# -- libraries --------------------------------------------------------------------------------------------------------


def _libraries(machine: Machine) -> Iterator[Check]:
    try:
        library = find_library(machine.library)
    except HalError as error:
        yield Check("library", "fail", str(error), "Install the SDK, or set HAL_LIBRARY to emulator or a path.")
        return
    kind = "emulated card" if library.card else "SDK"
    yield Check("library", "ok", f"{kind}: {_file_of(library)}")
    yield _symbols(library)


def _file_of(library: Library) -> str:
    """The file that the loader found for a bare name."""
    if "/" in library.path:
        return library.path
    lines = _text(Path("/proc/self/maps")).splitlines()
    stem = library.path.partition(".so")[0] + ".so"
    paths = (line.split(maxsplit=5)[5] for line in lines if "/" in line)
    return next((path for path in paths if Path(path).name.startswith(stem)), library.path)


def _symbols(library: Library) -> Check:
    functions = _binding.sdk_functions()
    missing = [name for name in functions if not library.has(name)]
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
