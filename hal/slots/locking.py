"""A lock of a slot between processes: the SDK leaves that to its users.

It is a file with an advisory lock (flock), which ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from hal.codes import SPACES
from hal.errors import SlotError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from hal._binding import Library

__all__ = ["SlotLock", "lock_directory", "share_locks", "take_ownership"]

_SHARED_FOLDER = Path("/tmp/hal-locks")  # noqa: S108  (users must meet in one place; nothing is read from it)
_PAUSE_SECONDS = 0.01

_shared: set[tuple[str, int, int]] = set()  # library, slot and process whose locks hold between processes
_held: weakref.WeakSet[SlotLock] = weakref.WeakSet()


def lock_directory() -> Path:
    """Where the lock files are: HAL_LOCK_DIR, else one folder for all users of the machine."""
    given = os.environ.get("HAL_LOCK_DIR", "")
    return Path(given) if given else _SHARED_FOLDER


class SlotLock:
    """The lock of one slot. A context manager; `with SlotLock(0): ...` waits until no other process holds it.

    `directory`: where the lock file is, None for `lock_directory()`. Raises SlotError when the lock can't be had.
    A forked child does not hold what its parent holds.
    """

    def __init__(self, slot_number: int, directory: str | os.PathLike[str] | None = None) -> None:
        self.slot_number = slot_number
        self.path = (Path(directory) if directory is not None else lock_directory()) / f"slot-{int(slot_number)}.lock"
        self._descriptor = -1

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
        if getattr(self, "_descriptor", -1) >= 0:
            os.close(self._descriptor)

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor >= 0

    def acquire(self, timeout: float | None = None) -> None:
        """Takes the lock; waits for `timeout` seconds (None: as long as it takes). SlotError names who holds it."""
        if self.held:
            raise SlotError(f"slot {self.slot_number} is locked by this object already; release it first")
        descriptor = _open_lock_file(self.path)
        try:
            self._wait(descriptor, None if timeout is None else time.monotonic() + timeout)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        _held.add(self)

    def release(self) -> None:
        """Gives the lock back. Again does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        _held.discard(self)
        if descriptor >= 0:
            os.close(descriptor)

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

    def _wait(self, descriptor: int, deadline: float | None) -> None:
        if deadline is None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            return
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise self._busy()
            time.sleep(_PAUSE_SECONDS)

    def _busy(self) -> SlotError:
        holder = self.holder()
        who = f"process {holder}" if holder else "another process"
        return SlotError(f"slot {self.slot_number} is locked by {who} ({self.path}); wait for it, or end it")


def take_ownership(slot_number: int, library: Library) -> SlotLock | None:
    """The lock of a machine's slot, or of a shared emulated card's; a private card needs none.

    SlotError names the process that holds it.
    """
    folder = _folder_of(library)
    if folder is None:
        return None
    lock = SlotLock(slot_number, folder)
    lock.acquire(timeout=0)
    return lock


def share_locks(slot_number: int, library: Library) -> None:
    """Has the slot's locks hold between processes. Once for a slot: the files stay open until the process ends."""
    folder, key = _folder_of(library), (library.path, slot_number, os.getpid())
    if folder is None or key in _shared:
        return
    names = {(pf, bar): f"slot-{slot_number}-pf{pf}-bar{bar}.lock" for pf, bar in SPACES}
    bars = {place: _open_lock_file(folder / name) for place, name in names.items()}
    library.share_locks(slot_number, bars, _open_lock_file(folder / f"slot-{slot_number}-services.lock"))
    _shared.add(key)


def _folder_of(library: Library) -> Path | None:
    """Where a card's lock files are; a shared emulated card has a folder of its own."""
    library.start()  # an emulated card knows its name from then on
    if library.card is None:
        return lock_directory()
    name = library.card.describe().get("name", "")
    return lock_directory() / f"card-{name}" if name else None


def _open_lock_file(path: Path) -> int:
    """The file's descriptor. It is never written to, so that any user may lock what another one has made."""
    try:
        _make_folder(path.parent)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            descriptor = os.open(path, flags | os.O_CREAT, 0o644)
    except OSError as error:
        raise SlotError(
            f"the lock file {path} can't be opened: {error.strerror}; set HAL_LOCK_DIR to another folder"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SlotError(f"the lock file {path} is no plain file; remove it")
    return descriptor


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if folder == _SHARED_FOLDER:
            folder.chmod(0o1777)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _forget_in_child() -> None:
    """The descriptor is shared with the parent: as long as the child has it open, the parent can't give it back."""
    for lock in list(_held):
        lock.release()


os.register_at_fork(after_in_child=_forget_in_child)
