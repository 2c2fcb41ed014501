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

__all__ = ["AttachedBar", "HandleUser", "accelerated", "in_c"]

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


def in_c(short_way: ShortWay) -> Callable[[F], F]:
    """Decorates a method that C has a short way for, which is named: see bindings/accel/method.c."""
    if _accel is None:
        return lambda method: method
    method: Callable[[ShortWay, F], F] = _accel.Method
    return lambda function: method(short_way, function)
