# The accelerator in C; hal._binding.accelerator and hal.access.native import it.
from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])

READ_NONE: int
READ_PYTHON: int
READ_WORDS: int
READ_DIRECT: int
WRITE_NONE: int
WRITE_PYTHON: int
WRITE_PUT: int
WRITE_MODIFY: int
FORMAT_UNSIGNED: int
FORMAT_SIGNED: int
FORMAT_BOOL: int
FORMAT_ENUM: int
FORMAT_FIXED: int
FORMAT_INTEGER: int
FORMAT_REAL: int
FORMAT_FLOAT: int
FORMAT_PYTHON: int
WAY_READ: int
WAY_WRITE: int

def use_core(address: int, /) -> None: ...
def sweep_words(given: Any, width: int, /) -> bytes | None: ...
def Method(short_way: str, function: _F) -> _F: ...  # noqa: N802  (a type)

class AttachedBar:
    def _hold_bar(self, address: int, generation: int, /) -> None: ...

class HandleUser:
    def _hold_library(self, address: int, /) -> None: ...

class Shape:
    def __init__(
        self,
        ports: int,
        mask: int,
        reset: int,
        keep: int,
        ones: int,
        last: int,
        guard: int,
        effects: int,
        reserved: int,
        unknown: int,
        plain: bool,
        readable: bool,
        writable: bool,
        has_arrays: bool,
        lane: bool,
    ) -> None: ...

class Node:
    @property
    def _store(self) -> Any: ...
    def _hold(self, store: Any, address: int, count: int, shape: Shape, /) -> None: ...
    def _hold_store(self, store: dict[int, Any] | Window, /) -> None: ...

class RegisterNode(Node): ...

class Window:
    def __init__(self, offset: int, words: int, width: int, bus: int, reads: int) -> None: ...
    def open(self, way: int, address: int, generation: int, /) -> None: ...
    def is_open(self, way: int, /) -> bool: ...

class Field:
    def __init__(
        self,
        shape: Shape,
        declaration: Any,
        name: str,
        port: int,
        lsb: int,
        width: int,
        reading: int,
        writing: int,
        kind: Any,
        format: int,  # noqa: A002
        facts: tuple[Any, ...],
    ) -> None: ...
    def lies_in(self, distance: int, count: int, width: int, order: int, stable: bool, low: int, /) -> None: ...
    def is_toggled_by(self, value: object, here: bool, /) -> None: ...

class PreparedRead:
    def _hold_words(self, given: Any, name: str, /, *in_c: Any) -> None: ...

class PreparedReads:
    def find(self, given: Any, name: str, /) -> Any: ...
    def add(self, read: PreparedRead, /) -> None: ...

class PendingRead:
    def _hold_steps(self, read: PreparedRead, steps: tuple[int, ...], /) -> None: ...

class BatchReader:
    def _hold_batch(
        self,
        owner: Any,
        address: int,
        known: PreparedReads,
        futures: list[Any],
        made: type[PendingRead],
        /,
    ) -> None: ...
    def _end_batch(self) -> None: ...

class ClassStatements:
    def _hold_driver(
        self,
        names: dict[str, Any],
        waiting: dict[str, Any],
        kind: type[tuple[Any, ...]],
        flag: str,
        each: int,
        /,
    ) -> None: ...
    def _end_driver(self) -> None: ...

def fill_pending(futures: list[PendingRead], address: int, /) -> None: ...
