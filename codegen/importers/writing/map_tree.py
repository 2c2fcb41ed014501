"""From a settled description to the data of a map, with the place in the source of each thing in it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from codegen.importers.described.description import Block, Memory, Register
from codegen.importers.described.naming import common_name, free_name, snake_name
from codegen.importers.settled.device_settling import length_of, space_of
from codegen.importers.writing.enum_names import EnumNames
from codegen.importers.writing.interrupt_tree import interrupts_of
from codegen.importers.writing.made_map import MapTree, Path
from codegen.importers.writing.register_tree import array_data, register_data
from codegen.importers.writing.relations import relate
from codegen.importers.writing.wording import description_text, item_texts
from codegen.schema.names import MAX_LENGTH, camel_case, module_fault

if TYPE_CHECKING:
    from codegen.importers.described.description import Device, Placed
    from codegen.importers.described.remarks import Remarks

__all__ = ["map_tree"]

_GROUPS: dict[type, str] = {Register: "registers", Memory: "memories", Block: "blocks"}


def map_tree(device: Device, remarks: Remarks) -> MapTree:
    """Return the map of a settled device."""
    name = snake_name(device.name, "d")
    data: dict[str, Any] = {"schema": 1, "name": name}
    tree = MapTree(name, data, head=[*device.head])
    if module_fault(name) is not None:
        data["python"] = f"{name[: MAX_LENGTH - 5]}_regs"
    if device.same:
        tree.head += ["", f"The same registers: {', '.join(device.same)}."]
    if device.comments:
        tree.head += ["", *device.comments]
    tree.origins[()] = device.origin
    data.update(item_texts(device, snake_name(device.name), remarks, device.name))
    data.pop("title", None)
    data.update(_place_of(device))
    constants = _constants(device, tree)
    if constants:
        data["constants"] = constants
    enums = EnumNames({camel_case(name)}, tree, remarks)
    writer = _Writer(tree, enums, remarks)
    content = writer.content(device, (), device.name)
    if enums.data:
        data["enums"] = enums.data
    interrupts = interrupts_of(device, content, remarks)
    types = writer.types(content)
    if types:
        data["types"] = types
    data.update(content)
    if interrupts:
        data["interrupts"] = interrupts
    return tree


def _place_of(device: Device) -> dict[str, Any]:
    """Return the BAR of a device, and what its AFI is known by."""
    data: dict[str, Any] = {}
    bar = space_of(device).bar if device.bar is None else device.bar
    if bar:
        data["space"] = {"pf": "app", "bar": bar}
    afi: dict[str, Any] = {"ids": device.afi_ids} if device.afi_ids else {}
    if device.pci:
        afi["pci"] = device.pci
    if afi:
        data["afi"] = afi
    return data


def _constants(device: Device, tree: MapTree) -> dict[str, Any]:
    """Return the named numbers, whose names are in capitals."""
    taken: set[str] = set()
    made: dict[str, Any] = {}
    for item in device.constants:
        text = description_text(item.description)
        value: Any = {"value": item.value, "description": text} if text else item.value
        name = free_name(snake_name(item.name, "c").upper(), taken)
        tree.place(("constants", name), item)
        made[name] = value
    return made


class _Writer:
    def __init__(self, tree: MapTree, enums: EnumNames, remarks: Remarks) -> None:
        self._tree, self._enums, self._remarks = tree, enums, remarks
        self._bodies: dict[str, list[tuple[dict[str, Any], Path]]] = {}
        self._type_names: dict[Path, str] = {}

    def content(self, block: Block, path: Path, source_path: str) -> dict[str, Any]:
        """Return the groups of a block's children."""
        taken: set[str] = set()
        groups: dict[str, dict[str, Any]] = {group: {} for group in _GROUPS.values()}
        names: dict[int, str] = {}
        for child in block.children:
            names[id(child)] = free_name(snake_name(child.name, _GROUPS[type(child)][0]), taken, "child")
        for child in block.children:
            group, name = _GROUPS[type(child)], names[id(child)]
            where: Path = (*path, group, name)
            self._tree.place(where, child)
            shown = f"{source_path}.{child.name}"
            self._note_name(name, child, shown)
            if isinstance(child, Register):
                made = register_data(child, where, self._tree, self._enums, self._remarks, shown, name)
            elif isinstance(child, Memory):
                made = self._memory(child, name, shown)
            else:
                made = self._block(child, name, where, shown)
            if child.view_of is not None:
                made["alternate"] = names[id(child.view_of)]
            groups[group][name] = made
        relate(block, groups, names, source_path, self._remarks)
        return {group: children for group, children in groups.items() if children}

    def _note_name(self, name: str, child: Placed, path: str) -> None:
        if re.sub(r"_\d+$", "", name) == snake_name(child.name, name[0]) != name:
            self._remarks.approximated(
                child, child.origin, path, f"the name {child.name} is there already: it is {name}"
            )

    def _block(self, block: Block, name: str, path: Path, source_path: str) -> dict[str, Any]:
        data: dict[str, Any] = {"offset": block.offset}
        data.update(array_data(block, length_of(block)))
        data.update(item_texts(block, name, self._remarks, source_path))
        body = self.content(block, path, source_path)
        key = json.dumps(body, sort_keys=False)
        self._bodies.setdefault(key, []).append((data, path))
        self._type_names[path] = block.type_name
        if block.type_name:
            self._tree.type_names[id(data)] = snake_name(block.type_name, "t")
        data.update(body)
        return data

    def _memory(self, memory: Memory, name: str, path: str) -> dict[str, Any]:
        data: dict[str, Any] = {"offset": memory.offset, **array_data(memory, memory.size), "size": memory.size}
        if memory.width != 32:  # noqa: PLR2004
            data["width"] = memory.width
        if memory.access_width is not None:
            data["access_width"] = memory.access_width
        if memory.access != "rw":
            data["access"] = memory.access
        return {**data, **item_texts(memory, name, self._remarks, path)}

    def types(self, content: dict[str, Any]) -> dict[str, Any]:
        """Move what several blocks have in common into types, the innermost first; return the types."""
        types: dict[str, Any] = {}
        taken: set[str] = set()
        for uses in self._bodies.values():
            live = [(data, path) for data, path in uses if _at(content, path) is data]
            if len(live) < 2:  # noqa: PLR2004
                continue
            first, first_path = live[0]
            given = snake_name(self._type_names[first_path], "t") if self._type_names[first_path] else ""
            type_name = free_name(given or common_name([str(path[-1]) for _, path in live]), taken)
            body = {group: first[group] for group in _GROUPS.values() if group in first}
            types[type_name] = body
            self._move(first_path, ("types", type_name))
            for data, path in live:
                for group in body:
                    data.pop(group, None)
                data_with_type = {"type": type_name, **data}
                data.clear()
                data.update(data_with_type)
                if path != first_path:
                    self._forget(path)
        return types

    def _move(self, path: Path, to: Path) -> None:
        _moved(self._tree.origins, path, to)
        _moved(self._tree.comments, path, to)
        self._tree.origins[to] = self._tree.origins[path]

    def _forget(self, path: Path) -> None:
        _moved(self._tree.origins, path, None)
        _moved(self._tree.comments, path, None)


def _moved(table: dict[Path, Any], path: Path, to: Path | None) -> None:
    """Give what is inside of a path another one, or take it out."""
    size = len(path)
    for old in [key for key in table if len(key) > size and key[:size] == path]:
        value = table.pop(old)
        if to is not None:
            table[to + old[size:]] = value


def _at(data: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return None
        data = data[step]
    return data
