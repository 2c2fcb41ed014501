"""Registers that show another register's bits: what they inherit, and which of them set and clear a register's bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.model.blocks.child_arrays import counts_of
from codegen.model.hardware.hardware_rules import own_access
from codegen.model.registers.entry_facts import CONTENT_KEYS, field_of
from codegen.model.registers.rule_types import Alias
from codegen.schema.direct.scalar_rules import BitRange
from codegen.schema.guesses import closest
from codegen.schema.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codegen.schema.entries import FieldEntry, RegisterEntry, RegisterTypeEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["Aliases", "Ways"]

_BITWISE = ("one_", "zero_")
_ACCESS_HINT = "Use w1s, w1c or w1t, or {read: ..., write: one_sets}: an alias sets, clears or toggles bits."


class Ways(NamedTuple):
    """The registers of a block where a 1 sets, and where it clears, bits of one of them."""

    set_by: Alias
    clear_by: Alias


class Aliases:
    """What aliases mean among the registers of one block."""

    def __init__(
        self,
        registers: Mapping[str, RegisterEntry],
        type_of: Callable[[RegisterEntry], RegisterTypeEntry | None],
        source: Source,
        path: Path,
        findings: Findings,
    ) -> None:
        """Take the registers, how one finds the type of one of them, and where they stand."""
        self._written = registers
        self._registers = {
            name: entry if entry.type is None else _whole(entry, type_of(entry)) for name, entry in registers.items()
        }
        self._source, self._path, self._findings = source, path, findings

    def entries(self) -> Iterator[tuple[str, RegisterEntry, Ways | None]]:
        """Yield the registers by name, aliases with the fields that they inherit."""
        for name, written in self._written.items():
            whole = self._registers[name]
            if whole.via is None is whole.alias and not _has_alias(whole):
                yield name, written, None
                continue
            ways = self._ways(name, whole)
            entry = self._entry(name, whole)
            is_own = ways is not None or written.alias is not None
            yield name, entry if is_own else written, ways

    def _entry(self, name: str, entry: RegisterEntry) -> RegisterEntry:
        for key, field in entry.fields.items():
            if field.alias is not None:
                self._check_field(name, entry, key, field)
        if entry.alias is None:
            return entry
        target = self._target(entry.alias, name, "alias")
        if target is None:
            return entry
        wanted = {"fields": {}, "width": 32, "access_width": None, "words": None, "endian": None, "reset": None}
        own = [key for key, default in wanted.items() if getattr(entry, key) != default]
        if own:
            message = f"an alias has the {own[0]} of {entry.alias!r}"
            self._add((name, own[0]), "bad-alias", message, f"Remove {own[0]}.", at_key=True)
        if counts_of(entry) != counts_of(target) or (counts_of(entry) and entry.stride != target.stride):
            message = f"{entry.alias!r} is {_array(target)}, and its alias is {_array(entry)}"
            self._add((name, "alias"), "bad-alias", message, "Give both the same count and stride.")
        if not self._is_bitwise(entry.access, (name, "access") if entry.access else (name, "alias")):
            return entry
        array = next((key for key, field in _fields_of(target).items() if field.count is not None), None)
        if array is not None:
            message = f"field {array!r} of {entry.alias!r} is an array, whose elements have no aliases"
            self._add((name, "alias"), "bad-alias", message, "Write its elements as single fields.")
            return entry
        # Rules of its writes are its own.
        kept = ("offset", "count", "stride", "first", "index", "description", "python", "alias", "alternate", "when")
        rules = ("access", "lock", "unlock", "write_twice", "write_mask")
        own_entry = {key: getattr(entry, key) for key in (*kept, *rules)}
        fields = {key: _aliased(entry, target, key, field) for key, field in _fields_of(target).items()}
        return target.model_copy(update={**own_entry, "fields": fields, "shadow": False, "via": None})

    def _is_bitwise(self, access: str | None, path: Path) -> bool:
        if access is not None and POLICIES[access].write.startswith(_BITWISE) and not POLICIES[access].once:
            return True
        if not self._findings.refused((*self._path, *path)):
            message = f"an alias with access {access or 'rw'} is no way to set, clear or toggle bits"
            self._add(path, "bad-alias", message, _ACCESS_HINT)
        return False

    def _check_field(self, name: str, entry: RegisterEntry, key: str, field: FieldEntry) -> None:
        path = (name, "fields", key)
        register, _, inner = str(field.alias).partition(".")
        target = self._target(register, name, "fields", key, "alias")
        if target is None:
            return
        found = _fields_of(target).get(inner)
        if found is None:
            hint = closest(inner, _fields_of(target), "fields", self._findings)
            self._add((*path, "alias"), "unknown-alias", f"{register!r} has no field {inner!r}", hint)
        elif found.count is not None or field.count is not None:
            message = "arrays of fields have no aliases"
            self._add((*path, "alias"), "bad-alias", message, "Write the elements as single fields.")
        elif _width(found) != _width(field):
            message = f"{field.alias} has {_width(found)} bits, and its alias {_width(field)}"
            self._add((*path, "bits"), "bad-alias", message, "Give both as many bits.")
        elif target.width != entry.width:
            message = f"{register!r} has {target.width} bits, and the register of its alias {entry.width}"
            self._add((*path, "alias"), "bad-alias", message, "Give both registers the same width.")
        self._is_bitwise(field.access or entry.access, (*path, "access") if field.access else (*path, "alias"))

    def _target(self, target: str, name: str, *key: str) -> RegisterEntry | None:
        found = self._registers.get(target)
        if found is None:
            if not self._findings.refused((*self._path, target)):
                others = [other for other in self._registers if other != name]
                hint = closest(target, others, "registers", self._findings)
                self._add((name, *key), "unknown-alias", f"this block has no register {target!r}", hint)
        elif target == name or found.alias is not None:
            message = f"{target!r} is an alias itself" if target != name else "a register is no alias of itself"
            self._add((name, *key), "bad-alias", message, "Name the register that holds the bits.")
            return None
        return found

    def _ways(self, name: str, entry: RegisterEntry) -> Ways | None:
        if entry.via is None:
            return None
        ways: dict[str, set[Alias]] = {"one_sets": set(), "one_clears": set()}
        for other, alias in self._registers.items():
            for write, shift in _acts_on(name, entry, alias):
                if write in ways:
                    ways[write].add(Alias(other, shift))
        missing = [write.removeprefix("one_") for write, found in ways.items() if len(found) != 1]
        if missing:
            message = f"no alias {missing[0]} bits of {name!r}"
            if ways[f"one_{missing[0]}"]:
                message = f"more than one alias {missing[0]} bits of {name!r}"
            hint = "Have one register whose access is w1s, and one with w1c, say alias: of this one."
            self._add((name, "via"), "bad-via", message, hint)
            return None
        return Ways(ways["one_sets"].pop(), ways["one_clears"].pop())

    def _add(self, path: Path, rule: str, message: str, hint: str, *, at_key: bool = False) -> None:
        self._findings.add(self._source, (*self._path, *path), rule, message, hint, at_key=at_key)


def _whole(entry: RegisterEntry, of_type: RegisterTypeEntry | None) -> RegisterEntry:
    """Return a register with the content of its type."""
    if of_type is None:
        return entry
    content = {key: getattr(of_type, key) for key in CONTENT_KEYS if key != "description"}
    return entry.model_copy(update={**content, "type": None, "description": entry.description or of_type.description})


def _has_alias(entry: RegisterEntry) -> bool:
    return any(field.alias is not None for field in entry.fields.values())


def _fields_of(entry: RegisterEntry) -> dict[str, FieldEntry]:
    return entry.fields or {"value": field_of(BitRange(entry.width - 1, 0))}


def _width(field: FieldEntry) -> int:
    return field.bits.msb - field.bits.lsb + 1


def _array(entry: RegisterEntry) -> str:
    return f"an array of {' x '.join(map(str, counts_of(entry)))}" if counts_of(entry) else "one register"


def _aliased(entry: RegisterEntry, target: RegisterEntry, name: str, field: FieldEntry) -> FieldEntry:
    """Return a target's field as its alias has it: what can be written there is set, cleared or toggled here."""
    access = own_access(field) or target.access or "rw"
    if POLICIES[access].writable:
        access = str(entry.access)
    elif not POLICIES[str(entry.access)].readable:
        access = "none:none"
    changes: dict[str, Any] = {"access": access, "alias": f"{entry.alias}.{name}", "pulse": False, "idle": None}
    counter = field.counter and field.counter.model_copy(update={"clear": None})
    changes |= {"writeback": None, "counter": counter}
    return field.model_copy(update=changes)


def _acts_on(name: str, entry: RegisterEntry, alias: RegisterEntry) -> Iterator[tuple[str, int]]:
    """Yield what a register's writes do with bits of another one: the word, and how much higher their bits are here."""
    if alias.alias == name and alias.access:
        yield POLICIES[alias.access].write, 0
    fields = _fields_of(entry)
    for field in alias.fields.values():
        register, _, inner = (field.alias or "").partition(".")
        access = field.access or alias.access
        if register == name and inner in fields and access:
            yield POLICIES[access].write, field.bits.lsb - fields[inner].bits.lsb
