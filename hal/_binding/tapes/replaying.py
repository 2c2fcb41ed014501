"""A recording as a card: it answers from the file, and refuses the first access that differs."""

from __future__ import annotations

import atexit
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hal._binding.raising import explain_replay
from hal._binding.tapes.tape import ReplayLibrary, TapeEntry
from hal._binding.tapes.tape_file import read_tape
from hal.codes import bar_name
from hal.errors import ReplayError
from hal.plain_files import replacing
from hal.printable import printable

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["REPORT", "Replay", "access_words", "replay", "replay_of_process"]

REPORT = "HAL_REPLAY_REPORT"
"""The folder where a program that runs on a recording leaves word of how far it came."""


class Replay(ReplayLibrary):
    """A recording as a card: give it to `open` as the library. The first access that differs raises ReplayError.

    A context manager: when its block ends, every recorded access must have been made. The slot is always loaded.
    """

    def __init__(self, file: str | os.PathLike[str]) -> None:
        head, self._entries, self._paths = read_tape(Path(file))
        super().__init__(os.fspath(file), self._entries, head.slot, head.afi, head.pci)
        self.records_opening, self.begins_fresh = head.whole, head.fresh
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

    def __len__(self) -> int:
        return len(self._entries)

    def __bool__(self) -> bool:
        return True

    def finish(self) -> None:
        """Raises ReplayError when an access differed, or when not all of them were made."""
        problem = self.problem()
        if problem:
            raise ReplayError(f"{self.path}: {problem}")

    def problem(self) -> str:
        """Which access differed first, or was not made, in words; "" where all were made as they are recorded."""
        made, got = self.progress()
        if got is not None:
            return self._difference()
        if made < len(self._entries):
            return f"{made} of {len(self._entries)} recorded accesses were made; the next one is {self._words(made)}"
        return ""

    def _words(self, number: int) -> str:
        path = self._paths[number]
        return access_words(self._entries[number]) + (f" ({path})" if path else "")

    def _difference(self) -> str:
        number, got = self.progress()
        made = f"the program makes a {access_words(got)}" if got is not None else "nothing differed"
        if number == len(self._entries):
            return f"all {number} recorded accesses were made, and {made}"
        return f"access {number + 1} was a {self._words(number)}, and {made}"


def replay(file: str | os.PathLike[str]) -> Replay:
    """The recording in a file as a card: `Driver.open(0, library=replay(file))`. RecordError when it is none."""
    return Replay(file)


_of_process: dict[str, Replay] = {}


def replay_of_process(file: str) -> Replay:
    """The recording as the card of this process, from its start on; at its end it tells what was not as recorded."""
    path = os.path.abspath(file)  # noqa: PTH100  (a link stays one)
    if path not in _of_process:
        made = _of_process[path] = Replay(path)
        atexit.register(_tell, made, os.getpid())
    return _of_process[path]


def _tell(card: Replay, process: int) -> None:
    if process != os.getpid():
        return  # a fork's, which is told by its parent
    problem, folder = card.problem(), os.environ.get(REPORT, "")
    if folder:
        with replacing(Path(folder) / f"{process}.json") as stream:
            json.dump({"accesses": len(card), "problem": problem}, stream)
    elif problem:
        sys.stderr.write(f"hal: {printable(card.path)}: {printable(problem)}\n")


def access_words(entry: TapeEntry) -> str:
    """An access, as errors name it."""
    value = f" of {entry.value:#x}" if entry.is_write else ""
    action = "write" if entry.is_write else "read"
    return f"{action}{value} at {entry.offset:#x} of {bar_name(entry.pf, entry.bar)}, {entry.width} bits"
