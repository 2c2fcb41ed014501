"""Files of other formats as sources of the loader: the data of a map, and where in the file each thing stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.importers.formats_known import format_of, split_top
from codegen.source.composer import Mark
from codegen.source.findings import Source

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from codegen.importers.importing import Imported
    from codegen.source.problem import Problem

__all__ = ["ForeignMap", "foreign_maps", "maps_of", "only_one"]

_SHOWN = 20


class ForeignMap(NamedTuple):
    """A map that was made of another format's file, the files that were read, and notes on what is not as there."""

    source: Source
    inputs: tuple[Path, ...]
    notes: tuple[Problem, ...]


def foreign_maps(path: str | PathLike[str]) -> list[ForeignMap] | None:
    """Return the maps of a file of another format, `file#name` one of them; None where the path is of a map."""
    file, top = split_top(path)
    form = format_of(file)
    if form is None:
        return None
    # Maps are what most files are.
    from codegen.importers.described.request import Options  # noqa: PLC0415
    from codegen.importers.importing import import_file  # noqa: PLC0415

    return maps_of(import_file(file, Options(top=top), form), file)


def maps_of(imported: Imported, file: Path) -> list[ForeignMap]:
    """Return the maps of an import; the first one has the notes of all."""
    notes = tuple(remark.problem() for remark in imported.remarks.all if remark.kind != "carried")
    return [
        ForeignMap(source, imported.inputs, notes if number == 0 else ())
        for number, source in enumerate(_sources_of(imported, file))
    ]


def only_one(path: str | PathLike[str], maps: list[ForeignMap]) -> ForeignMap:
    """Return the map where one is wanted. Raises MapError where the file has several."""
    if len(maps) == 1:
        return maps[0]
    from codegen.importers.described.description import Origin  # noqa: PLC0415
    from codegen.importers.described.remarks import refuse  # noqa: PLC0415

    names = [str(item.source.data["name"]) for item in maps]
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    hint = f"Name one: {path}#{names[0]}. There are: {shown}."
    raise refuse(Origin(str(path), 1), "several-maps", f"the file has {len(maps)} devices, and one is wanted", hint)


def _sources_of(imported: Imported, file: Path) -> list[Source]:
    """Return the maps of an import as the loader takes them."""
    made: list[Source] = []
    text = "\n".join(imported.texts.values())  # what a map may become is in proportion to it
    for tree in imported.maps:
        origins = {path: (place.file, Mark(place.line, place.column)) for path, place in tree.origins.items()}
        # What the schema refuses is cut out of the data, which has parts in common.
        source = Source(str(file), file.name, text, _copied(tree.data), set(), origins, imported.texts)
        made.append(source)
    return made


def _copied(value: Any) -> Any:
    """Return plain data with no mapping or list in common with it, nor twice in itself."""
    if isinstance(value, dict):
        return {key: _copied(item) if isinstance(item, (dict, list)) else item for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
