"""Where requests of an interrupt line come from: descriptors of the kernel's drivers, or any that can be polled.

A source never waits. It says that there is something to take by its descriptor, which one place polls for all users.
"""

from __future__ import annotations

import os
import re
import select
import stat
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from hal._binding import REAL_TIME
from hal.errors import FieldTypeError, InterruptError
from hal.values import shown

if TYPE_CHECKING:
    from hal._binding.sdk.pace import RealTime

__all__ = [
    "DescriptorSource",
    "EventfdSource",
    "InterruptSource",
    "UioSource",
    "XdmaEventSource",
    "source_of",
]

_WORD, _LONG = struct.Struct("=I"), struct.Struct("=Q")
_UIO = re.compile(r"/dev/uio\d+")
_XDMA = re.compile(r"xdma\d+_events_\d+")
_PIECE = 4096


@runtime_checkable
class InterruptSource(Protocol):
    """What `slot.interrupt(n, source=...)` takes besides descriptors and paths: a class of one's own.

    `pace`: the time in which it is waited for, `hal.lines.line_sources.REAL_TIME`.
    """

    @property
    def pace(self) -> RealTime:
        """The time in which it is waited for."""

    def fileno(self) -> int:
        """What poll says can be read from when there is something to take; -1 for none, of simulated logic."""

    def take(self) -> int:
        """Requests since the last call; never waits."""

    def arm(self) -> None:
        """What was taken is dealt with: a line that is masked meanwhile, or still high, may ask again."""

    def close(self) -> None:
        """Ends it."""


class DescriptorSource:
    """Any descriptor: each time that it can be read from is a request, and what is read is dropped."""

    pace = REAL_TIME
    _size = _PIECE  # bytes of a read

    def __init__(self, descriptor: int, name: str, *, owns: bool) -> None:
        self._descriptor, self._name, self._owns = descriptor, name, owns
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def take(self) -> int:
        """Requests since the last call."""
        return self._counted(self._read()) if self._poll.poll(0) else 0

    def _read(self) -> bytes:
        try:
            found = os.read(self._descriptor, self._size)
        except BlockingIOError:
            return b""
        except OSError as problem:
            raise InterruptError(f"{self._name}: {problem.strerror}; it is no source of interrupts any more") from None
        if not found:
            raise InterruptError(f"{self._name} has ended: nothing will come from it any more")
        return found

    def _counted(self, found: bytes) -> int:
        return 1 if found else 0

    def arm(self) -> None:
        """Nothing is masked."""

    def close(self) -> None:
        """Closes what was opened here."""
        if self._owns:
            self._owns = False
            os.close(self._descriptor)

    def __repr__(self) -> str:
        return f"<interrupts of {self._name}>"


class EventfdSource(DescriptorSource):
    """An eventfd, as VFIO and many drivers signal: it counts."""

    def _counted(self, found: bytes) -> int:
        return int(_LONG.unpack(found)[0]) if len(found) == _LONG.size else 0


class XdmaEventSource(DescriptorSource):
    """A file /dev/xdma*_events_*: a read gives how many came."""

    _size = _WORD.size

    def _counted(self, found: bytes) -> int:
        return int(_WORD.unpack(found)[0]) if len(found) == _WORD.size else 0


class UioSource(DescriptorSource):
    """A file /dev/uio*: a read gives how many came in all. A line that goes by levels is masked until `arm`."""

    _size = _WORD.size

    def __init__(self, descriptor: int, name: str, *, owns: bool, counted: int | None = None) -> None:
        super().__init__(descriptor, name, owns=owns)
        self._count, self._is_masked, self._can_arm = counted, True, True

    def _counted(self, found: bytes) -> int:
        if len(found) != _WORD.size:
            return 0
        count = int(_WORD.unpack(found)[0])
        before, self._count, self._is_masked = self._count, count, True
        return 1 if before is None else (count - before) % (1 << 32)

    def arm(self) -> None:
        """Has the driver let the next one through. Some have nothing to mask, and refuse it."""
        if self._is_masked and self._can_arm:
            self._is_masked = False
            try:
                os.write(self._descriptor, _WORD.pack(1))
            except OSError:
                self._can_arm = False


def source_of(given: Any) -> InterruptSource:
    """The source that a descriptor, what has one, a path or an object with a source's methods is."""
    if isinstance(given, InterruptSource):
        return given
    if isinstance(given, (str, os.PathLike)):
        return _of_path(Path(given))
    descriptor = given if isinstance(given, int) and not isinstance(given, bool) else _descriptor_of(given)
    try:
        target = str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        raise InterruptError(f"descriptor {shown(descriptor)} is not open") from None
    return _of_descriptor(descriptor, target, owns=False)


def _descriptor_of(given: Any) -> int:
    fileno = getattr(given, "fileno", None)
    if not callable(fileno):
        raise FieldTypeError(f"interrupts come from a descriptor, a path or a source, not {shown(given)}")
    descriptor: int = fileno()
    return descriptor


def _of_path(path: Path) -> InterruptSource:
    is_uio = _UIO.fullmatch(str(path)) is not None
    try:
        descriptor = os.open(path, (os.O_RDWR if is_uio else os.O_RDONLY) | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        raise InterruptError(f"{path}: {problem.strerror}; interrupts can't come from there") from None
    return _of_descriptor(descriptor, str(path), owns=True)


def _of_descriptor(descriptor: int, name: str, *, owns: bool) -> InterruptSource:
    if name == "anon_inode:[eventfd]":
        return EventfdSource(descriptor, "an eventfd", owns=owns)
    if _UIO.fullmatch(name):
        return UioSource(descriptor, name, owns=owns, counted=_uio_count(name))
    if _XDMA.search(name):
        return XdmaEventSource(descriptor, name, owns=owns)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        if owns:
            os.close(descriptor)
        raise InterruptError(f"{name} is a plain file or a folder, which tells nothing; give what can be polled")
    return DescriptorSource(descriptor, name, owns=owns)


def _uio_count(name: str) -> int | None:
    """What the kernel has counted so far."""
    try:
        return int(Path("/sys/class/uio", Path(name).name, "event").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
