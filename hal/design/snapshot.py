"""Snapshots: the values of many registers at one time, as a frozen mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from hal.design.design import driver_of
from hal.design.memory_contents import Difference, Differences, differing_words, memories_of
from hal.design.older_maps import layouts_of, refitted
from hal.design.paths import steps_of
from hal.errors import FieldNameError, FieldTypeError, FieldValueError, SnapshotError
from hal.shown import Shown
from hal.strict_json import parse_json
from hal.values import fitting, integer, shown

if TYPE_CHECKING:
    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.design.older_maps import Misfit

__all__ = ["Difference", "Snapshot", "fitted"]

_FORMAT = "hal-snapshot 1"
_MESSAGE_MAX = 400  # characters of what a file says


class _Answered(dict[str, int]):
    """Values that were read here."""


class _Beside(NamedTuple):
    """What most snapshots have none of; nobody changes it."""

    memories: dict[str, bytes]  # what was asked for
    refused: dict[str, Misfit]  # of what another map of the device saved


_NOTHING = _Beside({}, {})


class SnapshotKeyError(SnapshotError, KeyError):
    """No such register or field in the snapshot."""

    __str__ = Exception.__str__  # a KeyError would quote it


class Snapshot(Mapping[str, Any], Shown):
    """Values of a device's registers, by path. It can't be changed, and compares by value.

    A register's path gives all its bits ("ch[2].level"), a field's path the field's value as the driver types it
    ("ctrl.mode"). Iteration and length are those of the registers. Bits of fields that can't be read are 0; bits of no
    field are as they were read.
    """

    __slots__ = ("_beside", "_design", "_values")

    _beside: _Beside
    _design: Design
    _values: dict[str, int] | tuple[Callable[[Any], dict[str, int]], Any]  # until it is first looked at: of these words

    def __init__(self, driver: type[Any], registers: Mapping[str, int]) -> None:
        design: Design = driver._design
        values = _checked(design, registers)
        _set_design(self, design)
        _set_values(self, values)
        _set_beside(self, _NOTHING)

    @classmethod
    def _taken(
        cls, design: Design, decode: Callable[[Any], dict[str, int]], words: Any, memories: dict[str, bytes] | None
    ) -> Snapshot:
        """Decoded when it is first looked at."""
        self = _new(cls)
        _set_design(self, design)
        _set_values(self, (decode, words))
        _set_beside(self, _Beside(memories, {}) if memories else _NOTHING)
        return self

    @property
    def memories(self) -> Mapping[str, bytes]:
        """What memories hold, by path, where it was asked for: their bytes, the low byte of each word first."""
        return MappingProxyType(self._beside.memories)

    @property
    def _refused(self) -> dict[str, Misfit]:
        return self._beside.refused

    def _registers(self) -> dict[str, int]:
        values = self._values
        if isinstance(values, tuple):
            decode, words = values
            values = _Answered(decode(words))
            _set_values(self, values)
        return values

    @property
    def _is_answered(self) -> bool:
        """It was taken here, where the bus is asked about all ones; not made of values that anybody had."""
        return isinstance(self._values, (tuple, _Answered))

    @property
    def driver(self) -> type[Any]:
        """The driver class that it is of."""
        return self._design.driver

    def __getitem__(self, path: str) -> Any:
        registers = self._registers()
        if path in registers:
            return registers[path]
        register, _, name = path.rpartition(".") if isinstance(path, str) else ("", "", "")
        field = self._design.shape_at(register).item_named(name) if register in registers else None
        if field is None:
            raise SnapshotKeyError(f"the snapshot of {self._design.name} has no register or field {shown(path)}")
        return field.decode(registers[register])

    def __iter__(self) -> Iterator[str]:
        return iter(self._registers())

    def __len__(self) -> int:
        return len(self._registers())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Snapshot):
            return NotImplemented
        if _identity(self._design) != _identity(other._design) or self.memories != other.memories:
            return False
        return self._registers() == other._registers()

    def __hash__(self) -> int:
        return hash((_identity(self._design), tuple(sorted(self._registers().items()))))

    def __repr__(self) -> str:
        more = f", {len(self.memories)} memories" if self.memories else ""
        return f"<snapshot of {self._design.name}: {len(self)} registers{more}>"

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        raise AttributeError(f"a snapshot can't be changed ({name})")

    def __copy__(self) -> Snapshot:
        return self

    def __deepcopy__(self, _memo: object) -> Snapshot:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """What `to_dict` says and the driver's name: where it is unpickled, that driver is imported, or was loaded."""
        return _unpickled, (self.driver.__module__, self.driver.__qualname__, self.to_dict(), self._refused)

    @property
    def misfits(self) -> dict[str, str]:
        """Registers that were saved with another map of the device and are not in this snapshot, by path: why not.

        They fit neither by path and width, nor by the bits of their fields.
        """
        return {path: misfit.reason for path, misfit in self._refused.items()}

    def fields(self, register: str) -> dict[str, Any]:
        """The values of a register's readable fields, by attribute, as the register's own `fields` has them."""
        bits = self[register]
        return self._design.shape_at(register).values(bits)

    def diff(self, other: Snapshot) -> Differences:
        """The fields whose values differ: path, the value here, the value in `other`, and all misfits of both.

        Of memories that both have, the words that differ, as in "table[17]".
        """
        other = fitted(self._design, other)
        mine, theirs = self._registers(), other._registers()
        found = Differences()
        for path in _unequal(mine, theirs):
            found += _differences(self._design.shape_at(path), path, mine.get(path), theirs.get(path))
        if self.memories:
            found += differing_words(self._design, self.memories, other.memories)
        found += [Difference(path, misfit.bits, None) for path, misfit in self._refused.items()]
        found += [Difference(path, None, misfit.bits) for path, misfit in other._refused.items()]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain data: format, device, digest and layouts of its map, and all bits of each register by path.

        Memories, where it has some, in hex.
        """
        device, digest = _identity(self._design)
        registers = dict(self._registers())
        layouts = layouts_of(self._design, registers)
        data = {"format": _FORMAT, "device": device, "digest": digest, "layouts": layouts, "registers": registers}
        held = {path: content.hex() for path, content in self.memories.items()}
        return {**data, "memories": held} if held else data

    def to_json(self) -> str:
        """The same as JSON, with the registers in hex."""
        import json  # noqa: PLC0415  (importing a driver is to be quick)
        from json.encoder import encode_basestring_ascii as quoted  # noqa: PLC0415

        data = self.to_dict()
        registers, layouts = data.pop("registers"), data.pop("layouts")
        head = json.dumps(data, indent=1).removesuffix("\n}")
        # Each in one piece: an encoder that indents is slow. What is quoted here are paths of the driver's own map.
        held = _json_lines([f'{quoted(path)}: "{hex(bits)}"' for path, bits in registers.items()])
        laid = _json_lines([f"{quoted(path)}: {quoted(layout)}" for path, layout in layouts.items()])
        return f'{head},\n "layouts": {laid},\n "registers": {held}\n}}\n'

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], driver: type[Any]) -> Snapshot:
        """The other way round; SnapshotError when it is no snapshot of this device.

        What another map of the device has saved goes by path and layout; `misfits` tells what the driver doesn't have.
        """
        registers = data.get("registers") if isinstance(data, Mapping) else None
        if not isinstance(registers, Mapping) or data.get("format") != _FORMAT:
            raise SnapshotError(f"this is no snapshot: its format is not {_FORMAT!r}; give what to_dict returned")
        device, digest = (_told(data.get(key)) for key in ("device", "digest"))
        values = {str(path): _bits(path, value) for path, value in registers.items()}
        design: Design = driver._design
        is_same = (device, digest) == _identity(design)
        _require_device(design, device, digest)
        memories, refused = memories_of(design, data.get("memories", {}))
        if not is_same or refused:
            refit = refitted(design, values, data.get("layouts", {}))
            values, refused = refit.registers, refit.misfits | refused
        self = cls(driver, values)
        _set_beside(self, _Beside(memories, refused))
        return self

    @classmethod
    def from_json(cls, text: str, driver: type[Any]) -> Snapshot:
        """A snapshot from what `to_json` returned."""
        try:
            data = parse_json(text)
        except (ValueError, TypeError) as error:
            raise SnapshotError(f"this is no snapshot: {error}; give what to_json returned") from None
        return cls.from_dict(data, driver)


def _unequal(mine: dict[str, int], theirs: dict[str, int]) -> Iterable[str]:
    """The paths whose values differ, or are on one side only."""
    if mine == theirs:
        return ()
    return dict.fromkeys(
        [
            *(path for path, bits in mine.items() if theirs.get(path) != bits),
            *(path for path in theirs if path not in mine),
        ]
    )


def _json_lines(members: Iterable[str]) -> str:
    """An object of these members, a line for each, as `json.dumps(..., indent=1)` has it in another object."""
    lines = ",\n  ".join(members)
    return f"{{\n  {lines}\n }}" if lines else "{}"


def _unpickled(module: str, name: str, data: dict[str, Any], misfits: dict[str, Misfit]) -> Snapshot:
    driver = driver_of(module, name, (data["device"], data["digest"]))
    if driver is None:
        raise SnapshotError(
            f"the snapshot is of {data['device']} (map {data['digest'] or 'unknown'}), and its driver {module}.{name} "
            "is not here: import it, or load its map with hal.load_map, before the snapshot is unpickled"
        )
    snapshot = Snapshot.from_dict(data, driver)
    beside = snapshot._beside
    _set_beside(snapshot, _Beside(beside.memories, misfits | beside.refused))  # what did not fit before still doesn't
    return snapshot


def fitted(design: Design, snapshot: Snapshot) -> Snapshot:
    """The snapshot, or where another map of the device made it, what of it fits. SnapshotError for another device's."""
    if _identity(snapshot._design) == _identity(design):
        return snapshot
    return Snapshot.from_dict(snapshot.to_dict(), design.driver)


def _require_device(design: Design, device: str, digest: str) -> None:
    if device != design.name:
        raise SnapshotError(
            f"the snapshot is of {device} (map {digest or 'unknown'}), the driver of {design.name} "
            f"(map {design.digest or 'unknown'}); take it of the same device"
        )


def _identity(design: Design) -> tuple[str, str]:
    return design.name, design.digest


def _differences(shape: RegisterShape, path: str, old: int | None, new: int | None) -> Iterator[Difference]:
    for field in shape.fields.values():
        if old is None or new is None or (old ^ new) & field.mask:
            values = (None if bits is None else field.decode(bits) for bits in (old, new))
            yield Difference(f"{path}.{field.name}", *values)
    if old is not None and new is not None and (old ^ new) & shape.unused_bits:
        yield Difference(path, old & shape.unused_bits, new & shape.unused_bits)


def _checked(design: Design, registers: Mapping[str, Any]) -> dict[str, int]:
    """The values by the register's own path: a text may write an index another way."""
    values: dict[str, int] = {}
    known = design.indexed(len(registers)).registers
    for path, bits in registers.items():
        indexed = known.get(path)
        if indexed is not None and path not in values and type(bits) is int and 0 <= bits <= indexed.mask:
            values[path] = bits
            continue
        try:
            shape, own = design.shape_at(path), path if path in known else _own_path(path)
        except FieldNameError as problem:
            raise SnapshotError(f"the snapshot does not fit: {str(problem)[:_MESSAGE_MAX]}") from None
        if own in values:
            raise SnapshotError(f"the snapshot does not fit: {own} stands there twice, also as {path}")
        values[own] = _fitting(path, bits, shape.width)
    return values


def _fitting(path: str, bits: Any, width: int) -> int:
    try:
        return fitting(bits, width, "a register's value is an integer", "")
    except (FieldValueError, FieldTypeError) as problem:
        raise SnapshotError(
            f"the snapshot does not fit: {path} = {shown(bits)} is no value of {width} bits"
        ) from problem.__cause__


def _own_path(path: str) -> str:
    if "[" not in path:
        return path
    return ".".join(name + "".join(f"[{index}]" for index in indices) for name, indices in steps_of(path))


def _bits(path: object, value: object) -> int:
    try:
        if not isinstance(value, bool):  # JSON's true is no number
            return int(value, 0) if isinstance(value, str) else integer(value)
    except (ValueError, FieldTypeError):
        pass
    raise SnapshotError(f"this is no snapshot: {_told(path)} = {shown(value)} is no number")


def _told(text: object) -> str:
    """For a message: what a file says may be of any length."""
    return ascii(str(text))[1:-1][:_MESSAGE_MAX]


_new = object.__new__
_set_design = vars(Snapshot)["_design"].__set__
_set_values = vars(Snapshot)["_values"].__set__
_set_beside = vars(Snapshot)["_beside"].__set__
