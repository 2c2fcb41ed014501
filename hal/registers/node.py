"""What registers, memories and blocks have in common: a name, a parent, a place."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NoReturn

from hal._binding import fork_waits_for
from hal.access.choice import NodeBase
from hal.errors import FieldNameError, FieldTypeError, FieldValueError, HalError
from hal.registers.numberless import Numberless
from hal.shown import Shown
from hal.uncopyable import Uncopyable
from hal.values import integer_slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hal.registers.space import Space

__all__ = ["Node", "has_state", "making", "no_such_name"]

# Names in a class body that make attributes; from Python 3.14 on annotations are a function there.
_STATE = {"__init__", "__annotations__", "__annotate__", "__annotate_func__"}
_MAKING = "making state"  # in the dict of a node whose __init__ runs
# Held while something is made on its first use: a register class's accessors, a child of a block, a BAR's mapping.
# What two threads ask for at once is made once.
making = fork_waits_for(threading.RLock())


class Node(Shown, Numberless, Uncopyable, NodeBase):
    """A place in a device. `path`: from the device, e.g. "ch[2].level". `offset`: bytes from its BAR's start.

    A user's subclass may have state: attributes whose names stand in its class body, are set by its `__init__`, or
    begin with an underscore. Its `__init__`, which takes no arguments, is called once the node is at its place.
    """

    __slots__ = ("__weakref__", "_name", "_offset", "_parent", "_space")

    _name: str
    _parent: Node | None
    _space: Space
    _offset: int

    def _place(self, parent: Node | None, name: str, space: Space, offset: int) -> None:
        """Sets the slots past any __setattr__ of a subclass."""
        _set_parent(self, parent)
        _set_name(self, name)
        _set_space(self, space)
        _set_offset(self, offset)

    if not TYPE_CHECKING:  # a checker would take every class for one that can't be used

        def __new__(cls, *_, **__):  # noqa: ANN002, ANN003, ANN204, D102
            raise FieldTypeError(f"{cls.__name__} is made by its device: open one, e.g. with Driver.open(0)")

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise FieldTypeError(f"{self._where()} is a place on a card and can't be copied or pickled; its values can")

    def _own_note(self) -> str:
        """How a subclass says that it has an attribute."""
        return "; an attribute of its own is set in __init__ or the class body" if hasattr(self, "__dict__") else ""

    def _set_own(self, name: str, value: Any) -> bool:
        """Sets an attribute of a user's subclass; False where it has none of that name."""
        kinds = type(self).__mro__
        own = kinds[: next(place for place, kind in enumerate(kinds) if kind.__module__.startswith("hal."))]
        if name.startswith("__") or hasattr(kinds[len(own)], name):
            return False
        for kind in own:
            item: Any = vars(kind).get(name)
            if hasattr(type(item), "__set__"):  # a property, or one of its slots
                item.__set__(self, value)
                return True
        declared = any(name in vars(kind) or name in kind.__annotations__ for kind in own)
        state: dict[str, Any] | None = getattr(self, "__dict__", None)
        if state is None or not (declared or name.startswith("_") or name in state or _MAKING in state):
            return False
        state[name] = value
        return True

    def _make_state(self) -> None:
        """Calls a subclass's own `__init__`. Nobody else has the node yet."""
        state: dict[str, Any] = getattr(self, "__dict__", {})
        state[_MAKING] = True
        try:
            self.__init__()  # type: ignore[misc]
        finally:
            del state[_MAKING]

    def _missing(self, name: str) -> Any:
        """The child of that name, made now; AttributeError for a name that is not there."""
        raise AttributeError(f"{self._where()} has no attribute {name!r}")

    @property
    def path(self) -> str:
        """Where it is in the device; "" for the device itself."""
        parent = self._parent
        if parent is None:
            return ""
        above = parent.path
        return f"{above}.{self._name}" if above else self._name

    @property
    def address(self) -> int:
        """Bytes from the start of its BAR."""
        return self._offset

    def _root(self) -> Any:
        """The device; see `hal.design.root.Root`."""
        node: Node = self
        while node._parent is not None:
            node = node._parent
        return node

    def _root_name(self) -> str:
        name: str = self._root()._name
        return name

    def _full_path(self) -> str:
        path = self.path
        return f"{self._root_name()}.{path}" if path else self._root_name()

    def _where(self) -> str:
        """Path and address, as every error states them."""
        return f"{self._full_path()} ({self._space.name}, {self._offset:#x})"

    def _placed_error(self, problem: FieldValueError | FieldTypeError) -> HalError:
        """The error of a value that was given here, with the place."""
        return type(problem)(f"{self._where()}: {problem}", path=self._full_path())

    def _slice(self, key: slice) -> slice:
        """The same slice of plain integers."""
        try:
            return integer_slice(key)
        except (FieldTypeError, FieldValueError) as problem:
            raise self._placed_error(problem) from problem.__cause__


def has_state(namespace: Mapping[str, Any], declared: Iterable[str]) -> bool:
    """Whether a class body says more than what it declares, so that its instances have a dict."""
    more = {name for name in namespace if not name.startswith("__")} - set(declared)
    return bool(more) or not _STATE.isdisjoint(namespace)


def no_such_name(where: str, name: str, known: Iterable[str], noun: str, note: str = "") -> FieldNameError:
    """The error for a misspelt name, with the nearest one that exists."""
    import difflib  # noqa: PLC0415  (importing a driver is to be quick)

    names, name = sorted(known), str.__str__(name)  # no subclass, which may be anything
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(names) or 'none'}"
    return FieldNameError(f"{where} has no {noun} {name!r}; {hint}{note}", path=where)


_set_parent = vars(Node)["_parent"].__set__
_set_name = vars(Node)["_name"].__set__
_set_space = vars(Node)["_space"].__set__
_set_offset = vars(Node)["_offset"].__set__
