"""A driver inside of a cocotb test bench: its accesses are those of the bench's bus master.

Needs cocotb 2; cocotbext-axi has masters that fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hal._binding.sdk.foreign_logic import ForeignLogic
from hal.codes import Pf
from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hal.devices.device import Device

__all__ = ["Master", "run"]

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
    try:
        from cocotb.task import bridge  # noqa: PLC0415  (an extra)
    except ImportError:
        raise HalError("a driver in a bench needs cocotb 2.0 or later: pip install 'fpga-hal[cocotb]'") from None
    if isinstance(buses, Mapping):
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


class _Logic:
    """What answers the accesses of a card of its own: the masters of a bench."""

    _made: _Logic | None = None

    def __init__(self) -> None:
        self.masters: Mapping[tuple[int, int], Master] = {}
        self._reset: Callable[[], Awaitable[None]] | None = None
        self._error: BaseException | None = None
        self.path = ForeignLogic("cocotb", self._configure, self._read, self._write).path

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
        from hal.slots.opening import open_slot  # noqa: PLC0415  (with the card's calls in place)

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

    def _configure(self) -> None:
        if self._reset is not None:
            self._try(self._reset)

    def _read(self, pf: int, bar: int, offset: int, count: int) -> int | None:
        master = self.masters.get((pf, bar))
        answer = None if master is None else self._try(master.read, offset, count)
        return None if answer is None else int.from_bytes(bytes(getattr(answer, "data", answer)), "little")

    def _write(self, pf: int, bar: int, offset: int, data: bytes) -> bool:
        master = self.masters.get((pf, bar))
        if master is not None:
            self._try(master.write, offset, data)
        return master is not None and self._error is None

    def _try(self, call: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """What a coroutine function of the bench returns. Its first error is kept for the program's end.

        After one, nobody answers any more. C is between here and who takes it.
        """
        if self._error is None:
            try:
                return self._awaited(call, *arguments)
            except BaseException as error:  # noqa: BLE001  (raised when the program ends)
                self._error = error
        return None
