"""The data of a register and of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.importers.described.naming import free_name, snake_name
from codegen.importers.writing.wording import item_texts
from codegen.schema.policies import NAMES, POLICIES, AccessPolicy

if TYPE_CHECKING:
    from codegen.importers.described.description import Enum, Field, Placed, Register
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.writing.enum_names import EnumNames
    from codegen.importers.writing.made_map import MapTree, Path

__all__ = ["array_data", "register_data"]

_RW = NAMES["rw"]
_DEFAULT_WIDTH = 32


def access_data(policy: AccessPolicy) -> object:
    """Return a policy as a map has it: a name, or the words of a row without one."""
    if policy.text in NAMES:
        return policy.text
    words: dict[str, object] = {"read": policy.read, "write": policy.write}
    return {**words, "once": True} if policy.once else words


def register_data(
    register: Register,
    path: Path,
    tree: MapTree,
    enums: EnumNames,
    remarks: Remarks,
    source_path: str,
    name: str,
) -> dict[str, Any]:
    """Return what a map says of a register."""
    data = _shape(register)
    policies = [field.access or register.access or _RW for field in register.fields] or [register.access or _RW]
    common = policies[0] if len(set(policies)) == 1 else _RW
    if common != _RW:
        data["access"] = access_data(common)
    reset = _reset_of(register)
    if reset.stated is not None:
        data["reset"] = reset.stated
    plain = [field for field in register.fields if not field.hardware]
    is_volatile = register.is_volatile or (bool(plain) and all(field.is_volatile for field in plain))
    if is_volatile:
        data["volatile"] = True
    data.update(item_texts(register, name, remarks, source_path))
    fields: dict[str, Any] = {}
    taken: set[str] = set()
    keys = {id(field): free_name(snake_name(field.name, "f"), taken, "field") for field in register.fields}
    for field, policy in zip(register.fields, policies, strict=False):
        key = keys[id(field)]
        tree.place((*path, "fields", key), field)
        made = _field(field, policy, register, reset, enums, remarks, f"{source_path}.{field.name}", key)
        if policy != common:
            made["access"] = access_data(policy)
        if field.hardware:
            made.update(field.hardware)
        elif field.is_volatile and not is_volatile:
            made["volatile"] = True
        if field.view_of is not None:
            made["alternate"] = keys[id(field.view_of)]
        fields[key] = made
    return {**data, "fields": fields} if fields else data


def _shape(register: Register) -> dict[str, Any]:
    """Return where a register is, and how wide."""
    data: dict[str, Any] = {"offset": register.offset, **array_data(register, register.width // 8)}
    if register.width != _DEFAULT_WIDTH:
        data["width"] = register.width
    if register.access_width is not None:
        data["access_width"] = register.access_width
    if register.endian is not None:
        data["endian"] = register.endian
    if register.words is not None and register.access_width is not None:
        data["words"] = register.words
    if register.is_shadowed:
        data["write_twice"] = True
    if register.is_masked:
        data["write_mask"] = "high"
    return data


def array_data(item: Placed, length: int) -> dict[str, Any]:
    """Return what makes an array of elements of so many bytes; nothing of a single one."""
    if item.count is None:
        return {}
    data: dict[str, Any] = {"count": list(item.dimensions) or item.count}
    if item.stride != length:
        data["stride"] = item.stride
    return data


def _whole_reset(register: Register) -> tuple[int, int]:
    """Return a register's reset with that of its fields, and which bits of it are known."""
    ones = (1 << register.width) - 1
    value, known = register.reset or 0, ones if register.known is None else register.known & ones
    for field in register.fields:
        if field.reset is not None:
            value = value & ~field.mask | _spread(field, field.reset)
            known |= field.mask
        if field.known is not None:
            known = known & ~field.mask | _spread(field, field.known)
    return value & known, known


class _Reset(NamedTuple):
    """A register's reset, which bits of it are known, and what it has to state as a whole; None: its fields do."""

    value: int
    known: int
    stated: object | None


def _reset_of(register: Register) -> _Reset:
    value, known = _whole_reset(register)
    return _Reset(value, known, _stated(register, value, known))


def _stated(register: Register, value: int, known: int) -> object | None:
    """Return the reset that a register has to state: without fields, or for bits that no field can say."""
    ones = (1 << register.width) - 1
    fields = 0
    is_split = False
    for field in register.fields:
        fields |= field.mask
        is_split |= known & field.mask not in (0, field.mask)
    if register.fields and not known & fields and not value:
        return "unknown"
    if register.fields:
        known |= ones & ~fields
        if not is_split and not value & ~fields:
            return None
    if known == ones:
        return value or None
    return {"value": value, "mask": known} if known else "unknown"


def _field(
    field: Field,
    policy: AccessPolicy,
    register: Register,
    reset: _Reset,
    enums: EnumNames,
    remarks: Remarks,
    path: str,
    name: str,
) -> dict[str, Any]:
    high = field.lsb + field.width - 1
    data: dict[str, Any] = {"bits": field.lsb if field.width == 1 else f"{high}:{field.lsb}"}
    if field.count is not None:
        data["count"] = field.count
        if field.stride not in (0, field.width):
            data["stride"] = field.stride
        if field.first:
            data["first"] = field.first
    enum = _enum(field, policy, register, enums, remarks, path)
    if enum is not None:
        data["enum"] = enum
    elif field.format is not None:
        data["format"] = field.format
    if field.values is not None and enum is None and field.values != (0, (1 << field.width) - 1):
        data["range"] = list(field.values)
    data.update(field.numbers)
    data.update(_field_reset(field, reset, enums, enum))
    data.update(_unread(field, policy))
    data.update(item_texts(field, name, remarks, path))
    return data


def _unread(field: Field, policy: AccessPolicy) -> dict[str, object]:
    """Return what a write of the neighbours gives to a field that is not read back."""
    if field.is_pulse and policy.can_pulse:
        return {"pulse": True, "idle": 1} if field.idle == 1 and policy.stores else {"pulse": True}
    if policy.is_blind and field.idle is not None:
        return {"idle": field.idle}
    return {} if field.is_kept or policy != _RW else {"writeback": False}


def _field_reset(field: Field, reset: _Reset, enums: EnumNames, enum: object) -> dict[str, object]:
    """Return the reset that a field has to state, which is none where its register states the whole."""
    if reset.stated is not None:
        return {}
    if not reset.known & field.mask:
        return {"reset": "unknown"}
    ones = (1 << field.width) - 1
    resets = [reset.value >> low & ones for low in field.lows]
    if not any(resets):
        return {}
    named = [_named_reset(reset, enums, enum) for reset in resets]
    return {"reset": named[0] if len(set(named)) == 1 else named}


def _named_reset(reset: int, enums: EnumNames, enum: object) -> object:
    named = enums.member_of(enum, reset) if isinstance(enum, str) else None
    return reset if named is None else named


def _spread(field: Field, bits: int) -> int:
    """Return bits of a field, or of each element of an array, at their places."""
    ones = (1 << field.width) - 1
    return sum((bits & ones) << low for low in field.lows)


def _enum(
    field: Field, policy: AccessPolicy, register: Register, enums: EnumNames, remarks: Remarks, path: str
) -> object | None:
    read, write = field.enum, field.write_enum
    if read is None and write is None:
        return None
    if read is not None and write is not None and read is not write:
        names = _named(read, register, enums, path), _named(write, register, enums, path)
        if names[0] != names[1]:
            return {"read": names[0], "write": names[1]}
        return names[0]
    only = read or write
    assert only is not None
    one_sided = read is None or write is None
    if one_sided and POLICIES[policy.text].readable and policy.writable:
        side = "reads" if write is None else "writes"
        remarks.approximated(
            field, field.origin, path, f"enum {only.name} is of {side} alone: here it is of both, and open"
        )
        only.is_open = True
    return _named(only, register, enums, path)


def _named(enum: Enum, register: Register, enums: EnumNames, path: str) -> str:
    return enums.of(enum, register.name, path)
