"""A Rust module without dependencies: a type for each register and block, volatile accesses, no heap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.sheet import Language, Sheet
from codegen.output.languages.sources.rust_registers import RustRegister, RustRegisters, doc_lines
from codegen.schema.names import camel_case
from codegen.schema.policies import POLICIES
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.numbers import hexadecimal
from codegen.views.reference import device_model
from codegen.views.told.array_places import memory_size
from codegen.views.told.map_facts import block_facts, child_facts, device_facts, enum_facts, left_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.model.device import Device
    from codegen.model.types import EnumType
    from codegen.views.reference import BlockModel, ChildModel, Model

__all__ = ["RUST"]


class _Member(NamedTuple):
    name: str
    value: str
    docs: tuple[str, ...]


class _Enum(NamedTuple):
    name: str
    bits: int
    docs: tuple[str, ...]
    members: tuple[_Member, ...]


class _Item(NamedTuple):
    """A constant or a function, in whole lines."""

    docs: tuple[str, ...]
    lines: tuple[str, ...]


class _Block(NamedTuple):
    name: str
    docs: tuple[str, ...]
    items: tuple[_Item, ...]


class _Module(NamedTuple):
    docs: tuple[str, ...]
    constants: tuple[_Item, ...]
    enums: tuple[_Enum, ...]
    registers: tuple[RustRegister, ...]
    blocks: tuple[_Block, ...]


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    return [Sheet(f"{device.name}.rs", RUST.template, {"model": model, "module": _Writer(model).module()})]


class _Writer:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._blocks = {block.name: block for block in model.blocks}
        self._scope = Scope(DIALECTS["rust"], model.name)
        for name in ("Reg", "Register", "Readable", "Writable", "Modifiable"):
            self._scope.take("the module's own type", name)
        self._names: dict[str, str] = {}
        self._made: set[str] = set()

    def module(self) -> _Module:
        model = self._model
        names = {enum.name: self._scope.take(f"enum {enum.name}", enum.name) for enum in model.enums}
        enums = tuple(self._enum(enum, names[enum.name]) for enum in model.enums)
        for register in model.registers:
            self._names[register.name] = self._scope.take(f"register {register.name}", register.name)
        for block in model.blocks:
            self._names[block.name] = self._scope.take(f"block {block.name}", block.name)
        made = [
            RustRegisters(model.name, names).of(register, self._names[register.name]) for register in model.registers
        ]
        self._made = {register.name for register, one in zip(model.registers, made, strict=True) if one.bits}
        constants = tuple(
            _Item(
                doc_lines(number.description),
                (f"pub const {self._scope.take(f'constant {number.name}', number.name)}: u64 = {number.value};",),
            )
            for number in model.constants
        )
        notes = left_out("Rust", device_facts(model), ("space", "constants"))
        return _Module(
            doc_lines(notes, f"Its registers are in {model.space}."),
            constants,
            enums,
            tuple(made),
            tuple(map(self._block, model.blocks)),
        )

    def _enum(self, enum: EnumType, name: str) -> _Enum:
        scope = Scope(DIALECTS["rust"], f"{self._model.name}: {enum.name}")
        members = tuple(
            _Member(
                scope.take(f"{enum.name}.{member.map_name}", camel_case(member.map_name.lower())),
                str(member.value),
                doc_lines(member.title, member.description),
            )
            for member in enum.members
        )
        widest = max((member.value.bit_length() for member in enum.members), default=1)
        bits = next(size for size in (8, 16, 32, 64) if widest <= size)
        docs = doc_lines(enum.description, left_out("Rust", enum_facts(enum), ("description", "titles", "open")))
        return _Enum(name, bits, docs, members)

    # -- blocks ------------------------------------------------------------

    def _block(self, block: BlockModel) -> _Block:
        scope = Scope(DIALECTS["rust"], f"{self._model.name}: {block.name}")
        scope.take("the constructor", "new")
        items = tuple(item for child in block.children for item in self._child(child, scope))
        said = self._model.properties if block is self._model.blocks[-1] else ()
        return _Block(
            self._names[block.name],
            doc_lines(block.description, left_out("Rust", block_facts(block), said)),
            items,
        )

    def _child(self, child: ChildModel, scope: Scope) -> Iterator[_Item]:
        name = scope.take(f"{child.kind} {child.name}", child.name)
        for axis in child.arrays:
            for number, label in enumerate(axis.index):
                constant = scope.take(f"{child.kind} {child.name}", f"{child.name}_{label}".upper())
                yield _Item((), (f"pub const {constant}: usize = {number};",))
        docs = doc_lines(
            child.title, child.description, left_out("Rust", child_facts(child), ("title", "index", "first", "space"))
        )
        if child.kind == "register" and child.type not in self._made:
            yield _Item((f"// {name} at {hexadecimal(child.offset)}: wider than Rust's integers.",), ())
            return
        arguments = "".join(f", i{number}: usize" for number in range(len(child.arrays)))
        checks, terms = [], [hexadecimal(child.offset)]
        for number, axis in enumerate(child.arrays):
            low, high = axis.first, axis.first + axis.count
            inside = f"i{number} < {high}" if not low else f"({low}..{high}).contains(&i{number})"
            checks.append(f"    assert!({inside});")
            terms.append(f"{f'(i{number} - {low})' if low else f'i{number}'} * {hexadecimal(axis.stride)}")
        at = " + ".join(terms)
        if child.kind == "memory":
            yield from self._memory(child, name, scope, docs, arguments, checks, at)
            return
        kind = self._names[str(child.type)]
        if child.space is not None and child.space != self._model.space:
            head = f"pub unsafe fn {name}(start: *mut u8{arguments}) -> {kind} {{"
            more = (
                f"/// It is in {child.space}, which begins at `start`.",
                "///",
                "/// # Safety",
                "///",
                "/// As of `new`.",
            )
            yield _Item((*docs, *more), (head, *checks, f"    {kind}::new(start.add({at}))", "}"))
            return
        result = f"Reg<{kind}>" if child.kind == "register" else kind
        made = f"Reg::new(self.base.add({at}))" if child.kind == "register" else f"{kind}::new(self.base.add({at}))"
        lines = (f"pub fn {name}(self{arguments}) -> {result} {{", *checks, f"    unsafe {{ {made} }}", "}")
        yield _Item(docs, lines)

    def _memory(
        self,
        child: ChildModel,
        name: str,
        scope: Scope,
        docs: tuple[str, ...],
        arguments: str,
        checks: list[str],
        at: str,
    ) -> Iterator[_Item]:
        bits = child.access_width  # what the bus has accesses of
        words = memory_size(child) * 8 // bits
        constant = scope.take(f"memory {child.name}", f"{child.name}_words".upper())
        row = POLICIES[child.access]
        access = "It can only be read." if not row.writable else "" if row.readable else "It can only be written."
        yield _Item((), (f"pub const {constant}: usize = {words};",))
        lines = (f"pub fn {name}(self{arguments}) -> *mut u{bits} {{", *checks)
        pointer = f"    unsafe {{ self.base.add({at}) }}.cast::<u{bits}>()"
        kind = "words" if child.width == bits else "bus words"
        yield _Item((*docs, *doc_lines(f"The first of {words} {kind} of {bits} bits.", access)), (*lines, pointer, "}"))


RUST = Language("rust", "rust.rs.j2", _sheets)
