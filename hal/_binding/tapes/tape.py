"""Recording bus accesses, and a library that answers from a recording."""

from __future__ import annotations

from typing import Any, NamedTuple

from hal._binding.extension import ffi, lib
from hal._binding.raising import raise_code
from hal._binding.sdk.library import Library
from hal.codes import SPACES, Pf


class TapeEntry(NamedTuple):
    """One access as it was on the bus; `code` is what the library returned.

    `attached`: as `Bar.attached_as`, of the BAR that made it.
    """

    attached: tuple[int, int]
    pf: int
    bar: int
    offset: int
    width: int
    is_write: bool
    value: int
    code: int
    slot: int = -1

    @classmethod
    def of(cls, raw: Any) -> TapeEntry:
        """From the core's struct."""
        place = (raw.handle, raw.generation), raw.pf, raw.bar, raw.offset, raw.width
        return cls(*place, bool(raw.is_write), raw.value, raw.code, raw.slot)


def record_start(library: Library, owner: int) -> None:
    """Writes down every bus access of this library from now on. One recording at a time in a process.

    `owner`: any number but 0, by which it is ended.
    """
    code = lib.hal_record_start(library.native, owner)
    if code:
        raise_code(code, f"recording on {library!r}")


def record_take(limit: int = 4096) -> tuple[list[TapeEntry], int]:
    """Moves out the oldest accesses; and how many found no room since the start."""
    rows, count, lost = ffi.new("hal_tape_entry[]", limit), ffi.new("size_t *"), ffi.new("uint64_t *")
    code = lib.hal_record_take(rows, limit, count, lost)
    if code:
        raise_code(code, "recording")
    return [TapeEntry.of(rows[number]) for number in range(count[0])], lost[0]


def record_stop(owner: int) -> None:
    """Ends the owner's recording, if it runs."""
    lib.hal_record_stop(owner)


class ReplayLibrary(Library):
    """A card that answers from a recording.

    There is one at a time in a process: a new one takes its place.
    """

    replays = True
    _is_quick = True

    def __init__(
        self, name: str, entries: list[TapeEntry], slot: int, afi: str, ids: tuple[int, int, int, int]
    ) -> None:
        rows, raw = ffi.new("hal_tape_entry[]", len(entries)), ffi.new("hal_replay_slot *")
        for row, entry in zip(rows, entries, strict=True):
            row.pf, row.bar, row.offset, row.width = entry.pf, entry.bar, entry.offset, entry.width
            row.is_write, row.value, row.code = entry.is_write, entry.value, entry.code
        raw.number, raw.afi_id = slot, afi.encode()[:63]
        raw.vendor, raw.device, raw.subsystem_vendor, raw.subsystem_device = ids
        holder = ffi.new("hal_library **")
        code = lib.hal_replay_open(rows, len(entries), raw, holder)
        if code:
            raise_code(code, f"replay of {name}")
        self.native = holder[0]
        self.path = name

    @property
    def spaces(self) -> tuple[tuple[int, int], ...]:
        """Those of an F2 card and of others."""
        return (*SPACES, (int(Pf.APP), 1), (int(Pf.APP), 3))

    def __repr__(self) -> str:
        return f"<replay of {self.path}>"

    def progress(self) -> tuple[int, TapeEntry | None]:
        """How many accesses were made as recorded, and the one that differed from the next."""
        made, got = ffi.new("size_t *"), ffi.new("hal_tape_entry *")
        failed = lib.hal_replay_state(made, got)
        return made[0], TapeEntry.of(got) if failed else None
