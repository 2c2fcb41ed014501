"""A register as logic: the strobes of its words, its storage, and the one block in which it changes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from codegen.schema.policies import POLICIES
from codegen.views.hardware.hardware_text import hardware_text
from codegen.views.rtl.rtl_hardware import given_name, hardware_lines
from codegen.views.rtl.rtl_links import UnreachableError
from codegen.views.rtl.writing.rtl_text import Bits, Line, block_of, concatenation, literal, part, vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codegen.model.tree import Dimension
    from codegen.views.rtl.rtl_cells import Cell, Place
    from codegen.views.rtl.rtl_links import Links
    from codegen.views.rtl.rtl_places import View
    from codegen.views.rtl.rtl_software import Software

__all__ = ["Bus", "Declaration", "RegisterLogic", "RegisterView", "address"]


class Bus(NamedTuple):
    """The bits of addresses and of data."""

    address: int
    data: int

    @property
    def step(self) -> int:
        """Bytes of a word."""
        return self.data // 8


class Declaration(NamedTuple):
    """A signal of a module."""

    type: str
    name: str
    comment: str = ""


class RegisterView(NamedTuple):
    """What the template lays out. `number`: of a loop's rounds, 0 without one; `label`: its name.

    `always`: the block's variables, resets and statements.
    """

    title: str
    note: str
    declarations: tuple[Declaration, ...]
    number: int
    label: str
    assigns: tuple[Line, ...]
    variables: tuple[Declaration, ...]
    resets: tuple[Line, ...]
    statements: tuple[Line, ...]


def address(bus: Bus, dimensions: tuple[Dimension, ...], base: int, *, looped: bool) -> str:
    """Return an address; inside of a loop over all elements of some arrays that of element i."""
    text, inner = literal(bus.address, base), 1
    terms = []
    for dimension in reversed(dimensions if looped else ()):
        number = "i" if inner == 1 else f"i / {inner}"
        if dimension is not dimensions[0]:
            number += f" % {dimension.count}"
        terms.append(f"{bus.address}'({number}) * {literal(bus.address, dimension.stride)}")
        inner *= dimension.count
    return " + ".join([text, *reversed(terms)])


class RegisterLogic:
    """Writes the logic of one register after the other."""

    def __init__(self, bus: Bus, links: Links, software: Software) -> None:
        self._bus, self._links, self._software = bus, links, software

    # -- the bus's words ----------------------------------------------------------------------------------------------

    def word(self, place: Place, beat: int, *, live: bool = False) -> str:
        """Return what a read of a word gives; `live`: without what an earlier read holds still."""
        if place.has_latch and beat != place.first and not live:
            return f"{place.signal}_held{beat}{place.index}"
        return concatenation(self._bus.data, self.pieces(place, beat))

    def pieces(self, place: Place, beat: int) -> list[Bits]:
        """Return the parts of a word that a register has."""
        if place.has_latch and beat != place.first:
            held = f"{place.signal}_held{beat}{place.index}"
            return [Bits(low, width, part(held, low, width, self._bus.data)) for low, width in place.covered(beat)]
        return self._live(place, beat)

    def _live(self, place: Place, beat: int) -> list[Bits]:
        if not place.is_readable:
            return []
        found = place.unused(beat)
        for item in place.register.fields:
            if not POLICIES[item.access].readable:
                continue
            cell, index = self._links.cell_of(place, item, place.index)
            for piece in place.pieces(item):
                if piece.beat == beat:
                    if cell.held == "pulse":
                        text = literal(piece.width, (cell.idle >> piece.cell) & ((1 << piece.width) - 1))
                    else:
                        text = part(cell.name + index, piece.cell, piece.width, cell.width)
                    found.append(Bits(piece.bus, piece.width, text))
        return found

    def _reset_word(self, place: Place, beat: int) -> int:
        total = 0
        for run in place.runs:
            if place.beats.index(run.address) == beat:
                total |= (place.reset >> run.register & ((1 << run.width) - 1)) << run.bus
        return total

    # -- its block ----------------------------------------------------------------------------------------------------

    def view(
        self, place: Place, title: str, note: str, inputs: dict[str, dict[str, str]], guards: list[str]
    ) -> RegisterView:
        """Return what is laid out of a register. `inputs`: those of its fields, by the fields' names."""
        cells = [cell for cell in place.cells.values() if cell.held != "nothing"]
        stored = [cell for cell in cells if cell.held in ("storage", "pulse")]
        statements = [*self._plain(stored), *self._mixed(stored, inputs)]
        for cell in stored:
            for strobe, lines in self._software.spends(cell):
                statements += block_of(f"if ({strobe})", lines)
        statements += self._last(stored, inputs, place)
        statements += self._holds(place)
        statements += [*self.keys(place), *self._second(place)]
        resets = [*self._resets(place, stored)]
        assigns = [*self._strobes(place, guards), *self._wires(place, cells, inputs)]
        return RegisterView(
            title,
            note,
            tuple(self._declarations(place, cells)),
            place.number if place.index else 0,
            "",
            tuple(assigns),
            tuple(self._variables(stored)),
            tuple(resets),
            tuple(statements),
        )

    def _plain(self, cells: list[Cell]) -> Iterator[Line]:
        """Yield what writes do to cells that nothing else changes, of one strobe together."""
        groups: dict[str, list[Line]] = {}
        for cell in cells:
            if cell.held == "pulse":
                idle = literal(cell.width, cell.idle)
                yield Line(0, f"{cell.name}{self._software.index(cell)} <= {idle};  // for one clock")
            if cell.held == "pulse" or self._is_plain(cell):
                for strobe, lines in self._software.writes(cell, cell.name + self._software.index(cell), "<="):
                    groups.setdefault(strobe, []).extend(lines)
        for strobe, lines in groups.items():
            yield from block_of(f"if ({strobe})", lines)

    def _is_plain(self, cell: Cell) -> bool:
        hardware = cell.field.hardware
        return self._software.is_simple(cell) and not (hardware is not None and hardware.writes)

    def _mixed(self, cells: list[Cell], inputs: dict[str, dict[str, str]]) -> Iterator[Line]:
        """Yield what software, and then hardware, does to the other cells."""
        for cell in cells:
            if cell.held == "pulse" or self._is_plain(cell):
                continue
            index, target = self._software.index(cell), f"next_{cell.field.name}"
            yield Line(0, f"// {cell.field.name}: {POLICIES[cell.field.access].meaning}")
            if cell.field.hardware is not None:
                yield Line(0, f"// {hardware_text(cell.field.hardware)}")
            yield Line(0, f"{target} = {cell.name}{index};")
            for strobe, lines in self._software.writes(cell, target, "="):
                yield from block_of(f"if ({strobe})", lines)
            yield from self._software.reads(cell, target)
            yield from hardware_lines(cell, target, inputs[cell.field.name], f"{cell.name}_last{index}")
            yield Line(0, f"{cell.name}{index} <= {target};")

    def _variables(self, cells: list[Cell]) -> Iterator[Declaration]:
        for cell in cells:
            if cell.held == "pulse" or self._is_plain(cell):
                continue
            yield Declaration(f"logic {vector(cell.width)}".rstrip(), f"next_{cell.field.name}")
            hardware = cell.field.hardware
            counter = hardware.counter if hardware is not None else None
            if counter is not None and counter.saturate and counter.incrvalue and counter.decrvalue:
                yield Declaration(f"logic {vector(cell.field.width + 1)}".rstrip(), f"sum_{cell.field.name}")

    def _last(self, cells: list[Cell], inputs: dict[str, dict[str, str]], place: Place) -> Iterator[Line]:
        for cell in cells:
            hardware = cell.field.hardware
            if self._has_last(cell) and hardware is not None:
                given = inputs[cell.field.name][given_name(hardware)]
                last = f"{cell.name}_last{place.index}"
                if not hardware.we:
                    yield Line(0, f"{last} <= {given};")
                    continue
                for element in range(cell.count):
                    low, width = element * cell.field.width, cell.field.width
                    enable = part(inputs[cell.field.name]["we"], element, 1, cell.count)
                    statement = f"{part(last, low, width, cell.width)} <= {part(given, low, width, cell.width)};"
                    yield from block_of(f"if ({enable})", [Line(0, statement)])

    @staticmethod
    def _has_last(cell: Cell) -> bool:
        hardware = cell.field.hardware
        return cell.held == "storage" and hardware is not None and hardware.intr not in (None, "level")

    def _holds(self, place: Place) -> Iterator[Line]:
        if place.has_latch:
            held = {
                f"{place.signal}_held{beat}{place.index}": concatenation(self._bus.data, self._live(place, beat))
                for beat in range(len(place.beats))
                if beat != place.first
            }
            lines = [Line(0, f"{name} <= {word};") for name, word in held.items()]
            yield from block_of(f"if ({place.strobe('rd', place.first)})", lines)

    def keys(self, place: Place) -> Iterator[Line]:
        """Yield which of the keys were written: the last writes of all have to be these, in their order."""
        rules = place.register.rules
        if rules is None or not rules.unlock:
            return
        lines, keys = [], f"{place.signal}_keys{place.index}"
        for number, (path, value) in enumerate(rules.unlock):
            found = self._links.of(place, path)
            key = found.place
            run = key.runs[0]
            at = self._key_address(key, found.at, run.address)
            hit = f"at == {at} && {part('wr_ones', run.bus, run.width, self._bus.data)} == {literal(run.width, value)}"
            before = f"{self._key(keys, number - 1, len(rules.unlock))} && " if number else ""
            lines.append(Line(0, f"{self._key(keys, number, len(rules.unlock))} <= {before}{hit};"))
        yield from block_of("if (wr)", lines, "the keys, one after the other")

    @staticmethod
    def _key(keys: str, number: int, count: int) -> str:
        return part(keys, number, 1, count)

    def _key_address(self, key: Place, index: str, first: int) -> str:
        if not index or key.number == 1:
            return literal(self._bus.address, first)
        number = index.removeprefix("[").removesuffix("]")
        if number.isdecimal():
            return literal(self._bus.address, first + key.group.offsets[int(number)] - key.group.offset)
        if number == "i":
            return address(self._bus, key.group.dimensions, first, looped=True)
        raise UnreachableError(f"{key.group.path} is no key of the same element")

    def _second(self, place: Place) -> Iterator[Line]:
        """Yield what is kept of the first of two writes, which a read takes back."""
        rules = place.register.rules
        if rules is None or not rules.twice:
            return
        run = place.runs[0]
        begun, first, index = f"{place.signal}_begun", f"{place.signal}_first", place.index
        tries = f"{place.signal}_try{index}"
        yield from block_of(f"if ({place.strobe('rd', 0)})", [Line(0, f"{begun}{index} <= 1'b0;")])
        yield from block_of(
            f"if ({tries})",
            [
                Line(0, f"{begun}{index} <= ~{begun}{index};"),
                Line(0, f"{first}{index} <= {part('wr_ones', run.bus, run.width, self._bus.data)};"),
            ],
        )

    def _resets(self, place: Place, cells: list[Cell]) -> Iterator[Line]:
        index = place.index
        for cell in cells:
            yield Line(0, f"{cell.name}{index} <= {literal(cell.width, cell.reset)};")
            if any(POLICIES[way[1].access].once and way[0] is place for way in cell.ways):
                yield Line(0, f"{self._software.spent(cell)}{index} <= {literal(cell.width, 0)};")
            if self._has_last(cell):
                yield Line(0, f"{cell.name}_last{index} <= {literal(cell.width, 0)};")
        for beat in range(len(place.beats)):
            if place.has_latch and beat != place.first:
                yield Line(
                    0, f"{place.signal}_held{beat}{index} <= {literal(self._bus.data, self._reset_word(place, beat))};"
                )
        rules = place.register.rules
        if rules is not None and rules.unlock:
            yield Line(0, f"{place.signal}_keys{index} <= {literal(len(rules.unlock), 0)};")
        if rules is not None and rules.twice:
            yield Line(0, f"{place.signal}_begun{index} <= 1'b0;")
            yield Line(0, f"{place.signal}_first{index} <= {literal(place.runs[0].width, 0)};")

    # -- outside of the block ---------------------------------------------------------------------------------------

    def guards(self, place: Place) -> list[str]:
        """Return what has to be so for a write to count: a lock is open, the keys were written."""
        rules = place.register.rules
        if rules is None:
            return []
        found = [] if rules.lock is None else [self._links.equals(self._links.of(place, rules.lock[0]), rules.lock[1])]
        if rules.unlock:
            found.append(part(f"{place.signal}_keys{place.index}", len(rules.unlock) - 1, 1, len(rules.unlock)))
        return found

    def presence(self, place: Place, views: Sequence[View]) -> list[str]:
        """Return what has to be so for a register to answer, where it is a view, or has other ones."""
        terms = [term for view in views for term in self._links.holds(view, partial(self._links.of, place))]
        if terms and place.has_latch:
            raise UnreachableError("words that are latched have no alternates")
        return terms

    def _strobes(self, place: Place, guards: list[str]) -> Iterator[Line]:
        rules = place.register.rules
        twice = rules is not None and rules.twice
        if twice:
            place.strobes.add("wr0")
        for strobe in sorted(place.strobes):
            kind, beat = strobe[:2], int(strobe[2:])
            at = address(self._bus, place.group.dimensions, place.beats[beat], looped=bool(place.index))
            conditions = [kind, f"at == {at}", *place.presence]
            if kind == "wr":
                conditions += [*self._lanes(place, beat), *guards]
            name = place.strobe_name(kind, beat) + place.index
            if kind == "wr" and twice:
                yield Line(0, f"assign {place.signal}_try{place.index} = {' && '.join(conditions)};")
                run = place.runs[0]
                written = part("wr_ones", run.bus, run.width, self._bus.data)
                conditions = [
                    f"{place.signal}_try{place.index}",
                    f"{place.signal}_begun{place.index}",
                    f"{place.signal}_first{place.index} == {written}",
                ]
            yield Line(0, f"assign {name} = {' && '.join(conditions)};")

    def _lanes(self, place: Place, beat: int) -> list[str]:
        """Return whether a register's bytes of a word are written, where it has not all of them."""
        low = min(low for low, _ in place.covered(beat)) // 8
        high = max(low + width for low, width in place.covered(beat)) // 8
        if high - low == self._bus.step:
            return []
        return [f"{'' if high - low == 1 else '|'}{part('wr_strb', low, high - low, self._bus.step)}"]

    def _wires(self, place: Place, cells: list[Cell], inputs: dict[str, dict[str, str]]) -> Iterator[Line]:
        for cell in cells:
            if cell.held == "constant":
                yield Line(0, f"assign {cell.name}{place.index} = {literal(cell.width, cell.reset)};")
            elif cell.held == "wire":
                yield Line(0, f"assign {cell.name}{place.index} = {inputs[cell.field.name]['next']};")
        if place.index and place.is_readable:
            for beat in range(len(place.beats)):
                word = self.word(place, beat)
                if place.presence:
                    word = f"{' && '.join(place.presence)} ? {word} : {literal(self._bus.data, 0)}"
                yield Line(0, f"assign {self.word_name(place, beat)}{place.index} = {word};")

    def word_name(self, place: Place, beat: int) -> str:
        """Return the signal with the words that an array's elements read as."""
        return f"{place.signal}_word" if len(place.beats) == 1 else f"{place.signal}_word{beat}"

    def _declarations(self, place: Place, cells: list[Cell]) -> Iterator[Declaration]:
        outer = (place.number,) if place.index else ()

        def signal(width: int, name: str, comment: str = "") -> Declaration:
            return Declaration(f"logic {vector(*outer, width)}".rstrip(), name, comment)

        for cell in cells:
            yield signal(cell.width, cell.name, cell.field.description)
            if any(POLICIES[way[1].access].once and way[0] is place for way in cell.ways):
                yield signal(cell.width, self._software.spent(cell))
            if self._has_last(cell):
                yield signal(cell.width, f"{cell.name}_last")
        for name, width in self._own_signals(place):
            yield signal(width, name)

    def _own_signals(self, place: Place) -> Iterator[tuple[str, int]]:
        """Yield the signals that are no field's, with their bits."""
        beats = range(len(place.beats))
        if place.has_latch:
            yield from ((f"{place.signal}_held{beat}", self._bus.data) for beat in beats if beat != place.first)
        rules = place.register.rules
        if rules is not None and rules.unlock:
            yield f"{place.signal}_keys", len(rules.unlock)
        if rules is not None and rules.twice:
            yield from ((f"{place.signal}_begun", 1), (f"{place.signal}_first", place.runs[0].width))
            yield f"{place.signal}_try", 1
        yield from ((place.strobe_name(strobe[:2], int(strobe[2:])), 1) for strobe in sorted(place.strobes))
        if place.index and place.is_readable:
            yield from ((self.word_name(place, beat), self._bus.data) for beat in beats)
