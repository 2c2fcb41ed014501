"""The map format as JSON Schema (draft 2020-12), for editors.

It knows keys, words, forms of numbers and names. What needs two places of a map (overlaps,
references, fits) only `hal validate` finds. The tests hold it to the models of `entries`.
"""

from __future__ import annotations

import keyword

from codegen.schema.direct.scalar_rules import AFI_ID
from codegen.schema.editor.device_forms import card, constant, enum, interrupt, space
from codegen.schema.editor.forms import (
    IN_SUMS,
    SUM,
    TITLE,
    Schema,
    access,
    either,
    explained,
    extended,
    flag,
    integer,
    line,
    mapping,
    name_of,
    named,
    number_word,
    numbering,
    python,
    ratio,
    sharing,
    size,
    text,
    word,
    write_rules,
)
from codegen.schema.editor.hardware_forms import external, hardware, hw
from codegen.schema.editor.known_names import NO_NAMES, KnownNames, one_of
from codegen.schema.names import CONSTANT_NAME, ENUM_NAME, MODULES
from codegen.schema.policies import MEMORY_ACCESSES
from codegen.schema.vocabulary import (
    ACCESS_WIDTHS,
    CHILD_GROUPS,
    ENDIANS,
    IDLES,
    MAX_COUNT,
    MAX_DIMENSIONS,
    MAX_FRACTION_BITS,
    MAX_WIDTH,
    MEMORY_WIDTHS,
    PLAIN_FORMATS,
    VIAS,
    WORD_ORDERS,
)
from codegen.schema.whole.parts import PciIds

__all__ = ["json_schema"]

_ID = "urn:fpga-hal:map:1"

_COUNTED: Schema = {
    "dependentRequired": {"first": ["count"]},
    "dependentSchemas": {"stride": {"anyOf": [{"required": ["count"]}, {"required": ["index"]}]}},
}


def json_schema(known: KnownNames = NO_NAMES) -> Schema:
    """Return the schema of a device's map or of an included file; names of one map are offered where they may stand."""
    device = _device()
    shared = ("schema", "description", "endian", "include", "constants", "enums", "types", "register_types")
    library = {key: device["properties"][key] for key in shared}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _ID,
        "title": "FPGA register map",
        "type": "object",
        # Editors offer these in a map that does not yet tell which of the two it is.
        "properties": {key: {"description": entry["description"]} for key, entry in device["properties"].items()},
        "if": {"anyOf": [{"required": [key]} for key in ("name", *CHILD_GROUPS)]},
        "then": extended(device),
        "else": mapping("A file for maps to include.", ["schema"], library),
        "$defs": {
            "device_block": extended(_block({"space": {"description": "Another BAR.", **_ref("space")}}, known)),
            "block": extended(_block({}, known)),
            "type": extended(_type()),
            "register": extended(_register(known)),
            "register_type": extended(_register_type()),
            "memory": extended(_memory(known)),
            "field": extended(_field(known)),
            "resets": _resets(),
            "enum": enum(),
            "space": space(),
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _content(block: str = "block") -> Schema:
    return {
        "registers": named("Registers by name.", _ref("register")),
        "memories": named("Memories by name.", _ref("memory")),
        "blocks": named("Blocks by name.", _ref(block)),
        "unmapped": integer("What 32-bit words read as where nothing is.", 1 << 32),
        "description": text("Text for the docstring."),
    }


def _device() -> Schema:
    pci = mapping(
        "PCI ids with the AFI loaded; checked when a driver is opened.",
        [],
        {name: integer(f"The {name.replace('_', ' ')} id.", 1 << 16) for name in PciIds.model_fields},
    )
    afi_ids = {
        "description": "AFI ids, agfi- or afi-.",
        "type": "array",
        "items": {"type": "string", "pattern": f"^{AFI_ID}$"},
    }
    identity = {
        "register": {"description": "Dotted path, as in id or ch[0].id.", "type": "string"},
        "value": integer("What it reads."),
    }
    names = {"type": "string", "pattern": "^[^/]"}
    device = mapping(
        "A device.",
        ["schema", "name"],
        {
            "schema": word("Version of the format.", 1),
            "name": {"description": "Names the module and, in CamelCase, the class.", **name_of()},
            "python": {
                "description": "The driver's module, where that has another name.",
                **name_of(words=MODULES | frozenset(keyword.kwlist)),
            },
            "afi": mapping("The images that hold this design.", [], {"ids": afi_ids, "pci": pci}),
            "identity": mapping("A register that tells this design from another.", ["register", "value"], identity),
            "card": card(),
            "space": {"description": "Home of the registers; app BAR 0 where not given.", **_ref("space")},
            "clkgen": flag("The AFI holds the clock generator."),
            "endian": explained("How words of this file's wide registers lie.", ENDIANS),
            "include": {
                "description": "Files that bring types and enums, relative to this one.",
                "anyOf": [names, {"type": "array", "items": names}],
            },
            "interrupts": named("Interrupts by name.", interrupt()),
            "constants": named("Numbers by name, for wherever a number stands.", constant(), CONSTANT_NAME),
            "enums": named("Names for values.", _ref("enum"), ENUM_NAME),
            "types": named("Blocks to be used more than once.", _ref("type")),
            "register_types": named("Registers to be used more than once.", _ref("register_type")),
            **_content("device_block"),
        },
    )
    hides_none = {"properties": {"name": name_of(words=MODULES)}}
    return {**device, "anyOf": [{"required": ["python"]}, hides_none]}


def _type() -> Schema:
    entry = mapping("A block to be used more than once.", [], {"size": size("Its window."), **_content()})
    return {**entry, "anyOf": [{"required": [key]} for key in CHILD_GROUPS]}


def _array() -> Schema:
    return {
        "offset": size("From the start of the block that holds it."),
        **_dimensions("Makes it an array of so many."),
        "description": text("Text for the docstring."),
    }


def _dimensions(count: str) -> Schema:
    """Return the keys of an array: one value for its only dimension, or a list for several, outer ones first."""
    each = "A list: of each dimension, outer ones first."
    step = f"From one element to the next, of several dimensions the innermost. {each}"
    names = numbering()["index"]
    several = {"type": "array", "items": {**names, "minItems": 0}, "minItems": 1}
    return {
        "count": either(integer(f"{count} {each}", MAX_COUNT + 1, 1), MAX_DIMENSIONS),
        "stride": either(
            size(step),
            MAX_DIMENSIONS,
        ),
        "first": either(integer(f"The first element's index. {each}", MAX_COUNT), MAX_DIMENSIONS),
        "index": {
            "description": f"Names of the elements, in the place of numbers. {each}",
            "anyOf": [{key: value for key, value in names.items() if key != "description"}, several],
        },
    }


def _block(more: Schema, known: KnownNames) -> Schema:
    own = {
        "type": one_of("A type to be put here.", known.types),
        "size": size("Its window."),
        "python": python("child"),
        "title": line(TITLE),
        **sharing("A block."),
        **external(),
    }
    entry = mapping("A block in its place.", ["offset"], {**own, **more, **_content(), **_array()})
    ways = [{"required": ["type"]}, {"anyOf": [{"required": [key]} for key in CHILD_GROUPS]}]
    return {**entry, **_COUNTED, "oneOf": ways}


def _register(known: KnownNames) -> Schema:
    own = {**_register_content(), **_array(), "python": python("child"), "title": line(TITLE)}
    own["type"] = one_of("A type of register to be put here.", known.register_types)
    own |= sharing("A register at the same place.") | external()
    own["alias"] = {"description": "A register whose bits this one sets, clears or toggles.", "type": "string"}
    own["via"] = word("Fields are written by the aliases that set and clear bits.", *VIAS)
    entry = mapping("A register, or with a count an array.", ["offset"], own)
    without = {"not": {"anyOf": [{"required": [key]} for key in _register_content() if key != "reset"]}}
    typed = {"required": ["type"], "properties": {"reset": _ref("resets")}, **without}
    return {**entry, **_COUNTED, "anyOf": [typed, {"not": {"required": ["type"]}, **_ONE_ACCESS}]}


def _register_type() -> Schema:
    own = {**_register_content(), "title": line(TITLE), "description": text("Text for the docstring.")}
    return {**mapping("A register to be used in several places.", [], own), **_ONE_ACCESS}


_ONE_ACCESS: Schema = {
    "anyOf": [
        {"required": ["access_width"]},
        {"properties": {"width": {"anyOf": [{"enum": [8, 16, 32, 64]}, SUM]}}},
    ]
}


def _register_content() -> Schema:
    return {
        "width": integer("Bits: 8, 16, 32, 64, or more words of access_width.", MAX_WIDTH + 1, 8),
        "access_width": number_word(
            "Bits of one bus access; where it is wider than the register, the word that holds it.", *ACCESS_WIDTHS
        ),
        "words": explained("Order in which a wide register's bus words are accessed.", WORD_ORDERS),
        "endian": explained("How a wide register's bus words lie.", ENDIANS),
        "access": access("What reads and writes do to fields that do not say it."),
        "reset": {
            "description": "Value after reset; unknown, or known in the bits of a mask. Of an array also a list "
            "with one for each element, in lists as the dimensions are.",
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"const": "unknown"},
                mapping("Known are the bits of the mask.", ["value", "mask"], _masked()),
                SUM,
                _ref("resets"),
            ],
        },
        "fields": named("Fields by name.", _ref("field")),
        "volatile": flag("Hardware changes it."),
        "shadow": flag("Field writes use the value written last and read nothing."),
        **hw("What hardware does to fields that do not say it."),
        **write_rules(),
    }


def _resets() -> Schema:
    one: Schema = {"type": "integer", "minimum": 0}
    return {"type": "array", "items": {"anyOf": [one, SUM, _ref("resets")]}, "minItems": 1}


def _masked() -> Schema:
    number: Schema = {"anyOf": [{"type": "integer", "minimum": 0}, SUM]}
    return {"value": {"description": "The bits.", **number}, "mask": {"description": "Which are known.", **number}}


def _memory(known: KnownNames) -> Schema:
    entry = mapping(
        "A run of words that are all alike, or of entries of a type.",
        ["offset"],
        {
            "offset": size("From the start of the block that holds it."),
            "size": size("Its size."),
            "entry": one_of("A type of which it holds as many as fit.", known.types),
            **_dimensions("Entries, in the place of the size; of words, memories."),
            "python": python("child"),
            "title": line(TITLE),
            **external(),
            "width": number_word("Bits of a word.", *MEMORY_WIDTHS),
            "access_width": number_word(
                "Bits of one bus access; a wider word takes several, and a narrower one is a part of what it moves.",
                *ACCESS_WIDTHS,
            ),
            "burst": flag("May be read in lines through the BAR's mapping, which is prefetchable then."),
            "access": word("Read and write, read only, write only.", *MEMORY_ACCESSES),
            "description": text("Text for the docstring."),
        },
    )
    by_count = {"required": ["entry", "count"], "not": {"required": ["size"]}}
    by_size = {"required": ["size"], "not": {"required": ["entry", "count"]}}
    return {**entry, "oneOf": [by_size, by_count]}


def _field(known: KnownNames) -> Schema:
    bits = {
        "description": 'One bit, or "msb:lsb".',
        "anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": r"^[0-9]{1,5}\s*:\s*[0-9]{1,5}$"},
            {"type": "string", "pattern": rf"^(?=.*(?<![0-9A-Za-z_])[A-Z])({IN_SUMS}:)?{IN_SUMS}$"},
        ],
    }
    fixed = mapping(
        "Fixed point: the integer / 2**fraction_bits.",
        ["signed", "fraction_bits"],
        {
            "signed": {"type": "boolean"},
            "fraction_bits": integer("Bits behind the point.", MAX_FRACTION_BITS + 1, -MAX_FRACTION_BITS),
        },
    )
    plain = explained("A format without more.", PLAIN_FORMATS)
    forms = {"anyOf": [plain, mapping("Fixed point.", ["fixed"], {"fixed": fixed})]}
    entry = mapping(
        "Bits of a register.",
        ["bits"],
        {
            "bits": bits,
            "count": integer("Makes it an array of so many.", MAX_WIDTH + 1, 1),
            "stride": integer("Bits from one element of the array to the next.", MAX_WIDTH + 1, 1),
            **numbering(),
            "access": access("What a read and a write do."),
            "reset": {
                "description": "Value after reset: the bits as an integer, true or false, a member of the enum, "
                "unknown, or with a point what the field reads as; a list has one for each element of an array.",
                "type": ["number", "string", "boolean", "array"],
                "items": {"type": ["number", "string", "boolean"]},
            },
            "enum": {
                "description": "Name of an enum, or of two: one to read, one to write.",
                "anyOf": [
                    one_of("Name of an enum.", known.enums),
                    mapping(
                        "Two enums.",
                        ["read", "write"],
                        {
                            "read": one_of("What it is read as.", known.enums),
                            "write": one_of("What it is written as.", known.enums),
                        },
                    ),
                ],
            },
            "format": {"description": "What the bits mean.", **forms},
            "unit": line("Of the value, as in mV; documents and dumps show it."),
            "scale": ratio("value = step * scale + offset; what a step is worth."),
            "offset": ratio("The value of step 0."),
            "range": {
                "description": "The lowest and the highest value that may be written.",
                "type": "array",
                "items": ratio("An end."),
                "minItems": 2,
                "maxItems": 2,
            },
            "volatile": flag("Hardware changes it."),
            **hardware(),
            "writeback": {
                "description": "Whether a write of a neighbour may read it and write it back.",
                "type": "boolean",
                "default": True,
            },
            "pulse": flag("Writing it does something once; it is back at its idle value by itself."),
            "idle": explained("What a write-only field or a pulse is given when a neighbour is written.", IDLES),
            **sharing("A field of the register."),
            "alias": {"description": "A field of another register, as in odr.out, that it acts on.", "type": "string"},
            "python": python("field"),
            "title": line(TITLE),
            "description": text("Text for the docstring."),
        },
    )
    return {**entry, "not": {"required": ["enum", "format"]}}
