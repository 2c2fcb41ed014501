"""What the template of a driver's type stub sees: the driver's classes, and the keywords of their registers' methods.

A register's `modify(**fields)` takes any name at run time, where the register tells a wrong one. Here it takes the
names that there are, each with its type, so that editors complete them and type checkers tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from codegen.model.tree import TypeTree
from codegen.schema.policies import POLICIES
from codegen.views.docstrings import field_doc
from codegen.views.names.class_names import class_names
from codegen.views.python.field_kinds import kind_text, type_text
from codegen.views.python_module import declaring_function, module_view
from codegen.views.source_lines import INDENT, MAX_COLUMNS, columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from codegen.model.device import Device
    from codegen.model.types import FieldType, RegisterType
    from codegen.views.python_module import ClassView, DeclarationView, ModuleView

__all__ = ["StubView", "stub_view"]

_HIDDEN = frozenset(("int", "float", "property"))  # types, in a class that has no field of that name
_RESERVED = "fail"  # a field of that name is what the method's own argument takes as well
_IGNORED = "  # type: ignore[override]"  # the method of the base takes any name
_BUILTIN = re.compile(r"\b(?:int|float)\b")


class TypedField(NamedTuple):
    """A field by `name`: the `type` of what declares it, or of a property what is read and, if anything is, `written`.

    What is only read is a property: mypy takes an assignment to what has a type and no setter.
    """

    name: str
    type: str
    read: str
    written: str
    doc: str


class TypedClass(NamedTuple):
    """A class of the driver. `fields` and `methods`, lines of source, are a register's; `declarations` others'.

    `decorator` makes a property.
    """

    name: str
    bases: str
    doc: str
    decorator: str
    fields: tuple[TypedField, ...]
    methods: tuple[str, ...]
    declarations: tuple[DeclarationView, ...]


class StubView(NamedTuple):
    """A whole stub: the driver's view, what it imports beside hal, and its classes."""

    module: ModuleView
    imports: tuple[str, ...]
    classes: tuple[TypedClass, ...]


def stub_view(device: Device, *, with_model: bool = False) -> StubView:
    """Return the view of a device's type stub, with typed classes for its models if the driver has them."""
    module = module_view(device, with_model=with_model)
    tree = TypeTree(device.root, device.space)
    names, _ = class_names(device, tree)
    registers = {names[register]: register for register in tree.registers}
    classes = tuple(_class(view, registers.get(view.name)) for view in module.classes)
    text = "\n".join(line for found in classes for line in (*found.methods, *(field.written for field in found.fields)))
    known = {"Iterable[": "from collections.abc import Iterable", "Any": "from typing import Any"}
    imports = [line for word, line in known.items() if word in text]
    is_hidden = any(not _HIDDEN.isdisjoint(field.python_name for field in own.fields) for own in tree.registers)
    return StubView(module, ("import builtins",) * is_hidden + tuple(imports), classes)


def _class(view: ClassView, register: RegisterType | None) -> TypedClass:
    if register is None:
        return TypedClass(view.name, view.bases, view.doc, "", (), (), view.declarations)
    writer = _RegisterWriter(register.fields)
    fields, methods = tuple(map(writer.field, register.fields)), tuple(writer.methods())
    return TypedClass(view.name, view.bases, view.doc, writer.decorator, fields, methods, ())


def _field_class(function: str) -> str:
    """Of what a function of the runtime declares and a program assigns to; "" of what it does not."""
    if function == "rw":
        return "Field"
    return "WriteOnlyField" if function == "wo" else ""


class _RegisterWriter:
    """Writes what a register's class says. A type that a field has taken the name of is that of builtins."""

    def __init__(self, fields: Sequence[FieldType]) -> None:
        self._fields = fields
        self._hidden = _HIDDEN.intersection(field.python_name for field in fields)
        self.decorator = "builtins.property" if "property" in self._hidden else "property"

    def _type(self, text: str) -> str:
        return _BUILTIN.sub(lambda found: f"builtins.{found[0]}" if found[0] in self._hidden else found[0], text)

    def field(self, field: FieldType) -> TypedField:
        """Return a field's declaration."""
        function, _ = declaring_function(field)
        name, read, doc = field.python_name, self._type(_read_type(field)), field_doc(field)
        if field.array is not None:
            written = self._type(f"Iterable[{_written_type(field)} | hal.Toggle]") if _field_class(function) else ""
            return TypedField(name, "", f"hal.Fields[{read}]", written, doc)
        if function == "ro":
            return TypedField(name, "", read, "", doc)
        kind = _field_class(function)
        return TypedField(name, f"{kind}[{read}]" if kind else "NoField", "", "", doc)

    def methods(self) -> Iterable[str]:
        """Yield the methods that the register has, with its fields as keywords.

        None where a field is called self, which no method can take beside its own: those of the base take any name.
        """
        if any(field.python_name == "self" for field in self._fields):
            return
        written = [field for field in self._fields if POLICIES[field.access].writable]
        read = [field for field in self._fields if POLICIES[field.access].readable and field.python_name != _RESERVED]
        if written:
            first = f"_value: {self._type('int')} | None = ..."  # no field begins so
            yield _method("write", ["self", first, "/", "*"], self._keywords(written, _written_type))
            values = self._keywords(written, lambda field: f"{_written_type(field)} | hal.Toggle")
            yield _method("modify", ["self", "*"], values)
        if read:
            seconds = f"{self._type('float')} | None = ..."
            settled = ["self", f"timeout: {seconds}", f"interval: {seconds}", "fail: Any = ...", "*"]
            values = self._keywords(read, _awaited_type, " | hal.Comparison")
            yield _method("wait_for", settled, values)
            yield _method("wait_for_async", settled, values, "async ")

    def _keywords(self, fields: Sequence[FieldType], kind: Callable[[FieldType], str], more: str = "") -> list[str]:
        found = ((field, kind(field)) for field in fields)
        kinds = ((field, text if field.array is None else f"Iterable[{text}]") for field, text in found)
        return [f"{field.python_name}: {self._type(text)}{more} = ..." for field, text in kinds]


def _read_type(field: FieldType) -> str:
    """Return the type of what a read gives."""
    return "int | None" if kind_text(field).startswith("hal.Code(") else type_text(field)


def _written_type(field: FieldType) -> str:
    """Return the type of what it is given: of an enum also its numbers, and an integer is a float to type checkers."""
    enum = field.write_enum or field.enum
    if enum is not None:
        return f"{enum.python_name} | int"
    return "float" if _read_type(field) == "float" else "int"


def _awaited_type(field: FieldType) -> str:
    kind = _read_type(field)
    return f"{kind} | int" if field.enum is not None else "float" if kind == "float" else "int"


def _method(name: str, first: Sequence[str], values: Sequence[str], prefix: str = "") -> str:
    """Return the source of a method's declaration: on one line, else an argument a line."""
    head = f"{INDENT}{prefix}def {name}("
    line = f"{head}{', '.join([*first, *values])}) -> None: ..."
    if columns(line) <= MAX_COLUMNS:
        return f"{line}{_IGNORED}"
    arguments = "".join(f"{2 * INDENT}{argument},\n" for argument in [*first, *values])
    return f"{head}{_IGNORED}\n{arguments}{INDENT}) -> None: ..."
