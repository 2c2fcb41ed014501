"""`PATH=VALUE` assignments, collected by register."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hal.devices.block import Block
from hal.errors import AccessError, FieldValueError
from hal.registers.memory import MemoryBase, access_of
from hal.registers.register import Register
from hal.texts.patterns import find_places
from hal.texts.typed import parse_integer, parse_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hal.devices.device import Device
    from hal.texts.typed import Place

__all__ = ["RegisterWrite", "WordWrite", "plan_writes"]


@dataclass
class RegisterWrite:
    """All bits of a register (`value`), or some of its fields, which go out as one write."""

    register: Register
    value: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    def run(self) -> None:
        """Writes it."""
        if self.value is not None:
            self.register.write(self.value)
        else:
            self.register.modify(**self.fields)

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        if self.value is not None:
            return {"path": self.register.path, "value": self.value}
        return {"path": self.register.path, "fields": {self._name(name): value for name, value in self.fields.items()}}

    def __str__(self) -> str:
        if self.value is not None:
            return f"{self.register.path} = {self.value:#x}"
        texts = (f"{self._name(name)}={getattr(value, 'name', value)}" for name, value in self.fields.items())
        return f"{self.register.path}: {', '.join(texts)}"

    def _name(self, attribute: str) -> str:
        return self.register._shape.fields[attribute].name


@dataclass
class WordWrite:
    """Words of a memory from `start` on, all of one value."""

    memory: Any
    start: int
    count: int
    value: int

    def run(self) -> None:
        """Writes it."""
        if access_of(type(self.memory)) == "ro":
            raise AccessError(f"{self.memory._where()} is read-only; nothing was written", path=self.memory.path)
        self.memory.fill(self.value, self.start, self.count)

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"path": self.memory.path, "start": self.start, "count": self.count, "value": self.value}

    def __str__(self) -> str:
        return f"{self.memory.path}[{self.start}:{self.start + self.count}] = {self.value:#x}"


def plan_writes(device: Device, assignments: Iterable[tuple[str, str]]) -> list[RegisterWrite | WordWrite]:
    """The writes that the assignments come to, in their order; fields of one register are one."""
    registers: dict[str, RegisterWrite] = {}
    writes: list[RegisterWrite | WordWrite] = []
    for place, text in ((place, text) for path, text in assignments for place in find_places(device, path)):
        if isinstance(place.node, MemoryBase):
            assert place.words is not None
            writes.append(WordWrite(place.node, *place.words, parse_integer(text)))
            continue
        if not isinstance(place.node, Register):
            kind = "a block" if isinstance(place.node, Block) else "an array"
            raise AccessError(f"{place.node._where()} is {kind}: name its registers or their fields", path=place.path)
        key = place.node.path
        if key not in registers:
            registers[key] = RegisterWrite(place.node)
            writes.append(registers[key])
        _add(registers[key], place, text)
    return writes


def _add(write: RegisterWrite, place: Place, text: str) -> None:
    twice = write.value is not None or (place.field is None and write.fields)
    if twice or (place.field is not None and place.field.attribute in write.fields):
        raise FieldValueError(f"{place.path} is assigned more than once; nothing was written", path=place.path)
    if place.field is None:
        write.value = parse_integer(text)
    else:
        write.fields[place.field.attribute] = parse_value(place.field, text)
