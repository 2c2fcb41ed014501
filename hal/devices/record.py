"""Recording of a device's bus accesses to a file."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal._binding import TapeEntry, record_start, record_stop, record_take
from hal._binding.tapes.tape_file import TapeHead, entry_line, head_line
from hal.errors import RecordError
from hal.plain_files import replacing
from hal.uncopyable import Uncopyable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from hal._binding import Bar
    from hal.design.design import Design
    from hal.slots.slot import Slot

__all__ = ["Recording"]

_PATHS_MAX = 1 << 14  # that are remembered while it is written


class Recording(Uncopyable):
    """`with device.record(file):` writes down every access that reaches the bus through the device's BARs.

    One recording at a time in a process. The file is written when the block ends, also when it raised. RecordError
    when it can't be, or when more was accessed than a recording holds (4 million accesses); the file then holds the
    first of them.
    """

    _process = 0  # whose block it is

    def __init__(self, slot: Slot, design: Design, bars: Mapping[Any, Bar], file: str | os.PathLike[str]) -> None:
        """`bars`: those of the device, as it goes on to attach them."""
        self._slot, self._design, self._bars = slot, design, bars
        self._file = Path(file)

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
        return self

    def __del__(self) -> None:
        """One whose end was lost, to a signal that came first, does not keep others from recording."""
        if self._process == os.getpid():
            record_stop(id(self))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process != os.getpid():
            return  # a forked child that leaves its parent's block: the recording is the parent's
        record_stop(id(self))
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
        locate = lru_cache(maxsize=_PATHS_MAX)(self._design.locate)
        for rows in _pieces(counts):
            for entry in rows:
                if entry.attached in own:
                    yield entry_line(entry, locate((entry.pf, entry.bar), entry.offset))

    def _header(self) -> TapeHead:
        info = self._slot.describe()
        ids = info.vendor_id, info.device_id, info.subsystem_vendor_id, info.subsystem_device_id
        return TapeHead(self._design.name, self._design.digest, self._slot.number, info.afi_id, ids)


def _pieces(counts: list[int]) -> Iterator[list[TapeEntry]]:
    """What was recorded, piece by piece. `counts` becomes how many there are, and how many found no room."""
    while True:
        rows, counts[1] = record_take()
        counts[0] += len(rows)
        if not rows:
            return
        yield rows
