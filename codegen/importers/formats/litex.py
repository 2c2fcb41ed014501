"""LiteX: the CSR map of a system on chip, as its builder writes it: `csr.json` and `csr.csv`.

Source: litex/soc/integration/export.py describes both.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, NamedTuple

from codegen.importers.described.description import Block, Device, Field, Origin, Register
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.readers.hjson_reader import parse_hjson
from codegen.importers.formats.readers.numerals import numeral
from codegen.schema.policies import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign, Options

__all__ = ["read_litex"]

_WORD_BYTES = 4
_KINDS = {
    "csr_base": "csr_bases",
    "csr_register": "csr_registers",
    "constant": "constants",
    "memory_region": "memories",
}


class _Row(NamedTuple):
    """A line of the file: what it is, its name, and what it says of it."""

    kind: str
    name: str
    values: dict[str, str]
    origin: Origin


def read_litex(source: Foreign, options: Options, remarks: Remarks) -> list[Device]:
    """Return the device of a file: a block for each peripheral, from the start of the CSR region on."""
    _ = options
    text = source.text()
    rows = _of_json(text, source.display) if text.lstrip().startswith("{") else _of_csv(text, source.display)
    return [_Reader(rows, source, remarks).device()]


def _of_json(text: str, file: str) -> list[_Row]:
    root = parse_hjson(text, file)
    rows: list[_Row] = []
    for kind in _KINDS.values():
        group = root.get(kind)
        for name, node in group.items() if group is not None else ():
            values = {key: node.text(key) for key, _ in node.items()} or {"value": str(node.plain())}
            rows.append(_Row(kind, name, values, node.origin))
    return rows


def _lines(text: str, file: str) -> Iterator[list[str]]:
    reader = csv.reader(text.splitlines())
    try:
        yield from reader
    except csv.Error as error:
        raise refuse(Origin(file, max(1, reader.line_num)), "litex-csv", str(error), "Is it LiteX' csr.csv?") from None


def _of_csv(text: str, file: str) -> list[_Row]:
    rows: list[_Row] = []
    for number, line in enumerate(_lines(text, file), start=1):
        if not line or line[0].startswith("#"):
            continue
        kind, name, *rest = [part.strip() for part in (*line, "")]
        if kind not in _KINDS or not name:
            message = f"{kind[:40]!r} is no kind of line, allowed: {', '.join(_KINDS)}"
            raise refuse(Origin(file, number), "litex-csv", message, "Is it LiteX' csr.csv?")
        keys = {"csr_register": ("addr", "size", "type"), "memory_region": ("base", "size", "type")}
        values = dict(zip(keys.get(kind, ("value",)), rest, strict=False))
        rows.append(_Row(_KINDS[kind], name, values, Origin(file, number)))
    return rows


class _Reader:
    def __init__(self, rows: list[_Row], source: Foreign, remarks: Remarks) -> None:
        self._rows, self._source, self._remarks = rows, source, remarks
        self._start = Origin(source.display, 1)
        self._constants = {row.name.lower(): row.values.get("value", "") for row in rows if row.kind == "constants"}

    def device(self) -> Device:
        bases = {row.name: (_number(row, "value"), row) for row in self._rows if row.kind == "csr_bases"}
        if not bases:
            raise refuse(self._start, "no-litex", "no csr_bases are in the file", "Is it LiteX' csr.json or csr.csv?")
        first = min(base for base, _ in bases.values())
        name = self._source.path.stem
        device = Device(name, self._start)
        device.head = [
            f"CSRs of a LiteX system. Made from {self._source.path.name}.",
            f"Offsets count from the start of the CSR region, which is at {first:#x} on its bus.",
        ]
        blocks = {key: Block(key, row.origin, offset=base - first) for key, (base, row) in bases.items()}
        for row in self._rows:
            if row.kind == "csr_registers":
                self._register(row, blocks, first, name)
            elif row.kind == "memories":
                message = f"a memory of {row.values.get('size', '?')} bytes at {row.values.get('base', '?')} of the bus"
                self._remarks.dropped(None, row.origin, f"{name}.{row.name}", message)
        for key, block in blocks.items():
            if block.children:
                device.children.append(block)
                self._remarks.carried(block.origin, f"{name}.{key}", "peripheral")
            else:
                self._remarks.dropped(None, block.origin, f"{name}.{key}", "no registers are in it")
        constants = sum(row.kind == "constants" for row in self._rows)
        if constants:
            self._remarks.dropped(None, self._start, name, f"{constants} constants of the build")
        return device

    def _register(self, row: _Row, blocks: dict[str, Block], first: int, path: str) -> None:
        owners = [key for key in blocks if row.name.startswith(f"{key}_")]
        where = f"{path}.{row.name}"
        if not owners:
            raise refuse(row.origin, "no-base", "no csr_base goes with this register", "Is the file whole?", where)
        owner = max(owners, key=len)
        block = blocks[owner]
        size, data_width = _number(row, "size"), self._data_width()
        if not 0 < size <= 1 << 12:
            raise refuse(row.origin, "bad-size", f"the register has {size} words", "Correct it.", where)
        offset = _number(row, "addr") - first - block.offset
        if offset < 0:
            raise refuse(row.origin, "bad-address", "it lies before its base", "Is the file whole?", where)
        register = Register(row.name[len(owner) + 1 :], row.origin, offset=offset)
        if row.values.get("type") == "ro":
            register.access, register.is_volatile = NAMES["ro"], True
        if data_width == 32:  # noqa: PLR2004
            register.width = 32 * size
            register.access_width = 32 if size > 1 else None
            is_little = "little" in self._constants.get("config_csr_ordering", "")
            register.endian = "big" if size > 1 and not is_little else None
        else:
            register.fields = [Field("value", row.origin, width=data_width)]
            if size > 1:
                register.count, register.stride = size, _WORD_BYTES
                message = f"a value in {size} words of {data_width} bits, the highest first, is an array of them"
                self._remarks.approximated(register, row.origin, where, message)
        self._remarks.carried(row.origin, where, "register")
        block.children.append(register)

    def _data_width(self) -> int:
        text = self._constants.get("config_csr_data_width") or "32"
        width = numeral(text)
        if width is None or not 0 < width <= 8 * _WORD_BYTES:
            message = f"config_csr_data_width is {text[:40]!r}, allowed: 1 to {8 * _WORD_BYTES}"
            said = (row.origin for row in self._rows if row.name.lower() == "config_csr_data_width")
            raise refuse(next(said), "bad-number", message, "LiteX has 8 and 32.")
        return width


def _number(row: _Row, key: str) -> int:
    text = row.values.get(key, "")
    if re.fullmatch(r"0[xX][0-9A-Fa-f]{1,16}|[0-9]{1,20}", text):
        return int(text, 0) if text[:2].lower() == "0x" else int(text)
    raise refuse(row.origin, "bad-number", f"{key} of {row.name} is {text[:40]!r}, wanted a number", "Correct it.")
