"""What registers of one block say of each other: locks, aliases, and when an alternate is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.importers.described.description import Block, Memory, Register
from codegen.importers.described.naming import snake_name
from codegen.schema.policies import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.importers.described.description import Condition
    from codegen.importers.described.remarks import Remarks

__all__ = ["relate"]

_GROUPS: dict[type, str] = {Register: "registers", Memory: "memories", Block: "blocks"}


def relate(
    block: Block, groups: dict[str, dict[str, Any]], names: Mapping[int, str], path: str, remarks: Remarks
) -> None:
    """Add to the data of a block's children what names others of them. `names`: what each child became, by its id."""
    known = {child.name: child for child in reversed(block.children)}
    for child in block.children:
        data = groups[_GROUPS[type(child)]][names[id(child)]]
        where = f"{path}.{child.name}"
        if child.view_of is not None and child.when:
            data["when"] = _when(child.when, known, groups, names)
        if isinstance(child, Register):
            _lock(child, data, known, groups, names, where, remarks)
            _alias(child, data, known, groups, names)


def _when(
    said: tuple[Condition, ...] | str,
    known: Mapping[str, Register | Memory | Block],
    groups: dict[str, dict[str, Any]],
    names: Mapping[int, str],
) -> object:
    """Return a condition by paths of the map; in words where one leads nowhere."""
    if isinstance(said, str):
        return said
    places = [(_place(item.path, None, known, groups, names), item.value) for item in said]
    if all(place for place, _ in places):
        return dict(places)
    return " and ".join(f"{item.path} is {item.value}" for item in said)


def _lock(
    child: Register,
    data: dict[str, Any],
    known: Mapping[str, Register | Memory | Block],
    groups: dict[str, dict[str, Any]],
    names: Mapping[int, str],
    path: str,
    remarks: Remarks,
) -> None:
    lock = child.lock
    if lock is not None:
        place = _place(lock.path, child, known, groups, names)
        if place is not None and child.access_width is None:
            data["lock"] = {"by": place, "value": lock.value}
        else:
            message = f"writes are locked by {lock.path}, which a map can't say of it"
            remarks.dropped(None, child.origin, path, message)


def _alias(
    child: Register,
    data: dict[str, Any],
    known: Mapping[str, Register | Memory | Block],
    groups: dict[str, dict[str, Any]],
    names: Mapping[int, str],
) -> None:
    """Say of which register's bits these ones are, where a write sets, clears or toggles them."""
    target = known.get(child.alias or "")
    if not isinstance(target, Register) or target is child:
        return
    name = names[id(target)]
    of_target = groups["registers"][name].get("fields", {})
    keys = {field.name: key for field, key in zip(target.fields, of_target, strict=False)}
    for field, made in zip(child.fields, data.get("fields", {}).values(), strict=False):
        key = keys.get(field.alias or "")
        if key is not None and "count" not in of_target[key] and "count" not in made:
            made["alias"] = f"{name}.{key}"
            for word in ("reset", "volatile", "idle", "pulse", *field.hardware):
                made.pop(word, None)
    whole = _whole_alias(child, target, data, of_target)
    if whole is not None:
        for word in data.keys() - {"offset", "count", "stride", "lock", "title", "description"}:
            del data[word]
        data.update(alias=name, access=whole)


def _whole_alias(child: Register, target: Register, data: dict[str, Any], of_target: dict[str, Any]) -> object | None:
    """Return the access of an alias of all that can be written in a register; None where it is of a part."""
    fields = data.get("fields", {})
    written = {field.name for field in target.fields if (field.access or target.access or NAMES["rw"]).writable}
    aliased = {field.alias for field, made in zip(child.fields, fields.values(), strict=False) if "alias" in made}
    if not written or aliased != written or len(fields) != len(aliased) or fields.keys() - of_target.keys():
        return None
    if any(fields[key]["bits"] != of_target[key]["bits"] for key in fields) or child.width != target.width:
        return None
    accesses = [made.get("access", data.get("access", "rw")) for made in fields.values()]
    return accesses[0] if all(access == accesses[0] for access in accesses) else None


def _place(
    path: str,
    asking: Register | None,
    known: Mapping[str, Register | Memory | Block],
    groups: dict[str, dict[str, Any]],
    names: Mapping[int, str],
) -> str | None:
    """Return a path of the map, to one field of one bus word; None where it leads to no such thing."""
    first, *rest = path.split(".")
    child = known.get(first)
    if child is None or child is asking or not _is_one(child, asking):
        return None
    steps = [names[id(child)]]
    data = groups[_GROUPS[type(child)]][steps[0]]
    while isinstance(child, Block) and rest:
        name = rest.pop(0)
        child = next((inner for inner in child.children if inner.name == name and _is_one(inner, None)), None)
        steps.append(snake_name(name, "r"))
        data = {} if child is None else data.get(_GROUPS[type(child)], {}).get(steps[-1], {})
    field = _field(child, data, rest) if isinstance(child, Register) else None
    return None if field is None else ".".join([*steps, field])


def _is_one(child: Register | Memory | Block, asking: Register | None) -> bool:
    """Return whether a thing is no array, or one whose elements go with those of who asks."""
    return child.count is None or (
        asking is not None and (asking.count, asking.dimensions) == (child.count, child.dimensions)
    )


def _field(register: Register, data: dict[str, Any], rest: list[str]) -> str | None:
    """Return the field of a register that can be read alone and without an effect; None where there is none."""
    policies = [field.access or register.access or NAMES["rw"] for field in register.fields]
    policies = policies or [register.access or NAMES["rw"]]
    if not data or "access_width" in data or any(policy.read not in {"value", "none"} for policy in policies):
        return None
    fields = data.get("fields", {"value": {}})
    name = snake_name(rest[0], "f") if rest else next(iter(fields))
    return name if len(rest) < 2 and name in fields and "count" not in fields[name] else None  # noqa: PLR2004
