"""How the fields of a register class reach the bus: the plan of one prepared access, a port, for each of them.

Port 0 is the whole register (its lowest word where it has several), port i + 1 is field i.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal._binding import PortRow, port_plans
from hal.access.neighbours import update_of
from hal.access.policies import POLICIES

if TYPE_CHECKING:
    from hal.access.shape import RegisterShape

__all__ = ["PortPlan", "native_plans", "plan_ports", "word_numbers"]


class PortPlan(NamedTuple):
    """How a field reaches the bus: the word's byte offset in the register, and the port's numbers.

    A write carries `ones` beside the field: what is written as 1, and where nothing is read the reset of bits of no
    field. A plain field reads back what is written to it, and a write does nothing else; one that `clears` is cleared
    by a write, and nothing else happens. A batch may make one write of several: see docs/semantics.md, Batches.
    """

    name: str
    word_offset: int = 0
    shift: int = 0
    bits: int = 0
    keep: int = 0
    ones: int = 0
    plain: bool = False
    clears: bool = False


def plan_ports(shape: RegisterShape) -> list[PortPlan]:
    """The ports of a class's fields; one that crosses words, or is part of a latched register, has none (bits 0)."""
    step = shape.access_width
    together = shape.words == "latched"
    plans = []
    for field in shape.fields.values():
        word, shift = divmod(field.lsb, step)
        if together or shift + field.width > step:
            plans.append(PortPlan(field.attribute))
            continue
        update = update_of(shape, field.mask, 0)  # of this word alone
        keep, ones = update.keep >> (word * step), update.bits >> (word * step)
        plain = field.holds_value and not field.mask & ~(shape.keep | shape.last) and not field.volatile
        clears = POLICIES[field.access].only_clears and not field.pulse
        plans.append(PortPlan(field.attribute, shape.word_at(word), shift, field.width, keep, ones, plain, clears))
    return plans


def native_plans(shape: RegisterShape, plans: list[PortPlan]) -> Any:
    """The plans as C has them, the whole register's first. `spare` and `rest`: bits of no field, and their reset."""
    step = shape.access_width
    # Of lanes, writes of all bits are writes of a part of a word, which a batch may merge.
    plain = shape.is_narrow and all(plan.plain for plan in plans)
    rows = [PortRow(shape.word_at(0), step, 0, shape.word_bits, plain=plain)]
    for plan in plans:
        spare = (shape.reserved >> shape.low_bit_at(plan.word_offset)) & plan.keep
        rest = (shape.reset >> shape.low_bit_at(plan.word_offset)) & spare
        rows.append(PortRow(plan.word_offset, step, *plan[2:], spare, rest))
    return port_plans(rows)


def word_numbers(shape: RegisterShape, plans: list[PortPlan]) -> tuple[int, ...]:
    """Of each port the number of its bus word, from the lowest on; the whole register's first."""
    return (0, *(shape.low_bit_at(plan.word_offset) // shape.access_width for plan in plans))
