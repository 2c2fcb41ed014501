"""SystemRDL: types of blocks, and the addrmaps of a device."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from codegen.output.languages.descriptions.rdl_registers import Component, is_one_register, texts
from codegen.schema.policies import POLICIES
from codegen.views.escapes import rdl_comment
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.numbers import hexadecimal
from codegen.views.told.array_places import apart
from codegen.views.told.map_facts import block_facts, child_facts, layout_text, left_out, register_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.output.languages.descriptions.rdl_properties import OwnProperties
    from codegen.output.languages.descriptions.rdl_registers import RdlRegisters
    from codegen.schema.spaces import Space
    from codegen.views.field_model import FieldModel
    from codegen.views.reference import BlockModel, ChildModel, Model, RegisterModel

__all__ = ["RdlBlocks"]


class RdlBlocks:
    """Makes components of the types and the places of a map."""

    def __init__(self, model: Model, own: OwnProperties, registers: RdlRegisters, scope: Scope) -> None:
        """Take the map, its own properties, what makes registers, and the names of the file."""
        self._model, self._own, self._made = model, own, registers
        self._registers = {register.name: register for register in model.registers}
        self._blocks = {block.name: block for block in model.blocks}
        self._scope = scope
        self._known: dict[str, str] = {}
        self._has_big = any(_endian(register) == "big" for register in model.registers)
        self._maps: set[str] = set()

    def types(self) -> Iterator[Component]:
        """Yield the types of registers, then those of blocks, inner ones first."""
        locks = {name for block in self._model.blocks for name in self._locked(block)}
        for register in self._model.registers:
            if _primary_name(register):
                continue
            name = self._scope.take(f"register {register.name}", register.name)
            carried = [
                *(["lock"] if register.name in locks else []),
                *(["endian"] if self._is_carried(register) else []),
            ]
            component = self._made.of(register, name, carried)
            if component is not None:
                self._known[register.name] = name
                yield component
        for block in self._model.blocks[:-1]:
            parts = tuple(self._parts(block, block.children))
            if not _has_instance(parts):
                continue
            name = self._scope.take(f"block {block.name}", block.name)
            self._known[block.name] = name
            if self._needs_addrmap(block):
                self._maps.add(block.name)
            kind = "addrmap" if block.name in self._maps else "regfile"
            keys, own = self._own.of(block.properties)
            notes = left_out("SystemRDL", block_facts(block), keys)
            properties = (*texts(block.description), *self._endian(block), *own)
            yield Component(f"{kind} {name}", "", _comments(notes), properties, parts)

    def devices(self, notes: tuple[str, ...], properties: tuple[str, ...]) -> Iterator[Component]:
        """Yield an addrmap for each block in another BAR, then the device's own, with these comments and properties."""
        root, home = self._model.blocks[-1], self._model.space
        others = [child for child in root.children if child.space not in (None, home)]
        told = list(notes)
        for child in others:
            name = self._scope.take(f"block {child.name}", f"{self._model.name}_{child.name}")
            assert child.space is not None
            said = f"Block {child.name} of {self._model.name}, which is in {child.space}."
            yield self._addrmap(name, child.space, tuple(self._parts(root, (child,))), (said,), ())
            told.append(f"Block {child.name} is in {child.space}: addrmap {name}.")
        name = self._scope.take("the device", self._model.name)
        inside = tuple(child for child in root.children if child not in others)
        parts = (*self._parts(root, inside), *self._enables(root))
        told += _comments(left_out("SystemRDL", block_facts(root), root.properties))
        yield self._addrmap(name, home, parts, tuple(told), (*properties, *self._endian(root)))

    def _addrmap(
        self,
        name: str,
        space: Space,
        parts: tuple[Component | str, ...],
        notes: tuple[str, ...],
        properties: tuple[str, ...],
    ) -> Component:
        bar = [f"hal_bar = {space.bar}"] if space.pf == "app" else []
        notes = notes if bar else (*notes, f"Not in SystemRDL: {space}.")
        if not _has_instance(parts):
            message = "nothing that is left of it can be said in SystemRDL, which has no empty addrmap"
            raise ValueError(f"{self._model.name}: {space}: {message}")
        return Component(f"addrmap {name}", "", notes, (*properties, *bar), parts)

    # -- which kind ------------------------------------------------------------

    def _needs_addrmap(self, block: BlockModel) -> bool:
        """Return whether it has a memory, an addrmap, or registers whose words' order is another one's."""
        return any(
            child.kind == "memory"
            or child.type in self._maps
            or (self._has_big and child.kind == "register" and _endian(self._registers[str(child.type)]) != "")
            for child in block.children
        )

    def _endian(self, block: BlockModel) -> tuple[str, ...]:
        if not self._has_big:
            return ()
        found = self._endians(block)
        return ("bigendian",) if found == {"big"} else ("littleendian",) if found else ()

    def _endians(self, block: BlockModel) -> set[str]:
        registers = (self._registers[str(child.type)] for child in block.children if child.kind == "register")
        return {endian for register in registers if (endian := _endian(register))}

    def _is_carried(self, register: RegisterModel) -> bool:
        """Return whether all addrmaps that have this register say how its words lie."""
        if _endian(register) != "big":
            return False
        holders = [
            block for block in self._model.blocks if any(child.type == register.name for child in block.children)
        ]
        return all(self._endians(block) == {"big"} for block in holders)

    # -- what is in a block ------------------------------------------------------------

    def _parts(self, block: BlockModel, children: tuple[ChildModel, ...]) -> Iterator[Component | str]:
        scope = Scope(DIALECTS["systemrdl"], f"{self._model.name}: {block.name}")
        late: list[Component | str] = []
        for child, note in apart(children):
            made = [*([f"// {rdl_comment(note)}"] if note else []), *self._child(child, block, scope)]
            if self._primary(child, block) is None:
                yield from made
            else:
                late += made
        yield from late
        yield from self._locks(block, children)

    def _child(self, child: ChildModel, block: BlockModel, scope: Scope) -> Iterator[Component | str]:
        is_known = child.kind == "memory" or self._type_of(child, block) is not None
        if child.alternate is not None or not is_known or not _is_dense(child):
            yield from self._lost(child)
            return
        name = scope.take(f"{child.kind} {child.name}", child.name)
        carried, own = self._own.of(child.properties)
        held = {"external", "title", *carried, *(["space"] if child.space else [])}
        if child.description.strip() and child.kind != "memory":
            own = [*texts(child.description), *own]
        if child.title:
            own = [*texts("", child.title), *own]
        notes = _comments(left_out("SystemRDL", child_facts(child), held))
        if child.kind == "memory":
            if child.type is not None:
                notes = (*notes, rdl_comment(f"{child.type}: {self._content(child.type)}."))
            yield self._memory(child, name, notes, own)
            return
        primary = self._primary(child, block)
        if primary is not None:
            type_name = f"{child.type}_of_{primary.name}"
            component = self._made.alias(
                self._registers[str(child.type)], self._registers[str(primary.type)], type_name
            )
            assert component is not None
            yield component
        else:
            type_name = self._known[str(child.type)]
        yield from (f"// {note}" for note in notes)
        start = f"alias {DIALECTS['systemrdl'].identifier(primary.name)} " if primary is not None else ""
        outer = "external " if child.external else ""
        yield f"{outer}{start}{type_name} {name}{_array(child)};"
        yield from (f"{name}->{item};" for item in own)

    def _memory(self, child: ChildModel, name: str, notes: tuple[str, ...], own: list[str]) -> Component:
        width, policy = child.width or 32, POLICIES[child.access]
        size = child.size if child.type is None else child.size * child.axes[-1].count
        properties = (
            *texts(child.description),
            f"mementries = {size * 8 // width}",
            f"memwidth = {width}",
            f"sw = {'r' * policy.readable}{'w' * policy.writable}",
            *own,
        )
        return Component("external mem", f"{name}{_array(child)}", notes, properties)

    def _type_of(self, child: ChildModel, block: BlockModel) -> str | None:
        if child.kind == "register" and _primary_name(self._registers[str(child.type)]):
            return None if self._primary(child, block) is None else str(child.type)
        return self._known.get(str(child.type))

    def _lost(self, child: ChildModel) -> Iterator[str]:
        """Yield the comments of what SystemRDL can't have at this place."""
        said = "".join(f"; {fact.text}" for fact in child_facts(child))
        said += f". {child.description.strip()}" if child.description.strip() else ""
        counts = " x ".join(str(axis.count) for axis in child.arrays)
        strides = ", ".join(hexadecimal(axis.stride) for axis in child.arrays)
        array = f", {counts} of them {strides} apart" if counts else ""
        text = f"Not in SystemRDL: {child.kind} {child.name} at {hexadecimal(child.offset)}{array}"
        yield f"// {rdl_comment(text + said)}."
        if child.kind == "register":
            register = self._registers[str(child.type)]
            facts = "; ".join(("", *(fact.text for fact in register_facts(register))))
            yield f"// {rdl_comment(layout_text(register) + facts)}."
        elif child.type is not None:
            yield f"// {rdl_comment(self._content(child.type))}."

    def _content(self, block: str) -> str:
        """Return what is in a type of block, for a comment."""
        inside = self._blocks[block].children
        return ", ".join(f"{child.kind} {child.name}: {child.type} at {hexadecimal(child.offset)}" for child in inside)

    # -- aliases and locks ------------------------------------------------------------

    def _primary(self, child: ChildModel, block: BlockModel) -> ChildModel | None:
        """Return the register that another one of the block acts on, where SystemRDL can say so."""
        if child.kind != "register" or child.alternate is not None:
            return None
        register = self._registers[str(child.type)]
        name = _primary_name(register)
        if not name:
            return None
        found = next((other for other in block.children if other.name == name and other.kind == "register"), None)
        if (
            found is None
            or found.alternate is not None
            or [axis.count for axis in found.axes] != [axis.count for axis in child.axes]
            or found.external != child.external
        ):
            return None
        primary = self._registers[str(found.type)]
        is_possible = str(found.type) in self._known and self._made.alias(register, primary, "x") is not None
        return found if is_possible else None

    def _locked(self, block: BlockModel) -> Iterator[str]:
        yield from (str(child.type) for child in block.children if self._lock(child, block))

    def _lock(self, child: ChildModel, block: BlockModel) -> str:
        """Return the property and the field that locks a register; empty where SystemRDL can't say it."""
        if child.kind != "register" or child.alternate is not None:
            return ""
        rules = self._registers[str(child.type)].rules
        if rules is None or rules.lock is None:
            return ""
        path, value = rules.lock
        field = self._single(path, block)
        if field is None or field.width != 1 or not is_one_register(self._registers[str(child.type)]):
            return ""
        return f"{'swwe' if value else 'swwel'} = {_reference(path)}"

    def _single(self, path: str, block: BlockModel) -> FieldModel | None:
        """Return the field of a path where SystemRDL can name it: in a register of the block that is no array."""
        register, _, name = path.partition(".")
        holder = next((child for child in block.children if child.name == register and child.kind == "register"), None)
        if holder is None or holder.count is not None or holder.alternate is not None:
            return None
        fields = {field.name: field for field in self._registers[str(holder.type)].fields}
        field = fields.get(name)
        return None if field is None or field.alternate is not None else field

    def _enables(self, root: BlockModel) -> Iterator[str]:
        """Yield what lets interrupts through, where their status is one of SystemRDL's interrupts."""
        for interrupt in self._model.interrupts:
            status = self._single(interrupt.status, root)
            enable = interrupt.enable
            if enable is None or status is None or status.hardware is None or status.hardware.intr is None:
                continue
            if self._single(enable.path, root) is not None:
                word = "enable" if enable.value else "mask"
                yield f"{_reference(interrupt.status)}->{word} = {_reference(enable.path)};"

    def _locks(self, block: BlockModel, children: tuple[ChildModel, ...]) -> Iterator[str]:
        for child in children:
            lock = self._lock(child, block)
            if not lock:
                continue
            for field in self._registers[str(child.type)].fields:
                if field.writable and field.alternate is None:
                    for element in field.elements:
                        inner = element.name.replace("[", "_").removesuffix("]")
                        yield f"{_reference(f'{child.name}.{inner}')}->{lock};"


def _array(child: ChildModel) -> str:
    place, counts = f" @ {hexadecimal(child.offset)}", "".join(f"[{axis.count}]" for axis in child.arrays)
    return f"{counts}{place} += {hexadecimal(child.arrays[-1].stride)}" if counts else place


def _is_dense(child: ChildModel) -> bool:
    """Return whether rows follow each other, the last index counting fastest: SystemRDL has one stride for all."""
    arrays = child.arrays
    return all(outer.stride == inner.count * inner.stride for outer, inner in pairwise(arrays))


def _reference(path: str) -> str:
    return ".".join(map(DIALECTS["systemrdl"].identifier, path.split(".")))


def _primary_name(register: RegisterModel) -> str:
    """Return the register whose bits all fields are, by the same names; empty where there is none."""
    found = {field.alias.rpartition(".")[0] if field.alias else "" for field in register.fields}
    same = all(field.alias is not None and field.alias.rpartition(".")[2] == field.name for field in register.fields)
    return found.pop() if same and len(found) == 1 else ""


def _endian(register: RegisterModel) -> str:
    return register.endian if register.access_width < register.width else ""


def _has_instance(parts: tuple[Component | str, ...]) -> bool:
    return any(not isinstance(part, str) or not part.startswith("//") for part in parts)


def _comments(note: str) -> tuple[str, ...]:
    return (rdl_comment(note),) if note else ()
