"""What a page of registers is drawn from: a map as plain values for JSON, without what follows from the rest.

Types are there once, places are found by walking from the device's block, the last one; its script does that. A key is
left out where it says what nearly all say: a reset of 0, a width of one bit, a field's access that is its register's.
Numbers that JSON may not hold exactly are text in hex. Texts are as `formatted_text` makes them.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from codegen.schema.names import camel_case
from codegen.schema.policies import POLICIES
from codegen.schema.spaces import F2
from codegen.views.numbers import hexadecimal
from codegen.views.page.formatted_text import formatted
from codegen.views.sharing.made_once import MadeOnce
from codegen.views.sharing.sentences import place_text
from codegen.views.told.map_facts import card_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codegen.model.blocks.numbering import Axis
    from codegen.model.hardware.hardware_types import InterruptWrite
    from codegen.views.field_model import FieldModel
    from codegen.views.reference import BlockModel, ChildModel, Model, RegisterModel

__all__ = ["PAGE_FORMAT", "page_json", "page_model"]

PAGE_FORMAT = 1
_EXACT = 1 << 53
_Found = dict[str, Any]


def page_model(models: Iterable[Model]) -> _Found:
    """Return what a page of some maps is drawn from: `format`, `version`, `maps`."""
    found = list(models)
    return {"format": PAGE_FORMAT, "version": found[0].version, "maps": [_map(model) for model in found]}


def page_json(page: _Found) -> str:
    """Return it as JSON that can stand in a script element: it has no `<`."""
    text = json.dumps(page, ensure_ascii=False, separators=(",", ":"), check_circular=False)
    return text.replace("<", "\\u003c")


def _map(model: Model) -> _Found:
    registers = {register.name: number for number, register in enumerate(model.registers)}
    blocks = {block.name: number for number, block in enumerate(model.blocks)}
    known: _Fields = {}
    enums = {enum.name: number for number, enum in enumerate(model.enums)}
    found = {
        "name": model.name,
        "class": model.class_name,
        "text": _text(model.description),
        "source": model.source,
        "digest": model.digest,
        "space": str(model.space),
        "facts": _facts(model),
        "access": _legend(model),
        "enums": [_enum(enum) for enum in model.enums],
        "registers": [_register(register, enums, known) for register in model.registers],
        "blocks": [_block(block, registers, blocks) for block in model.blocks],
        "constants": [
            _some({"name": one.name, "value": _number(one.value), "text": _text(one.description)})
            for one in model.constants
        ],
        "interrupts": [
            _some(
                {
                    "name": one.name,
                    "line": one.line,
                    "status": one.status,
                    "enable": _write(one.enable),
                    "disable": _write(one.disable),
                    "clear": _write(one.clear),
                    "text": _text(one.description),
                }
            )
            for one in model.interrupts
        ],
    }
    return {key: value for key, value in found.items() if value or key == "enums"}


def _facts(model: Model) -> list[tuple[str, str]]:
    """Return what is said of a device, by what it is called."""
    facts = [("Home", str(model.space)), ("Class", model.class_name)]
    if model.card != F2:
        facts.append(("Card", card_text(model.card)))
    if model.afi_ids:
        facts.append(("AFI", ", ".join(model.afi_ids)))
    if model.pci is not None:
        vendor, device, subsystem_vendor, subsystem_device = model.pci
        below = f", subsystem {subsystem_vendor:04X}:{subsystem_device:04X}" if subsystem_vendor else ""
        facts.append(("PCI", f"{vendor:04X}:{device:04X}{below}"))
    if model.identity is not None:
        facts.append(("Identity", f"{model.identity.path} reads {hexadecimal(model.identity.value)}"))
    return facts


def _legend(model: Model) -> _Found:
    """Return the access words that are used: what they mean, and whether reads and writes do something."""
    words = {field.access for register in model.registers for field in register.fields}
    words.update(register.access for register in model.registers)
    words.update(child.access for block in model.blocks for child in block.children if child.kind == "memory")
    return {word: _policy(word) for word in POLICIES if word in words}


def _policy(word: str) -> _Found:
    policy = POLICIES[word]
    return {"text": policy.meaning, "read": policy.readable, "write": policy.writable, "acts": policy.read_acts}


def _enum(enum: Any) -> _Found:
    members = [
        _some(
            {
                "name": member.name,
                "value": _number(member.value),
                "title": member.title,
                "text": _text(member.description),
            }
        )
        for member in enum.members
    ]
    return _some({"name": enum.name, "open": enum.is_open, "text": _text(enum.description), "members": members})


_Fields = dict[str, "MadeOnce[FieldModel, _Found]"]
"""What is found of fields, by the access that is left out of it."""


def _register(register: RegisterModel, enums: Mapping[str, int], known: _Fields) -> _Found:
    found: _Found = {"name": register.map_name}
    if register.name != camel_case(register.map_name):
        found["class"] = register.name
    if register.description:
        found["text"] = formatted(register.description)
    found["width"] = register.width
    found["access"] = register.access
    if register.reset:
        found["reset"] = _number(register.reset)
    if register.unknown:
        found["unknown"] = _number(register.unknown)
    if register.bus:
        found["bus"] = register.bus
    if register.shadow:
        found["shadow"] = True
    if register.rules is not None:
        found["rules"] = register.protocol
    if register.access not in known:
        known[register.access] = MadeOnce(partial(_field, usual=register.access, enums=enums))
    found["fields"] = list(map(known[register.access], register.fields))
    return found


def _field(field: FieldModel, usual: str, enums: Mapping[str, int]) -> _Found:
    found: _Found = {"name": field.name, "lsb": field.lsb}
    if field.width > 1:
        found["width"] = field.width
    if field.access != usual:
        found["access"] = field.access
    if field.array is not None:
        found["array"] = _axis(field.array)
    if field.reset:
        found.update(_resets(field))
    if field.unknown:
        found["unknown"] = _number(field.elements[0].unknown)
    if field.enum is not None:
        found["enum"] = enums[field.enum]
        if field.write_enum is not None:
            found["write_enum"] = enums[field.write_enum]
    elif field.meaning != "unsigned":
        found.update(_meaning(field))
    found.update(_words(field))
    if field.description:
        found["text"] = formatted(field.description)
    return found


def _resets(field: FieldModel) -> _Found:
    if len(set(field.resets)) > 1:
        return {"resets": [_number(value) for value in field.resets]}
    return {"reset": _number(field.resets[0] if field.array is not None else field.reset)}


def _meaning(field: FieldModel) -> _Found:
    """Return how a number's bits are one; `meaning` is that in words."""
    found = {
        "kind": field.kind,
        "signed": field.signed,
        "fraction_bits": field.fraction_bits,
        "unit": field.unit,
        "offset": field.offset,
        "meaning": field.meaning,
    }
    found = _some(found)
    if field.scale != 1:
        found["scale"] = field.scale
    if field.low is not None:
        found["low"], found["high"] = field.low, field.high
    return found


def _words(field: FieldModel) -> _Found:
    """Return what else is said of a field; `more` follows its access."""
    found: _Found = {}
    more = field.shown_access
    if more != field.access:
        found["more"] = more[len(field.access) + 2 :]
    if field.volatile:
        found["volatile"] = True
    if field.alternate is not None:
        found["alternate"] = field.alternate
    note = field.note
    if note:
        found["note"] = note
    if field.python_name != field.name:
        found["python"] = field.python_name
    if field.title:
        found["title"] = field.title
    return found


def _block(block: BlockModel, registers: Mapping[str, int], blocks: Mapping[str, int]) -> _Found:
    return _some(
        {
            "name": block.map_name,
            "class": block.name if block.name != camel_case(block.map_name) else None,
            "text": _text(block.description),
            "size": block.size,
            "children": [_child(child, registers, blocks) for child in block.children],
        }
    )


def _child(child: ChildModel, registers: Mapping[str, int], blocks: Mapping[str, int]) -> _Found:
    found: _Found = {"name": child.name}
    if child.kind == "register":
        found["register"] = registers[child.type or ""]
    elif child.kind == "block":
        found["block"] = blocks[child.type or ""]
    else:
        found["memory"] = _memory(child, blocks)
    found["at"] = child.offset
    if child.count is not None:
        found["axes"] = [_axis(axis) for axis in child.axes]
    if child.resets:
        found["resets"] = [_number(value) for value in child.resets]
    if child.space is not None:
        found["space"] = str(child.space)
    if child.python_name != child.name:
        found["python"] = child.python_name
    found.update(_some({"title": child.title, "text": _text(child.description), "note": _note(child)}))
    return found


def _memory(child: ChildModel, blocks: Mapping[str, int]) -> _Found:
    found = {"size": child.size, "width": child.width, "access": child.access}
    if child.access_width != child.width:
        found["access_width"] = child.access_width
    if child.type is not None:
        found["entry"] = blocks[child.type]
        found["size"] = child.axes[-1].count * child.axes[-1].stride
    return found


def _note(child: ChildModel) -> str:
    return place_text(child.alternate, child.when, external=child.external, bursts=child.bursts)


def _axis(axis: Axis) -> _Found:
    found: _Found = {"count": axis.count, "stride": axis.stride}
    if axis.index:
        found["index"] = axis.index
    elif axis.first:
        found["first"] = axis.first
    return found


def _write(write: InterruptWrite | None) -> tuple[str, int | str] | None:
    return None if write is None else (write.path, _number(write.value))


def _some(values: _Found) -> _Found:
    """Return what says something. A value of 0 does."""
    return {key: value for key, value in values.items() if value or (value == 0 and key in {"value", "line", "size"})}


def _text(text: str) -> Any:
    return formatted(text) if text else None


def _number(value: int) -> int | str:
    return value if -_EXACT < value < _EXACT else hexadecimal(value)
