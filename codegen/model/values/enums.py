"""Elaborates enums and gathers the definitions of a map and what it includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.types import EnumMember, EnumType, NamedNumber
from codegen.schema.names import class_name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.schema.entries import EnumEntry, IncludedMap, RegisterTypeEntry, TypeEntry
    from codegen.schema.entries import EnumMember as MemberEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

    Maps = Sequence[tuple[Source, IncludedMap]]

__all__ = ["gather_constants", "gather_enums", "gather_register_types", "gather_types"]


def gather_enums(maps: Maps, findings: Findings) -> dict[str, EnumType]:
    """Return all enums by name, in order of inclusion."""
    owners: dict[str, Source] = {}
    enums: dict[str, EnumType] = {}
    for source, entry in maps:
        for name, members in entry.enums.items():
            path: Path = ("enums", name)
            if _is_first(name, path, source, owners, findings):
                python_name = class_name_of(name)
                if python_name != name:
                    findings.note_python_name(source, path, name, python_name, "class")
                enums[name] = _enum(name, python_name, members, source, path, findings)
    return enums


def _enum(
    name: str,
    python_name: str,
    entry: EnumEntry | dict[str, MemberEntry],
    source: Source,
    path: Path,
    findings: Findings,
) -> EnumType:
    if isinstance(entry, dict):
        return EnumType(name, python_name, _members(entry, source, path, findings))
    members = _members(entry.members, source, (*path, "members"), findings)
    return EnumType(name, python_name, members, entry.open, entry.description)


def gather_constants(maps: Maps, findings: Findings) -> tuple[NamedNumber, ...]:
    """Return all constants, in order of inclusion."""
    owners: dict[str, Source] = {}
    return tuple(
        NamedNumber(name, constant.value, constant.description)
        for source, entry in maps
        for name, constant in entry.constants.items()
        if _is_first(name, ("constants", name), source, owners, findings)
    )


def gather_types(maps: Maps, findings: Findings) -> dict[str, tuple[Source, TypeEntry]]:
    """Return all types by name with the source that has them, in order of inclusion."""
    owners: dict[str, Source] = {}
    types: dict[str, tuple[Source, TypeEntry]] = {}
    for source, entry in maps:
        for name, definition in entry.types.items():
            if _is_first(name, ("types", name), source, owners, findings):
                types[name] = (source, definition)
    return types


def gather_register_types(maps: Maps, findings: Findings) -> dict[str, tuple[Source, RegisterTypeEntry]]:
    """Return all types of registers by name with the source that has them, in order of inclusion."""
    owners: dict[str, Source] = {}
    return {
        name: (source, definition)
        for source, entry in maps
        for name, definition in entry.register_types.items()
        if _is_first(name, ("register_types", name), source, owners, findings)
    }


def _is_first(name: str, path: Path, source: Source, owners: dict[str, Source], findings: Findings) -> bool:
    owner = owners.setdefault(name, source)
    if owner is source:
        return True
    message = f"{name!r} is defined in {owner.display} too"
    findings.add(source, path, "defined-twice", message, "Rename one of them.", at_key=True)
    return False


def _members(
    entries: Mapping[str, MemberEntry], source: Source, path: Path, findings: Findings
) -> tuple[EnumMember, ...]:
    if not entries and not any(dropped[: len(path)] == path for dropped in source.dropped):
        findings.add(source, path, "empty-enum", "the enum has no members", "Add one.", at_key=True)
    names: dict[str, str] = {}
    values: dict[int, str] = {}
    for name, entry in entries.items():
        first = names.setdefault(name.upper(), name)
        if first != name:
            message = f"{name!r} and {first!r} both become {name.upper()} in Python"
            findings.add(source, (*path, name), "duplicate-member", message, "Rename one.", at_key=True)
        first = values.setdefault(entry.value, name)
        if first != name:
            message = f"value {entry.value:#x} is that of {first!r} already"
            hint = "Give each member its own value."
            findings.add(source, (*path, name), "duplicate-enum-value", message, hint)
    return tuple(
        EnumMember(name.upper(), name, entry.value, entry.description, entry.title) for name, entry in entries.items()
    )
