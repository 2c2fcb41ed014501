"""What a field may be waited for beside one value: at least this, one of these, and their like."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.errors import FieldTypeError, FieldValueError
from hal.kinds import SIGNED, UNSIGNED, awaited_kind
from hal.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.access.fields import FieldDeclaration

__all__ = ["Comparison", "at_least", "at_most", "between", "less_than", "more_than", "none_of", "one_of"]


class Span(NamedTuple):
    """Bits of a field from `low` to `high`, compared as they are after `flip`; or with `negated` all others."""

    low: int
    high: int
    flip: int = 0
    negated: bool = False


class Comparison:
    """What a field's value has to be like. Made by `hal.at_least(8)` and its like, and given to waits as a value."""

    __slots__ = ("_name", "_operands", "_test")

    def __init__(self, name: str, test: Callable[..., bool], operands: tuple[Any, ...]) -> None:
        self._name, self._test, self._operands = name, test, operands

    def holds(self, value: Any) -> bool:
        """Whether a field's value is so. What can't be compared, such as a number that is none, is not."""
        try:
            return bool(self._test(value, *self._operands))
        except TypeError:
            return False

    def check(self, field: FieldDeclaration) -> None:
        """FieldValueError, FieldTypeError: it is compared with what the field can't be."""
        kind = awaited_kind(field.kind)
        for operand in self._operands:
            kind.encode(operand, field.width)
        if self._name == "between" and self._operands[0] > self._operands[1]:
            raise FieldValueError(f"nothing is {self!r}: give the lower one first")

    def span(self, field: FieldDeclaration) -> Span | None:
        """The same as bits of the field, where those are in the order of its values; else None."""
        kind, top = awaited_kind(field.kind), (1 << field.width) - 1
        if kind not in {UNSIGNED, SIGNED}:
            return None
        flip = 1 << (field.width - 1) if kind is SIGNED else 0
        ends = [kind.encode(operand, field.width) ^ flip for operand in self._operands]
        if self._name == "between":
            return Span(ends[0], ends[1], flip)
        if len(ends) != 1:
            return None
        end = ends[0]
        return {
            "at_least": Span(end, top, flip),
            "at_most": Span(0, end, flip),
            "more_than": Span(0, end, flip, negated=True),
            "less_than": Span(end, top, flip, negated=True),
            "one_of": Span(end, end, flip),
            "none_of": Span(end, end, flip, negated=True),
        }[self._name]

    def __repr__(self) -> str:
        return f"hal.{self._name}({', '.join(map(shown, self._operands))})"

    def __bool__(self) -> bool:
        raise FieldTypeError(f"{self!r} is true of a field's value, and neither true nor false by itself")


def at_least(value: Any) -> Comparison:
    """The value or more: `reg.wait_for(level=hal.at_least(8))`."""
    return Comparison("at_least", operator.ge, (value,))


def at_most(value: Any) -> Comparison:
    """The value or less."""
    return Comparison("at_most", operator.le, (value,))


def more_than(value: Any) -> Comparison:
    """Greater than the value."""
    return Comparison("more_than", operator.gt, (value,))


def less_than(value: Any) -> Comparison:
    """Less than the value."""
    return Comparison("less_than", operator.lt, (value,))


def between(low: Any, high: Any) -> Comparison:
    """From `low` to `high`, both included."""
    return Comparison("between", _between, (low, high))


def one_of(*values: Any) -> Comparison:
    """Any of the values."""
    return Comparison("one_of", _one_of, _some(values, "one_of"))


def none_of(*values: Any) -> Comparison:
    """Any other value than these: `reg.wait_for(state=hal.none_of(State.BUSY))`."""
    return Comparison("none_of", _none_of, _some(values, "none_of"))


def _some(values: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    if not values:
        raise FieldTypeError(f"hal.{name} takes one or more values")
    return values


def _between(value: Any, low: Any, high: Any) -> bool:
    return bool(low <= value <= high)


def _one_of(value: Any, *values: Any) -> bool:
    return value in values


def _none_of(value: Any, *values: Any) -> bool:
    return value not in values
