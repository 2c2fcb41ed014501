"""SVD, CMSIS 1.3: a chip's peripherals, each of which becomes a map.

Source: ARM, CMSIS-SVD schema 1.3.9 and its description.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.importers.described.description import Block, Device, Field, Register, RepeatedNames
from codegen.importers.described.naming import snake_name
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.xml_reader import parse_xml
from codegen.importers.formats.svd.svd_access import access_of
from codegen.importers.formats.svd.svd_elements import Derivation, array_of, number, required
from codegen.importers.formats.svd.svd_values import Values, bits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.importers.described.description import Item
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign, Options
    from codegen.importers.formats.readers.xml_reader import Element

__all__ = ["read_svd"]

# What is used of each element; what is dropped is named in the report.
_DIM = {"dim", "dimIncrement", "dimIndex"}
_USED = {
    "device": {"name", "description", "size", "access", "resetValue", "resetMask", "peripherals", "addressUnitBits"}
    | {"vendor", "version", "licenseText", "vendorID", "series", "width"},
    "peripheral": {"name", "description", "baseAddress", "size", "access", "resetValue", "resetMask", "registers"}
    | {"version", *_DIM},
    "cluster": {
        "name",
        "description",
        "addressOffset",
        "size",
        "access",
        "resetValue",
        "resetMask",
        "register",
        "cluster",
    }
    | {"displayName", *_DIM},
    "register": {"name", "displayName", "description", "addressOffset", "size", "access", "resetValue", "resetMask"}
    | {
        "modifiedWriteValue",
        "readAction",
        "writeConstraint",
        "fields",
        "dataType",
        "alternateRegister",
        "alternateGroup",
        *_DIM,
    },
    "field": {"name", "description", "bitOffset", "bitWidth", "lsb", "msb", "bitRange", "access", "modifiedWriteValue"}
    | {"readAction", "writeConstraint", "enumeratedValues", "resetValue", *_DIM},
}
_OF_THE_REPORT_ALONE = {
    "addressBlock",
    "groupName",
    "headerStructName",
    "prependToName",
    "appendToName",
    "protection",
} | {"interrupt"}
_MAX_WIDTH = 4096
_MAX_DIGITS = 6


class _Defaults(NamedTuple):
    """What registers inherit where they say nothing."""

    size: int | None = None
    access: str | None = None
    reset: int | None = None
    mask: int | None = None

    def within(self, element: Element) -> _Defaults:
        size, reset, mask = (number(element, tag) for tag in ("size", "resetValue", "resetMask"))
        return _Defaults(
            self.size if size is None else size,
            element.value("access") or self.access,
            self.reset if reset is None else reset,
            self.mask if mask is None else mask,
        )


def read_svd(source: Foreign, options: Options, remarks: Remarks) -> list[Device]:
    """Return the peripherals of a file; those that only repeat another one are named in its `same`."""
    root = parse_xml(source.content, source.display)
    if root.tag != "device":
        raise refuse(root.origin, "no-svd", f"the root is <{root.tag}>, wanted <device>", "Is it an SVD file?")
    unit = number(root, "addressUnitBits")
    if unit not in (None, 8):
        # Real files say 32 and count bytes.
        message = f"addressUnitBits is {unit}: offsets are taken as bytes all the same, and so are sizes of arrays"
        remarks.approximated(None, root.origin, root.value("name") or "device", message)
    return _Reader(root, source.path.name, options, remarks).devices()


class _Reader:
    def __init__(self, root: Element, file: str, options: Options, remarks: Remarks) -> None:
        self._root, self._file, self._options, self._remarks = root, file, options, remarks
        self._derivation = Derivation()
        self._values = Values(remarks)
        self._peripherals = [child for group in root.all("peripherals") for child in group.all("peripheral")]
        self._parents: dict[int, Element] = {}
        self._enums: dict[str, list[Element]] = {}
        self._unstated: list[Element] = []
        self._index(root)

    def _index(self, root: Element) -> None:
        stack = [root]
        while stack:
            element = stack.pop()
            for child in element.children:
                self._parents[id(child)] = element
                stack.append(child)
            if element.tag == "enumeratedValues" and element.value("name"):
                self._enums.setdefault(element.value("name") or "", []).append(element)

    # -- names ---------------------------------------------------------------------------------------------------

    def _find(self, element: Element, name: str) -> Element | None:
        """Look a name of `derivedFrom` up: beside the element, then around it, then from the device on."""
        if element.tag == "enumeratedValues":
            return self._find_enum(element, name)
        *path, last = name.split(".")
        if not path:
            for around in self._around(element):
                for candidate in _items(around, element.tag):
                    if candidate.value("name") == last and candidate is not element:
                        return candidate
        return self._from_device([*path, last], element.tag)

    def _from_device(self, path: list[str], tag: str) -> Element | None:
        found: Element | None = self._root
        for position, name in enumerate(path):
            if found is None:
                return None
            wanted = tag if position == len(path) - 1 else None
            found = next((item for item in _items(found, wanted) if item.value("name") == name), None)
        return found

    def _find_enum(self, element: Element, name: str) -> Element | None:
        candidates = [item for item in self._enums.get(name.rpartition(".")[2], []) if item is not element]
        if "." in name:
            candidates = [item for item in candidates if f".{self._path(item)}".endswith(f".{name}")]
        for around in self._around(element):
            for candidate in candidates:
                if any(item is around for item in self._around(candidate)):
                    return candidate
        return None

    def _around(self, element: Element) -> Iterator[Element]:
        while id(element) in self._parents:
            element = self._parents[id(element)]
            yield element

    def _path(self, element: Element) -> str:
        names = [item.value("name") for item in (element, *self._around(element)) if item is not self._root]
        return ".".join(name for name in reversed(names) if name)

    # -- peripherals -----------------------------------------------------------------------------------------------

    def devices(self) -> list[Device]:
        self._drop_unused(self._root, None, "")
        defaults = _Defaults().within(self._root)
        made: dict[int, Device] = {}
        found: list[Device] = []
        tops = {
            name
            for item in self._peripherals
            for name in (item.value("name"), snake_name(item.value("name") or "", "d"))
        }
        top = self._options.top if self._options.top in tops else None  # who asks for another one is told of all
        for peripheral in self._peripherals:
            name, base = required(peripheral, "name"), number(peripheral, "baseAddress")
            if base is None:
                required(peripheral, "baseAddress")
            is_wanted = top in (name, snake_name(name, "d"))
            origin = None if is_wanted else self._repeated(peripheral)
            if origin is not None and id(origin) in made:
                made[id(origin)].same.append(f"{name} at {base:#x}")
                self._remarks.carried(peripheral.origin, name, f"the same registers as {origin.value('name')}")
                continue
            if top is not None and not is_wanted:
                continue
            merged = self._derivation.resolve(peripheral, self._find)
            device = self._device(merged, name, base or 0, defaults)
            if device is not None:
                found.append(device)
                made[id(peripheral)] = device
        return found

    def _repeated(self, peripheral: Element) -> Element | None:
        """Return the peripheral that one repeats without a change to its registers."""
        name = peripheral.attributes.get("derivedFrom")
        changing = {"registers", "size", "access", "resetValue", "resetMask", "dim"}
        if name is None or any(child.tag in changing for child in peripheral.children):
            return None
        base = self._find(peripheral, name)
        return base if base is None else self._repeated(base) or base

    def _device(self, element: Element, name: str, base: int, defaults: _Defaults) -> Device | None:
        device = Device(name, element.origin, _text(element))
        self._drop_unused(element, device, name)
        device.head = [*self._head(name, base), *_interrupts(element)]
        array = array_of(element)
        if array is not None:
            device.name = device.name.replace("[%s]", "").replace("%s", "")
            device.same += [
                f"{name.replace('%s', index)} at {base + i * array[1]:#x}" for i, index in enumerate(array[2])
            ]
        groups = [group for group in element.all("registers") if group.children]
        if not groups:
            self._remarks.dropped(None, element.origin, name, "no registers are in it, so it has no map")
            return None
        self._unstated = []
        for group in groups:
            self._children(device, group, name, defaults.within(element))
        if self._unstated:
            count = len(self._unstated)
            message = f"no resetValue is stated for {count} register{'s' if count > 1 else ''}: 0 is taken"
            self._remarks.approximated(None, self._unstated[0].origin, name, message)
        self._remarks.carried(element.origin, name, "peripheral")
        return device

    def _head(self, name: str, base: int) -> list[str]:
        chip = " ".join(filter(None, (self._root.value("vendor"), self._root.value("name"))))
        version = self._root.value("version")
        lines = [f"{name} of {chip}{f', version {version}' if version else ''}, at {base:#x}. Made from {self._file}."]
        licence = self._root.value("licenseText")
        return [*lines, "", *_plain_lines(licence)] if licence else lines

    def _children(self, block: Block, element: Element, path: str, defaults: _Defaults) -> None:
        for child in element.children:
            if child.tag not in {"register", "cluster"}:
                continue
            resolved = self._derivation.resolve(child, self._find)
            if child.tag == "register":
                block.children.append(self._register(resolved, path, defaults))
            else:
                block.children.append(self._cluster(resolved, path, defaults))

    def _cluster(self, element: Element, path: str, defaults: _Defaults) -> Block:
        name = required(element, "name")
        where = f"{path}.{name}"
        block = Block(name, element.origin, _text(element), offset=self._offset(element, where))
        self._drop_unused(element, block, where)
        self._repeat(block, element)
        self._children(block, element, where, defaults.within(element))
        self._remarks.carried(element.origin, where, "cluster")
        return block

    def _offset(self, element: Element, path: str) -> int:
        offset = number(element, "addressOffset")
        if offset is None:
            raise refuse(element.origin, "missing-element", f"<{element.tag}> needs <addressOffset>", "Add it.", path)
        return offset

    def _repeat(self, item: Block | Register, element: Element) -> None:
        array = array_of(element)
        if array is None:
            return
        item.count, item.stride, indices = array
        if "%s" not in item.name:
            item.name += "[%s]"
        if indices != [str(index) for index in range(item.count)]:
            plain = item.name.replace("[%s]", "%s")
            item.repeated = RepeatedNames(tuple(plain.replace("%s", index) for index in indices))

    # -- registers ---------------------------------------------------------------------------------------------------

    def _register(self, element: Element, path: str, defaults: _Defaults) -> Register:
        name = required(element, "name")
        where = f"{path}.{name}"
        own = defaults.within(element)
        register = Register(name, element.origin, _text(element), offset=self._offset(element, where))
        self._drop_unused(element, register, where)
        self._repeat(register, element)
        register.width = own.size or 32
        if not 0 < register.width <= _MAX_WIDTH:
            message = f"<size> is {register.width} bits, allowed: 1 to {_MAX_WIDTH}"
            raise refuse(element.origin, "bad-width", message, "Correct the size.", where)
        display = element.value("displayName")
        register.title = display if display and display != name else ""
        register.alternate = element.value("alternateRegister")
        group = element.value("alternateGroup")
        register.when = f"in the group {group}" if group else ""
        if own.reset is None:
            self._unstated.append(element)
        else:
            register.reset = own.reset & ((1 << register.width) - 1)
            register.known = own.mask
        policy, access = access_of([element], own.access, where, self._options, self._remarks)
        register.access = policy
        self._remarks.carried(element.origin, where, "register")
        for child in (field for group in element.all("fields") for field in group.all("field")):
            resolved = self._derivation.resolve(child, self._find)
            register.fields += self._fields(resolved, element, access, where)
        if not register.fields:
            register.fields = self._constrained(element, register, where)
        return register

    def _constrained(self, element: Element, register: Register, path: str) -> list[Field]:
        """Return the one field of a register that has none, where there is something to be said of its values."""
        field = Field("value", element.origin, width=register.width)
        self._values.constraint(element, field, path)
        field.format = "signed" if element.value("dataType") == f"int{register.width}_t" else None
        return [field] if field.values or field.format else []

    def _fields(self, element: Element, register: Element, access: str, path: str) -> list[Field]:
        """Return a field, or those of an array of fields."""
        name = required(element, "name")
        lsb, width = bits_of(element, f"{path}.{name}")
        array = array_of(element)
        count, step, indices = array or (1, 0, [""])
        if count * width > _MAX_WIDTH:
            message = f"{count} fields of {width} bits are more than {_MAX_WIDTH} bits"
            raise refuse(element.origin, "bad-count", message, "Correct <dim>.", f"{path}.{name}")
        if array is not None and step >= width and _are_numbers(indices):
            bare = name.replace("[%s]", "").replace("%s", "") or name
            field = self._field(bare, element, register, access, lsb, width, path)
            field.count, field.stride, field.first = count, step, int(indices[0])
            return [field]
        names = [name.replace("[%s]", "%s").replace("%s", index) for index in indices]
        if array is not None and "%s" not in name:
            names = [f"{name}{index}" for index in indices]
        return [
            self._field(own, element, register, access, lsb + position * step, width, path)
            for position, own in enumerate(names)
        ]

    def _field(
        self, name: str, element: Element, register: Element, access: str, lsb: int, width: int, path: str
    ) -> Field:
        where = f"{path}.{name}"
        field = Field(name, element.origin, _text(element), lsb=lsb, width=width)
        self._drop_unused(element, field, where)
        field.access = access_of([element, register], access, where, self._options, self._remarks)[0]
        field.reset = number(element, "resetValue")  # no part of the standard, but of real files
        groups = [self._derivation.resolve(group, self._find) for group in element.all("enumeratedValues")]
        self._values.enumerations(groups, element, field, where)
        self._values.constraint(element, field, where)
        self._remarks.carried(element.origin, where, "field")
        return field

    def _drop_unused(self, element: Element, item: Item | None, path: str) -> None:
        used = _USED[element.tag]
        for child in element.children:
            if child.tag not in used:
                name = child.value("name")
                where = f"{path}.{name}" if name else path
                seen = None if child.tag in _OF_THE_REPORT_ALONE else item
                self._remarks.dropped(seen, child.origin, where, f"{child.tag} has no counterpart in a map")


def _interrupts(element: Element) -> list[str]:
    """Return the interrupts of a peripheral as lines of its map's head."""
    found = [f"{child.value('name')} ({child.value('value')})" for child in element.all("interrupt")]
    return [f"Interrupts: {', '.join(found)}."] if found else []


def _items(element: Element, tag: str | None) -> Iterator[Element]:
    """Yield the named things in an element, through the groups that hold them."""
    for child in element.children:
        if child.tag in {"peripherals", "registers", "fields"}:
            yield from _items(child, tag)
        elif child.tag == tag or (tag is None and child.tag in {"peripheral", "register", "cluster", "field"}):
            yield child


def _text(element: Element) -> str:
    return element.value("description") or ""


def _plain_lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\\n", "\n").splitlines()]


def _are_numbers(indices: list[str]) -> bool:
    """Return whether several indices follow each other as numbers."""
    first = indices[0]
    if len(indices) < 2 or not first.isdecimal() or len(first) > _MAX_DIGITS:  # noqa: PLR2004
        return False
    return indices == [str(index) for index in range(int(first), int(first) + len(indices))]
