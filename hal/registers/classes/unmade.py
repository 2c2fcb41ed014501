"""Register and block classes of a large driver that are made when they are first used.

To make a class takes longer than anything else that importing a driver does, and most programs use few of thousands. So
the statement of such a class waits until the class is asked for: by name from the module, by a path, or because what
lies there is made. What runs class statements, `builtins.__build_class__`, stands aside for that while the driver is
imported; an interpreter that runs them by something else makes all classes at once.
"""

from __future__ import annotations

import builtins
import gc
import sys
from types import FunctionType
from typing import Any

from hal._binding import ClassStatements, in_c
from hal.registers.node import making

__all__ = ["Unmade", "end_of_driver", "on_first_use"]

Globals = dict[str, Any]
_LEFT_ALONE = 128  # classes, of fewer objects than make a search
_MAY_WAIT = "_may_wait"


class Unmade(tuple[Any, ...]):
    """A class whose statement waits: the driver, body, name, base, names of its keywords, and their values.

    There are as many as classes: C makes such a tuple in no time. Each is one thing, whatever it holds.
    """

    __slots__ = ()
    __eq__, __hash__ = object.__eq__, object.__hash__

    @property
    def name(self) -> str:
        """What it will be called."""
        name: str = self[2]
        return name

    @property
    def base(self) -> type[Any]:
        """What it is derived from."""
        base: type[Any] = self[3]
        return base

    @property
    def kind(self) -> type[Any]:
        """The class itself, made now if need be; the same each time."""
        driver: _Driver
        driver, body, name, base, names, *values = self
        with making:
            made = driver.unmade[name]
            if made is self:
                made = _run(driver.with_names(body), name, base, **dict(zip(names, values, strict=True)))
                driver.unmade[name] = made
                if driver.module.get(name, self) is self:  # nobody has put something else there
                    driver.module[name] = made
        kind: type[Any] = made
        return kind

    def __mro_entries__(self, _bases: tuple[Any, ...]) -> tuple[type[Any]]:
        """It is derived from as the class is."""
        return (self.kind,)


class _Driver(ClassStatements):
    """A driver that is or was imported: its name, its globals, and the classes whose statements waited, by name.

    `unmade`: what they are now, statements or classes.
    """

    __slots__ = ("_are_old", "module", "name", "unmade")

    def __init__(self, name: str, module: Globals) -> None:
        self.name, self.module = name, module
        self.unmade: dict[str, Any] = {}
        self._are_old: bool | None = None
        self._hold_driver(module, self.unmade, Unmade, _MAY_WAIT, _LEFT_ALONE)

    def leave_alone(self) -> None:
        """Let the search for cycles take all objects for old: to go through these often is a quarter of the import."""
        # What a program froze itself, before a fork say, stays so; to ask goes through all that.
        if self._are_old is None:
            self._are_old = gc.isenabled() and not gc.get_freeze_count()
        if self._are_old:
            gc.freeze()
            gc.unfreeze()

    def with_names(self, body: FunctionType) -> FunctionType:
        """A class's body that finds the classes of its children, which are no names of the module any more."""
        hidden = [name for name in body.__code__.co_names if name in self.unmade and name not in self.module]
        if not hidden:
            return body
        names = {**self.module, **{name: self.unmade[name] for name in hidden}}
        return FunctionType(body.__code__, names, body.__name__, body.__defaults__, body.__closure__)

    @in_c("class_statement")
    def run(self, body: FunctionType, name: str, /, *bases: Any, **keywords: Any) -> Any:
        """Run a class statement, this driver's or any other, or return what stands for the class until it is made."""
        return _statements.run(body, name, bases, keywords)

    def hold(self, body: FunctionType, name: str, base: type[Any], keywords: dict[str, Any]) -> Unmade:
        """What stands for a class of this driver; C does the same where it can."""
        unmade = self.unmade[name] = Unmade((self, body, name, base, tuple(keywords), *keywords.values()))
        if not len(self.unmade) % _LEFT_ALONE:
            self.leave_alone()
        return unmade


_run: Any = builtins.__build_class__


class _Statements:
    """What runs class statements while drivers are imported; before and afterwards it is the interpreter's own."""

    def __init__(self) -> None:
        self._drivers: dict[int, _Driver] = {}  # by the id of their globals
        self._before = _run  # what somebody else may have put there
        self._here: Any = None  # what stands there meanwhile: the last driver's, which knows that one at once

    def begin(self, driver: _Driver) -> None:
        """From now on statements of this driver's classes wait."""
        with making:
            self._drivers[id(driver.module)] = driver
            there = vars(builtins)["__build_class__"]
            if there is not self._here:
                self._before = there
            self._here = vars(builtins)["__build_class__"] = driver.run

    def end(self, module: Globals) -> _Driver | None:
        """Statements of the driver with these globals run at once again."""
        with making:
            driver = self._drivers.pop(id(module), None)
            if driver is not None:
                driver._end_driver()
            if not self._drivers:
                if vars(builtins)["__build_class__"] is self._here:
                    vars(builtins)["__build_class__"] = self._before
                self._here = None
        return driver

    def run(self, body: FunctionType, name: str, bases: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Run a class statement, or have it wait."""
        driver = self._drivers.get(id(body.__globals__))
        if driver is None:
            self._end_failed()
        elif (
            len(bases) == 1
            and body.__qualname__ == name
            and name not in driver.unmade
            and getattr(bases[0], _MAY_WAIT, False)
        ):
            return driver.hold(body, name, bases[0], keywords)
        return _run(body, name, *bases, **keywords)

    def _end_failed(self) -> None:
        """Forget drivers whose imports failed before their ends."""
        for driver in list(self._drivers.values()):
            if _globals_of(driver.name) is not driver.module:
                self.end(driver.module)


_statements = _Statements()


def on_first_use(module: dict[str, Any]) -> None:
    """From now on classes of a driver's registers and blocks are made when they are first used.

    `module`: the driver's globals. It ends with its device's class, which is its last one. Where these are no module's,
    nobody could ask for a class: all are made at once.
    """
    name = module.get("__name__", "")
    if _globals_of(name) is module:
        module.pop("__getattr__", None)  # of an import before, where this is a reload
        _statements.begin(_Driver(name, module))


def _globals_of(name: str) -> Globals | None:
    found: Globals | None = getattr(sys.modules.get(name), "__dict__", None)
    return found


def end_of_driver(module: str) -> None:
    """The last class of a driver is made: those that are not are taken from its names, and found by asking for them."""
    driver = _statements.end(_globals_of(module) or {})
    if driver is None:
        return
    names, unmade = driver.module, driver.unmade
    for name, item in unmade.items():
        if names.get(name) is item:
            del names[name]

    def missing(name: str) -> Any:
        if name in unmade:
            found = unmade[name]
            return found.kind if isinstance(found, Unmade) else found
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    def listed() -> list[str]:
        return sorted({*names, *unmade} - {"__getattr__", "__dir__"})

    if unmade:
        names["__getattr__"], names["__dir__"] = missing, listed
