"""What a field's bits mean: its enums, its format, and the scale, offset, unit and range of a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.types import EnumType, FixedPoint, Kind, Number
from codegen.model.values.codings import NUMBERS, coding_of, line_of, steps
from codegen.schema.guesses import closest
from codegen.schema.vocabulary import EXACT_BITS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from codegen.schema.entries import FieldEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["PLAIN", "Formats", "Meaning", "number_text"]

_OF_NUMBERS = ("unit", "scale", "offset", "range")
_SIGN_BITS = 2


class Meaning(NamedTuple):
    """What a field's bits mean; see FieldType."""

    kind: Kind = "unsigned"
    enum: EnumType | None = None
    write_enum: EnumType | None = None
    fixed: FixedPoint | None = None
    number: Number | None = None


PLAIN = Meaning()


def is_real(meaning: Meaning) -> bool:
    """Return whether the values are real numbers that are scaled integers."""
    if meaning.fixed is not None or meaning.number is None:
        return meaning.fixed is not None
    scale, offset = line_of(None, meaning.number)
    return meaning.kind != "float" and not scale.denominator == offset.denominator == 1


class Formats:
    """Resolves what fields say of their bits."""

    def __init__(self, enums: Mapping[str, EnumType], findings: Findings) -> None:
        self._enums = enums
        self._findings = findings

    def meaning(self, field: FieldEntry, width: int, source: Source, path: Path) -> Meaning:
        """Return what the bits of a field at a path mean."""
        if field.enum is not None and field.format is not None:
            message, hint = "the field has an enum and a format", "Remove one of the two."
            self._findings.add(source, (*path, "format"), "enum-and-format", message, hint, at_key=True)
        meaning = self._of_enum(field, width, source, path) if field.enum is not None else None
        if meaning is None:
            meaning = self._of_format(field, width, source, path)
        meaning = meaning._replace(number=self._number(field, meaning, width, source, path))
        if width > EXACT_BITS_MAX and is_real(meaning):
            message = f"a real number of {width} bits is no float without rounding; it has at most {EXACT_BITS_MAX}"
            hint = "Use an integer, and let programs scale it exactly."
            self._findings.add(source, (*path, "bits"), "real-too-wide", message, hint)
        return meaning

    def _of_enum(self, field: FieldEntry, width: int, source: Source, path: Path) -> Meaning:
        where: Path = (*path, "enum")
        if field.enum is None or isinstance(field.enum, str):
            read = write = self._enum(str(field.enum), width, source, where)
        else:
            read = self._enum(field.enum.read, width, source, (*where, "read"))
            write = self._enum(field.enum.write, width, source, (*where, "write"))
        if read is None or write is None:
            return PLAIN
        return Meaning("enum", read, None if write is read else write)

    def _enum(self, name: str, width: int, source: Source, path: Path) -> EnumType | None:
        enum = self._enums.get(name)
        if enum is None:
            if not self._findings.refused(("enums", name)):
                hint = closest(name, self._enums, "enums", self._findings)
                self._findings.add(source, path, "unknown-enum", f"unknown enum {name!r}", hint)
            return None
        widest = max(enum.members, key=lambda member: member.value, default=None)
        if widest is not None and widest.value >> width:
            message = f"{name}.{widest.map_name} = {widest.value:#x} does not fit in {width} bits"
            self._findings.add(source, path, "enum-too-wide", message, "Widen the field or choose another enum.")
        return enum

    def _of_format(self, field: FieldEntry, width: int, source: Source, path: Path) -> Meaning:
        form = field.format or "unsigned"
        if not isinstance(form, str):
            return Meaning("fixed", fixed=FixedPoint(form.fixed.signed, form.fixed.fraction_bits))
        where: Path = (*path, "bits")
        if form == "bool" and width != 1:
            message, hint = f"a bool has one bit, this field has {width}", "Use unsigned or an enum, or one bit."
            self._findings.add(source, where, "bool-too-wide", message, hint)
        elif form == "sign_magnitude" and width < _SIGN_BITS:
            message, hint = f"a sign and a magnitude take {_SIGN_BITS} bits at least", "Use unsigned or bool."
            self._findings.add(source, where, "no-magnitude", message, hint)
        elif form.startswith("float"):
            if form != f"float{width}":
                hint = "Give it as many bits, or use another format."
                self._findings.add(source, where, "float-width", f"{form} does not have {width} bits", hint)
                return PLAIN
            return Meaning("float")
        kinds: dict[str, Kind] = {
            "unsigned": "unsigned",
            "signed": "signed",
            "sign_magnitude": "sign_magnitude",
            "gray": "gray",
            "bcd": "bcd",
            "one_hot": "one_hot",
            "bool": "bool",
        }
        return Meaning(kinds[form])

    def _number(self, field: FieldEntry, meaning: Meaning, width: int, source: Source, path: Path) -> Number | None:
        said = [key for key in _OF_NUMBERS if getattr(field, key) not in (None, "")]
        if not said:
            return None
        kind = meaning.kind
        if kind in ("enum", "bool") or (kind == "float" and {"scale", "offset"} & {*said}):
            what = {"enum": "an enum's value is no number", "bool": "a bool is no number"}
            message = what.get(kind, "a float has its own scale")
            key = said[0] if kind != "float" else next(key for key in said if key in ("scale", "offset"))
            self._findings.add(source, (*path, key), "bad-number", message, f"Remove {key}.", at_key=True)
            return None
        if field.scale == 0:
            self._findings.add(source, (*path, "scale"), "bad-number", "all values would be the same", "Give a scale.")
            return None
        from fractions import Fraction  # noqa: PLC0415  (few fields say a number)

        low, high = field.range or (None, None)
        number = Number(
            Fraction(1) if field.scale is None else field.scale, field.offset or Fraction(0), field.unit, low, high
        )
        if low is not None and high is not None:
            self._check_range(meaning._replace(number=number), low, high, width, source, (*path, "range"))
        return number

    def _check_range(
        self, meaning: Meaning, low: Fraction, high: Fraction, width: int, source: Source, path: Path
    ) -> None:
        if low > high:
            message = f"{number_text(low)} is above {number_text(high)}"
            self._findings.add(source, path, "bad-range", message, "Write the lower end first.")
            return
        if meaning.kind not in NUMBERS:
            if any(abs(end) > _largest_float(width) for end in (low, high)):
                message = f"no float of {width} bits is that large"
                self._findings.add(source, path, "bad-range", message, "Give ends that the field can hold.")
            return
        scale, offset = line_of(meaning.fixed, meaning.number)
        first, last = steps(coding_of(meaning.kind, meaning.fixed), width)
        for index, end in enumerate((low, high)):
            step = (end - offset) / scale
            if first <= step <= last and step.denominator == 1:
                continue
            if step.denominator != 1:
                message = f"{number_text(end)} is no value of the field: its steps are {number_text(abs(scale))}"
            else:
                ends = sorted((first * scale + offset, last * scale + offset))
                message = (
                    f"{number_text(end)} is outside of what the field holds, {' to '.join(map(number_text, ends))}"
                )
            hint = "Give ends that the field can hold."
            self._findings.add(source, (*path, index), "bad-range", message, hint)


def _largest_float(width: int) -> Fraction:
    digits, top = {16: (11, 15), 32: (24, 127), 64: (53, 1023)}[width]
    from fractions import Fraction  # noqa: PLC0415

    return (2 - Fraction(1, 1 << digits - 1)) * Fraction(2) ** top


def number_text(value: Fraction) -> str:
    """Return a number as 0.125 or, where that has many digits, as 33/40960; both are exact."""
    if value.denominator == 1:
        return str(value.numerator)
    for digits in range(1, 16):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            whole, fraction = divmod(abs(scaled.numerator), 10**digits)
            return f"{'-' if value < 0 else ''}{whole}.{fraction:0{digits}d}"
    return f"{value.numerator}/{value.denominator}"
