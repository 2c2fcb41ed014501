"""CMSIS-SVD 1.3: a peripheral for each BAR, the device's own first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.descriptions.svd_names import axis_of, named_keys, written_name
from codegen.output.languages.descriptions.svd_registers import SvdRegisters
from codegen.output.languages.descriptions.xml_tree import Element, leaf, leaves
from codegen.output.languages.sheet import Language, Sheet
from codegen.views.numbers import hexadecimal, size_text
from codegen.views.reference import device_model
from codegen.views.told.array_places import length_of, memory_size, unrolled
from codegen.views.told.map_facts import block_facts, child_facts, device_facts, left_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codegen.model.device import Device
    from codegen.schema.spaces import Space
    from codegen.views.reference import ChildModel, Model

__all__ = ["SVD"]

_NARROWEST = 32
"""Bits of a bus, where all registers are narrower."""


class _File(NamedTuple):
    notes: tuple[str, ...]
    width: int
    peripherals: tuple[Element, ...]


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    return [Sheet(f"{device.name}.svd", SVD.template, {"model": model, "svd": _Writer(model).file()})]


class _Writer:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._registers = SvdRegisters(model)
        self._blocks = {block.name: block for block in model.blocks}
        self._made: dict[str, tuple[Element, ...]] = {}

    def file(self) -> _File:
        model = self._model
        root, home = model.blocks[-1], model.space
        others = [child for child in root.children if child.space not in (None, home)]
        inside = [child for child in root.children if child not in others]
        peripherals = [self._peripheral(model.name, model.description, home, inside)] if inside else []
        peripherals += [
            self._peripheral(f"{model.name}_{child.name}", "", child.space or home, [child]) for child in others
        ]
        note = left_out("SVD", [*device_facts(model), *block_facts(root)], {"space"})
        width = max((register.access_width for register in model.registers), default=_NARROWEST)
        return _File((note,) if note else (), max(width, _NARROWEST), tuple(peripherals))

    def _peripheral(self, name: str, description: str, space: Space, children: list[ChildModel]) -> Element:
        ends = [child.offset + length_of(child) for child in children if child.kind != "memory"]
        blocks = [_address_block(0, max(ends), "registers")] if ends else []
        blocks += [
            _address_block(child.offset, length_of(child), "buffer") for child in children if child.kind == "memory"
        ]
        registers = tuple(self._children(children))
        return Element(
            "peripheral",
            notes=(f"In {space}: addresses count from the start of the BAR.",),
            children=(
                *leaves([("name", name), ("description", description), ("baseAddress", "0x0")]),
                *blocks,
                *(self._interrupts() if name == self._model.name else ()),
                *([Element("registers", children=registers)] if any(item.tag for item in registers) else registers),
            ),
        )

    def _interrupts(self) -> Iterator[Element]:
        for item in self._model.interrupts:
            if item.line is not None:
                texts = leaves([("name", item.name), ("description", item.description), ("value", item.line)])
                yield Element("interrupt", children=tuple(texts))

    def _children(self, children: Iterable[ChildModel]) -> Iterator[Element]:
        """Yield places, those of several dimensions as arrays of the innermost one."""
        for child in children:
            parts = unrolled(child, keep=1) if len(child.arrays) > 1 and child.kind != "memory" else (child,)
            yield from map(self._child, parts)

    def _child(self, child: ChildModel) -> Element:
        if child.kind == "register":
            return self._registers.of(child)
        return self._memory(child) if child.kind == "memory" else self._cluster(child)

    def _memory(self, child: ChildModel) -> Element:
        """Return the comment of a memory: SVD has address blocks of peripherals alone."""
        array = "".join(f", {axis.count} of them {hexadecimal(axis.stride)} apart" for axis in child.arrays)
        place = f"{size_text(memory_size(child))} at {hexadecimal(child.offset)}{array}, {child.access}"
        words = f", words of {child.width} bits" if child.type is None else ""
        facts = "".join(f"; {fact.text}" for fact in child_facts(child))
        notes = [f"Not in SVD: memory {child.name}, {place}{words}{facts}. {child.description.strip()}".strip()]
        if child.type is not None:
            notes += [
                f"{child.type}: {inner.name} at {hexadecimal(inner.offset)}, {self._registers.layout(inner)}."
                for inner in self._blocks[child.type].children
                if inner.kind == "register"
            ]
        return Element("", notes=tuple(notes))

    def _cluster(self, child: ChildModel) -> Element:
        block = self._blocks[str(child.type)]
        if block.name not in self._made:
            self._made[block.name] = tuple(self._children(block.children))
        inside = self._made[block.name]
        note = left_out(
            "SVD", [*child_facts(child), *block_facts(block)], {"alternate", "space", *named_keys(axis_of(child))}
        )
        notes = (note,) if note else ()
        if not any(item.tag for item in inside):  # a cluster without registers is none
            place = f"Not in SVD: block {child.name} at {hexadecimal(child.offset)}, which has no registers."
            return Element("", (place, *notes, *(line for item in inside for line in item.notes)))
        texts = (("description", child.description or block.description), ("alternateCluster", child.alternate or ""))
        return Element(
            "cluster",
            notes=notes,
            children=(
                *written_name(child.name, axis_of(child)),
                *leaves(texts),
                leaf("addressOffset", hexadecimal(child.offset)),
                *inside,
            ),
        )


def _address_block(offset: int, size: int, usage: str) -> Element:
    parts = (("offset", hexadecimal(offset)), ("size", hexadecimal(size)), ("usage", usage))
    return Element("addressBlock", children=tuple(leaves(parts)))


SVD = Language("svd", "svd.svd.j2", _sheets)
