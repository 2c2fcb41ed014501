"""Emulated cards that processes share by name: each is a file, made by the card's library, that this module finds.

Which one a process uses is chosen with HAL_EMULATOR=name; without it every process has a private card. Only
`create_card` and `hal emulator create` make one: a misspelt name is told everywhere else.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hal._binding import Library, close_lock_file, open_lock_file, wait_for_lock
from hal._binding.sdk.discovery import emulator_path
from hal.errors import CardMissingError, HalError
from hal.plain_files import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SharedCard", "card_directory", "create_card", "find_card", "remove_card", "shared_cards", "use_card"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEADER = struct.Struct("<8sII")  # the first members of the card's header: magic, format, slots
_MAGIC = b"HALCARD\0"
_BLOCK_BYTES = 512  # the unit of st_blocks
_SLOTS_MAX = 8


@dataclass(frozen=True, slots=True)
class SharedCard:
    """A shared card. `disk_bytes`: what its sparse file takes.

    `problem`: why it is none, "" where it is one; `slots` is 0 then.
    """

    name: str
    path: Path
    slots: int
    disk_bytes: int
    problem: str = ""


def card_directory() -> Path:
    """The folder of the shared cards: HAL_EMULATOR_DIR, else in XDG_RUNTIME_DIR, else this user's own in /tmp."""
    given, runtime = os.environ.get("HAL_EMULATOR_DIR", ""), os.environ.get("XDG_RUNTIME_DIR", "")
    if given:
        return Path(given)
    return Path(runtime, "hal-cards") if runtime else Path(f"/tmp/hal-cards-{os.geteuid()}")  # noqa: S108  (the card's)


def shared_cards() -> list[SharedCard]:
    """All shared cards of this user, by name."""
    return [_read(path) for path in sorted(card_directory().glob("*.card")) if _NAME.fullmatch(path.stem)]


def find_card(name: str) -> SharedCard:
    """The shared card of that name. CardMissingError where there is none."""
    path = _path(name)
    if not path.exists() and not path.is_symlink():
        known = ", ".join(card.name for card in shared_cards()) or "none"
        raise CardMissingError(
            f"no shared card {name!r} in {path.parent} (there are: {known}); make it with: hal emulator create {name}"
        )
    return _read(path)


def create_card(name: str, slots: int) -> Library:
    """Makes a shared card of 1 to 8 slots, chooses it for this process, and returns its library.

    HalError when a card of that name exists, or this process uses another one already.
    """
    path = _path(name)
    if not 1 <= slots <= _SLOTS_MAX:
        raise HalError(f"a card has 1 to {_SLOTS_MAX} slots, not {slots}")
    if path.exists():
        raise HalError(f"a shared card {name!r} exists ({path}); remove it first: hal emulator remove {name}")
    return _use(name, slots)


def use_card(name: str) -> Library:
    """Chooses an existing shared card for this process, and returns its library. HalError where it is none."""
    card = find_card(name)
    if card.problem:
        raise HalError(f"{card.path} is no card: {card.problem}; remove it: hal emulator remove {name}")
    return _use(name, 0)


def remove_card(name: str) -> SharedCard:
    """Removes a shared card. Processes that use it go on with what they have until they end."""
    with _locked(card_directory()):
        card = find_card(name)
        if card.path.is_dir() and not card.path.is_symlink():
            raise HalError(f"{card.path} is a folder and no card; remove it yourself")
        card.path.unlink()
        shutil.rmtree(card.path.with_suffix(".locks"), ignore_errors=True)
    return card


def _use(name: str, slots: int) -> Library:
    library = Library.load(emulator_path())
    if library.card is None:
        raise HalError(f"{library.path} is no emulated card; install hal again")
    library.card.use(name, slots)
    library.start()
    return library


def _path(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise HalError(f"{name!r} is no name for a card: use 1 to 64 letters, digits, _ and -")
    return card_directory() / f"{name}.card"


def _read(path: Path) -> SharedCard:
    """Opens plain files of this user's only: anything else may wait, or do something."""
    try:
        descriptor, found = open_plain(path)
    except OSError as error:
        return SharedCard(path.stem, path, 0, 0, error.strerror or str(error))
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(_HEADER.size)
    magic, _, slots = _HEADER.unpack(head) if len(head) == _HEADER.size else (b"", 0, 0)
    problem = _problem(found, magic, slots)
    return SharedCard(path.stem, path, 0 if problem else slots, found.st_blocks * _BLOCK_BYTES, problem)


def _problem(found: os.stat_result, magic: bytes, slots: int) -> str:
    if found.st_uid != os.geteuid():
        return f"it belongs to user {found.st_uid}"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others may write to it"
    return "" if magic == _MAGIC and 1 <= slots <= _SLOTS_MAX else "it does not begin as a card does"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The lock that the card's library takes while it opens or makes a card."""
    if not folder.is_dir():
        yield
        return
    descriptor = open_lock_file(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        wait_for_lock(descriptor)
        yield
    finally:
        close_lock_file(descriptor)
