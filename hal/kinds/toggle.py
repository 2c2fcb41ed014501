"""The value that inverts a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hal.kinds.members import Enumerated
from hal.kinds.plain import BOOL, UNSIGNED

if TYPE_CHECKING:
    from hal.kinds.plain import Kind

__all__ = ["TOGGLE", "Toggle", "has_every_value"]


class Toggle:
    """Of `TOGGLE` alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "hal.TOGGLE"

    def __reduce__(self) -> str:
        return "TOGGLE"


TOGGLE: Final = Toggle()
"""Given to a field, inverts all its bits: `dev.ctrl.enable = hal.TOGGLE`, `dev.ctrl.modify(enable=hal.TOGGLE, done=1)`.

One read and one write, with nothing of this process between. For fields that read back what is written to them, and
whose bits, inverted, are a value again: unsigned ones, bool, and enums that are open or name every value. A field where
ones or zeros toggle (`w1t`, `w0t`) is written so, and nothing is read. FieldTypeError for all others.
"""


def has_every_value(kind: Kind, width: int) -> bool:
    """Whether any bits of this width are a value that may be written."""
    if isinstance(kind, Enumerated):
        return kind.is_open or len(kind.by_value) == 1 << width
    return kind is UNSIGNED or (kind is BOOL and width == 1)
