"""Checks of the PCI bus and of the cards on it: functions, drivers, permissions, links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hal._binding.sdk.discovery import MANAGEMENT_DEVICE, VENDOR
from hal.codes import BARS
from hal.machine_check import Check
from hal.slots.pci.pci_bus import (
    RESCAN,
    SYSTEM,
    UDEV_FILE,
    Link,
    may_open,
    may_write,
    rescan_obstacles,
    text_of,
    udev_rule,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Function", "Machine", "check_bus", "functions_of"]


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


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the checks look. `library` as in `hal.open_slot`; `may_open` and `may_write` tell what this user may do.

    `patience`: seconds that all slots together have to answer.
    """

    sys_root: Path = SYSTEM
    library: str | None = None
    may_open: Callable[[Path], bool] = may_open
    may_write: Callable[[Path], bool] = may_write
    patience: float = 5.0

    @property
    def devices(self) -> Path:
        """The folder of the PCI bus's devices."""
        return self.sys_root / "bus" / "pci" / "devices"


def functions_of(machine: Machine) -> list[Function]:
    """Of each card, function 0 (application) and function 1 (management)."""
    found: list[Function] = []
    if not machine.devices.is_dir():
        return found
    for path in sorted(machine.devices.iterdir()):
        if text_of(path / "vendor") != VENDOR or text_of(path / "device") != MANAGEMENT_DEVICE:
            continue
        application = path.with_name(path.name.rpartition(".")[0] + ".0")
        if application.exists():
            found.append(Function(application, "app", text_of(application / "device")))
        found.append(Function(path, "mgmt", text_of(path / "device")))
    return found


def check_bus(machine: Machine, functions: list[Function]) -> Iterator[Check]:
    """All checks of the bus, and of these functions on it."""
    yield _bus(machine)
    yield from _cards(functions)
    for function in functions:
        yield _driver(function)
        yield from _resources(machine, function)
        if function.kind == "app":
            yield _rescan(machine, function)
        yield from _link(function)


def _bus(machine: Machine) -> Check:
    if not machine.devices.is_dir():
        return Check(
            "pci-bus",
            "warn",
            f"{machine.devices} is missing: no PCI bus is seen",
            "In a container, mount /sys into it.",
        )
    return Check("pci-bus", "ok", f"{sum(1 for _ in machine.devices.iterdir())} functions on the PCI bus")


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


def _permit(function: Function) -> str:
    return (
        f"Run as root, or add this line to {UDEV_FILE}, make the group fpga with this user in it, and run "
        f"udevadm control --reload && udevadm trigger -s pci -c add:\n{udev_rule(function.path.name)}"
    )


def _resources(machine: Machine, function: Function) -> Iterator[Check]:
    if text_of(function.path / "enable") == "0":
        yield Check(
            f"memory of {function.name}",
            "warn",
            "the function is disabled: its BARs do not answer",
            f"As root: echo 1 > {function.path}/enable",
        )
    for bar in BARS:
        path = function.path / f"resource{bar}"
        combining = function.path / f"resource{bar}_wc"
        name = f"BAR {bar} of {function.name}"
        denied = next((file for file in (path, combining) if file.exists() and not machine.may_open(file)), None)
        if not path.exists():
            yield Check(name, "fail", f"{path} is missing", "Rescan the bus as root: echo 1 > /sys/bus/pci/rescan")
        elif denied is None:
            yield Check(name, "ok", f"{path} can be opened")
        else:
            yield Check(name, "fail", f"{denied}: permission denied", _permit(function))


def _rescan(machine: Machine, function: Function) -> Check:
    """What a load needs where the design's PCI ids are others than those on the bus."""
    name = f"rescan of {function.name}"
    obstacles = rescan_obstacles(function.path.name, machine.sys_root, machine.may_write)
    if not obstacles:
        return Check(name, "ok", f"{function.path / 'remove'} and {machine.sys_root / RESCAN} can be written")
    return Check(
        name,
        "fail",
        f"{' and '.join(map(str, obstacles))}: permission denied; loads that change the PCI ids fail at their end",
        _permit(function),
    )


def _link(function: Function) -> Iterator[Check]:
    """The link as the card sees it, and as the slot does that it is plugged into."""
    name = f"link of {function.name}"
    own = Link.of(function.path)
    if own is None:
        return
    bridge = function.path.resolve().parent
    above = Link.of(bridge)
    text = f"card {own}" + (f"; slot {bridge.name} {above}" if above else "")
    if above and own.payload and above.payload and own.payload != above.payload:
        yield Check(
            name,
            "warn",
            f"{text}: card and slot disagree about the payload, which ends accesses of the design to the host's memory",
            "Start the kernel with pci=pcie_bus_safe, or set both alike with setpci.",
        )
    elif own.is_slower:
        yield Check(name, "warn", f"{text}: it runs below what the card can do", "Stop and start the instance.")
    else:
        yield Check(name, "ok", text)
