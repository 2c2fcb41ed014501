"""What fields hold after a reset: numbers, members of enums, and real numbers, as bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.registers.entry_facts import reset_bits, unknown_bits
from codegen.model.values.codings import NUMBERS, bits_of_step, coding_of, float_bits, line_of, steps
from codegen.model.values.formats import number_text
from codegen.schema.guesses import closest

if TYPE_CHECKING:
    from codegen.model.values.formats import Meaning
    from codegen.schema.entries import FieldEntry, RegisterContent
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["Resets", "shown_number"]

MAX_SHOWN_BITS = 256


class Resets:
    """Works out reset values, and words what is wrong with them."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def check_register(self, entry: RegisterContent, source: Source, path: Path) -> None:
        """Check that a register's own reset fits."""
        reset = entry.reset
        if isinstance(reset, list):  # those of arrays are taken apart before
            message, hint = "got a list, wanted a reset value", "A list is for arrays: a value for each element."
            self._findings.add(source, (*path, "reset"), "wrong-type", message, hint)
        given: dict[str, object] = {"": reset}
        if reset is not None and not isinstance(reset, (int, str, list)):
            given = {"value": reset.value, "mask": reset.mask}
        for key, value in given.items():
            if isinstance(value, int) and not 0 <= value < 1 << entry.width:
                self._too_large(value, entry.width, source, (*path, "reset", key) if key else (*path, "reset"))

    def _too_large(self, value: int, width: int, source: Source, path: Path) -> None:
        limit = (1 << width) - 1
        message = f"reset {shown_number(value)} does not fit in {width} bits, allowed: 0 to {shown_number(limit)}"
        self._findings.add(source, path, "reset-too-large", message, "Give a smaller reset value.")

    def of_field(
        self, field: FieldEntry, meaning: Meaning, unsaid: int, entry: RegisterContent, source: Source, path: Path
    ) -> tuple[int, int]:
        """Return the bits of a field's reset, `unsaid` where the map says none, and those that are unknown.

        `path` is the field's.
        """
        msb, lsb = field.bits
        width = msb - lsb + 1
        every = (1 << width) - 1
        inherited, unknown = None, 0
        if entry.reset is not None:
            own, unknown = reset_bits(entry), unknown_bits(entry) >> lsb & every
            inherited = None if own is None else own >> lsb & every
        if field.reset is None:
            return (unsaid if inherited is None else inherited), unknown
        if field.reset == "unknown" and not _is_member("unknown", meaning):
            if inherited is not None and unknown != every:
                self._conflict("unknown", inherited, source, (*path, "reset"))
            return 0, every
        return self._known(field, meaning, inherited, every & ~unknown, source, (*path, "reset")), 0

    def _known(
        self, field: FieldEntry, meaning: Meaning, inherited: int | None, compared: int, source: Source, path: Path
    ) -> int:
        """Return the bits of a field's own reset; in the bits `compared`, those of the register have to be the same."""
        width = field.bits.msb - field.bits.lsb + 1
        value = self._number(field, meaning, width, source, path)
        is_signed = meaning.kind == "signed" or bool(meaning.fixed and meaning.fixed.signed)
        if not (-(1 << width - 1) if is_signed else 0) <= value < 1 << width:
            self._too_large(value, width, source, path)
            return 0
        raw = value & (1 << width) - 1
        if inherited is not None and (inherited ^ raw) & compared:
            self._conflict(shown_number(raw), inherited, source, path)
        return raw

    def _conflict(self, own: str, inherited: int, source: Source, path: Path) -> None:
        message = f"reset {own}, but the register's reset has {shown_number(inherited)} here"
        self._findings.add(source, path, "reset-conflict", message, "Give the reset once, or make the two agree.")

    def _number(self, field: FieldEntry, meaning: Meaning, width: int, source: Source, path: Path) -> int:
        reset = field.reset
        assert not isinstance(reset, list), "an array's list is taken apart before"
        if meaning.enum is not None and isinstance(reset, (str, bool)):
            return self._member(reset, meaning, source, path)
        # With an unknown enum, a word may be right: the enum has been reported.
        if isinstance(reset, str) and field.enum is not None:
            return 0
        if isinstance(reset, float):
            return self._real(reset, meaning, width, source, path)
        if isinstance(reset, str) or (isinstance(reset, bool) and meaning.kind != "bool"):
            shown = str(reset).lower() if isinstance(reset, bool) else repr(reset[:40])
            message = f"got {shown}, wanted an integer"
            hint = "true and false are for format bool, names for fields with an enum."
            self._findings.add(source, path, "wrong-type", message, hint)
            return 0
        return int(reset or 0)

    def _member(self, reset: str | bool, meaning: Meaning, source: Source, path: Path) -> int:
        word = str(reset).lower() if isinstance(reset, bool) else reset
        enums = [enum for enum in (meaning.enum, meaning.write_enum) if enum is not None]
        for enum in enums:
            for member in enum.members:
                if member.map_name == word:
                    return member.value
        known = [member.map_name for enum in enums for member in enum.members]
        hint = closest(word, known, "members", self._findings)
        names = " and ".join(enum.name for enum in enums)
        what = "enum" if len(enums) == 1 else "enums"
        has = "has" if len(enums) == 1 else "have"
        self._findings.add(source, path, "unknown-member", f"{what} {names} {has} no member {word!r}", hint)
        return 0

    def _real(self, reset: float, meaning: Meaning, width: int, source: Source, path: Path) -> int:
        """Return the bits of the nearest value, as a driver would write it."""
        number = meaning.number
        is_whole = meaning.fixed is None and (number is None or number.is_whole)
        if meaning.kind == "float":
            bits = float_bits(reset, width)
            if bits is not None:
                return bits
            ends = "what it can hold"
        elif meaning.kind not in NUMBERS or is_whole:
            message = f"got {reset}, wanted an integer"
            hint = "Numbers with a point are for fields that read as such: fixed, float, or with a scale."
            self._findings.add(source, path, "wrong-type", message, hint)
            return 0
        else:
            from fractions import Fraction  # noqa: PLC0415

            scale, offset = line_of(meaning.fixed, number)
            coding = coding_of(meaning.kind, meaning.fixed)
            low, high = steps(coding, width)
            step = round((Fraction(str(reset)) - offset) / scale)
            if low <= step <= high:
                return bits_of_step(coding, step, width)
            ends = " to ".join(map(number_text, sorted((low * scale + offset, high * scale + offset))))
        message = f"reset {reset} is outside of {ends}"
        self._findings.add(source, path, "reset-too-large", message, "Give a reset that the field can hold.")
        return 0


def _is_member(word: str, meaning: Meaning) -> bool:
    enums = (meaning.enum, meaning.write_enum)
    return any(member.map_name == word for enum in enums if enum is not None for member in enum.members)


def shown_number(value: int) -> str:
    """Return a number as errors show it."""
    if value.bit_length() > MAX_SHOWN_BITS:
        return f"a number of {value.bit_length()} bits"
    return f"-{-value:#x}" if value < 0 else f"{value:#x}"
