"""Prepared accesses of registers, wide registers and waits."""

from __future__ import annotations

from typing import Any, NamedTuple

from hal._binding.extension import ffi, lib


class PortRow(NamedTuple):
    """A port of a register class: offset in the register, width of the bus word, and as `hal_port` has it in C.

    Bits 0: none.
    """

    offset: int
    width: int
    shift: int
    bits: int
    keep: int = 0
    ones: int = 0
    plain: bool = False
    clears: bool = False
    spare: int = 0
    rest: int = 0


def port_plans(rows: list[PortRow]) -> Any:
    """The ports of a register class."""
    plans = ffi.new("hal_port[]", len(rows))
    for plan, row in zip(plans, rows, strict=True):
        if row.bits:
            plan.offset, plan.width, plan.shift = row.offset, row.width, row.shift
            plan.plain, plan.clears = row.plain, row.clears
            plan.mask, plan.keep, plan.ones = (1 << row.bits) - 1, row.keep, row.ones
            plan.spare, plan.rest = row.spare, row.rest
    return plans


def word_port(ports: Any, distance: int) -> Any:
    """The port of a wide register's word that lies `distance` bytes from its lowest one, from its ports."""
    port = ffi.new("hal_port *", ports[0])
    port.offset += distance
    if port.memo:
        port.memo += abs(distance) * 8 // port.width
    return port


def asked_words(ports: Any, words: list[tuple[int, int]]) -> Any:
    """Words that a read of a register takes in a batch: how far each lies from the lowest, and the bits asked for."""
    asked = ffi.new("hal_asked[]", len(words))
    for word, (distance, bits) in zip(asked, words, strict=True):
        word.port, word.bits = word_port(ports, distance)[0], bits
    return asked


class HeldStep(NamedTuple):
    """A step of several with nothing of their BAR between them. `offset`: bytes in the BAR. `kind`: as hal_core.h.

    A check goes on where the word & keep is value; others write (old & keep) ^ value, `repeat` times more than once.
    """

    kind: int
    offset: int
    width: int
    keep: int
    value: int
    repeat: int = 0


def run_held(port: Any, steps: list[HeldStep]) -> tuple[int, int, int]:
    """Makes the steps on the port's BAR, or has its batch collect them: code, the step it is of, and a check's word."""
    ops = ffi.new("hal_op[]", len(steps))
    for op, step in zip(ops, steps, strict=True):
        op.kind, op.offset, op.width, op.keep, op.value, op.repeat = step
    failed = ffi.new("size_t *")
    code: int = lib.hal_run_held(port, ops, len(steps), failed)
    place = failed[0]
    return code, place, ops[place].keep if place < len(steps) else 0


def read_wide(port: Any, count: int, order: int, *, stable: bool) -> list[int] | int:
    """The words of a wide register, lowest first, or a code."""
    words = ffi.new("uint64_t[]", count)
    code: int = lib.hal_read_words(port, count, order, int(stable), words)
    return code or list(words)


def write_wide(port: Any, words: list[int], order: int) -> int:
    """Writes the words of a wide register, given lowest first."""
    return int(lib.hal_write_words(port, len(words), order, words))


def update_wide(port: Any, keep: list[int], words: list[int], order: int, *, whole: bool) -> int:
    """(old & keep) ^ words of neighbouring words, lowest first; `whole`: a read of one takes a read of all."""
    return int(lib.hal_update_words(port, len(words), order, int(whole), keep, words))


def update_lane(ports: Any, keep: int, bits: int, spare: int) -> int:
    """(old & keep) ^ bits in a lane, by the port of all its bits. `spare`: bits of no field, kept where any is read."""
    word = ports[0]
    if not (keep or word.keep):
        return int(lib.hal_set(ports, bits))
    kept = (keep | spare) << word.shift | word.keep | word.spare
    return int(lib.hal_update(ports, kept, (bits & ~spare) << word.shift | (word.ones & ~word.spare)))


def read_full(port: Any) -> tuple[int, int]:
    """Code and value of a 64-bit read, whose values leave no room for a code."""
    out = ffi.new("uint64_t *")
    code: int = lib.hal_get64(port, out)
    return code, out[0]
