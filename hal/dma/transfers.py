"""`slot.dma`: transfers between buffers of a program and the card's memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hal.dma.buffer import Buffer
from hal.dma.contiguous import contiguous_bytes, room_in
from hal.errors import AddressError, DmaError
from hal.uncopyable import Uncopyable
from hal.values import integer, shown

if TYPE_CHECKING:
    from hal.dma.engines import Engine

__all__ = ["Dma", "Progress"]

Progress = Callable[[int, int], None]

_PIECE = 4 << 20  # bytes between two looks at signals, cancellation and progress


class Dma(Uncopyable):
    """The DMA engine of a slot's card. Addresses are the card's: those of its DDR and HBM, as PCIS has them.

    A transfer blocks its thread, and others run meanwhile. A buffer is anything that has one, contiguous: bytes, array,
    numpy, `slot.buffer()`. DmaError tells where a transfer ended, and `done` how many bytes were moved.
    """

    def __init__(self, engine: Engine, slot: int) -> None:
        self._engine, self._slot = engine, slot

    def __repr__(self) -> str:
        return f"<DMA of slot {self._slot}>"

    def read(self, address: int, buffer: Any, *, progress: Progress | None = None) -> None:
        """Fills a buffer with the card's memory from an address on.

        `progress` is called with the bytes that are done and all of them, after each 4 MiB.
        """
        with room_in(*_needed(buffer)) as room:
            _pieces(self._engine.read, _address(address, room), room, progress)

    def write(self, address: int, buffer: Any, *, progress: Progress | None = None) -> None:
        """Writes a buffer to the card's memory from an address on; `progress` as for `read`."""
        with contiguous_bytes(*_needed(buffer)) as data:
            _pieces(self._engine.write, _address(address, data), data, progress)

    async def read_async(self, address: int, buffer: Any, *, progress: Progress | None = None) -> None:
        """As `read`, while asyncio's other tasks run. Cancelled, it ends after the piece that is under way."""
        with room_in(*_needed(buffer)) as room:
            await _aside(self._engine.read, _address(address, room), room, progress)

    async def write_async(self, address: int, buffer: Any, *, progress: Progress | None = None) -> None:
        """As `write`, while asyncio's other tasks run. Cancelled, it ends after the piece that is under way."""
        with contiguous_bytes(*_needed(buffer)) as data:
            await _aside(self._engine.write, _address(address, data), data, progress)


def _pieces(
    move: Callable[[int, memoryview], None],
    address: int,
    data: memoryview,
    progress: Progress | None,
    stop: threading.Event | None = None,
) -> None:
    total = data.nbytes
    for done in range(0, total, _PIECE):
        if stop is not None and stop.is_set():
            return
        part = data[done : done + _PIECE]
        try:
            move(address + done, part)
        except DmaError as problem:
            problem.done += done
            raise
        finally:
            part.release()
        if progress is not None:
            progress(min(done + _PIECE, total), total)


async def _aside(
    move: Callable[[int, memoryview], None], address: int, data: memoryview, progress: Progress | None
) -> None:
    """In a thread. However it ends, nothing touches the buffer any more."""
    import asyncio  # noqa: PLC0415  (a synchronous program needs none)

    loop, stop = asyncio.get_running_loop(), threading.Event()

    def tell(done: int, total: int) -> None:
        if progress is not None:
            loop.call_soon_threadsafe(progress, done, total)

    work = loop.run_in_executor(None, _pieces, move, address, data, tell, stop)
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        while not work.done():
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError:  # noqa: PERF203  (again: the piece still has to end)
                continue
        raise


def _address(address: Any, data: memoryview) -> int:
    given = integer(address, "a card's address is an integer", "; nothing was moved")
    if not 0 <= given <= (1 << 64) - max(1, data.nbytes):
        raise AddressError(f"{data.nbytes} bytes at {shown(given)} are no addresses of a card: they have 64 bits")
    return given


def _needed(buffer: Any) -> tuple[Any, str, str]:
    """A buffer of the program's, or of the card's, and what errors say."""
    given = buffer.bytes if isinstance(buffer, Buffer) else buffer
    return given, "a transfer needs a", "; nothing was moved"
