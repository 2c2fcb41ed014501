"""Which names a map may use, and what they are called in Python.

A name is the hardware's: it stands in C, SystemVerilog, documents, paths and dumps as it is in the map. In Python it
becomes an attribute, a class or a module, where words of the language, of its builtins and of the runtime's own classes
are in the way: then it gets an underscore at its end, or is what the map says with `python: NAME`.
"""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from functools import lru_cache

__all__ = [
    "ATTRIBUTE_WORDS",
    "BUILTINS",
    "CONSTANT_NAME",
    "ENUM_NAME",
    "MAX_LENGTH",
    "MEMBER_NAME",
    "MODULES",
    "SNAKE_NAME",
    "Fault",
    "attribute_fault",
    "attribute_of",
    "camel_case",
    "class_name_of",
    "constant_fault",
    "enum_fault",
    "interrupt_attribute",
    "interrupts_class",
    "member_fault",
    "module_fault",
    "module_of",
    "snake_fault",
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
CONSTANT_NAME = "[A-Z][A-Z0-9_]*"
"""The forms of names: of devices, types, blocks, registers and fields; of enums; of their members; of constants."""

ATTRIBUTE_WORDS = {
    # What hal.Device has, and so each block of it may get; `hal` is looked up in the class body.
    "child": frozenset(
        (
            "address", "afi_id", "batch", "cached", "close", "find", "memories", "mro", "open", "path", "record",
            "registers", "restore", "slot", "snapshot", "walk", "hal",
        )
    ),
    # What hal.Register has, the arguments of `wait_for`, and what is looked up in the class body.
    "field": frozenset(
        (
            "address", "fields", "info", "modify", "mro", "path", "read", "reset", "wait_for", "wait_for_async",
            "wait_until", "wait_until_async", "write", "interval", "timeout", "hal", "bool",
        )
    ),
}  # fmt: skip
"""Attributes of the runtime's own classes. The tests hold them equal to what those have."""

_OTHER_PYTHONS = (
    "annotationlib", "asynchat", "asyncore", "aifc", "audioop", "binhex", "cgi", "cgitb", "chunk", "compression",
    "crypt", "distutils", "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes",
    "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "tomllib", "uu", "xdrlib",
)  # fmt: skip
_OUR_OWN = (
    "hal", "codegen", "annotated_types", "cffi", "click", "jinja2", "markdown_it", "markupsafe", "mdurl", "pycparser",
    "pydantic", "pydantic_core", "pygments", "pytest", "rich", "ruamel", "setuptools", "typing_extensions",
    "typing_inspection", "yaml",
)  # fmt: skip
MODULES = frozenset(
    name for name in (*sys.stdlib_module_names, *_OTHER_PYTHONS, *_OUR_OWN) if re.fullmatch(SNAKE_NAME, name)
)
"""Modules that a driver beside a program would hide: Python's own, in all supported versions, and hal's."""

Fault = tuple[str, str, str]
"""Rule, message and hint."""


@lru_cache(1 << 14)
def camel_case(name: str) -> str:
    """Return the class name of a snake_case name: `aws_clk_gen` gives `AwsClkGen`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def attribute_of(name: str, kind: str, given: str | None) -> str:
    """Return what a child or a field is called in Python; `given` is what the map says."""
    if given is not None:
        return given
    return f"{name}_" if keyword.iskeyword(name) or name in ATTRIBUTE_WORDS[kind] else name


def module_of(name: str, given: str | None) -> str:
    """Return the module of a device; `given` is what the map says."""
    return given or (f"{name}_" if keyword.iskeyword(name) else name)


def class_name_of(name: str) -> str:
    """Return the class of a name that is in CamelCase: that of a builtin gets an underscore."""
    return f"{name}_" if name in BUILTINS else name


def interrupts_class(device_class: str) -> str:
    """Return the class of a device's interrupts."""
    return f"{device_class}Interrupts"


def interrupt_attribute(name: str) -> str:
    """Return what an interrupt is called in Python; `hal` is looked up in the class body."""
    return f"{name}_" if keyword.iskeyword(name) or name in ("hal", "mro") else name


def _form_fault(name: str, pattern: str, form: str, example: str) -> Fault | None:
    if len(name) > MAX_LENGTH:
        message = f"the name {name[:20]!r}... has {len(name)} characters, more than {MAX_LENGTH}"
        return "bad-name", message, "Shorten it; the description can say more."
    if re.fullmatch(pattern, name):
        return None
    return "bad-name", f"{name!r} is not a valid name, allowed: {form}", f"Write it like {example!r}."


@lru_cache(maxsize=4096)  # maps use some names again and again
def snake_fault(name: str) -> Fault | None:
    """Return what is wrong with the name of a device, type, block, register, memory or field, or None."""
    return _form_fault(name, SNAKE_NAME, "lower case letters, digits and _ with a letter first", "main_ctrl")


def enum_fault(name: str) -> Fault | None:
    """Return what is wrong with an enum's name, or None."""
    return _form_fault(name, ENUM_NAME, "letters and digits with a capital first", "ClockMode")


def member_fault(name: str) -> Fault | None:
    """Return what is wrong with an enum member's name, or None. In capitals, none of Python's words are in the way."""
    return _form_fault(name, MEMBER_NAME, "letters, digits and _ with a letter first", "fast")


def constant_fault(name: str) -> Fault | None:
    """Return what is wrong with a constant's name, or None."""
    return _form_fault(name, CONSTANT_NAME, "capitals, digits and _ with a capital first", "FIFO_DEPTH")


def attribute_fault(name: str, kind: str) -> Fault | None:
    """Return what is wrong with a child's or a field's name in Python, or None."""
    fault = snake_fault(name)
    if fault is not None:
        return fault
    hint = f"Choose another name, {name}_x say."
    if keyword.iskeyword(name):
        return "reserved-name", f"{name!r} is a keyword of Python", hint
    if name in ATTRIBUTE_WORDS[kind]:
        owner = "register" if kind == "field" else "block"
        return "reserved-name", f"{name!r} is a word of every {owner} in the runtime", hint
    return None


def module_fault(module: str) -> Fault | None:
    """Return why a device's module can't have this name, or None."""
    fault = snake_fault(module)
    if fault is not None:
        return fault
    if keyword.iskeyword(module):
        return "reserved-name", f"{module!r} is a keyword of Python", f"Choose another name, {module}_x say."
    if module in MODULES:
        owner = "hal's or its packages'" if module in _OUR_OWN else "Python's own"
        message = f"the driver {module}.py would hide {owner} module {module!r} from every program beside it"
        return "reserved-module", message, f"Name the driver's module: python: {module}_x, or rename the map."
    return None
