"""Declarations of fields, one line each in a generated driver. `hal.registers.register` turns them into accessors.

The classes say which accesses exist: what can't be read has no getter and what can't be written no setter, for the type
checker and at run time alike.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from hal.access.policies import POLICIES
from hal.errors import AccessError, FieldTypeError
from hal.kinds import EXACT_BITS_MAX, EnumPair, Fixed, Format, Kind, Real, Toggle, has_every_value, kind_of

if TYPE_CHECKING:
    from typing_extensions import Self

    from hal.access.hardware import Hardware

__all__ = ["Field", "FieldDeclaration", "NoField", "ReadOnlyField", "WriteOnlyField", "none", "ro", "rw", "wo"]

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)

_PLANS = {
    "write": "a write is one bus write",
    "modify": "a write is one bus read and one bus write",
    "lane": "a write is one bus write, after a read where its word holds more that is kept",
    "alias": "a write sets and clears its bits by other registers",
    "": "",
}


_REALS = (Fixed, Real)


class FieldDeclaration:
    """What a driver says of a field: place, access policy, kind, and what else its accessors must know.

    `name` is the hardware's, which paths have; `attribute` Python's, where a word of Python or of hal is in the way.
    """

    __slots__ = (
        "_kind",
        "_register",
        "access",
        "alias",
        "alternate",
        "attribute",
        "description",
        "given",
        "hardware",
        "lsb",
        "msb",
        "name",
        "pulse",
        "refused",
        "volatile",
        "when",
    )

    readable = False
    writable = False

    def __init__(
        self,
        msb: int,
        lsb: int,
        kind: Any = None,
        *,
        access: str,
        plan: str = "",  # noqa: ARG002  (drivers of earlier versions say it; it follows from the register's masks)
        refused: str = "",
        volatile: bool = False,
        pulse: bool = False,
        alternate: str = "",
        when: tuple[tuple[str, int], ...] = (),
        alias: str = "",
        hardware: Hardware | None = None,
        name: str = "",
        doc: str = "",
    ) -> None:
        self.msb, self.lsb = msb, lsb
        self.given = kind
        if kind is not None and type(kind) in _REALS and self.width > EXACT_BITS_MAX:
            raise FieldTypeError(
                f"a field of {self.width} bits is no float without rounding; it has at most {EXACT_BITS_MAX}. Declare "
                "an integer, and scale it exactly"
            )
        self.access, self.refused = access, refused
        self.volatile, self.pulse = volatile, pulse
        self.alternate, self.when, self.alias = alternate, when, alias
        self.hardware = hardware
        self.description = doc
        self.name = self.attribute = name
        self._kind: Kind | None = None
        self._register: Any = None

    def moved(self, distance: int, name: str, doc: str) -> FieldDeclaration:
        """The same field, so many bits higher and under another name."""
        facts: dict[str, Any] = {"access": self.access, "refused": self.refused, "name": name, "doc": doc}
        facts |= {"volatile": self.volatile, "pulse": self.pulse, "alternate": self.alternate, "alias": self.alias}
        facts["hardware"] = self.hardware
        return type(self)(self.msb + distance, self.lsb + distance, self.given, **facts)

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute, self._register = name, owner
        self.name = self.name or name

    def __repr__(self) -> str:
        return f"<field {self.name or '?'} {self.facts}>"

    @property
    def width(self) -> int:
        """In bits."""
        return self.msb - self.lsb + 1

    @property
    def mask(self) -> int:
        """The field's bits in its register."""
        return ((1 << self.width) - 1) << self.lsb

    @property
    def kind(self) -> Kind:
        """How its bits are a value."""
        if self._kind is None:
            self._kind = kind_of(self.given)
        return self._kind

    @property
    def holds_value(self) -> bool:
        """Whether it reads back what is written to it, at any time."""
        return POLICIES[self.access].holds_value and not self.pulse

    @property
    def toggled_by(self) -> str:
        """How `TOGGLE` inverts its bits: "read" as what was read, by written "ones" or "zeros", or "" not at all."""
        policy = POLICIES[self.access]
        if not self.writable or not has_every_value(self.kind, self.width):
            return ""
        if self.holds_value and policy.read == "value":
            return "read"
        return {"one_toggles": "ones", "zero_toggles": "zeros"}.get("" if policy.once else policy.write, "")

    def decode(self, bits: int) -> Any:
        """Its value in all bits of its register."""
        return self.kind.decode((bits & self.mask) >> self.lsb, self.width)

    def text(self, bits: int) -> str:
        """The same as people read it."""
        return self.kind.text((bits & self.mask) >> self.lsb, self.width)

    @property
    def moves(self) -> bool:
        """Whether hardware may change it between two reads; of what is only read, the map has to deny it."""
        return self.volatile or (self.access == "ro" and (self.hardware is None or self.hardware.writes))

    @property
    def bits(self) -> str:
        """The place in words: bit 8, or bits 3:1."""
        return f"bit {self.lsb}" if self.width == 1 else f"bits {self.msb}:{self.lsb}"

    @property
    def plan(self) -> str:
        """How one write of it is made; "" for none.

        "write", "modify" where its neighbours are read and kept, or "alias" where other registers set and clear bits.
        """
        if not self.writable or self._register is None:
            return ""
        plan: str = self._register._plan_of(self.mask)
        return plan

    @property
    def overwrites(self) -> tuple[str, ...]:
        """The volatile neighbours that a write of it reads and writes back."""
        if self.plan != "modify":
            return ()
        kept = self._register._keeps_beside(self.mask)
        fields: dict[str, FieldDeclaration] = self._register._shape.fields
        names = (name for name, field in fields.items() if field.volatile and field.mask & kept)
        return tuple(dict.fromkeys(name.partition("[")[0] for name in names))  # an array is told once

    @property
    def idle(self) -> str:
        """What a pulse or a write-only field is given when a neighbour is written: "0", "1" or "last"; else ""."""
        if self._register is None or not (self.pulse or POLICIES[self.access].takes_value):
            return "0" if self.pulse else ""
        shape = self._register._shape
        if not self.pulse and sum(POLICIES[field.access].writable for field in shape.fields.values()) == 1:
            return ""
        return "last" if shape.last & self.mask else "1" if shape.ones & self.mask else "0"

    @property
    def facts(self) -> str:
        """Bits, access and how a write is made, in one line."""
        parts = [self.bits, self.access]
        if self.volatile:
            parts.append("volatile")
        if self.pulse:
            parts.append("pulse")
        if self.hardware is not None:
            parts.append(self.hardware.text)
        if self.idle and (self.idle != "0" or not self.pulse):
            parts.append(f"idle {self.idle}")
        if self.plan:
            is_lane = self.plan == "write" and self._register._shape.is_narrow
            parts.append(_PLANS["lane" if is_lane else self.plan])
        if self.alternate:
            parts.append(f"alternate of {self.alternate}")
        if self.alias:
            parts.append(f"acts on {self.alias}")
        if self.refused:
            parts.append("no single write: " + self.refused)
        return ", ".join(parts)

    @property
    def documentation(self) -> str:
        """The docstring that its accessor carries."""
        facts = self.facts[0].upper() + self.facts[1:] + "."
        if self.overwrites:
            names = ", ".join(self.overwrites)
            facts += f" A write loses what hardware does to {names} between its read and its write."
        return f"{facts} {self.description}".rstrip()

    if not TYPE_CHECKING:

        def __get__(self, instance, owner):  # noqa: ANN001, ANN204
            """Asking a class for a field makes its accessors; afterwards those answer."""
            if instance is not None or not hasattr(owner, "_install"):
                raise AccessError(f"{self.attribute}: a field is accessed through a device's register")
            owner._install()
            return getattr(owner, self.attribute)


class Field(FieldDeclaration, Generic[T]):
    """Readable and writable."""

    __slots__ = ()
    readable = writable = True

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> T: ...
        def __get__(self, instance: object | None, owner: type) -> T | Self: ...
        def __set__(self, instance: object, value: T | int | Toggle) -> None: ...


class ReadOnlyField(FieldDeclaration, Generic[T]):
    """Readable; a write does not type-check, and is refused."""

    __slots__ = ()
    readable = True

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> T: ...
        def __get__(self, instance: object | None, owner: type) -> T | Self: ...


class WriteOnlyField(FieldDeclaration, Generic[T]):
    """Writable; a read is refused."""

    __slots__ = ()
    writable = True

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> NoReturn: ...
        def __get__(self, instance: object | None, owner: type) -> Self: ...
        def __set__(self, instance: object, value: T | int) -> None: ...


class NoField(FieldDeclaration):
    """Neither: it is written only with the whole register."""

    __slots__ = ()


if TYPE_CHECKING:

    @overload
    def rw(msb: int, lsb: int, /, **facts: Any) -> Field[int]: ...
    @overload
    def rw(msb: int, lsb: int, kind: type[E], /, **facts: Any) -> Field[E]: ...
    @overload
    def rw(msb: int, lsb: int, kind: type[bool], /, **facts: Any) -> Field[bool]: ...
    @overload
    def rw(msb: int, lsb: int, kind: EnumPair[E], /, **facts: Any) -> Field[E]: ...
    @overload
    def rw(msb: int, lsb: int, kind: Format[T], /, **facts: Any) -> Field[T]: ...
    @overload
    def rw(msb: int, lsb: int, kind: Fixed, /, **facts: Any) -> Field[float]: ...
    def rw(msb: int, lsb: int, kind: Any = None, /, **facts: Any) -> Any: ...

    @overload
    def ro(msb: int, lsb: int, /, **facts: Any) -> ReadOnlyField[int]: ...
    @overload
    def ro(msb: int, lsb: int, kind: type[E], /, **facts: Any) -> ReadOnlyField[E]: ...
    @overload
    def ro(msb: int, lsb: int, kind: type[bool], /, **facts: Any) -> ReadOnlyField[bool]: ...
    @overload
    def ro(msb: int, lsb: int, kind: EnumPair[E], /, **facts: Any) -> ReadOnlyField[E]: ...
    @overload
    def ro(msb: int, lsb: int, kind: Format[T], /, **facts: Any) -> ReadOnlyField[T]: ...
    @overload
    def ro(msb: int, lsb: int, kind: Fixed, /, **facts: Any) -> ReadOnlyField[float]: ...
    def ro(msb: int, lsb: int, kind: Any = None, /, **facts: Any) -> Any: ...

    @overload
    def wo(msb: int, lsb: int, /, **facts: Any) -> WriteOnlyField[int]: ...
    @overload
    def wo(msb: int, lsb: int, kind: type[E], /, **facts: Any) -> WriteOnlyField[E]: ...
    @overload
    def wo(msb: int, lsb: int, kind: type[bool], /, **facts: Any) -> WriteOnlyField[bool]: ...
    @overload
    def wo(msb: int, lsb: int, kind: EnumPair[E], /, **facts: Any) -> WriteOnlyField[E]: ...
    @overload
    def wo(msb: int, lsb: int, kind: Format[T], /, **facts: Any) -> WriteOnlyField[T]: ...
    @overload
    def wo(msb: int, lsb: int, kind: Fixed, /, **facts: Any) -> WriteOnlyField[float]: ...
    def wo(msb: int, lsb: int, kind: Any = None, /, **facts: Any) -> Any: ...

    def none(msb: int, lsb: int, kind: Any = None, /, **facts: Any) -> NoField: ...

else:  # without facts they are made in half the time, and most of a large driver's have none

    def rw(msb, lsb, kind=None, /, *, access="rw", doc="", **facts):  # noqa: ANN001, ANN003, ANN201
        """A field that is read and written. Bits msb:lsb of the register; kind: an enum, bool, or a format."""
        if not facts:
            return Field(msb, lsb, kind, access=access, doc=doc)
        return Field(msb, lsb, kind, access=access, doc=doc, **facts)

    def ro(msb, lsb, kind=None, /, *, access="ro", doc="", **facts):  # noqa: ANN001, ANN003, ANN201
        """A field that is read; arguments as `rw`."""
        if not facts:
            return ReadOnlyField(msb, lsb, kind, access=access, doc=doc)
        return ReadOnlyField(msb, lsb, kind, access=access, doc=doc, **facts)

    def wo(msb, lsb, kind=None, /, *, access="wo", **facts):  # noqa: ANN001, ANN003, ANN201
        """A field that is written; arguments as `rw`."""
        if not facts:
            return WriteOnlyField(msb, lsb, kind, access=access)
        return WriteOnlyField(msb, lsb, kind, access=access, **facts)

    def none(msb, lsb, kind=None, /, *, access, **facts):  # noqa: ANN001, ANN003, ANN201
        """A field that only a write of the whole register reaches; arguments as `rw`."""
        return NoField(msb, lsb, kind, access=access, **facts)
