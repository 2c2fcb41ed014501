"""The control calls of simulated logic."""

from __future__ import annotations

import errno
import os
from typing import Any, NamedTuple

from hal._binding.extension import ffi, lib
from hal._binding.sdk.pace import SimulatedTime
from hal.codes import describe_code
from hal.errors import FieldNameError, HalError

_SLICE = 20_000  # clocks that pass before signals are looked at
LINES = 16


class PortInfo(NamedTuple):
    """A port of the top. `kind`: "in" (free to be set), "out", or "driven" by a bus or the shell."""

    name: str
    kind: str
    bits: int


class WordCount(NamedTuple):
    """A bus word of 32 bits that was accessed; of its bits, those seen or written as 1 and as 0."""

    pf: int
    bar: int
    offset: int
    reads: int
    writes: int
    errors: int
    read_ones: int
    read_zeros: int
    written_ones: int
    written_zeros: int


class Simulation:
    """The control calls of simulated logic, for hal.simulation. Codes become exceptions."""

    def __init__(self, library: Any, api: Any) -> None:
        self._library, self._api = library, api
        self._time = SimulatedTime(library, api)

    def _told(self, code: int, what: str) -> int:
        if code >= 0:
            return code
        if code == -errno.ECANCELED:
            raise HalError(
                f"{what}: the simulation has ended ({self.facts()['ended']}); load the slot again", code=code
            )
        raise HalError(f"{what} failed: {describe_code(code)}", code=code, name=describe_code(code))

    def facts(self) -> dict[str, str]:
        """What `describe` says, without buses and ports."""
        return {key: value for key, value in self._lines() if key not in {"bus", "port"}}

    def buses(self) -> list[tuple[int, int, int]]:
        """PCI function, BAR, and bits of each bus."""
        rows = (value.split() for key, value in self._lines() if key == "bus")
        return [(int(pf), int(bar), int(bits)) for pf, bar, bits in rows]

    def ports(self) -> list[PortInfo]:
        """The ports of the top."""
        rows = (value.split() for key, value in self._lines() if key == "port")
        return [PortInfo(name, kind, int(bits)) for name, kind, bits in rows]

    def _lines(self) -> list[tuple[str, str]]:
        size = self._api.describe(ffi.NULL, 0) + 256  # what ends it may come in between
        text = ffi.new("char[]", size)
        self._api.describe(text, size)
        lines = ffi.string(text).decode(errors="replace").splitlines()
        return [(key, value) for key, _, value in (line.partition("=") for line in lines)]

    def advance(self, clocks: int) -> None:
        """Lets so many clocks pass. A signal ends it between two slices."""
        while clocks > 0:
            step = min(clocks, _SLICE)
            self._told(lib.hal_simulate(self._library, step), f"simulation of {step} clocks")
            clocks -= step

    def passed(self) -> tuple[int, int]:
        """Clocks and picoseconds since the logic was configured."""
        return self._time.passed()

    def set_idle(self, clocks: int) -> None:
        """Clocks after each access."""
        self._told(self._api.set_idle(clocks), "setting the idle clocks")

    def waves(self, path: str | None) -> None:
        """Writes waves from now on; None ends it."""
        code = self._api.waves(ffi.NULL if path is None else os.fsencode(path))
        if code == -errno.EOPNOTSUPP:
            raise HalError("this library was built without waves: build it with --waves vcd, or fst", code=code)
        if code == -errno.ENOENT:
            raise HalError(f"waves can't be written to {path}: give a file in a folder that is there", code=code)
        self._told(code, "waves")

    def port(self, name: str) -> int:
        """The value of a port."""
        words = ffi.new("uint32_t[]", self._words(name))
        self._told(self._api.port_read(name.encode(), words, len(words)), f"reading port {name}")
        return int.from_bytes(bytes(ffi.buffer(words)), "little")

    def set_port(self, name: str, value: int) -> None:
        """Sets an input; the value must fit."""
        count = self._words(name)
        words = ffi.new("uint32_t[]", [value >> 32 * place & 0xFFFFFFFF for place in range(count)])
        code = self._api.port_write(name.encode(), words, count)
        if code == -errno.EPERM:
            raise HalError(f"port {name} is an output, or a bus or the shell drives it", code=code)
        self._told(code, f"setting port {name}")

    def _words(self, name: str) -> int:
        found = [port for port in self.ports() if port.name == name]
        if not found:
            raise FieldNameError(
                f"the top has no port {name!r}: it has {', '.join(port.name for port in self.ports())}"
            )
        return -(-found[0].bits // 32)

    def interrupts(self) -> tuple[list[int], int]:
        """Requests of each line since the logic was configured, and the lines that are asserted now, as bits."""
        counts, asserted = ffi.new(f"uint64_t[{LINES}]"), ffi.new("uint32_t *")
        self._told(self._api.interrupts(counts, asserted), "looking at the interrupts")
        return list(counts), int(asserted[0])

    def words(self) -> list[WordCount]:
        """Each word that was accessed."""
        count = self._api.words(ffi.NULL, 0)
        rows = ffi.new("hal_cosim_word[]", max(1, count))
        count = min(count, self._api.words(rows, count))
        return [WordCount(*(int(getattr(rows[place], name)) for name in WordCount._fields)) for place in range(count)]

    def forget_words(self) -> None:
        """Nothing was accessed."""
        self._told(self._api.forget_words(), "forgetting what was accessed")

    def response(self) -> int:
        """What answered this thread's last access: 0 OKAY, 1 EXOKAY, 2 SLVERR, 3 DECERR, 4 nobody."""
        return int(self._api.response())

    def host_memory(self) -> memoryview:
        """The host's memory, which the logic reaches as a PCIe master."""
        base, size = ffi.new("void **"), ffi.new("uint64_t *")
        code = self._api.host_memory(base, size)
        if code == -errno.EOPNOTSUPP:
            raise HalError("this top has no PCIM ports, so the logic reaches no memory of the host's", code=code)
        self._told(code, "asking for the host's memory")
        return memoryview(ffi.buffer(base[0], size[0])).cast("B")

    def function_reset(self, clocks: int) -> None:
        """A function level reset."""
        code = self._api.function_reset(clocks)
        if code == -errno.EOPNOTSUPP:
            raise HalError("this top has no sh_cl_flr_assert, so there is no function level reset", code=code)
        self._told(code, "function level reset")
