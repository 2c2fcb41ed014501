"""Makes of a register what a map can hold: widths that a bus has, fields that lie beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.settled.narrow_registers import is_lane
from codegen.importers.settled.views import settle_views
from codegen.schema.policies import NAMES
from codegen.schema.vocabulary import ACCESS_WIDTHS, MAX_WIDTH

if TYPE_CHECKING:
    from codegen.importers.described.description import Field, Register
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Options

__all__ = ["settle_register"]

_PLAIN_WIDTHS = (8, 16, 32, 64)


def settle_register(register: Register, path: str, grain: int, options: Options, remarks: Remarks) -> None:
    """Settle a register. `grain`: the largest number of bytes that all its addresses are a multiple of, 0 for any."""
    _settle_width(register, path, remarks)
    if not is_lane(register, options.bus_width):
        _settle_bus(register, path, grain, remarks)
    inside: list[Field] = []
    for field in register.fields:
        high = max(field.lows) + field.width - 1
        if high < register.width:
            inside.append(field)
            continue
        message = f"{field.name}: bits {high}:{field.lsb} are outside of the register's {register.width} bits"
        remarks.dropped(register, field.origin, f"{path}.{field.name}", message)
    register.fields = inside
    settle_views(register, path, remarks)
    if register.reset is not None:
        register.reset &= (1 << register.width) - 1
    _settle_idle(register, path, options, remarks)
    _settle_lock(register, path, remarks)
    if register.is_masked and not _may_be_masked(register):
        message = "the high half of a write says which bits it is for, which a map can't say of this register"
        remarks.dropped(register, register.origin, path, message)
        register.is_masked = False


def _may_be_masked(register: Register) -> bool:
    half = register.width // 2
    return register.access_width is None and 0 < sum(1 << field.lsb for field in register.fields) < 1 << half


def _settle_lock(register: Register, path: str, remarks: Remarks) -> None:
    """Make a lock of all that can be written one of the register; a map has none of single fields."""
    written = [field for field in register.fields if (field.access or register.access or NAMES["rw"]).writable]
    locks = {field.lock for field in written}
    if register.lock is None and len(locks) == 1:
        register.lock = locks.pop()
        return
    for field in written:
        if field.lock is not None and field.lock != register.lock:
            message = f"writes pass while {field.lock.path} is {field.lock.value}: a map locks whole registers"
            remarks.dropped(field, field.origin, f"{path}.{field.name}", message)


def _settle_width(register: Register, path: str, remarks: Remarks) -> None:
    width = register.width
    if width in _PLAIN_WIDTHS and register.access_width is None:
        return
    unit = register.access_width or (32 if width > _PLAIN_WIDTHS[-1] else 8)
    rounded = next((plain for plain in _PLAIN_WIDTHS if plain >= width), 0) if register.access_width is None else 0
    rounded = rounded or -(-width // unit) * unit
    rounded = min(rounded, MAX_WIDTH)
    if rounded != width:
        remarks.approximated(register, register.origin, path, f"{width} bits wide in the source, {rounded} here")
        register.width = rounded
    if rounded not in _PLAIN_WIDTHS:
        register.access_width = unit


def _settle_bus(register: Register, path: str, grain: int, remarks: Remarks) -> None:
    """Choose an access width that the bus has and the address allows."""
    wanted = register.access_width or register.width
    if wanted == 16:  # noqa: PLR2004
        message = "accesses of 16 bits are two of 8 bits: the bus has none of 16"
        remarks.approximated(register, register.origin, path, message)
        register.access_width = 8 if register.width != wanted else None
        wanted = 8
    if wanted not in ACCESS_WIDTHS or register.width % wanted:
        register.access_width = wanted = 8 if register.width % 32 else 32
    if grain % (wanted // 8):
        message = f"at {register.offset:#x}, which is no multiple of {wanted // 8} bytes: it is accessed by bytes"
        remarks.approximated(register, register.origin, path, message)
        register.access_width = 8
    if register.access_width == register.width:
        register.access_width = None
    if register.endian is not None and register.width <= wanted:
        register.endian = None


def _settle_idle(register: Register, path: str, options: Options, remarks: Remarks) -> None:
    """Say what write-only fields are given when a neighbour is written, where the source does not."""
    policies = [field.access or register.access or NAMES["rw"] for field in register.fields]
    if sum(policy.writable for policy in policies) <= 1:
        return
    for field, policy in zip(register.fields, policies, strict=True):
        if policy.is_blind and not field.is_pulse and field.idle is None:
            field.idle = options.idle_of(field.width)
            message = f"write-only: idle {field.idle} is what a write of its neighbours gives it"
            remarks.approximated(None, field.origin, f"{path}.{field.name}", message)
