"""Pictures of a register's bits: rows of boxes, high bits left, laid out for SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.views.reference import FieldModel, RegisterModel

__all__ = ["BitPicture", "Box", "Look", "bit_picture", "look_of"]

Look = tuple[int, tuple[Any, ...]]

_ROW_BITS = 32
_BIT_WIDTH = 26
_LETTER_WIDTH = 7
_NUMBER_HEIGHT = 16
_LEVEL_HEIGHT = 34
_UPRIGHT_HEIGHT_MAX = 220
_MARGIN = 6
_ROW_GAP = 8


class Box(NamedTuple):
    """A run of bits in a row. `label` fits the box; `is_upright` when it is written upwards."""

    x: int
    y: int
    width: int
    height: int
    label: str
    title: str
    msb: int
    lsb: int
    is_upright: bool
    is_field: bool

    @property
    def middle(self) -> float:
        """The horizontal middle."""
        return self.x + self.width / 2

    @property
    def center(self) -> float:
        """The vertical middle."""
        return self.y + self.height / 2


class BitPicture(NamedTuple):
    """A picture's size in pixels and its boxes."""

    width: int
    height: int
    boxes: tuple[Box, ...]


class _Run(NamedTuple):
    """Bits of one field, or of none, that lie in one row."""

    field: FieldModel | None
    msb: int
    lsb: int


def look_of(register: RegisterModel) -> Look:
    """Return what the picture of a register shows: registers of one look have one picture."""
    drawn = (field for field in register.fields if field.alternate is None)
    return register.width, tuple([(field.name, field.msb, field.lsb, field.access, field.array) for field in drawn])


def bit_picture(register: RegisterModel) -> BitPicture:
    """Return the picture of a register: 32 bits a row, the highest row first; rows that are alike are one."""
    boxes: list[Box] = []
    y = 0
    columns = min(register.width, _ROW_BITS)
    for low, runs in _rows(register):
        height = max(map(_wanted_height, runs))
        first = low + columns - 1  # a last row that is not full is aligned right
        boxes += (_box(run, max(0, first - run.msb) * _BIT_WIDTH, y + _NUMBER_HEIGHT, height) for run in runs)
        y += _NUMBER_HEIGHT + height + _ROW_GAP
    return BitPicture(columns * _BIT_WIDTH + 1, y - _ROW_GAP + 1, tuple(boxes))


def _rows(register: RegisterModel) -> Iterator[tuple[int, list[_Run]]]:
    """Yield the low bit and the runs of each row. Full rows of one field, or of none, are one that stands for all."""
    waiting: _Run | None = None
    for low in reversed(range(0, register.width, _ROW_BITS)):
        high = min(low + _ROW_BITS, register.width) - 1
        runs = list(_runs(register.fields, high, low))
        if waiting is not None and len(runs) == 1 and runs[0].field is waiting.field:
            waiting = waiting._replace(lsb=low)
            continue
        if waiting is not None:
            yield waiting.lsb, [waiting]
        waiting = runs[0] if len(runs) == 1 and high - low + 1 == _ROW_BITS else None
        if waiting is None:
            yield low, runs
    if waiting is not None:
        yield waiting.lsb, [waiting]


def _runs(fields: tuple[FieldModel, ...], high: int, low: int) -> Iterator[_Run]:
    """Yield the runs of a row from its high bit down."""
    upper = high
    drawn = (field for field in fields if field.alternate is None)
    elements = sorted((element for field in drawn for element in field.elements), key=lambda field: field.lsb)
    for field in reversed(elements):
        msb, lsb = min(field.msb, high), max(field.lsb, low)
        if msb < lsb:
            continue
        if msb < upper:
            yield _Run(None, upper, msb + 1)
        yield _Run(field, msb, lsb)
        upper = lsb - 1
    if upper >= low:
        yield _Run(None, upper, low)


def _is_upright(run: _Run) -> bool:
    if run.field is None:
        return False
    return len(run.field.name) * _LETTER_WIDTH > min(run.msb - run.lsb + 1, _ROW_BITS) * _BIT_WIDTH - _MARGIN


def _wanted_height(run: _Run) -> int:
    if run.field is None or not _is_upright(run):
        return _LEVEL_HEIGHT
    return max(_LEVEL_HEIGHT, min(len(run.field.name) * _LETTER_WIDTH + 12, _UPRIGHT_HEIGHT_MAX))


def _box(run: _Run, x: int, y: int, height: int) -> Box:
    width = min(run.msb - run.lsb + 1, _ROW_BITS) * _BIT_WIDTH
    if run.field is None:
        return Box(x, y, width, height, "", "unused", run.msb, run.lsb, is_upright=False, is_field=False)
    field = run.field
    is_upright = _is_upright(run)
    letters = ((height if is_upright else width) - _MARGIN) // _LETTER_WIDTH
    label = field.name if len(field.name) <= letters else field.name[: letters - 1] + "…"
    title = f"{field.name} [{field.msb}:{field.lsb}] {field.access}"
    return Box(x, y, width, height, label, title, run.msb, run.lsb, is_upright=is_upright, is_field=True)
