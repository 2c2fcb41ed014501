"""Registers as a module holds them: their strobes, and a cell for each field: storage, a wire or a constant."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from codegen.schema.policies import POLICIES
from codegen.views.rtl.rtl_places import runs_of
from codegen.views.rtl.writing.rtl_text import Bits, literal, part

if TYPE_CHECKING:
    from codegen.model.types import FieldType, RegisterType
    from codegen.schema.policies import AccessPolicy
    from codegen.views.rtl.rtl_places import Group, Run

__all__ = ["Cell", "Held", "Piece", "Way", "is_pulse", "is_wire"]

Held = Literal["storage", "pulse", "wire", "constant", "nothing"]


class Piece(NamedTuple):
    """Bits of a field in one word of the bus: which word of the register, lowest bits there and in the cell."""

    beat: int
    bus: int
    cell: int
    width: int


def is_pulse(field: FieldType) -> bool:
    """Return whether a field is over by itself, in the next clock."""
    return field.pulse and not field.volatile


def is_wire(field: FieldType) -> bool:
    """Return whether a field is what hardware gives in each clock, and has no storage of its own."""
    hardware = field.hardware
    if hardware is None or hardware.hw not in ("write", "both") or hardware.we or hardware.counter is not None:
        return False
    return hardware.sticky is None and hardware.intr in (None, "level")


@dataclass(slots=True, eq=False)
class Cell:
    """A field of a register, or of all elements of an array: of an array of fields, all its elements side by side.

    `name`: its signal. `resets`: of its elements. `ways`: by which software changes it, with the registers that do.
    """

    field: FieldType
    name: str
    resets: tuple[int, ...]
    held: Held = "storage"
    is_used: bool = False
    ways: list[tuple[Place, FieldType, str]] = dataclasses.field(default_factory=list)
    _found: list[Way] = dataclasses.field(default_factory=list)

    def found_ways(self) -> list[Way]:
        """Return all ways by which software reaches its bits, once all are known."""
        if not self._found:
            self._found = [
                Way(place, item, index, piece) for place, item, index in self.ways for piece in place.pieces(item)
            ]
        return self._found

    @property
    def count(self) -> int:
        """Its elements."""
        return 1 if self.field.array is None else self.field.array.count

    @property
    def width(self) -> int:
        """The bits of all of them."""
        return self.field.width * self.count

    @property
    def reset(self) -> int:
        """After a reset; bits that nobody knows are 0."""
        if is_pulse(self.field):
            return self.idle
        return sum(bits << number * self.field.width for number, bits in enumerate(self.resets))

    @property
    def idle(self) -> int:
        """Of a pulse that is over."""
        return (1 << self.width) - 1 if self.field.idle == 1 else 0


@dataclass(slots=True, eq=False)
class Place:
    """A register, or of an array all elements that lie alike in the bus's words, or one of those that do not.

    `element`: which one it is then. `index`: what stands behind the names of signals inside its loop. `presence`: what
    has to be so for it to answer, where others share its address.
    """

    group: Group
    signal: str
    runs: list[Run]
    beats: list[int]
    element: int | None
    index: str
    cells: dict[str, Cell] = dataclasses.field(default_factory=dict)
    strobes: set[str] = dataclasses.field(default_factory=set)
    presence: list[str] = dataclasses.field(default_factory=list)
    _pieces: dict[str, list[Piece]] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, group: Group, signal: str, step: int, element: int | None) -> Place:
        """Return the place of a group, or of one element, in a bus whose words have so many bytes."""
        runs = runs_of(group.type, group.offset if element is None else group.offsets[element], step)
        beats = sorted({run.address for run in runs})
        return cls(group, signal, runs, beats, element, "[i]" if element is None and group.number > 1 else "")

    @property
    def register(self) -> RegisterType:
        """What it is."""
        return self.group.type

    @property
    def number(self) -> int:
        """How many registers it stands for."""
        return self.group.number if self.element is None else 1

    @property
    def reset(self) -> int:
        """All its bits after a reset."""
        return self.group.reset_of(self.element)

    @property
    def is_readable(self) -> bool:
        """Whether a read gives something; of a register that can be neither read nor written too."""
        return any(POLICIES[item.access].readable for item in self.register.fields) or not self.is_writable

    @property
    def is_writable(self) -> bool:
        """Whether a write does something."""
        return any(POLICIES[item.access].writable for item in self.register.fields)

    @property
    def first(self) -> int:
        """The word of the bus with its lowest bits."""
        return next(self.beats.index(run.address) for run in self.runs if run.register == 0)

    @property
    def has_latch(self) -> bool:
        """Whether a read of its first word holds the others still.

        Also where the map has it in one access, the bus is narrower, and it may change between.
        """
        if len(self.beats) == 1 or not self.is_readable:
            return False
        if self.register.words == "latched":
            return True
        moves = any(item.volatile or POLICIES[item.access].read_acts for item in self.register.fields)
        return moves and self.register.access_width > max(run.width for run in self.runs)

    def strobe(self, kind: str, beat: int, index: str | None = None) -> str:
        """Return the signal of a write ("wr") or a read ("rd") of one of its words, which is there then."""
        name = self.strobe_name(kind, beat)
        self.strobes.add(f"{kind}{beat}")
        return name + (self.index if index is None else index)

    def strobe_name(self, kind: str, beat: int) -> str:
        """Return what such a signal is called."""
        return f"{self.signal}_{kind}" if len(self.beats) == 1 else f"{self.signal}_{kind}{beat}"

    def pieces(self, item: FieldType) -> list[Piece]:
        """Return where the bits of a field are."""
        if item.name not in self._pieces:
            self._pieces[item.name] = self._found_pieces(item)
        return self._pieces[item.name]

    def _found_pieces(self, item: FieldType) -> list[Piece]:
        found = []
        shift = self.group.shifts.get(item.name, 0)
        for number, low in enumerate(item.element_lows):
            for run in self.runs:
                start, end = max(low, run.register), min(low + item.width, run.register + run.width)
                if start < end:
                    bus = run.bus + start - run.register
                    cell = number * item.width + start - low + shift
                    found.append(Piece(self.beats.index(run.address), bus, cell, end - start))
        return found

    def read_strobe(self, beat: int) -> str:
        """Return the read that acts on the bits of a word: of a register that latches, that of its first one."""
        return self.strobe("rd", self.first if self.has_latch else beat)

    def unused(self, beat: int) -> list[Bits]:
        """Return the bits of no field in a word, as constants."""
        used = sum(item.mask for item in self.register.fields)
        found = []
        for run in self.runs:
            rest = ~used >> run.register & ((1 << run.width) - 1) if self.beats.index(run.address) == beat else 0
            while rest:
                low = (rest & -rest).bit_length() - 1
                width = (~(rest >> low) & ((rest >> low) + 1)).bit_length() - 1
                ones = (1 << width) - 1
                value = self.reset >> (run.register + low) & ones
                if value:
                    found.append(Bits(run.bus + low, width, literal(width, value)))
                rest &= ~(ones << low)
        return found

    def covered(self, beat: int) -> list[tuple[int, int]]:
        """Return the lowest bits and widths of what it has of a word."""
        return [(run.bus, run.width) for run in self.runs if self.beats.index(run.address) == beat]


class Way(NamedTuple):
    """How software changes bits of a cell: in a word of some register, by the policy of a field there."""

    place: Place
    field: FieldType
    at: str
    piece: Piece

    @property
    def policy(self) -> AccessPolicy:
        """What a read and a write do."""
        return POLICIES[self.field.access]

    @property
    def write(self) -> str:
        """The strobe of a write."""
        return self.place.strobe("wr", self.piece.beat, self.at)

    @property
    def read(self) -> str:
        """The strobe of a read."""
        return self.place.strobe("rd", self.place.first if self.place.has_latch else self.piece.beat, self.at)

    def bits(self, name: str, bus_width: int) -> str:
        """Return the part of a word of the bus that is for these bits."""
        return part(name, self.piece.bus, self.piece.width, bus_width)
