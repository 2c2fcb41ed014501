"""Names that a map declares, for a schema of that map alone: JSON Schema can't refer to names elsewhere in a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.source.findings import Findings
from codegen.source.reader import read_map

if TYPE_CHECKING:
    from pathlib import Path

    from codegen.schema.editor.forms import Schema

__all__ = ["NO_NAMES", "KnownNames", "names_in", "one_of"]


class KnownNames(NamedTuple):
    """What each of them says of itself, by name."""

    enums: dict[str, str]
    types: dict[str, str]
    register_types: dict[str, str]


NO_NAMES = KnownNames({}, {}, {})


def names_in(path: Path) -> KnownNames:
    """Return the names in a map and in what it includes; a map that is being written may have any number of problems.

    Raises MapError where it can't be read.
    """
    findings = Findings()
    sources = read_map(path, (), findings)
    if not sources or not isinstance(sources[0].data, dict) or not sources[0].data:
        findings.raise_any()
    known = KnownNames({}, {}, {})
    for source in sources:
        for group, names in known._asdict().items():
            entries = source.data.get(group) if isinstance(source.data, dict) else None
            for name, entry in entries.items() if isinstance(entries, dict) else ():
                names.setdefault(str(name), _told(group, entry))
    return known


def _told(group: str, entry: Any) -> str:
    """Return what is shown of an entry: its description, else of an enum its members."""
    if not isinstance(entry, dict):
        return ""
    if isinstance(entry.get("description"), str):
        return str(entry["description"])
    members = entry["members"] if isinstance(entry.get("members"), dict) else entry
    return ", ".join(map(str, members)) if group == "enums" else ""


def one_of(description: str, names: dict[str, str]) -> Schema:
    """Return the schema of a name; those that are known are offered, and any other is left to `hal validate`."""
    if not names:
        return {"description": description, "type": "string"}
    known = {"enum": list(names), "enumDescriptions": list(names.values())}
    return {"description": description, "type": "string", "anyOf": [known, {"type": "string"}]}
