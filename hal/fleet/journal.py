"""What a card's process has done of its items, in memory that outlives it."""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["Journal", "read_journal"]

_RECORD = struct.Struct("<QQ")  # number of the run of items, how many of them have ended


class Journal:
    """Written before each run and after each item, in two stores; the kernel keeps it when the process is killed."""

    def __init__(self) -> None:
        descriptor, path = tempfile.mkstemp(prefix="hal-fleet-", suffix=".journal")
        with os.fdopen(descriptor, "r+b") as file:
            file.truncate(_RECORD.size)
            self._memory = mmap.mmap(file.fileno(), _RECORD.size)
        self.path = path
        self._run = 0

    def begin(self, run: int) -> None:
        """A run begins: none of its items has ended."""
        self._run = run
        _RECORD.pack_into(self._memory, 0, run, 0)

    def ended(self, count: int) -> None:
        """So many items of the run have ended."""
        _RECORD.pack_into(self._memory, 0, self._run, count)

    def remove(self) -> None:
        """Nobody needs it any more."""
        with suppress(OSError):
            Path(self.path).unlink()


def read_journal(path: str, run: int) -> int | None:
    """How many items of a run have ended, told after the process's end; None where that can't be known.

    A run that never began has 0. The file is removed.
    """
    try:
        data = Path(path).read_bytes()
        Path(path).unlink()
        noted, ended = _RECORD.unpack(data)
    except (OSError, struct.error):
        return None
    return int(ended) if noted == run else -1
