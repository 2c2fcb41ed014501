"""Registers in words, for languages that have none as wide as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.views.field_model import FieldModel
    from codegen.views.reference import RegisterModel

__all__ = ["BusWord", "in_words"]


class BusWord(NamedTuple):
    """A word: its number from the lowest one on, its bytes from the register's start, and what of fields is in it."""

    number: int
    offset: int
    width: int
    fields: tuple[FieldModel, ...]

    @property
    def name(self) -> str:
        """What it is called as a register of its own: word0 is the lowest."""
        return f"word{self.number}"


def in_words(register: RegisterModel, width: int) -> tuple[BusWord, ...]:
    """Return a register in words of so many bits. A field in several of them is a part in each, of plain bits."""
    count = register.width // width
    words = range(count)
    places = reversed(words) if register.endian == "big" else words
    return tuple(
        BusWord(word, place * width // 8, width, tuple(_parts(register, word * width, width)))
        for word, place in zip(words, places, strict=True)
    )


def _parts(register: RegisterModel, low: int, width: int) -> Iterator[FieldModel]:
    for field in register.fields:
        for element in field.elements:
            first, last = max(element.lsb, low), min(element.msb, low + width - 1)
            if first > last:
                continue
            bits, skipped = last - first + 1, first - element.lsb
            ones = (1 << bits) - 1
            part = element._replace(lsb=first - low, msb=last - low, mask=ones << first - low)
            if bits < element.width:
                reset, unknown = element.reset >> skipped & ones, element.unknown >> skipped & ones
                part = part._replace(
                    width=bits,
                    reset=reset,
                    unknown=unknown,
                    kind="unsigned",
                    enum=None,
                    write_enum=None,
                    signed=False,
                )
            yield part
