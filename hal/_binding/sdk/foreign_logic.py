"""A card of its own whose BARs are answered by functions of this process: a copy of the emulated card's library."""

from __future__ import annotations

import atexit
import ctypes
import shutil
import tempfile
from typing import TYPE_CHECKING, Any, ClassVar

from hal._binding.sdk.discovery import emulator_path

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ForeignLogic"]

_SILENT = 1  # HAL_LOGIC_SILENT
_ONES = (1 << 64) - 1

_CONFIGURE = ctypes.CFUNCTYPE(ctypes.c_int)
_READ = ctypes.CFUNCTYPE(
    *(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_uint64, ctypes.c_uint, ctypes.POINTER(ctypes.c_uint64))
)
_WRITE = ctypes.CFUNCTYPE(*(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_uint64, ctypes.c_uint, ctypes.c_uint64))
_LEDS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_uint16))
_DIP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint16)


class _Calls(ctypes.Structure):
    """hal_logic, of bindings/include/hal_logic.h."""

    _fields_ = [
        *((name, ctypes.c_char_p) for name in ("name", "design", "afi")),
        ("configure", _CONFIGURE),
        ("read", _READ),
        ("write", _WRITE),
        ("write_block", ctypes.c_void_p),
        ("leds", _LEDS),
        ("set_dip", _DIP),
        ("ids", ctypes.c_void_p),
    ]


class _Api(ctypes.Structure):
    """hal_logic_api, of the same."""

    _fields_ = [
        ("version", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("use", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Calls))),
    ]


class ForeignLogic:
    """The functions that answer, which must not raise, and the `path` of the library to open.

    `configure()` is called by each load. `read(pf, bar, offset, bytes)` returns a number, and `write(pf, bar, offset,
    data)` whether anybody took it; None and False where nobody answers. Loaded until the process ends: make one.
    """

    _made: ClassVar[list[ForeignLogic]] = []

    def __init__(
        self,
        name: str,
        configure: Callable[[], None],
        read: Callable[[int, int, int, int], int | None],
        write: Callable[[int, int, int, bytes], bool],
    ) -> None:
        self._configure, self._read, self._write = configure, read, write
        folder = tempfile.mkdtemp(prefix="hal-logic-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self.path = shutil.copy(emulator_path(), folder)  # one that nobody in this process has used
        library = ctypes.CDLL(self.path)
        library.hal_logic_get_api.restype = ctypes.POINTER(_Api)
        calls = _CONFIGURE(self._configured), _READ(self._answered), _WRITE(self._written)
        self._calls = _Calls(name.encode(), None, None, *calls, None, _LEDS(_no_leds), _DIP(lambda _value: 0), None)
        library.hal_logic_get_api().contents.use(ctypes.byref(self._calls))
        self._made.append(self)  # C calls it from now on

    def _configured(self) -> int:
        self._configure()
        return 0

    def _answered(self, pf: int, bar: int, offset: int, count: int, value: Any) -> int:
        number = self._read(pf, bar, offset, count)
        if number is None:
            return _SILENT
        value[0] = number & _ONES
        return 0

    def _written(self, pf: int, bar: int, offset: int, count: int, value: int) -> int:
        return 0 if self._write(pf, bar, offset, value.to_bytes(8, "little")[:count]) else _SILENT


def _no_leds(value: Any) -> int:
    value[0] = 0
    return 0
