"""The accelerator: C functions in place of Python's where it is built and not switched off (HAL_PURE_CFFI=1).

Here is what the binding's own classes take of it; accessors of fields are in `hal.access`. Both ways have the same
semantics and the same errors.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from hal._binding.extension import entry_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal._binding.short_ways import ShortWay

__all__ = [
    "AttachedBar",
    "BatchReader",
    "ClassStatements",
    "HandleUser",
    "PendingRead",
    "PreparedRead",
    "PreparedReads",
    "accelerated",
    "fill_pending",
    "in_c",
    "sweep_words",
]

F = TypeVar("F", bound="Callable[..., Any]")


class AttachedBar:
    """Base of BARs: where the accelerator finds what is attached."""

    __slots__ = ()

    def _hold_bar(self, address: int, generation: int, /) -> None:
        """Takes the BAR's address, and the generation that it was attached as."""


class HandleUser:
    """Base of what accesses BARs by handle: where the accelerator finds the library."""

    __slots__ = ()

    def _hold_library(self, address: int, /) -> None:
        """Takes the library's address."""


class PreparedRead:
    """Base of what is read of a register in batches: where the accelerator finds its words."""

    __slots__ = ("_asked",)

    def _hold_words(self, given: Any, name: str, /, *_in_c: Any) -> None:
        """Takes register and field that are asked with.

        And for C: what keeps the `hal_asked` words, their address and count, who reads, and how one word is a value:
        (word >> shift) & mask, decoded by a field's accessor; None: all of the register's bits.
        """
        self._asked = id(given), name

    def decode(self, words: list[int]) -> Any:
        """The value of these bus words, in the order of their accesses."""
        raise NotImplementedError


class PreparedReads:
    """What is prepared already. Each read keeps the register that it is asked with."""

    def __init__(self) -> None:
        self._reads: dict[tuple[int, str], PreparedRead] = {}

    def find(self, given: Any, name: str, /) -> Any:
        """The read that was prepared for a register and a field's name, or None."""
        return self._reads.get((id(given), name))

    def add(self, read: PreparedRead, /) -> None:
        """Takes a read, by what it was asked with."""
        self._reads[read._asked] = read


class PendingRead:
    """Base of a batch's futures: what is read, and the value when it is there."""

    __slots__ = ("_is_done", "_read", "_steps", "_value")

    _read: Any

    def _hold_steps(self, read: PreparedRead, steps: tuple[int, ...], /) -> None:
        """Takes what is read, and the steps that have its words."""
        self._read, self._steps, self._is_done = read, steps, False
        self._value: Any = None


class BatchReader:
    """Base of batches: where the accelerator finds what is prepared, and puts futures."""

    __slots__ = ()

    def _hold_batch(
        self,
        owner: Any,
        address: int,
        known: PreparedReads,
        futures: list[Any],
        made: type[PendingRead],
        /,
    ) -> None:
        """Takes the batch, what is prepared, where futures go, and their class."""

    def _end_batch(self) -> None:
        """Nothing is collected any more."""


class ClassStatements:
    """Base of what runs a driver's class statements: where the accelerator finds the driver."""

    __slots__ = ()

    def _hold_driver(
        self,
        names: dict[str, Any],
        waiting: dict[str, Any],
        kind: type[tuple[Any, ...]],
        flag: str,
        each: int,
        /,
    ) -> None:
        """Takes the driver's globals, its statements that wait, by name, and their class.

        And `flag`, which bases have whose classes may wait, and after how many of them Python looks at what there is.
        """

    def _end_driver(self) -> None:
        """It is imported: no statement waits any more."""


def _chosen() -> Any:
    """The accelerator's module, or None. A build that does not fit raises ImportError."""
    if os.environ.get("HAL_PURE_CFFI", "0") not in {"", "0"}:
        return None
    try:
        import hal._accel as found  # noqa: PLC0415  (where it is wanted)
    except ModuleNotFoundError:  # it was not built
        return None
    found.use_core(entry_points())
    return found


_accel = _chosen()
accelerated = _accel is not None

if accelerated and not TYPE_CHECKING:
    AttachedBar, HandleUser = _accel.AttachedBar, _accel.HandleUser
    PreparedRead, PreparedReads = _accel.PreparedRead, _accel.PreparedReads
    PendingRead, BatchReader = _accel.PendingRead, _accel.BatchReader
    ClassStatements = _accel.ClassStatements


def fill_pending(futures: list[Any], address: int, word_of: Callable[[int], int]) -> None:
    """Gives futures what the batch at this address has read for them; `word_of`: the value of one of its steps."""
    if _accel is not None:
        _accel.fill_pending(futures, address)
        return
    for future in futures:
        future._value = future._read.decode([word_of(step) for step in future._steps])
        future._is_done = True


def sweep_words(values: Any, width: int) -> bytes | None:
    """A list of integers, each of which fits `width` bits, as 64-bit words; None for what is to be looked at closer."""
    return None if _accel is None else _accel.sweep_words(values, width)


def in_c(short_way: ShortWay) -> Callable[[F], F]:
    """Decorates a method that C has a short way for, which is named: see bindings/accel/method.c."""
    if _accel is None:
        return lambda method: method
    method: Callable[[ShortWay, F], F] = _accel.Method
    return lambda function: method(short_way, function)
