"""Interrupt lines as a library has them."""

from __future__ import annotations

import errno
from typing import Any

from hal._binding.extension import ffi, lib
from hal.codes import describe_code
from hal.errors import InterruptError

LINES = 64  # HAL_LINES
_LOW, _HIGH, _PULSE = lib.HAL_LINE_LOW, lib.HAL_LINE_HIGH, lib.HAL_LINE_PULSE
_WHY = {
    -errno.ENOENT: "there is no such line: they are numbered 0 to 63",
    -errno.EMFILE: "too many wait for its lines: close some, or programs that use the card",
    -errno.EOPNOTSUPP: "behind this slot is simulated logic, whose lines are its outputs",
}


class Lines:
    """The functions of one library; those that it lacks say so. InterruptError."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def _told(self, code: int, what: str) -> int:
        if code < 0:
            why = _WHY.get(code) or describe_code(code)
            raise InterruptError(f"{what}: {why}", code=code, name=describe_code(code))
        return code

    def open(self, slot: int, line: int) -> int:
        """A descriptor that can be read from when the line has made a request."""
        return self._told(self._api.open(slot, line), f"slot {slot}, line {line}")

    def close(self, slot: int, descriptor: int) -> None:
        """Gives it back."""
        self._api.close(slot, descriptor)

    def take(self, slot: int, line: int, descriptor: int) -> tuple[int, bool]:
        """Empties the descriptor: the line's requests so far, and whether it is high."""
        requests = ffi.new("uint64_t *")
        code = self._told(self._api.take(slot, line, descriptor, requests), f"slot {slot}, line {line}")
        return int(requests[0]), code == 1

    def arm(self, slot: int, line: int, descriptor: int) -> bool:
        """Whether a line that goes by levels is still high; then it can be read from again."""
        return self._told(self._api.arm(slot, line, descriptor), f"slot {slot}, line {line}") == 1

    def drive(self, slot: int, line: int, high: bool | None) -> None:
        """Sets a line high or low; None: a pulse."""
        level = _PULSE if high is None else _HIGH if high else _LOW
        self._told(self._api.drive(slot, line, level), f"slot {slot}, line {line}")

    def raise_named(self, slot: int, name: str) -> bool:
        """Sets the status of an interrupt that the design names. False where it names none so."""
        code = getattr(self._api, "raise")(slot, name.encode())
        return code != -errno.ENOENT and self._told(code, f"slot {slot}, interrupt {name}") == 0

    def set_trigger(self, slot: int, line: int, *, by_level: bool) -> None:
        """How the line asks."""
        self._told(self._api.set_trigger(slot, line, int(by_level)), f"slot {slot}, line {line}")

    def state(self, slot: int) -> tuple[list[int], int]:
        """Requests of each line, and the lines that are high, as bits."""
        requests, high, by_level = ffi.new(f"uint64_t[{LINES}]"), ffi.new("uint64_t *"), ffi.new("uint64_t *")
        self._told(self._api.state(slot, requests, high, by_level), f"lines of slot {slot}")
        return list(requests), int(high[0])
