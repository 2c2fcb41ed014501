"""Elaborates blocks and types: offsets, arrays, windows and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.blocks.child_arrays import ChildArray, child_array, counts_of
from codegen.model.blocks.child_names import name_clashes
from codegen.model.blocks.lane_rules import lane_faults, lane_grain
from codegen.model.blocks.sharing import Sharing, check_paths, share_of
from codegen.model.blocks.sized import Sized, are_apart, single_register, space_of, structure_of, with_end
from codegen.model.card_rules import burst_fault, end_fault, space_fault
from codegen.model.memories.burst_rules import first_burst
from codegen.model.memories.entry_rules import bus_width, memory_faults, memory_size, said_bus_width
from codegen.model.overlap import LayoutTooIntricateError, collisions
from codegen.model.properties import properties_text, told_of
from codegen.model.registers.aliases import Aliases
from codegen.model.registers.element_resets import element_resets, with_first_reset
from codegen.model.registers.entry_facts import PLACE_KEYS
from codegen.model.tree import expansions, line_length, room_for
from codegen.model.types import BlockChild, BlockType, MemoryChild, RegisterChild
from codegen.schema.guesses import closest
from codegen.schema.names import attribute_of
from codegen.schema.spaces import F2, Card, Space
from codegen.schema.vocabulary import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from codegen.model.registers.aliases import Ways
    from codegen.model.registers.register_builder import RegisterBuilder
    from codegen.schema.entries import (
        BlockEntry,
        Content,
        DeviceMap,
        MemoryEntry,
        RegisterEntry,
        TypeEntry,
    )
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

    ChildEntry = RegisterEntry | MemoryEntry | BlockEntry

__all__ = ["BlockBuilder"]

_COUNTED_MAX = 10**12
_GROUPS = {"register": "registers", "memory": "memories", "block": "blocks"}


class _Place(NamedTuple):
    """Where in the map something is written, and in which types it is."""

    source: Source
    path: Path
    inside: tuple[str, ...] = ()
    depth: int = 0

    def at(self, *steps: str) -> _Place:
        return _Place(self.source, (*self.path, *steps), self.inside, self.depth)


class BlockBuilder:
    """Makes block types; equal structures of one name give one object."""

    def __init__(
        self,
        types: Mapping[str, tuple[Source, TypeEntry]],
        registers: RegisterBuilder,
        findings: Findings,
        size: int,
        card: Card = F2,
    ) -> None:
        """Take the types and the characters of all texts: what the map becomes is bounded in proportion."""
        self._types, self._card = types, card
        self._room = self._left = room_for(size)
        self._registers = registers
        self._findings = findings
        self._by_use: dict[object, BlockType | None] = {}
        self._by_type: dict[str, list[Sized]] = {}  # what is in a named type, whatever its size
        self._by_structure: dict[object, BlockType] = {}
        self._depths: dict[BlockType, int] = {}
        self._has_bursts = False

    def build_types(self) -> None:
        """Check every type, used or not."""
        for name, (source, _) in self._types.items():
            self._use_type(name, None, None, _Place(source, ("types", name)))

    def build_root(self, device: DeviceMap, source: Source, space: Space) -> BlockType:
        """Return the device's own block, checked against the ends of its BARs."""
        place = _Place(source, ())
        self._check_space(space, place)
        children = list(self._counted(self._children(device, place, space), place))
        groups: dict[Space, list[Sized]] = {space: []}
        for sized in children:
            groups.setdefault(space_of(sized.child, space), []).append(sized)
        for own, group in groups.items():
            self._check_overlaps(group, place)
            for sized in group:
                self._check_bar_end(sized, own, place)
        if self._has_bursts:
            self._check_bursts(groups, place)
        children.sort(key=lambda sized: (space_of(sized.child, space), sized.child.offset))
        root = self._finish(device, device.name, None, None, groups[space], children, place)
        self._check_expansion(root, place)
        return root

    def _check_expansion(self, root: BlockType, place: _Place) -> None:
        parts = expansions(root)
        if sum(part.characters for _, part in parts) <= self._room:
            return
        largest, part = max(parts, key=lambda item: item[1].characters)
        lines = f"{part.lines} places" if part.lines < _COUNTED_MAX else f"more than {_COUNTED_MAX} places"
        self._too_much(place.at(f"{_GROUPS[largest.kind]}", largest.name), f"this becomes {lines}, arrays counted once")

    def _too_much(self, place: _Place, what: str) -> None:
        message = f"{what}: too much for a map of this size"
        hint = "Use arrays (count) instead of single blocks, shorter descriptions, or fewer levels of types."
        self._add(place, "too-big", message, hint, at_key=True)

    def _check_bar_end(self, sized: Sized, space: Space, place: _Place) -> None:
        fault = end_fault(self._card, space, sized.child.name, sized.end)
        if fault is not None:
            self._add(place.at(*sized.keys, "offset"), *fault)

    def _check_bursts(self, groups: dict[Space, list[Sized]], place: _Place) -> None:
        known: dict[BlockType, str] = {}
        for space, group in groups.items():
            fault = burst_fault(self._card, space)
            for sized in group if fault else ():
                path = first_burst(sized.child, known)
                if path and fault:
                    rule, message, hint = fault
                    self._add(
                        place.at(*sized.keys), rule, f"{path!r} is read in bursts, and {message}", hint, at_key=True
                    )

    def _add(self, place: _Place, rule: str, message: str, hint: str, *, at_key: bool = False) -> None:
        self._findings.add(place.source, place.path, rule, message, hint, at_key=at_key)

    def _use_type(self, name: str, size: int | None, unmapped: int | None, place: _Place) -> BlockType | None:
        """Return the block type of a named type, with a window of its own where one is given."""
        if name in place.inside:
            chain = " -> ".join((*place.inside[place.inside.index(name) :], name))
            hint = "A type can't contain itself; take one of these blocks out."
            self._add(place, "type-recursion", f"type {name!r} contains itself: {chain}", hint)
            return None
        key = (name, size, unmapped)
        if key not in self._by_use:
            source, entry = self._types[name]
            changes = {"size": size, "unmapped": unmapped}
            given = {word: value for word, value in changes.items() if value is not None}
            inner = _Place(source, ("types", name), (*place.inside, name), place.depth)
            self._by_use[key] = self._build(entry.model_copy(update=given) if given else entry, name, name, inner)
        return self._by_use[key]

    def _build(
        self, entry: TypeEntry | BlockEntry, name: str, type_name: str | None, place: _Place
    ) -> BlockType | None:
        if place.depth >= MAX_DEPTH:
            self._too_deep(place)
            return None
        known = self._by_type.get(type_name) if type_name else None  # whatever their block's size is here
        children = list(self._counted(self._children(entry, place, None) if known is None else known, place))
        if known is None:
            children.sort(key=lambda sized: sized.child.offset)
            self._check_overlaps(children, place)
        if type_name:
            self._by_type[type_name] = children
        return self._finish(entry, name, type_name, entry.size, children, children, place)

    def _too_deep(self, place: _Place) -> None:
        message = f"blocks are nested deeper than {MAX_DEPTH} levels"
        self._add(place, "too-deep", message, "Use fewer levels.", at_key=True)

    def _levels(self, children: list[Sized], place: _Place) -> int:
        """Return how many levels of blocks a block has, itself included."""
        inner = (sized.child for sized in children)
        types = (child.type for child in inner if not isinstance(child, RegisterChild))
        levels = 1 + max((self._depths[block] for block in types if block is not None), default=0)
        if levels == MAX_DEPTH + 1:  # those around it would be reported for the same reason
            self._too_deep(place)
        return levels

    def _finish(
        self,
        entry: Content,
        name: str,
        type_name: str | None,
        window: int | None,
        inside: list[Sized],
        children: list[Sized],
        place: _Place,
    ) -> BlockType:
        for path, *fault in name_clashes(entry, [(sized.child, sized.keys) for sized in children]):
            self._add(place.at(*path), *fault, at_key=True)
        self._check_content(entry, place)
        check_paths([sized.child for sized in children], place.source, place.path, self._findings)
        for harmed in lane_faults([sized.child for sized in inside]):
            where = place.at("registers", harmed.name)
            self._add(where, "lane-neighbour", harmed.message, harmed.hint, at_key=True)
        size = self._size(window, entry.unmapped, inside, place)
        alignment = max([sized.alignment for sized in inside], default=1)
        finished, properties = tuple([sized.child for sized in children]), properties_text(entry.properties)
        key = (
            name,
            type_name,
            entry.description,
            size,
            alignment,
            entry.unmapped,
            properties,
            tuple(map(structure_of, finished)),
        )
        block = self._by_structure.get(key)
        if block is None:
            block = BlockType(name, type_name, entry.description, finished, size, alignment, entry.unmapped, properties)
            self._by_structure[key] = block
            self._depths[block] = self._levels(children, place)
        return block

    def _check_content(self, entry: Content, place: _Place) -> None:
        size = len(place.path)
        is_cut = any(path[:size] == place.path for path in place.source.dropped)
        if not (entry.registers or entry.memories or entry.blocks or is_cut):
            hint = "Add registers, memories or blocks."
            self._add(place, "empty-block", "nothing is in this block", hint, at_key=True)

    def _python_name(self, name: str, entry: ChildEntry, source: Source, path: Path) -> str:
        found = attribute_of(name, "child", entry.python)
        if found != name and entry.python is None:
            self._findings.note_python_name(source, path, name, found, "attribute")
        return found

    def _size(self, window: int | None, unmapped: int | None, inside: list[Sized], place: _Place) -> int:
        end = max((sized.end for sized in inside), default=0)
        grain = max(lane_grain([sized.child for sized in inside]), 1 if unmapped is None else 4)
        if window is None:
            return -(-end // grain) * grain
        if window == 0:
            self._add(place.at("size"), "bad-size", "got 0 bytes", "Give the window's size.")
        if unmapped is not None and window % 4:
            message = f"got {window:#x}, wanted a multiple of 4 because unmapped is a 32-bit word"
            self._add(place.at("size"), "size-multiple", message, "Change the size.")
        elif window % grain:
            message = f"got {window:#x}, wanted a multiple of {grain}: it holds parts of bus words of {grain * 8} bits"
            self._add(place.at("size"), "size-multiple", message, "Change the size.")
        for sized in inside:
            if sized.end > window > 0:
                message = f"{sized.child.name!r} ends at {sized.end - 1:#x}, past the block's size {window:#x}"
                hint = "Enlarge size, or lower offset, count or stride."
                self._add(place.at(*sized.keys, "offset"), "past-window", message, hint)
        return max(window, end)

    def _check_overlaps(self, children: list[Sized], place: _Place) -> None:
        if are_apart(children):
            return
        keys = {sized.child.name: sized.keys for sized in children}
        try:
            sharing = Sharing(sized.child for sized in children)
            extents = [extent for sized in children for extent in sized.extents]
            for collision in collisions(extents, sharing.allows):
                where = place.at(*keys[collision.second.name], "offset")
                self._add(where, collision.rule, collision.message, collision.hint)
        except LayoutTooIntricateError:
            message = "too many arrays lie within each other to be checked"
            hint = "Make one array of blocks that holds these registers."
            self._add(place, "too-intricate", message, hint, at_key=True)

    def _counted(self, children: Iterable[Sized], place: _Place) -> Iterator[Sized]:
        """Yield the children. Raises MapError when what all types are made into has no room any more."""
        for sized in children:
            self._left -= line_length(sized.child)
            if self._left < 0:
                self._too_much(place, "types are used with too many sizes")
                self._findings.raise_any()
            yield sized

    def _children(self, entry: Content, place: _Place, device_space: Space | None) -> Iterator[Sized]:
        inside = place.at("registers")
        registers = Aliases(entry.registers, self._registers.entry_of, place.source, inside.path, self._findings)
        made = (self._register(*found, inside) for found in registers.entries())
        yield from filter(None, made)
        for name, memory in entry.memories.items():
            yield from self._memory(name, memory, place.at("memories", name))
        for name, block in entry.blocks.items():
            yield from self._block(name, block, place.at("blocks", name), device_space)

    def _register(self, name: str, entry: RegisterEntry, ways: Ways | None, registers: _Place) -> Sized | None:
        entry, listed = with_first_reset(entry)
        source, path = registers.source, (*registers.path, name)
        register = self._registers.build(name, entry, ways, source, path)
        if register is None:
            return None
        size, alignment = register.width // 8, min(register.width, register.access_width) // 8
        self._check_aligned(entry.offset, alignment, registers, name)
        description = "" if entry.description == register.description else entry.description
        python_name = self._python_name(name, entry, source, path)
        if listed is None is entry.type and PLACE_KEYS.isdisjoint(entry.model_fields_set):  # as of most in a large map
            return single_register(name, entry.offset, register, python_name, description)
        place = registers.at(name)
        array = self._array(entry, size, alignment, place)
        told, type_entry = told_of(entry), self._registers.entry_of(entry)
        if type_entry is not None:
            given = told_of(type_entry)
            told = told[0] or given[0], told[1] or given[1]
        texts = python_name, description, *told
        place_of = name, entry.offset, register, array.count, array.stride
        resets: tuple[int, ...] = ()
        if listed is not None:
            counts, stated = [axis.count for axis in array.axes], self._registers.stated_bits(entry, register)
            resets, faults = element_resets(listed, counts, register, stated, is_typed=entry.type is not None)
            for steps, *fault in faults:
                self._add(place._replace(path=(*path, "reset", *steps)), *fault)
        child = RegisterChild(*place_of, *texts, *share_of(entry), array.numbering, array.inner, resets)
        return with_end(child, size, register.access_width // 8, ("registers", name))

    def _memory(self, name: str, entry: MemoryEntry, place: _Place) -> Iterator[Sized]:
        step = bus_width(entry) // 8
        self._check_aligned(entry.offset, step, place)
        inner = None
        if entry.entry is not None:
            where = place.at("entry")._replace(depth=place.depth + 1)
            inner = self._named_type(entry.entry, None, None, where)
        for key, *fault in memory_faults(entry, inner):
            self._add(place.at(key) if key else place, *fault, at_key=not key)
        if (inner is None) != (entry.entry is None):
            return
        if inner is not None and inner.alignment > step:
            self._check_aligned(entry.offset, inner.alignment, place)
        size = memory_size(entry, inner)
        held = counts_of(entry)[-1:] if inner is not None else ()
        array = self._array(entry, size, step, place, held) if size else ChildArray(None, size)
        place_of = name, entry.offset, size, entry.width, said_bus_width(entry)
        texts = self._python_name(name, entry, place.source, place.path), entry.description, *told_of(entry)
        self._has_bursts |= entry.burst
        child = MemoryChild(*place_of, entry.access, *texts, inner, entry.external, array.axes, entry.burst)
        yield with_end(child, size, step, ("memories", name))

    def _block(self, name: str, entry: BlockEntry, place: _Place, device_space: Space | None) -> Iterator[Sized]:
        block = self._block_type(name, entry, place._replace(depth=place.depth + 1))
        space = self._block_space(entry, place, device_space)
        if block is None:
            return
        self._check_aligned(entry.offset, block.alignment, place)
        array = self._array(entry, block.size, block.alignment, place)
        description = "" if entry.description == block.description else entry.description
        texts = self._python_name(name, entry, place.source, place.path), description, *told_of(entry)
        place_of = name, entry.offset, block, array.count, array.stride, space
        child = BlockChild(*place_of, *texts, *share_of(entry), array.numbering, array.inner)
        yield with_end(child, block.size, block.alignment, ("blocks", name))

    def _block_type(self, name: str, entry: BlockEntry, place: _Place) -> BlockType | None:
        if entry.type is None:
            return self._build(entry, name, None, place)
        if entry.registers or entry.memories or entry.blocks:
            message = f"the block has type {entry.type!r} and content of its own"
            hint = "Remove the type, or move the content into it."
            self._add(place.at("type"), "type-and-content", message, hint, at_key=True)
        return self._named_type(entry.type, entry.size, entry.unmapped, place.at("type"))

    def _named_type(self, name: str, size: int | None, unmapped: int | None, place: _Place) -> BlockType | None:
        """Return the type of a name that stands at a place; None where that is none, which is reported."""
        if name in self._types:
            return self._use_type(name, size, unmapped, place)
        if not self._findings.refused(("types", name)):
            hint = closest(name, self._types, "types", self._findings)
            self._add(place, "unknown-type", f"unknown type {name!r}", hint)
        return None

    def _block_space(self, entry: BlockEntry, place: _Place, device_space: Space | None) -> Space | None:
        if entry.space is None:
            return None
        if device_space is None:
            message = "only a block directly in the device can be in another space"
            hint = "Move the block up to the device."
            self._add(place.at("space"), "bad-space", message, hint, at_key=True)
            return None
        space = Space(entry.space.pf, entry.space.bar)
        self._check_space(space, place)
        return None if space == device_space else space

    def _check_space(self, space: Space, place: _Place) -> None:
        fault = space_fault(self._card, space)
        if fault is not None:
            self._add(place.at("space", "bar"), *fault)

    def _array(
        self, entry: ChildEntry, length: int, alignment: int, place: _Place, held: Sequence[int] = ()
    ) -> ChildArray:
        return child_array(entry, length, alignment, place.source, place.path, self._findings, held)

    def _check_aligned(self, offset: int, alignment: int, place: _Place, *steps: str) -> None:
        if offset % alignment:
            below = offset - offset % alignment
            message = f"offset {offset:#x} is no multiple of {alignment} bytes, one bus access"
            hint = f"Use {below:#x} or {below + alignment:#x}."
            self._add(place.at(*steps, "offset"), "misaligned-offset", message, hint)
