"""Elaborates registers and fields: bits, resets, kinds and write plans."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from codegen.model.blocks.sharing import when_of
from codegen.model.hardware.hardware_rules import HardwareRules, own_access
from codegen.model.properties import properties_text
from codegen.model.registers.alike_registers import AlikeRegisters
from codegen.model.registers.entry_facts import (
    CONTENT_KEYS,
    field_of,
    is_array,
    is_plain,
    register_reset,
    reset_bits,
    shown_access,
    unknown_bits,
)
from codegen.model.registers.field_arrays import FieldArrays
from codegen.model.registers.idle_rules import IdleRules
from codegen.model.registers.neighbours import Words, WritePlans, goes_stale
from codegen.model.registers.rule_types import WriteRules
from codegen.model.registers.shared_fields import SharedFields, inherited_from
from codegen.model.types import EnumType, FieldType, RegisterType
from codegen.model.values.formats import PLAIN, Formats
from codegen.model.values.resets import Resets
from codegen.quick_tuples import quick
from codegen.schema.guesses import closest
from codegen.schema.names import attribute_of
from codegen.schema.policies import POLICIES
from codegen.schema.vocabulary import ACCESS_WIDTHS, LANE_WIDTHS, MAX_KEYS, MAX_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codegen.model.registers.aliases import Ways
    from codegen.schema.entries import FieldEntry, RegisterContent, RegisterEntry, RegisterTypeEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["RegisterBuilder"]

_DEFAULT_ACCESS_WIDTHS = {8: 8, 16: 8, 32: 32, 64: 64}
_register_type = quick(RegisterType)
_PYTHON_NAME, _LSB = map(attrgetter, ("python_name", "lsb"))


class RegisterBuilder:
    """Makes register types; equal structures of one name give one object."""

    def __init__(
        self,
        enums: Mapping[str, EnumType],
        types: Mapping[str, tuple[Source, RegisterTypeEntry]],
        big_endian: frozenset[Source],
        findings: Findings,
    ) -> None:
        """Take enums, types, and the sources in which words lie in big-endian order unless a register differs."""
        self._named = types
        self._built: dict[str, RegisterType | None] = {}
        self._big_endian = big_endian
        self._findings = findings
        self._idle = IdleRules(findings)
        self._hardware = HardwareRules(findings)
        self._formats = Formats(enums, findings)
        self._resets = Resets(findings)
        self._arrays = FieldArrays(self._resets, findings)
        self._types: dict[object, RegisterType] = {}
        self._plans = WritePlans()
        self._shared = SharedFields(findings)
        self._alike = AlikeRegisters(self._shared, self._plans)

    def build_types(self) -> None:
        """Check every type, used or not."""
        for name in self._named:
            self._of_name(name)

    def entry_of(self, entry: RegisterEntry) -> RegisterTypeEntry | None:
        """Return what the map says of a register's type; None where it has none."""
        return self._named[entry.type][1] if entry.type and entry.type in self._named else None

    def stated_bits(self, entry: RegisterEntry, register: RegisterType) -> int:
        """Return the bits of a register's fields whose entries say their own reset."""
        said = (self.entry_of(entry) or entry).fields
        return sum(field.mask for field in register.fields if field.name in said and said[field.name].reset is not None)

    def build(
        self, name: str, entry: RegisterEntry, ways: Ways | None, source: Source, path: Path
    ) -> RegisterType | None:
        """Return a register's type; None where there is none, or its width makes all else meaningless."""
        if entry.type is None:
            return self._build(name, entry, ways, source, path)
        own = [key for key in CONTENT_KEYS if key in entry.model_fields_set and key != "description"]
        if own:
            message = f"the register has type {entry.type!r} and {', '.join(own)} of its own"
            hint = "Remove the type, or move these into it."
            self._findings.add(source, (*path, "type"), "type-and-content", message, hint, at_key=True)
        if entry.type in self._named:
            return self._of_name(entry.type)
        if not self._findings.refused(("register_types", entry.type)):
            hint = closest(entry.type, self._named, "register types", self._findings)
            message = f"unknown register type {entry.type!r}"
            self._findings.add(source, (*path, "type"), "unknown-type", message, hint)
        return None

    def _of_name(self, name: str) -> RegisterType | None:
        if name not in self._built:
            source, entry = self._named[name]
            self._built[name] = self._build(name, entry, None, source, ("register_types", name))
        return self._built[name]

    def _build(
        self, name: str, entry: RegisterContent, ways: Ways | None, source: Source, path: Path
    ) -> RegisterType | None:
        alike = self._alike.fields_of(entry) if ways is None else None
        faults = len(self._findings)
        if alike is not None:
            planned, reset, row = alike
            masks, access_width, access = row.masks, row.access_width, row.access
            words, is_big, rules = "low-first", False, None
        else:
            given = self._access_width(entry, source, path)
            if given is None:
                return None
            access_width, words = given, self._words(entry, given, source, path)
            endian = entry.endian or ("big" if source in self._big_endian else "little")
            is_big = endian == "big" and entry.width > access_width
            if entry.reset is not None:
                self._resets.check_register(entry, source, path)
            fields = tuple(self._fields(entry, source, path))
            self._check_shadow(entry, fields, source, path)
            access = shown_access(entry, fields)
            reset = register_reset(entry, fields)
            rules = self._rules(entry, ways, access_width, source, path)
            cut = Words(entry.width, min(entry.width, access_width), words == "latched")
            masked, via = rules is not None and rules.masked, rules is not None and rules.set_by is not None
            masks, planned = self._plans.of(fields, cut, shadow=entry.shadow, masked=masked, via=via)
        # Equal fields of one plan are one object, and stay in `_plans`.
        parts = tuple(map(id, planned)) if entry.fields else planned
        key = (name, entry.width, access_width, words, is_big, access, entry.shadow, reset, parts, rules)
        found = self._types.get(key)
        if found is None:
            how = is_big, access, entry.shadow, reset, planned, masks, rules
            found = _register_type((name, entry.description, entry.width, access_width, words, *how))
            self._types[key] = found
        if alike is None is ways and len(self._findings) == faults:
            self._alike.learn(entry, fields, found)
        return found

    def _access_width(self, entry: RegisterContent, source: Source, path: Path) -> int | None:
        width, given = entry.width, entry.access_width
        if given is None:
            if width in _DEFAULT_ACCESS_WIDTHS:
                return _DEFAULT_ACCESS_WIDTHS[width]
            message = f"got {width}, allowed: 8, 16, 32, 64"
            hint = "Add access_width for a register of several bus words."
            self._findings.add(source, (*path, "width"), "bad-width", message, hint)
            return None
        if given not in ACCESS_WIDTHS:
            message = f"got {given}, allowed: 8, 32, 64"
            self._findings.add(source, (*path, "access_width"), "bad-access-width", message, "Choose one of these.")
            return None
        lanes = [lane for lane in LANE_WIDTHS if lane < given]
        if width not in lanes and (width % given or not 0 < width <= MAX_WIDTH):
            parts = f"{', '.join(map(str, lanes))} and " if lanes else ""
            message = f"got {width}, allowed: {parts}multiples of access_width {given} up to {MAX_WIDTH}"
            hint = "Change width or access_width."
            self._findings.add(source, (*path, "width"), "bad-width", message, hint)
            return None
        return given

    def _rules(
        self, entry: RegisterContent, ways: Ways | None, access_width: int, source: Source, path: Path
    ) -> WriteRules | None:
        if (ways, entry.lock, entry.write_mask) == (None, None, None) and not (entry.unlock or entry.write_twice):
            return None
        said: dict[str, object] = {"lock": entry.lock, "unlock": entry.unlock, "write_twice": entry.write_twice}
        said |= {"write_mask": entry.write_mask, "via": ways}
        keys = [key for key, value in said.items() if value]
        for key in keys if entry.width != access_width else []:
            message = f"the register takes {entry.width // access_width} bus accesses"
            if entry.width < access_width:
                message = f"the register is a part of a bus word of {access_width} bits"
            hint = f"Remove {key}: it is for registers of one bus word."
            self._findings.add(source, (*path, key), "wide-rule", message, hint, at_key=True)
        if len(entry.unlock) > MAX_KEYS:
            message = f"got {len(entry.unlock)} writes, allowed: {MAX_KEYS}"
            self._findings.add(source, (*path, "unlock"), "bad-unlock", message, "Give fewer.", at_key=True)
        if entry.write_mask:
            self._check_masked(entry, source, path)
        if entry.write_twice and any(POLICIES[field.access or entry.access or "rw"].once for field in _said(entry)):
            message = "a field takes only the first write, and each comes twice"
            hint = "Remove write_twice, or once."
            self._findings.add(source, (*path, "write_twice"), "bad-write-twice", message, hint, at_key=True)
        lock = None if entry.lock is None else (entry.lock.by, entry.lock.value)
        unlock = tuple(item for write in entry.unlock for item in write.items())
        masked = entry.write_mask is not None
        return WriteRules(lock, unlock, entry.write_twice, masked, *(ways or (None, None)))

    def _check_masked(self, entry: RegisterContent, source: Source, path: Path) -> None:
        half = entry.width // 2
        high = next((name for name, field in entry.fields.items() if field.bits.msb >= half), None)
        if high is not None or not entry.fields:
            what = f"field {high!r} is" if high is not None else "the register's only field is"
            message = f"{what} in the high half, whose bits say what a write is for"
            hint = f"Move it below bit {half}." if high is not None else f"Give it fields below bit {half}."
            self._findings.add(source, (*path, "write_mask"), "bad-write-mask", message, hint, at_key=True)
        if entry.shadow:
            message = "with a write mask nothing has to be read, so there is nothing to remember"
            self._findings.add(source, (*path, "shadow"), "bad-shadow", message, "Remove shadow.", at_key=True)

    def _words(self, entry: RegisterContent, access_width: int, source: Source, path: Path) -> str:
        if entry.words is None and entry.endian is None:
            return "low-first"
        for key in ("words", "endian"):
            if getattr(entry, key) is not None and entry.width <= access_width:
                message = f"the register is one word of {access_width} bits, so words have no order"
                hint = f"Remove {key}, or give a smaller access_width."
                self._findings.add(source, (*path, key), f"bad-{key}", message, hint, at_key=True)
        return entry.words or "low-first"

    def _fields(self, entry: RegisterContent, source: Source, path: Path) -> list[FieldType]:
        hardware = None if entry.hw is None else self._hardware.of_register(entry, source, path)
        if not entry.fields:
            access = entry.access or "rw"
            reset = reset_bits(entry) or 0
            return [
                FieldType(
                    "value",
                    0,
                    entry.width,
                    access,
                    reset,
                    "unsigned",
                    None,
                    None,
                    hardware.writes if hardware else bool(entry.volatile),
                    writeback=True,
                    pulse=False,
                    idle=None,
                    python_name="value",
                    description="",
                    unknown=unknown_bits(entry),
                    hardware=hardware,
                )
            ]
        used = 0
        fields: list[FieldType] = []
        taken = inherited_from(entry)
        known = self._shared.known(taken)
        for name, written in entry.fields.items():
            found = known.get((id(written), name))
            if found is not None and found.entry is written:
                field: FieldType | None = found.field
            else:
                make = partial(self._field, name, written, entry, source, path)
                field = self._shared.of(name, written, taken, make)
            if field is None:
                continue
            mask = field.mask
            if used & mask and not _is_alternate(field, fields):
                self._overlap(field, fields, source, (*path, "fields", name, "bits"))
                continue
            used |= mask
            fields.append(field)
        self._idle.require(fields, source, (*path, "fields"))
        self._check_python_names(fields, source, path)
        if any(field.alternate is not None or field.when is not None for field in fields):
            self._check_alternates(fields, source, (*path, "fields"))
            return sorted(fields, key=lambda field: (field.lsb, field.alternate is not None))
        return sorted(fields, key=_LSB)

    def _check_alternates(self, fields: list[FieldType], source: Source, path: Path) -> None:
        names = [field.name for field in fields]
        for field in fields:
            if field.alternate is None and field.when is None:
                continue
            others = [name for name in names if name != field.name]
            if field.alternate is not None and field.alternate not in others:
                if self._findings.refused((*path, field.alternate)):
                    continue
                hint = closest(field.alternate, others, "fields", self._findings)
                message = f"this register has no other field {field.alternate!r}"
                self._findings.add(source, (*path, field.name, "alternate"), "bad-alternate", message, hint)
            elif field.when is not None and field.alternate is None:
                message, hint = "only an alternate has a time", "Add alternate, or remove when."
                self._findings.add(source, (*path, field.name, "when"), "bad-when", message, hint)

    def _overlap(self, field: FieldType, fields: list[FieldType], source: Source, path: Path) -> None:
        other = next(other for other in fields if other.mask & field.mask)
        message = f"bits {_range(field)} overlap field {other.name!r} at {_range(other)}"
        self._findings.add(source, path, "field-overlap", message, "Move or narrow one of them.")

    def _field(
        self, name: str, field: FieldEntry, entry: RegisterContent, source: Source, path: Path
    ) -> FieldType | None:
        msb, lsb = field.bits
        if msb >= entry.width:
            message = f"bit {msb} is outside of the register's {entry.width} bits"
            hint = f"The highest bit is {entry.width - 1}; or give the register a larger width."
            self._findings.add(source, (*path, "fields", name, "bits"), "bits-out-of-range", message, hint)
            return None
        width = msb - lsb + 1
        access = own_access(field) or entry.access or "rw"
        where: Path = (*path, "fields", name)
        idle = self._idle.of(access, field, source, where)
        meaning = PLAIN if is_plain(field) else self._formats.meaning(field, width, source, where)
        hardware = self._hardware.of(field, entry, access, meaning.kind, width, source, where)
        volatile = bool(entry.volatile if field.volatile is None else field.volatile)
        unsaid = (1 << width) - 1 if field.pulse and idle == 1 else 0
        axis = self._arrays.axis_of(field, entry.width, source, where) if is_array(field) else None
        reset, unknown = self._arrays.reset_of(field, axis, meaning, unsaid, entry, source, where)
        return FieldType(
            name,
            lsb,
            width,
            access,
            reset,
            meaning.kind,
            meaning.enum,
            meaning.fixed,
            hardware.writes if hardware else volatile,
            field.writeback is not False,
            field.pulse,
            idle,
            self._python_name(name, field, source, where),
            field.description,
            write_enum=meaning.write_enum,
            number=meaning.number,
            title=field.title,
            properties=properties_text(field.properties),
            unknown=unknown,
            array=axis,
            alternate=field.alternate,
            when=when_of(field.when),
            alias=field.alias,
            hardware=hardware,
        )

    def _python_name(self, name: str, field: FieldEntry, source: Source, path: Path) -> str:
        python_name = attribute_of(name, "field", field.python)
        if python_name != name and field.python is None:
            self._findings.note_python_name(source, path, name, python_name, "attribute")
        return python_name

    def _check_python_names(self, fields: list[FieldType], source: Source, path: Path) -> None:
        if len(set(map(_PYTHON_NAME, fields))) == len(fields):
            return
        first: dict[str, str] = {}
        for field in fields:
            other = first.setdefault(field.python_name, field.name)
            if other != field.name:
                message = f"{other!r} and {field.name!r} would both be {field.python_name} in Python"
                where = (*path, "fields", field.name)
                hint = "Say python: NAME in one of them."
                self._findings.add(source, where, "python-clash", message, hint, at_key=True)

    def _check_shadow(self, entry: RegisterContent, fields: tuple[FieldType, ...], source: Source, path: Path) -> None:
        if not entry.shadow:
            return
        for field in fields:
            if goes_stale(field):
                message = f"field {field.name!r} is rw and volatile: its last written value is stale"
                hint = "Remove shadow, or volatile."
                where = (*path, "shadow")
                self._findings.add(source, where, "bad-shadow", message, hint, at_key=True)
                return


def _said(entry: RegisterContent) -> Iterable[FieldEntry]:
    return entry.fields.values() or [field_of()]


def _is_alternate(field: FieldType, fields: list[FieldType]) -> bool:
    """Return whether a field lies only over alternates of the same bits."""
    first = {item.name: item.alternate for item in [*fields, field]}

    def root(name: str) -> str:
        seen = {name}
        while (other := first.get(name)) is not None and other not in seen:
            name = other
            seen.add(name)
        return name

    return all(root(other.name) == root(field.name) for other in fields if other.mask & field.mask)


def _range(field: FieldType) -> str:
    return f"{field.mask.bit_length() - 1}:{field.lsb}"
