"""Waiting for fields of a register: in C without the interpreter's lock, in slices, so that signals are handled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from hal import _binding
from hal.access.words import access_order, is_torn, join_words, span_of, split_words
from hal.errors import WaitTimeoutError
from hal.values import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.registers.refusals import CheckedRegister

__all__ = ["wait_for_fields"]


def wait_for_fields(
    register: CheckedRegister, fields: Mapping[str, Any], timeout: float, interval: float, look: int | None
) -> None:
    """Reads until the fields have these values. WaitTimeoutError carries the last one. `look`: the first, if made."""
    mask, bits, _ = register._encode(fields, writing=False)
    last = _wait(register, mask, bits, timeout, interval, look)
    if last is not None:
        _not_in_time(register, fields, last, timeout)


def _wait(
    register: CheckedRegister, mask: int, bits: int, timeout: float, interval: float, look: int | None
) -> int | None:
    """None when it came, else the last value."""
    wide = register._shape.is_wide
    word = 0 if wide else _first_look(register) if look is None else look
    pace = register._space.real().pace
    deadline = pace.deadline(timeout)
    if not wide and word != register._shape.mask:  # all ones may be nobody's answer
        if word & mask == bits:
            return None
        if timeout == 0:
            return word
        if interval:
            pace.sleep(min(interval, timeout))
    while True:
        left = deadline.left()
        seconds = min(left, pace.slice)
        code, last = _wait_slice(register, mask, bits, seconds, min(interval, left), final=seconds == left)
        if code == 0:
            return None
        if code != _binding.TIMEOUT_CODE:
            register._failed(code, "read")
        if seconds == left:
            return last


def _first_look(register: CheckedRegister) -> int:
    """In most waits the value is there: no lock changes hands for it."""
    code, word = _binding.read_full(register._store)
    if code:
        register._failed(code, "read")
    return word


def _wait_slice(
    register: CheckedRegister, mask: int, bits: int, seconds: float, interval: float, *, final: bool
) -> tuple[int, int]:
    """`final`: the wait ends with this slice. Whenever it ends on all ones, the bus is asked."""
    shape = register._shape
    if not shape.is_wide:
        lane = shape.lane_at(register._offset)
        port, ends = register._store, (mask << lane, bits << lane)
        code, word = _binding.wait(port, *ends, seconds, interval, final=final)
        return code, word >> lane & shape.mask
    first, count = span_of(shape, mask)
    masks, expected = (split_words(part, shape)[first : first + count] for part in (mask, bits))
    port = _binding.word_port(register._store, shape.word_at(first) - shape.word_at(0))
    ways = {"stable": is_torn(shape, mask), "final": final}
    code, words = _binding.wait_wide(port, masks, expected, access_order(shape), seconds, interval, **ways)
    return code, join_words(words, shape.access_width) << (first * shape.access_width)


def _not_in_time(register: CheckedRegister, fields: Mapping[str, Any], last: int, timeout: float) -> NoReturn:
    shape = register._shape
    wanted = ", ".join(f"{name}={_shown(value)}" for name, value in fields.items())
    have = ", ".join(f"{name}={shape.named(name).text(last)}" for name in fields)
    raise WaitTimeoutError(
        f"{register._where()}: {wanted} did not come within {timeout} s; last read {last:#x} ({have})",
        last=last,
        path=register._full_path(),
    )


def _shown(value: Any) -> str:
    """A value, or those of an array."""
    return f"[{', '.join(map(shown, value))}]" if isinstance(value, (list, tuple)) else shown(value)
