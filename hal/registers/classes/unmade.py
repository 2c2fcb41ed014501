"""Register classes of a large driver that are made when they are first used.

To make a class takes longer than anything else that importing a driver does, and most programs use few of thousands.
Their statements run as they stand, so that names and facts are found; what they declare waits until the class is asked
for: by name from the module, by a path, or because a register is made.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

from hal.registers.node import making

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Unmade", "end_of_driver", "later", "on_first_use"]

Globals = dict[str, Any]


class Unmade:
    """A class that its statement has declared. `kind`: the class itself, which is made now if need be."""

    __slots__ = ("_declared", "_made", "_module", "name")

    def __init__(self, module: Globals, name: str, declared: tuple[Any, ...]) -> None:
        self._module, self.name, self._declared = module, name, declared
        self._made: Any = None

    @property
    def kind(self) -> type[Any]:
        """The same class each time."""
        if self._made is None:
            with making:
                if self._made is None:
                    meta, name, bases, namespace, keywords = self._declared
                    made = meta._make_now(name, bases, namespace, keywords)
                    if self._module.get(name, self) is self:  # nobody has put something else there
                        self._module[name] = made
                    self._made, self._declared = made, ()
        kind: type[Any] = self._made
        return kind

    @property
    def documentation(self) -> str:
        """Of the class."""
        if self._made is not None:
            return self._made.__doc__ or ""
        declared = self._declared
        return (declared[3].get("__doc__") or "") if declared else self.kind.__doc__ or ""

    def __mro_entries__(self, _bases: tuple[Any, ...]) -> tuple[type[Any]]:
        """It is derived from as the class is."""
        return (self.kind,)


# Of modules whose statements run, by name: their globals, what they have declared, and whether the search for cycles of
# objects takes that for old. To go through it again and again would take a quarter of the import.
_drivers: dict[str, tuple[Globals, list[Unmade], bool]] = {}
_LEFT_ALONE = 32  # classes, of fewer objects than make a search


def on_first_use(module: dict[str, Any]) -> None:
    """From now on register classes of a driver, whose globals these are, are made when they are first used.

    Until its device's class, which is its last one. Where these are no module's, nobody could ask for a class: all are
    made at once.
    """
    name = module.get("__name__", "")
    if _globals_of(name) is module:
        # What a program froze itself, before a fork say, stays so.
        _drivers[name] = module, [], gc.isenabled() and not gc.get_freeze_count()
        module.pop("__getattr__", None)  # of an import before, where this is a reload


def _globals_of(name: str) -> Globals | None:
    found: Globals | None = getattr(sys.modules.get(name), "__dict__", None)
    return found


def later(
    meta: Any, name: str, bases: tuple[type[Any], ...], namespace: Mapping[str, Any], keywords: dict[str, Any]
) -> Unmade | None:
    """What stands for a class of a driver until it is made; None where it is to be made at once."""
    found = _drivers.get(namespace.get("__module__", ""))
    if found is None or namespace.get("__qualname__") != name:
        return None
    module, unmade, is_left_alone = found
    if _globals_of(namespace["__module__"]) is not module:  # that of an import which failed before its end
        del _drivers[namespace["__module__"]]
        return None
    waits = Unmade(module, name, (meta, name, bases, namespace, keywords))
    unmade.append(waits)
    if is_left_alone and not len(unmade) % _LEFT_ALONE:
        gc.freeze()
        gc.unfreeze()
    return waits


def end_of_driver(module: str) -> None:
    """The last class of a driver is made: those that are not are taken from its names, and found by asking for them."""
    names, items, _ = _drivers.pop(module, ({}, [], False))
    unmade = {item.name: item for item in items}
    for name, item in unmade.items():
        if names.get(name) is item:
            del names[name]

    def missing(name: str) -> Any:
        if name in unmade:
            return unmade[name].kind
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    def listed() -> list[str]:
        return sorted({*names, *unmade} - {"__getattr__", "__dir__"})

    if unmade:
        names["__getattr__"], names["__dir__"] = missing, listed
