"""SystemRDL: a field of a map as properties of a field there, and what of it these do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.schema.policies import POLICIES
from codegen.views.told.map_facts import field_facts, left_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from codegen.model.hardware.hardware_types import Hardware
    from codegen.views.field_model import FieldModel

__all__ = ["RdlAccess", "access_of", "can_hold", "field_notes", "is_single_pulse", "meaning_of", "side_of"]

_SOFTWARE = {
    (True, True, False): "rw",
    (True, True, True): "rw1",
    (True, False, False): "r",
    (False, True, False): "w",
    (False, True, True): "w1",
}
_READS = {"clear": "rclr", "set": "rset"}
_WRITES = {
    "one_sets": "woset",
    "one_clears": "woclr",
    "one_toggles": "wot",
    "zero_sets": "wzs",
    "zero_clears": "wzc",
    "zero_toggles": "wzt",
    "clears": "wclr",
    "sets": "wset",
}
_PULSES = ("value", "one_sets")
_HELD = frozenset({"access", "title", "enum", "format", "unit", "scale", "volatile"})


class RdlAccess(NamedTuple):
    """What software may do: the value of `sw`, and further properties."""

    sw: str
    properties: tuple[str, ...]


def can_hold(field: FieldModel) -> bool:
    """Return whether SystemRDL can have a field: software does something with it, and it is no other one's view."""
    return (field.readable or field.writable) and field.alternate is None


def access_of(field: FieldModel) -> RdlAccess:
    """Return what software does to a field."""
    sw = _SOFTWARE[field.readable, field.writable, field.once]
    properties = [f"onread = {_READS[field.read]}"] if field.read in _READS else []
    if field.write in _WRITES:
        properties.append(f"onwrite = {_WRITES[field.write]}")
    return RdlAccess(sw, tuple(properties))


def side_of(field: FieldModel) -> tuple[tuple[str, ...], bool]:
    """Return the properties of the hardware's side, and whether these say all that the map says of it."""
    hardware = field.hardware
    if hardware is None:
        # Nothing is said but whether hardware changes it.
        plain = "r" if not field.volatile else "rw" if field.writable else "w"
        return (f"hw = {plain}",), True
    if hardware.counter is not None:
        counts = [f"{key} = {step}" for key in ("incrvalue", "decrvalue") if (step := getattr(hardware.counter, key))]
        if hardware.counter.saturate:
            counts += [f"{key[:4]}saturate" for key in ("incrvalue", "decrvalue") if getattr(hardware.counter, key)]
        return (f"hw = {'r' if hardware.hw == 'both' else 'na'}", "counter", *counts), True
    words = {"none": "na", "read": "r", "write": "w", "both": "rw", "set": "r", "clear": "r"}
    hw = words[hardware.hw]
    is_whole = not (hw == "w" and not field.readable)  # nobody could read it, which SystemRDL refuses
    properties = [f"hw = {hw if is_whole else 'rw'}"]
    properties += {"set": ["hwset"], "clear": ["hwclr"]}.get(hardware.hw, [])
    stays = _stays(hardware)
    if hardware.we and not stays and hardware.intr is None:
        properties.append("we")
    elif hardware.we:
        is_whole = False
    if hardware.intr not in (None, "level") and hardware.sticky == "field":
        is_whole, stays = False, ()
    return (*properties, *stays, *_interrupt(hardware)), is_whole


def _stays(hardware: Hardware) -> tuple[str, ...]:
    if hardware.sticky == "field":
        return ("sticky",)
    return ("stickybit",) if hardware.sticky == "bit" and hardware.intr is None else ()


def _interrupt(hardware: Hardware) -> tuple[str, ...]:
    if hardware.intr is None:
        return ()
    if hardware.intr == "level":
        return ("intr",) if hardware.sticky else ("nonsticky intr",)
    return (f"{hardware.intr} intr",)


def is_single_pulse(field: FieldModel) -> bool:
    """Return whether SystemRDL's singlepulse is what the map means by a pulse."""
    is_plain = field.width == 1 and not field.reset and not field.unknown and field.idle in (None, 0)
    return field.pulse and is_plain and field.write in _PULSES and not field.once


def _format(field: FieldModel) -> str:
    """Return a format as `hal_format` has it: signed, float32, or fixed(unsigned, 4); empty where it says nothing."""
    if field.kind in {"unsigned", "enum"}:
        return ""
    if field.kind == "float":
        return f"float{field.width}"
    if field.kind != "fixed":
        return field.kind
    return f"fixed({'signed' if field.signed else 'unsigned'}, {field.fraction_bits})"


def meaning_of(field: FieldModel) -> Iterator[tuple[str, str]]:
    """Yield the properties that are hal's own, by name, with their texts."""
    if _format(field):
        yield "hal_format", _format(field)
    if field.unit:
        yield "hal_unit", field.unit
    if field.scale != 1:
        yield "hal_scale", repr(field.scale)
    if field.offset:
        yield "hal_offset", repr(field.offset)
    if _has_idle(field):
        yield "hal_idle", str(field.idle or 0)


def _has_idle(field: FieldModel) -> bool:
    """Return whether it needs an idle value: nobody can read it back, and singlepulse does not say it."""
    is_said = field.idle is not None or field.pulse
    return is_said and POLICIES[field.access].is_blind and not is_single_pulse(field)


def field_notes(field: FieldModel, carried: Collection[str] = ()) -> str:
    """Return the comment of what is not said of a field; `carried`: keys that are said elsewhere."""
    held = {*_HELD, *carried}
    if side_of(field)[1]:
        held.add("hardware")
    if is_single_pulse(field):
        held.add("pulse")
    if _has_idle(field):
        held.add("idle")
    return left_out("SystemRDL", field_facts(field), held)
