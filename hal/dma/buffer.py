"""A buffer of pinned host memory: Python's side of it, and its address on the card's side."""

from __future__ import annotations

import contextlib
import os
import weakref
from math import prod
from typing import TYPE_CHECKING, Any

from hal.errors import AddressError, ClosedError, FieldTypeError
from hal.uncopyable import Closing, Uncopyable
from hal.values import integer, shown

if TYPE_CHECKING:
    from hal.dma.elements import Elements
    from hal.dma.sources.pinned import PinnedMemory

__all__ = ["Buffer"]


class Buffer(Closing, Uncopyable):
    """Host memory that the card reaches at `address`. Made by `slot.buffer()` and `hal.allocate()`.

    `view` is its memory as a memoryview, `array` the same as a numpy array; slices and items of the buffer are theirs.
    A context manager: leaving it ends the card's access, and views with it. A numpy array keeps the memory, but the
    card does not reach it any more; whatever is asked of the buffer then raises ClosedError.
    """

    def __init__(self, pinned: PinnedMemory, elements: Elements, direction: str, source: str, slot: int) -> None:
        self.slot, self.direction, self.source = slot, direction, source
        self.nbytes = elements.itemsize * prod(elements.shape)
        self._elements, self._pinned, self._address = elements, pinned, pinned.address
        self._memory: memoryview | None = memoryview(pinned.memory)[: self.nbytes]
        self._view: memoryview | None = None
        self._array: Any = None
        self._free = weakref.finalize(self, _free, pinned, os.getpid())

    def __repr__(self) -> str:
        state = f"at {self._address:#x}" if self._memory is not None else "closed"
        return f"<buffer of {self.nbytes} bytes for slot {self.slot}, {self.direction}, {state}>"

    def close(self) -> None:
        """Ends the card's access to the memory. Once is enough; again does nothing."""
        views, self._view, self._memory, self._array = (self._view, self._memory), None, None, None
        self._free()
        for given_back in (*(view.release for view in views if view is not None), self._pinned.memory.close):
            with contextlib.suppress(BufferError):  # somebody has an array of it, or a part
                given_back()

    @property
    def closed(self) -> bool:
        """Whether the card's access has ended."""
        return self._memory is None

    # -- the card's side ------------------------------------------------------------------------------------------

    @property
    def address(self) -> int:
        """Of its first byte, as the card's logic has to put it on its bus."""
        self._open()
        return self._address

    def address_of(self, offset: int, nbytes: int = 1) -> int:
        """The card's address of so many bytes from an offset on; AddressError where they are not all inside."""
        first, count = (integer(given, "an offset and a number of bytes are integers") for given in (offset, nbytes))
        if first < 0 or count < 0 or first + count > self.nbytes:
            raise AddressError(
                f"{shown(count)} bytes at {shown(first)} are not inside of a buffer of {self.nbytes} bytes"
            )
        return self.address + first

    def flush(self) -> None:
        """What the processor has written is there for the card from now on; needed where memory is not coherent.

        It is on PCIe, where this does nothing.
        """
        self._synchronise(for_card=True)

    def invalidate(self) -> None:
        """What the card has written is there for the processor from now on; needed where `flush` is."""
        self._synchronise(for_card=False)

    def _synchronise(self, *, for_card: bool) -> None:
        self._open()
        if self._pinned.sync is not None:
            self._pinned.sync(0, self.nbytes, for_card)

    # -- Python's side --------------------------------------------------------------------------------------------

    @property
    def bytes(self) -> memoryview:
        """All of its bytes, in one dimension."""
        return self._open()

    @property
    def view(self) -> memoryview:
        """Its memory as a memoryview of its elements. FieldTypeError where only numpy knows their kind."""
        memory = self._open()
        if self._view is None:
            self._view = self._elements.viewed(memory)
        return self._view

    @property
    def array(self) -> Any:
        """The same memory as a numpy array; HalError where numpy is not installed."""
        memory = self._open()
        if self._array is None:
            self._array = self._elements.as_array(memory)
        return self._array

    def __len__(self) -> int:
        shape = self._elements.shape
        if not shape:
            raise FieldTypeError("this buffer is one element, and has no length")
        return shape[0]

    def __getitem__(self, place: Any) -> Any:
        return self._items()[place]

    def __setitem__(self, place: Any, value: Any) -> None:
        self._items()[place] = value

    def __buffer__(self, flags: int) -> memoryview:
        """For Python 3.12 and later: the buffer itself where something takes a buffer; before that, its `view`."""
        return memoryview(self.view)  # who takes it releases it

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """What numpy takes it for."""
        array = self.array
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def _items(self) -> Any:
        """Numpy's array where the buffer was made with elements and numpy is there, else the memoryview."""
        return self.array if self._elements.with_numpy else self.view

    def _open(self) -> memoryview:
        if self._memory is None:
            raise ClosedError(f"a buffer of {self.nbytes} bytes for slot {self.slot} was closed; make another one")
        return self._memory


def _free(pinned: PinnedMemory, process: int) -> None:
    """Ends the card's access, in the process that began it: a forked child has the memory, but not the mapping."""
    if os.getpid() == process:
        pinned.free()
