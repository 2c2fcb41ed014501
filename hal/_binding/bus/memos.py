"""What is remembered of registers, in the core: see `hal_memo` there."""

from __future__ import annotations

from typing import Any, NamedTuple

from hal._binding.extension import ffi, lib


class MemoRow(NamedTuple):
    """What is remembered of one bus word, and by which of its bits."""

    value: int
    known: int
    taken: int
    told: int
    blind: int
    spare: int


def new_memos(rows: list[MemoRow]) -> Any:
    """The memories of a register's words, lowest first."""
    memos = ffi.new("hal_memo[]", len(rows))
    for memo, row in zip(memos, rows, strict=True):
        memo.value, memo.known, memo.taken, memo.told, memo.blind, memo.spare = row
    return memos


def copied_memos(origin: Any) -> Any:
    """Those of a batch, which look at these when they are first used in a block."""
    memos = ffi.new("hal_memo[]", len(origin))
    for number, memo in enumerate(memos):
        memo.origin = origin + number
    return memos


def set_memos(memos: Any, rows: list[tuple[int, int]], *, answers: bool) -> None:
    """From now on these bits (taken, told) of each word are remembered, and nothing is known of all others."""
    for number, (taken, told) in enumerate(rows):
        memo = memos[number]
        memo.answers = 0
        memo.taken, memo.told = taken, told
        lib.hal_memo_forget(memos + number, ~(taken | told) & 0xFFFF_FFFF_FFFF_FFFF)
        memo.answers = answers


def set_spare(memos: Any, spare: int, rest: int) -> None:
    """The bits of no field of a register's only word, and their reset, where nobody has written them yet."""
    memo = memos[0]
    new = spare & ~memo.spare
    memo.value = (memo.value & ~new) | (rest & new)
    memo.spare = spare


def spare_of(ports: Any) -> tuple[int, int]:
    """Of the port of all bits of a register: its word's bits of no field beside it, and their reset."""
    return ports[0].spare, ports[0].rest


def forget_memos(memos: Any, bits: list[int]) -> None:
    """Nothing is known of these bits of each word any more."""
    for number, mask in enumerate(bits):
        lib.hal_memo_forget(memos + number, mask)


def memo_words(memos: Any) -> list[tuple[int, int]]:
    """Value and known bits of each word."""
    return [(memo.value, memo.known) for memo in memos]


def give_memos(ports: Any, memos: Any, numbers: tuple[int, ...]) -> None:
    """Each port of a register gets the memory of its word."""
    for place, number in enumerate(numbers):
        ports[place].memo = memos + number
