"""How to write one field and leave its neighbours alone: decided here, once, for each field."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.types import EnumType, FixedPoint, Kind, Masks, Plan
from codegen.schema.policies import ONE_ACTS, READ_EFFECTS, UNWRITABLE, ZERO_ACTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["PULSE_POLICIES", "FieldSpec", "Words", "field_plan", "refusal", "register_masks"]

_LISTED = 4
"""Neighbours named in a refusal."""

# Where writing 0 can mean "no pulse"; on the others a 0 acts, or any write does.
PULSE_POLICIES = frozenset({"rw", "wo", "wrc", "wrs"}) | ONE_ACTS


class FieldSpec(NamedTuple):
    """A field before it is known what its neighbours need."""

    name: str
    lsb: int
    width: int
    access: str
    reset: int
    kind: Kind
    enum: EnumType | None
    fixed: FixedPoint | None
    volatile: bool
    pulse: bool
    description: str

    @property
    def mask(self) -> int:
        """The field's bits in the register."""
        return ((1 << self.width) - 1) << self.lsb


class Words(NamedTuple):
    """How a register is accessed: in words of `access_width` bits, or all of them together where it latches."""

    width: int
    access_width: int
    latched: bool

    def reached(self, mask: int) -> list[int]:
        """Return the masks of the words that an access of these bits takes."""
        step = self.width if self.latched else self.access_width
        if step == self.width:  # nearly every register of a large map
            return [(1 << step) - 1] if mask else []
        words = [((1 << step) - 1) << low for low in range(0, self.width, step)]
        return [word for word in words if word & mask]


def _neutral(spec: FieldSpec, *, shadow: bool) -> str:
    """Return which mask the field's bits belong to when a neighbour is written; "" for zeros."""
    access = spec.access
    if access in UNWRITABLE or access in ONE_ACTS or (spec.pulse and access in PULSE_POLICIES):
        return ""
    if access in ZERO_ACTS:
        return "ones"
    if access == "wo":
        return "last"
    if access == "rw" and not spec.volatile:
        return "last" if shadow else "keep"
    return "guard"


def register_masks(specs: Iterable[FieldSpec], *, shadow: bool) -> Masks:
    """Return the masks of a register; with `shadow` rw bits are written as last written."""
    masks = {"keep": 0, "ones": 0, "last": 0, "guard": 0, "": 0}
    effects = 0
    for spec in specs:
        masks[_neutral(spec, shadow=shadow)] |= spec.mask
        if spec.access in READ_EFFECTS:
            effects |= spec.mask
    return Masks(masks["keep"], masks["ones"], masks["last"], masks["guard"], effects)


def field_plan(spec: FieldSpec, masks: Masks, words: Words) -> Plan:
    """Return how a field is written alone: one write, read and write, refused, or not at all.

    Only what shares a bus word with the field is touched. A word that nothing is kept of is not read.
    """
    if spec.access in UNWRITABLE:
        return "none"
    plan: Plan = "write"
    for word in words.reached(spec.mask):
        others = word & ~spec.mask
        if masks.guard & others:
            return "refused"
        if masks.keep & others:
            if masks.effects & word:
                return "refused"
            plan = "modify"
    return plan


def refusal(spec: FieldSpec, masks: Masks, words: Words, specs: Sequence[FieldSpec]) -> str:
    """Return why a field can't be written alone, naming the fields that would suffer."""
    reached = words.reached(spec.mask)
    others = [other for other in specs if other is not spec and other.mask & sum(reached)]
    guarded = [other for other in others if other.mask & masks.guard]
    if guarded:
        reasons = [f"{other.name} ({other.access}{_volatile(other)})" for other in guarded]
        why = f"{_listed(reasons)} would be changed by any write"
    else:
        read = sum(word for word in reached if masks.keep & word & ~spec.mask)
        kept = [other.name for other in others if other.mask & masks.keep & read]
        changed = [f"{other.name} ({other.access})" for other in specs if other.mask & masks.effects & read]
        why = f"{_listed(kept)} must be read back, and a read changes {_listed(changed)}"
    return f"{why}; write(...) of the whole register remains"


def _volatile(spec: FieldSpec) -> str:
    return ", volatile" if spec.volatile and spec.access == "rw" else ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
