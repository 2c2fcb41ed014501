"""What changed between two maps, by name, and what it means for drivers.

`compatible`: drivers of the old map stay right on the new design. `regenerate`: they don't, but
programs stay as they are with a new driver. `breaking`: programs must change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from codegen.schema.policies import POLICIES
from codegen.views.hardware.hardware_text import hardware_text
from codegen.views.numbers import resets_text
from codegen.views.reference import device_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.blocks.numbering import Axis
    from codegen.model.device import Device
    from codegen.model.hardware.hardware_types import Hardware
    from codegen.model.tree import Dimension
    from codegen.model.types import EnumType
    from codegen.schema.spaces import Card
    from codegen.views.reference import FieldModel, Model, PlaceModel, RegisterModel

__all__ = ["LEVELS", "Change", "compare", "worst_level"]

Level = Literal["compatible", "regenerate", "breaking"]
LEVELS: tuple[Level, ...] = ("compatible", "regenerate", "breaking")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one thing: `what` is a word that stays the same between versions."""

    path: str
    what: str
    old: str
    new: str
    level: Level

    def __str__(self) -> str:
        values = f": {self.old} -> {self.new}" if self.old and self.new else f": {self.old or self.new}"
        return f"{self.level:<10}  {self.path} {self.what}{values if self.old or self.new else ''}"


def worst_level(changes: list[Change]) -> Level:
    """Return the worst level of the changes, compatible when there are none."""
    return max((change.level for change in changes), key=LEVELS.index, default="compatible")


def compare(old: Device, new: Device) -> list[Change]:
    """Return what changed, in the order of the old map, additions last.

    Raises ValueError for a map with too many places.
    """
    before, after = device_model(old), device_model(new)
    changes = [
        *_of_device(before, after),
        *_of_places(before, after),
        *_of_interrupts(before, after),
        *_of_constants(before, after),
        *_of_enums(before, after),
    ]
    return [change for change in changes if change.what != "added"] + [
        change for change in changes if change.what == "added"
    ]


def _of_device(old: Model, new: Model) -> Iterator[Change]:
    if old.name != new.name:
        yield Change(old.name, "renamed", old.name, new.name, "breaking")
    elif (old.module, old.class_name) != (new.module, new.class_name):
        yield Change(old.name, "renamed in Python", old.module, new.module, "breaking")
    if old.card != new.card:
        yield Change(old.name, "card changed", _card(old.card, new.card), _card(new.card, old.card), "regenerate")
    for name in ("afi_ids", "pci", "identity", "clkgen"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(old.name, f"{name} changed", _shown(before), _shown(after), "regenerate")


def _card(card: Card, other: Card) -> str:
    """Return what tells a card from another one: its name, if that does."""
    if card.name not in ("", other.name):
        return card.name
    parts = [f"{bar.pf} BAR {bar.bar} {bar.size:#x}{' prefetchable' if bar.prefetchable else ''}" for bar in card.bars]
    return ", ".join(parts)


def _shown(value: object) -> str:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool) or value is None:
        return "none" if value is None else str(value).lower()
    return f"{value:#x}" if isinstance(value, int) else str(value)


def _of_places(old: Model, new: Model) -> Iterator[Change]:
    before, after = _by_path(old), _by_path(new)
    old_types = {register.name: register for register in old.registers}
    new_types = {register.name: register for register in new.registers}
    for path, place in before.items():
        other = after.get(path)
        if other is None or other.kind != place.kind:
            yield Change(path, "removed", place.kind, "" if other is None else f"now a {other.kind}", "breaking")
            continue
        yield from _of_place(path, place, other)
        if place.kind == "register":
            yield from _of_register(path, old_types[str(place.type)], new_types[str(other.type)])
    for path, place in after.items():
        if path not in before:
            yield Change(path, "added", "", place.kind, "compatible")


def _by_path(model: Model) -> dict[str, PlaceModel]:
    return {".".join(place.names): place for place in model.places}


def _of_place(path: str, old: PlaceModel, new: PlaceModel) -> Iterator[Change]:
    yield from _of_python_name(path, old, new)
    if _address(old) != _address(new):
        yield Change(path, "moved", _address(old), _address(new), "regenerate")
    before, after = _own(old), _own(new)
    if len(before) != len(after):
        yield Change(path, "array changed", _counts(before), _counts(after), "breaking")
    elif [axis.count for axis in before] != [axis.count for axis in after]:
        is_shorter = any(axis.count < was.count for was, axis in zip(before, after, strict=True))
        what = "shortened" if is_shorter else "lengthened"
        yield Change(path, what, _shape(before), _shape(after), "breaking" if is_shorter else "compatible")
    yield from _of_times(path, old, new)
    if old.resets != new.resets:
        yield Change(path, "resets changed", resets_text(old.resets), resets_text(new.resets), "regenerate")
    if old.external != new.external:
        yield Change(path, "external changed", _shown(old.external), _shown(new.external), "compatible")
    if len(before) == len(after):
        for axes in zip(before, after, strict=True):
            yield from _of_numbering(path, *axes)
    if old.kind == "memory":
        yield from _of_memory(path, old, new)


def _of_times(path: str, old: PlaceModel | FieldModel, new: PlaceModel | FieldModel) -> Iterator[Change]:
    """What shares its bits with it, and when; times in words are as descriptions."""
    if old.alternate != new.alternate:
        yield Change(path, "alternate changed", _shown(old.alternate), _shown(new.alternate), "regenerate")
    else:
        before, after = (item.when if isinstance(item.when, tuple) else () for item in (old, new))
        if before != after:
            yield Change(path, "time changed", _time(before), _time(after), "regenerate")


def _time(when: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{name} is {value:#x}" for name, value in when) or "not said"


def _of_numbering(path: str, old: Dimension, new: Dimension) -> Iterator[Change]:
    """Names of more elements are no change: what is longer is told already."""
    count = min(old.count, new.count)
    before, after = old.numbering, new.numbering
    if (before.first, before.index[:count]) != (after.first, after.index[:count]):
        yield Change(path, "elements changed", before.shown(old.count), after.shown(new.count), "breaking")


def _of_python_name(path: str, old: PlaceModel | FieldModel, new: PlaceModel | FieldModel) -> Iterator[Change]:
    if old.python_name != new.python_name:
        yield Change(path, "renamed in Python", old.python_name, new.python_name, "breaking")


def _address(place: PlaceModel) -> str:
    steps = "".join(f" + {dimension.stride:#x} each" for dimension in place.dimensions)
    return f"{place.space} {place.offset:#x}{steps}"


def _own(place: PlaceModel) -> tuple[Dimension, ...]:
    """Return an array's own dimensions."""
    return place.dimensions[len(place.dimensions) - place.rank :]


def _shape(dimensions: tuple[Dimension, ...]) -> str:
    return " x ".join(str(dimension.count) for dimension in dimensions)


def _counts(dimensions: tuple[Dimension, ...]) -> str:
    return f"array of {_shape(dimensions)}" if dimensions else "no array"


def _count(count: int | None) -> str:
    return "no array" if count is None else f"array of {count}"


def _of_memory(path: str, old: PlaceModel, new: PlaceModel) -> Iterator[Change]:
    if old.size != new.size:
        is_smaller = new.size < old.size
        what = "narrowed" if is_smaller else "widened"
        yield Change(path, what, f"{old.size} bytes", f"{new.size} bytes", "breaking" if is_smaller else "regenerate")
    if old.width != new.width:
        yield Change(path, "word width changed", f"{old.width} bits", f"{new.width} bits", "breaking")
    if old.access_width != new.access_width:
        bits = f"{old.access_width} bits", f"{new.access_width} bits"
        yield Change(path, "access_width changed", *bits, "regenerate")
    yield from _access(path, old.access, new.access)


def _access(path: str, old: str, new: str) -> Iterator[Change]:
    """Only what becomes freely readable and writable leaves programs as they are."""
    if old != new:
        level: Level = "regenerate" if POLICIES[new].only_adds_to(POLICIES[old]) else "breaking"
        yield Change(path, "access changed", old, new, level)


def _of_register(path: str, old: RegisterModel, new: RegisterModel) -> Iterator[Change]:
    if old.width != new.width:
        is_narrower = new.width < old.width
        level: Level = "breaking" if is_narrower else "regenerate"
        yield Change(path, "narrowed" if is_narrower else "widened", f"{old.width} bits", f"{new.width} bits", level)
    for name in ("access_width", "words", "endian", "shadow"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(path, f"{name} changed", str(before), str(after), "regenerate")
    if old.protocol != new.protocol:
        yield Change(path, "rules of writes changed", old.protocol, new.protocol, "regenerate")
    before_reset, after_reset = (_outside(register.reset, register) for register in (old, new))
    if old.width == new.width and _outside(before_reset, new) != _outside(after_reset, old):
        what = "reset of bits of no field changed"
        yield Change(path, what, f"{before_reset:#x}", f"{after_reset:#x}", "regenerate")
    before_fields = {field.name: field for field in old.fields}
    after_fields = {field.name: field for field in new.fields}
    for name, field in before_fields.items():
        other = after_fields.get(name)
        if other is None:
            yield Change(f"{path}.{name}", "removed", _bits(field), "", "breaking")
        else:
            yield from _of_field(f"{path}.{name}", field, other)
    for name, field in after_fields.items():
        if name not in before_fields:
            # An old driver gives bits that it doesn't know what it has read there, or their reset.
            level = "regenerate" if field.writable else "compatible"
            yield Change(f"{path}.{name}", "added", "", _bits(field), level)


def _outside(bits: int, register: RegisterModel) -> int:
    """Return those of these bits that no field of the register has."""
    for field in register.fields:
        bits &= ~field.mask
    return bits


def _of_field(path: str, old: FieldModel, new: FieldModel) -> Iterator[Change]:
    yield from _of_python_name(path, old, new)
    if new.width < old.width:
        yield Change(path, "narrowed", _bits(old), _bits(new), "breaking")
    elif new.width > old.width:
        yield Change(path, "widened", _bits(old), _bits(new), "regenerate")
    elif new.lsb != old.lsb:
        yield Change(path, "moved", _bits(old), _bits(new), "regenerate")
    yield from _access(path, old.access, new.access)
    yield from _of_axis(path, old.array, new.array)
    if old.shown_reset != new.shown_reset:
        # A program that counts on a value has to give one now.
        level: Level = "breaking" if new.unknown & ~old.unknown else "regenerate"
        yield Change(path, "reset changed", old.shown_reset.lower(), new.shown_reset.lower(), level)
    if old.coding != new.coding:
        yield Change(path, "format changed", old.meaning, new.meaning, "breaking")
    elif old.range != new.range:
        level = "regenerate" if _is_within(old, new) else "breaking"
        yield Change(path, "range changed", old.range or "all that fit", new.range or "all that fit", level)
    yield from _of_flags(path, old, new)
    before, after = (hardware_text(field.hardware) or "not said" for field in (old, new))
    if before != after:
        yield Change(path, "hardware's side changed", before, after, _kept(old.hardware, new.hardware))
    if (old.access, old.pulse) == (new.access, new.pulse) and old.idle != new.idle:
        yield Change(path, "idle changed", str(old.idle).lower(), str(new.idle).lower(), "regenerate")
    if new.plan == "refused" and old.plan not in ("refused", "none") and old.access == new.access:
        yield Change(path, "writing alone refused", old.plan, new.refusal, "breaking")


def _is_within(old: FieldModel, new: FieldModel) -> bool:
    """Return whether all that could be written still can."""
    if new.low is None or new.high is None:
        return True
    return old.low is not None and old.high is not None and new.low <= old.low and old.high <= new.high


def _kept(old: Hardware | None, new: Hardware | None) -> Level:
    """Programs count on what a counter does, and on what stays until they clear it."""
    promised = [] if old is None else [(old.counter, new and new.counter), (old.sticky, new and new.sticky)]
    return "breaking" if any(before not in (None, after) for before, after in promised) else "compatible"


def _of_flags(path: str, old: FieldModel, new: FieldModel) -> Iterator[Change]:
    yield from _of_times(path, old, new)
    for name in ("volatile", "writeback", "pulse", "alias"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(path, f"{name} changed", str(before).lower(), str(after).lower(), "regenerate")


def _of_axis(path: str, old: Axis | None, new: Axis | None) -> Iterator[Change]:
    if old is None or new is None:
        if old is not new:
            before, after = (_count(None if axis is None else axis.count) for axis in (old, new))
            yield Change(path, "array changed", before, after, "breaking")
        return
    if old.labels != new.labels:
        is_longer = set(old.labels) <= set(new.labels)
        level: Level = "compatible" if is_longer and new.labels[: old.count] == old.labels else "breaking"
        yield Change(path, "elements changed", _shown(old.labels), _shown(new.labels), level)
    if old.stride != new.stride:
        yield Change(path, "stride changed", str(old.stride), str(new.stride), "regenerate")


def _bits(field: FieldModel) -> str:
    return f"bits {field.msb}:{field.lsb}" if field.width > 1 else f"bit {field.lsb}"


def _of_interrupts(old: Model, new: Model) -> Iterator[Change]:
    before = {interrupt.name: interrupt for interrupt in old.interrupts}
    after = {interrupt.name: interrupt for interrupt in new.interrupts}
    for name, interrupt in before.items():
        path, other = f"interrupts.{name}", after.get(name)
        if other is None:
            yield Change(path, "removed", "interrupt", "", "breaking")
            continue
        for key in ("line", "status", "enable", "disable", "clear"):
            one, two = (getattr(item, key) for item in (interrupt, other))
            if one != two:
                level: Level = "breaking" if two is None else "regenerate"
                yield Change(path, f"{key} changed", _shown(one), _shown(two), level)
    for name in after:
        if name not in before:
            yield Change(f"interrupts.{name}", "added", "", "interrupt", "compatible")


def _of_constants(old: Model, new: Model) -> Iterator[Change]:
    before = {constant.name: constant.value for constant in old.constants}
    after = {constant.name: constant.value for constant in new.constants}
    for name, value in before.items():
        if name not in after:
            yield Change(name, "removed", "constant", "", "breaking")
        elif after[name] != value:
            yield Change(name, "value changed", str(value), str(after[name]), "regenerate")
    for name in after:
        if name not in before:
            yield Change(name, "added", "", "constant", "compatible")


def _of_enums(old: Model, new: Model) -> Iterator[Change]:
    before = {enum.name: enum for enum in old.enums}
    after = {enum.name: enum for enum in new.enums}
    for name, enum in before.items():
        if name not in after:
            yield Change(name, "removed", "enum", "", "breaking")
        else:
            if enum.is_open != after[name].is_open:
                level: Level = "breaking" if enum.is_open else "regenerate"
                yield Change(name, "closed" if enum.is_open else "opened", "", "", level)
            yield from _of_members(enum, after[name])
    for name in after:
        if name not in before:
            yield Change(name, "added", "", "enum", "compatible")


def _of_members(old: EnumType, new: EnumType) -> Iterator[Change]:
    before = {member.name: member.value for member in old.members}
    after = {member.name: member.value for member in new.members}
    for name, value in before.items():
        path = f"{old.name}.{name}"
        if name not in after:
            yield Change(path, "removed", str(value), "", "breaking")
        elif after[name] != value:
            yield Change(path, "value changed", str(value), str(after[name]), "regenerate")
    for name, value in after.items():
        if name not in before:
            yield Change(f"{old.name}.{name}", "added", "", str(value), "regenerate")
