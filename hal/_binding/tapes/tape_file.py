"""The file of a recording: a line of JSON for each access, after a first one that says of what device it is."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from hal._binding.tapes.tape import TapeEntry
from hal.codes import SLOTS, Pf
from hal.errors import RecordError
from hal.strict_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Tape", "TapeHead", "entry_line", "head_line", "read_head", "read_tape"]

_FORMAT = "hal-record 1"
_PF_NAMES = {pf.value: pf.name.lower() for pf in Pf}
_WIDTHS = (8, 32, 64)
_BARS = range(6)  # of any card
_LINE_MAX = 1 << 14  # bytes
_ENTRIES_MAX = 1 << 22  # what a recording holds
_CODE_MAX = 1 << 31
_AFI_MAX = 63
_PATH = re.compile(r"[\w.\[\]]*", re.ASCII)
_WORD = re.compile(r"[ -~]{0,256}")
_HEX = re.compile(r"0x[0-9a-f]{1,16}")


class TapeHead(NamedTuple):
    """Of what a recording is. `pci`: vendor, device, and both of the subsystem.

    `whole`: it began before the device was opened. `fresh`: nobody had used the registers before.
    """

    device: str
    digest: str
    slot: int
    afi: str
    pci: tuple[int, int, int, int]
    whole: bool = False
    fresh: bool = True


class Tape(NamedTuple):
    """A recording as it was read: its accesses, and the path of each, "" where it has none."""

    head: TapeHead
    entries: list[TapeEntry]
    paths: list[str]


def head_line(head: TapeHead) -> str:
    """The first line."""
    return json.dumps({"format": _FORMAT, **head._asdict()}) + "\n"


def entry_line(entry: TapeEntry, path: str) -> str:
    """The line of an access."""
    action = "write" if entry.is_write else "read"
    code = f', "code": {entry.code}' if entry.code else ""
    return (
        f'{{"action": "{action}", "pf": "{_PF_NAMES[entry.pf]}", "bar": {entry.bar}, "offset": "{entry.offset:#x}", '
        f'"width": {entry.width}, "value": "{entry.value:#x}", "path": {json.dumps(path)}{code}}}\n'
    )


def read_tape(file: Path) -> Tape:
    """The recording in a file. RecordError says where it is none."""
    entries: list[TapeEntry] = []
    paths: list[str] = []
    try:
        with file.open("rb") as stream:
            head = read_head(file, stream)
            for number, line in _lines(file, stream):
                entry, path = _entry(file, number, line)
                entries.append(entry)
                paths.append(path)
    except OSError as error:
        raise RecordError(f"recording {file} can't be read: {error.strerror}") from None
    return Tape(head, entries, paths)


def _lines(file: Path, stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    for number in count(2):
        line = stream.readline(_LINE_MAX)
        if not line:
            return
        if len(line) == _LINE_MAX:
            raise RecordError(f"{file}, line {number}, is no access: it is longer than {_LINE_MAX} bytes")
        if number - 2 == _ENTRIES_MAX:
            raise RecordError(f"{file}: it has more than the {_ENTRIES_MAX} accesses that a recording holds")
        yield number, line.rstrip(b"\r\n")


def _is_number(value: object, end: int) -> bool:
    return type(value) is int and 0 <= value < end


def read_head(file: Path, stream: BinaryIO) -> TapeHead:
    """What the first line says. RecordError where it is none."""
    try:
        head = parse_json(stream.readline(_LINE_MAX).decode())
    except ValueError:
        raise RecordError(f"{file} is no recording: its first line does not say so") from None
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        raise RecordError(f"{file} is no recording: its first line has not the format {_FORMAT!r}")
    fields: tuple[Any, ...] = tuple(head.get(name) for name in TapeHead._fields[:5])
    device, digest, slot, afi, pci = fields
    whole, fresh = head.get("whole", False), head.get("fresh", True)
    texts = all(isinstance(text, str) and _WORD.fullmatch(text) for text in (device, digest, afi))
    ids = isinstance(pci, list) and len(pci) == 4 and all(_is_number(number, 1 << 16) for number in pci)  # noqa: PLR2004
    if not (
        texts and ids and type(whole) is type(fresh) is bool and len(str(afi)) <= _AFI_MAX and _is_number(slot, SLOTS)
    ):
        raise RecordError(f"{file} is no recording: its first line does not name a device, slot, AFI and PCI ids")
    vendor, device_id, subsystem_vendor, subsystem_device = pci
    return TapeHead(device, digest, slot, afi, (vendor, device_id, subsystem_vendor, subsystem_device), whole, fresh)


def _entry(file: Path, number: int, line: bytes) -> tuple[TapeEntry, str]:
    try:
        row = parse_json(line.decode())
        offset, value = (int(row[key], 16) for key in ("offset", "value") if _HEX.fullmatch(row[key]))
        width, bar, code, path = row["width"], row["bar"], row.get("code", 0), row.get("path", "")
        pf, is_write = int(Pf[row["pf"].upper()]), {"read": False, "write": True}[row["action"]]
        whole = all(type(item) is int for item in (width, bar, code))
        valid = whole and width in _WIDTHS and bar in _BARS and value < 1 << width and abs(code) < _CODE_MAX
        entry = TapeEntry((-1, 0), pf, bar, offset, width, is_write, value, code)
        valid = valid and _PATH.fullmatch(path) is not None
    except (ValueError, KeyError, TypeError, AttributeError):
        valid = False
    if not valid:
        raise RecordError(f"{file}, line {number}, is no access: {line[:80].decode('ascii', 'backslashreplace')!r}")
    return entry, path
