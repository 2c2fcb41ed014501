"""Which names a map may use.

A name becomes an attribute of a Python class, so it must be an identifier, no keyword and
none of the words that the runtime's own classes have.
"""

from __future__ import annotations

import builtins
import keyword
import re

__all__ = [
    "BUILTINS",
    "ENUM_NAME",
    "MAX_LENGTH",
    "MEMBER_NAME",
    "SNAKE_NAME",
    "Fault",
    "camel_case",
    "child_fault",
    "device_fault",
    "enum_fault",
    "field_fault",
    "member_fault",
    "reserved_words",
    "type_fault",
]

MAX_LENGTH = 64

BUILTINS = frozenset(dir(builtins)) | {
    # The names of later Pythons too: what is generated may not depend on which one ran.
    "BaseExceptionGroup",
    "ExceptionGroup",
    "EncodingWarning",
    "PythonFinalizationError",
}

SNAKE_NAME = "[a-z][a-z0-9_]*"
ENUM_NAME = "[A-Z][A-Za-z0-9]*"
MEMBER_NAME = "[A-Za-z][A-Za-z0-9_]*"
"""The forms of names: of devices, types, blocks, registers and fields; of enums; of their members."""

# `hal` and `bool` are looked up in the class body, where a field of that name would hide them.
_FIELD_WORDS = frozenset(
    [
        "read",
        "write",
        "modify",
        "fields",
        "wait_for",
        "reset",
        "path",
        "address",
        "info",
        "peek",
        "poke",
        "shadow",
        "hal",
        "bool",
    ]
)
_CHILD_WORDS = frozenset(
    [
        "path",
        "registers",
        "walk",
        "read_all",
        "snapshot",
        "batch",
        "open",
        "close",
        "attach",
        "slot",
        "name",
        "space",
        "info",
        "reset",
        "restore",
        "record",
        "replay",
        "memories",
        "blocks",
        "card",
        "bar",
        "load",
        "wait_for",
        "hal",
    ]
)
_MEMBER_WORDS = frozenset({"MRO", "NAME", "VALUE"})
_RESERVED = {
    "field": _FIELD_WORDS,
    "child": _CHILD_WORDS,
    "type": frozenset({"hal"}),
    "device": frozenset({"hal", "codegen"}),
    "enum": BUILTINS,
    "member": _MEMBER_WORDS,
}

Fault = tuple[str, str, str]
"""Rule, message and hint."""


def reserved_words(kind: str) -> frozenset[str]:
    """Return what a field, child, type, device, enum or member (in capitals) may not be named."""
    return _RESERVED[kind] if kind == "member" else _RESERVED[kind] | frozenset(keyword.kwlist)


def camel_case(name: str) -> str:
    """Return the class name of a snake_case name: `aws_clk_gen` gives `AwsClkGen`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _form_fault(name: str, pattern: str, form: str, example: str) -> Fault | None:
    if len(name) > MAX_LENGTH:
        message = f"the name {name[:20]!r}... has {len(name)} characters, more than {MAX_LENGTH}"
        return "bad-name", message, "Shorten it; the description can say more."
    if re.fullmatch(pattern, name):
        return None
    return "bad-name", f"{name!r} is not a valid name, allowed: {form}", f"Write it like {example!r}."


def _word_fault(name: str, words: frozenset[str], owner: str) -> Fault | None:
    if keyword.iskeyword(name):
        return "keyword", f"{name!r} is a Python keyword", f"Choose another name, {name}_x say."
    if name in words:
        message = f"{name!r} is a word of {owner}"
        return "reserved-name", message, f"Choose another name, {name.lower()}_x say."
    return None


def _snake_fault(name: str, words: frozenset[str], owner: str) -> Fault | None:
    form = "lower case letters, digits and _ with a letter first"
    return _form_fault(name, SNAKE_NAME, form, "main_ctrl") or _word_fault(name, words, owner)


def field_fault(name: str) -> Fault | None:
    """Return what is wrong with a field's name, or None."""
    return _snake_fault(name, _FIELD_WORDS, "every register in the runtime")


def child_fault(name: str) -> Fault | None:
    """Return what is wrong with the name of a register, memory or block, or None."""
    return _snake_fault(name, _CHILD_WORDS, "every block in the runtime")


def type_fault(name: str) -> Fault | None:
    """Return what is wrong with a type's name, or None."""
    return _snake_fault(name, _RESERVED["type"], "the runtime")


def device_fault(name: str) -> Fault | None:
    """Return what is wrong with a device's name, or None: it becomes a module."""
    return _snake_fault(name, _RESERVED["device"], "the runtime")


def enum_fault(name: str) -> Fault | None:
    """Return what is wrong with an enum's name, or None."""
    form = "letters and digits with a capital first"
    fault = _form_fault(name, ENUM_NAME, form, "ClockMode")
    return fault or _word_fault(name, BUILTINS, "Python's builtins")


def member_fault(name: str) -> Fault | None:
    """Return what is wrong with an enum member's name, or None."""
    form = "letters, digits and _ with a letter first"
    fault = _form_fault(name, MEMBER_NAME, form, "fast")
    return fault or _word_fault(name.upper(), _MEMBER_WORDS, "Python's IntEnum")
