"""A design as its driver class declares it: what is known before any card is open."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.design.paths import steps_of
from hal.design.register_index import RegisterIndex, index_of
from hal.design.walk import Run, places, runs
from hal.errors import AddressError, FieldNameError
from hal.registers.child import child_named
from hal.registers.node import no_such_name
from hal.registers.space import space_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hal.access.shape import RegisterShape
    from hal.registers.child import Child
    from hal.registers.space import SpaceNumbers

__all__ = ["F2_PREFETCHABLE", "Design", "RegisterPlace", "driver_of", "known_drivers"]

_BUS_WIDTHS = (8, 32, 64)
F2_PREFETCHABLE = (4,)
"""Such BARs of an F2 card: what drivers don't state."""

# Driver classes of this process, by the name and digest of their designs: of `hal.load_map` too, which no import finds.
known_drivers: weakref.WeakValueDictionary[tuple[str, str], type[Any]] = weakref.WeakValueDictionary()


def driver_of(module: str, name: str, identity: tuple[str, str]) -> type[Any] | None:
    """The driver class that a module has under that name, else one that this process has loaded, else None."""
    import importlib  # noqa: PLC0415  (importing a driver is to be quick)

    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        found = None
    design = getattr(found, "_design", None)
    if isinstance(design, Design) and (design.name, design.digest) == identity:
        return design.driver
    return known_drivers.get(identity) or (design.driver if isinstance(design, Design) else None)


class RegisterPlace(NamedTuple):
    """A register's shape and where it lies: PCI function and BAR, bytes from the BAR's start."""

    shape: RegisterShape
    space: SpaceNumbers
    offset: int


class Design(NamedTuple):
    """The class-level half of a device. `driver`: the class that declares it.

    `home`: PCI function and BAR. `afi`: ids. `pci`: vendor, device, subsystem vendor, subsystem device; 0: any.
    `identity`: a register's path and its expected value. `clkgen`: the AFI holds the clock generator. `digest`: of the
    map. `prefetchable`: BARs of the application function in which reads change nothing.
    """

    driver: type[Any]
    name: str = "device"
    home: SpaceNumbers = (0, 0)
    afi: tuple[str, ...] = ()
    pci: tuple[int, int, int, int] = (0, 0, 0, 0)
    identity: tuple[str, int] | None = None
    clkgen: bool = False
    digest: str = ""
    prefetchable: tuple[int, ...] = F2_PREFETCHABLE

    def is_prefetchable(self, space: SpaceNumbers) -> bool:
        """Whether reads change nothing in a BAR."""
        return space[0] == 0 and space[1] in self.prefetchable

    @property
    def children(self) -> Mapping[str, Child[Any]]:
        """The lines of the device's own block, by name."""
        children: Mapping[str, Child[Any]] = self.driver._children
        return children

    @property
    def afi_id(self) -> str:
        """The first AFI id; where the map has none, the one that the emulated card knows the design by."""
        if self.afi:
            return self.afi[0]
        import hashlib  # noqa: PLC0415  (importing a driver is to be quick)

        text = f"{self.name} {self.digest}"
        return "agfi-" + hashlib.sha256(text.encode()).hexdigest()[:17]

    def places(self, *, expand: bool = True) -> Iterator[Run]:
        """Every declared line; see `hal.design.walk.places`."""
        return places(self.children, self.home, expand=expand)

    def runs(self) -> Iterator[Run]:
        """Every register, array of registers and memory, in the map's order."""
        return runs(self.children, self.home)

    def quiet_place(self) -> tuple[SpaceNumbers, int, int] | None:
        """BAR, offset and width of a word that reading does not change: of the identity register, else of the first."""
        found = None
        for run in self.runs():
            if not run.child.is_register or run.child.shape.access_width not in _BUS_WIDTHS:
                continue
            shape: RegisterShape = run.child.shape
            place = run.space, run.offset - shape.lane_at(run.offset) // 8, shape.access_width
            if self.identity is not None and run.path == self.identity[0]:
                return place
            if found is None and shape.is_readable and not shape.effects:
                found = place
        return found

    def indexed(self, wanted: int) -> RegisterIndex:
        """The driver's index, for who asks for so many registers."""
        index = index_of(self.driver)
        index.fill(self.children, self.home, wanted)
        return index

    def shape_at(self, path: str) -> RegisterShape:
        """The shape of the register at a path. FieldNameError where none is."""
        return self.register_at(path).shape

    def register_at(self, path: str) -> RegisterPlace:
        """The register at a path, in a memory's entries too. FieldNameError where none is."""
        known = index_of(self.driver).registers.get(path)
        if known is not None:
            return RegisterPlace(known.child.shape_of(known.number), known.space, known.offset)
        children: Mapping[str, Child[Any]] = self.children
        child: Child[Any] | None = None
        space, offset, place = self.home, 0, 0
        for name, indices in steps_of(path):
            found = child_named(children, name)
            child = found and found.place
            place = -1 if child is None else child.place_of(indices)
            if child is None or place < 0:
                raise FieldNameError(f"{self.name} has no register {path!r}", path=path)
            space, base = (space_numbers(child.space), 0) if child.space else (space, offset)
            offset = base + child.offset + child.distance(place)
            children = child.children if child.is_block else {}
        if child is None or not child.is_register:
            raise FieldNameError(f"{self.name}: {path!r} is no register", path=path)
        return RegisterPlace(child.shape_of(place), space, offset)

    def require_block(self, path: str) -> None:
        """FieldNameError or AddressError where the design has no block at a path; "" is all of it."""
        children: Mapping[str, Child[Any]] = self.children
        where = self.name
        for name, indices in steps_of(path) if path else ():
            found = child_named(children, name)
            if found is None:
                raise no_such_name(
                    where, name, [child.name for child in children.values()], "register, block or memory"
                )
            child, where = found.place, f"{where}.{name}"
            if child.count is None and indices:
                raise FieldNameError(f"{where} is no array, so {_in_brackets(indices)} names nothing", path=path)
            if indices and child.place_of(indices) < 0:
                known = f"{child.brackets(0)} to {child.brackets(child.number - 1)}"
                raise AddressError(f"{where} has elements {known}, not {_in_brackets(indices)}", path=path)
            where += _in_brackets(indices)
            if not child.is_block or child.place_of(indices) < 0:
                kind = "an array" if child.place_of(indices) < 0 else "a register" if child.is_register else "a memory"
                raise FieldNameError(f"{where} is {kind}; name a block, or an element that is one", path=path)
            children = child.children

    def locate(self, space: SpaceNumbers, offset: int) -> str:
        """The path of what lies at an offset of a BAR: "ch[2].level", "table[17]" for a memory's word, "" for none."""
        for child in _by_rank(self.children):  # only a device's own children may name another space
            where = space_numbers(child.space) if child.space else self.home
            path = _in_child(child, offset) if where == space else ""
            if path:
                return path
        return ""


def _in_brackets(indices: Sequence[int | str]) -> str:
    return "".join(f"[{index}]" for index in indices)


def _in_child(child: Child[Any], offset: int) -> str:
    """`offset` counts from the start of the block that holds the child."""
    child = child.place
    rest = offset - child.offset
    if rest < 0:
        return ""
    place = child.nearest(rest)
    rest -= child.distance(place)
    name = child.name + child.brackets(place)
    if child.is_register:
        return name if rest < child.shape.width // 8 else ""
    if child.is_memory:
        return f"{name}[{rest // (child.width // 8)}]" if rest < child.size else ""
    inner = next(filter(None, (_in_child(item, rest) for item in _by_rank(child.children))), "")
    return f"{name}.{inner}" if inner else ""


def _by_rank(children: Mapping[str, Child[Any]]) -> list[Child[Any]]:
    """Alternates last: what holds the bits is found first."""
    return sorted(children.values(), key=lambda child: child.alternate != "")
