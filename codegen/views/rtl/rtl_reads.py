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
    found: dict[int, tuple[list[Bits], set[bool], list[str]]] = {}
    arrays: list[Words] = []
    for place in places:
        for beat, at in enumerate(place.beats):
            access = _ACCESS[place.is_readable, place.is_writable]
            if place.index:
                text = address(bus, place.group.dimensions, at, looped=True)
                value = f"{logic.word_name(place, beat)}[i]" if place.is_readable else ""
                arrays.append(Words(place.number, text, value, access))
                continue
            pieces, may, names = found.setdefault(at, ([], set(), []))
            pieces += logic.pieces(place, beat)
            may |= ({True} if place.is_readable else set()) | ({False} if place.is_writable else set())
            names.append(place.signal)
    words = [
        (literal(bus.address, at), concatenation(bus.data, pieces), _access(may), ", ".join(dict.fromkeys(names)))
        for at, (pieces, may, names) in sorted(found.items())
    ]
    pages = tuple(
        _page("" if len(words) <= _PAGE else str(start // _PAGE), words[start : start + _PAGE])
        for start in range(0, max(1, len(words)), _PAGE)
    )
    constants = _constants(windows, bus)
    used = {_access(may) for _, may, _ in found.values()} | {array.access for array in arrays}
    used |= {_ACCESS[one.can_read, one.can_write] for one in memories} | ({"RW"} if constants else set())
    return ReadPath(frozenset(used), tuple(constants), pages, tuple(arrays))


def _access(may: set[bool]) -> str:
    return _ACCESS[True in may, False in may]


def _page(number: str, words: Sequence[tuple[str, str, str, str]]) -> Page:
    word, may = (f"rd_page{number}", f"may_page{number}") if number else ("rd_word", "may")
    return Page(word, may, tuple(line for item in words for line in _item(*item, word, may)))


def _item(at: str, value: str, access: str, comment: str, word: str, may: str) -> list[Line]:
    """Return an item, in one line where it has room there."""
    one = f"{at}: begin {word} = {value}; {may} = {access}; end  // {comment}"
    if len(one) <= _LINE:
        return [Line(0, one)]
    said = [Line(1, f"{word} = {value};")]
    if len(said[0].text) > _LINE:
        parts = value.removeprefix("{").removesuffix("}").split(", ")
        inner = [Line(2, f"{part}{',' if part is not parts[-1] else ''}") for part in parts]
        said = [Line(1, f"{word} = {{"), *inner, Line(1, "};")]
    return [Line(0, f"{at}: begin  // {comment}"), *said, Line(1, f"{may} = {access};"), Line(0, "end")]


def _constants(windows: Iterable[Window], bus: Bus) -> list[Constant]:
    found = []
    for window in windows:
        value = literal(_WINDOW_BITS, window.value)
        text = value if bus.data == _WINDOW_BITS else f"{{{value}, {value}}}"
        size = min(window.size, (1 << bus.address) - window.offset)
        found += [Constant(inside(bus, offset, size), text) for offset in window.offsets]
    return found
