"""Which accessors there are: C descriptors where the accelerator is built, else properties over cffi.

HAL_PURE_CFFI=1 in the environment chooses the properties. Both have the same semantics and the same errors.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hal._binding import Bar
    from hal.access.plans import PortPlan
    from hal.access.shape import RegisterShape
    from hal.access.short_ways import ShortWay

__all__ = [
    "NodeBase",
    "RegisterBase",
    "accelerated",
    "hold_ports",
    "hold_window",
    "in_c",
    "install_accessors",
    "open_window",
]

accelerated: bool
"""Whether fields are accessed through the accelerator."""


class Accessors(Protocol):
    """What `hal.access.native` and `hal.access.pure` both are."""

    @property
    def NodeBase(self) -> type[Any]:  # noqa: N802  (a class)
        """Base of every node: finds what is not made yet by `_missing`."""

    @property
    def RegisterBase(self) -> type[Any]:  # noqa: N802
        """Base of every register: refuses what can't be set or deleted."""

    def in_c(self, short_way: ShortWay, /) -> Any:
        """Decorates a method that the accelerator has a short way for, which is named."""

    def install_accessors(self, cls: Any, shape: RegisterShape, plans: list[PortPlan]) -> Any:
        """Puts a register class's accessors in place; returns what `hold_ports` is to be given."""

    def hold_ports(self, register: Any, store: Any, shape: Any, /) -> None:
        """Gives a register its ports."""

    def hold_window(self, memory: Any, offset: int, words: int, width: int, /) -> None:
        """Tells a memory where it lies: that many words of `width` bits, from `offset` bytes on."""

    def open_window(self, memory: Any, bar: Bar, /, *, writing: bool) -> None:
        """From now on the memory is accessed through this BAR, one way."""


if TYPE_CHECKING:
    from hal.access import native, pure
    from hal.access.pure import (
        NodeBase,
        RegisterBase,
        hold_ports,
        hold_window,
        in_c,
        install_accessors,
        open_window,
    )

    _filled_by: tuple[Accessors, Accessors] = (native, pure)
else:

    def _chosen() -> tuple[Accessors, bool]:
        if os.environ.get("HAL_PURE_CFFI", "0") in {"", "0"}:
            try:
                from hal.access import native  # noqa: PLC0415  (one of the two)
            except ModuleNotFoundError:  # it was not built; a build that does not fit is told
                pass
            else:
                return native, True
        from hal.access import pure  # noqa: PLC0415

        return pure, False

    _accessors, accelerated = _chosen()
    NodeBase, RegisterBase, in_c = _accessors.NodeBase, _accessors.RegisterBase, _accessors.in_c
    hold_ports, install_accessors = _accessors.hold_ports, _accessors.install_accessors
    hold_window, open_window = _accessors.hold_window, _accessors.open_window
