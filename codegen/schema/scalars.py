"""The value types of the map format, as annotations for pydantic: the rules of `direct.scalar_rules`, and its own.

What a rule refuses is raised as PydanticCustomError, with the rule as its type and the hint in its context.
"""

from __future__ import annotations

from fractions import Fraction
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError, PydanticKnownError

from codegen.schema.direct import scalar_rules
from codegen.schema.direct.scalar_rules import NATURAL_LIMIT, BitRange, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "AfiId",
    "AnyReset",
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
    "worded",
]


def worded(rule: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a rule as pydantic takes it: what it refuses goes through pydantic with message and hint."""

    @wraps(rule)
    def check(value: Any) -> Any:
        try:
            return rule(value)
        except RefusedError as refused:
            context = {"message": refused.message, "hint": refused.hint}
            raise PydanticCustomError(refused.rule, "{message}", context) from None

    return check


def _no_flag(value: Any) -> Any:
    """For choices of numbers, where Python takes true for 1."""
    if isinstance(value, bool):
        raise PydanticKnownError("literal_error", {"expected": "a number"})
    return value


Natural = Annotated[int, Field(ge=0, lt=NATURAL_LIMIT)]
Size = Annotated[Natural, BeforeValidator(worded(scalar_rules.size))]
Bits = Annotated[BitRange, PlainValidator(worded(scalar_rules.bits))]
Text = Annotated[str, AfterValidator(worded(scalar_rules.text))]
Title = Annotated[str, AfterValidator(worded(scalar_rules.line))]
"""The hardware's own name where that is no identifier."""
Unit = Annotated[str, AfterValidator(worded(scalar_rules.line))]
Ratio = Annotated[Fraction, PlainValidator(worded(scalar_rules.ratio))]
ResetWord = Annotated[int | float | str, PlainValidator(worded(scalar_rules.reset_word))]
AnyReset = Annotated[int | float | str | list[int | float | str], PlainValidator(worded(scalar_rules.any_reset))]
"""With a list for the elements of an array."""
ResetList = Annotated[list[Any], PlainValidator(worded(scalar_rules.reset_list))]
"""Of the elements of an array of registers."""
AfiId = Annotated[str, AfterValidator(worded(scalar_rules.afi_id))]
NoFlag = BeforeValidator(_no_flag)
Name = Annotated[str, AfterValidator(worded(scalar_rules.snake_name))]
"""Of a device, type, block, register, memory or field."""
FieldAttribute = Annotated[str, AfterValidator(worded(scalar_rules.field_attribute))]
ChildAttribute = Annotated[str, AfterValidator(worded(scalar_rules.child_attribute))]
Module = Annotated[str, AfterValidator(worded(scalar_rules.module_name))]
EnumName = Annotated[str, AfterValidator(worded(scalar_rules.enum_name))]
MemberName = Annotated[str, AfterValidator(worded(scalar_rules.member_name))]
ConstantName = Annotated[str, AfterValidator(worded(scalar_rules.constant_name))]
