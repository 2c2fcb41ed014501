"""A driver inside of a cocotb test bench: its accesses are those of the bench's bus master.

Needs cocotb 2; cocotbext-axi has masters that fit.
"""

from __future__ import annotations

import atexit
import ctypes
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hal.codes import Pf
from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from hal.devices.device import Device

__all__ = ["Master", "run"]

_CARD = Path(__file__).parents[1] / "libhal_card.so"
_SILENT = 1  # HAL_LOGIC_SILENT
_ONES = (1 << 64) - 1

D = TypeVar("D", bound="Device")
R = TypeVar("R")


class Master(Protocol):
    """What masters a bus: an AxiLiteMaster, AxiMaster or ApbMaster of cocotbext, or what has these two."""

    def read(self, address: int, length: int) -> Awaitable[Any]:
        """So many bytes, or what has them as `data`."""

    def write(self, address: int, data: bytes) -> Awaitable[Any]:
        """Writes bytes."""


async def run(
    program: Callable[[D], R],
    driver: type[D],
    buses: Master | Mapping[str, Master],
    *,
    reset: Callable[[], Awaitable[None]] | None = None,
    verify: bool = True,
) -> R:
    """Run `program(device)`, plain Python, against the bench's logic, and return what it returns.

    It runs in a thread; simulated time passes in its accesses alone. `buses`: the master of the driver's own BAR, or of
    several by their names ("app:0", "mgmt:4"). `reset`: what makes the logic as after its configuration; it is awaited
    before the program, and when that loads the slot. An error of the bus or of `reset` is raised from here.
    """
    from cocotb.task import bridge  # noqa: PLC0415  (an extra)

    if isinstance(buses, dict):
        masters = {_space(name): master for name, master in buses.items()}
    else:
        masters = {driver._design.home: buses}
    logic = _Logic.of_process()
    if logic.masters:
        raise HalError("one program at a time runs in a bench: await the other one first")
    logic.begin(masters, reset)
    try:
        result: R = await bridge(logic.act)(program, driver, verify)
        return result
    finally:
        logic.masters = {}


def _space(name: str) -> tuple[int, int]:
    function, _, bar = name.partition(":")
    try:
        return int(Pf[function.upper()]), int(bar)
    except (KeyError, ValueError):
        raise HalError(f"{name!r} is no BAR: it is app:0, mgmt:4 or the like") from None


class _Calls(ctypes.Structure):
    """hal_logic, of bindings/include/hal_logic.h."""

    CONFIGURE = ctypes.CFUNCTYPE(ctypes.c_int)
    READ = ctypes.CFUNCTYPE(
        *(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_uint64, ctypes.c_uint, ctypes.POINTER(ctypes.c_uint64))
    )
    WRITE = ctypes.CFUNCTYPE(
        *(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_uint64, ctypes.c_uint, ctypes.c_uint64)
    )
    LEDS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_uint16))
    DIP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint16)
    _fields_ = [
        *((name, ctypes.c_char_p) for name in ("name", "design", "afi")),
        ("configure", CONFIGURE),
        ("read", READ),
        ("write", WRITE),
        ("write_block", ctypes.c_void_p),
        ("leds", LEDS),
        ("set_dip", DIP),
        ("ids", ctypes.c_void_p),
    ]


class _Api(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("use", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Calls))),
    ]


class _Logic:
    """A card of its own, a copy of the emulated one, whose BARs are answered by the masters of a bench."""

    _made: _Logic | None = None

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="hal-cocotb-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self.path = shutil.copy(_CARD, folder)  # what is not loaded yet, in no program
        self.masters: Mapping[tuple[int, int], Master] = {}
        self._reset: Callable[[], Awaitable[None]] | None = None
        self._error: BaseException | None = None
        library = ctypes.CDLL(self.path)
        library.hal_logic_get_api.restype = ctypes.POINTER(_Api)
        self._calls = _Calls(
            b"cocotb", None, None, _Calls.CONFIGURE(self._configure), _Calls.READ(self._read),
            _Calls.WRITE(self._write), None, _Calls.LEDS(self._leds), _Calls.DIP(lambda _value: 0), None,
        )  # fmt: skip
        library.hal_logic_get_api().contents.use(ctypes.byref(self._calls))

    @classmethod
    def of_process(cls) -> _Logic:
        """The only one."""
        if cls._made is None:
            cls._made = cls()
        return cls._made

    def begin(self, masters: Mapping[tuple[int, int], Master], reset: Callable[[], Awaitable[None]] | None) -> None:
        """What answers from now on."""
        self.masters, self._reset, self._error = masters, reset, None

    def act(self, program: Callable[[D], R], driver: type[D], verify: bool) -> R:
        """The program, in this thread."""
        from hal.slots.slot import open_slot  # noqa: PLC0415  (with the card's calls in place)

        with open_slot(0, self.path) as slot:
            slot.emulator.install(driver)
            slot.load(driver._design.afi_id)
            self._raise()
            with slot.attach(driver, verify=verify) as device:
                result = program(device)
        self._raise()
        return result

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _awaited(self, call: Callable[..., Awaitable[R]], *arguments: Any) -> R:
        """What a coroutine function of the bench returns."""
        from cocotb.task import resume  # noqa: PLC0415

        async def wrapped() -> R:
            return await call(*arguments)

        result: R = resume(wrapped)()
        return result

    def _failed(self, error: BaseException) -> int:
        """The first error is raised when the program ends, however it takes all ones."""
        self._error = self._error or error
        return _SILENT

    def _configure(self) -> int:
        try:
            if self._reset is not None:
                self._awaited(self._reset)
        except BaseException as error:  # noqa: BLE001  (C is between here and who takes it)
            self._failed(error)
        return 0

    def _read(self, pf: int, bar: int, offset: int, count: int, value: Any) -> int:
        master = self.masters.get((pf, bar))
        if master is None or self._error is not None:
            return _SILENT
        try:
            answer = self._awaited(master.read, offset, count)
            value[0] = int.from_bytes(bytes(getattr(answer, "data", answer)), "little") & _ONES
        except BaseException as error:  # noqa: BLE001
            return self._failed(error)
        return 0

    def _write(self, pf: int, bar: int, offset: int, count: int, value: int) -> int:
        master = self.masters.get((pf, bar))
        if master is None or self._error is not None:
            return _SILENT
        try:
            self._awaited(master.write, offset, value.to_bytes(8, "little")[:count])
        except BaseException as error:  # noqa: BLE001
            return self._failed(error)
        return 0

    @staticmethod
    def _leds(value: Any) -> int:
        value[0] = 0
        return 0
