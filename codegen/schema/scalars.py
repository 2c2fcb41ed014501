"""The value types of the map format, as annotations for pydantic.

Every check raises PydanticCustomError with the rule as its type and the hint in its context.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError, PydanticKnownError

from codegen.schema import names
from codegen.schema.vocabulary import SIZE_SHIFTS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "AFI_ID",
    "MAX_LINE",
    "MAX_TEXT",
    "NATURAL_LIMIT",
    "RATIO",
    "AfiId",
    "AnyReset",
    "BitRange",
    "Bits",
    "ChildAttribute",
    "ConstantName",
    "EnumName",
    "FieldAttribute",
    "MemberName",
    "Module",
    "Name",
    "Natural",
    "NoFlag",
    "Ratio",
    "ResetList",
    "ResetWord",
    "Size",
    "Text",
    "Title",
    "Unit",
    "fault",
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


def fault(rule: str, message: str, hint: str) -> PydanticCustomError:
    """Return the error that carries a rule, a message and a hint through pydantic."""
    return PydanticCustomError(rule, "{message}", {"message": message, "hint": hint})


class BitRange(NamedTuple):
    """The bits of a field, both ends included."""

    msb: int
    lsb: int


def _bits(value: Any) -> BitRange:
    if type(value) is int and value >= 0:
        return BitRange(value, value)
    match = _BITS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = f"got {value!r}, wanted bits"
        raise fault("bad-bits", message, 'Write one bit as 3, a range as "7:4".')
    msb, lsb = int(match[1]), int(match[2])
    if msb < lsb:
        message = f"bits {msb}:{lsb} are reversed"
        raise fault("bits-reversed", message, f'Write the high bit first: "{lsb}:{msb}".')
    return BitRange(msb, lsb)


def _size(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value)
    if match is None:
        hint = "Write an integer such as 0x1000, or a size such as 4KiB, 1MiB, 2GiB."
        raise fault("wrong-type", f"got text {value[:40]!r}, wanted a number of bytes", hint)
    return int(match[1].replace("_", "")) << SIZE_SHIFTS[match[2]]


def _text(value: str) -> str:
    if len(value) > MAX_TEXT:
        message = f"the text has {len(value)} characters, more than {MAX_TEXT}"
        raise fault("text-too-long", message, "Keep the summary here and the rest in a document.")
    # A set of all characters takes milliseconds to compile, and most maps need none.
    match = _CONTROL_ASCII.search(value) if value.isascii() else re.search(_CONTROL, value)
    if match is not None:
        message = f"control character U+{ord(match[0]):04X} at character {match.start() + 1}"
        raise fault("control-character", message, "Remove it.")
    return value


def _line(value: str) -> str:
    if len(value) > MAX_LINE:
        message = f"the text has {len(value)} characters, more than {MAX_LINE}"
        raise fault("text-too-long", message, "Shorten it; the description can say more.")
    if "\n" in value or "\t" in value:
        raise fault("control-character", "the text has a line break or a tab", "Write it on one line.")
    return _text(value)


def _ratio(value: Any) -> Fraction:
    """Return a number exactly as it is written: 0.1 is a tenth."""
    if (type(value) is int and abs(value) < NATURAL_LIMIT) or (type(value) is float and isfinite(value)):
        return Fraction(str(value))
    if isinstance(value, str) and re.fullmatch(RATIO, value):
        top, _, bottom = value.partition("/")
        if not bottom or Fraction(bottom.strip()):
            return Fraction(top.strip()) / Fraction(bottom.strip() or 1)
    message = f"got {str(value)[:40]!r}, wanted a number"
    raise fault("bad-number", message, "Write it like 0.25, -40, or as a ratio such as 3.3/4096.")


def _any_reset(value: Any) -> Any:
    return [_reset_word(item) for item in value] if isinstance(value, list) else _reset_word(value)


def _reset_word(value: Any) -> Any:
    if isinstance(value, (int, str)) or (isinstance(value, float) and isfinite(value)):
        return value
    message = f"got {value!r}, wanted a reset value"
    hint = "Give an integer, true or false, the name of an enum member, or what a fixed-point field reads."
    raise fault("wrong-type", message, hint)


def _reset_list(value: list[Any]) -> list[Any]:
    """Integers, in lists that lie in each other as the dimensions of an array do."""
    for item in value:
        if isinstance(item, list):
            _reset_list(item)
        elif type(item) is not int or item < 0:
            shown = item if type(item) is int else str(item).lower() if isinstance(item, bool) else repr(item)[:40]
            raise fault(
                "bad-reset", f"got {shown} in a list of resets", "Give an integer, 0 or more, for each element."
            )
    return value


def _afi_id(value: str) -> str:
    if re.fullmatch(AFI_ID, value) is None:
        hint = "An id is agfi- or afi- and 17 lower case hex digits."
        raise fault("bad-afi-id", f"{value[:80]!r} is no AFI id", hint)
    return value


def _no_flag(value: Any) -> Any:
    """For choices of numbers, where Python takes true for 1."""
    if isinstance(value, bool):
        raise PydanticKnownError("literal_error", {"expected": "a number"})
    return value


def _named(check: Callable[[str], names.Fault | None]) -> AfterValidator:
    def validate(value: str) -> str:
        found = check(value)
        if found is not None:
            raise fault(*found)
        return value

    return AfterValidator(validate)


Natural = Annotated[int, Field(ge=0, lt=NATURAL_LIMIT)]
Size = Annotated[Natural, BeforeValidator(_size)]
Bits = Annotated[BitRange, PlainValidator(_bits)]
Text = Annotated[str, AfterValidator(_text)]
Title = Annotated[str, AfterValidator(_line)]
"""The hardware's own name where that is no identifier."""
Unit = Annotated[str, AfterValidator(_line)]
Ratio = Annotated[Fraction, PlainValidator(_ratio)]
ResetWord = Annotated[int | float | str, PlainValidator(_reset_word)]
AnyReset = Annotated[int | float | str | list[int | float | str], PlainValidator(_any_reset)]
"""With a list for the elements of an array."""
ResetList = Annotated[list[Any], PlainValidator(_reset_list)]
"""Of the elements of an array of registers."""
AfiId = Annotated[str, AfterValidator(_afi_id)]
NoFlag = BeforeValidator(_no_flag)
Name = Annotated[str, _named(names.snake_fault)]
"""Of a device, type, block, register, memory or field."""
FieldAttribute = Annotated[str, _named(partial(names.attribute_fault, kind="field"))]
ChildAttribute = Annotated[str, _named(partial(names.attribute_fault, kind="child"))]
Module = Annotated[str, _named(names.module_fault)]
EnumName = Annotated[str, _named(names.enum_fault)]
MemberName = Annotated[str, _named(names.member_fault)]
ConstantName = Annotated[str, _named(names.constant_fault)]
