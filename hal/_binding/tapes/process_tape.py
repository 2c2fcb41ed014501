"""The recording of a whole process: every access of a slot from its first use on, where HAL_RECORD asks for it."""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hal._binding.tapes.tape import record_start, record_stop, record_take
from hal._binding.tapes.tape_file import TapeHead, entry_line, head_line
from hal.errors import HalError, RecordError
from hal.plain_files import replacing
from hal.printable import printable

if TYPE_CHECKING:
    from hal._binding.sdk.library import Library, Named
    from hal._binding.tapes.tape import TapeEntry

__all__ = ["ProcessTape", "begin"]

_PATIENCE = 5.0  # seconds that the slot is asked at the end what it holds
_SLOTS = frozenset("01234567")


def begin(library: Library, slot: int, file: str, number: str) -> None:
    """The recording of this process, unless it runs. `number`: of the slot that is wanted, as it was given."""
    if ProcessTape.running == os.getpid():
        return
    if number not in _SLOTS:
        raise RecordError(f"HAL_RECORD_SLOT is {number!r}: give the number of a slot, 0 to 7")
    if int(number) == slot:
        library.tape = ProcessTape(library, slot, Path(file))


class ProcessTape:
    """Ends with the process, which then writes the file: that of `file`, or one of its own where that is a folder."""

    running = 0  # the process whose recording runs

    def __init__(self, library: Library, slot: int, file: Path) -> None:
        self._library, self._slot, self._process = library, slot, os.getpid()
        self._file = file / f"{time.time_ns():020}-{self._process}.tape" if file.is_dir() else file.absolute()
        if not self._file.parent.is_dir():
            raise RecordError(f"HAL_RECORD: there is no folder {self._file.parent}; make it first")
        self._designs: list[Named] = []
        self._fresh = False
        self._paths: dict[tuple[int, int, int], str] = {}
        self._spool: TextIO = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115  (until the process ends)
        record_start(library, id(self))
        ProcessTape.running = self._process
        atexit.register(self._finish)

    def saw(self, slot: int, design: Named, *, fresh: bool) -> None:
        """What was accessed so far was not of this design."""
        if slot != self._slot or self._process != os.getpid():
            return
        if not self._designs:
            self._fresh = fresh
        self._drain()
        self._designs.insert(0, design)
        self._paths.clear()

    def _drain(self) -> int:
        """Takes what was recorded; returns how many accesses found no room."""
        while True:
            entries, lost = record_take()
            self._spool.writelines(
                entry_line(entry, self._path(entry)) for entry in entries if entry.slot == self._slot
            )
            if not entries:
                return lost

    def _path(self, entry: TapeEntry) -> str:
        place = entry.pf, entry.bar, entry.offset
        if place not in self._paths:
            found = (design.locate(place[:2], place[2]) for design in self._designs)
            self._paths[place] = next(filter(None, found), "")
        return self._paths[place]

    def _finish(self) -> None:
        if self._process != os.getpid():
            return  # a forked child's: the recording is its parent's
        record_stop(id(self))
        try:
            lost = self._drain()
            self._spool.seek(0)
            with replacing(self._file) as stream:
                stream.write(head_line(self._head()))
                for line in self._spool:
                    stream.write(line)
        except (OSError, HalError) as problem:
            _tell(f"the recording {self._file} can't be written: {problem}")
            return
        if lost:
            _tell(f"{self._file}: {lost} accesses found no room; it holds those before")

    def _head(self) -> TapeHead:
        code, info = self._library.services.within(_PATIENCE).describe(self._slot)
        name, digest = (self._designs[0].name, self._designs[0].digest) if self._designs else ("", "")
        if code:
            return TapeHead(name, digest, self._slot, "", (0, 0, 0, 0), whole=True, fresh=self._fresh)
        ids = info.vendor_id, info.device_id, info.subsystem_vendor_id, info.subsystem_device_id
        return TapeHead(name, digest, self._slot, info.afi_id, ids, whole=True, fresh=self._fresh)


def _tell(text: str) -> None:
    sys.stderr.write(f"hal: {printable(text)}\n")
