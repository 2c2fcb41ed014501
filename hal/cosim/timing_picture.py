"""Waves as a picture in text: a column for each half of a clock."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal.cosim.value_changes import Changes

__all__ = ["timing_picture"]

_COLUMN = 4  # characters of half a clock
_CLOCKS_MAX = 200
_LEVELS = {"0": "_", "1": "~"}


def timing_picture(clock: Changes, signals: Sequence[Changes], first: int, count: int) -> list[str]:
    """A line for each signal, and one above with the numbers of clocks.

    `first`: the number of the first clock, whose rising edge is in its middle; `count`: how many. HalError where the
    waves have none of these.
    """
    if not 0 < count <= _CLOCKS_MAX:
        raise HalError(f"{count} clocks are no picture: give 1 to {_CLOCKS_MAX}")
    rises = [number for number, (_, value) in enumerate(clock.at) if value == "1"]
    if not 0 <= first < len(rises):
        raise HalError(f"{clock.path} has {len(rises)} rising edges, and clock {first} is none of them")
    shown = rises[first : first + count]
    # From the change before the first rise to the one before the rise after the last.
    times = [clock.at[max(0, number - half)][0] for number in shown for half in (1, 0)]
    margin = max(len(signal.name) for signal in (clock, *signals)) + 2
    numbers = "".join(f"{first + place:<{2 * _COLUMN}}" for place in range(len(shown)))
    lines = [" " * margin + numbers]
    lines += [f"{signal.name:<{margin}}{_line(signal, times)}" for signal in (clock, *signals)]
    return [line.rstrip() for line in lines]


def _line(signal: Changes, times: Sequence[int]) -> str:
    starts = [time for time, _ in signal.at]
    values = [_value_at(signal, starts, time) for time in times]
    before = _value_at(signal, starts, times[0] - 1)
    return _bit_line(values, before) if signal.bits == 1 else _word_line(values, before, signal.bits)


def _value_at(signal: Changes, starts: Sequence[int], time: int) -> str:
    place = bisect_right(starts, time)
    return signal.at[place - 1][1] if place else ""


def _bit_line(values: Sequence[str], before: str) -> str:
    text = ""
    for value in values:
        level = _LEVELS.get(value, "?")
        edge = {("0", "1"): "/", ("1", "0"): "\\"}.get((before, value), level)
        text += edge + level * (_COLUMN - 1)
        before = value
    return text


def _word_line(values: Sequence[str], before: str, bits: int) -> str:
    """A word's value behind each change, where it has room."""
    runs: list[tuple[str, int]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1] = value, runs[-1][1] + 1
        else:
            runs.append((value, 1))
    text = ""
    for value, length in runs:
        room = length * _COLUMN
        shown = _number(value, bits)
        if len(shown) > room - 1:
            shown = shown[: room - 2] + "+"
        text += ("=" if not text and before in {"", value} else "X") + shown.ljust(room - 1, "=")
        before = value
    return text


def _number(value: str, bits: int) -> str:
    if not value or not set(value) <= {"0", "1"}:  # of no value before the file's first one
        return "?"
    return f"{int(value, 2):#x}" if bits > 1 else value
