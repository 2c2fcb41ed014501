"""The one module that touches the compiled extension. Return codes become exceptions here.

Other modules get the C functions of the hot path by name (`get`, `put`, ...), prepared ports, and `raise_code`, which
names the place of the failed access.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from hal.codes import bar_name, describe_code
from hal.errors import (
    AddressError,
    BatchError,
    CardMissingError,
    CardPermissionError,
    ClosedError,
    FieldValueError,
    ForkedError,
    FunctionMissingError,
    HalError,
    HandleError,
    LibraryError,
    ModelError,
    ReplayError,
    StaleHandleError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.node import Node

try:
    from hal._native import ffi, lib
except ImportError as error:  # the source folder stands first on the path, and nothing was built in it
    raise ImportError(
        f"hal's compiled extension is missing or does not fit this Python ({error}); hal was imported from {__file__}. "
        "Install the package (pip install .), or for work in its source folder: pip install -e ."
    ) from error

lib.hal_use_python_gate()

# The hot path. A port is a prepared access; see hal_port in the core's header.
get: Final = lib.hal_get
get64: Final = lib.hal_get64
put: Final = lib.hal_set
modify: Final = lib.hal_modify
update: Final = lib.hal_update

LOW_FIRST: Final[int] = lib.HAL_LOW_FIRST
HIGH_FIRST: Final[int] = lib.HAL_HIGH_FIRST
VALUE_CODE: Final[int] = lib.HAL_E_VALUE
TIMEOUT_CODE: Final[int] = lib.HAL_E_TIMEOUT
MISSING_CODE: Final[int] = lib.HAL_E_MISSING

_LIBRARY_ERRORS = -10000
_ERRNO_ACCESS = (-1, -13)
_ERRNO_ABSENT = (-2, -6, -19)
_CARD_ABSENT = 20
_MODEL_FAILED = -125  # ECANCELED: what the hook of a failing model returns

_REASONS: Final[dict[int, tuple[type[HalError], str]]] = {
    lib.HAL_E_CLOSED: (ClosedError, "was closed; open the device or attach the BAR again"),
    lib.HAL_E_STALE: (
        StaleHandleError,
        "went stale: the slot was loaded, cleared or rescanned since it was attached; open the device again",
    ),
    lib.HAL_E_FORKED: (ForkedError, "was attached by the parent process; open the device in this process"),
    lib.HAL_E_HANDLE: (HandleError, "is not an attached handle; use the number that attach returned"),
    lib.HAL_E_RANGE: (AddressError, "lies past the end of the BAR"),
    lib.HAL_E_ALIGN: (AddressError, "is not a multiple of the access width"),
    lib.HAL_E_VALUE: (FieldValueError, "does not fit; nothing was written"),
    lib.HAL_E_MISSING: (FunctionMissingError, "needs a function that the loaded library lacks; update the SDK"),
    lib.HAL_E_ARGUMENT: (AddressError, "has an argument out of range"),
    lib.HAL_E_COLLECTING: (
        BatchError,
        "is in a batch, which only collects writes: read it with batch.read(...), whose value is there after the block",
    ),
    lib.HAL_E_ENDED: (BatchError, "belongs to a batch that has ended; use the device, or start another batch"),
    lib.HAL_E_BUSY: (HalError, "is not possible now: another recording runs in this process; end it first"),
    lib.HAL_E_MANY: (HandleError, "got a handle that is out of range; too many BARs are attached"),
}


def _no_replay() -> str:
    return "no recording is being replayed"


# Set by hal.record: words for what the replayed recording has in place of the access that differed.
replay_difference: Callable[[], str] = _no_replay

_pending_model_errors: list[BaseException] = []


def exception_of(code: int, what: str, path: str | None = None) -> HalError:
    """The exception for a code of an access; `what` says which access, e.g. "read of blinker.ctrl (app BAR 0, 0x0)"."""
    if code <= _LIBRARY_ERRORS:
        code = _LIBRARY_ERRORS - code
    if code == lib.HAL_E_REPLAY:
        return ReplayError(f"{what} is not what was recorded: {replay_difference()}", code=code, path=path)
    if code in _REASONS:
        kind, reason = _REASONS[code]
        return kind(f"{what} {reason}", code=code, name=kind.__name__, path=path)
    if code == _MODEL_FAILED and _pending_model_errors:
        failed = ModelError(f"{what} failed in the card's model", code=code, path=path)
        failed.__cause__ = _pending_model_errors.pop()
        return failed
    name = describe_code(code)
    if code in _ERRNO_ACCESS:
        return CardPermissionError(
            f"{what}: permission denied ({name}); run as root, or give this user the BARs with a udev rule",
            code=code,
            name=name,
            path=path,
        )
    if code in _ERRNO_ABSENT or code == _CARD_ABSENT:
        return CardMissingError(
            f"{what}: no such card or BAR ({name}, code {code}); check the slot's number",
            code=code,
            name=name,
            path=path,
        )
    return HalError(f"{what} failed: {name} (code {code})", code=code, name=name, path=path)


def raise_code(code: int, what: str, path: str | None = None) -> NoReturn:
    """Raises the exception of a code that is not 0."""
    raise exception_of(code, what, path)


class Bar:
    """An attached BAR: checked access to any offset, in bytes from its start.

    Made by `Slot.bar()`. Raises AddressError for offsets that are misaligned or past the end, ClosedError and
    StaleHandleError when the mapping is gone. Source: fpga_pci_peek, _poke, _write_burst, _memset.
    """

    __slots__ = ("__weakref__", "_bar", "_generation", "_library", "bar", "handle", "pf", "size", "slot")

    def __init__(self, library: Library, slot: int, pf: int, bar: int, *, burst: bool = False) -> None:
        out = ffi.new("int *")
        code = lib.hal_attach(library.native, slot, pf, bar, int(burst), out)
        if code and code not in _ERRNO_ABSENT:
            gc.collect()  # handles are few, and dropped devices hold theirs until they are collected
            code = lib.hal_attach(library.native, slot, pf, bar, int(burst), out)
        if code:
            raise_code(code, f"attach of slot {slot}, {bar_name(pf, bar)}")
        self._library = library
        self.handle: int = out[0]
        self.slot, self.pf, self.bar = slot, pf, bar
        holder = ffi.new("hal_bar **")
        code = lib.hal_bar_of(library.native, self.handle, holder)
        if code:
            raise_code(code, f"attach of slot {slot}, {bar_name(pf, bar)}")
        self._bar: Any = holder[0]
        self._generation: int = self._bar.generation
        self.size: int = self._bar.size

    def __repr__(self) -> str:
        return f"<{self.name} of slot {self.slot}, {self.size:#x} bytes, {self.state}>"

    @property
    def name(self) -> str:
        """Its name in words: app BAR 0."""
        return bar_name(self.pf, self.bar)

    @property
    def state(self) -> str:
        """The word attached, or the error that an access would raise."""
        code = lib.hal_state(self._bar, self._generation)
        return "attached" if code == 0 else _REASONS[code][0].__name__

    @property
    def attached(self) -> bool:
        """Whether accesses still reach the card."""
        return bool(lib.hal_state(self._bar, self._generation) == 0)

    def detach(self) -> None:
        """Gives the BAR back. Once is enough; again does nothing."""
        if self.attached:
            code = lib.hal_release(self._bar, self._generation)
            if code and code not in _REASONS:  # a reason: another thread was faster
                raise_code(code, f"detach of {self.name}")

    def __del__(self) -> None:
        """A BAR that nobody holds any more gives its handle back: there are only 64."""
        if hasattr(self, "_generation") and lib is not None and self.attached:
            lib.hal_release(self._bar, self._generation)

    def what(self, action: str, offset: int, width: int) -> str:
        """An access in words, for errors."""
        return f"{action} of {width} bits at {offset:#x} of {self.name} (slot {self.slot}, {self.size:#x} bytes)"

    def place_ports(self, plans: Any, offset: int, width: int, node: Node) -> Any:
        """The ports of one register at `offset`, whose class has these plans (see `port_plans`)."""
        count = len(plans)
        ports = ffi.new("hal_port[]", count)
        code = lib.hal_ports_place(ports, plans, count, self._bar, self._generation, offset)
        if code:
            path = node._full_path()
            raise_code(code, f"{path}: {self.what('access', offset, width)}", path)
        return ports

    def peek(self, offset: int, width: int = 32) -> int:
        """The word of `width` bits (8, 32 or 64) at `offset`."""
        out = ffi.new("uint64_t *")  # zero, so that a narrower word is its low end
        code = lib.hal_read_block(self._bar, self._generation, _offset(offset), _width(width), out, 1)
        if code:
            raise_code(code, self.what("read", offset, width))
        return int(out[0])

    def poke(self, offset: int, value: int, width: int = 32) -> None:
        """Writes the word of `width` bits (8, 32 or 64) at `offset`."""
        if not 0 <= value < 1 << _width(width):
            raise FieldValueError(f"{value:#x} does not fit {width} bits; nothing was written")
        data = value.to_bytes(width // 8, "little")
        code = lib.hal_write_block(self._bar, self._generation, _offset(offset), width, data, 1)
        if code:
            raise_code(code, self.what("write", offset, width))

    def read_into(self, offset: int, buffer: Any, width: int = 32) -> None:
        """Fills a writable contiguous buffer with words of `width` bits from rising offsets, in one C call."""
        start = _offset(offset)
        data, count = words_of(buffer, width, writable=True)
        self.read_words(start, data, count, width)

    def write_from(self, offset: int, buffer: Any, width: int = 32) -> None:
        """Writes a contiguous buffer as words of `width` bits to rising offsets, in one C call."""
        start = _offset(offset)
        data, count = words_of(buffer, width)
        self.write_words(start, data, count, width)

    def read_words(self, offset: int, data: Any, count: int, width: int) -> None:
        """`read_into` what `words_of` gave."""
        code = lib.hal_read_block(self._bar, self._generation, offset, width, data, count)
        if code:
            ffi.release(data)  # a traceback must not hold the caller's buffer
            raise_code(code, self.what(f"read of {count} words", offset, width))

    def write_words(self, offset: int, data: Any, count: int, width: int) -> None:
        """`write_from` what `words_of` gave."""
        code = lib.hal_write_block(self._bar, self._generation, offset, width, data, count)
        if code:
            ffi.release(data)
            raise_code(code, self.what(f"write of {count} words", offset, width))

    def fill(self, offset: int, value: int, count: int) -> None:
        """Writes the same 32-bit word `count` times from `offset` on."""
        if not 0 <= value < 1 << 32:
            raise FieldValueError(f"{value:#x} does not fit 32 bits; nothing was written")
        code = lib.hal_fill(self._bar, self._generation, _offset(offset), value, _offset(count))
        if code:
            raise_code(code, self.what(f"fill of {count} words", offset, 32))

    def run(self, steps: list[tuple[int, int, int, int, int]]) -> tuple[int, int, list[int]]:
        """Runs steps (kind, offset, width, keep, value) in one call: code, how many were made, their values."""
        ops = ffi.new("hal_op[]", len(steps))
        for op, (kind, offset, width, keep, value) in zip(ops, steps, strict=True):
            op.bar, op.generation = self._bar, self._generation
            op.kind, op.offset, op.width, op.keep, op.value = kind, offset, width, keep, value
        done, failed = ffi.new("size_t *"), ffi.new("size_t *")
        code = lib.hal_run(ops, len(steps), done, failed)
        return code, done[0], [op.value for op in ops]


class StepList:
    """The steps that a batch collects, in the core."""

    def __init__(self) -> None:
        holder = ffi.new("hal_batch **")
        code = lib.hal_batch_new(holder)
        if code:
            raise_code(code, "start of a batch")
        self.native: Any = ffi.gc(holder[0], lib.hal_batch_free)

    def __len__(self) -> int:
        return int(lib.hal_batch_count(self.native))

    def collect(self) -> None:
        """Starts an empty list."""
        lib.hal_batch_collect(self.native, 1)

    def end(self) -> None:
        """Collects no more."""
        lib.hal_batch_collect(self.native, 0)

    def read(self, port: Any, what: str, path: str) -> int:
        """Adds a read of a port's word; returns its place in the list."""
        place = ffi.new("size_t *")
        code = lib.hal_batch_read(self.native, port, place)
        if code:
            raise_code(code, what, path)
        return int(place[0])

    def run(self) -> tuple[int, int, int]:
        """Makes all steps in one call: code, how many were made, and which one the code is of."""
        done, failed = ffi.new("size_t *"), ffi.new("size_t *")
        code = lib.hal_batch_run(self.native, done, failed)
        return code, done[0], failed[0]

    def step(self, place: int) -> Any:
        """A step: its bar (pf, bar), offset, width, kind and value."""
        op = ffi.new("hal_op *")
        code = lib.hal_batch_step(self.native, place, op)
        if code:
            raise_code(code, f"step {place} of a batch")
        return op


class CollectingBar(Bar):
    """Stands for a BAR in a batch: what is written through it becomes a step, and a read is refused."""

    __slots__ = ("_steps",)

    def __init__(self, steps: StepList, target: Bar) -> None:
        holder = ffi.new("hal_bar **")
        code = lib.hal_batch_bar(steps.native, target._bar, target._generation, holder)
        if code:
            raise_code(code, f"batch on {target.name}")
        self._steps, self._library = steps, target._library
        self.slot, self.pf, self.bar, self.handle, self.size = target.slot, target.pf, target.bar, -1, target.size
        self._bar, self._generation = holder[0], 0

    def __del__(self) -> None:
        """Holds nothing of the card; and its batch, when both are collected, may be gone already."""

    def write_words(self, offset: int, data: Any, count: int, width: int) -> None:
        """A step for each word."""
        with data:
            code = lib.hal_batch_block(self._steps.native, self._bar, _offset(offset), width, data, count)
        if code:
            raise_code(code, self.what(f"write of {count} words", offset, width))

    def fill(self, offset: int, value: int, count: int) -> None:
        """A step for each word."""
        if not 0 <= value < 1 << 32:
            raise FieldValueError(f"{value:#x} does not fit 32 bits; nothing was written")
        self.write_from(offset, value.to_bytes(4, "little") * count)


_new_words = ffi.new_allocator(should_clear_after_alloc=False)


class SweepRow(NamedTuple):
    """Registers of one kind: `number` of them `stride` bytes apart, each of `words` bus words of `width` bits."""

    bar: Bar
    offset: int
    stride: int
    number: int
    width: int
    words: int
    high_first: bool
    stable: bool


class Sweep:
    """A prepared list of registers, read or written in one call."""

    def __init__(self, rows: list[SweepRow]) -> None:
        self._rows = rows  # holds the BARs
        self._sweeps: Any = ffi.new("hal_sweep[]", len(rows))
        for place, row in enumerate(rows):
            flags = lib.HAL_SWEEP_HIGH_FIRST * row.high_first | lib.HAL_SWEEP_STABLE * row.stable
            bar, facts = row.bar, (row.offset, row.stride, row.number, row.width, row.words)
            code = lib.hal_sweep_prepare(self._sweeps + place, bar._bar, bar._generation, *facts, flags)
            if code:
                raise_code(code, bar.what(f"access to {row.number} registers", row.offset, row.width))
        self.words = sum(row.number * row.words for row in rows)

    def read(self) -> tuple[int, int, Any]:
        """Code, how many registers were read, and their words, lowest first, one register after the other."""
        values, done = _new_words("uint64_t[]", self.words), ffi.new("size_t *")
        code = lib.hal_sweep_read(self._sweeps, len(self._rows), values, self.words, done)
        return code, done[0], values

    def write(self, words: list[int]) -> tuple[int, int]:
        """Code, and how many registers were written."""
        done = ffi.new("size_t *")
        code = lib.hal_sweep_write(self._sweeps, len(self._rows), words, len(words), done)
        return code, done[0]


def word_list(words: Any) -> list[int]:
    """The words of `Sweep.read`."""
    return list(ffi.unpack(words, len(words))) if len(words) else []


def _offset(value: int) -> int:
    """Refuses what C would wrap."""
    if not 0 <= value < 1 << 64:
        raise AddressError(f"{value:#x} is no offset or count: it must lie between 0 and 2**64 - 1")
    return value


def _width(width: int) -> int:
    if width not in {8, 32, 64}:
        raise AddressError(f"the bus has no access of {width} bits; use 8, 32 or 64")
    return width


_BYTES = ffi.typeof("char[]")
_STEPS = {8: 1, 32: 4, 64: 8}


def words_of(buffer: Any, width: int, *, writable: bool = False) -> tuple[Any, int]:
    """A contiguous buffer as C sees it, to be used once, and how many words of `width` bits it holds."""
    try:
        data = ffi.from_buffer(_BYTES, buffer, writable)
    except (BufferError, TypeError, ValueError):
        with memoryview(buffer) as view:
            if writable and view.readonly:
                raise TypeError("a writable buffer is needed") from None
            if not view.c_contiguous:
                raise TypeError("a contiguous buffer is needed") from None
        raise
    size, step = len(data), _STEPS.get(width) or _width(width)
    if size % step:
        raise FieldValueError(f"a buffer of {size} bytes is no whole number of {width}-bit words")
    return data, size // step


def port_plans(rows: list[tuple[int, int, int, int, int, int, bool]]) -> Any:
    """Ports of a register class: offset in the register, width of the bus word, shift, bits, keep, ones, plain.

    Bits 0: none.
    """
    plans = ffi.new("hal_port[]", len(rows))
    for plan, (offset, width, shift, bits, keep, ones, plain) in zip(plans, rows, strict=True):
        if bits:
            plan.offset, plan.width, plan.shift, plan.plain = offset, width, shift, plain
            plan.mask, plan.keep, plan.ones = (1 << bits) - 1, keep, ones
    return plans


def entry_points() -> int:
    """Where the hot path's functions are, for the accelerator."""
    return address_of(lib.hal_get_entry_points())


def address_of(data: Any) -> int:
    """Where C data lies, for the accelerator."""
    return int(ffi.cast("uintptr_t", data))


def word_port(ports: Any, index: int, width: int) -> Any:
    """The port of a wide register's word `index`, from its ports."""
    port = ffi.new("hal_port *", ports[0])
    port.offset += index * (width // 8)
    return port


def read_wide(port: Any, count: int, order: int, *, stable: bool) -> list[int] | int:
    """The words of a wide register, lowest first, or a code."""
    words = ffi.new("uint64_t[]", count)
    code: int = lib.hal_read_words(port, count, order, int(stable), words)
    return code or list(words)


def write_wide(port: Any, words: list[int], order: int) -> int:
    """Writes the words of a wide register, given lowest first."""
    return int(lib.hal_write_words(port, len(words), order, words))


def update_wide(port: Any, keep: list[int], words: list[int], order: int, *, whole: bool) -> int:
    """(old & keep) | words of neighbouring words, lowest first; `whole`: a read of one takes a read of all."""
    return int(lib.hal_update_words(port, len(words), order, int(whole), keep, words))


def read_full(port: Any) -> tuple[int, int]:
    """Code and value of a 64-bit read, whose values leave no room for a code."""
    out = ffi.new("uint64_t *")
    code: int = lib.hal_get64(port, out)
    return code, out[0]


def wait(port: Any, mask: int, expected: int, seconds: float, interval: float) -> tuple[int, int]:
    """Code and last word of hal_wait, which runs without the interpreter's lock."""
    last = ffi.new("uint64_t *")
    code: int = lib.hal_wait(port, mask, expected, seconds, interval, last)
    return code, last[0]


def wait_wide(
    port: Any, masks: list[int], expected: list[int], order: int, seconds: float, interval: float, *, stable: bool
) -> tuple[int, list[int]]:
    """As `wait`, for the neighbouring words of a wide register, lowest first."""
    last = ffi.new("uint64_t[]", len(masks))
    code: int = lib.hal_wait_words(port, len(masks), order, int(stable), masks, expected, seconds, interval, last)
    return code, list(last)


@ffi.def_extern()  # type: ignore[untyped-decorator]
def hal_model_event(context: Any, event: int, slot: int, pf: int, bar: int, offset: int, width: int, value: int) -> int:
    """The emulated card asks a model. What the model raises comes out of the access that asked."""
    try:
        ffi.from_handle(context)(event, slot, pf, bar, offset, width, value)
    except BaseException as error:  # noqa: BLE001  (nothing may pass through C)
        _pending_model_errors.append(error)
        return _MODEL_FAILED
    return 0


class Card:
    """The control calls of the emulated card, for hal.emulator. Codes become exceptions."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self._hooks: dict[int, Any] = {}

    def _told(self, code: int, what: str, text: Any = None) -> None:
        if code:
            reason = ffi.string(text).decode(errors="replace") if text else ""
            raise HalError(f"{what} failed: {reason or describe_code(code)}", code=code, name=describe_code(code))

    def use(self, name: str, slots: int) -> None:
        """Chooses the card of this process before its first use; "" is private."""
        text = ffi.new("char[]", 1024)
        self._told(self._api.use(name.encode(), slots, text, 1024), f"use of emulated card {name!r}", text)

    def install(self, design: str) -> None:
        """Adds a design's text to the card's catalogue."""
        data, text = design.encode(), ffi.new("char[]", 1024)
        self._told(self._api.install(data, len(data), text, 1024), "install of a design on the emulated card", text)

    def knows(self, afi: str) -> bool:
        """Whether the catalogue has this AFI."""
        return bool(self._api.knows(afi.encode()) == 1)

    def design_text(self, afi: str) -> str:
        """The text of a design in the catalogue; "" where there is none."""
        length = self._api.design_text(afi.encode(), ffi.NULL, 0)
        if length <= 0:
            return ""
        data = ffi.new("char[]", length)
        self._api.design_text(afi.encode(), data, length)
        return bytes(ffi.buffer(data, length)).decode()

    def designs(self) -> list[tuple[str, str]]:
        """AFI id and name of each design in the catalogue."""
        lines = self._text(self._api.list).splitlines()
        return [(afi, name) for afi, _, name in (line.partition(" ") for line in lines)]

    def describe(self) -> dict[str, str]:
        """The card's own facts: name, file, slots."""
        lines = self._text(self._api.describe).splitlines()
        return {key: value for key, _, value in (line.partition("=") for line in lines)}

    def _text(self, call: Any) -> str:
        size = max(0, call(ffi.NULL, 0)) + 1
        data = ffi.new("char[]", size)
        call(data, size)
        return str(ffi.string(data).decode(errors="replace"))

    def slot_count(self) -> int:
        """How many slots the card has."""
        return int(self._api.slot_count())

    def storage(self, slot: int, pf: int, bar: int, offset: int, length: int) -> bytes:
        """Bytes behind the bus: no side effects, no trace, no model."""
        data = bytearray(length)
        code = self._api.storage_read(slot, pf, bar, offset, ffi.from_buffer(data), length)
        self._told(code, f"storage read of {length} bytes at {offset:#x} of {bar_name(pf, bar)}")
        return bytes(data)

    def set_storage(self, slot: int, pf: int, bar: int, offset: int, data: bytes) -> None:
        """Sets bytes behind the bus."""
        code = self._api.storage_write(slot, pf, bar, offset, data, len(data))
        self._told(code, f"storage write of {len(data)} bytes at {offset:#x} of {bar_name(pf, bar)}")

    def set_hook(self, slot: int, hook: Any) -> None:
        """Has the card call hook(event, slot, pf, bar, offset, width, value); None ends it."""
        if hook is None:
            self._told(self._api.set_hook(slot, ffi.NULL, ffi.NULL), "removal of a model")
            self._hooks.pop(slot, None)
            return
        handle = ffi.new_handle(hook)
        self._told(self._api.set_hook(slot, ffi.addressof(lib, "hal_model_hook"), handle), "start of a model")
        self._hooks[slot] = handle

    def fault(self, slot: int, spec: str) -> None:
        """Provokes a failure; "" ends all of them."""
        text = ffi.new("char[]", 1024)
        self._told(self._api.fault(slot, spec.encode(), text, 1024), f"fault {spec!r}", text)

    def trace(self, slot: int, capacity: int) -> None:
        """Keeps the newest accesses that reach the slot's BARs; 0 stops."""
        self._told(self._api.trace(slot, capacity), "trace")

    def trace_take(self, slot: int, limit: int) -> tuple[list[tuple[int, int, int, int, int, int]], int]:
        """Moves out the oldest accesses as (pf, bar, width, is_write, offset, value), and how many were lost."""
        rows, lost = ffi.new("hal_card_access[]", limit), ffi.new("uint64_t *")
        count = self._api.trace_take(slot, rows, limit, lost)
        if count < 0:
            self._told(count, "trace")
        taken = [rows[i] for i in range(count)]
        return [(row.pf, row.bar, row.width, row.is_write, row.offset, row.value) for row in taken], lost[0]

    def set_leds(self, slot: int, value: int) -> None:
        """What the design drives on the virtual LEDs."""
        self._told(self._api.set_leds(slot, value), "setting the LEDs")

    def clock_hz(self, slot: int) -> list[int]:
        """Hertz of main_a0, a1, a2, a3, b0, b1, c0, c1, hbm_axi, hbm_ref."""
        out = ffi.new("uint64_t[10]")
        self._told(self._api.clock_hz(slot, out), "clocks")
        return list(out)

    def reset(self, slot: int) -> None:
        """A power cycle of the slot."""
        self._told(self._api.reset(slot), "power cycle")


class Library:
    """A loaded library with the SDK's interface. One object for each; it stays loaded until the process ends."""

    replays = False
    _opened: dict[str, Library] = {}  # noqa: RUF012  (shared on purpose)

    def __init__(self, path: str) -> None:
        holder, text = ffi.new("hal_library **"), ffi.new("char[]", 4096)
        code = lib.hal_library_open(path.encode(), holder, text, 4096)
        if code:
            reason = ffi.string(text).decode(errors="replace")
            if reason.startswith("lacks "):
                reason += "; it is no complete SDK library (libfpga_mgmt.so): install the SDK, or give another path"
            else:
                reason += "; install the SDK, or set HAL_LIBRARY to sdk, emulator or a path"
            raise LibraryError(f"library {path}: {reason}", code=code, name="library")
        self.native: Any = holder[0]
        self.path = path
        card = lib.hal_library_card(self.native)
        self.card = Card(card) if card else None
        self._ready = False

    @classmethod
    def load(cls, path: str) -> Library:
        """The library at a path or name that dlopen takes. LibraryError names what is wrong with it."""
        if path not in cls._opened:
            cls._opened[path] = cls(path)
        return cls._opened[path]

    def start(self) -> None:
        """Runs the library's own set-up (fpga_pci_init, fpga_mgmt_init), once."""
        if not self._ready:
            code = lib.hal_library_init(self.native)
            if code:
                raise_code(code, f"start of library {self.path}")
            self._ready = True

    def __repr__(self) -> str:
        return f"<library {self.path}{', emulated card' if self.card else ''}>"

    def has(self, function: str) -> bool:
        """Whether the library exports this function of the SDK."""
        return bool(lib.hal_library_has(self.native, function.encode()))

    def error_text(self, code: int) -> str:
        """What the library says of a code (fpga_mgmt_strerror), or our own name for it."""
        text = lib.hal_strerror(self.native, code)
        return ffi.string(text).decode(errors="replace") if text else describe_code(code)

    def error_text_long(self, code: int) -> str:
        """The longer text (fpga_mgmt_strerror_long); "" where the library has none."""
        text = lib.hal_strerror_long(self.native, code)
        return ffi.string(text).decode(errors="replace") if text else ""

    def status_name(self, status: int) -> str:
        """The library's name of a slot's status (fpga_mgmt_get_status_name)."""
        text = lib.hal_status_name(self.native, status)
        return ffi.string(text).decode(errors="replace") if text else f"status {status}"

    def call(self, function: str, *arguments: Any) -> int:
        """A service of the core by its name without `hal_`; returns its code."""
        self.start()
        code: int = getattr(lib, "hal_" + function)(self.native, *arguments)
        return code

    def new(self, kind: str) -> Any:
        """Room for one C value of this type, zeroed."""
        return ffi.new(kind)

    def share_locks(self, slot: int, bars: dict[tuple[int, int], int], services: int) -> None:
        """Has the slot's locks hold between processes: a file's descriptor for each BAR, and one for its services."""
        for (pf, bar), file in bars.items():
            lib.hal_share_bar(self.native, slot, pf, bar, file)
        lib.hal_share_services(self.native, slot, services)

    def retire(self, slot: int, pf: int) -> None:
        """Ends every mapping of a function's BARs; who holds one gets StaleHandleError."""
        lib.hal_retire(self.native, slot, pf)


class TapeEntry(NamedTuple):
    """One access as it was on the bus; `code` is what the library returned."""

    handle: int
    pf: int
    bar: int
    offset: int
    width: int
    is_write: bool
    value: int
    code: int

    @classmethod
    def of(cls, raw: Any) -> TapeEntry:
        """From the core's struct."""
        place = raw.handle, raw.pf, raw.bar, raw.offset, raw.width
        return cls(*place, bool(raw.is_write), raw.value, raw.code)


def record_start(library: Library) -> None:
    """Writes down every bus access of this library from now on. One recording at a time in a process."""
    code = lib.hal_record_start(library.native)
    if code:
        raise_code(code, f"recording on {library!r}")


def record_take(limit: int = 4096) -> tuple[list[TapeEntry], int]:
    """Moves out the oldest accesses; and how many found no room since the start."""
    rows, count, lost = ffi.new("hal_tape_entry[]", limit), ffi.new("size_t *"), ffi.new("uint64_t *")
    code = lib.hal_record_take(rows, limit, count, lost)
    if code:
        raise_code(code, "recording")
    return [TapeEntry.of(rows[number]) for number in range(count[0])], lost[0]


def record_stop() -> None:
    """Ends the recording."""
    lib.hal_record_stop()


class ReplayLibrary(Library):
    """A card that answers from a recording.

    There is one at a time in a process: a new one takes its place.
    """

    replays = True

    def __init__(
        self, name: str, entries: list[TapeEntry], slot: int, afi: str, ids: tuple[int, int, int, int]
    ) -> None:
        rows, raw = ffi.new("hal_tape_entry[]", len(entries)), ffi.new("hal_replay_slot *")
        for row, entry in zip(rows, entries, strict=True):
            row.pf, row.bar, row.offset, row.width = entry.pf, entry.bar, entry.offset, entry.width
            row.is_write, row.value, row.code = entry.is_write, entry.value, entry.code
        raw.number, raw.afi_id = slot, afi.encode()[:63]
        raw.vendor, raw.device, raw.subsystem_vendor, raw.subsystem_device = ids
        holder = ffi.new("hal_library **")
        code = lib.hal_replay_open(rows, len(entries), raw, holder)
        if code:
            raise_code(code, f"replay of {name}")
        self.native = holder[0]
        self.path = name
        self.card = None
        self._ready = False

    def __repr__(self) -> str:
        return f"<replay of {self.path}>"

    def progress(self) -> tuple[int, TapeEntry | None]:
        """How many accesses were made as recorded, and the one that differed from the next."""
        made, got = ffi.new("size_t *"), ffi.new("hal_tape_entry *")
        failed = lib.hal_replay_state(made, got)
        return made[0], TapeEntry.of(got) if failed else None


def text_of(chars: Any) -> str:
    """A C string as text."""
    return str(ffi.string(chars).decode(errors="replace"))


def bytes_of(chars: Any) -> bytes:
    """A C string as bytes."""
    return bytes(ffi.string(chars))


def flags_of(array: Any) -> tuple[bool, ...]:
    """The flags of a C array, where a library may have left any byte."""
    return tuple(byte != 0 for byte in bytes(ffi.buffer(array)))


# -- access by handle number, as the vendor's Python classes do it ------------------------------------------------


def attach(library: Library, slot: int, pf: int, bar: int, flags: int) -> tuple[int, int]:
    """Code and handle of fpga_pci_attach."""
    library.start()
    out = ffi.new("int *", -1)
    return lib.hal_attach(library.native, slot, pf, bar, flags, out), out[0]


def detach(library: Library, handle: int) -> int:
    """Code of fpga_pci_detach."""
    return int(lib.hal_detach(library.native, handle))


def handle_place(library: Library, handle: int) -> tuple[int, int, int] | None:
    """Slot, function and BAR of an attached handle; None where nothing is attached."""
    holder = ffi.new("hal_bar **")
    if lib.hal_bar_of(library.native, handle, holder):
        return None
    return holder[0].slot, holder[0].pf, holder[0].bar


def handle_peek(library: Library, handle: int, offset: int, width: int) -> tuple[int, int]:
    """Code and value of a read of `width` bits."""
    out = ffi.new("uint64_t *")
    return lib.hal_peek(library.native, handle, offset, width, out), out[0]


def handle_poke(library: Library, handle: int, offset: int, width: int, value: int) -> int:
    """Code of a write of `width` bits."""
    return int(lib.hal_poke(library.native, handle, offset, width, value))


def handle_write_words(library: Library, handle: int, offset: int, data: memoryview, count: int) -> int:
    """Code of a write of 32-bit words from a contiguous buffer that holds at least `count` of them."""
    holder = ffi.new("hal_bar **")
    code = lib.hal_bar_of(library.native, handle, holder)
    if code == 0:
        bar = holder[0]
        with ffi.from_buffer(data) as words:
            code = lib.hal_write_block(bar, bar.generation, offset, 32, words, count)
    return int(code)


def handle_fill(library: Library, handle: int, offset: int, value: int, count: int) -> int:
    """Code of a write of the same 32-bit word `count` times."""
    holder = ffi.new("hal_bar **")
    code = lib.hal_bar_of(library.native, handle, holder)
    if code == 0:
        code = lib.hal_fill(holder[0], holder[0].generation, offset, value, count)
    return int(code)


def handle_address(library: Library, handle: int, offset: int, size: int) -> tuple[int, int]:
    """Code and address of `size` bytes at `offset` in the BAR's mapping."""
    out = ffi.new("uint64_t *")
    return lib.hal_address(library.native, handle, offset, size, out), out[0]


def plain(value: Any) -> Any:
    """A C value as Python's own: structs as dicts of their members, arrays as lists, characters as bytes."""
    if not isinstance(value, ffi.CData):
        return value
    kind = ffi.typeof(value)
    if kind.kind == "pointer":
        return plain(value[0])
    if kind.kind == "array":
        if kind.item.cname == "_Bool":
            return list(flags_of(value))
        return bytes_of(value) if kind.item.cname == "char" else [plain(item) for item in value]
    return {name: plain(getattr(value, name)) for name, _ in kind.fields}


def size_of(kind: str) -> int:
    """Bytes of a C type as this extension was built with."""
    return int(ffi.sizeof(kind))
