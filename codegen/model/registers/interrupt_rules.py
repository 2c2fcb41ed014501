"""The interrupts of a map: which fields tell of one, let it through and clear it, and what is written to those."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.hardware.hardware_types import Interrupt, InterruptWrite
from codegen.model.paths import register_at
from codegen.model.registers.neighbours import Words
from codegen.schema.policies import POLICIES

if TYPE_CHECKING:
    from codegen.model.types import BlockType, FieldType, RegisterType
    from codegen.schema.entries import DeviceMap, InterruptEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["find_interrupts"]


class _Found(NamedTuple):
    path: str
    register: RegisterType
    field: FieldType


def find_interrupts(device: DeviceMap, root: BlockType, source: Source, findings: Findings) -> tuple[Interrupt, ...]:
    """Return the interrupts whose fields are there and do what is asked of them."""
    finder = _Finder(root, source, findings)
    found = [finder.interrupt(name, entry) for name, entry in device.interrupts.items()]
    return tuple(interrupt for interrupt in found if interrupt is not None)


class _Finder:
    def __init__(self, root: BlockType, source: Source, findings: Findings) -> None:
        self._root, self._source, self._findings = root, source, findings

    def interrupt(self, name: str, entry: InterruptEntry) -> Interrupt | None:
        path: Path = ("interrupts", name)
        status = self._field(entry.status, (*path, "status"))
        if status is not None:
            self._check_status(status, (*path, "status"))
        enable = self._write(entry.enable, "set", "", (*path, "enable"))
        off = entry.disable or (entry.enable if enable is not None and self._stores(entry.enable) else None)
        disable = self._write(off, "clear", entry.enable or "", (*path, "disable" if entry.disable else "enable"))
        clear = self._write(entry.clear, "clear", entry.status, (*path, "clear"))
        if status is None:
            return None
        return Interrupt(name, entry.line, status.path, enable, disable, clear, entry.description)

    def _stores(self, path: str | None) -> bool:
        found = self._at(path or "")
        return found is not None and POLICIES[found.field.access].stores and not found.field.pulse

    def _at(self, path: str) -> _Found | None:
        above, _, name = path.rpartition(".")
        register = register_at(self._root, above) if above else None
        field = next((field for field in register.fields if _is_named(field, name)), None) if register else None
        return None if register is None or field is None else _Found(path, register, field)

    def _field(self, path: str, where: Path) -> _Found | None:
        found = self._at(path)
        if found is None:
            # With parts of the map refused, it may have been among them.
            if not self._source.dropped:
                hint = "Give the dotted path of a field, array elements as name[0]."
                self._add(where, "unknown-field", f"no field {path!r}", hint)
        elif found.field.width != 1 or found.field.kind not in ("unsigned", "bool"):
            message = f"{path} is no plain bit"
            self._add(where, "interrupt-bit", message, "Choose a field of one bit without an enum.")
            return None
        return found

    def _check_status(self, status: _Found, where: Path) -> None:
        field, register = status.field, status.register
        if not POLICIES[field.access].readable:
            self._add(where, "interrupt-status", f"{status.path} can't be read", "Choose a readable field.")
            return
        cut = Words(register.width, register.word_bits, register.words == "latched")
        changed = [
            other.name
            for other in register.fields
            if POLICIES[other.access].read_acts and any(word & other.mask for word in cut.reached(field.mask))
        ]
        if changed:
            message = f"reading {status.path} changes {', '.join(changed[:4])}: asking for it would lose it"
            hint = "Choose a status that reading leaves alone; programs can read this register themselves."
            self._add(where, "interrupt-status", message, hint)

    def _write(self, path: str | None, effect: str, own: str, where: Path) -> InterruptWrite | None:
        """Return the write of a field that sets or clears. `own`: the path of what is to be cleared."""
        found = self._field(path, where) if path else None
        if found is None:
            return None
        value = _value(found.field, effect, is_own=found.path == own or effect == "set")
        if value is None:
            does = "sets" if effect == "set" else "clears"
            message = f"no write of {found.path} ({found.field.access}) {does} something"
            hint = f"Choose a field of which a written 1 or 0 {does} it; a command is access: wo with idle, or a pulse."
            self._add(where, "interrupt-write", message, hint)
            return None
        if found.field.plan not in ("write", "modify", "alias"):
            message = f"{found.path} can't be written alone: {found.field.refusal or 'it is read-only'}"
            self._add(where, "interrupt-write", message, "Choose a field that can.")
            return None
        return InterruptWrite(found.path, value)

    def _add(self, where: Path, rule: str, message: str, hint: str) -> None:
        self._findings.add(self._source, where, rule, message, hint)


def _is_named(field: FieldType, name: str) -> bool:
    """Return whether a field, or an element of an array, is called so."""
    if field.array is None:
        return field.name == name
    return name in {f"{field.name}[{label}]" for label in field.array.labels}


def _value(field: FieldType, effect: str, *, is_own: bool) -> int | None:
    """Return the bit whose write has this effect; what is no own bit acts as a command."""
    policy = POLICIES[field.access]
    if policy.once:
        return None
    if field.pulse or (policy.is_blind and field.idle in (0, 1)):
        return 0 if field.idle == 1 else 1
    if policy.stores:
        return (1 if effect == "set" else 0) if is_own else None
    return next((bit for bit, does in ((1, policy.one), (0, policy.zero)) if does == effect), None)
