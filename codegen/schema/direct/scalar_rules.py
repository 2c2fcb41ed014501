"""What single values of a map have to be: pydantic's models and the direct way take the same functions.

Each returns what it makes of a value, or raises RefusedError.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.schema import names
from codegen.schema.policies import AccessPolicy
from codegen.schema.vocabulary import SIZE_SHIFTS

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = [
    "AFI_ID",
    "MAX_LINE",
    "MAX_TEXT",
    "NATURAL_LIMIT",
    "RATIO",
    "BitRange",
    "RefusedError",
    "access_row",
    "afi_id",
    "any_reset",
    "bits",
    "child_attribute",
    "constant_name",
    "enum_name",
    "field_attribute",
    "line",
    "member",
    "member_name",
    "module_name",
    "one_write",
    "ratio",
    "reset_list",
    "reset_word",
    "size",
    "snake_name",
    "text",
]

MAX_TEXT = 4096
MAX_LINE = 64
NATURAL_LIMIT = 1 << 64

_BITS = re.compile(r"([0-9]{1,5})\s*:\s*([0-9]{1,5})")
_DECIMAL = r"[-+]?[0-9]{1,20}(?:\.[0-9]{0,20})?(?:e[-+]?[0-9]{1,2})?"
RATIO = f"{_DECIMAL}(?:\\s*/\\s*{_DECIMAL})?"
_SIZE = re.compile(r"([0-9]+(?:_[0-9]+)*)\s*([KMG])iB")
AFI_ID = "ag?fi-[0-9a-f]{17}"
# Line feeds and tabs are text; bidirectional controls could make a line read as another one.
_CONTROL = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
_CONTROL_ASCII = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class RefusedError(Exception):
    """A value that is not allowed: the rule, a message and a hint."""

    def __init__(self, rule: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.hint = rule, message, hint


class BitRange(NamedTuple):
    """The bits of a field, both ends included."""

    msb: int
    lsb: int


def bits(value: Any) -> BitRange:
    """Return the bits of 3, or of "7:4"."""
    if type(value) is int and value >= 0:
        return BitRange(value, value)
    found = _range(value) if isinstance(value, str) else None
    if found is None:
        message = f"got {value!r}, wanted bits"
        raise RefusedError("bad-bits", message, 'Write one bit as 3, a range as "7:4".')
    msb, lsb = found
    if msb < lsb:
        message = f"bits {msb}:{lsb} are reversed"
        raise RefusedError("bits-reversed", message, f'Write the high bit first: "{lsb}:{msb}".')
    return found


@lru_cache(1024)  # registers have the same ones again and again
def _range(text: str) -> BitRange | None:
    """Return the bits of a range as it is written; None of what is none."""
    match = _BITS.fullmatch(text)
    return None if match is None else BitRange(int(match[1]), int(match[2]))


def size(value: Any) -> Any:
    """Return the bytes of 4KiB; what is no text as it is."""
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value)
    if match is None:
        hint = "Write an integer such as 0x1000, or a size such as 4KiB, 1MiB, 2GiB."
        raise RefusedError("wrong-type", f"got text {value[:40]!r}, wanted a number of bytes", hint)
    return int(match[1].replace("_", "")) << SIZE_SHIFTS[match[2]]


def text(value: str) -> str:
    """Check a text of several lines."""
    if len(value) > MAX_TEXT:
        message = f"the text has {len(value)} characters, more than {MAX_TEXT}"
        raise RefusedError("text-too-long", message, "Keep the summary here and the rest in a document.")
    # A set of all characters takes milliseconds to compile, and most maps need none.
    match = _CONTROL_ASCII.search(value) if value.isascii() else re.search(_CONTROL, value)
    if match is not None:
        message = f"control character U+{ord(match[0]):04X} at character {match.start() + 1}"
        raise RefusedError("control-character", message, "Remove it.")
    return value


def line(value: str) -> str:
    """Check a text of one line."""
    if len(value) > MAX_LINE:
        message = f"the text has {len(value)} characters, more than {MAX_LINE}"
        raise RefusedError("text-too-long", message, "Shorten it; the description can say more.")
    if "\n" in value or "\t" in value:
        raise RefusedError("control-character", "the text has a line break or a tab", "Write it on one line.")
    return text(value)


def ratio(value: Any) -> Fraction:
    """Return a number exactly as it is written: 0.1 is a tenth."""
    from fractions import Fraction  # noqa: PLC0415  (few maps have one)

    if (type(value) is int and abs(value) < NATURAL_LIMIT) or (type(value) is float and isfinite(value)):
        return Fraction(str(value))
    if isinstance(value, str) and re.fullmatch(RATIO, value):
        top, _, bottom = value.partition("/")
        if not bottom or Fraction(bottom.strip()):
            return Fraction(top.strip()) / Fraction(bottom.strip() or 1)
    message = f"got {str(value)[:40]!r}, wanted a number"
    raise RefusedError("bad-number", message, "Write it like 0.25, -40, or as a ratio such as 3.3/4096.")


def any_reset(value: Any) -> Any:
    """Check a field's reset, or a list of them."""
    return [reset_word(item) for item in value] if isinstance(value, list) else reset_word(value)


def reset_word(value: Any) -> Any:
    """Check one value after a reset."""
    if isinstance(value, (int, str)) or (isinstance(value, float) and isfinite(value)):
        return value
    message = f"got {value!r}, wanted a reset value"
    hint = "Give an integer, true or false, the name of an enum member, or what a fixed-point field reads."
    raise RefusedError("wrong-type", message, hint)


def reset_list(value: list[Any]) -> list[Any]:
    """Integers, in lists that lie in each other as the dimensions of an array do."""
    for item in value:
        if isinstance(item, list):
            reset_list(item)
        elif type(item) is not int or item < 0:
            shown = item if type(item) is int else str(item).lower() if isinstance(item, bool) else repr(item)[:40]
            raise RefusedError(
                "bad-reset", f"got {shown} in a list of resets", "Give an integer, 0 or more, for each element."
            )
    return value


def afi_id(value: str) -> str:
    """Check an image's id."""
    if re.fullmatch(AFI_ID, value) is None:
        hint = "An id is agfi- or afi- and 17 lower case hex digits."
        raise RefusedError("bad-afi-id", f"{value[:80]!r} is no AFI id", hint)
    return value


def member(value: Any) -> Any:
    """Return a member of an enum, or a constant, in its long form."""
    return {"value": value} if isinstance(value, (int, float, str)) else value


def access_row(value: Any) -> str:
    """Return the name of a policy, or its words where it has none."""
    if isinstance(value, str):
        return value
    if value.once and value.write == "none":
        hint = "Remove once, or say what the first write does."
        raise RefusedError("bad-access", "once is about a write, and a write does nothing", hint)
    return AccessPolicy(value.read, value.write, value.once).text


def one_write(value: dict[str, int]) -> dict[str, int]:
    """Check a write before a write: a register's path and a value."""
    if len(value) != 1:
        message = f"got {len(value)} writes in one item"
        hint = "Write one register and its value in each item, in the order of the writes."
        raise RefusedError("bad-unlock", message, hint)
    return value


def _taken(value: str, fault: names.Fault | None) -> str:
    if fault is not None:
        raise RefusedError(*fault)
    return value


def snake_name(value: str) -> str:
    """Check the name of a device, type, block, register, memory or field."""
    return _taken(value, names.snake_fault(value))


def field_attribute(value: str) -> str:
    """Check what a field is called in Python."""
    return _taken(value, names.attribute_fault(value, kind="field"))


def child_attribute(value: str) -> str:
    """Check what a register, memory or block is called in Python."""
    return _taken(value, names.attribute_fault(value, kind="child"))


def module_name(value: str) -> str:
    """Check the name of a driver's module."""
    return _taken(value, names.module_fault(value))


def enum_name(value: str) -> str:
    """Check the name of an enum."""
    return _taken(value, names.enum_fault(value))


def member_name(value: str) -> str:
    """Check the name of a member of an enum."""
    return _taken(value, names.member_fault(value))


def constant_name(value: str) -> str:
    """Check the name of a constant."""
    return _taken(value, names.constant_fault(value))
