"""What software does to a cell: the policies of its field and of its aliases as statements, from their one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.views.rtl.rtl_cells import is_pulse
from codegen.views.rtl.writing.rtl_text import Line, block_of, literal, part

if TYPE_CHECKING:
    from codegen.schema.policies import AccessPolicy
    from codegen.views.rtl.rtl_cells import Cell, Way

__all__ = ["Software", "after_write"]

_OPERATORS = {"clear": "& ~", "set": "| ", "toggle": "^ "}


def after_write(policy: AccessPolicy, held: str, zeros: str, ones: str, bits: str) -> str:
    """Return what bits are after a write: `zeros` and `ones` are those written as 0 and as 1, `bits` both."""
    if policy.zero == policy.one:
        return f"{held} {_OPERATORS[policy.zero]}{bits}"
    effects = [(effect, mask) for effect, mask in ((policy.zero, zeros), (policy.one, ones)) if effect != "keep"]
    text = held
    for number, (effect, mask) in enumerate(effects):
        text = f"({text}) " if number else f"{text} "
        text += _OPERATORS[effect] + mask
    return text


class Software:
    """The statements of software's side, for a bus whose words have so many bits."""

    def __init__(self, bus: int) -> None:
        self._bus = bus

    def is_simple(self, cell: Cell) -> bool:
        """Return whether a cell is changed by its own register's writes alone."""
        return len(cell.ways) == 1 and all(not way.policy.read_acts for way in cell.found_ways())

    def note_strobes(self, cell: Cell) -> None:
        """Note at the registers which of their strobes a cell needs."""
        for way in cell.found_ways():
            if way.policy.writable:
                _ = way.write
            if way.policy.read_acts:
                _ = way.read

    def writes(self, cell: Cell, target: str, assign: str) -> list[tuple[str, list[Line]]]:
        """Return what writes do, below the strobe of each."""
        found: list[tuple[str, list[Line]]] = []
        for way in cell.found_ways():
            if not way.policy.writable:
                continue
            bits = part(target, way.piece.cell, way.piece.width, cell.width)
            held = (
                bits
                if assign == "="
                else part(cell.name + self.index(cell), way.piece.cell, way.piece.width, cell.width)
            )
            found.append((way.write, [Line(0, f"{bits} {assign} {self._value(way, cell, held)};")]))
        return found

    def index(self, cell: Cell) -> str:
        """Return what stands behind a cell's name inside of its own register's loop."""
        return cell.ways[0][0].index

    def _value(self, way: Way, cell: Cell, held: str) -> str:
        zeros, ones, bits = (self._selected(way, name) for name in ("wr_zeros", "wr_ones", "wr_bits"))
        if is_pulse(cell.field):
            if way.field is cell.field:
                return f"~{zeros}" if cell.field.idle == 1 else ones
            held = literal(way.piece.width, cell.idle >> way.piece.cell & ((1 << way.piece.width) - 1))
        if way.policy.once:
            spent = part(self.spent(cell) + self.index(cell), way.piece.cell, way.piece.width, cell.width)
            zeros, ones, bits = (f"({text} & ~{spent})" for text in (zeros, ones, bits))
        return after_write(way.policy, held, zeros, ones, bits)

    def _selected(self, way: Way, name: str) -> str:
        """Return bits of what is written, of a register whose upper half says for which they are, those alone."""
        text = way.bits(name, self._bus)
        rules = way.place.register.rules
        if rules is None or not rules.masked:
            return text
        half = way.place.register.width // 2
        return f"({text} & {part('wr_ones', way.piece.bus + half, way.piece.width, self._bus)})"

    def spent(self, cell: Cell) -> str:
        """Return the signal that tells which bits of a cell were written since the reset."""
        return f"{cell.name}_spent"

    def spends(self, cell: Cell) -> list[tuple[str, list[Line]]]:
        """Return the statements that note the first write of bits that only this one changes."""
        found: list[tuple[str, list[Line]]] = []
        for way in cell.found_ways():
            if way.policy.once and way.place is cell.ways[0][0]:
                spent = part(self.spent(cell) + self.index(cell), way.piece.cell, way.piece.width, cell.width)
                found.append((way.write, [Line(0, f"{spent} <= {spent} | {self._selected(way, 'wr_bits')};")]))
        return found

    def reads(self, cell: Cell, target: str) -> list[Line]:
        """Return what reads do to a variable."""
        lines: list[Line] = []
        for way in cell.found_ways():
            if way.policy.read_acts:
                bits = part(target, way.piece.cell, way.piece.width, cell.width)
                ones = (1 << way.piece.width) - 1 if way.policy.read == "set" else 0
                lines += block_of(f"if ({way.read})", [Line(0, f"{bits} = {literal(way.piece.width, ones)};")])
        return lines
