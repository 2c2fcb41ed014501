"""Registers: their fields, and whole-register reads and writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from hal import _binding
from hal.accessors import PortPlan, install_accessors, plan_ports
from hal.errors import (
    AccessError,
    BusTimeoutError,
    FieldNameError,
    FieldTypeError,
    FieldValueError,
    HalError,
    WaitTimeoutError,
)
from hal.fields import FieldDeclaration
from hal.kinds import UNSIGNED
from hal.node import Node, no_such_name

if TYPE_CHECKING:
    from hal.node import Space

__all__ = ["Register"]

_SIGNAL_SLICE = 0.05  # seconds that a wait spends in C before signals are looked at
_SPIN_INTERVAL = 0.0


class Register(Node):
    """A register of a device. Its fields are attributes; this class holds what acts on all of its bits.

    Class keywords, as the generator states them: `width` and `access_width` in bits, `words` the order of a wide
    register's bus words, `reset`, and what a write of some fields does with the other bits: `keep` is read and written
    back, `ones` is written as 1, `last` is written as it was last, `guard` would be hurt by any write. `effects` are
    the bits that reading changes.
    """

    __slots__ = ("_last_written", "_port_store", "_ports")

    _fields: ClassVar[dict[str, FieldDeclaration]] = {}
    _plans: ClassVar[list[PortPlan] | None] = None
    _width: ClassVar[int] = 32
    _access_width: ClassVar[int] = 32
    _words: ClassVar[str] = "low-first"
    _reset: ClassVar[int] = 0
    _keep: ClassVar[int] = 0
    _ones: ClassVar[int] = 0
    _last: ClassVar[int] = 0
    _guard: ClassVar[int] = 0
    _effects: ClassVar[int] = 0
    _shadow: ClassVar[bool] = False

    _ports: list[Any]
    _port_store: Any
    _last_written: int

    def __init_subclass__(
        cls,
        *,
        width: int = 32,
        access_width: int | None = None,
        words: str = "low-first",
        reset: int = 0,
        keep: int = 0,
        ones: int = 0,
        last: int = 0,
        guard: int = 0,
        effects: int = 0,
        shadow: bool = False,
    ) -> None:
        super().__init_subclass__()
        cls._width, cls._access_width, cls._words = width, access_width or width, words
        cls._reset, cls._keep, cls._ones, cls._last = reset, keep, ones, last
        cls._guard, cls._effects, cls._shadow = guard, effects, shadow
        cls._fields = {name: item for name, item in vars(cls).items() if isinstance(item, FieldDeclaration)}
        cls._plans = None

    @classmethod
    def _make(cls, parent: Node | None, name: str, space: Space, offset: int) -> Register:
        """A register at its place. Prepares its ports; touches no register of the card."""
        if cls._plans is None:
            plans = plan_ports(cls)
            install_accessors(cls, plans)
            cls._plans = plans
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        _set_last_written(self, cls._reset)
        self._prepare_ports(cls._plans)
        return self

    def _prepare_ports(self, plans: list[PortPlan]) -> None:
        bar, step, where = self._space.attached(), self._access_width, self._full_path()
        store = bar.ports(len(plans) + 1)
        bar.prepare(store, self._offset, step, 0, step, 0, 0, where)
        for number, plan in enumerate(plans, start=1):
            if plan.bits:
                offset = self._offset + plan.word_offset
                bar.prepare(store + number, offset, step, plan.shift, plan.bits, plan.keep, plan.ones, where)
        _set_port_store(self, store)
        _set_ports(self, [store + number for number in range(len(plans) + 1)])

    # -- whole register -------------------------------------------------------------------------------------------

    def read(self) -> int:
        """All bits, as one unsigned integer. One bus read; a wide register takes one for each of its words."""
        self._require_readable()
        return self._read_raw()

    def write(self, value: int | None = None, /, **fields: Any) -> None:
        """Writes the whole register without reading it: either `value`, or fields by name.

        Bits of fields that are not named get what changes least without a read: their reset value, or 0 or 1 where
        that is the value that does nothing. Write-only bits that a driver remembers keep what was written last.
        """
        if (value is None) == (not fields):
            raise FieldTypeError(f"{self._where()}: write takes either one value or fields by name")
        self._require_writable()
        if value is not None:
            self._write_raw(self._whole(value))
            return
        named, bits = self._encode(fields)
        rest = (self._reset & (self._keep | self._guard)) | (self._last_written & self._last) | self._ones
        self._write_raw((rest & ~named) | bits)

    def modify(self, **fields: Any) -> None:
        """Writes the named fields and leaves the others as they are: at most one bus read, and one bus write."""
        if not fields:
            raise FieldTypeError(f"{self._where()}: modify takes fields by name")
        self._write_fields(fields)

    def reset(self) -> None:
        """Writes the reset value. Fields that only hardware changes stay as they are."""
        self._require_writable()
        self._write_raw(self._reset)

    def fields(self) -> dict[str, Any]:
        """The values of all readable fields by name, from one read of the register."""
        raw = self.read()
        return {name: self._decode(field, raw) for name, field in self._fields.items() if field.readable}

    def wait_for(self, timeout: float = 1.0, interval: float = _SPIN_INTERVAL, **fields: Any) -> None:
        """Reads until the named fields have these values.

        `timeout` and `interval` (between two reads; 0 reads without pause) in seconds. Other threads run meanwhile, and
        Ctrl-C ends it at once. WaitTimeoutError carries the last value; BusTimeoutError tells that the bus is dead.
        """
        if not fields:
            raise FieldTypeError(f"{self._where()}: wait_for takes fields by name, e.g. wait_for(done=1)")
        if not 0 <= timeout < float("inf") or not 0 <= interval < float("inf"):
            raise FieldValueError(f"{self._where()}: timeout and interval are seconds, from 0 on")
        self._require_readable()
        mask, bits = self._encode(fields, writing=False)
        if self._words_count() > 1:
            last = self._wait_wide(mask, bits, timeout, interval)
        else:
            last = self._wait_word(mask, bits, timeout, interval)
        if last is not None:
            self._not_in_time(fields, last, timeout)

    @property
    def info(self) -> dict[str, Any]:
        """The register's facts: path, address, width in bits, reset, and each field's line. Reads nothing."""
        return {
            "path": self.path,
            "space": self._space.name,
            "address": self._offset,
            "width": self._width,
            "reset": self._reset,
            "fields": {name: field.facts for name, field in self._fields.items()},
        }

    def __repr__(self) -> str:
        where = f"{type(self).__name__} {self._where()}"
        if self._effects:
            return f"<{where}: not read, because reading changes it>"
        if not self._readable():
            return f"<{where}: write-only>"
        try:
            raw = self._read_raw()
        except HalError as problem:
            return f"<{where}: {type(problem).__name__}>"
        parts = (f"{name}={self._text(field, raw)}" for name, field in self._fields.items() if field.readable)
        return f"<{where} = {raw:#0{self._width // 4 + 2}x}: {', '.join(parts)}>"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._fields})

    def __getattr__(self, name: str) -> NoReturn:
        """Also entered when a getter has raised an AttributeError of ours: then that error is made again."""
        raise self._refusal(name, "read")

    # -- how ------------------------------------------------------------------------------------------------------

    def _words_count(self) -> int:
        return self._width // self._access_width

    def _readable(self) -> bool:
        return any(field.readable for field in self._fields.values())

    def _require_readable(self) -> None:
        if not self._readable():
            raise AccessError(f"{self._where()} is write-only: none of its fields can be read", path=self._full_path())

    def _require_writable(self) -> None:
        if all(field.access in {"ro", "rc", "rs"} for field in self._fields.values()):
            raise AccessError(
                f"{self._where()} is read-only: none of its fields can be written", path=self._full_path()
            )

    def _whole(self, value: Any) -> int:
        try:
            return UNSIGNED.encode(value, self._width)
        except (FieldValueError, FieldTypeError) as problem:
            raise type(problem)(f"{self._where()}: {problem}", path=self._full_path()) from None

    def _read_raw(self) -> int:
        count = self._words_count()
        if count == 1:
            code, value = _binding.read_full(self._ports[0])
            if code:
                self._failed(code, "read")
            return value
        stable = self._words != "latched" and not self._effects and self._hardware_driven()
        words = _binding.read_wide(self._ports[0], count, self._order(), stable=stable)
        if isinstance(words, int):
            self._failed(words, "read")
        return sum(word << (i * self._access_width) for i, word in enumerate(words))

    def _hardware_driven(self) -> bool:
        return any(field.volatile or field.access == "ro" for field in self._fields.values())

    def _order(self) -> int:
        return _binding.HIGH_FIRST if self._words == "high-first" else _binding.LOW_FIRST

    def _write_raw(self, value: int) -> None:
        count, step = self._words_count(), self._access_width
        if count == 1:
            code = _binding.put(self._ports[0], value)
        else:
            words = [(value >> (i * step)) & ((1 << step) - 1) for i in range(count)]
            code = _binding.write_wide(self._ports[0], words, self._order())
        if code:
            self._failed(code, "write")
        _set_last_written(self, value)

    def _write_fields(self, fields: dict[str, Any]) -> None:
        """One read at most, one write; refused where a field that is not named would be hurt."""
        self._require_writable()
        named, bits = self._encode(fields)
        keep = self._keep & ~named
        if self._guard & ~named or (keep and self._effects):
            self._would_hurt(named, reading=not self._guard & ~named)
        bits |= (self._last_written & self._last & ~named) | (self._ones & ~named)
        if not keep:
            self._write_raw(bits)
        elif self._words_count() > 1:
            self._write_raw((self._read_raw() & keep) | bits)
        else:
            code = _binding.update(self._ports[0], keep, bits)
            if code:
                self._failed(code, "write")
            _set_last_written(self, bits)

    def _would_hurt(self, named: int, *, reading: bool) -> NoReturn:
        harmed = self._effects if reading else self._guard & ~named
        names = ", ".join(name for name, field in self._fields.items() if field.mask & harmed)
        why = "reading first would change" if reading else "any write acts on"
        raise AccessError(
            f"{self._where()}: this write would hurt other fields: {why} {names}; name them too, or write(...) "
            "the whole register",
            path=self._full_path(),
        )

    def _encode(self, fields: dict[str, Any], *, writing: bool = True) -> tuple[int, int]:
        """Mask and bits of the fields by name. Raises before anything is written."""
        mask = bits = 0
        for name, value in fields.items():
            field = self._fields.get(name)
            if field is None:
                raise no_such_name(self._where(), name, self._fields, "field")
            if writing and field.access in {"ro", "rc", "rs"}:
                raise self._refusal(name, "write")
            if not writing and not field.readable:
                raise self._refusal(name, "read")
            try:
                raw = field.kind.encode(value, field.width)
            except (FieldValueError, FieldTypeError) as problem:
                raise self._misfit(name, value, problem) from None
            mask |= field.mask
            bits |= raw << field.lsb
        return mask, bits

    def _decode(self, field: FieldDeclaration, raw: int) -> Any:
        return field.kind.decode((raw & field.mask) >> field.lsb, field.width)

    def _text(self, field: FieldDeclaration, raw: int) -> str:
        return field.kind.text((raw & field.mask) >> field.lsb, field.width)

    def _wait_word(self, mask: int, bits: int, timeout: float, interval: float) -> int | None:
        """None when it came, else the last word. In slices, so that signals are handled."""
        end = time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            code, last = _binding.wait(self._ports[0], mask, bits, min(left, _SIGNAL_SLICE), min(interval, left))
            if code == 0:
                return None
            if code != _binding.TIMEOUT_CODE:
                self._failed(code, "read")
            if time.monotonic() >= end:
                return last

    def _wait_wide(self, mask: int, bits: int, timeout: float, interval: float) -> int | None:
        end = time.monotonic() + timeout
        while True:
            raw = self._read_raw()
            if raw & mask == bits:
                return None
            if time.monotonic() >= end:
                return raw
            time.sleep(min(interval, max(0.0, end - time.monotonic())))

    def _not_in_time(self, fields: dict[str, Any], last: int, timeout: float) -> NoReturn:
        if last == (1 << self._width) - 1:
            self._check_bus()
        wanted = ", ".join(f"{name}={value!r}" for name, value in fields.items())
        have = ", ".join(f"{name}={self._text(self._fields[name], last)}" for name in fields)
        raise WaitTimeoutError(
            f"{self._where()}: {wanted} did not come within {timeout} s; last read {last:#x} ({have})",
            last=last,
            path=self._full_path(),
        )

    def _check_bus(self) -> None:
        """Raises BusTimeoutError when the slot's metrics say that the bus is dead."""
        root: Any = self
        while root._parent is not None:
            root = root._parent
        try:
            root.slot.check_bus(self)
        except BusTimeoutError:
            raise
        except HalError:
            return

    # -- errors ---------------------------------------------------------------------------------------------------

    def _failed(self, code: int, action: str, field: str = "") -> NoReturn:
        path = f"{self._full_path()}.{field}" if field else self._full_path()
        what = f"{action} of {path} ({self._space.name}, {self._offset:#x})"
        _binding.raise_code(code, what, path)

    def _failed_write(self, code: int, name: str, value: Any) -> NoReturn:
        if code == _binding.VALUE_CODE:
            raise self._misfit(name, value, None)
        self._failed(code, "write", name)

    def _misfit(self, name: str, value: Any, problem: BaseException | None) -> HalError:
        """The error for a value that the field can't hold."""
        field = self._fields[name]
        path = f"{self._full_path()}.{name}"
        if not isinstance(problem, HalError):
            try:
                field.kind.encode(value, field.width)
            except (FieldValueError, FieldTypeError) as found:
                problem = found
        kind = FieldTypeError if isinstance(problem, TypeError) else FieldValueError
        return kind(f"{path} ({self._space.name}, {self._offset:#x}, {field.bits}): {problem}", path=path)

    def _refusal(self, name: str, action: str) -> HalError:
        """The error for an access that a field doesn't have, or for a name that the register doesn't have."""
        field = self._fields.get(name)
        if field is None:
            return self._no_field(name)
        path = f"{self._full_path()}.{name}"
        where = f"{path} ({self._space.name}, {self._offset:#x})"
        if action == "read":
            hint = "it is write-only"
        elif field.refused:
            hint = field.refused
        else:
            hint = "it is read-only"
        return AccessError(f"{where} can't be {'read' if action == 'read' else 'written'}: {hint}", path=path)

    def _no_field(self, name: str) -> FieldNameError:
        return no_such_name(self._where(), name, self._fields, "field")


_set_ports = vars(Register)["_ports"].__set__
_set_port_store = vars(Register)["_port_store"].__set__
_set_last_written = vars(Register)["_last_written"].__set__
