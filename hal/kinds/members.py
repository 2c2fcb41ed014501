"""Members of enums: of one, of an open one that only names some values, and of two, one to read and one to write."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Generic, TypeVar

from hal.errors import FieldTypeError, FieldValueError
from hal.kinds.plain import UNDONE
from hal.values import fitting, integer, named_kind, shown

__all__ = ["EnumPair", "Enumerated", "OpenEnum"]

R = TypeVar("R", bound=IntEnum)


class OpenEnum(IntEnum):
    """Names for some values of a field that takes any value that fits."""


class Enumerated:
    """Members of an enum."""

    def __init__(self, members: type[IntEnum]) -> None:
        self.members = members
        self.is_open = issubclass(members, OpenEnum)
        self.by_value = {int(member): member for member in members}

    def decode(self, raw: int, width: int) -> int:
        """A value that the enum lacks stays a plain integer: hardware may hold anything."""
        return self.by_value.get(raw, raw)

    def encode(self, value: Any, width: int) -> int:
        """A member or its number, of an open enum any number that fits.

        Text is none: a member has one way to be said, which is checked before it runs.
        """
        if isinstance(value, str):
            raise FieldTypeError(f"a member is needed, {named_kind(value)}: {self._known}{UNDONE}")
        if self.is_open:
            return fitting(value, width)
        given = integer(value, undone=UNDONE)
        if given not in self.by_value:
            raise FieldValueError(f"{shown(value)} is no {self._known}{UNDONE}")
        return given

    @property
    def _known(self) -> str:
        """The enum and its members, in words."""
        return f"{self.members.__name__}: " + ", ".join(f"{one.name} ({int(one)})" for one in self.members)

    def text(self, raw: int, width: int) -> str:
        """The member's name; what an enum lacks is undefined, unless it is open."""
        member = self.by_value.get(raw)
        return member.name if member is not None else f"{raw:#x}" if self.is_open else f"{raw:#x} (undefined)"


class EnumPair(Generic[R]):
    """What a field says when it is read, and what it is told: members of `read`, and of `write`."""

    def __init__(self, read: type[R], write: type[IntEnum]) -> None:
        self.read, self.write = read, write
        self.seen, self.told = Enumerated(read), Enumerated(write)

    def decode(self, raw: int, width: int) -> int:
        """A member of `read`, or a plain integer."""
        return self.seen.decode(raw, width)

    def encode(self, value: Any, width: int) -> int:
        """Of a member of `write`, or its number; a member of `read` is none."""
        if isinstance(value, self.read) and self.read is not self.write:
            raise FieldTypeError(
                f"{self.read.__name__}.{value.name} is what the field reads as; it is written as {self.told._known}"
                f"{UNDONE}"
            )
        return self.told.encode(value, width)

    def text(self, raw: int, width: int) -> str:
        """As it is read."""
        return self.seen.text(raw, width)
