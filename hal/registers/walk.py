"""What a driver holds, read from its declarations: every register, field and memory with its place. Touches no card."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from hal.codes import bar_name
from hal.errors import FieldNameError
from hal.kinds import Fixed, Signed
from hal.registers.block import Block, space_numbers
from hal.registers.memory import MemoryBase, ReadOnlyMemory, WriteOnlyMemory
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.access.fields import FieldDeclaration
    from hal.devices.device import Device
    from hal.registers.block import Child

__all__ = ["FieldRow", "Row", "Run", "locate", "register_class", "runs", "walk", "walk_node"]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field. `reset`: its raw bits. `kind`: unsigned, signed, bool, fixed or enum. `members`: an enum's, by name.

    `plan`: "write" or "modify", how one write of it is made; "" where there is none, and `refused` says why.
    """

    name: str
    path: str
    msb: int
    lsb: int
    width: int
    access: str
    reset: int
    kind: str
    members: dict[str, int]
    volatile: bool
    pulse: bool
    plan: str
    refused: str
    description: str


@dataclass(frozen=True, slots=True)
class Row:
    """A register or a memory (`kind`).

    `address`: bytes from the BAR's start. `width`: bits of the register, or of a memory's word. `size`: bytes.
    `access`: the policies of the fields, or rw, ro, wo. `reset`: 0 for a memory.
    """

    kind: str
    path: str
    space: str
    pf: int
    bar: int
    address: int
    width: int
    size: int
    access: str
    reset: int
    description: str
    fields: tuple[FieldRow, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A register, an array of them, or a memory, as it is declared in a block at `offset` of a BAR."""

    path: str
    child: Child[Any]
    space: tuple[int, int]
    offset: int

    @property
    def count(self) -> int:
        """How many there are."""
        return 1 if self.child.count is None else int(self.child.count)

    def name(self, index: int) -> str:
        """The path of one of them."""
        return self.path if self.child.count is None else f"{self.path}[{index}]"


def runs(kind: type[Block], space: tuple[int, int], base: int = 0, prefix: str = "") -> Iterator[Run]:
    """All registers, arrays of registers and memories of a block at `base`, arrays of blocks element by element."""
    for child in kind._children.values():
        where = space_numbers(child.space) if child.space else space
        at = child.offset if child.space else base + child.offset
        path = prefix + child.name
        if not issubclass(child.kind, Block):
            yield Run(path, child, where, at)
        elif child.count is None:
            yield from runs(child.kind, where, at, path + ".")
        else:
            for index in range(child.count):
                yield from runs(child.kind, where, at + index * child.stride, f"{path}[{index}].")


def walk(driver: type[Device]) -> Iterator[Row]:
    """Every register and memory of a driver, in the map's order."""
    for run in runs(driver, driver._home):
        yield from _rows(run)


def walk_node(block: Block) -> Iterator[Row]:
    """Every register and memory below an open device, or one of its blocks."""
    path = block.path
    for run in runs(type(block), (block._space.pf, block._space.bar), block._offset, path + "." if path else ""):
        yield from _rows(run)


def _rows(run: Run) -> Iterator[Row]:
    make = _register_row if issubclass(run.child.kind, Register) else _memory_row
    for index in range(run.count):
        yield make(run, run.name(index), run.offset + index * run.child.stride)


def _register_row(run: Run, path: str, address: int) -> Row:
    kind: type[Register] = run.child.kind
    policies = dict.fromkeys(field.access for field in kind._fields.values())
    description = run.child.description or (kind.__doc__ or "").split("\n\n")[0]
    fields = tuple(_field_row(field, path, kind) for field in kind._fields.values())
    place = bar_name(*run.space), *run.space, address
    return Row(
        "register", path, *place, kind._width, kind._width // 8, "/".join(policies), kind._reset, description, fields
    )


def _field_row(field: FieldDeclaration, register: str, kind: type[Register]) -> FieldRow:
    given = field.given
    is_enum = isinstance(given, type) and issubclass(given, IntEnum)
    return FieldRow(
        name=field.name,
        path=f"{register}.{field.name}",
        msb=field.msb,
        lsb=field.lsb,
        width=field.width,
        access=field.access,
        reset=(kind._reset & field.mask) >> field.lsb,
        kind=_kind_name(given),
        members={member.name: int(member) for member in given} if is_enum else {},
        volatile=field.volatile,
        pulse=field.pulse,
        plan=field.plan,
        refused=field.refused,
        description=field.description,
    )


def _kind_name(given: Any) -> str:
    if isinstance(given, (Signed, Fixed)):
        return type(given).__name__.lower()
    if given is bool:
        return "bool"
    return "unsigned" if given is None or given is int else "enum"


def _memory_row(run: Run, path: str, address: int) -> Row:
    child = run.child
    access = "ro" if child.kind is ReadOnlyMemory else "wo" if child.kind is WriteOnlyMemory else "rw"
    place = bar_name(*run.space), *run.space, address
    return Row("memory", path, *place, child.width, child.size, access, 0, child.description, ())


def register_class(driver: type[Device], path: str) -> type[Register]:
    """The class of the register at a path. FieldNameError where none is."""
    kind: Any = driver
    for part in path.split("."):
        name, bracket, index = part.partition("[")
        child = kind._children.get(name) if issubclass(kind, Block) else None
        if child is None or not _has_index(child, bracket + index):
            raise FieldNameError(f"{driver._device_name} has no register {path!r}", path=path)
        kind = child.kind
    if not issubclass(kind, Register):
        raise FieldNameError(f"{driver._device_name}: {path!r} is no register", path=path)
    found: type[Register] = kind
    return found


def _has_index(child: Child[Any], text: str) -> bool:
    if child.count is None or not text:
        return child.count is None and not text
    return text[-1] == "]" and text[1:-1].isdecimal() and int(text[1:-1]) < child.count


def locate(driver: type[Device], space: tuple[int, int], offset: int) -> str:
    """The path of what lies at an offset of a BAR: "ch[2].level", "table[17]" for a memory's word, "" for nothing."""
    for child in driver._children.values():  # only a device's own children may name another space
        where = space_numbers(child.space) if child.space else driver._home
        path = _in_child(child, offset) if where == space else ""
        if path:
            return path
    return ""


def _in_child(child: Child[Any], offset: int) -> str:
    """`offset` counts from the start of the block that holds the child."""
    index, rest = 0, offset - child.offset
    if rest < 0:
        return ""
    if child.count is not None:
        index = min(rest // child.stride, child.count - 1)
        rest -= index * child.stride
    name = child.name if child.count is None else f"{child.name}[{index}]"
    if issubclass(child.kind, Register):
        return name if rest < child.kind._width // 8 else ""
    if issubclass(child.kind, MemoryBase):
        return f"{name}[{rest // (child.width // 8)}]" if rest < child.size else ""
    inner = next(filter(None, (_in_child(item, rest) for item in child.kind._children.values())), "")
    return f"{name}.{inner}" if inner else ""
