"""Controls of simulated logic; `slot.simulation`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hal.errors import FieldNameError, FieldTypeError, FieldValueError, LibraryError
from hal.lines.interrupt_events import InterruptState
from hal.simulation.coverage import Coverage, coverage_of
from hal.simulation.free_running import Running
from hal.uncopyable import Closing, Uncopyable
from hal.values import fitting, integer, shown

if TYPE_CHECKING:
    from hal._binding import Library
    from hal._binding.sdk.simulation import PortInfo
    from hal._binding.sdk.simulation import Simulation as Calls

__all__ = ["Ports", "Simulation", "Waves"]

_CLOCKS_MAX = 1 << 48
_IDLE_MAX = 1_000_000


class Waves(Closing, Uncopyable):
    """Waves that are written to a file until `close()`, or the end of a `with` block."""

    def __init__(self, calls: Calls, path: str) -> None:
        self._calls, self.path, self._open = calls, path, True
        calls.waves(path)

    def close(self) -> None:
        """Ends the file. Again does nothing."""
        if self._open:
            self._open = False
            self._calls.waves(None)


class Ports(Uncopyable, Mapping[str, int]):
    """The top's ports by name. All can be read; inputs that neither a bus nor the shell drives can be set.

    What is set holds, from the next clock on, until it is set again, also when the slot is loaded.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def __getitem__(self, name: str) -> int:
        self.info(name)
        return self._calls.port(name)

    def __setitem__(self, name: str, value: int) -> None:
        port = self.info(name)
        self._calls.set_port(name, fitting(value, port.bits, f"port {name} is an integer"))

    def __iter__(self) -> Iterator[str]:
        return iter(port.name for port in self._calls.ports())

    def __len__(self) -> int:
        return len(self._calls.ports())

    def info(self, name: str) -> PortInfo:
        """A port's kind ("in": can be set, "out", or "driven" by a bus or the shell) and its bits."""
        found = {port.name: port for port in self._calls.ports()}
        if name not in found:
            raise FieldNameError(f"the top has no port {shown(name)}: it has {', '.join(found)}")
        return found[name]

    def __repr__(self) -> str:
        return f"<ports {', '.join(self)}>"


class Simulation(Uncopyable):
    """The simulated logic behind a slot.

    Its time passes in accesses, `idle` clocks after each, in waits (`wait_for`), in `advance`, and while it is
    `running`.
    """

    def __init__(self, library: Library) -> None:
        if library.simulation is None:
            raise LibraryError(
                f"{library!r} is no simulated logic: build a library with hal cosim build, and give its path"
            )
        self._library, self._calls = library, library.simulation

    def __repr__(self) -> str:
        return f"<simulation of {self.top}, {self.clocks} clocks>"

    @property
    def top(self) -> str:
        """The top module's name."""
        return self._calls.facts()["top"]

    # -- time -----------------------------------------------------------------------------------------------------

    def advance(self, clocks: int) -> None:
        """Lets so many clocks of the main clock pass. Other threads run meanwhile; Ctrl-C ends it."""
        number = integer(clocks, "clocks are a number")
        if not 0 <= number <= _CLOCKS_MAX:
            raise FieldValueError(f"{shown(number)} clocks can't pass: give 0 to {_CLOCKS_MAX}")
        self._calls.advance(number)

    def running(self) -> Running:
        """Lets time pass by itself from now on, in a thread: `with simulation.running(): ...`."""
        return Running(self._calls)

    @property
    def time(self) -> float:
        """Seconds of simulated time since the logic was configured, which a load does."""
        return self._calls.passed()[1] * 1e-12

    @property
    def clocks(self) -> int:
        """Clocks of the main clock since then."""
        return self._calls.passed()[0]

    @property
    def hz(self) -> int:
        """Of the main clock; HAL_COSIM_MHZ sets it, 250 MHz without."""
        return int(self._calls.facts()["hz"])

    @property
    def idle(self) -> int:
        """Clocks that pass after each access; HAL_COSIM_IDLE sets it, 0 without. May be set."""
        return int(self._calls.facts()["idle"])

    @idle.setter
    def idle(self, clocks: int) -> None:
        number = integer(clocks, "idle clocks are a number")
        if not 0 <= number <= _IDLE_MAX:
            raise FieldValueError(f"{shown(number)} idle clocks: give 0 to {_IDLE_MAX}")
        self._calls.set_idle(number)

    @property
    def ended(self) -> str:
        """What ended the simulation: $finish or $fatal with its file and line; "" while it runs. A load starts anew."""
        return self._calls.facts()["ended"]

    @property
    def reports(self) -> int:
        """How many assertions have failed, and other calls of $stop and $error. Each is told on standard error."""
        return int(self._calls.facts()["reports"])

    # -- what can be seen and set ---------------------------------------------------------------------------------

    def waves(self, path: str | os.PathLike[str]) -> Waves:
        """Writes waves of all signals from now on, as a VCD or FST file: as the library was built.

        HAL_COSIM_WAVES=path does so from the start. A load begins another file: run.vcd, then run.2.vcd.
        """
        try:
            name = os.fsdecode(path)
        except TypeError:
            raise FieldTypeError(f"waves go to a file's path, not {shown(path)}") from None
        if not name or "\0" in name:
            raise FieldValueError("waves go to a file's path, which is not empty")
        return Waves(self._calls, name)

    @property
    def ports(self) -> Ports:
        """The top's ports."""
        return Ports(self._calls)

    @property
    def interrupts(self) -> InterruptState:
        """The interrupt lines: the shell's 16, or a block's outputs that are named irq, intr or interrupt."""
        counts, asserted = self._calls.interrupts()
        return InterruptState(tuple(counts), tuple(bool(asserted >> line & 1) for line in range(len(counts))))

    @property
    def response(self) -> str:
        """How the logic answered this thread's last access: OKAY, EXOKAY, SLVERR, DECERR, or "" for not at all."""
        return ("OKAY", "EXOKAY", "SLVERR", "DECERR", "")[self._calls.response()]

    def host_memory(self) -> memoryview:
        """The host's memory that the logic reads and writes by PCIM, as bytes; address 0 of the bus is its first."""
        return self._calls.host_memory()

    def function_reset(self, clocks: int = 16) -> None:
        """A function level reset: asserted for so many clocks."""
        self._calls.function_reset(fitting(clocks, 20, "clocks are a number"))

    # -- coverage -------------------------------------------------------------------------------------------------

    def coverage(self, driver: type[Any]) -> Coverage:
        """Which registers and fields of a driver this process has touched, since the start or `forget()`."""
        return coverage_of(driver, self._calls.words())

    def forget(self) -> None:
        """From here on nothing counts as touched."""
        self._calls.forget_words()
