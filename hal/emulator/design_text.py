"""Tells the emulated card what a design holds: its words, policies, resets and memories, as a design text.

The text's form is the card's; see the manual's page on the emulated card.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from hal.codes import SPACES, Pf, bar_name
from hal.emulator.word_text import Part, targets_of, word_lines
from hal.errors import HalError
from hal.lines.interrupt_text import interrupt_lines
from hal.registers.lanes import LaneIndex
from hal.registers.memory import access_of
from hal.registers.siblings import sibling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.design.walk import Run
    from hal.registers.space import SpaceNumbers

__all__ = ["design_text", "has_model", "model_line"]

Dimensions = tuple[tuple[int, int], ...]
Lines = dict[tuple[int, int], list[str]]


class Word(NamedTuple):
    """A bus word, or an array of them: the BAR, the first one's offset, bits, and count and stride of each array."""

    space: SpaceNumbers
    at: int
    step: int
    arrays: Dimensions


_MODEL = "# python-model"
_EXPANDED_MAX = 65536  # places of all memories and windows, for whose arrays the text has no dimensions
_DIGEST = re.compile(r"[0-9A-Za-z]{1,71}")
_SHELL_IDS = (0x1D0F, 0xF000, 0xFEDC, 0x1D51)  # what an AFI shows where its map leaves an id open


def design_text(design: Design) -> str:
    """The text of a design."""
    head = ["haldesign 1", f"name {design.name}"]
    if _DIGEST.fullmatch(design.digest):
        head.append(f"digest {design.digest}")
    head += [f"afi {afi}" for afi in design.afi or (design.afi_id,)]
    if any(design.pci):
        given = zip(design.pci, _SHELL_IDS, strict=True)
        vendor, device, subsystem_vendor, subsystem_device = (number or usual for number, usual in given)
        head.append(f"pci {vendor:#x} {device:#x} {subsystem_device:#x} {subsystem_vendor:#x}")
    head.append(f"clkgen {int(design.clkgen)}")
    lines: Lines = {design.home: []}
    root = design.driver
    if root._unmapped is not None:
        lines[design.home].append(f"unmapped 0x0 {root._size:#x} {root._unmapped:#x}")
    if sum(map(_expanded, design.places(expand=False))) > _EXPANDED_MAX:
        raise HalError(f"arrays of more than {_EXPANDED_MAX} memories or windows are too large for the emulated card")
    runs = list(design.places(expand=False))
    words = _Words(runs)
    fillers = list(_fillers(runs, words))
    for run in runs:
        found = words.lines(run) if run.child.is_register else _lines(run)
        lines.setdefault(run.space, []).extend(found)
    for space, filler in fillers:
        lines[space].append(filler)
    for pf, bar in lines:
        if (pf, bar) not in SPACES:
            raise HalError(
                f"{design.name} has registers in {bar_name(pf, bar)}, and the emulated card has no such BAR: it is an "
                "F2 card, with BARs 0, 2 and 4 of each function"
            )
    for (pf, bar), rows in sorted(lines.items()):
        head += [f"space {Pf(pf).name.lower()} {bar}", *rows]
    return "\n".join([*head, *interrupt_lines(design)]) + "\n"


def model_line(model: str) -> str:
    """The line of a text which says that its AFI has a model in Python. It tells nobody where, and is never run."""
    return f"{_MODEL} {model}"


def has_model(text: str) -> bool:
    """Whether a text says so."""
    return any(line.startswith(_MODEL) for line in text.splitlines())


def _lines(run: Run) -> Iterator[str]:
    child, arrays = run.child, _arrays(run)
    if run.is_alternate:
        return
    if child.is_memory:
        access = access_of(child.kind)
        yield from (f"mem {at:#x} {child.size:#x} {child.access_width} {access}" for at in _places(run.offset, arrays))
    elif child.kind._unmapped is not None:
        window = f"{child.kind._size:#x} {child.kind._unmapped:#x}"
        yield from (f"unmapped {at:#x} {window}" for at in _places(run.offset, arrays))


def _arrays(run: Run) -> Dimensions:
    return (*run.arrays, *_joined(run.child.dimensions))


def _joined(dimensions: Dimensions) -> Dimensions:
    """An array's dimensions, those whose rows follow each other as one."""
    joined: list[tuple[int, int]] = []
    for count, stride in dimensions:
        if joined and joined[-1][1] == count * stride:
            joined[-1] = joined[-1][0] * count, stride
        else:
            joined.append((count, stride))
    return tuple(joined)


def _expanded(run: Run) -> int:
    """The lines of a run that are written out one by one."""
    is_one = run.child.is_register or (run.child.is_block and run.child.kind._unmapped is None)
    return 0 if is_one else prod(count for count, _ in _arrays(run))


def _places(base: int, dimensions: Dimensions) -> Iterator[int]:
    for indices in product(*(range(count) for count, _ in dimensions)):
        yield base + sum(index * stride for index, (_, stride) in zip(indices, dimensions, strict=True))


class _Words:
    """The registers of a design by their bus words: what has one word is told there where the first one stands."""

    def __init__(self, runs: list[Run]) -> None:
        self._parts: dict[Word, list[Part]] = {}
        self._stored: dict[int, RegisterShape] = {}  # of shapes, by id; one for each
        self._flags: dict[int, set[str]] = {}  # of those, by id
        self._taken: set[tuple[SpaceNumbers, int]] = set()  # bytes of what has no dimensions and is no alternate
        # Where an array is told element by element: so is then what shares its place.
        self._uneven = {
            (run.space, run.offset, run.arrays) for run in runs if run.child.is_register and _is_uneven(run)
        }
        for run in sorted(runs, key=lambda run: run.is_alternate):
            if run.child.is_register:
                self._add(run)

    def _add(self, run: Run) -> None:
        shape = self._stored_as(run.child.shape)
        for flag, target in targets_of(shape, run.siblings):
            self._flags.setdefault(id(self._stored_as(target)), set()).add(flag)
        when = run.child.when if run.child.alternate else ()
        for word, index in self._words_of(run, shape):
            for number in range(shape.word_count):
                offset = run.child.offset + run.child.distance(index)
                reset = run.child.resets[index] if run.child.resets else shape.reset
                part = Part(shape, number, run.siblings, offset, index, reset, run.is_alternate, when)
                key = word._replace(at=word.at + shape.word_at(number))
                taken = [] if word.arrays else [(run.space, key.at + byte) for byte in range(shape.access_width // 8)]
                if run.is_alternate and key not in self._parts and not self._taken.isdisjoint(taken):
                    continue  # words of another width: the card has the first one's
                self._taken.update(taken)
                self._parts.setdefault(key, []).append(part)

    def _words_of(self, run: Run, shape: RegisterShape) -> Iterator[tuple[Word, int]]:
        """The first words of a register's elements, with their indexes: of an array once, where they are alike."""
        if run.child.count is None or (run.space, run.offset, run.arrays) not in self._uneven:
            yield Word(run.space, run.offset, shape.access_width, _arrays(run)), 0
            return
        for index in range(run.number):
            yield Word(run.space, run.at(index), shape.access_width, run.arrays), index

    def _stored_as(self, shape: RegisterShape) -> RegisterShape:
        return self._stored.setdefault(id(shape), shape.stored)

    def has(self, space: SpaceNumbers, byte: int) -> bool:
        """Whether a word that is no array's has this byte."""
        return (space, byte) in self._taken

    def lines(self, run: Run) -> Iterator[str]:
        """The words of a register that were not told yet."""
        shape = self._stored_as(run.child.shape)
        for word, _ in self._words_of(run, shape):
            for number in range(shape.word_count):
                key = word._replace(at=word.at + shape.word_at(number))
                parts = self._parts.pop(key, None)
                if parts is None:
                    continue
                repeat = "".join(f" {count} {stride:#x}" for count, stride in key.arrays)
                yield f"word {key.at:#x} {key.step}{repeat}"
                flags = {flag for part in parts for flag in self._flags.get(id(part.shape), ())}
                yield from word_lines(parts, sorted(flags))


def _fillers(runs: list[Run], words: _Words) -> Iterator[tuple[SpaceNumbers, str]]:
    """Bytes beside lanes that belong to nothing. They answer, for their word does, and hold what is written."""
    spare: dict[tuple[SpaceNumbers, int, Dimensions], set[int]] = {}
    indexes: dict[int, LaneIndex] = {}
    for run in runs:
        if not run.child.is_register or not run.child.shape.is_narrow or (run.is_alternate and run.arrays):
            continue
        index = indexes.setdefault(id(run.siblings), LaneIndex(run.siblings))
        start = run.offset - run.child.offset
        found = (byte for byte in _spare_bytes(run, index) if not words.has(run.space, start + byte))
        spare.setdefault((run.space, start, run.arrays), set()).update(found)
    for (space, start, arrays), places in spare.items():
        for at, count, stride in _rows(sorted(places)):
            own = ((count, stride),) if count > 1 else ()
            repeat = "".join(f" {number} {step:#x}" for number, step in (*arrays, *own))
            yield space, f"word {start + at:#x} 8{repeat}\nr 0 8 rw 0x0"


def _spare_bytes(run: Run, index: LaneIndex) -> list[int]:
    """Of the words of a register, or of an array's elements: by their distance from the block."""
    child, size = run.child, run.child.shape.access_width // 8
    if child.number > _EXPANDED_MAX:
        raise HalError(f"{run.path}: arrays of more than {_EXPANDED_MAX} narrow registers are too large for the card")
    words = {(child.offset + child.distance(place)) // size * size for place in range(child.number)}
    return [byte for word in sorted(words) for byte in index.bytes_of_none(word, size)]


def _rows(places: list[int]) -> Iterator[tuple[int, int, int]]:
    """The same as rows of places at even distances: the first one, how many, and the distance."""
    at = 0
    while at < len(places):
        gap = places[at + 1] - places[at] if at + 1 < len(places) else 0
        count = 1
        while gap and at + count < len(places) and places[at + count] - places[at + count - 1] == gap:
            count += 1
        yield places[at], count, gap
        at += count


def _is_uneven(run: Run) -> bool:
    """Whether the elements of an array differ in their resets, or in how far from them is what they name."""
    if run.child.count is None:
        return False
    if run.child.resets:
        return True
    shape, strides = run.child.shape, tuple(stride for _, stride in run.child.dimensions)
    paths = [path for path, _ in (*shape.unlock, *([shape.lock] if shape.lock else []), *run.child.when)]
    paths += [field.alias for field in shape.fields.values() if field.alias]
    return any(sibling(run.siblings, path).strides != strides for path in paths)
