"""A design as the words, memories and holes that are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.access.policies import POLICIES
from hal.cosim.check.expected import Link, Slice, Word, moved
from hal.registers.child import child_named
from hal.registers.memory import access_of
from hal.registers.siblings import sibling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.design.walk import Run
    from hal.registers.child import Child
    from hal.registers.space import SpaceNumbers

__all__ = ["MemoryPlace", "Places", "places_of"]

_HOLES_MAX = 32
_BYTES = 4


@dataclass(frozen=True, slots=True)
class MemoryPlace:
    """A memory: bytes, and rw, ro or wo."""

    path: str
    space: tuple[int, int]
    offset: int
    size: int
    access: str


@dataclass(frozen=True, slots=True)
class Places:
    """What is checked. `left_out`: registers and memories that are not. `holes`: offsets where nothing is."""

    words: tuple[Word, ...]
    memories: tuple[MemoryPlace, ...]
    holes: tuple[tuple[tuple[int, int], int], ...]
    left_out: tuple[str, ...] = ()


def places_of(design: Design, leave_out: Sequence[str] = ()) -> Places:
    """The registers of a design by bus words, its memories, and some offsets of each hole between them.

    `leave_out`: paths of what is not accessed, of registers, memories or blocks.
    """
    words: dict[tuple[SpaceNumbers, int], list[tuple[str, list[Slice], str]]] = {}
    aliases: list[_Alias] = []
    memories, taken = [], []
    left_out = []
    turns: dict[int, set[str]] = {}
    for run in design.runs():
        child = run.child
        if id(run.siblings) not in turns:
            turns[id(run.siblings)] = _in_turns(run.siblings)
        for index in range(run.number):
            path, offset = run.name(index), run.at(index)
            size = child.size if child.is_memory else child.shape.width // 8
            taken.append((run.space, offset, size))
            if any(path == left or path.startswith((f"{left}.", f"{left}[")) for left in leave_out):
                left_out.append(path)
                continue
            if child.is_memory:
                memories.append(MemoryPlace(path, run.space, offset, size, access_of(child.kind)))
                continue
            if run.is_alternate or child.name in turns[id(run.siblings)]:
                left_out.append(path)
                continue
            shape = child.shape_of(index)
            why = _reason(shape)
            for place, parts in _parts(shape, path, offset).items():
                words.setdefault((run.space, place), []).append((path, parts, why))
            if shape.is_alias:
                aliases += _aliases(run, index, shape)
    found = {place: _word(place, shared) for place, shared in sorted(words.items())}
    for alias in aliases:
        _link(alias, found)
    return Places(tuple(found.values()), tuple(memories), tuple(_holes(taken)), tuple(left_out))


def _in_turns(siblings: Mapping[str, Child[Any]]) -> set[str]:
    """The registers of a block of which others' values tell whether they are there."""
    found = set()
    for child in siblings.values():
        other = child if child.when else None
        while other is not None and other.alternate:  # what that is an alternate of, too
            other = child_named(siblings, other.alternate)
            if other is not None:
                found.add(other.name)
    return found


def _reason(shape: RegisterShape) -> str:
    """Why a register is not written here; "" where it is."""
    reasons = {
        "writes need an open lock": shape.lock,
        "writes need keys, or are made twice": shape.unlock or shape.twice,
        "half of a write selects bits": shape.masked,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _word(place: tuple[SpaceNumbers, int], shared: list[tuple[str, list[Slice], str]]) -> Word:
    (space, offset), names = place, dict.fromkeys(path for path, _, _ in shared)
    slices = tuple(part for _, parts, _ in shared for part in parts)
    why = next((why for _, _, why in shared if why), "")
    masks = [part.mask for part in slices]
    if not why and sum(masks) != _union(masks):
        why = "fields share bits"
    return Word(", ".join(names), space, offset, slices, why)


def _union(masks: list[int]) -> int:
    bits = 0
    for mask in masks:
        bits |= mask
    return bits


def _parts(shape: RegisterShape, path: str, offset: int) -> dict[int, list[Slice]]:
    """The fields of a register by the offsets of its bus words of 32 bits, without those that are aliases."""
    found: dict[int, list[Slice]] = {}
    for place, shift, room in _pieces(shape, offset):
        fields = [field for field in shape.fields.values() if not field.alias]
        parts = [_slice(field, shape, path, shift, room) for field in fields]
        found.setdefault(place, []).extend(part for part in parts if part.mask)
    return found


def _pieces(shape: RegisterShape, offset: int) -> Iterator[tuple[int, int, int]]:
    """The bus words of 32 bits of a register: offset, from a bit of the register to one of the word, and its bits."""
    for number in range(shape.word_count):
        at, low = offset + shape.word_at(number), number * shape.access_width
        for place in range(at - at % _BYTES, at + shape.word_bits // 8, _BYTES):
            low_bit, high_bit = max(at, place), min(at + shape.word_bits // 8, place + _BYTES)
            yield place, 8 * (at - place) - low, _bits(8 * (low_bit - place), 8 * (high_bit - place))


def _bits(low: int, high: int) -> int:
    return (1 << high) - (1 << low)


def _slice(field: Any, shape: RegisterShape, path: str, shift: int, room: int) -> Slice:
    moves = _moves(field)
    if POLICIES[field.access].once and field.msb // shape.access_width != field.lsb // shape.access_width:
        moves = True  # what its one write is, is not said: as good as unknown

    def here(bits: int) -> int:
        return moved(bits, shift) & room

    return Slice(
        f"{path}.{field.name}",
        field.access,
        here(field.mask),
        here(shape.reset & field.mask),
        here(shape.unknown & field.mask),
        moves,
        field.pulse,
        field.idle == "1",
    )


class _Alias(NamedTuple):
    """Bits of an alias in a word, and of the field that it acts on in another one: offsets, and a shift as in Link."""

    space: SpaceNumbers
    place: int
    other: int
    shift: int
    part: Slice


def _aliases(run: Run, index: int, shape: RegisterShape) -> Iterator[_Alias]:
    """What the fields of an alias act on, word by word."""
    path, base = run.name(index), run.offset - run.child.offset
    for field in shape.fields.values():
        if not field.alias:
            continue
        target = sibling(run.siblings, field.alias, index)
        assert target.field is not None
        for place, shift, room in _pieces(shape, run.at(index)):
            mask = moved(field.mask, shift) & room
            for other, to, there in _pieces(target.shape, base + target.offset):
                distance = field.lsb + shift - target.field.lsb - to
                bits = moved(mask, -distance) & there & moved(target.field.mask, to)
                if bits:
                    moves = _moves(target.field)
                    part = Slice(f"{path}.{field.name}", field.access, bits, 0, moves=moves, pulse=target.field.pulse)
                    yield _Alias(run.space, place, other, distance, part)


def _link(alias: _Alias, words: dict[tuple[SpaceNumbers, int], Word]) -> None:
    """Joins an alias's word with what it acts on; where that is not written, the alias is not."""
    word, other = words[alias.space, alias.place], words.get((alias.space, alias.other))
    if other is None:
        word.skipped = word.skipped or "the register that it acts on is left out"
        return
    word.links.append(Link(alias.part, other, alias.shift))
    if other.skipped and not word.skipped:
        word.skipped = f"it acts on {other.register}, and there {other.skipped}"


def _moves(field: Any) -> bool:
    return bool(field.volatile or (field.hardware is not None and field.hardware.writes))


def _holes(taken: list[tuple[SpaceNumbers, int, int]]) -> list[tuple[SpaceNumbers, int]]:
    """First and last word of each hole, and a word after the end and at its next power of two."""
    holes: list[tuple[SpaceNumbers, int]] = []
    for space in dict.fromkeys(space for space, _, _ in taken):
        end = 0
        for _, start, size in sorted(place for place in taken if place[0] == space):
            first, last = -(-end // _BYTES) * _BYTES, start // _BYTES * _BYTES - _BYTES
            if first <= last:
                holes += [(space, offset) for offset in dict.fromkeys((first, last))]
            end = max(end, start + size)
        after = -(-end // _BYTES) * _BYTES
        holes += [(space, offset) for offset in dict.fromkeys((after, 1 << max(2, (after - 1).bit_length())))]
    return holes[:_HOLES_MAX]
