"""What follows from what an entry says."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, cast

from codegen.schema.direct import entry_forms

if TYPE_CHECKING:
    from codegen.model.types import FieldType
    from codegen.schema.direct.scalar_rules import BitRange
    from codegen.schema.entries import FieldEntry, RegisterContent

__all__ = [
    "CONTENT_KEYS",
    "PLACE_KEYS",
    "field_of",
    "is_array",
    "is_plain",
    "register_reset",
    "reset_bits",
    "says_hardware",
    "shown_access",
    "unknown_bits",
]

_ACCESS = attrgetter("access")
CONTENT_KEYS = entry_forms.RegisterContent.attributes
"""What a register and a type of register have in common."""
PLACE_KEYS = frozenset(entry_forms.Placed.attributes) - {"offset", "description", "python"} | {"alternate", "when"}
"""What few registers say of their places."""


def field_of(bits: BitRange | None = None) -> FieldEntry:
    """Return a field that says nothing but its bits."""
    return cast("FieldEntry", entry_forms.FieldEntry.made(**({} if bits is None else {"bits": bits})))


def is_array(field: FieldEntry) -> bool:
    """Whether it says anything that arrays say."""
    return (field.count, field.index, field.stride, field.first) != (None, None, None, None)


def says_hardware(field: FieldEntry) -> bool:
    """Whether it says anything of the hardware's side but `hw`."""
    return field.we or (field.counter, field.sticky, field.intr) != (None, None, None)


def is_plain(field: FieldEntry) -> bool:
    """Whether it says nothing of what its bits mean; so most fields of large maps."""
    said = (field.enum, field.format, field.scale, field.offset, field.range)
    return said == (None, None, None, None, None) and not field.unit


def reset_bits(entry: RegisterContent) -> int | None:
    """The known bits of its own reset, None where it has none."""
    reset = entry.reset
    if reset is None or isinstance(reset, list):
        return None
    if isinstance(reset, str):
        return 0
    return reset if isinstance(reset, int) else reset.value & reset.mask


def unknown_bits(entry: RegisterContent) -> int:
    """Those that nobody knows after a reset, as far as it says so itself."""
    reset = entry.reset
    if reset is None or isinstance(reset, (int, list)):
        return 0
    every = (1 << max(entry.width, 0)) - 1
    return every if isinstance(reset, str) else every & ~reset.mask


def shown_access(entry: RegisterContent, fields: tuple[FieldType, ...]) -> str:
    """Return the access of a register as written, or those of its fields where all of them differ from it."""
    declared = entry.access or "rw"
    used = dict.fromkeys(map(_ACCESS, fields))
    return declared if declared in used or not used else "/".join(used)


def register_reset(entry: RegisterContent, fields: tuple[FieldType, ...]) -> int:
    """Return the known bits; what the register says itself holds beside its fields."""
    reset = reset_bits(entry) or 0
    if reset:
        reset &= ~sum(field.mask for field in fields)
    for field in fields:
        reset |= field.reset << field.lsb
    return reset
