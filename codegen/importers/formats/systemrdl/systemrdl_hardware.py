"""SystemRDL: what hardware does to a field, and what locks it, in the words of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from systemrdl.node import FieldNode, RegNode
from systemrdl.rdltypes.builtin_enums import AccessType

from codegen.importers.described.description import Condition
from codegen.importers.formats.systemrdl.systemrdl_properties import number_format

if TYPE_CHECKING:
    from systemrdl.node import Node

__all__ = ["HardwareSide", "field_path", "hardware_of", "lock_of"]

_COUNTER = ("counter", "incrvalue", "decrvalue", "incrsaturate", "decrsaturate", "saturate")
_WRITERS = (AccessType.w, AccessType.rw)


class HardwareSide(NamedTuple):
    """Keys of a map; the properties that they say; and what is said in another way, by the property it is of."""

    keys: dict[str, object]
    said: frozenset[str]
    notes: tuple[tuple[str, str], ...] = ()


def hardware_of(node: FieldNode) -> HardwareSide:
    """Return what hardware does to a field beside writing it each cycle."""
    if node.get_property("counter"):
        counter = _counter_of(node)
        if counter is not None:
            return counter
    keys: dict[str, object] = {}
    said: set[str] = set()
    hardware_writes = node.get_property("hw") in _WRITERS
    if node.get_property("intr"):
        kind = getattr(node.get_property("intr type"), "name", "level")
        keys["intr"] = kind
        said |= {"intr", "intr type", "sticky", "stickybit"}
        sticky = _sticky(node)
        if sticky != "bit":
            keys["sticky"] = sticky if sticky == "field" or kind == "level" else "bit"
    elif _sticky(node) != "none":
        keys["sticky"] = _sticky(node)
        said |= {"sticky", "stickybit"}
    enables = [name for name in ("we", "wel") if node.get_property(name) not in (None, False)]
    if enables and hardware_writes:
        keys["we"] = True
        said |= set(enables)
    sets = [name for name in ("hwset", "hwclr") if node.get_property(name) not in (None, False)]
    if len(sets) == 1 and not hardware_writes and not keys.keys() - {"sticky"} and (sets == ["hwset"] or not keys):
        keys["hw"] = "set" if sets == ["hwset"] else "clear"
        said |= set(sets)
    elif keys and node.get_property("hw") is AccessType.rw:
        keys["hw"] = "both"
    return HardwareSide(keys, frozenset(said))


def _sticky(node: FieldNode) -> str:
    return "field" if node.get_property("sticky") else "bit" if node.get_property("stickybit") else "none"


def _counter_of(node: FieldNode) -> HardwareSide | None:
    """Return a counter of constant steps; None of another one."""
    others = ("we", "wel", "sticky", "stickybit", "intr", "singlepulse", "encode", "incrwidth", "decrwidth")
    if any(node.get_property(name) not in (None, False) for name in others):
        return None
    if node.get_property("hal_format", default=None) not in (None, "unsigned") or number_format(node) is not None:
        return None
    most = (1 << node.width) - 1
    counter: dict[str, object] = {}
    notes: list[tuple[str, str]] = []
    saturates: list[bool] = []
    for key, is_there, step_name, limit_name, end in (
        ("up", node.is_up_counter, "incrvalue", "incrsaturate", most),
        ("down", node.is_down_counter, "decrvalue", "decrsaturate", 0),
    ):
        if not is_there:
            continue
        step = node.get_property(step_name)
        step = 1 if step is None else step
        if not _is_number(step) or not 0 < step <= most:
            return None
        counter[key] = step
        limit = node.get_property(limit_name)
        saturates.append(limit not in (None, False))
        if limit not in (None, False, True) and limit != end:
            shown = str(limit) if _is_number(limit) else "a value of the hardware's"
            notes.append((limit_name, f"{limit_name} is {shown}: the counter stops at {end} here"))
    if any(saturates):
        counter["saturate"] = True
        if not all(saturates):
            notes.append(("counter", "the counter saturates at one of its ends: at both here"))
    keys: dict[str, object] = {"counter": counter}
    if node.get_property("hw") is AccessType.rw:
        keys["hw"] = "both"
    return HardwareSide(keys, frozenset(_COUNTER), tuple(notes))


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def lock_of(node: FieldNode, register: RegNode) -> tuple[Condition | None, str]:
    """Return what has to be so for a write by software to pass, and the property that says it; else None."""
    for name, value in (("swwe", 1), ("swwel", 0)):
        enable = node.get_property(name)
        if isinstance(enable, FieldNode) and enable.width == 1:
            path = field_path(enable, register.parent)
            if path is not None:
                return Condition(path, value), name
    return None, ""


def field_path(node: FieldNode, around: Node | None) -> str | None:
    """Return the path of a field from what holds it; None where it is elsewhere, or in an array."""
    if around is None:
        return None
    names: list[str] = []
    step: Node | None = node
    while step is not None and step.get_path() != around.get_path():
        names.append(step.inst_name)
        if getattr(step, "is_array", False):
            return None
        step = step.parent
    return None if step is None else ".".join(reversed(names))
