"""A lock of a slot between processes: the SDK leaves that to its users.

It is a file with an advisory lock (flock), which ends with the process that holds it, however that ends. Who may open
the file may hold the lock, so a folder is either one user's or one that users agreed on, and never everybody's.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hal._binding import (
    close_lock_file,
    fork_waits_for,
    hand_over_lock_file,
    open_lock_file,
    open_plain_lock_file,
    wait_for_lock,
)
from hal.errors import SlotError
from hal.uncopyable import Uncopyable

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from hal._binding import HeldLock, Library

__all__ = [
    "AGREED_FOLDER",
    "SlotLock",
    "lock_directory",
    "lock_of",
    "share_locks",
    "take_cache",
    "take_ownership",
]

AGREED_FOLDER = Path("/run/hal-locks")  # root alone can make it, for those who may use its cards
_PAUSE_SECONDS = 0.01
_OTHER_MAKES_IT = 20  # how often to try again while another user is about to give rights to a new file

_shared: set[tuple[str, int, int]] = set()  # library, slot and process whose locks hold between processes
_sharing = fork_waits_for(threading.RLock())


def lock_directory() -> Path:
    """Where the lock files are: HAL_LOCK_DIR, else /run/hal-locks where that is, else a folder of this user's own.

    Only users of one folder exclude each other.
    """
    given = os.environ.get("HAL_LOCK_DIR", "")
    if given:
        return Path(given)
    return AGREED_FOLDER if AGREED_FOLDER.is_dir() else _own_folder()


def _own_folder() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime, "hal-locks") if runtime else Path(f"/tmp/hal-locks-{os.geteuid()}")  # noqa: S108  (checked)


class SlotLock(Uncopyable):
    """The lock of one slot. A context manager; `with SlotLock(0): ...` waits until no other process holds it.

    `directory`: where the lock file is, None for `lock_directory()`. Raises SlotError when the lock can't be had.
    A forked child does not hold what its parent holds.
    """

    _descriptor: int | None = None  # of the file that is locked
    _process = 0  # that locked it

    def __init__(self, slot_number: int, directory: str | os.PathLike[str] | None = None) -> None:
        self.slot_number = slot_number
        self.path = (Path(directory) if directory is not None else lock_directory()) / f"slot-{int(slot_number)}.lock"

    def __repr__(self) -> str:
        return f"<lock of slot {self.slot_number}, {'held' if self.held else 'free'} here>"

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()

    @property
    def held(self) -> bool:
        """Whether this object holds the lock, in this process."""
        return self._descriptor is not None and self._process == os.getpid()

    def make(self) -> None:
        """Makes its file and folder where they are missing. SlotError where they may not be used."""
        close_lock_file(_open_lock_file(self.path))

    def acquire(self, timeout: float | None = None) -> None:
        """Takes the lock; waits for `timeout` seconds (None: as long as it takes). SlotError names who holds it."""
        if self.held:
            raise SlotError(f"slot {self.slot_number} is locked by this object already; release it first")
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._acquire(None if deadline is None else max(0.0, deadline - time.monotonic())):
            pass  # the file was removed while it was waited for: others lock a new one

    def _acquire(self, timeout: float | None) -> bool:
        descriptor = _open_lock_file(self.path)
        try:
            locked = wait_for_lock(descriptor, timeout)
            if locked and _is_at(descriptor, self.path):
                self._descriptor, self._process = descriptor, os.getpid()
        finally:  # a signal may come at any moment
            if not self.held:
                close_lock_file(descriptor)
        if not locked:
            raise self._busy()
        return self.held

    def release(self) -> None:
        """Gives the lock back. Again does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None and self._process == os.getpid():
            close_lock_file(descriptor)

    def holder(self) -> int | None:
        """The process that holds the lock; None when nobody does, or the system does not tell."""
        try:
            inode = self.path.stat().st_ino
            rows = Path("/proc/locks").read_text(encoding="ascii").splitlines()
        except OSError:
            return None
        for row in rows:
            words = row.split()
            if words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
                return int(words[4])
        return None

    def _busy(self) -> SlotError:
        holder = self.holder()
        who = f"process {holder}" if holder else "another process"
        return SlotError(f"slot {self.slot_number} is locked by {who} ({self.path}); wait for it, or end it")


def take_ownership(slot_number: int, library: Library) -> SlotLock | None:
    """The lock of a machine's slot, or of a shared emulated card's; a private card needs none.

    SlotError names the process that holds it.
    """
    return _take(lock_of(slot_number, library))


def take_cache(slot_number: int, library: Library) -> HeldLock | None:
    """The same of the slot's caches: one process at a time caches its registers. Another host's is held there."""
    if library.far is not None:
        return library.far.lock("cache")
    lock = lock_of(slot_number, library)
    if lock is not None:
        lock.path = lock.path.with_name(f"{lock.path.stem}-cache.lock")
    return _take(lock)


def _take(lock: SlotLock | None) -> SlotLock | None:
    if lock is not None:
        lock.acquire(timeout=0)
    return lock


def lock_of(slot_number: int, library: Library) -> SlotLock | None:
    """The lock that `take_ownership` takes, as it is; None of a private card."""
    folder = _folder_of(library)
    if folder is None:
        return None
    lock = SlotLock(slot_number, folder)
    lock.path = folder / f"{_name_of(slot_number, library)}.lock"
    return lock


def share_locks(slot_number: int, library: Library) -> None:
    """Has the slot's locks hold between processes. Once for a slot: the files stay open until the process ends."""
    folder, key = _folder_of(library), (library.path, slot_number, os.getpid())
    if folder is None:
        return
    name = _name_of(slot_number, library)
    names = {(pf, bar): f"{name}-pf{pf}-bar{bar}.lock" for pf, bar in library.spaces}
    with _sharing:
        if key in _shared:
            return
        services = _open_lock_file(folder / f"{name}-services.lock")
        bars = {place: _open_lock_file(folder / name) for place, name in names.items()}
        for descriptor in (services, *bars.values()):
            hand_over_lock_file(descriptor)  # from here on the core closes it in a child
        library.share_locks(slot_number, bars, services)
        _shared.add(key)


def _name_of(slot_number: int, library: Library) -> str:
    """How a slot's lock files begin: what the slots of PCI functions are is every process's own choice."""
    function = library.pci.function(slot_number).address if library.pci is not None else ""
    return f"pci-{function}" if function else f"slot-{slot_number}"


def _folder_of(library: Library) -> Path | None:
    """Where a card's lock files are; those of a shared emulated card lie beside it, and a private one has none."""
    library.start()  # an emulated card knows its name from then on
    if library.card is None:
        return lock_directory()
    facts = library.card.describe()
    return Path(facts["path"]).with_suffix(".locks") if facts.get("name") else None


def _open_lock_file(path: Path) -> int:
    """The file's descriptor. It is never written to, so that those who agreed on its folder may lock each other's."""
    try:
        folder, mode = _open_folder(path.parent)
        try:
            return _open_in(folder, path.name, mode)
        finally:
            os.close(folder)
    except OSError as error:
        raise SlotError(
            f"the lock file {path} can't be opened: {error.strerror}; set HAL_LOCK_DIR to another folder"
        ) from error


def _open_folder(folder: Path) -> tuple[int, int]:
    """Its descriptor, and the permissions of files in it. It is made for this user where it is missing."""
    with suppress(FileExistsError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    descriptor = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)
    found = os.fstat(descriptor)
    agreed = found.st_mode & stat.S_IWGRP and folder != _own_folder()
    strange = found.st_uid not in {0, os.geteuid()} and not agreed
    if strange or found.st_mode & stat.S_IWOTH:
        os.close(descriptor)
        why = f"belongs to user {found.st_uid}" if strange else "may be written by everybody, who could hold its locks"
        raise SlotError(
            f"the folder of locks {folder} {why}; set HAL_LOCK_DIR to one of yours, or one that a group shares"
        )
    return descriptor, 0o660 if agreed else 0o600


def _open_in(folder: int, name: str, mode: int) -> int:
    for _ in range(_OTHER_MAKES_IT):
        with suppress(PermissionError, FileExistsError):
            return _open_or_make(folder, name, mode)
        time.sleep(_PAUSE_SECONDS)
    return _open_or_make(folder, name, mode)


def _open_or_make(folder: int, name: str, mode: int) -> int:
    try:
        return open_plain_lock_file(name, folder)
    except FileNotFoundError:
        return _make_in(folder, name, mode)


def _make_in(folder: int, name: str, mode: int) -> int:
    """The umask has no say: it would keep out those who agreed on the folder, or let others in."""
    descriptor = open_lock_file(name, os.O_CREAT | os.O_EXCL, mode, directory=folder)
    with suppress(PermissionError):  # who is not in the folder's group can't give files to it
        os.fchown(descriptor, -1, os.fstat(folder).st_gid)
    os.fchmod(descriptor, mode)
    return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the file that is open is what stands at the path."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == (mine.st_dev, mine.st_ino)
