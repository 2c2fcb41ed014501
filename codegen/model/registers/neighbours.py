"""How to write one field and leave its neighbours alone: decided here, once, for each field."""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.types import FieldType, Masks, Plan
from codegen.quick_tuples import quick
from codegen.schema.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from codegen.schema.vocabulary import Idle

__all__ = ["Planned", "Words", "WritePlans", "goes_stale"]

_MASK_OF_IDLE: dict[Idle | None, str] = {0: "", 1: "ones", "last": "last", None: "last"}
"""Without `idle`, no other field of the register can be written: "last" is what a reset of the register goes by."""

_WORST_FIRST: tuple[Plan, ...] = ("refused", "modify", "write")

_SPARED = ("modify", "refused")
"""Plans that a register which sets bits, and one which clears them, are better than."""

_LISTED = 4
"""Neighbours named in a refusal."""


Planned = tuple["Plan", str, "tuple[str, ...]"]
"""How a field is written, why it is not, and what that overwrites."""

_field_type = quick(FieldType)
_PLAN = FieldType._fields.index("plan")
"""Where a field's plan stands; why it is none, and what it overwrites, come after it."""

_LAYOUT = attrgetter("name", "lsb", "width", "access", "volatile", "writeback", "pulse", "idle", "array")
"""What plans follow from."""


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


@cache
def _mask_of(access: str, idle: Idle | None, *, writeback: bool, pulse: bool, shadow: bool) -> str:
    """Return which mask a field's bits belong to when a neighbour is written; "" for zeros."""
    policy = POLICIES[access]
    if pulse and policy.can_pulse:
        return "ones" if idle == 1 else ""
    if not policy.writable or policy.one_acts:
        return ""
    if policy.zero_acts:
        return "ones"
    if policy.is_blind:
        return _MASK_OF_IDLE[idle]
    if policy.holds and writeback:
        return "last" if shadow else "keep"
    return "guard"


class WritePlans:
    """Works out how fields are written, once for registers whose fields lie and behave alike."""

    def __init__(self) -> None:
        self._by_layout: dict[tuple[object, ...], tuple[Masks, list[Planned]]] = {}
        self._planned: dict[tuple[int, int], tuple[FieldType, FieldType]] = {}
        self._same: dict[Planned, Planned] = {}
        self._fields: dict[FieldType, FieldType] = {}
        self._layouts: dict[int, tuple[FieldType, int]] = {}
        self._numbers: dict[tuple[object, ...], int] = {}

    def of(
        self, fields: Sequence[FieldType], words: Words, *, shadow: bool, masked: bool, via: bool
    ) -> tuple[Masks, tuple[FieldType, ...]]:
        """Return the masks of a register with these fields, and the fields with their plans.

        `masked`: a write says which bits it is for. `via`: other registers set and clear bits of this one. Fields that
        are one object stay so.
        """
        known = self._layouts
        numbers = [known[id(field)][1] if id(field) in known else self._layout_of(field) for field in fields]
        layout = (words, shadow, masked, via, *numbers)
        found = self._by_layout.get(layout)
        if found is None:
            masks, plans = _plans(fields, words, shadow=shadow, masked=masked, via=via)
            found = self._by_layout[layout] = masks, [self._same.setdefault(plan, plan) for plan in plans]
        masks, plans = found
        return masks, self._with_plans(fields, plans)

    def one(self, planned: FieldType) -> FieldType:
        """Return the first of the fields with a plan that equal this one."""
        return self._fields.setdefault(planned, planned)

    def _layout_of(self, field: FieldType) -> int:
        """Return a number that fields have in common that lie and behave alike."""
        number = self._numbers.setdefault(_LAYOUT(field), len(self._numbers))
        self._layouts[id(field)] = field, number  # the field stays, and so does its id
        return number

    def _with_plans(self, fields: Sequence[FieldType], plans: Sequence[Planned]) -> tuple[FieldType, ...]:
        known, pairs = self._planned, zip(fields, plans, strict=True)
        return tuple([(known.get((id(field), id(plan))) or self._with_plan(field, plan))[1] for field, plan in pairs])

    def _with_plan(self, field: FieldType, plan: Planned) -> tuple[FieldType, FieldType]:
        planned = self.one(_field_type((*field[:_PLAN], *plan, *field[_PLAN + 3 :])))
        found = self._planned[id(field), id(plan)] = field, planned  # the field stays, and so does its id
        return found


def _plans(
    fields: Sequence[FieldType], words: Words, *, shadow: bool, masked: bool, via: bool
) -> tuple[Masks, list[Planned]]:
    masks = _register_masks(fields, words, shadow=shadow)
    if masked:
        masks = Masks(0, 0, 0, 0, masks.effects)
    plans: list[Planned] = []
    for field in fields:
        plan = _plan(field, masks, words)
        if via and not masks.last and plan in _SPARED and POLICIES[field.access].stores:
            plan = "alias"
        why = _refusal(field, masks, words, fields) if plan == "refused" else ""
        overwrites = _overwrites(field, masks, words, fields) if plan == "modify" else ()
        plans.append((plan, why, overwrites))
    return masks, plans


def _register_masks(fields: Iterable[FieldType], words: Words, *, shadow: bool) -> Masks:
    """Return the masks of a register; with `shadow` rw bits and bits of no field are written as last written."""
    masks = {"keep": 0, "ones": 0, "last": 0, "guard": 0, "": 0, "ignored": 0}
    effects = declared = 0
    for field in fields:
        name = _mask_of(field.access, field.idle, writeback=field.writeback, pulse=field.pulse, shadow=shadow)
        mask, policy = field.mask, POLICIES[field.access]
        if not policy.writable:
            name = "ignored"  # an alternate of these bits may need more
        elif mask & declared:
            # Of bits that alternates do not agree on, nobody knows what leaves them alone.
            disputed = mask & _others(masks, name)
            for other in masks:
                masks[other] &= ~disputed
            masks["guard"] |= disputed
        masks[name] |= mask & ~masks["guard"]
        declared |= mask
        if policy.read_acts:
            effects |= mask
    if shadow and masks["last"]:
        masks["last"] |= ((1 << words.width) - 1) & ~declared
    return Masks(masks["keep"], masks["ones"], masks["last"], masks["guard"], effects)


def _others(masks: Mapping[str, int], name: str) -> int:
    bits = 0
    for other, mask in masks.items():
        bits |= mask if other not in (name, "ignored") else 0
    return bits


def goes_stale(field: FieldType) -> bool:
    """Return whether the field's last written value says nothing of what a write must give back."""
    return field.volatile and POLICIES[field.access].holds and not field.pulse


def _plan(field: FieldType, masks: Masks, words: Words) -> Plan:
    """Return how a field is written alone: one write, read and write, refused, or not at all.

    Only what shares a bus word with the field is touched. A word that nothing is kept of is not read.
    """
    if not POLICIES[field.access].writable:
        return "none"
    if field.array is None:
        return _plan_of(field.mask, masks, words)
    # Elements in the same words have the same neighbours: each other, and what is no element.
    step = words.width if words.latched else words.access_width
    top = field.width - 1
    firsts = {(at // step, (at + top) // step): at for at in reversed(field.element_lows)}
    own = (1 << field.width) - 1
    plans = {_plan_of(own << at, masks, words) for at in firsts.values()}
    return next(plan for plan in _WORST_FIRST if plan in plans)


def _plan_of(mask: int, masks: Masks, words: Words) -> Plan:
    """Return how these bits are written alone."""
    plan: Plan = "write"
    for word in words.reached(mask):
        others = word & ~mask
        if masks.guard & others:
            return "refused"
        if masks.keep & others:
            if masks.effects & word:
                return "refused"
            plan = "modify"
    return plan


def _overwrites(field: FieldType, masks: Masks, words: Words, fields: Sequence[FieldType]) -> tuple[str, ...]:
    """Return the volatile fields that a write of this one reads and writes back."""
    volatile = [other for other in fields if other.volatile]
    if not volatile:
        return ()
    kept = masks.keep & sum(words.reached(field.mask)) & ~_alone(field)
    return tuple(other.name for other in volatile if other.mask & kept)


def _alone(field: FieldType) -> int:
    """Return the bits that a write of it alone is sure to be of: none of an array, whose elements are neighbours."""
    return 0 if field.array is not None else field.mask


def _refusal(field: FieldType, masks: Masks, words: Words, fields: Sequence[FieldType]) -> str:
    """Return why a field can't be written alone, naming the fields that would suffer."""
    reached = words.reached(field.mask)
    others = [other for other in fields if (other is not field or field.array) and other.mask & sum(reached)]
    guarded = [other for other in others if other.mask & masks.guard]
    if guarded:
        reasons = [f"{other.name} ({other.access}{_unread(other)})" for other in guarded]
        why = f"{_listed(reasons)} would be changed by any write"
    else:
        read = sum(word for word in reached if masks.keep & word & ~_alone(field))
        kept = [other.name for other in others if other.mask & masks.keep & read]
        changed = [f"{other.name} ({other.access})" for other in fields if other.mask & masks.effects & read]
        why = f"{_listed(kept)} must be read back, and a read changes {_listed(changed)}"
    return f"{why}; write(...) of the whole register remains"


def _unread(field: FieldType) -> str:
    return "" if field.writeback else ", writeback: false"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
