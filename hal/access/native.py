"""Accessors in C: descriptors that end in the core's functions without a Python frame between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hal._accel as _accel  # noqa: PLR0402  (the package itself stands above)
from hal._binding import address_of
from hal.access.words import access_order, is_torn, span_of
from hal.kinds import BOOL, SIGNED, TOGGLE, UNSIGNED, Enumerated, EnumPair, Fixed, Float, Kind, Number, Real

if TYPE_CHECKING:
    from hal._binding import Bar
    from hal.access.fields import FieldDeclaration
    from hal.access.plans import PortPlan
    from hal.access.shape import RegisterShape

__all__ = ["NodeBase", "RegisterBase", "hold_ports", "hold_window", "install_accessors", "open_window"]

_DENSE_MEMBERS = 256  # enums with values below this are a table in C, others a dict
_WORD = (1 << 64) - 1
_CODED_BITS = 63  # of numbers with a coding
_CODINGS = ("unsigned", "signed", "sign_magnitude", "gray", "bcd", "one_hot")  # as in bindings/accel/accel.h

NodeBase = _accel.Node
RegisterBase = _accel.RegisterNode


def hold_ports(register: RegisterBase, store: Any, shape: Any) -> None:
    """Gives a register its ports; `shape` is what `install_accessors` returned for its class."""
    register._hold(store, address_of(store), len(store), shape)


def hold_window(memory: NodeBase, offset: int, words: int, width: int, bus: int, reads: int) -> None:
    """Tells a memory where it lies: that many words of `width` bits, from `offset` bytes on, in accesses of `bus`.

    `reads`: bits of the widest access that reads.
    """
    memory._hold_store(_accel.Window(offset, words, width, bus, reads))


def open_window(memory: NodeBase, bar: Bar, *, writing: bool) -> None:
    """From now on the memory is accessed in C, one way, through this BAR."""
    window, way = memory._store, _accel.WAY_WRITE if writing else _accel.WAY_READ
    if not window.is_open(way):
        window.open(way, address_of(bar._bar), bar._generation)


def install_accessors(cls: type[RegisterBase], shape: RegisterShape, plans: list[PortPlan]) -> Any:
    """Puts descriptors on the class; returns what the C code knows of it."""
    accessed = _accel.Shape(
        ports=len(plans) + 1,
        mask=shape.mask & _WORD,
        reset=shape.reset & _WORD,
        keep=shape.keep & _WORD,
        ones=shape.ones & _WORD,
        last=shape.last & _WORD,
        guard=shape.guard & _WORD,
        effects=shape.effects & _WORD,
        reserved=shape.reserved & _WORD,
        unknown=shape.unknown & (shape.keep | shape.guard) & _WORD,
        plain=not (shape.is_wide or shape.masked or shape.has_protocol),
        readable=shape.is_readable,
        writable=shape.is_writable,
        has_arrays=shape.declared.keys() != shape.fields.keys(),
        lane=shape.is_narrow,
    )
    for port, (field, plan) in enumerate(zip(shape.fields.values(), plans, strict=True), start=1):
        accessor = _field(accessed, field, plan, port, in_python=shape.has_protocol, lane=shape.is_narrow)
        if field.readable and plan.bits == 0:
            _tell_words(accessor, shape, field)
        accessor.is_toggled_by(TOGGLE, field.toggled_by == "read")
        setattr(cls, field.attribute, accessor)
    return accessed


def _tell_words(accessor: _accel.Field, shape: RegisterShape, field: FieldDeclaration) -> None:
    """Where a field of several bus words is read in C: all of them have to fit one number of it."""
    first, count = span_of(shape, field.mask)
    width = shape.access_width
    if count * width <= _WORD.bit_length():
        distance = (shape.word_at(first) - shape.word_at(0)) & _WORD
        accessor.lies_in(distance, count, width, access_order(shape), is_torn(shape, field.mask), first * width)


def _field(
    shape: _accel.Shape, field: FieldDeclaration, plan: PortPlan, port: int, *, in_python: bool, lane: bool
) -> _accel.Field:
    reading, writing = _accel.READ_NONE, _accel.WRITE_NONE
    if field.readable:
        reading = _accel.READ_DIRECT if plan.bits else _accel.READ_PYTHON
    if field.writable and (plan.bits == 0 or in_python):
        writing = _accel.WRITE_PYTHON
    elif field.writable:
        writing = _accel.WRITE_MODIFY if plan.keep or lane else _accel.WRITE_PUT
    return _accel.Field(
        shape,
        field,
        field.attribute,
        port,
        field.lsb,
        field.width,
        reading,
        writing,
        field.kind,
        *_format(field.kind, field.width),
    )


def _format(kind: Kind, width: int) -> tuple[int, tuple[Any, ...]]:
    """How C turns the bits into a value, and back: the format, and what else it takes."""
    simple = {UNSIGNED: _accel.FORMAT_UNSIGNED, SIGNED: _accel.FORMAT_SIGNED, BOOL: _accel.FORMAT_BOOL}
    if kind in simple:
        return simple[kind], ()
    if isinstance(kind, (Enumerated, EnumPair)):
        return _accel.FORMAT_ENUM, _enum_facts(kind)
    if isinstance(kind, Fixed):
        return _accel.FORMAT_FIXED, (kind.signed, kind.fraction_bits)
    if isinstance(kind, Float):
        return _accel.FORMAT_FLOAT, (kind.low, kind.high)
    if isinstance(kind, Number) and width <= _CODED_BITS:
        numbers = (*kind.line, *kind.ends(width))
        if all(abs(item) <= _WORD >> 1 for item in numbers):
            form = _accel.FORMAT_REAL if isinstance(kind, Real) else _accel.FORMAT_INTEGER
            return form, (_CODINGS.index(kind.name), *numbers)
    return _accel.FORMAT_PYTHON, ()


def _enum_facts(kind: Enumerated | EnumPair[Any]) -> tuple[Any, ...]:
    if isinstance(kind, EnumPair):
        return *_members(kind.seen), *_written(kind.told), kind.write
    return *_members(kind), *_written(kind), None


def _members(kind: Enumerated) -> tuple[tuple[Any, ...] | None, dict[int, Any]]:
    by_value = kind.by_value
    dense = tuple(by_value.get(value) for value in range(max(by_value) + 1)) if _is_dense(by_value) else None
    return dense, by_value


def _written(kind: Enumerated) -> tuple[tuple[Any, ...] | None, dict[int, Any] | None]:
    """What may be written; of an open enum, whatever fits."""
    return (None, None) if kind.is_open else _members(kind)


def _is_dense(by_value: dict[int, Any]) -> bool:
    return bool(by_value) and min(by_value) >= 0 and max(by_value) < _DENSE_MEMBERS
