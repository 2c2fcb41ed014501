"""A field as templates see it and the JSON output holds it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from codegen.model.properties import properties_of
from codegen.model.types import FieldType
from codegen.quick_tuples import quick
from codegen.schema.policies import POLICIES
from codegen.views.hardware.hardware_text import hardware_text
from codegen.views.numbers import reset_text
from codegen.views.sharing.made_once import MadeOnce
from codegen.views.sharing.sentences import alternate_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from codegen.model.blocks.numbering import Axis
    from codegen.model.hardware.hardware_types import Hardware
    from codegen.model.registers.rule_types import When
    from codegen.model.types import Number
    from codegen.schema.vocabulary import Idle

__all__ = ["FieldModel", "FieldModels", "field_model"]


class FieldModel(NamedTuple):
    """A field; `mask` and `msb`, `lsb` count in the whole register, `reset` is the field's bits.

    `access`: the name of its policy, or its words; they are `read`, `write` and `once` too.
    `plan`: how it is written alone: write, modify (read first), refused (why: `refusal`), none. `overwrites`: volatile
    neighbours that such a write reads and writes back. `enum`: its enum, `write_enum`: the one that it is written as,
    where that is another. Of a number, value = step * scale + offset in `unit`, and `low` to `high` may be written.
    With an `array`, `msb`, `lsb` and `width` are those of the first element, `mask`, `reset` and `unknown` those of
    all; `resets` has each one's. `title`: the hardware's name, if it is no word. `idle`: 0, 1 or last, what it is given
    when a neighbour is written, where the map has a say in that; `writeback`: whether it may be read and written back
    then. `hardware`: what the map says of the hardware's side, or none.
    """

    name: str
    msb: int
    lsb: int
    width: int
    mask: int
    access: str
    read: str
    write: str
    once: bool
    readable: bool
    writable: bool
    reset: int
    unknown: int
    kind: str
    enum: str | None
    signed: bool
    fraction_bits: int
    volatile: bool
    writeback: bool
    pulse: bool
    idle: Idle | None
    write_enum: str | None
    unit: str
    scale: float
    offset: float
    low: float | None
    high: float | None
    plan: str
    refusal: str
    overwrites: tuple[str, ...]
    array: Axis | None
    resets: tuple[int, ...]
    alternate: str | None
    when: When | None
    alias: str | None
    hardware: Hardware | None
    python_name: str
    title: str
    properties: dict[str, Any]
    description: str

    @property
    def shown_name(self) -> str:
        """Its name, of an array with what stands in brackets: irq[0..31], level[rx, tx]."""
        if self.array is None:
            return self.name
        labels = self.array.labels
        return f"{self.name}[{', '.join(labels) if self.array.index else f'{labels[0]}..{labels[-1]}'}]"

    @property
    def shown_bits(self) -> str:
        """Its bits: 8, 7:4, of an array those of its ends: 1:0, 5:4 .. 29:28."""
        if self.array is None:
            return self._bits(0)
        found = [self._bits(at) for at in self._distances]
        if self.array.stride == self.width:
            return f"{self.lsb + self.array.count * self.width - 1}:{self.lsb}"
        return f"{', '.join(found[:2])} .. {found[-1]}" if found[2:] else ", ".join(found)

    @property
    def elements(self) -> tuple[FieldModel, ...]:
        """The fields of an array, each under its own name; of what is no array itself."""
        if self.array is None:
            return (self,)
        every = (1 << self.width) - 1
        return tuple(
            self._replace(
                name=f"{self.name}[{label}]",
                lsb=self.lsb + at,
                msb=self.msb + at,
                array=None,
                reset=reset,
                unknown=self.unknown >> at & every,
            )
            for label, at, reset in zip(self.array.labels, self._distances, self.resets, strict=True)
        )

    @property
    def _distances(self) -> range:
        return range(1) if self.array is None else range(0, self.array.count * self.array.stride, self.array.stride)

    def _bits(self, at: int) -> str:
        return f"{self.msb + at}:{self.lsb + at}" if self.width > 1 else str(self.lsb + at)

    @property
    def range(self) -> str:
        """What may be written of what fits."""
        return "" if self.low is None else f"{self.low:g} to {self.high:g}"

    @property
    def meaning(self) -> str:
        """What its bits mean, in words."""
        return self._meaning(self.range)

    @property
    def coding(self) -> str:
        """The same without what may be written."""
        return self._meaning("")

    def _meaning(self, written: str) -> str:
        if self.enum:
            return f"enum {self.enum}" + (f", written as {self.write_enum}" if self.write_enum else "")
        words = [self.kind]
        if self.kind == "fixed":
            words += ["signed" if self.signed else "unsigned", f"{self.fraction_bits} fraction bits"]
        if (self.scale, self.offset) != (1, 0):
            words.append(f"times {self.scale:g}" + (f" plus {self.offset:g}" if self.offset else ""))
        return ", ".join([*words, *filter(None, (written, self.unit))])

    @property
    def shown_reset(self) -> str:
        """Its reset, with x for what nobody knows; of an array those of its elements where they differ."""
        if self.array is None:
            return reset_text(self.reset, self.unknown)
        texts = [reset_text(element.reset, element.unknown) for element in self.elements]
        return ", ".join(texts if len(set(texts)) > 1 else texts[:1])

    @property
    def shown_access(self) -> str:
        """The policy, and what else the map says of how it is accessed."""
        words = [self.access]
        if self.volatile:
            words.append("volatile")
        if self.pulse:
            words.append("pulse")
        if not self.writeback:
            words.append("writeback: false")
        if self.idle is not None and not (self.pulse and self.idle == 0):
            words.append(f"idle: {self.idle}")
        return ", ".join(words)

    @property
    def note(self) -> str:
        """What who uses it has to know: why it has no setter, what a write may lose, what else its bits are."""
        texts = [self.refusal, alternate_text(self.alternate, self.when)]
        if self.overwrites:
            names = ", ".join(self.overwrites)
            texts.append(f"A write loses what hardware does to {names} between its read and its write.")
        if self.alias is not None:
            texts.append(f"Acts on {self.alias}.")
        texts.append(hardware_text(self.hardware))
        return " ".join(filter(None, texts))


class FieldModels:
    """The models of fields, each made once; those that differ in reset and description are made of one another."""

    def __init__(self) -> None:
        self._made = MadeOnce(self._model)
        self._alike: dict[tuple[object, ...], FieldModel] = {}

    def of_all(self, fields: Iterable[FieldType]) -> tuple[FieldModel, ...]:
        """Return the models of a register's fields."""
        return tuple(self._made.of_all(fields))

    def _model(self, field: FieldType) -> FieldModel:
        if field.array is not None:
            return field_model(field)
        key = (*field[:_RESET], *field[_RESET + 1 : _DESCRIPTION], *field[_DESCRIPTION + 1 :])
        like = self._alike.get(key)
        if like is None:
            like = self._alike[key] = field_model(field)
            return like
        values: list[Any] = list(like)
        reset = values[_OWN_RESET] = field.reset
        values[_OWN_RESETS], values[_OWN_DESCRIPTION] = (reset,), field.description
        return _field_model(values)


_field_model = quick(FieldModel)
_RESET, _DESCRIPTION = map(FieldType._fields.index, ("reset", "description"))
_OWN_RESET, _OWN_RESETS, _OWN_DESCRIPTION = map(FieldModel._fields.index, ("reset", "resets", "description"))


def field_model(field: FieldType) -> FieldModel:
    """Return the model of a field. A large map has tens of thousands, so all is given in FieldModel's order."""
    number = _PLAIN if field.number is None else _number(field.number)
    fixed = field.fixed
    is_single = field.array is None
    name, lsb, width, access, reset, kind = field[:6]
    return FieldModel(
        name,
        lsb + width - 1,
        lsb,
        width,
        ((1 << width) - 1) << lsb if is_single else field.mask,
        access,
        *_policy(access),
        reset,
        field.unknown,
        kind,
        field.enum.name if field.enum else None,
        kind == "signed" or (fixed is not None and fixed.signed),
        fixed.fraction_bits if fixed else 0,
        field.volatile,
        field.writeback,
        field.pulse,
        field.idle,
        field.write_enum.name if field.write_enum else None,
        *number,
        field.plan,
        field.refusal,
        field.overwrites,
        field.array,
        (reset,) if is_single else field.element_resets,
        field.alternate,
        field.when,
        field.alias,
        field.hardware,
        field.python_name,
        field.title,
        properties_of(field.properties) if field.properties else {},
        field.description,
    )


@cache
def _policy(access: str) -> tuple[str, str, bool, bool, bool]:
    policy = POLICIES[access]
    return policy.read, policy.write, policy.once, policy.readable, policy.writable


_Number = tuple[str, float, float, "float | None", "float | None"]
_PLAIN: _Number = ("", 1, 0, None, None)


def _number(number: Number) -> _Number:
    """Return a number's unit, scale, offset, low and high as JSON has them: whole ones as integers."""
    scale, offset, low, high = map(_json_number, (number.scale, number.offset, number.low, number.high))
    return number.unit, cast("float", scale), cast("float", offset), low, high


def _json_number(value: Fraction | None) -> float | None:
    if value is None:
        return None
    if value.denominator == 1:
        return value.numerator
    nearest = float(value)
    return int(nearest) if nearest.is_integer() else nearest
