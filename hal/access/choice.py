"""Which accessors there are: C descriptors where the accelerator is built, else properties over cffi.

HAL_PURE_CFFI=1 in the environment chooses the properties. Both have the same semantics and the same errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from hal._binding import accelerated, in_c

if TYPE_CHECKING:
    from hal._binding import Bar
    from hal.access.plans import PortPlan
    from hal.access.shape import RegisterShape

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


class Accessors(Protocol):
    """What `hal.access.native` and `hal.access.pure` both are."""

    @property
    def NodeBase(self) -> type[Any]:  # noqa: N802  (a class)
        """Base of every node: finds what is not made yet by `_missing`."""

    @property
    def RegisterBase(self) -> type[Any]:  # noqa: N802
        """Base of every register: refuses what can't be set or deleted."""

    def install_accessors(self, cls: Any, shape: RegisterShape, plans: list[PortPlan]) -> Any:
        """Puts a register class's accessors in place; returns what `hold_ports` is to be given."""

    def hold_ports(self, register: Any, store: Any, shape: Any, /) -> None:
        """Gives a register its ports."""

    def hold_window(self, memory: Any, offset: int, words: int, width: int, bus: int, reads: int, /) -> None:
        """Tells a memory where it lies: words of `width` bits, from `offset` bytes on, in accesses of `bus`.

        `reads`: bits of the widest access that reads.
        """

    def open_window(self, memory: Any, bar: Bar, /, *, writing: bool) -> None:
        """From now on the memory is accessed through this BAR, one way."""


if TYPE_CHECKING:
    from hal.access import native, pure
    from hal.access.pure import (
        NodeBase,
        RegisterBase,
        hold_ports,
        hold_window,
        install_accessors,
        open_window,
    )

    _filled_by: tuple[Accessors, Accessors] = (native, pure)
else:
    if accelerated:
        from hal.access import native as _accessors
    else:
        from hal.access import pure as _accessors
    NodeBase, RegisterBase = _accessors.NodeBase, _accessors.RegisterBase
    hold_ports, install_accessors = _accessors.hold_ports, _accessors.install_accessors
    hold_window, open_window = _accessors.hold_window, _accessors.open_window
