"""Blocks: registers, memories and further blocks under a name; and arrays of them.

A block makes its children when they are first used, so a device costs the same to open whatever its size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from hal.devices.arrays import Array
from hal.devices.entry_memory import Entries
from hal.devices.grids import array, array_of
from hal.devices.interrupts import InterruptsOfDevice
from hal.errors import AccessError, FieldNameError, SnapshotError
from hal.registers.child import Child
from hal.registers.memory import MemoryBase, access_of
from hal.registers.node import Node, has_state, making, no_such_name
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hal.design.rows import Row
    from hal.design.snapshot import Snapshot
    from hal.devices.register_cache import Cache
    from hal.registers.space import Space, SpaceName

__all__ = [
    "Array",
    "Block",
    "array",
    "block",
    "blocks",
    "register",
    "registers",
]

N = TypeVar("N", bound=Node)
R = TypeVar("R", bound=Register)
B = TypeVar("B", bound="Block")
When = tuple[tuple[str, int], ...]
NOUN = "register, block or memory"


def register(
    kind: type[R], offset: int, *, alternate: str = "", when: When = (), name: str = "", doc: str = ""
) -> Child[R]:
    """A register at `offset` bytes from its block's start."""
    return Child(kind, offset, alternate=alternate, when=when, name=name, doc=doc)


def registers(
    kind: type[R],
    offset: int,
    *,
    count: int,
    stride: int,
    first: int = 0,
    index: tuple[str, ...] = (),
    resets: tuple[int, ...] = (),
    alternate: str = "",
    when: When = (),
    name: str = "",
    doc: str = "",
) -> Child[Array[R]]:
    """`count` registers, `stride` bytes apart, numbered from `first` on, or with the names of `index`.

    `resets`: of each of them, where they are not that of the class.
    """
    facts: Any = {"first": first, "index": index, "resets": resets, "alternate": alternate, "when": when}
    return Child(kind, offset, count=count, stride=stride, **facts, name=name, doc=doc)


def block(
    kind: type[B],
    offset: int,
    *,
    space: SpaceName | None = None,
    alternate: str = "",
    when: When = (),
    name: str = "",
    doc: str = "",
) -> Child[B]:
    """A block; with `space` it lies in that function's BAR, and `offset` counts from its start."""
    return Child(kind, offset, space=space, alternate=alternate, when=when, name=name, doc=doc)


def blocks(
    kind: type[B],
    offset: int,
    *,
    count: int,
    stride: int,
    first: int = 0,
    index: tuple[str, ...] = (),
    space: SpaceName | None = None,
    alternate: str = "",
    when: When = (),
    name: str = "",
    doc: str = "",
) -> Child[Array[B]]:
    """`count` blocks, `stride` bytes apart, numbered from `first` on, or with the names of `index`."""
    facts: Any = {"first": first, "index": index, "alternate": alternate, "when": when}
    return Child(kind, offset, count=count, stride=stride, space=space, **facts, name=name, doc=doc)


class _Slots(dict[str, "Child[Any] | None"]):
    """A dict as `__slots__` gives each its docstring. That of a child may be its class's, which is made for it."""

    if not TYPE_CHECKING:

        def __getitem__(self, name):  # noqa: ANN001, ANN204
            child = super().__getitem__(name)
            return None if child is None else child.documentation


class BlockMeta(type):
    """Moves a block's declared children into `_children`, and makes a slot for each that holds it once it is made."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **keywords: Any) -> BlockMeta:
        children = {key: item for key, item in namespace.items() if isinstance(item, Child)}
        above: dict[str, Child[Any]] = {}
        for base in reversed(bases):
            above.update(getattr(base, "_children", {}))
        hidden = (above.keys() & namespace.keys()) - children.keys()
        if hidden:
            names = ", ".join(sorted(hidden))
            raise FieldNameError(f"{name} would hide what {bases[0].__name__} has under {names}: take another name")
        for key, child in children.items():
            child.attribute, child.name = key, child.name or key
            child.place.attribute, child.place.name = child.attribute, child.name
            del namespace[key]
        interrupts = [key for key, item in namespace.items() if isinstance(item, InterruptsOfDevice)]
        if children:
            # What is beyond the children is state, and needs a dict.
            own = namespace.get("__slots__", ["__dict__"] if has_state(namespace, [*children, *interrupts]) else [])
            given = [own] if isinstance(own, str) else own
            namespace["__slots__"] = _Slots({**{key: None for key in given if not _has_dict(bases, key)}, **children})
            namespace["_children"] = {**above, **children}
        return super().__new__(mcs, name, bases, namespace, **keywords)

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **_keywords: Any) -> None:
        """The keywords are __init_subclass__'s; one of them is called name."""
        super().__init__(name, bases, namespace)


def _has_dict(bases: tuple[type, ...], slot: str) -> bool:
    """Whether that is the slot of a dict that instances have anyway."""
    return slot == "__dict__" and any(base.__dictoffset__ for base in bases)


class Block(Node, metaclass=BlockMeta):
    """Registers, memories and blocks under a name.

    Class keywords: `size` of its window in bytes, and `unmapped`, what 32-bit words of the window that hold nothing
    read as (None: the design does not answer there). A subclass without them keeps those of its base, and its children.
    """

    __slots__ = ()

    _may_wait: ClassVar[bool] = True  # its statement in a large driver: see `on_first_use`
    _children: ClassVar[dict[str, Child[Any]]] = {}
    _size: ClassVar[int] = 0
    _unmapped: ClassVar[int | None] = None

    def __init_subclass__(cls, *, size: int | None = None, unmapped: int | None = None) -> None:
        super().__init_subclass__()
        if size is not None:
            cls._size, cls._unmapped = size, unmapped

    @classmethod
    def _make(cls, parent: Node | None, name: str, space: Space, offset: int) -> Block:
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        if cls.__init__ is not object.__init__:
            self._make_state()
        return self

    def _instead(self) -> str:
        return f"a block: take what it holds: {', '.join(f'.{name}' for name in self._children)}"

    def _space_of(self, name: SpaceName) -> Space:
        """Only a device has more than one space."""
        raise AccessError(f"{self._where()}: {name} can be named by children of the device only")

    def _missing(self, name: str) -> Any:
        """Makes a child on first use; afterwards its slot answers."""
        name = str.__str__(name)
        child = self._children.get(name)
        if child is None:
            raise no_such_name(self._where(), name, self._children, NOUN)
        with making:
            made = self._made(name)  # another thread may have been faster
            if made is None:
                made = _make(self, child)
                object.__setattr__(self, name, made)
            return made

    def _made(self, name: str) -> Any:
        """The child, if there is one yet."""
        try:
            return object.__getattribute__(self, name)
        except AttributeError:
            return None

    if not TYPE_CHECKING:  # a misspelt name must not type-check

        def __setattr__(self, name, value):  # noqa: ANN001, ANN204
            name = str.__str__(name)  # no subclass, which may compare as it likes
            if name not in self._children:
                if self._set_own(name, value):
                    return
                raise no_such_name(self._where(), name, self._children, NOUN, self._own_note())
            hint = (
                "write its fields, e.g. " + f"{name}.write(...)"
                if issubclass(self._children[name].kind, Register)
                else ""
            )
            raise AccessError(f"{self._full_path()}.{name} can't be replaced; {hint or 'write what it holds'}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AccessError(f"{self._full_path()}.{name} can't be deleted")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._children})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._where()}: {', '.join(self._children)}>"

    def registers(self) -> Iterator[Register]:
        """All registers below, in the map's order, arrays element by element. Reads nothing."""
        return _all_below(self, Register)

    def walk(self) -> Iterator[Row]:
        """What is declared of every register and memory below: path, place, access, reset, fields. Reads nothing."""
        from hal.design.rows import rows_of  # noqa: PLC0415  (importing a driver is to be quick)

        path = self.path
        return rows_of(self._children, (self._space.pf, self._space.bar), self._offset, f"{path}." if path else "")

    def snapshot(
        self, *, effects: bool = False, config: bool = False, memories: bool | Iterable[str] = False
    ) -> Snapshot:
        """The values of all readable registers below, read in one call.

        Registers that change when they are read are left out, unless `effects` is set. `config`: only those that
        `restore` can write back, and of them the bits that it takes; flags beside them are 0, and what hardware counts
        and tells is not read. `memories`: also what all readable memories below hold, or those of these paths, each
        read in one burst; up to 16 MiB.
        """
        root, key = self._root(), (self.path, not effects, not config)
        layout = root._layouts.get(key)
        if layout is None:
            from hal.devices.saved.capture import lay_out  # noqa: PLC0415  (importing a driver is to be quick)

            layout = lay_out(root, self, self._children, key)
        taken: Snapshot = layout.taken(root, self._chosen(memories) if memories else None)
        return taken

    def _chosen(self, memories: bool | Iterable[str]) -> Iterator[MemoryBase]:
        """Those that a snapshot holds."""
        if isinstance(memories, bool):
            readable = (memory for memory in self.memories() if access_of(type(memory)) != "wo")
            yield from readable if memories else ()
            return
        for path in [memories] if isinstance(memories, str) else memories:
            node = self._root().find(path)
            found = getattr(node, "words", node)
            if not isinstance(found, MemoryBase) or access_of(type(found)) == "wo":
                raise SnapshotError(f"{node._where()} is no memory that can be read")
            yield found

    def restore(self, snapshot: Snapshot, *, force: bool = False) -> list[str]:
        """Writes back the fields below that hold what is written to them, in one call; never a pulse, nor what acts.

        Registers that hold it already are not written; `force` writes all of them, and reads none to compare it.
        Returns the paths of registers that had to be left out, because any write of them would act on one of their
        fields, or because another map of the device saved them and this one doesn't have them. SnapshotError, with
        nothing written, when it is another device's.
        """
        from hal.devices.saved.restore import restore  # noqa: PLC0415  (importing a driver is to be quick)

        return restore(self._root(), self.path, snapshot, force=force)

    def cached(self) -> Cache:
        """The cache of the registers below: `with block.cached() as cache: ...` caches them in the block.

        Fields that only writes change, as the map says, are then read once; writes of their neighbours need no read.
        """
        from hal.devices.register_cache import Cache  # noqa: PLC0415  (most programs use none)

        return Cache(self)

    def memories(self) -> Iterator[MemoryBase]:
        """All memories below, in the map's order. Reads nothing."""
        return _all_below(self, MemoryBase)


def _all_below(node: Any, kind: type[N]) -> Iterator[N]:
    """The nodes of a kind at a place and below; what is of another kind is not even made."""
    if isinstance(node, kind):
        yield node
    elif isinstance(node, Block):
        for name, child in node._children.items():
            if child.is_block or issubclass(child.kind, kind):
                yield from _all_below(getattr(node, name), kind)
    elif isinstance(node, Entries):
        yield from _all_below(node.words, kind)  # what a memory holds are no registers of the design
    elif isinstance(node, Array):
        for item in node:
            yield from _all_below(item, kind)


def _make(parent: Block, child: Child[Any]) -> Node:
    """The child of this block, at its place; reads nothing."""
    space = parent._space_of(child.space) if child.space else parent._space
    offset = child.offset if child.space else parent._offset + child.offset
    if child.count is None:
        return child.made(parent, child.name, space, offset)
    return array_of(parent, child.name, space, offset, child)
