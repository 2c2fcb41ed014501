"""Rust: types of registers, their fields, and how they go over the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.schema.policies import POLICIES
from codegen.views.escapes import markdown
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.numbers import hexadecimal
from codegen.views.told.map_facts import field_facts, left_out, register_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.views.field_model import FieldModel
    from codegen.views.reference import RegisterModel

__all__ = ["RustRegister", "RustRegisters", "doc_lines"]

_SIZES = (8, 16, 32, 64, 128)
_HELD = frozenset({"access", "title", "array", "index", "first", "enum", "alternate", "when"})


class RustField(NamedTuple):
    """A field's functions, in whole lines."""

    docs: tuple[str, ...]
    lines: tuple[str, ...]


class RustRegister(NamedTuple):
    """A type of register. `bits` 0: it is wider than Rust's integers. `traits`: what it can do."""

    name: str
    bits: int
    docs: tuple[str, ...]
    reset: str
    keep: str
    ones: str
    traits: tuple[str, ...]
    loads: tuple[str, ...]
    stores: tuple[str, ...]
    fields: tuple[RustField, ...]


def doc_lines(*texts: str) -> tuple[str, ...]:
    """Return texts as doc comments, which are Markdown: what a map says is shown as it is, and never run."""
    return tuple(f"/// {markdown(text)}" for text in texts if text.strip())


class RustRegisters:
    """Makes types of registers; `enums`: the types of those by the map's names."""

    def __init__(self, device: str, enums: Mapping[str, str]) -> None:
        """Take the map's name."""
        self._device, self._enums = device, enums

    def of(self, register: RegisterModel, name: str) -> RustRegister:
        """Return the type of a register."""
        bits = next((size for size in _SIZES if register.width <= size), 0)
        docs = doc_lines(
            register.description, left_out("Rust", register_facts(register), ("access_width", "words", "endian"))
        )
        if not bits:
            return RustRegister(name, 0, docs, "", "", "", (), (), (), ())
        scope = Scope(DIALECTS["rust"], f"{self._device}: {register.name}")
        fields = tuple(self._field(field, bits, scope) for field in register.fields)
        readable, writable = (any(getattr(field, key) for field in register.fields) for key in ("readable", "writable"))
        traits = [trait for trait, has in (("Readable", readable), ("Writable", writable)) if has]
        if readable and writable and _can_be_modified(register):
            traits.append("Modifiable")
        keep, ones = _neighbours(register)
        loads, stores = _accesses(register, bits)
        reset, kept, given = map(hexadecimal, (register.reset, keep, ones))
        return RustRegister(name, bits, docs, reset, kept, given, tuple(traits), loads, stores, fields)

    def _field(self, field: FieldModel, bits: int, scope: Scope) -> RustField:
        where = f"Bits {field.shown_bits}, {field.access}."
        docs = doc_lines(field.title, field.description, where, left_out("Rust", field_facts(field), _HELD))
        getter = scope.take(f"field {field.name}", field.name)
        setter = scope.take(f"field {field.name}", f"with_{field.name}")
        lines: list[str] = []
        if field.readable:
            lines += self._getter(field, bits, getter)
        if field.writable:
            if lines:
                lines.append("")
                lines += docs
            lines += self._setter(field, bits, setter)
        return RustField(docs, tuple(lines)) if lines else RustField((f"// {field.name}: it can't be accessed.",), ())

    def _getter(self, field: FieldModel, bits: int, name: str) -> Iterator[str]:
        argument, at, check = _place(field)
        ones = hexadecimal((1 << field.width) - 1)
        raw = f"((self.0 >> {at}) & {ones})"
        size = _size_of(field)
        if field.enum is not None:
            kind, value = f"Option<{self._enums[field.enum]}>", f"{self._enums[field.enum]}::from_bits({raw} as u64)"
        elif _is_flag(field):
            kind, value = "bool", f"{raw} != 0"
        elif field.kind == "signed":
            gap = size - field.width
            kind = f"i{size}"
            value = f"({raw} as i{size})" if not gap else f"(({raw} as i{size}) << {gap}) >> {gap}"
        else:
            kind, value = f"u{size}", raw if size == bits else f"{raw} as u{size}"
        yield f"pub const fn {name}(self{argument}) -> {kind} {{"
        yield from check
        yield f"    {value}"
        yield "}"

    def _setter(self, field: FieldModel, bits: int, name: str) -> Iterator[str]:
        argument, at, check = _place(field)
        size, ones = _size_of(field), hexadecimal((1 << field.width) - 1)
        enum = field.write_enum or field.enum
        checks = list(check)
        if enum is not None:
            kind, raw = self._enums[enum], f"(value.bits() as u{bits})"
        elif _is_flag(field):
            kind, raw = "bool", f"(value as u{bits})"
        elif field.kind == "signed":
            kind, raw = f"i{size}", f"(value as u{bits} & {ones})"
            if field.width < size:
                half = 1 << field.width - 1
                checks.append(f"    assert!(value >= -{half} && value < {half});")
        else:
            kind, raw = f"u{size}", "value" if size == bits else f"(value as u{bits})"
            if field.width < size:
                checks.append(f"    assert!(value <= {ones});")
        yield f"pub const fn {name}(self{argument}, value: {kind}) -> Self {{"
        yield from checks
        yield f"    Self((self.0 & !({ones} << {at})) | ({raw} << {at}))"
        yield "}"


def _place(field: FieldModel) -> tuple[str, str, tuple[str, ...]]:
    """Return the argument of an array's element, its lowest bit, and a check."""
    if field.array is None:
        return "", str(field.lsb), ()
    axis = field.array
    number = f"(index - {axis.first})" if axis.first else "index"
    inside = (
        f"index < {axis.first + axis.count}"
        if not axis.first
        else f"index >= {axis.first} && index < {axis.first + axis.count}"
    )
    return ", index: usize", f"({field.lsb} + {number} * {axis.stride})", (f"    assert!({inside});",)


def _size_of(field: FieldModel) -> int:
    return next(size for size in _SIZES if field.width <= size)


def _is_flag(field: FieldModel) -> bool:
    return field.width == 1 and field.kind in {"unsigned", "bool"}


def _can_be_modified(register: RegisterModel) -> bool:
    """Return whether a read and a write leave all fields alone that are not named."""
    return register.rules is None and not any(
        field.plan == "refused" or field.idle == "last" or POLICIES[field.access].read_acts or not field.writeback
        for field in register.fields
    )


def _neighbours(register: RegisterModel) -> tuple[int, int]:
    """Return which bits a write gives back as they were read, and which it gives as 1."""
    keep = (1 << register.width) - 1
    ones = 0
    for field in register.fields:
        policy = POLICIES[field.access]
        if not policy.writable or (policy.holds and not field.pulse):
            continue
        keep &= ~field.mask
        if policy.zero_acts or field.idle == 1:
            ones |= field.mask
    return keep, ones


def _accesses(register: RegisterModel, bits: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines of a read and of a write, word by word in the order that the map says."""
    word = min(register.access_width, register.width)
    count = register.width // word
    numbers = list(range(count))
    if count == 1 and bits == word:
        return (f"Self(at.cast::<u{bits}>().read_volatile())",), (f"at.cast::<u{bits}>().write_volatile(self.0)",)
    places = {number: (count - 1 - number if register.endian == "big" else number) * word // 8 for number in numbers}
    order = list(reversed(numbers)) if register.words == "high-first" else numbers
    loads = [f"let mut bits: u{bits} = 0;"]
    stores = []
    for number in order:
        pointer = f"at.add({places[number]}).cast::<u{word}>()"
        shift = f" << {number * word}" if number else ""
        back = f"(self.0 >> {number * word})" if number else "self.0"
        loads.append(f"bits |= ({pointer}.read_volatile() as u{bits}){shift};")
        stores.append(f"{pointer}.write_volatile({back} as u{word});")
    return (*loads, "Self(bits)"), tuple(stores)
