"""Makes the accessors of a register class from its declared fields, once, when its first register is made.

A getter is a property, and all setters of a class are one `__setattr__`: each ends in one call of a C function with a
port that was prepared when the register was made. Port 0 is the whole register (its lowest word where it has several),
port i + 1 is field i.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal._binding import get, modify, put, read_full
from hal.kinds import UNSIGNED, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.fields import FieldDeclaration
    from hal.register import Register

__all__ = ["PortPlan", "install_accessors", "plan_ports"]

_CODE_FREE_BITS = 63  # what fits a signed 64-bit result beside its negative codes


class PortPlan(NamedTuple):
    """How field i reaches the bus: the word's byte offset in the register, and the port's numbers."""

    name: str
    word_offset: int
    shift: int
    bits: int
    keep: int
    ones: int


def plan_ports(cls: type[Register]) -> list[PortPlan]:
    """The ports of a class's fields; a field that crosses words has none of its own (bits 0)."""
    step = cls._access_width
    word_mask = (1 << step) - 1
    plans = []
    for field in cls._fields.values():
        word, shift = divmod(field.lsb, step)
        if shift + field.width > step:
            plans.append(PortPlan(field.name, 0, 0, 0, 0, 0))
            continue
        others = word_mask & ~(field.mask >> (word * step))
        keep, ones = (cls._keep >> (word * step)) & others, (cls._ones >> (word * step)) & others
        plans.append(PortPlan(field.name, word * (step // 8), shift, field.width, keep, ones))
    return plans


def install_accessors(cls: type[Register], plans: list[PortPlan]) -> None:
    """Puts properties and `__setattr__` on the class."""
    setters: dict[str, tuple[Any, int, Any]] = {}
    for number, (field, plan) in enumerate(zip(cls._fields.values(), plans, strict=True), start=1):
        setattr(cls, field.name, property(_getter(field, plan, number), None, None, field.documentation))
        if field.writable:
            setters[field.name] = _setter(cls, field, plan, number)
    cls.__setattr__ = _make_setattr(setters)  # type: ignore[method-assign,assignment]


def _getter(field: FieldDeclaration, plan: PortPlan, number: int) -> Callable[[Register], Any]:
    """The function that reads the field."""
    if not field.readable:
        return _refused_getter(field)
    kind, width = kind_of(field.given), field.width
    if plan.bits == 0:
        return lambda self: kind.decode((self.read() >> field.lsb) & ((1 << width) - 1), width)
    if plan.bits > _CODE_FREE_BITS:
        return _full_getter(field, number)
    if kind is UNSIGNED:

        def read_unsigned(self: Register) -> int:
            value: int = get(self._ports[number])
            if value < 0:
                self._failed(value, "read", field.name)
            return value

        return read_unsigned

    decode = kind.decode

    def read_decoded(self: Register) -> Any:
        value = get(self._ports[number])
        if value < 0:
            self._failed(value, "read", field.name)
        return decode(value, width)

    return read_decoded


def _full_getter(field: FieldDeclaration, number: int) -> Callable[[Register], Any]:
    decode, width = kind_of(field.given).decode, field.width

    def read_64(self: Register) -> Any:
        code, value = read_full(self._ports[number])
        if code:
            self._failed(code, "read", field.name)
        return decode(value, width)

    return read_64


def _refused_getter(field: FieldDeclaration) -> Callable[[Register], Any]:
    def refuse(self: Register) -> Any:
        raise self._refusal(field.name, "read")

    return refuse


def _setter(cls: type[Register], field: FieldDeclaration, plan: PortPlan, number: int) -> tuple[Any, int, Any]:
    """C function, port and encoder; no C function where the write needs more than one port."""
    kind, width = kind_of(field.given), field.width
    if plan.bits == 0 or cls._last:
        return None, number, None
    call = modify if plan.keep else put
    encode = None if kind is UNSIGNED else (lambda value: kind.encode(value, width))
    return call, number, encode


def _make_setattr(setters: dict[str, tuple[Any, int, Any]]) -> Callable[[Register, str, Any], None]:
    find = setters.get

    def __setattr__(self: Register, name: str, value: Any) -> None:  # noqa: N807
        row = find(name)
        if row is None:
            raise self._refusal(name, "write")
        call, number, encode = row
        if call is None:
            self._write_fields({name: value})
            return
        try:
            code = call(self._ports[number], value if encode is None else encode(value))
        except (OverflowError, TypeError, ValueError) as problem:
            raise self._misfit(name, value, problem) from None
        if code:
            self._failed_write(code, name, value)

    return __setattr__
