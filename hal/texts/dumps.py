"""Dumps of a device: its snapshot in words and as JSON, saved to a file, and compared with another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.design.snapshot import Snapshot
from hal.errors import FieldNameError, SnapshotError
from hal.plain_files import replacing
from hal.registers.memory import access_of
from hal.texts.readings import field_text, plain, why_unread

if TYPE_CHECKING:
    from pathlib import Path

    from hal.access.fields import FieldDeclaration
    from hal.design.snapshot import Difference
    from hal.devices.device import Device

__all__ = [
    "DiffRow",
    "Dump",
    "diff_data",
    "diff_rows",
    "dump_of",
    "load_dump",
    "reset_values",
    "save_dump",
    "saved_memories",
]

Dump = dict[str, Any]
DiffRow = tuple[str, str, str]

_UNREAD = "not read"
_BYTES_MAX = 1 << 28
_WORDS_MAX = 64  # of memories that are shown


def dump_of(device: Device, taken: Snapshot, *, effects: bool) -> Dump:
    """As JSON: {map, slot, registers: {path: {value, fields: {name: text}}}, unread: {path: reason}}."""
    unread = {register.path: why_unread(register, effects=effects) for register in device.registers()}
    held = {path: content.hex() for path, content in taken.memories.items()}
    return {
        **({"memories": held} if held else {}),
        "map": device._design.name,
        "slot": device.slot.number,
        "registers": {path: {"value": taken[path], "fields": _texts(taken, path)} for path in taken},
        "unread": {path: reason for path, reason in unread.items() if reason},
    }


def _texts(taken: Snapshot, path: str) -> dict[str, str]:
    fields, bits = taken._design.shape_at(path).fields.values(), taken[path]
    return {field.name: field_text(field, field.decode(bits)) for field in fields if field.readable}


def save_dump(file: Path, taken: Snapshot) -> None:
    """Writes the snapshot's JSON as a whole or not at all."""
    with replacing(file) as stream:
        stream.write(taken.to_json())


def load_dump(file: Path, driver: type[Device]) -> Snapshot:
    """What save_dump has written of a map of the same device. SnapshotError names the file when it is none."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_BYTES_MAX)  # what is cut is no JSON
        return Snapshot.from_json(content.decode(), driver)
    except (SnapshotError, UnicodeDecodeError) as problem:
        raise SnapshotError(f"{file}: {problem}; make one with hal dump --save") from None


def reset_values(taken: Snapshot) -> Snapshot:
    """What a snapshot of the same registers holds after a reset; bits that are unknown then, as they are."""
    shapes = {path: taken._design.shape_at(path) for path in taken}
    return Snapshot(
        taken.driver,
        {path: (shape.reset & shape.readable_bits) | (taken[path] & shape.unknown) for path, shape in shapes.items()},
    )


def saved_memories(device: Device, saved: Snapshot, accesses: tuple[str, ...]) -> list[str]:
    """The paths of memories in a dump that have one of these accesses."""
    memories = {memory.path: access_of(type(memory)) for memory in device.memories()} if saved.memories else {}
    return [path for path in saved.memories if memories.get(path, "") in accesses]


def diff_rows(driver: type[Device], differences: list[Difference]) -> list[DiffRow]:
    """Path, old and new value in words; of memories the first words."""
    rows, words = [], 0
    for path, old, new in differences:
        if _is_word(driver, path):
            words += 1
            if words <= _WORDS_MAX:
                rows.append((path, f"{old:#x}", f"{new:#x}"))
            continue
        field = _field_at(driver, path)
        if field is None:
            what = " (not compared)" if old is None or new is None else " (bits of no field)"
            old_text, new_text = (_UNREAD if value is None else f"{value:#x}" for value in (old, new))
            rows.append((path + what, old_text, new_text))
            continue
        old_text, new_text = (_UNREAD if value is None else field_text(field, value) for value in (old, new))
        rows.append((path, old_text, new_text))
    if words > _WORDS_MAX:
        rows.append((f"{words - _WORDS_MAX} more words of memories", "", ""))
    return rows


def _is_word(driver: type[Device], path: str) -> bool:
    """Whether a difference is that of a memory's word."""
    if not path.endswith("]"):
        return False
    try:
        driver._design.shape_at(path)
    except FieldNameError:
        return _field_at(driver, path) is None
    return False


def _field_at(driver: type[Device], path: str) -> FieldDeclaration | None:
    """The field at a path; None where a register is."""
    register, _, name = path.rpartition(".")
    try:
        return driver._design.shape_at(register).field_named(name)
    except FieldNameError:
        return None


def diff_data(differences: list[Difference]) -> list[dict[str, Any]]:
    """As JSON: {path, old, new}, null where a register was not read."""
    return [{"path": path, "old": plain(old), "new": plain(new)} for path, old, new in differences]
