"""A UVM register model: a class for each type of register and block, with UVM's names of the policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.descriptions.svd_fields import lost_field
from codegen.output.languages.sheet import Language, Sheet
from codegen.schema.policies import NAMES, POLICIES
from codegen.views.constants import EnumText, Member, map_constants
from codegen.views.escapes import line_comment
from codegen.views.names.identifiers import DIALECTS, Scope
from codegen.views.reference import device_model
from codegen.views.told.array_places import memory_size
from codegen.views.told.map_facts import (
    block_facts,
    child_facts,
    device_facts,
    enum_facts,
    field_facts,
    left_out,
    register_facts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codegen.model.blocks.numbering import Axis
    from codegen.model.device import Device
    from codegen.views.field_model import FieldModel
    from codegen.views.reference import BlockModel, ChildModel, Model, RegisterModel

__all__ = ["UVM"]

_DATA_WIDTH = 64
"""UVM's own UVM_REG_DATA_WIDTH."""

_FIELD_HELD = frozenset({"volatile", "array", "index", "first", "unknown"})
_CHILD_HELD = frozenset({"index", "first", "space", "alternate"})


class _Part(NamedTuple):
    """What a class has: its declaration, comments, and the lines that make it."""

    declaration: str
    comments: tuple[str, ...]
    lines: tuple[str, ...]


class _Class(NamedTuple):
    name: str
    base: str
    comments: tuple[str, ...]
    arguments: str
    start: tuple[str, ...]
    parts: tuple[_Part, ...]


class _Package(NamedTuple):
    name: str
    comments: tuple[str, ...]
    enums: tuple[EnumText, ...]
    classes: tuple[_Class, ...]


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    package = _Writer(model).package()
    return [Sheet(f"{package.name}.sv", UVM.template, {"model": model, "package": package})]


class _Writer:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._registers = {register.name: register for register in model.registers}
        self._blocks = {block.name: block for block in model.blocks}
        self._scope = Scope(DIALECTS["uvm"], model.name)
        self._names: dict[str, str] = {}
        self._bytes = max((register.access_width for register in model.registers), default=32) // 8
        self._bytes = max(self._bytes, 4)

    def package(self) -> _Package:
        model = self._model
        enums = tuple(self._enums())
        for register in model.registers:
            self._names[register.name] = self._scope.take(f"register {register.name}", register.name)
        for block in model.blocks:
            self._names[block.name] = self._scope.take(f"block {block.name}", block.name)
        classes = (*map(self._register, model.registers), *map(self._block, model.blocks))
        note = left_out("UVM", device_facts(model), ("space",))
        return _Package(f"{model.name}_ral_pkg", _comments(note), enums, classes)

    def _enums(self) -> Iterator[EnumText]:
        made = map_constants(self._model, "systemverilog").enums
        for enum, own in zip(self._model.enums, made, strict=True):
            members = tuple(
                Member(self._scope.take(f"{enum.name}.{label}", label), f"{own.bits}'d{value}", line_comment(text))
                for label, value, text in own.members
            )
            name = self._scope.take(f"enum {enum.name}", f"{own.tag}_e")
            notes = [enum.description, left_out("UVM", enum_facts(enum), ("description", "titles"))]
            yield EnumText(name, own.bits, _comments(*notes), members)

    # -- registers ------------------------------------------------------------

    def _register(self, register: RegisterModel) -> _Class:
        notes = [register.description, left_out("UVM", register_facts(register), ())]
        if register.width > _DATA_WIDTH:
            notes.append(_wide_data(register.width))
        notes += [lost_field("UVM", field) for field in register.fields if field.alternate is not None]
        scope = Scope(DIALECTS["uvm"], f"{self._model.name}: {register.name}")
        fields = [field for field in register.fields if field.alternate is None]
        accesses = {_access(field): None for field in fields if _access(field) not in _KNOWN}
        return _Class(
            self._names[register.name],
            "uvm_reg",
            _comments(*notes),
            f"name, {register.width}, UVM_NO_COVERAGE",
            tuple(f'void\'(uvm_reg_field::define_access("{access}"));' for access in accesses),
            tuple(self._field(field, scope) for field in fields),
        )

    def _field(self, field: FieldModel, scope: Scope) -> _Part:
        name = scope.take(f"field {field.name}", field.name)
        held = {*_FIELD_HELD, *(["access"] if _access(field) in _KNOWN else [])}
        note = left_out("UVM", field_facts(field), held)
        text = ". ".join(filter(None, (field.title, field.description.strip())))
        comments = _comments(f"{field.shown_name}: {text}" if text else "", note)
        if field.array is None:
            return _Part(f"rand uvm_reg_field {name};", comments, tuple(_made_field(name, field.name, field)))
        lines = [
            line
            for number, element in enumerate(field.elements)
            for line in _made_field(f"{name}[{number}]", element.name, element)
        ]
        return _Part(f"rand uvm_reg_field {name}[{field.array.count}];", comments, tuple(lines))

    # -- blocks ------------------------------------------------------------

    def _block(self, block: BlockModel) -> _Class:
        scope = Scope(DIALECTS["uvm"], f"{self._model.name}: {block.name}")
        spaces = dict.fromkeys(child.space for child in block.children if child.space not in (None, self._model.space))
        maps = {space: scope.take(f"the map of {space}", f"{space.pf}_bar{space.bar}") for space in spaces if space}
        endian = self._endian(block)
        made = [f'default_map = create_map("default_map", 0, {self._bytes}, {endian}, 1);']
        made += [f'{name} = create_map("{name}", 0, {self._bytes}, {endian}, 1);' for name in maps.values()]
        parts = [_Part(f"uvm_reg_map {name};", _comments(f"Of {space}."), ()) for space, name in maps.items()]
        parts += [
            self._child(child, scope, maps.get(child.space or self._model.space, "default_map"))
            for child in block.children
        ]
        said = self._model.properties if block is self._model.blocks[-1] else ()  # of the device
        notes = [block.description, left_out("UVM", block_facts(block), said)]
        return _Class(
            self._names[block.name],
            "uvm_reg_block",
            _comments(*notes),
            "name, UVM_NO_COVERAGE",
            tuple(made),
            tuple(parts),
        )

    def _endian(self, block: BlockModel) -> str:
        found = {
            register.endian
            for child in block.children
            if child.kind == "register"
            for register in [self._registers[str(child.type)]]
            if register.access_width < register.width
        }
        return "UVM_BIG_ENDIAN" if found == {"big"} else "UVM_LITTLE_ENDIAN"

    def _child(self, child: ChildModel, scope: Scope, into: str) -> _Part:
        name = scope.take(f"{child.kind} {child.name}", child.name)
        note = left_out("UVM", child_facts(child), _CHILD_HELD)
        if child.alternate is not None:
            note = f"{note} An alternate of {child.alternate}: it is in no map's addresses.".strip()
        if child.kind == "memory" and child.width > _DATA_WIDTH:
            note = f"{note} {_wide_data(child.width)}".strip()
        comments = _comments(f"{child.name}: {child.description.strip()}" if child.description.strip() else "", note)
        indexes = "".join(f"[i{number}]" for number in range(len(child.arrays)))
        counts = "".join(f"[{axis.count}]" for axis in child.arrays)
        kind = "uvm_mem" if child.kind == "memory" else self._names[str(child.type)]
        lines = self._made(child, kind, f"{name}{indexes}", into)
        loops = [
            f"for (int i{number} = 0; i{number} < {axis.count}; i{number}++)"
            for number, axis in enumerate(child.arrays)
        ]
        if loops:
            lines = [f"{' '.join(loops)} begin", *(f"  {line}" for line in lines), "end"]
        rand = "" if child.kind == "memory" else "rand "
        return _Part(f"{rand}{kind} {name}{counts};", comments, tuple(lines))

    def _made(self, child: ChildModel, kind: str, instance: str, into: str) -> list[str]:
        called = _called(child.name, child.arrays)
        address = " + ".join(
            [f"64'h{child.offset:X}", *(f"i{number} * 64'h{axis.stride:X}" for number, axis in enumerate(child.arrays))]
        )
        if child.kind == "memory":
            width = child.width or 32
            size, access = memory_size(child) * 8 // width, child.access.upper()
            return [
                f'{instance} = new({called}, {size}, {width}, "{access}", UVM_NO_COVERAGE);',
                f"{instance}.configure(this);",
                f'{into}.add_mem({instance}, {address}, "{access}");',
            ]
        lines = [f"{instance} = {kind}::type_id::create({called});"]
        if child.kind == "block":
            added = "" if child.alternate is not None else f"{into}.add_submap({instance}.default_map, {address});"
            return [*lines, f"{instance}.configure(this);", f"{instance}.build();", *([added] if added else [])]
        unmapped = ", 1" if child.alternate is not None else ""
        rights = _rights(self._registers[str(child.type)])
        lines += [f"{instance}.configure(this);", f"{instance}.build();"]
        return [*lines, f'{into}.add_reg({instance}, {address}, "{rights}"{unmapped});']


def _wide_data(width: int) -> str:
    return f"It needs +define+UVM_REG_DATA_WIDTH={width}, or more."


_KNOWN = frozenset({*(name.upper() for name in NAMES), "NOACCESS"})
"""The accesses that UVM defines itself."""


def _access(field: FieldModel) -> str:
    """Return UVM's name of a policy; that of a new access, for a pair without one."""
    if field.access in NAMES:
        return field.access.upper()
    policy = POLICIES[field.access]
    return field.access.replace(":", "_").upper() if policy.readable or policy.writable else "NOACCESS"


def _made_field(instance: str, name: str, field: FieldModel) -> Iterator[str]:
    is_random = field.writable and not field.volatile
    facts = f"{int(field.volatile)}, {field.width}'h{field.reset:X}, {int(not field.unknown)}, {int(is_random)}, 0"
    yield f'{instance} = uvm_reg_field::type_id::create("{name}");'
    yield f'{instance}.configure(this, {field.width}, {field.lsb}, "{_access(field)}", {facts});'


def _called(name: str, axes: Iterable[Axis]) -> str:
    """Return the name of an instance, of an array with what stands in brackets."""
    form, arguments = name, []
    for number, axis in enumerate(axes):
        if axis.index:
            names = ", ".join(f'"{label}"' for label in axis.index)
            form, argument = f"{form}[%s]", f"string_of('{{{names}}}, i{number})"
        else:
            form, argument = f"{form}[%0d]", f"i{number} + {axis.first}" if axis.first else f"i{number}"
        arguments.append(argument)
    return f'$sformatf("{form}", {", ".join(arguments)})' if arguments else f'"{name}"'


def _rights(register: RegisterModel) -> str:
    readable, writable = (any(getattr(field, key) for field in register.fields) for key in ("readable", "writable"))
    return "RW" if readable == writable else "RO" if readable else "WO"


def _comments(*texts: str) -> tuple[str, ...]:
    return tuple(line_comment(text) for text in texts if text.strip())


UVM = Language("uvm", "uvm.sv.j2", _sheets)
