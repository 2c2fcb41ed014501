"""IP-XACT 2014: a component with a memory map for each BAR, the home of its registers first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.descriptions.ipxact_registers import (
    LANGUAGE,
    IpxactRegisters,
    address,
    dimension,
    texts,
)
from codegen.output.languages.descriptions.xml_tree import Element, leaf
from codegen.output.languages.sheet import Language, Sheet
from codegen.schema.policies import POLICIES
from codegen.views.numbers import hexadecimal, size_text
from codegen.views.reference import device_model
from codegen.views.told.array_places import follows_rows, length_of, memory_size, unrolled
from codegen.views.told.map_facts import block_facts, child_facts, device_facts, left_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codegen.model.device import Device
    from codegen.schema.spaces import Space
    from codegen.views.reference import ChildModel, Model

__all__ = ["IPXACT"]

_NARROWEST = 32


class _File(NamedTuple):
    notes: tuple[str, ...]
    maps: tuple[Element, ...]
    parameters: tuple[Element, ...]


class _Memory(NamedTuple):
    """A memory at its address, by the names on the way to it."""

    name: str
    offset: int
    child: ChildModel


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    return [Sheet(f"{device.name}.ipxact.xml", IPXACT.template, {"model": model, "ipxact": _Writer(model).file()})]


class _Writer:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._registers = IpxactRegisters(model)
        self._blocks = {block.name: block for block in model.blocks}
        self._width = max((register.access_width for register in model.registers), default=_NARROWEST)

    def file(self) -> _File:
        model, root = self._model, self._model.blocks[-1]
        spaces: dict[Space, list[ChildModel]] = {}
        for child in root.children:
            spaces.setdefault(child.space or model.space, []).append(child)
        ordered = sorted(spaces.items(), key=lambda item: item[0] != model.space)
        note = left_out(LANGUAGE, [*device_facts(model), *block_facts(root)], {"space", "constants"})
        parameters = tuple(
            Element(
                "parameter",
                children=(*texts(number.name, "", number.description), leaf("value", number.value)),
                attributes=(("parameterId", number.name), ("type", "longint")),
            )
            for number in model.constants
        )
        return _File((note,) if note else (), tuple(self._map(space, items) for space, items in ordered), parameters)

    def _map(self, space: Space, children: list[ChildModel]) -> Element:
        extent = max(map(self._end, children))
        memories = [memory for child in children for memory in self._memories(child)]
        registers = tuple(self._inside(children, extent, 0, ()))
        blocks = [self._memory(memory) for memory in memories if memory.offset >= extent]
        if any(item.tag for item in registers):
            base, width = leaf("baseAddress", address(0)), leaf("width", max(self._width, _NARROWEST))
            head = (leaf("name", "registers"), base, leaf("range", address(extent)), width, leaf("usage", "register"))
            blocks.insert(0, Element("addressBlock", (), (*head, *registers)))
        elif registers:
            blocks.append(Element("", tuple(note for item in registers for note in item.notes)))
        return Element(
            "memoryMap",
            (f"In {space}.",),
            (*texts(f"{space.pf}_bar{space.bar}", "", ""), *blocks, leaf("addressUnitBits", 8)),
        )

    # -- how far registers reach, and where memories are ------------------------------------------------------------

    def _end(self, child: ChildModel) -> int:
        """Return where the registers of a child end, 0 where it has none."""
        if child.kind == "memory":
            return 0
        if child.kind == "register":
            return child.offset + length_of(child)
        inner = max((self._end(item) for item in self._blocks[str(child.type)].children), default=0)
        if not inner:
            return 0
        if not child.arrays:
            return child.offset + inner
        return child.offset + sum((axis.count - 1) * axis.stride for axis in child.arrays) + child.arrays[-1].stride

    def _memories(self, child: ChildModel, names: tuple[str, ...] = (), base: int = 0) -> Iterator[_Memory]:
        """Yield the memories that are in no array."""
        if child.kind == "memory":
            for one in unrolled(child):
                yield _Memory("_".join((*names, one.name)), base + one.offset, one)
        elif child.kind == "block" and not child.arrays:
            for inner in self._blocks[str(child.type)].children:
                yield from self._memories(inner, (*names, child.name), base + child.offset)

    def _memory(self, memory: _Memory) -> Element:
        child = memory.child
        length = memory_size(child)
        note = left_out(LANGUAGE, child_facts(child), ("title",))
        return Element(
            "addressBlock",
            tuple(filter(None, (note, *self._entries(child)))),
            (
                *texts(memory.name, child.title, child.description),
                leaf("baseAddress", address(memory.offset)),
                leaf("range", address(length)),
                leaf("width", child.width or _NARROWEST),
                leaf("usage", "memory"),
                leaf("access", _access(child.access)),
            ),
        )

    def _entries(self, child: ChildModel) -> list[str]:
        if child.type is None:
            return []
        registers = (inner for inner in self._blocks[child.type].children if inner.kind == "register")
        return [
            f"{child.type}: {inner.name} at {hexadecimal(inner.offset)}, {self._registers.layout(inner)}."
            for inner in registers
        ]

    # -- registers ------------------------------------------------------------

    def _inside(
        self, children: Sequence[ChildModel], extent: int, base: int, around: tuple[ChildModel, ...]
    ) -> Iterator[Element]:
        primaries = {child.alternate for child in children if child.alternate is not None}
        shared = [child for child in children if child.alternate is not None or child.name in primaries]
        for child in self._unrolled(children):
            if child.kind == "register":
                yield self._registers.of(child, shared)
            elif child.kind == "block":
                yield self._block(child, extent, base, around)
            elif base + child.offset < extent or any(outer.arrays for outer in around):
                length = memory_size(child)
                facts = "".join(f"; {fact.text}" for fact in child_facts(child))
                words = "" if child.type else f", words of {child.width} bits"
                place = (
                    f"memory {child.name} at {hexadecimal(child.offset)}, {size_text(length)}, {child.access}{words}"
                )
                yield Element("", (f"Not in {LANGUAGE}: {place}{facts}. {child.description.strip()}".strip(),))
                yield Element("", tuple(self._entries(child)))

    @staticmethod
    def _unrolled(children: Iterable[ChildModel]) -> Iterator[ChildModel]:
        """Yield places; of arrays whose rows do not follow each other, those of the innermost dimension."""
        for child in children:
            is_plain = child.kind == "memory" or follows_rows(child.arrays)
            yield from (child,) if is_plain else unrolled(child, keep=1)

    def _block(self, child: ChildModel, extent: int, base: int, around: tuple[ChildModel, ...]) -> Element:
        block = self._blocks[str(child.type)]
        inside = tuple(self._inside(block.children, extent, base + child.offset, (*around, child)))
        note = left_out(LANGUAGE, [*child_facts(child), *block_facts(block)], ("title", "space"))
        notes = (note,) if note else ()
        is_empty = not any(item.tag for item in inside)
        if is_empty or child.alternate is not None:
            inner = tuple(line for item in inside for line in item.notes)
            if not inner and not notes and is_empty:  # its memories are blocks of their own
                return Element("")
            reason = "has no registers" if is_empty else "is an alternate"
            content = (
                ""
                if is_empty
                else f": {', '.join(f'{item.name} at {hexadecimal(item.offset)}' for item in block.children)}"
            )
            place = f"block {child.name} at {hexadecimal(child.offset)}, which {reason}{content}"
            return Element("", (f"Not in {LANGUAGE}: {place}.", *notes, *inner))
        size = child.arrays[-1].stride if child.arrays else self._end(child) - child.offset
        return Element(
            "registerFile",
            notes,
            (
                *texts(child.name, child.title, child.description or block.description),
                *dimension(child),
                leaf("addressOffset", address(child.offset)),
                leaf("range", address(size)),
                *inside,
            ),
        )


def _access(policy: str) -> str:
    """Return what a memory's access is called."""
    row = POLICIES[policy]
    return "read-write" if row.readable and row.writable else "read-only" if row.readable else "write-only"


IPXACT = Language("ipxact", "ipxact.ipxact.xml.j2", _sheets)
