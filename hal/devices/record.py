"""Recording of a device's bus accesses to a file, and a card that replays one.

The file has a line of JSON for each access, after a first line that says of what device and slot it is.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal._binding import ReplayLibrary, TapeEntry, explain_replay, record_start, record_stop, record_take
from hal.codes import BARS, Pf, bar_name
from hal.errors import RecordError, ReplayError
from hal.uncopyable import Uncopyable
from hal.values import integer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

    from hal._binding import Bar
    from hal.design.design import Design
    from hal.slots.slot import Slot

__all__ = ["Recording", "Replay", "replay"]

_FORMAT = "hal-record 1"
_WIDTHS = (8, 32, 64)
_CODES = 1 << 31  # a C int


class Recording(Uncopyable):
    """`with device.record(file):` writes down every access that reaches the bus through the device's BARs.

    One recording at a time in a process. The file is written when the block ends, also when it raised. RecordError
    when more was accessed than a recording holds (4 million accesses); the file then holds the first of them.
    """

    def __init__(self, slot: Slot, design: Design, bars: Mapping[Any, Bar], file: str | os.PathLike[str]) -> None:
        """`bars`: those of the device, as it goes on to attach them."""
        self._slot, self._design, self._bars = slot, design, bars
        self._file = Path(file)
        self._head = ""
        self._running = False
        self._process = os.getpid()

    def __enter__(self) -> Self:
        if not self._file.parent.is_dir():
            raise RecordError(f"recording: there is no folder {self._file.parent}; make it first")
        self._head = json.dumps(self._header())
        self._process = os.getpid()
        try:
            record_start(self._slot.library, id(self))
        except BaseException:  # a signal may come when it has begun
            record_stop(id(self))
            raise
        self._running = True
        return self

    def __del__(self) -> None:
        """One whose end was lost, to a signal that came first, does not keep others from recording."""
        if getattr(self, "_running", False) and self._process == os.getpid():
            record_stop(id(self))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process != os.getpid():
            return  # a forked child that leaves its parent's block: the recording is the parent's
        record_stop(id(self))
        self._running = False
        entries, lost = _taken()
        handles = {bar.handle for bar in self._bars.values()}
        rows = (json.dumps(self._row(entry)) for entry in entries if entry.handle in handles)
        text = "\n".join([self._head, *rows, ""])
        partial = self._file.with_name(f"{self._file.name}.{os.getpid()}.part")
        partial.write_text(text, encoding="utf-8")
        partial.replace(self._file)
        if lost and error is None:
            raise RecordError(f"recording: {lost} accesses found no room; {self._file} holds the {len(entries)} before")

    def _header(self) -> dict[str, Any]:
        info = self._slot.describe()
        ids = [info.vendor_id, info.device_id, info.subsystem_vendor_id, info.subsystem_device_id]
        return {
            "format": _FORMAT,
            "device": self._design.name,
            "digest": self._design.digest,
            "slot": self._slot.number,
            "afi": info.afi_id,
            "pci": ids,
        }

    def _row(self, entry: TapeEntry) -> dict[str, Any]:
        row: dict[str, Any] = {
            "action": "write" if entry.is_write else "read",
            "pf": Pf(entry.pf).name.lower(),
            "bar": entry.bar,
            "offset": f"{entry.offset:#x}",
            "width": entry.width,
            "value": f"{entry.value:#x}",
            "path": self._design.locate((entry.pf, entry.bar), entry.offset),
        }
        if entry.code:
            row["code"] = entry.code
        return row


class Replay(ReplayLibrary):
    """A recording as a card: give it to `open` as the library. The first access that differs raises ReplayError.

    A context manager: when its block ends, every recorded access must have been made. The slot is always loaded.
    """

    def __init__(self, file: str | os.PathLike[str]) -> None:
        head, rows = _load(Path(file))
        entries = [entry for entry, _ in rows]
        super().__init__(os.fspath(file), entries, head["slot"], head["afi"], tuple(head["pci"]))
        self._entries, self._paths = entries, [path for _, path in rows]
        self.device: str = head["device"]
        self.slot: int = head["slot"]
        explain_replay(self._difference)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()

    def finish(self) -> None:
        """Raises ReplayError when an access differed, or when not all of them were made."""
        made, got = self.progress()
        if got is not None:
            raise ReplayError(f"{self.path}: {self._difference()}")
        if made < len(self._entries):
            raise ReplayError(
                f"{self.path}: {made} of {len(self._entries)} recorded accesses were made; the next one is "
                f"{self._words(made)}"
            )

    def _words(self, number: int) -> str:
        path = self._paths[number]
        return _words(self._entries[number]) + (f" ({path})" if path else "")

    def _difference(self) -> str:
        number, got = self.progress()
        made = f"the program makes a {_words(got)}" if got is not None else "nothing differed"
        if number == len(self._entries):
            return f"all {number} recorded accesses were made, and {made}"
        return f"access {number + 1} was a {self._words(number)}, and {made}"


def replay(file: str | os.PathLike[str]) -> Replay:
    """The recording in a file as a card: `Driver.open(0, library=replay(file))`. RecordError when it is none."""
    return Replay(file)


def _taken() -> tuple[list[TapeEntry], int]:
    entries: list[TapeEntry] = []
    while True:
        rows, lost = record_take()
        if not rows:
            return entries, lost
        entries += rows


def _words(entry: TapeEntry) -> str:
    value = f" of {entry.value:#x}" if entry.is_write else ""
    action = "write" if entry.is_write else "read"
    return f"{action}{value} at {entry.offset:#x} of {bar_name(entry.pf, entry.bar)}, {entry.width} bits"


def _load(file: Path) -> tuple[dict[str, Any], list[tuple[TapeEntry, str]]]:
    try:
        first, *lines = file.read_text(encoding="utf-8").splitlines()
        head = json.loads(first)
    except OSError as error:
        raise RecordError(f"recording {file} can't be read: {error.strerror}") from None
    except ValueError:
        raise RecordError(f"{file} is no recording: its first line does not say so") from None
    if not _is_head(head):
        raise RecordError(f"{file} is no recording: its first line has not the format {_FORMAT!r}")
    return head, [_entry(file, number, line) for number, line in enumerate(lines, start=2)]


def _is_head(head: object) -> bool:
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        return False
    texts = all(isinstance(head.get(key), str) for key in ("device", "digest", "afi"))
    ids = head.get("pci")
    return (
        texts
        and isinstance(head.get("slot"), int)
        and isinstance(ids, list)
        and len(ids) == 4  # noqa: PLR2004  (vendor, device, and both of the subsystem)
        and all(isinstance(number, int) and 0 <= number < 1 << 16 for number in ids)
    )


def _entry(file: Path, number: int, line: str) -> tuple[TapeEntry, str]:
    try:
        row = json.loads(line)
        offset, value = int(row["offset"], 16), int(row["value"], 16)
        width, bar, code = integer(row["width"]), integer(row["bar"]), integer(row.get("code", 0))
        pf, is_write = int(Pf[row["pf"].upper()]), {"read": False, "write": True}[row["action"]]
        valid = width in _WIDTHS and bar in BARS and 0 <= value < 1 << width and 0 <= offset < 1 << 64
        valid = valid and -_CODES <= code < _CODES
        entry = TapeEntry(-1, pf, bar, offset, width, is_write, value, code)
        path = str(row.get("path", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        valid = False
    if not valid:
        raise RecordError(f"{file}, line {number}, is no access: {line[:80]}")
    return entry, path
