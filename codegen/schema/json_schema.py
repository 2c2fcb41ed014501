"""The map format as JSON Schema (draft 2020-12), for editors.

It knows keys, words, forms of numbers and names. What needs two places of a map (overlaps,
references, fits) only `hal validate` finds. The tests hold it to the models of `entries`.
"""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

from codegen.schema.entries import PciIds
from codegen.schema.names import ATTRIBUTE_WORDS, CONSTANT_NAME, ENUM_NAME, MAX_LENGTH, MEMBER_NAME, MODULES, SNAKE_NAME
from codegen.schema.policies import MEMORY_ACCESSES, NAMES, READS, WRITES, AccessPolicy
from codegen.schema.scalars import AFI_ID, MAX_LINE, MAX_TEXT, NATURAL_LIMIT, RATIO
from codegen.schema.spaces import BARS, PF_NUMBERS
from codegen.schema.vocabulary import (
    ACCESS_WIDTHS,
    CHILD_GROUPS,
    ENDIANS,
    IDLES,
    MAX_COUNT,
    MAX_WIDTH,
    MEMORY_WIDTHS,
    PLAIN_FORMATS,
    WORD_ORDERS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["json_schema"]

Schema = dict[str, Any]

_ID = "urn:fpga-hal:map:1"

_MEANINGS = {name: row.meaning for name, row in NAMES.items()}
_STRIDE_NEEDS_COUNT: Schema = {"dependentRequired": {"stride": ["count"]}}
# As in `scalars`, without surrogates: some editors match halves of characters.
_PRINTABLE = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]*$"


def json_schema() -> Schema:
    """Return the schema of a device's map or of an included file."""
    device = _device()
    shared = ("schema", "description", "endian", "include", "constants", "enums", "types")
    library = {key: device["properties"][key] for key in shared}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _ID,
        "title": "FPGA register map",
        "type": "object",
        "if": {"anyOf": [{"required": [key]} for key in ("name", *CHILD_GROUPS)]},
        "then": _extended(device),
        "else": _object("A file for maps to include.", ["schema"], library),
        "$defs": {
            "device_block": _extended(_block({"space": {"description": "Another BAR.", **_ref("space")}})),
            "block": _extended(_block({})),
            "type": _extended(_type()),
            "register": _extended(_register()),
            "memory": _extended(_memory()),
            "field": _extended(_field()),
            "enum": _enum(),
            "space": _space(),
        },
    }


def _object(description: str, required: list[str], properties: Schema) -> Schema:
    return {
        "description": description,
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _line(description: str) -> Schema:
    return {**_text(description), "maxLength": MAX_LINE}


_TITLE = "The hardware's own name, where that is no identifier; documents show it."


def _ratio(description: str) -> Schema:
    forms = [{"type": "number"}, {"type": "string", "pattern": f"^{RATIO}$"}, _SUM]
    return {"description": f"{description} Or a ratio such as 3.3/4096.", "anyOf": forms}


def _extended(entry: Schema) -> Schema:
    """Return an entry that may also have what its author wants to say."""
    return {**entry, "patternProperties": {"^x-": {"description": "For templates and JSON: whatever you say."}}}


def _text(description: str) -> Schema:
    return {"description": description, "type": "string", "maxLength": MAX_TEXT, "pattern": _PRINTABLE}


def _flag(description: str) -> Schema:
    return {"description": description, "type": "boolean", "default": False}


# A sum or product with constants.
_IN_SUMS = r"[-+*()0-9A-Za-z_\s]*"
_SUM: Schema = {"type": "string", "pattern": rf"^{_IN_SUMS}(?<![0-9A-Za-z_]){CONSTANT_NAME}{_IN_SUMS}$"}


def _integer(description: str, below: int = NATURAL_LIMIT, least: int = 0) -> Schema:
    number = {"type": "integer", "minimum": least, "exclusiveMaximum": below}
    return {"description": description, "anyOf": [number, _SUM]}


def _size(description: str) -> Schema:
    number = {"type": "integer", "minimum": 0, "exclusiveMaximum": NATURAL_LIMIT}
    unit = {"type": "string", "pattern": r"^[0-9]+(_[0-9]+)*\s*[KMG]iB$"}
    return {"description": f"{description} Bytes, or as in 4KiB.", "anyOf": [number, unit, _SUM]}


def _number_word(description: str, *words: int) -> Schema:
    return {"description": description, "anyOf": [{"enum": list(words)}, _SUM]}


def _word(description: str, *words: str | int) -> Schema:
    return {"description": description, "enum": list(words)}


def _explained(description: str, words: dict[str, str]) -> Schema:
    """Words with what each of them means, for editors."""
    return {"description": description, "enum": list(words), "enumDescriptions": list(words.values())}


def _access(description: str) -> Schema:
    names = _explained("The name of a row, as verification engineers know it from UVM.", _MEANINGS)
    reads = {word: AccessPolicy(word, "none").meaning.partition(";")[0] + "." for word in READS}
    writes = {word: AccessPolicy("none", word).meaning.partition("; ")[2].capitalize() for word in WRITES}
    row = _object(
        "Any row of the product of reads and writes.",
        ["read", "write"],
        {
            "read": _explained("What a read gives and does.", reads),
            "write": _explained("What a write does.", writes),
            "once": _flag("Only the first write after a reset counts."),
        },
    )
    row["not"] = {"required": ["once"], "properties": {"write": {"const": "none"}, "once": {"const": True}}}
    return {"description": description, "anyOf": [names, row]}


def _name(pattern: str = SNAKE_NAME, words: Iterable[str] = ()) -> Schema:
    taken = "|".join(map(re.escape, sorted(words)))
    return {"type": "string", "maxLength": MAX_LENGTH, "pattern": f"^{f'(?!(?:{taken})$)' if taken else ''}{pattern}$"}


def _named(description: str, item: Schema, pattern: str = SNAKE_NAME) -> Schema:
    return {
        "description": description,
        "type": "object",
        "propertyNames": _name(pattern),
        "additionalProperties": item,
    }


def _python(kind: str) -> Schema:
    words = ATTRIBUTE_WORDS[kind] | frozenset(keyword.kwlist)
    return {"description": "What it is called in Python, where that is another name.", **_name(words=words)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _content(block: str = "block") -> Schema:
    return {
        "registers": _named("Registers by name.", _ref("register")),
        "memories": _named("Memories by name.", _ref("memory")),
        "blocks": _named("Blocks by name.", _ref(block)),
        "unmapped": _integer("What 32-bit words read as where nothing is.", 1 << 32),
        "description": _text("Text for the docstring."),
    }


def _device() -> Schema:
    pci = _object(
        "PCI ids with the AFI loaded; checked when a driver is opened.",
        [],
        {name: _integer(f"The {name.replace('_', ' ')} id.", 1 << 16) for name in PciIds.model_fields},
    )
    afi_ids = {
        "description": "AFI ids, agfi- or afi-.",
        "type": "array",
        "items": {"type": "string", "pattern": f"^{AFI_ID}$"},
    }
    identity = {
        "register": {"description": "Dotted path, as in id or ch[0].id.", "type": "string"},
        "value": _integer("What it reads."),
    }
    names = {"type": "string", "pattern": "^[^/]"}
    device = _object(
        "A device.",
        ["schema", "name"],
        {
            "schema": _word("Version of the format.", 1),
            "name": {"description": "Names the module and, in CamelCase, the class.", **_name()},
            "python": {
                "description": "The driver's module, where that has another name.",
                **_name(words=MODULES | frozenset(keyword.kwlist)),
            },
            "afi": _object("The images that hold this design.", [], {"ids": afi_ids, "pci": pci}),
            "identity": _object("A register that tells this design from another.", ["register", "value"], identity),
            "space": {"description": "Home of the registers; app BAR 0 where not given.", **_ref("space")},
            "clkgen": _flag("The AFI holds the clock generator."),
            "endian": _word("How words of this file's wide registers lie: the lowest one first, or last.", *ENDIANS),
            "include": {
                "description": "Files that bring types and enums, relative to this one.",
                "anyOf": [names, {"type": "array", "items": names}],
            },
            "constants": _named("Numbers by name, for wherever a number stands.", _constant(), CONSTANT_NAME),
            "enums": _named("Names for values.", _ref("enum"), ENUM_NAME),
            "types": _named("Blocks to be used more than once.", _ref("type")),
            **_content("device_block"),
        },
    )
    hides_none = {"properties": {"name": _name(words=MODULES)}}
    return {**device, "anyOf": [{"required": ["python"]}, hides_none]}


def _space() -> Schema:
    return _object(
        "A PCI function and one of its BARs.",
        ["pf", "bar"],
        {"pf": _word("PCI function.", *PF_NUMBERS), "bar": _number_word("BAR.", *BARS)},
    )


def _type() -> Schema:
    entry = _object("A block to be used more than once.", [], {"size": _size("Its window."), **_content()})
    return {**entry, "anyOf": [{"required": [key]} for key in CHILD_GROUPS]}


def _array() -> Schema:
    return {
        "offset": _size("From the start of the block that holds it."),
        "count": _integer("Makes it an array of so many.", MAX_COUNT + 1, 1),
        "stride": _size("From one element of the array to the next."),
        "description": _text("Text for the docstring."),
    }


def _block(more: Schema) -> Schema:
    own = {
        "type": {"description": "A type to be put here.", "type": "string"},
        "size": _size("Its window."),
        "python": _python("child"),
        "title": _line(_TITLE),
    }
    entry = _object("A block in its place.", ["offset"], {**own, **more, **_content(), **_array()})
    one_of = [{"required": ["type"]}, {"anyOf": [{"required": [key]} for key in CHILD_GROUPS]}]
    return {**entry, **_STRIDE_NEEDS_COUNT, "oneOf": one_of}


def _register() -> Schema:
    entry = _object(
        "A register, or with a count an array.",
        ["offset"],
        {
            **_array(),
            "python": _python("child"),
            "title": _line(_TITLE),
            "width": _integer("Bits: 8, 16, 32, 64, or more with access_width.", MAX_WIDTH + 1, 8),
            "access_width": _number_word("Bits of one bus access.", *ACCESS_WIDTHS),
            "words": _word("Order in which a wide register's bus words are accessed.", *WORD_ORDERS),
            "endian": _word("How they lie: the lowest one at the lowest address, or at the highest.", *ENDIANS),
            "access": _access("What reads and writes do to fields that do not say it."),
            "reset": {"description": "Value after reset.", "anyOf": [{"type": "integer", "minimum": 0}, _SUM]},
            "fields": _named("Fields by name.", _ref("field")),
            "volatile": _flag("Hardware changes it."),
            "shadow": _flag("Field writes use the value written last and read nothing."),
        },
    )
    one_access = {"properties": {"width": {"anyOf": [{"enum": [8, 16, 32, 64]}, _SUM]}}}
    return {**entry, **_STRIDE_NEEDS_COUNT, "anyOf": [{"required": ["access_width"]}, one_access]}


def _memory() -> Schema:
    entry = _object(
        "A run of words that are all alike, or of entries of a type.",
        ["offset"],
        {
            "offset": _size("From the start of the block that holds it."),
            "size": _size("Its size."),
            "entry": {"description": "A type of which it holds as many as fit.", "type": "string"},
            "count": _integer("Entries, in the place of the size.", MAX_COUNT + 1, 1),
            "python": _python("child"),
            "title": _line(_TITLE),
            "width": _number_word("Bits of a word.", *MEMORY_WIDTHS),
            "access": _word("Read and write, read only, write only.", *MEMORY_ACCESSES),
            "description": _text("Text for the docstring."),
        },
    )
    by_count = {"required": ["entry", "count"], "not": {"required": ["size"]}}
    by_size = {"required": ["size"], "not": {"required": ["count"]}}
    return {**entry, "oneOf": [by_size, by_count]}


def _field() -> Schema:
    bits = {
        "description": 'One bit, or "msb:lsb".',
        "anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": r"^[0-9]{1,5}\s*:\s*[0-9]{1,5}$"},
            {"type": "string", "pattern": rf"^(?=.*(?<![0-9A-Za-z_])[A-Z])({_IN_SUMS}:)?{_IN_SUMS}$"},
        ],
    }
    fixed = _object(
        "Fixed point: the integer / 2**fraction_bits.",
        ["signed", "fraction_bits"],
        {"signed": {"type": "boolean"}, "fraction_bits": _integer("Bits behind the point.", MAX_WIDTH + 1, -MAX_WIDTH)},
    )
    forms = {"anyOf": [_word("", *PLAIN_FORMATS), _object("", ["fixed"], {"fixed": fixed})]}
    entry = _object(
        "Bits of a register.",
        ["bits"],
        {
            "bits": bits,
            "access": _access("What a read and a write do."),
            "reset": {
                "description": "Value after reset: the bits as an integer, true or false, a member of the enum, or "
                "with a point what the field reads as.",
                "type": ["number", "string", "boolean"],
            },
            "enum": {
                "description": "Name of an enum, or of two: one to read, one to write.",
                "anyOf": [
                    {"type": "string"},
                    _object("Two enums.", ["read", "write"], {"read": _enum_name(), "write": _enum_name()}),
                ],
            },
            "format": {"description": "What the bits mean.", **forms},
            "unit": _line("Of the value, as in mV; documents and dumps show it."),
            "scale": _ratio("value = step * scale + offset; what a step is worth."),
            "offset": _ratio("The value of step 0."),
            "range": {
                "description": "The lowest and the highest value that may be written.",
                "type": "array",
                "items": _ratio("An end."),
                "minItems": 2,
                "maxItems": 2,
            },
            "volatile": _flag("Hardware changes it."),
            "writeback": {
                "description": "Whether a write of a neighbour may read it and write it back.",
                "type": "boolean",
                "default": True,
            },
            "pulse": _flag("Writing it does something once; it is back at its idle value by itself."),
            "idle": _word(
                "What a write-only field or a pulse is given when a neighbour is written: 0 (a command, 1 acts), "
                "1 (0 acts), last (a setting, what was written last).",
                *IDLES,
            ),
            "python": _python("field"),
            "title": _line(_TITLE),
            "description": _text("Text for the docstring."),
        },
    )
    return {**entry, "not": {"required": ["enum", "format"]}}


def _constant() -> Schema:
    described = {"value": _integer("The value."), "description": _text("Text for the docstring.")}
    return {"anyOf": [_integer("The value."), _object("A value with a description.", ["value"], described)]}


def _enum_name() -> Schema:
    return {"description": "Name of an enum.", "type": "string"}


def _enum() -> Schema:
    member = _object(
        "A value with a description.",
        ["value"],
        {"value": _integer("The value."), "title": _line(_TITLE), "description": _text("Text for the docstring.")},
    )
    items = {"anyOf": [_integer("The value."), member]}
    named = {**_named("Members by name.", items, MEMBER_NAME), "minProperties": 1}
    long = _object(
        "An enum in its long form.",
        ["members"],
        {
            "open": _flag("Its members are landmarks: any value that fits is one."),
            "description": _text("Text for the docstring."),
            "members": named,
        },
    )
    is_long = {"properties": {"members": {"type": "object"}}, "required": ["members"]}
    return {"description": "Names for values.", "if": is_long, "then": long, "else": named}
