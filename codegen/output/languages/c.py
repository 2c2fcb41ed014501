"""A header of constants for C and C++."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.output.languages.sheet import Language, Sheet
from codegen.views.constants import EnumConstants, Group, Line, Member, Section, map_constants
from codegen.views.escapes import block_comment
from codegen.views.names.constant_names import Constant, Part, upper_snake
from codegen.views.numbers import hexadecimal
from codegen.views.reference import device_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.model.blocks.numbering import Axis
    from codegen.model.device import Device

__all__ = ["C"]

_INT_MAX = (1 << 31) - 1
_WORD_BITS = 32
_WIDEST = 64
_STANDARD_HEADERS = frozenset((
    "assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits", "locale", "math", "setjmp",
    "signal", "stdalign", "stdarg", "stdatomic", "stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn",
    "string", "tgmath", "threads", "time", "uchar", "wchar", "wctype",
))  # fmt: skip


class _Enum(NamedTuple):
    """An enum; where a value is no int, C11 has no enum for it, and members become macros."""

    tag: str
    comment: str
    is_enum: bool
    members: tuple[Member, ...]


class _Header(NamedTuple):
    """`groups`: what it has macros of."""

    guard: str
    prefix: str
    groups: tuple[Group, ...]
    enums: tuple[_Enum, ...]

    @property
    def text(self) -> str:
        """All macros, those of each group below a comment and an empty line."""
        shared: dict[tuple[int, ...], str] = {}
        return "".join([_section(group, self.prefix, shared) for group in self.groups])

    @property
    def sections(self) -> tuple[Section, ...]:
        """The same one by one, for templates of others."""
        return tuple(Section(block_comment(group.title), _lines(group, self.prefix)) for group in self.groups)


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    prefix = upper_snake(model.name) + "_"
    if model.name in _STANDARD_HEADERS:
        raise ValueError(f"{model.name}: the header {model.name}.h would hide C's own <{model.name}.h>; rename the map")
    constants = map_constants(model, "c", prefix)
    header = _Header(
        guard=f"{prefix}H",
        prefix=prefix,
        groups=(*constants.places, *constants.registers),
        enums=tuple(_enum(enum, prefix) for enum in constants.enums),
    )
    return [Sheet(f"{device.name}.h", C.template, {"model": model, "header": header})]


_STEM = "\0"
"""What stands for what a section's names begin with, in lines of parts that sections share: no text has it."""


def _section(group: Group, prefix: str, shared: dict[tuple[int, ...], str]) -> str:
    """Return the lines of a group. `shared`: those of all parts but the first one, by their identity."""
    name, description, parts, stem = group
    text = _form(parts[0])
    if len(parts) > 1:
        key = tuple(map(id, parts[1:]))
        rest = shared.get(key)
        if rest is None:
            rest = shared[key] = "".join(map(_form, parts[1:]))
        text += rest
    title = f"{name}: {description}" if description.strip() else name
    return f"\n/* {block_comment(title)} */\n{text.replace(_STEM, prefix + stem)}"


def _lines(group: Group, prefix: str) -> tuple[Line, ...]:
    every = [constant for part in group.parts for constant in part]
    found = [(_macro(constant), block_comment(constant.comment)) for constant in every]
    stem = prefix + group.stem
    return tuple(Line(stem + macro[0], macro[1], "", comment) for macro, comment in found if macro is not None)


def _form(part: Part) -> str:
    return _form_of(part[0]) if len(part) == 1 else "".join(map(_form_of, part))


def _form_of(constant: Constant) -> str:
    macro = _macro(constant)
    if macro is None:
        return ""
    name, value = macro
    comment = constant.comment and block_comment(constant.comment)
    return f"#define {_STEM}{name} {value} /* {comment} */\n" if comment else f"#define {_STEM}{name} {value}\n"


_Macro = tuple[str, str]
"""A name with parameters, and what it stands for."""


def _macro(constant: Constant) -> _Macro | None:
    return _MACROS[constant.form](constant, constant.name)


def _address(constant: Constant, name: str) -> _Macro:
    value = f"UINT64_C(0x{constant.value:X})"
    if not constant.dimensions:
        return name, value
    indexes = [f"i{number}" for number in range(len(constant.dimensions))]
    terms = [
        f"UINT64_C({hexadecimal(dimension.stride)}) * {_number_of(index, dimension.first)}"
        for dimension, index in zip(constant.dimensions, indexes, strict=True)
    ]
    return (f"{name}({', '.join(indexes)})", f"({' + '.join([value, *terms])})")


def _named(constant: Constant, name: str) -> _Macro:
    small = constant.value <= _INT_MAX
    return (name, str(constant.value) if small else f"UINT64_C({hexadecimal(constant.value)})")


def _real(constant: Constant, name: str) -> _Macro:
    return (name, f"({constant.real!r})" if constant.real < 0 else repr(constant.real))


def _list(constant: Constant, name: str) -> _Macro | None:
    """Return the initializer of an array; none of registers wider than C's integers."""
    if constant.bits > _WIDEST:
        return None
    size = _WORD_BITS if constant.bits <= _WORD_BITS else _WIDEST
    return (name, f"{{{', '.join(f'UINT{size}_C({hexadecimal(value)})' for value in constant.values)}}}")


def _number(constant: Constant, name: str) -> _Macro:
    if constant.axis is None:
        return (name, str(constant.value))
    return (f"{name}(i)", f"({constant.value} + {_distance(constant.axis)})")


def _distance(axis: Axis) -> str:
    """Return the bits from an array's first element to the one that a macro's argument names."""
    return f"{axis.stride} * {_number_of('i', axis.first)}"


def _number_of(index: str, first: int) -> str:
    """Return how many elements are before the one that a macro's argument names, as paths do."""
    return f"(({index}) - {first})" if first else f"({index})"


def _bits(constant: Constant, name: str) -> _Macro | None:
    """Return a mask or a reset; of a register wider than C's integers, the reset by words."""
    if constant.bits <= _WIDEST:
        size = _WORD_BITS if constant.bits <= _WORD_BITS else _WIDEST
        value = f"UINT{size}_C(0x{constant.value:X})"
        if constant.axis is not None:
            name, value = f"{name}(i)", f"({value} << ({_distance(constant.axis)}))"
        return name, value
    if constant.name not in ("RESET", "RESET_KNOWN"):
        return None
    words = [
        f"UINT32_C({hexadecimal(constant.value >> low & 0xFFFFFFFF)})" for low in range(0, constant.bits, _WORD_BITS)
    ]
    return (f"{name}_WORDS", f"{{{', '.join(words)}}}")


_MACROS: dict[str, Callable[[Constant, str], _Macro | None]] = {
    "address": _address,
    "bits": _bits,
    "number": _number,
    "named": _named,
    "real": _real,
    "list": _list,
}
"""By the forms of constants."""


def _enum(enum: EnumConstants, prefix: str) -> _Enum:
    is_enum = all(value <= _INT_MAX for _, value, _ in enum.members)
    members = tuple(
        Member(prefix + name, str(value) if is_enum else f"UINT64_C({hexadecimal(value)})", block_comment(text))
        for name, value, text in enum.members
    )
    return _Enum(prefix.lower() + enum.tag, f"Enum {enum.name}", is_enum, members)


C = Language("c", "c.h.j2", _sheets)
