"""A lock of a slot between processes: the SDK leaves that to its users.

It is a file with an advisory lock (flock), which ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from hal._binding import close_lock_file, hand_over_lock_file, open_lock_file, wait_for_lock
from hal.codes import SPACES
from hal.errors import SlotError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from hal._binding import Library

__all__ = ["SlotLock", "lock_directory", "share_locks", "take_ownership"]

_SHARED_FOLDER = Path("/tmp/hal-locks")  # noqa: S108  (users must meet in one place; nothing is read from it)

_shared: set[tuple[str, int, int]] = set()  # library, slot and process whose locks hold between processes
_sharing = threading.RLock()
os.register_at_fork(before=_sharing.acquire, after_in_parent=_sharing.release, after_in_child=_sharing.release)


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
        self._process = 0

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(f"{self!r} can't be copied or pickled: it stands for what this process has open")

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
            self.release()

    @property
    def held(self) -> bool:
        """Whether this object holds the lock, in this process."""
        return self._descriptor >= 0 and self._process == os.getpid()

    def acquire(self, timeout: float | None = None) -> None:
        """Takes the lock; waits for `timeout` seconds (None: as long as it takes). SlotError names who holds it."""
        if self.held:
            raise SlotError(f"slot {self.slot_number} is locked by this object already; release it first")
        descriptor = _open_lock_file(self.path)
        try:
            if wait_for_lock(descriptor, timeout):
                self._descriptor, self._process = descriptor, os.getpid()
        finally:  # a signal may come at any moment
            if self._descriptor < 0:
                close_lock_file(descriptor)
        if self._descriptor < 0:
            raise self._busy()

    def release(self) -> None:
        """Gives the lock back. Again does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0 and self._process == os.getpid():
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
    with _sharing:
        if key in _shared:
            return
        services = _open_lock_file(folder / f"slot-{slot_number}-services.lock")
        bars = {place: _open_lock_file(folder / name) for place, name in names.items()}
        for descriptor in (services, *bars.values()):
            hand_over_lock_file(descriptor)  # from here on the core closes it in a child
        library.share_locks(slot_number, bars, services)
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
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            descriptor = open_lock_file(path, flags)
        except FileNotFoundError:
            descriptor = open_lock_file(path, flags | os.O_CREAT)
    except OSError as error:
        raise SlotError(
            f"the lock file {path} can't be opened: {error.strerror}; set HAL_LOCK_DIR to another folder"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        close_lock_file(descriptor)
        raise SlotError(f"the lock file {path} is no plain file; remove it")
    return descriptor


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if folder == _SHARED_FOLDER:
            folder.chmod(0o1777)
