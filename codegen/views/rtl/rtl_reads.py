"""What a read of each address gives, and whether software may read and write there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.views.rtl.rtl_register import address
from codegen.views.rtl.rtl_windows import inside
from codegen.views.rtl.writing.rtl_text import Bits, Line, concatenation, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codegen.views.rtl.rtl_cells import Place
    from codegen.views.rtl.rtl_places import Window
    from codegen.views.rtl.rtl_register import Bus, RegisterLogic
    from codegen.views.rtl.rtl_windows import RangeView

__all__ = ["Constant", "Page", "ReadPath", "Words", "read_path"]

_LINE = 112
_PAGE = 64
_WINDOW_BITS = 32
_ACCESS = {(True, True): "RW", (True, False): "RO", (False, True): "WO", (False, False): "NONE"}


class Page(NamedTuple):
    """Words, as items of one case, and the signals that they give."""

    word: str
    may: str
    lines: tuple[Line, ...]


class Words(NamedTuple):
    """The words of an array's elements: so many rounds of i."""

    number: int
    address: str
    value: str
    access: str


class Constant(NamedTuple):
    """A range that reads as a constant."""

    condition: str
    value: str


class _Word(NamedTuple):
    """What is known of a word: its parts by what has to be so for them, what software may do there, and signals."""

    pieces: dict[str, list[Bits]]
    may: set[bool]
    names: list[str]


_Item = tuple[str, list[tuple[str, str]], str, str]


class ReadPath(NamedTuple):
    """All of them; constants are what reads give where nothing else is.

    `pages`: words in so many blocks that none is much to a simulator.
    """

    accesses: frozenset[str]
    constants: tuple[Constant, ...]
    pages: tuple[Page, ...]
    arrays: tuple[Words, ...]


def read_path(
    windows: Iterable[Window],
    memories: Iterable[RangeView],
    places: Sequence[Place],
    logic: RegisterLogic,
    bus: Bus,
) -> ReadPath:
    """Return the read path of a module. `windows`: those that read as constants."""
    found: dict[int, _Word] = {}
    arrays: list[Words] = []
    for place in places:
        for beat, at in enumerate(place.beats):
            access = _ACCESS[place.is_readable, place.is_writable]
            if place.index:
                text = address(bus, place.group.dimensions, at, looped=True)
                value = f"{logic.word_name(place, beat)}[i]" if place.is_readable else ""
                arrays.append(Words(place.number, text, value, access))
                continue
            word = found.setdefault(at, _Word({}, set(), []))
            word.pieces.setdefault(" && ".join(place.presence), []).extend(logic.pieces(place, beat))
            word.may.update(({True} if place.is_readable else set()) | ({False} if place.is_writable else set()))
            word.names.append(place.signal)
    words = [
        (
            literal(bus.address, at),
            [(condition, concatenation(bus.data, pieces)) for condition, pieces in word.pieces.items()],
            _access(word.may),
            ", ".join(dict.fromkeys(word.names)),
        )
        for at, word in sorted(found.items())
    ]
    pages = tuple(
        _page("" if len(words) <= _PAGE else str(start // _PAGE), words[start : start + _PAGE])
        for start in range(0, max(1, len(words)), _PAGE)
    )
    constants = _constants(windows, bus)
    used = {_access(word.may) for word in found.values()} | {array.access for array in arrays}
    used |= {_ACCESS[one.can_read, one.can_write] for one in memories} | ({"RW"} if constants else set())
    return ReadPath(frozenset(used), tuple(constants), pages, tuple(arrays))


def _access(may: set[bool]) -> str:
    return _ACCESS[True in may, False in may]


def _page(number: str, words: Sequence[_Item]) -> Page:
    word, may = (f"rd_page{number}", f"may_page{number}") if number else ("rd_word", "may")
    return Page(word, may, tuple(line for item in words for line in _item(*item, word, may)))


def _item(at: str, values: list[tuple[str, str]], access: str, comment: str, word: str, may: str) -> list[Line]:
    """Return an item, in one line where it has room there. `values`: each with what has to be so for it."""
    condition, value = values[0]
    one = f"{at}: begin {word} = {value}; {may} = {access}; end  // {comment}"
    if len(values) == 1 and not condition and len(one) <= _LINE:
        return [Line(0, one)]
    said = [line for condition, value in values for line in _given(word, condition, value)]
    return [Line(0, f"{at}: begin  // {comment}"), *said, Line(1, f"{may} = {access};"), Line(0, "end")]


def _given(word: str, condition: str, value: str) -> list[Line]:
    head = f"if ({condition}) " if condition else ""
    said = f"{head}{word} = {value};"
    if len(said) <= _LINE:
        return [Line(1, said)]
    parts = value.removeprefix("{").removesuffix("}").split(", ")
    inner = [Line(2, f"{part}{',' if part is not parts[-1] else ''}") for part in parts]
    return [Line(1, f"{head}{word} = {{"), *inner, Line(1, "};")]


def _constants(windows: Iterable[Window], bus: Bus) -> list[Constant]:
    found = []
    for window in windows:
        value = literal(_WINDOW_BITS, window.value)
        text = value if bus.data == _WINDOW_BITS else f"{{{value}, {value}}}"
        size = min(window.size, (1 << bus.address) - window.offset)
        found += [Constant(inside(bus, offset, size), text) for offset in window.offsets]
    return found
