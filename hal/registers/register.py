"""Registers: their fields, and whole-register reads and writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from hal import _binding
from hal.access.choice import RegisterBase, hold_ports, in_c, install_accessors
from hal.access.fields import FieldDeclaration
from hal.access.plans import native_plans, plan_ports
from hal.access.words import is_torn, join_words, reached_words, runs_of, span_of, split_words, words_of
from hal.errors import (
    AccessError,
    BusTimeoutError,
    FieldNameError,
    FieldTypeError,
    FieldValueError,
    HalError,
    WaitTimeoutError,
)
from hal.kinds import UNSIGNED
from hal.registers.node import Node, making, no_such_name

if TYPE_CHECKING:
    from hal.registers.node import Space

__all__ = ["Register"]

_SIGNAL_SLICE = 0.05  # seconds that a wait spends in C before signals are looked at
_SPIN_INTERVAL = 0.0


class Register(RegisterBase, Node):
    """A register of a device. Its fields are attributes; this class holds what acts on all of its bits.

    Class keywords, as the generator states them: `width` and `access_width` in bits, `words` the order of a wide
    register's bus words, `reset`, and what a write of some fields does with the other bits: `keep` is read and written
    back, `ones` is written as 1, `last` is written as it was last, `guard` would be hurt by any write. `effects` are
    the bits that reading changes.
    """

    __slots__ = ()

    _fields: ClassVar[dict[str, FieldDeclaration]] = {}
    _plans: ClassVar[Any] = None  # the ports of its fields, as C has them
    _layout: ClassVar[Any] = None  # what the accelerator knows of the class
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
        fields = {name: item for name, item in vars(cls).items() if isinstance(item, FieldDeclaration)}
        if not fields:
            return  # a user's subclass of a register: the same fields, and methods of its own
        facts = {
            "_width": width,
            "_access_width": access_width or width,
            "_words": words,
            "_reset": reset,
            "_keep": keep,
            "_ones": ones,
            "_last": last,
            "_guard": guard,
            "_effects": effects,
            "_shadow": shadow,
            "_fields": fields,
        }
        cls._plans = None
        for name, value in facts.items():
            if getattr(cls, name) != value:  # a map may have ten thousand classes: each holds only what is its own
                setattr(cls, name, value)

    @classmethod
    def _make(cls, parent: Node | None, name: str, space: Space, offset: int) -> Register:
        """A register at its place. Prepares its ports; touches no register of the card."""
        cls._install()
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        bar = space.attached()
        hold_ports(self, bar.place_ports(cls._plans, offset, cls._access_width, self))
        return self

    @classmethod
    def _install(cls) -> None:
        """Turns the declared fields into accessors, once."""
        if cls._plans is None:
            with making:
                if cls._plans is None:
                    plans = plan_ports(cls)
                    install_accessors(cls, plans)
                    cls._plans = native_plans(cls, plans)  # at last: from now on registers are made

    # -- whole register -------------------------------------------------------------------------------------------

    @in_c
    def read(self) -> int:
        """All bits, as one unsigned integer. One bus read; a wide register takes one for each of its words."""
        self._require_readable()
        return self._read_raw()

    @in_c
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

    @in_c
    def modify(self, **fields: Any) -> None:
        """Writes the named fields and leaves the others as they are: at most one bus read, and one bus write."""
        if not fields:
            raise FieldTypeError(f"{self._where()}: modify takes fields by name")
        self._write_fields(fields)

    def reset(self) -> None:
        """Writes the reset value of every field that holds what is written; of the others what does nothing."""
        self._require_writable()
        self._write_raw((self._reset & (self._keep | self._guard | self._last)) | self._ones)

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
        last = self._wait(mask, bits, timeout, interval)
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
        if not self._is_readable():
            return f"<{where}: write-only>"
        try:
            raw = self._read_raw()
        except HalError as problem:
            return f"<{where}: {type(problem).__name__}>"
        parts = (f"{name}={self._text(field, raw)}" for name, field in self._fields.items() if field.readable)
        return f"<{where} = {raw:#0{self._width // 4 + 2}x}: {', '.join(parts)}>"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._fields})

    def _missing(self, name: str) -> NoReturn:
        raise self._refusal(name, "read")

    def _refuse_delete(self, name: str) -> NoReturn:
        raise AccessError(f"{self._where()}: {name} can't be deleted", path=self._full_path())

    # -- how ------------------------------------------------------------------------------------------------------

    @property
    def _last_written(self) -> int:
        return self._space.shadows.get(self._offset, self._reset)

    def _remember(self, value: int) -> None:
        if self._last:
            self._space.shadows[self._offset] = value

    @classmethod
    def _is_readable(cls) -> bool:
        return any(field.readable for field in cls._fields.values())

    @classmethod
    def _is_writable(cls) -> bool:
        return any(field.access not in {"ro", "rc", "rs"} for field in cls._fields.values())

    def _require_readable(self) -> None:
        if not self._is_readable():
            raise AccessError(f"{self._where()} is write-only: none of its fields can be read", path=self._full_path())

    def _require_writable(self) -> None:
        if not self._is_writable():
            raise AccessError(
                f"{self._where()} is read-only: none of its fields can be written", path=self._full_path()
            )

    def _whole(self, value: Any) -> int:
        try:
            return UNSIGNED.encode(value, self._width)
        except (FieldValueError, FieldTypeError) as problem:
            raise type(problem)(f"{self._where()}: {problem}", path=self._full_path()) from None

    def _read_raw(self) -> int:
        if self._width > self._access_width:
            return self._read_words((1 << self._width) - 1)
        code, value = _binding.read_full(self._store)
        if code:
            self._failed(code, "read")
        return value

    def _read_words(self, mask: int) -> int:
        """The register's value in those words that hold any of these bits, and in the words between."""
        first, count = span_of(type(self), mask)
        port = _binding.word_port(self._store, first, self._access_width)
        words = _binding.read_wide(port, count, self._order(), stable=is_torn(type(self), mask))
        if isinstance(words, int):
            self._failed(words, "read")
        return join_words(words, self._access_width) << (first * self._access_width)

    def _order(self) -> int:
        return _binding.HIGH_FIRST if self._words == "high-first" else _binding.LOW_FIRST

    def _write_raw(self, value: int) -> None:
        if self._width == self._access_width:
            code = _binding.put(self._store, value)
        else:
            code = _binding.write_wide(self._store, split_words(value, type(self)), self._order())
        if code:
            self._failed(code, "write")
        self._remember(value)

    def _write_fields(self, fields: dict[str, Any]) -> None:
        """One read at most, one write; refused where a field that is not named would be hurt."""
        self._require_writable()
        named, bits = self._encode(fields)
        reached = 0
        for word in reached_words(type(self), named):
            reached |= word
            reading = self._keep & word & ~named
            if self._guard & word & ~named or (reading and self._effects & word):
                self._would_hurt(named, word)
        others = reached & ~named
        bits |= ((self._last_written & self._last) | self._ones) & others
        self._update(reached, self._keep & others, bits)
        self._remember((self._last_written & ~reached) | bits)

    def _update(self, reached: int, keep: int, bits: int) -> None:
        """Writes (old & keep) | bits to the words in `reached`, and reads those that anything is kept of."""
        code = 0
        if self._width == self._access_width:
            code = _binding.update(self._store, keep, bits) if keep else _binding.put(self._store, bits)
        for first, count in runs_of(type(self), reached) if self._width > self._access_width else ():
            port = _binding.word_port(self._store, first, self._access_width)
            kept, words = (split_words(part, type(self))[first : first + count] for part in (keep, bits))
            whole = self._words == "latched"
            code = code or _binding.update_wide(port, kept, words, self._order(), whole=whole)
        if code:
            self._failed(code, "write")

    def _would_hurt(self, named: int, word: int) -> NoReturn:
        guarded = self._guard & word & ~named
        harmed = guarded or self._effects & word
        names = ", ".join(name for name, field in self._fields.items() if field.mask & harmed)
        why = "any write acts on" if guarded else "reading first would change"
        raise AccessError(
            f"{self._where()}: this write would hurt other fields: {why} {names}; name them too, or write(...) "
            "the whole register",
            path=self._full_path(),
        )

    def _read_field(self, name: str) -> Any:
        """A field that has no port of its own, or no getter."""
        field = self._fields[name]
        if not field.readable:
            raise self._refusal(name, "read")
        return self._decode(field, self._read_words(field.mask))

    def _write_field(self, name: str, value: Any) -> None:
        """A field whose write takes more than one port, or is none."""
        field = self._fields.get(name)
        if field is None or not field.writable:
            raise self._refusal(name, "write")
        self._write_fields({name: value})

    def _encode(self, fields: dict[str, Any], *, writing: bool = True) -> tuple[int, int]:
        """Mask and bits of the fields by name. Raises before anything is written."""
        mask = bits = 0
        for name, value in fields.items():
            field = self._fields.get(name)
            if field is None:
                raise self._no_field(name)
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

    def _wait(self, mask: int, bits: int, timeout: float, interval: float) -> int | None:
        """None when it came, else the last value. In slices, so that signals are handled."""
        end = time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            code, last = self._wait_slice(mask, bits, min(left, _SIGNAL_SLICE), min(interval, left))
            if code == 0:
                return None
            if code != _binding.TIMEOUT_CODE:
                self._failed(code, "read")
            if time.monotonic() >= end:
                return last

    def _wait_slice(self, mask: int, bits: int, seconds: float, interval: float) -> tuple[int, int]:
        step = self._access_width
        if self._width == step:
            return _binding.wait(self._store, mask, bits, seconds, interval)
        first, count = span_of(type(self), mask)
        masks, expected = (split_words(part, type(self))[first : first + count] for part in (mask, bits))
        port = _binding.word_port(self._store, first, step)
        stable = is_torn(type(self), mask)
        code, words = _binding.wait_wide(port, masks, expected, self._order(), seconds, interval, stable=stable)
        return code, join_words(words, step) << (first * step)

    def _not_in_time(self, fields: dict[str, Any], last: int, timeout: float) -> NoReturn:
        if any(last & word == word for word in words_of(type(self))):
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
