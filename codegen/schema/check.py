"""Runs the schema over a source and words what pydantic refuses.

What is refused is cut out and the rest validated again, so that the checks between places still run
and one run shows everything.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from codegen.schema import entries
from codegen.schema.guesses import closest
from codegen.schema.policies import MEMORY_ACCESSES, NAMES, READS, WRITES
from codegen.schema.spaces import CARDS, PF_NUMBERS
from codegen.schema.vocabulary import (
    COUNTER_CLEARS,
    ENDIANS,
    HWS,
    IDLES,
    INTRS,
    MEMORY_WIDTHS,
    PLAIN_FORMATS,
    STICKIES,
    VIAS,
    WORD_ORDERS,
    WRITE_MASKS,
)
from codegen.source.forms.usual_form import apart

if TYPE_CHECKING:
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["validate"]

_Model = TypeVar("_Model", bound=BaseModel)

# Each pass removes at least one thing; what a removal leaves incomplete goes in the next pass.
_MAX_PASSES = 16

_ITEMS: dict[str, tuple[str, type[BaseModel]]] = {
    "registers": ("a register", entries.RegisterEntry),
    "memories": ("a memory", entries.MemoryEntry),
    "blocks": ("a block", entries.BlockEntry),
    "types": ("a type", entries.TypeEntry),
    "register_types": ("a register type", entries.RegisterTypeEntry),
    "fields": ("a field", entries.FieldEntry),
    "constants": ("a constant", entries.ConstantEntry),
    "interrupts": ("an interrupt", entries.InterruptEntry),
}
_SINGLES: dict[str, tuple[str, type[BaseModel]]] = {
    "afi": ("afi", entries.Afi),
    "pci": ("pci", entries.PciIds),
    "space": ("space", entries.SpaceEntry),
    "card": ("card", entries.CardEntry),
    "identity": ("identity", entries.Identity),
    "access": ("access", entries.AccessEntry),
    "format": ("format", entries.FixedFormat),
    "lock": ("lock", entries.LockEntry),
    "counter": ("counter", entries.CounterEntry),
    "fixed": ("fixed", entries.FixedShape),
    "enum": ("enum", entries.EnumWays),
    "reset": ("reset", entries.MaskedReset),
}
_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "access": ("unknown-access", (*NAMES, "{read: ..., write: ...}")),
    "read": ("bad-access", tuple(READS)),
    "write": ("bad-access", tuple(WRITES)),
    "format": ("unknown-format", (*PLAIN_FORMATS, "{fixed: {...}}")),
    "words": ("bad-words", tuple(WORD_ORDERS)),
    "endian": ("bad-endian", tuple(ENDIANS)),
    "hw": ("bad-hw", tuple(HWS)),
    "sticky": ("bad-sticky", tuple(STICKIES)),
    "intr": ("bad-intr", tuple(INTRS)),
    "clear": ("bad-counter", tuple(COUNTER_CLEARS)),
    "idle": ("bad-idle", tuple(map(str, IDLES))),
    "via": ("bad-via", VIAS),
    "write_mask": ("bad-write-mask", WRITE_MASKS),
    "pf": ("bad-space", tuple(PF_NUMBERS)),
    "card": ("unknown-card", (*CARDS, "{bars: {...}}")),
    "width": ("bad-width", tuple(map(str, MEMORY_WIDTHS))),
    "schema": ("schema-version", ("1",)),
    "reset": ("bad-reset", ("unknown", "an integer", "{value: ..., mask: ...}")),
}
_ENUM_DEPTH = 2  # enums.Mode; its members are below that
_DECIMAL_BITS = 16
_SHOWN_BITS = 80

_WANTED = {
    "int_type": "an integer",
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
}


def validate(source: Source, model: type[_Model], findings: Findings) -> _Model | None:
    """Return the source's data as a model; what was refused is reported and left out of it.

    `source.dropped` gets the paths that are left out. None: nothing usable is left.
    """
    apart(source.data)  # what is cut out of one place stays in others
    for attempt in range(_MAX_PASSES):
        try:
            return model.model_validate(source.data)
        except ValidationError as error:
            refused = error.errors(include_url=False)
        for path, group in _by_path(source.data, refused).items():
            # Later passes see only what the earlier removals left incomplete.
            if attempt == 0:
                _report(source, path, group, model, findings)
            findings.refuse(source, path)
        for path in source.dropped:
            _cut(source.data, path)
        source.data.setdefault("schema", 1)
        if model is entries.DeviceMap:
            source.data.setdefault("name", "unnamed")
    return None


def _by_path(data: object, errors: list[Any]) -> dict[Path, list[Any]]:
    grouped: dict[Path, list[Any]] = {}
    for error in errors:
        path, missing = _path(data, error)
        error["missing"] = missing
        grouped.setdefault(path, []).append(error)
    return grouped


def _path(data: object, error: Any) -> tuple[Path, str | None]:
    """Return the place in the data, without pydantic's own steps, and the name of a missing key."""
    path: list[str | int] = []
    steps = list(error["loc"])
    missing = str(steps.pop()) if error["type"] == "missing" else None
    for step in steps:
        if _has(data, step):
            path.append(step)
            data = _item(data, step)
    return tuple(path), missing


def _has(data: object, step: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, Mapping) and step in data


def _item(data: Any, step: str | int) -> object:
    return data[step]


def _cut(data: object, path: Path) -> None:
    """Remove the item at a path if it is there; of a list, all items, for their indexes shift."""
    for step in path[:-1]:
        if not _has(data, step):
            return
        data = _item(data, step)
    if path and isinstance(data, dict):
        data.pop(path[-1], None)
    elif path and isinstance(data, list):
        data.clear()


def _report(source: Source, path: Path, group: list[Any], root: type[BaseModel], findings: Findings) -> None:
    missing = [error["missing"] for error in group if error["missing"] is not None]
    if missing:
        _report_missing(source, path, missing, findings)
        return
    error = group[0]
    kind: str = error["type"]
    at_key = error["loc"][-1] == "[key]"
    if kind == "extra_forbidden":
        _report_unknown(source, path, root, findings)
    elif "hint" in error.get("ctx", {}):
        context = error["ctx"]
        findings.add(source, path, kind, context["message"], context["hint"], at_key=at_key)
    elif kind == "literal_error":
        _report_choice(source, path, error, findings)
    elif kind in ("greater_than_equal", "less_than", "less_than_equal"):
        _report_range(source, path, error, findings)
    elif kind in ("too_short", "too_long"):
        if isinstance(error["input"], dict):
            findings.add(source, path, "bad-card", "the card has no BARs", "Give a size for each, as in 0: 64MiB.")
            return
        message = f"got {len(error['input'])} values, wanted 2"
        findings.add(source, path, "wrong-type", message, "Give a list of two: [low, high].")
    elif kind == "string_pattern_mismatch":
        _report_card(source, path, error, findings, at_key=at_key)
    else:
        _report_type(source, path, group, findings)


def _owner(path: Path) -> tuple[str, type[BaseModel]] | None:
    """Return the words for and the model of the mapping at a path; None for the root."""
    for group in path[-2:-1]:
        if group in _ITEMS:
            return _ITEMS[str(group)]
    if path[:1] == ("enums",) and len(path) == _ENUM_DEPTH:
        return "an enum", entries.EnumEntry
    if path[:1] == ("enums",) and len(path) > _ENUM_DEPTH and path[-1] != "members":
        return "an enum member", entries.EnumMember
    for name in path[-1:]:
        if name in _SINGLES:
            return _SINGLES[str(name)]
    return None


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _report_missing(source: Source, path: Path, keys: list[str], findings: Findings) -> None:
    owner = _owner(path)
    what = owner[0] if owner else "the map"
    needs = " and ".join(repr(key) for key in keys)
    findings.add(source, path, "missing-key", f"{what} needs {needs}", f"Add {needs}.", at_key=True)


def _report_unknown(source: Source, path: Path, root: type[BaseModel], findings: Findings) -> None:
    root_words = "a device" if root is entries.DeviceMap else "an included map"
    what, model = _owner(path[:-1]) or (root_words, root)
    key = str(path[-1])
    message = f"unknown key {key!r} of {what}"
    findings.add(source, path, "unknown-key", message, closest(key, _keys(model), "keys", findings), at_key=True)


def _report_choice(source: Source, path: Path, error: Any, findings: Findings) -> None:
    key = str(path[-1])
    rule, choices = _CHOICES[key]
    if key == "access" and path[-3:-2] == ("memories",):
        choices = MEMORY_ACCESSES
    message = f"got {_shown(error['input'])}, allowed: {', '.join(choices)}"
    near = difflib.get_close_matches(str(error["input"]), choices, 1)
    hint = f"Did you mean {near[0]!r}?" if near else "Choose one of these."
    findings.add(source, path, rule, message, hint)


def _report_range(source: Source, path: Path, error: Any, findings: Findings) -> None:
    context = error["ctx"]
    if "ge" in context:
        limit = f"at least {context['ge']}"
    else:
        limit = f"at most {context['le'] if 'le' in context else context['lt'] - 1:#x}"
    message = f"got {_number(error['input'])}, allowed: {limit}"
    findings.add(source, path, "out-of-range", message, "Give a number in that range.")


def _report_card(source: Source, path: Path, error: Any, findings: Findings, *, at_key: bool) -> None:
    """Only cards have names and keys of other forms than the rest of a map."""
    wanted = "the number of a BAR, 0 to 5" if at_key else "the name of a card"
    hint = "Write it like card: {name: kcu1500, bars: {0: 64MiB}}."
    message = f"got {_shown(error['input'])}, wanted {wanted}"
    findings.add(source, path, "bad-card", message, hint, at_key=at_key)


def _report_type(source: Source, path: Path, group: list[Any], findings: Findings) -> None:
    wanted = [_WANTED[error["type"]] for error in group if error["type"] in _WANTED]
    names = " or ".join(dict.fromkeys(wanted)) or "another kind of value"
    message = f"got {_shown(group[0]['input'])}, wanted {names}"
    findings.add(source, path, "wrong-type", message, f"Give {names}.")


def _number(value: object) -> str:
    if not isinstance(value, int):
        return str(value)
    if value.bit_length() > _SHOWN_BITS:
        return f"a number of {value.bit_length()} bits"
    return f"{value:#x}" if value.bit_length() > _DECIMAL_BITS else str(value)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"text {value[:40]!r}"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else _number(value)
