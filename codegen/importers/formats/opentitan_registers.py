"""OpenTitan: registers, fields, and registers that are repeated."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING

from codegen.importers.described.description import Condition, Enum, Field, Member, Register
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.numerals import numeral
from codegen.schema.policies import NAMES, AccessPolicy

if TYPE_CHECKING:
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.formats.readers.hjson_reader import Node

__all__ = ["Numbers", "RegisterReader", "plain_text"]

_ACCESSES = {
    "none": AccessPolicy("none", "none"),
    "ro": NAMES["ro"],
    "rc": NAMES["rc"],
    "rw": NAMES["rw"],
    "wo": NAMES["wo"],
    "rw1c": NAMES["w1c"],
    "rw1s": NAMES["w1s"],
    "rw0c": NAMES["w0c"],
    "r0w1c": AccessPolicy("none", "one_clears"),
}
_HARDWARE_WRITES = {"hrw", "hwo"}
# Their true and false differ in every bit, so that one fault makes neither of the other.
_MULTI_BITS = {4: (0x6, 0x9), 8: (0x96, 0x69), 12: (0x696, 0x969), 16: (0x9696, 0x6969)}
_TERM = re.compile(r"\s*([-+])?\s*(0[xX][0-9A-Fa-f_]+|0[bB][01_]+|\d[\d_]*|[A-Za-z_]\w*)")
_MAX_COUNT = 1 << 16


def plain_text(text: str) -> str:
    """Return a text without the marks of references: `!!CTRL.NBYTES`."""
    return text.replace("!!", "")


class Numbers:
    """Reads numbers, which may name the parameters of the block. `given`: values that go before its defaults."""

    def __init__(self, root: Node, given: dict[str, str]) -> None:
        """Take the block."""
        self._values: dict[str, int] = {}
        parameters = root.get("param_list")
        for item in parameters.all() if parameters is not None else []:
            name = item.text("name")
            text = given.get(name, item.text("default"))
            value = self._sum(text)
            if name and value is not None:
                self._values[name] = value
        for name, text in given.items():
            if name not in self._values:
                message = f"the block has no parameter {name!r} that is a number, or {text[:40]!r} is none"
                hint = f"There are: {', '.join(self._values)}." if self._values else ""
                raise refuse(root.origin, "bad-parameter", message, hint)

    def of(self, node: Node, key: str, default: int) -> int:
        """Return the number of a key. Raises MapError where it is none."""
        found = node.get(key)
        if found is None:
            return default
        value = self._sum(node.text(key))
        if value is None:
            message = f"{key} is {node.text(key)[:40]!r}, wanted a number or a parameter"
            raise refuse(found.origin, "bad-number", message, f"Parameters: {', '.join(self._values) or 'none'}.")
        return value

    def bits(self, node: Node, path: str) -> tuple[int, int]:
        """Return the lowest bit of a field, and how many it has."""
        high_text, _, low_text = node.text("bits").partition(":")
        high = self._sum(high_text)
        low = self._sum(low_text) if low_text else high
        if high is None or low is None or not 0 <= low <= high:
            message = f"bits are {node.text('bits')[:40]!r}, wanted one bit, or high:low"
            raise refuse(node.origin, "bad-bits", message, 'Write "3" or "7:4".', path)
        return low, high - low + 1

    def _sum(self, text: str) -> int | None:
        """Return the value of numbers and parameters with + and - between them; None of what is no such text."""
        at, total = 0, 0
        while at < len(text.rstrip()):
            match = _TERM.match(text, at)
            if match is None or (at > 0) != (match[1] is not None and at > 0):
                return None
            word = match[2]
            if word[0].isdigit():
                plain = word.replace("_", "")
                if len(plain) > 1 and plain[0] == "0" and plain[1].isdigit():
                    plain = plain.lstrip("0") or "0"
                value = numeral(plain, 0)
            else:
                value = self._values.get(word)
            if value is None:
                return None
            total += -value if match[1] == "-" else value
            at = match.end()
        return total if at else None


class RegisterReader:
    """Reads registers of a width."""

    def __init__(self, numbers: Numbers, width: int, remarks: Remarks) -> None:
        """Take the numbers of the block and the report."""
        self._numbers, self._width, self._remarks = numbers, width, remarks

    def register(self, node: Node, offset: int, path: str) -> Register:
        """Return a register."""
        name = node.text("name")
        if not name:
            raise refuse(node.origin, "missing-key", "the register has no name", "Give it one.", path)
        where = f"{path}.{name}"
        register = Register(name, node.origin, plain_text(node.text("desc")), offset=offset, width=self._width)
        fields = node.get("fields")
        for number, item in enumerate(fields.all() if fields is not None else []):
            register.fields.append(self._field(item, node, number, where))
        if node.get("regwen") is not None:
            register.lock = Condition(node.text("regwen"), 1)
        register.is_shadowed = node.text("shadowed") == "true"
        return register

    def _field(self, node: Node, register: Node, number: int, path: str) -> Field:
        name = node.text("name") or f"field{number}" if number or node.text("name") else register.text("name")
        where = f"{path}.{name}"
        lsb, width = self._numbers.bits(node, where)
        field = Field(name, node.origin, plain_text(node.text("desc")), lsb=lsb, width=width)
        word = node.text("swaccess") or register.text("swaccess")
        if word not in _ACCESSES:
            message = f"swaccess is {word[:40]!r}, allowed: {', '.join(_ACCESSES)}"
            raise refuse(node.origin, "unknown-access", message, "Choose one of these.", where)
        field.access = _ACCESSES[word]
        hardware = node.text("hwaccess") or register.text("hwaccess")
        field.is_volatile = hardware in _HARDWARE_WRITES
        if node.text("mubi") == "true":
            self._multi_bit(node, field, where)
        else:
            self._reset(node, field, where)
            self._enum(node, field, where)
        self._remarks.carried(node.origin, where, "field")
        return field

    def _reset(self, node: Node, field: Field, path: str) -> None:
        text = node.text("resval")
        if text.lower() == "x" or (not text and field.access is not None and not field.access.writable):
            field.known = 0
            return
        value = self._numbers.of(node, "resval", 0) if text not in {"true", "false"} else int(text == "true")
        if value >= 1 << field.width:
            message = f"resval {value:#x} does not fit in {field.width} bits"
            raise refuse(node.origin, "reset-too-large", message, "Give a smaller one.", path)
        field.reset = value

    def _multi_bit(self, node: Node, field: Field, path: str) -> None:
        if field.width not in _MULTI_BITS:
            message = f"a multi-bit flag of {field.width} bits, allowed: {', '.join(map(str, _MULTI_BITS))}"
            raise refuse(node.origin, "bad-mubi", message, "Change the bits.", path)
        values = dict(zip(("true", "false"), _MULTI_BITS[field.width], strict=True))
        text = node.text("resval", "false")
        field.reset = values[text] if text in values else self._numbers.of(node, "resval", 0)
        field.enum = field.write_enum = Enum(
            f"MuBi{field.width}",
            node.origin,
            members=[Member(name, node.origin, value=value) for name, value in sorted(values.items())],
        )

    def _enum(self, node: Node, field: Field, path: str) -> None:
        found = node.get("enum")
        if found is None or not found.all():
            return
        enum = Enum(field.name, found.origin)
        for item in found.all():
            value = self._numbers.of(item, "value", 0)
            if value >= 1 << field.width:
                message = f"member {item.text('name')} is {value:#x}, which the field can't hold"
                self._remarks.dropped(field, item.origin, path, message)
                continue
            text = plain_text(item.text("desc"))
            enum.members.append(Member(item.text("name") or f"value_{value}", item.origin, text, value=value))
        if enum.members:
            field.enum = field.write_enum = enum

    # -- flags of the tool's own registers -----------------------------------------------------------------------------

    def flag(self, node: Node, name: str, text: str, lsb: int) -> Field:
        """Return a field of the registers that the tool adds."""
        width = self._numbers.of(node, "width", 1)
        return Field(name, node.origin, plain_text(text), lsb=lsb, width=max(1, width))

    def interrupt(self, node: Node, kind: str, lsb: int) -> Field:
        """Return the field of an interrupt in one of its three registers."""
        name, is_state = node.text("name"), node.text("type") == "status"
        if kind == "INTR_STATE":
            field = self.flag(node, name, node.text("desc"), lsb)
            field.access, field.is_volatile = NAMES["ro" if is_state else "w1c"], True
            default = node.text("default_val", "0")
            is_word = default in {"true", "false"}
            field.reset = int(default == "true") if is_word else self._numbers.of(node, "default_val", 0)
        elif kind == "INTR_ENABLE":
            field = self.flag(node, name, f"Enable interrupt when INTR_STATE.{name} is set.", lsb)
        else:
            field = self.flag(node, name, f"Write 1 to force INTR_STATE.{name} to 1.", lsb)
            field.access, field.idle = NAMES["wo"], 0
        return field

    # -- several alike -----------------------------------------------------------------------------------------

    def multireg(self, node: Node, offset: int, path: str) -> list[Register]:
        """Return the registers of a multireg: an array, with an array of fields where several share a register."""
        template = self.register(node, offset, path)
        count = self._numbers.of(node, "count", 1)
        where = f"{path}.{template.name}"
        if not 1 <= count <= _MAX_COUNT:
            raise refuse(node.origin, "bad-count", f"count is {count}, allowed: 1 to {_MAX_COUNT}", "Change it.", where)
        single = len(template.fields) == 1
        compact = node.text("compact", "true" if single and node.text("regwen_multi") != "true" else "false") == "true"
        if compact and not single:
            raise refuse(node.origin, "bad-compact", "compact registers have one field", "Remove compact.", where)
        width = template.fields[0].lsb + template.fields[0].width if single else self._width
        share = max(1, self._width // width) if compact else 1
        registers: list[Register] = []
        step = self._width // 8
        full, rest = divmod(count, share)
        if full:
            registers.append(_repeated(template, full if full > 1 else None, share, width, step, ""))
        if rest:
            last = _repeated(template, None, rest, width, step, f"_{full}" if full else "")
            if full and rest > 1:
                last.fields[0].first = full * share
            last.offset = offset + full * step
            registers.append(last)
        return registers


def _repeated(template: Register, count: int | None, share: int, width: int, step: int, suffix: str) -> Register:
    register = deepcopy(template)
    register.count = count
    register.name += suffix
    register.stride = step
    if share > 1:
        (field,) = register.fields
        field.count, field.stride = share, width
    return register
