"""Snapshots: the values of many registers at one time, as a frozen mapping; and writing them back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from hal._binding import Sweep, exception_of, word_list
from hal.access.words import join_words, reached_words, split_words
from hal.errors import FieldNameError, SnapshotError
from hal.registers.arrays import sweep_row
from hal.registers.register import Register
from hal.registers.walk import register_class, runs

if TYPE_CHECKING:
    from hal.access.fields import FieldDeclaration
    from hal.devices.device import Device
    from hal.registers.block import Block
    from hal.registers.node import Space

__all__ = ["Difference", "Snapshot", "card_state", "restore", "set_card_state", "take"]

_FORMAT = "hal-snapshot 1"
# A write of a neighbour would act on these, whatever it carries.
_WRITE_ACTS = frozenset({"wc", "ws", "wsrc", "wcrs", "woc", "wos", "w1", "wo1"})
_HOLDS_VALUE = frozenset({"rw", "wrc", "wrs"})


class Difference(NamedTuple):
    """A field that two snapshots disagree on; None where one of them lacks its register."""

    path: str
    old: Any
    new: Any


class SnapshotKeyError(SnapshotError, KeyError):
    """No such register or field in the snapshot."""

    __str__ = Exception.__str__  # a KeyError would quote it


class Snapshot(Mapping[str, Any]):
    """Values of a device's registers, by path. It can't be changed, and compares by value.

    A register's path gives all its bits ("ch[2].level"), a field's path the field's value as the driver types it
    ("ctrl.mode"). Iteration and length are those of the registers. Bits that can't be read are 0.
    """

    __slots__ = ("_held",)

    _held: tuple[type[Device], dict[str, int]] | tuple[_Layout, Any]  # the latter: words as they were read

    def __init__(self, driver: type[Device], registers: Mapping[str, int]) -> None:
        values = {path: _checked(driver, path, bits) for path, bits in registers.items()}
        object.__setattr__(self, "_held", (driver, values))

    @classmethod
    def _taken(cls, layout: _Layout, words: Any) -> Snapshot:
        """Decoded when it is first looked at."""
        self = object.__new__(cls)
        object.__setattr__(self, "_held", (layout, words))
        return self

    def _look(self) -> tuple[type[Device], dict[str, int]]:
        source: Any
        source, values = self._held
        if isinstance(source, _Layout):
            source, values = source.driver, source.decode(values)
            object.__setattr__(self, "_held", (source, values))
        return source, values

    def _registers(self) -> dict[str, int]:
        return self._look()[1]

    @property
    def driver(self) -> type[Device]:
        """The driver class that it is of."""
        return self._look()[0]

    def __getitem__(self, path: str) -> Any:
        registers = self._registers()
        if path in registers:
            return registers[path]
        register, _, name = path.rpartition(".")
        field = register_class(self.driver, register)._fields.get(name) if register in registers else None
        if field is None:
            raise SnapshotKeyError(f"the snapshot of {self.driver._device_name} has no register or field {path!r}")
        return _value(field, registers[register])

    def __iter__(self) -> Iterator[str]:
        return iter(self._registers())

    def __len__(self) -> int:
        return len(self._registers())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Snapshot):
            return NotImplemented
        return _identity(self.driver) == _identity(other.driver) and self._registers() == other._registers()

    def __hash__(self) -> int:
        return hash((_identity(self.driver), tuple(sorted(self._registers().items()))))

    def __repr__(self) -> str:
        return f"<snapshot of {self.driver._device_name}: {len(self)} registers>"

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        raise AttributeError(f"a snapshot can't be changed ({name})")

    def fields(self, register: str) -> dict[str, Any]:
        """The values of a register's readable fields, by name."""
        bits = self[register]
        declared = register_class(self.driver, register)._fields
        return {name: _value(field, bits) for name, field in declared.items() if field.readable}

    def diff(self, other: Snapshot) -> list[Difference]:
        """The fields whose values differ: path, the value here, the value in `other`."""
        _require_same(self.driver, other)
        mine, theirs = self._registers(), other._registers()
        found: list[Difference] = []
        for path in dict.fromkeys([*mine, *theirs]):
            old, new = mine.get(path), theirs.get(path)
            if old != new:
                found += _differences(register_class(self.driver, path), path, old, new)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain data: format, device, digest of its map, and all bits of each register by path."""
        device, digest = _identity(self.driver)
        return {"format": _FORMAT, "device": device, "digest": digest, "registers": dict(self._registers())}

    def to_json(self) -> str:
        """The same as JSON, with the registers in hex."""
        data = self.to_dict()
        data["registers"] = {path: f"{bits:#x}" for path, bits in data["registers"].items()}
        return json.dumps(data, indent=1) + "\n"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], driver: type[Device]) -> Snapshot:
        """The other way round; SnapshotError when it is no snapshot of this driver."""
        registers = data.get("registers") if isinstance(data, Mapping) else None
        if not isinstance(registers, Mapping) or data.get("format") != _FORMAT:
            raise SnapshotError(f"this is no snapshot: its format is not {_FORMAT!r}; give what to_dict returned")
        _require_identity(driver, str(data.get("device")), str(data.get("digest")))
        return cls(driver, {str(path): _bits(path, value) for path, value in registers.items()})

    @classmethod
    def from_json(cls, text: str, driver: type[Device]) -> Snapshot:
        """A snapshot from what `to_json` returned."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise SnapshotError(f"this is no snapshot: {error}; give what to_json returned") from None
        return cls.from_dict(data, driver)


class _Layout:
    """Which registers a snapshot holds, prepared to be read in one call."""

    def __init__(self, block: Block, *, effects: bool) -> None:
        device = block._device()
        self.driver = type(device)
        path, space = block.path, (block._space.pf, block._space.bar)
        found = runs(type(block), space, block._offset, f"{path}." if path else "")
        self._runs = [run for run in found if _is_taken(run.child.kind, effects=effects)]
        bars = {run.space: device._space_at(run.space).attached() for run in self._runs}
        self.sweep = Sweep(
            [sweep_row(run.child.kind, bars[run.space], run.offset, run.child.stride, run.count) for run in self._runs]
        )

    def decode(self, words: Any) -> dict[str, int]:
        """All bits of each register by path."""
        numbers, at, values = word_list(words), 0, {}
        for run in self._runs:
            kind: type[Register] = run.child.kind
            count, mask = kind._width // kind._access_width, _mask(kind, readable=True)
            for index in range(run.count):
                bits = numbers[at] if count == 1 else join_words(numbers[at : at + count], kind._access_width)
                values[run.name(index)] = bits & mask
                at += count
        return values

    def path(self, number: int) -> str:
        """The path of the register with this number."""
        for run in self._runs:
            if number < run.count:
                return run.name(number)
            number -= run.count
        return ""


def take(block: Block, layouts: dict[tuple[str, bool], Any], *, effects: bool) -> Snapshot:
    """A snapshot of a device or block. `layouts`: the device's, by path and `effects`."""
    key = block.path, effects
    layout = layouts.get(key)
    if layout is None:
        layout = layouts[key] = _Layout(block, effects=effects)
    code, done, words = layout.sweep.read()
    if code:
        path = f"{layout.driver._device_name}.{layout.path(done)}"
        raise exception_of(code, f"snapshot: read of {path}", path)
    return Snapshot._taken(layout, words)


def restore(block: Block, snapshot: Snapshot) -> list[str]:
    """Writes back what the block's registers held. Returns the paths of those that no write leaves unharmed.

    Written are the fields that read back what is written; all others get what does nothing to them. A register with a
    field that any write acts on, or that is written once, is left out.
    """
    device = block._device()
    _require_same(type(device), snapshot)
    prefix, left, rows, words, written = block.path, [], [], [], []
    for path, bits in snapshot._registers().items():
        kind = register_class(type(device), path)
        held = _held(kind)
        if not held or (prefix and not path.startswith((f"{prefix}.", f"{prefix}["))):
            continue
        if any(field.access in _WRITE_ACTS for field in kind._fields.values()):
            left.append(path)
            continue
        space, offset = _place(device, path)
        value = _resting(kind, space, offset, held) | (bits & held)
        for number, word in _written_words(kind, held):
            at = offset + number * kind._access_width // 8
            rows.append(sweep_row(kind, space.attached(), at)._replace(words=len(word)))
            words += [split_words(value, kind)[number + i] for i in word]
        written.append((space, offset, kind, value))
    code, done = Sweep(rows).write(words)
    if code:
        raise exception_of(code, f"restore of {device._device_name}: write {done + 1} of {len(rows)}")
    for space, offset, kind, value in written:
        if kind._last:
            space.shadows[offset] = value
    return left


def card_state(driver: type[Device], storage: Any) -> Snapshot:
    """What an emulated card stores for all registers of a driver: storage(space, offset, width) gives a word."""
    values = {}
    for run in runs(driver, driver._home):
        kind = run.child.kind
        if not issubclass(kind, Register):
            continue
        mask, step = _mask(kind, readable=False), kind._access_width
        for index in range(run.count):
            at = run.offset + index * run.child.stride
            words = [storage(run.space, at + low // 8, step) for low in range(0, kind._width, step)]
            values[run.name(index)] = join_words(words, step) & mask
    return Snapshot(driver, values)


def set_card_state(snapshot: Snapshot, set_storage: Any) -> None:
    """The other way round, past every access policy: set_storage(space, offset, value, width) sets a word."""
    driver, values = snapshot.driver, snapshot._registers()
    for run in runs(driver, driver._home):
        kind = run.child.kind
        if not issubclass(kind, Register):
            continue
        for index in range(run.count):
            bits = values.get(run.name(index))
            if bits is None:
                continue
            at = run.offset + index * run.child.stride
            for number, word in enumerate(split_words(bits, kind)):
                set_storage(run.space, at + number * kind._access_width // 8, word, kind._access_width)


def _is_taken(kind: type[Any], *, effects: bool) -> bool:
    return issubclass(kind, Register) and kind._is_readable() and (effects or not kind._effects)


def _mask(kind: type[Register], *, readable: bool) -> int:
    return sum(field.mask for field in kind._fields.values() if field.readable or not readable)


def _held(kind: type[Register]) -> int:
    """The bits that read back what is written to them."""
    fields = kind._fields.values()
    return sum(field.mask for field in fields if field.access in _HOLDS_VALUE and not field.pulse)


def _resting(kind: type[Register], space: Space, offset: int, held: int) -> int:
    last = space.shadows.get(offset, kind._reset)
    return ((last & kind._last) | kind._ones) & ~held


def _written_words(kind: type[Register], held: int) -> Iterator[tuple[int, range]]:
    """First word and words of each write that the register takes."""
    step = kind._access_width
    if kind._words == "latched":
        yield 0, range(kind._width // step)
        return
    numbers = [(word.bit_length() - 1) // step for word in reached_words(kind, held)]
    for number in reversed(numbers) if kind._words == "high-first" else numbers:
        yield number, range(1)


def _place(device: Device, path: str) -> tuple[Space, int]:
    node = device.find(path)
    return node._space, node._offset


def _value(field: FieldDeclaration, bits: int) -> Any:
    return field.kind.decode((bits & field.mask) >> field.lsb, field.width)


def _differences(kind: type[Register], path: str, old: int | None, new: int | None) -> Iterator[Difference]:
    for name, field in kind._fields.items():
        if old is None or new is None or (old ^ new) & field.mask:
            values = (None if bits is None else _value(field, bits) for bits in (old, new))
            yield Difference(f"{path}.{name}", *values)


def _identity(driver: type[Device]) -> tuple[str, str]:
    return driver._device_name, driver._digest


def _require_same(driver: type[Device], snapshot: Snapshot) -> None:
    _require_identity(driver, *_identity(snapshot.driver))


def _require_identity(driver: type[Device], device: str, digest: str) -> None:
    if (device, digest) != _identity(driver):
        raise SnapshotError(
            f"the snapshot is of {device} (map {digest or 'unknown'}), the driver of {driver._device_name} "
            f"(map {driver._digest or 'unknown'}); take it with the same driver"
        )


def _checked(driver: type[Device], path: str, bits: int) -> int:
    try:
        kind = register_class(driver, path)
    except FieldNameError as problem:
        raise SnapshotError(f"the snapshot does not fit: {problem}") from None
    if not isinstance(bits, int) or not 0 <= bits < 1 << kind._width:
        raise SnapshotError(f"the snapshot does not fit: {path} = {bits!r} is no value of {kind._width} bits")
    return bits


def _bits(path: object, value: object) -> int:
    if isinstance(value, str):
        try:
            return int(value, 0)
        except ValueError:
            pass
    elif isinstance(value, int) and not isinstance(value, bool):
        return value
    raise SnapshotError(f"this is no snapshot: {path} = {value!r} is no number")
