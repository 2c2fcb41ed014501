"""Accessors in C: descriptors that end in the core's functions without a Python frame between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hal._accel as _accel  # noqa: PLR0402  (the package itself stands above)
from hal._binding import address_of
from hal.kinds import BOOL, SIGNED, UNSIGNED, Enumerated, Fixed, Kind

if TYPE_CHECKING:
    from hal._binding import Bar
    from hal.access.fields import FieldDeclaration
    from hal.access.plans import PortPlan
    from hal.access.shape import RegisterShape

__all__ = ["NodeBase", "RegisterBase", "hold_ports", "hold_window", "install_accessors", "open_window"]

_DENSE_MEMBERS = 256  # enums with values below this are a table in C, others a dict
_WORD = (1 << 64) - 1

NodeBase = _accel.Node
RegisterBase = _accel.RegisterNode


def hold_ports(register: RegisterBase, store: Any, shape: Any) -> None:
    """Gives a register its ports; `shape` is what `install_accessors` returned for its class."""
    register._hold(store, address_of(store), len(store), shape)


def hold_window(memory: NodeBase, offset: int, words: int, width: int) -> None:
    """Tells a memory where it lies: that many words of `width` bits, from `offset` bytes on."""
    memory._hold_store(_accel.Window(offset, words, width))


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
        guard=shape.guard & _WORD,
        effects=shape.effects & _WORD,
        reserved=shape.reserved & _WORD,
        plain=not shape.is_wide and not shape.last,
        readable=shape.is_readable,
        writable=shape.is_writable,
    )
    for port, (field, plan) in enumerate(zip(shape.fields.values(), plans, strict=True), start=1):
        setattr(cls, field.attribute, _field(accessed, field, plan, port, remembered=bool(shape.last)))
    return accessed


def _field(
    shape: _accel.Shape, field: FieldDeclaration, plan: PortPlan, port: int, *, remembered: bool
) -> _accel.Field:
    reading, writing = _accel.READ_NONE, _accel.WRITE_NONE
    if field.readable:
        reading = _accel.READ_DIRECT if plan.bits else _accel.READ_PYTHON
    if field.writable and (plan.bits == 0 or remembered):
        writing = _accel.WRITE_PYTHON
    elif field.writable:
        writing = _accel.WRITE_MODIFY if plan.keep else _accel.WRITE_PUT
    return _accel.Field(
        shape,
        field,
        field.attribute,
        port,
        field.lsb,
        field.width,
        reading,
        writing,
        **_format(field.kind),
    )


def _format(kind: Kind) -> dict[str, Any]:
    """How C turns the bits into a value, and back."""
    simple = {UNSIGNED: _accel.FORMAT_UNSIGNED, SIGNED: _accel.FORMAT_SIGNED, BOOL: _accel.FORMAT_BOOL}
    if kind in simple:
        return {"format": simple[kind], "kind": kind}
    if isinstance(kind, Enumerated):
        by_value = kind.by_value
        dense = tuple(by_value.get(value) for value in range(max(by_value) + 1)) if _is_dense(by_value) else None
        return {"format": _accel.FORMAT_ENUM, "kind": kind, "members": dense, "member_of": by_value}
    if isinstance(kind, Fixed):
        facts = {"is_signed": kind.signed, "fraction_bits": kind.fraction_bits}
        return {"format": _accel.FORMAT_FIXED, "kind": kind, **facts}
    return {"format": _accel.FORMAT_PYTHON, "kind": kind}


def _is_dense(by_value: dict[int, Any]) -> bool:
    return bool(by_value) and min(by_value) >= 0 and max(by_value) < _DENSE_MEMBERS
