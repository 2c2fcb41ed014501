"""Recording of a device's bus accesses to a file, and a card that replays one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal._binding import ReplayLibrary, TapeEntry, explain_replay, record_start, record_stop, record_take
from hal.codes import bar_name
from hal.devices.tape_file import TapeHead, entry_line, head_line, read_tape
from hal.errors import RecordError, ReplayError
from hal.plain_files import replacing
from hal.uncopyable import Uncopyable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from hal._binding import Bar
    from hal.design.design import Design
    from hal.slots.slot import Slot

__all__ = ["Recording", "Replay", "replay"]


class Recording(Uncopyable):
    """`with device.record(file):` writes down every access that reaches the bus through the device's BARs.

    One recording at a time in a process. The file is written when the block ends, also when it raised. RecordError
    when it can't be, or when more was accessed than a recording holds (4 million accesses); the file then holds the
    first of them.
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
        self._head = head_line(self._header())
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
        counts = [0, 0]
        try:
            with replacing(self._file) as stream:
                stream.write(self._head)
                stream.writelines(self._lines(counts))
        except OSError as problem:
            if error is None:
                raise RecordError(f"recording {self._file} can't be written: {problem.strerror}") from problem
        finally:
            for _ in _pieces(counts):  # what could not be written does not stay in memory
                pass
        taken, lost = counts
        if lost and error is None:
            raise RecordError(
                f"recording: {lost} accesses found no room; {self._file} holds those of the {taken} before"
            )

    def _lines(self, counts: list[int]) -> Iterator[str]:
        own = {bar.attached_as for bar in self._bars.values()}
        for rows in _pieces(counts):
            for entry in rows:
                if entry.attached in own:
                    yield entry_line(entry, self._design.locate((entry.pf, entry.bar), entry.offset))

    def _header(self) -> TapeHead:
        info = self._slot.describe()
        ids = info.vendor_id, info.device_id, info.subsystem_vendor_id, info.subsystem_device_id
        return TapeHead(self._design.name, self._design.digest, self._slot.number, info.afi_id, ids)


class Replay(ReplayLibrary):
    """A recording as a card: give it to `open` as the library. The first access that differs raises ReplayError.

    A context manager: when its block ends, every recorded access must have been made. The slot is always loaded.
    """

    def __init__(self, file: str | os.PathLike[str]) -> None:
        head, self._entries, self._paths = read_tape(Path(file))
        super().__init__(os.fspath(file), self._entries, head.slot, head.afi, head.pci)
        self.device: str = head.device
        self.slot: int = head.slot
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


def _pieces(counts: list[int]) -> Iterator[list[TapeEntry]]:
    """What was recorded, piece by piece. `counts` becomes how many there are, and how many found no room."""
    while True:
        rows, counts[1] = record_take()
        counts[0] += len(rows)
        if not rows:
            return
        yield rows


def _words(entry: TapeEntry) -> str:
    value = f" of {entry.value:#x}" if entry.is_write else ""
    action = "write" if entry.is_write else "read"
    return f"{action}{value} at {entry.offset:#x} of {bar_name(entry.pf, entry.bar)}, {entry.width} bits"
