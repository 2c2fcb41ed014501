"""Forms of values, as JSON Schema: texts, numbers, names, words, mappings."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

from codegen.schema.direct.scalar_rules import MAX_LINE, MAX_TEXT, NATURAL_LIMIT, RATIO
from codegen.schema.names import ATTRIBUTE_WORDS, CONSTANT_NAME, MAX_LENGTH, SNAKE_NAME
from codegen.schema.policies import NAMES, READS, WRITES, AccessPolicy
from codegen.schema.vocabulary import MAX_COUNT, WRITE_MASKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "IN_SUMS",
    "SUM",
    "TITLE",
    "Schema",
    "access",
    "either",
    "explained",
    "extended",
    "flag",
    "integer",
    "line",
    "mapping",
    "name_of",
    "named",
    "number_word",
    "numbering",
    "python",
    "ratio",
    "sharing",
    "size",
    "text",
    "word",
    "write_rules",
]

Schema = dict[str, Any]

_MEANINGS = {name: row.meaning for name, row in NAMES.items()}
# As in `scalars`, without surrogates: some editors match halves of characters.
_PRINTABLE = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]*$"


def mapping(description: str, required: list[str], properties: Schema) -> Schema:
    """Return the schema of a mapping with these keys and no others."""
    return {
        "description": description,
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def line(description: str) -> Schema:
    """Return that of a text of one line."""
    return {**text(description), "maxLength": MAX_LINE}


TITLE = "The hardware's own name, where that is no identifier; documents show it."


def ratio(description: str) -> Schema:
    """Return that of a real number."""
    forms = [{"type": "number"}, {"type": "string", "pattern": f"^{RATIO}$"}, SUM]
    return {"description": f"{description} Or a ratio such as 3.3/4096.", "anyOf": forms}


def extended(entry: Schema) -> Schema:
    """Return an entry that may also have what its author wants to say."""
    return {**entry, "patternProperties": {"^x-": {"description": "For templates and JSON: whatever you say."}}}


def text(description: str) -> Schema:
    """Return that of a text."""
    return {"description": description, "type": "string", "maxLength": MAX_TEXT, "pattern": _PRINTABLE}


def flag(description: str) -> Schema:
    """Return that of true or false."""
    return {"description": description, "type": "boolean", "default": False}


# A sum or product with constants.
IN_SUMS = r"[-+*()0-9A-Za-z_\s]*"
SUM: Schema = {"type": "string", "pattern": rf"^{IN_SUMS}(?<![0-9A-Za-z_]){CONSTANT_NAME}{IN_SUMS}$"}


def integer(description: str, below: int = NATURAL_LIMIT, least: int = 0) -> Schema:
    """Return that of an integer, or of a sum with constants."""
    number = {"type": "integer", "minimum": least, "exclusiveMaximum": below}
    return {"description": description, "anyOf": [number, SUM]}


def size(description: str) -> Schema:
    """Return that of a number of bytes."""
    number = {"type": "integer", "minimum": 0, "exclusiveMaximum": NATURAL_LIMIT}
    unit = {"type": "string", "pattern": r"^[0-9]+(_[0-9]+)*\s*[KMG]iB$"}
    return {"description": f"{description} Bytes, or as in 4KiB.", "anyOf": [number, unit, SUM]}


def either(one: Schema, most: int) -> Schema:
    """Return that of a value, or of a list of such values."""
    item = {key: value for key, value in one.items() if key != "description"}
    several = {"type": "array", "items": item, "minItems": 1, "maxItems": most}
    return {"description": one["description"], "anyOf": [item, several]}


def number_word(description: str, *words: int) -> Schema:
    """Return that of one of some numbers."""
    return {"description": description, "anyOf": [{"enum": list(words)}, SUM]}


def word(description: str, *words: str | int) -> Schema:
    """Return that of one of some words."""
    return {"description": description, "enum": list(words)}


def explained(description: str, words: Mapping[Any, str]) -> Schema:
    """Words with what each of them means, for editors."""
    return {"description": description, "enum": list(words), "enumDescriptions": list(words.values())}


def access(description: str) -> Schema:
    """Return that of an access: a name, or a read and a write."""
    names = explained("The name of a row, as verification engineers know it from UVM.", _MEANINGS)
    reads = {word: AccessPolicy(word, "none").meaning.partition(";")[0] + "." for word in READS}
    writes = {word: AccessPolicy("none", word).meaning.partition("; ")[2].capitalize() for word in WRITES}
    row = mapping(
        "Any row of the product of reads and writes.",
        ["read", "write"],
        {
            "read": explained("What a read gives and does.", reads),
            "write": explained("What a write does.", writes),
            "once": flag("Only the first write after a reset counts."),
        },
    )
    row["not"] = {"required": ["once"], "properties": {"write": {"const": "none"}, "once": {"const": True}}}
    return {"description": description, "anyOf": [names, row]}


def name_of(pattern: str = SNAKE_NAME, words: Iterable[str] = ()) -> Schema:
    """Return that of a name that is none of some words."""
    taken = "|".join(map(re.escape, sorted(words)))
    return {"type": "string", "maxLength": MAX_LENGTH, "pattern": f"^{f'(?!(?:{taken})$)' if taken else ''}{pattern}$"}


def named(description: str, item: Schema, pattern: str = SNAKE_NAME) -> Schema:
    """Return that of things by name."""
    return {
        "description": description,
        "type": "object",
        "propertyNames": name_of(pattern),
        "additionalProperties": item,
    }


def python(kind: str) -> Schema:
    """Return that of a name in Python."""
    words = ATTRIBUTE_WORDS[kind] | frozenset(keyword.kwlist)
    return {"description": "What it is called in Python, where that is another name.", **name_of(words=words)}


def sharing(what: str) -> Schema:
    """Return what says that a thing shares its bits with another one."""
    when = "When it is there: in words, or fields of the block and their values then."
    times = {"type": "object", "additionalProperties": integer("The value.")}
    return {
        "alternate": {"description": f"{what[:-1]} that these bits are at other times.", "type": "string"},
        "when": {"description": when, "anyOf": [text(""), times]},
    }


def write_rules() -> Schema:
    """Return what says what a write takes besides itself."""
    lock = {"by": {"type": "string"}, "value": integer("The value.")}
    one = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": integer("The value.")}
    return {
        "lock": mapping("Writes pass while a field has this value.", ["by", "value"], lock),
        "unlock": {"description": "Registers and values written just before.", "type": "array", "items": one},
        "write_twice": flag("Each write is made twice."),
        "write_mask": word("The half of a write that says which bits it is for.", *WRITE_MASKS),
    }


def numbering() -> Schema:
    """Return the keys that say what the elements of an array are called."""
    return {
        "first": integer("The first element's index.", MAX_COUNT),
        "index": {
            "description": "Names of the elements, in the place of numbers.",
            "type": "array",
            "items": name_of(),
            "minItems": 1,
            "uniqueItems": True,
        },
    }
