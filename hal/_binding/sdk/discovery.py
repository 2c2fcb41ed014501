"""Which library reaches the card: the SDK's, the emulated card's, that for PCI functions, or one given by path."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from hal._binding import Library
from hal.errors import FieldTypeError, LibraryError
from hal.values import named_kind

__all__ = ["card_on_bus", "default_library", "emulator_path", "find_library", "pci_path"]

SDK_NAME = "libfpga_mgmt.so.1"
PCI_DEVICES = Path("/sys/bus/pci/devices")
VENDOR, MANAGEMENT_DEVICE = "0x1d0f", "0x9248"

_told: set[str] = set()


def emulator_path() -> str:
    """The emulated card's library, in the package."""
    return str(Path(__file__).parents[2] / "libhal_card.so")


def pci_path() -> str:
    """The library for PCI functions of any card, in the package."""
    return str(Path(__file__).parents[2] / "libhal_pci.so")


def card_on_bus(devices: Path = PCI_DEVICES) -> bool:
    """Whether the PCI bus shows an F2 card: its management function, 1d0f:9248."""

    def holds(device: Path, file: str, text: str) -> bool:
        try:
            return (device / file).read_text(encoding="ascii").strip() == text
        except OSError:
            return False

    if not devices.is_dir():
        return False
    return any(holds(item, "device", MANAGEMENT_DEVICE) and holds(item, "vendor", VENDOR) for item in devices.iterdir())


def default_library() -> tuple[str, str]:
    """The library where none is named, and why: who chose PCI functions means them, and a card on the bus is used."""
    if os.environ.get("HAL_PCI"):
        return "pci", "HAL_PCI is set"
    if card_on_bus():
        return "sdk", "the PCI bus shows a card"
    return "emulator", "the PCI bus shows no card"


def find_library(choice: str | os.PathLike[str] | Library | None = None) -> Library:
    """The library for `choice`: "sdk", "emulator", "emulator:NAME" (a shared card), "pci", a path, None or an open one.

    "pci:FUNCTIONS" chooses the PCI functions that its slots are, as HAL_PCI does. "replay:FILE" answers from a
    recording, for the whole process.

    None means the environment variable HAL_LIBRARY, and without it what `default_library` says, which is logged once.
    LibraryError when it can't be used.
    """
    if isinstance(choice, Library):
        return choice
    named = _named(choice) if choice is not None else os.environ.get("HAL_LIBRARY", "")
    if not named:
        named, why = default_library()
        if named not in _told:
            _told.add(named)
            logging.getLogger("hal").info("using the %s library: %s", named, why)
    if named == "sdk":
        return _sdk()
    if named == "emulator" or named.startswith("emulator:"):
        return _emulator(named.partition(":")[2])
    if named == "pci" or named.startswith("pci:"):
        return _pci(named.partition(":")[2])
    if named.startswith("replay:"):
        return _replay(named.partition(":")[2])
    if "/" not in named:
        raise LibraryError(f"library {named!r} is none of sdk, emulator and pci; a path has a slash, e.g. ./{named}")
    if not Path(named).exists():
        raise LibraryError(f"library {named}: no such file; give an existing path, sdk, emulator or pci")
    return Library.load(str(Path(named).resolve()))


def _named(choice: Any) -> str:
    try:
        return os.fsdecode(choice)
    except TypeError:
        raise FieldTypeError(f"a library is sdk, emulator, pci or a path, {named_kind(choice)}") from None


def _emulator(name: str) -> Library:
    """The emulated card's library; a name chooses the shared card, which must exist, that this process uses."""
    library = Library.load(emulator_path())
    if name:
        assert library.card is not None
        library.card.use(name, 0)
    return library


def _pci(functions: str) -> Library:
    """The library for PCI functions; those that are named here are the slots of this process."""
    library = Library.load(pci_path())
    if functions:
        assert library.pci is not None
        library.pci.choose(functions)
    return library


def _replay(file: str) -> Library:
    from hal._binding.tapes.replaying import replay_of_process  # noqa: PLC0415  (most programs use none)

    return replay_of_process(file)


def _sdk() -> Library:
    try:
        return Library.load(SDK_NAME)
    except LibraryError as problem:
        raise LibraryError(
            f"{problem}. A card needs the vendor's SDK: install it, so that the loader finds {SDK_NAME}; "
            "HAL_LIBRARY=emulator works without a card",
            code=problem.code,
            name=problem.name,
        ) from None
