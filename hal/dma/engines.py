"""What moves data between host memory and the card's: the card's library, or the driver of a DMA engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from hal.codes import describe_code
from hal.errors import CardPermissionError, DmaError
from hal.uncopyable import Uncopyable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hal._binding.driver_files import DriverFiles
    from hal._binding.sdk.host_memory import HostMemory

__all__ = ["CHANNELS", "Engine", "LibraryEngine", "XdmaEngine", "find_xdma"]

CHANNELS = 4
_PIECE = 1 << 30  # bytes that the driver is asked for at once: it takes no more than 2**31 - 4096


class Engine(Protocol):
    """Moves bytes at a card's addresses. What was moved before an error is in the error."""

    def read(self, address: int, room: memoryview) -> None:
        """The card's memory into a buffer."""

    def write(self, address: int, data: memoryview) -> None:
        """A buffer into the card's memory."""


class LibraryEngine:
    """That of the emulated card and of simulated logic."""

    def __init__(self, calls: HostMemory, slot: int) -> None:
        self._calls, self._slot = calls, slot

    def read(self, address: int, room: memoryview) -> None:
        """The card's memory into a buffer."""
        self._calls.read(self._slot, address, room)

    def write(self, address: int, data: memoryview) -> None:
        """A buffer into the card's memory."""
        self._calls.write(self._slot, address, data)


class XdmaEngine(Uncopyable):
    """One channel of the XDMA driver: a file to write to the card, and one to read from it.

    Each transfer is a pread or pwrite at the card's address. One that ends early is asked for the rest; when nothing
    comes any more it ends as an error.
    """

    def __init__(self, h2c: Path, c2h: Path) -> None:
        self._paths = {True: h2c, False: c2h}
        self._files: dict[bool, int] = {}

    def __repr__(self) -> str:
        return f"<XDMA channel {self._paths[True]}, {self._paths[False]}>"

    def __del__(self) -> None:
        for file in getattr(self, "_files", {}).values():
            os.close(file)

    def read(self, address: int, room: memoryview) -> None:
        """The card's memory into a buffer."""
        file, done = self._file(to_card=False), 0
        while done < room.nbytes:
            done = self._step(
                room.nbytes, address, done, lambda at: os.preadv(file, [room[at : at + _PIECE]], address + at)
            )

    def write(self, address: int, data: memoryview) -> None:
        """A buffer into the card's memory."""
        file, done = self._file(to_card=True), 0
        while done < data.nbytes:
            done = self._step(
                data.nbytes, address, done, lambda at: os.pwrite(file, data[at : at + _PIECE], address + at)
            )

    def _step(self, total: int, address: int, done: int, call: Callable[[int], int]) -> int:
        """Bytes that are done after one more call."""
        what = f"DMA of {total} bytes at card address {address:#x} by {self!r}"
        try:
            moved = call(done)
        except OSError as problem:
            name = describe_code(-(problem.errno or 0))
            raise DmaError(
                f"{what} failed after {done} bytes: {problem.strerror} ({name}); the card's DMA engine may be stuck "
                "until the AFI is loaded again",
                code=-(problem.errno or 0),
                name=name,
                address=address + done,
                done=done,
            ) from None
        if moved <= 0:
            raise DmaError(f"{what} ended early, after {done} bytes", address=address + done, done=done)
        return done + moved

    def _file(self, *, to_card: bool) -> int:
        if to_card not in self._files:
            path = self._paths[to_card]
            try:
                self._files[to_card] = os.open(path, (os.O_WRONLY if to_card else os.O_RDONLY) | os.O_CLOEXEC)
            except PermissionError:
                raise CardPermissionError(
                    f"{path}: permission denied; run as root, or give this user the file"
                ) from None
            except OSError as problem:
                raise DmaError(f"{path} can't be opened: {problem.strerror}") from None
        return self._files[to_card]


def find_xdma(files: DriverFiles, channel: int = 0) -> XdmaEngine | None:
    """A channel of the driver's for a PCI function; None where it has none."""
    h2c, c2h = files.xdma(f"h2c_{channel}"), files.xdma(f"c2h_{channel}")
    return None if h2c is None or c2h is None else XdmaEngine(h2c, c2h)
