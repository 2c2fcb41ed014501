"""Accessors over the cffi binding: what a register class has where the accelerator is absent or switched off.

A getter is a property, and all setters of a class are one `__setattr__`: each ends in one call of a C function with a
port that was prepared when the register was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal._binding import VALUE_CODE, get, modify, put, read_full
from hal.errors import FieldTypeError, FieldValueError
from hal.kinds import TOGGLE, UNSIGNED, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal._binding import Bar
    from hal.access.fields import FieldDeclaration
    from hal.access.plans import PortPlan
    from hal.access.shape import RegisterShape

__all__ = ["NodeBase", "RegisterBase", "hold_ports", "hold_window", "install_accessors", "open_window"]

Setter = tuple[Any, int, Any, Any, str]
_CODE_FREE_BITS = 63  # what fits a signed 64-bit result beside its negative codes


class NodeBase:
    """The part of a node that the accelerator has in C."""

    __slots__ = ("_ports", "_store")

    _store: Any
    _ports: list[Any]

    def _hold_store(self, store: Any) -> None:
        """Takes an array's dict of elements."""
        self._store = store

    if not TYPE_CHECKING:  # a misspelt name must not type-check

        def __getattr__(self, name):  # noqa: ANN001, ANN204
            # A node that is not placed yet has nothing to word an error with; nothing public begins with an underscore.
            if name.startswith("_") or not hasattr(self, "_parent"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return self._missing(name)


class RegisterBase(NodeBase):
    """The part of a register that the accelerator has in C."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __delattr__(self, name):  # noqa: ANN001, ANN204
            self._refuse_delete(name)


def hold_ports(register: RegisterBase, store: Any, _shape: Any) -> None:
    """Gives a register its ports."""
    _set_store(register, store)
    _set_ports(register, [store + number for number in range(len(store))])


def hold_window(_memory: NodeBase, _offset: int, _words: int, _width: int, _bus: int, _reads: int) -> None:
    """Memories have no short way here."""


def open_window(_memory: NodeBase, _bar: Bar, *, writing: bool) -> None:
    """As above."""


class FieldProperty(property):
    """A field's accessor; what the driver declared (msb, lsb, access, facts, ...) is found here too."""

    declaration: FieldDeclaration

    def __getattr__(self, name: str) -> Any:
        return getattr(self.declaration, name)

    def __repr__(self) -> str:
        return repr(self.declaration)


def install_accessors(cls: type[RegisterBase], shape: RegisterShape, plans: list[PortPlan]) -> Any:
    """Puts properties and `__setattr__` on the class."""
    setters: dict[str, Setter] = {}
    assign = _make_setattr(setters)
    for number, (field, plan) in enumerate(zip(shape.fields.values(), plans, strict=True), start=1):
        # Setting goes past the property; who looks at it sees whether the field takes anything.
        setter = _setting(assign, field.attribute) if field.writable else None
        accessor = FieldProperty(_getter(field, plan, number), setter)
        accessor.declaration, accessor.__doc__ = field, field.documentation
        setattr(cls, field.attribute, accessor)
        # What takes more than one port goes the long way, and so does what can't be written.
        if field.writable and plan.bits and not shape.has_protocol:
            setters[field.attribute] = _setter(field, number, reads=bool(plan.keep) or shape.is_narrow)
    cls.__setattr__ = assign  # type: ignore[method-assign]


def _setting(assign: Callable[[Any, str, Any], None], name: str) -> Callable[[Any, Any], None]:
    return lambda self, value: assign(self, name, value)


def _getter(field: FieldDeclaration, plan: PortPlan, number: int) -> Callable[[Any], Any]:
    """The function that reads the field."""
    name, kind, width = field.attribute, kind_of(field.given), field.width
    if not field.readable or plan.bits == 0:
        return lambda self: self._read_field(name)
    if plan.bits > _CODE_FREE_BITS:
        return _full_getter(field, number)
    if kind is UNSIGNED:

        def read_unsigned(self: Any) -> int:
            value: int = get(self._ports[number])
            if value < 0:
                self._failed(value, "read", name)
            return value

        return read_unsigned

    decode = kind.decode

    def read_decoded(self: Any) -> Any:
        value = get(self._ports[number])
        if value < 0:
            self._failed(value, "read", name)
        return decode(value, width)

    return read_decoded


def _full_getter(field: FieldDeclaration, number: int) -> Callable[[Any], Any]:
    decode, width = kind_of(field.given).decode, field.width

    def read_64(self: Any) -> Any:
        code, value = read_full(self._ports[number])
        if code:
            self._failed(code, "read", field.attribute)
        return decode(value, width)

    return read_64


def _setter(field: FieldDeclaration, number: int, *, reads: bool) -> Setter:
    """C function, number of the port, what needs no encoding, what encodes the rest, and the attribute's name."""
    kind, width = kind_of(field.given), field.width
    plain = int if kind is UNSIGNED else None
    return modify if reads else put, number, plain, lambda value: kind.encode(value, width), field.attribute


def _make_setattr(setters: dict[str, Setter]) -> Callable[[Any, str, Any], None]:
    def __setattr__(self: Any, name: str, value: Any) -> None:  # noqa: N807
        if name not in setters:
            self._write_field(name, value)
            return
        call, number, plain, encode, attribute = setters[name]  # a name that was given may be a text of its own kind
        try:
            bits = value if type(value) is plain else encode(value)
        except (FieldTypeError, FieldValueError) as problem:
            if value is TOGGLE:
                self._write_field(attribute, value)
                return
            raise self._misfit(attribute, problem) from problem.__cause__
        try:
            code = call(self._ports[number], bits)
        except OverflowError:  # no C integer
            code = VALUE_CODE
        if code:
            self._failed_write(code, attribute, value)

    return __setattr__


_set_store = vars(NodeBase)["_store"].__set__
_set_ports = vars(NodeBase)["_ports"].__set__
