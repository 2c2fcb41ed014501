"""Blocks: registers, memories and further blocks under a name; and arrays of them.

A block makes its children when they are first used, so a device costs the same to open whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from operator import index
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, TypeVar, overload

from hal.access.choice import in_c
from hal.codes import Pf
from hal.errors import AccessError, FieldTypeError
from hal.registers.memory import Memory, MemoryBase, MemoryIndexError, ReadOnlyMemory, WriteOnlyMemory
from hal.registers.node import Node, making, no_such_name
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.devices.device import Device
    from hal.registers.node import Space
    from hal.registers.snapshot import Snapshot
    from hal.registers.walk import Row

__all__ = [
    "Array",
    "Block",
    "Child",
    "block",
    "blocks",
    "memory",
    "memory_ro",
    "memory_wo",
    "register",
    "registers",
]

N = TypeVar("N", bound=Node)
R = TypeVar("R", bound=Register)
B = TypeVar("B", bound="Block")
BAR_SPACE = tuple[str, int]


class Array(Node, Sequence[N]):
    """Registers or blocks of one type at a fixed stride. Indices are checked before anything is accessed."""

    __slots__ = ("_child",)

    _child: Any  # a Child; as an attribute's type it would be read as the descriptor it is

    @classmethod
    def _make(cls, parent: Node | None, name: str, space: Space, offset: int, child: Child[Any]) -> Array[N]:
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        self._child = child
        self._hold_store({})
        return self

    def __len__(self) -> int:
        count: int = self._child.count
        return count

    def __iter__(self) -> Iterator[N]:
        return map(self.__getitem__, range(len(self)))

    @property
    def stride(self) -> int:
        """Bytes from one element to the next."""
        stride: int = self._child.stride
        return stride

    @overload
    def __getitem__(self, key: int) -> N: ...
    @overload
    def __getitem__(self, key: slice) -> list[N]: ...
    @in_c
    def __getitem__(self, key: int | slice) -> N | list[N]:
        items: dict[int, N] = self._store
        return items[key] if key.__class__ is int and key in items else self._find(key)

    def _find(self, key: int | slice) -> N | list[N]:
        count = len(self)
        if isinstance(key, slice):
            return [self[i] for i in range(*key.indices(count))]
        try:
            number = index(key)
        except TypeError:
            raise FieldTypeError(
                f"{self._where()}: an index is an integer or a slice, not {type(key).__name__} ({key!r})",
                path=self._full_path(),
            ) from None
        place = number + count if number < 0 else number
        if not 0 <= place < count:
            raise MemoryIndexError(
                f"{self._where()}: index {key} is outside of its {count} elements", path=self._full_path()
            )
        items: dict[int, N] = self._store
        with making:
            if place not in items:
                offset = self._offset + place * self._child.stride
                parent, name = self._parent, f"{self._name}[{place}]"
                items[place] = self._child.kind._make(parent, name, self._space, offset)
            return items[place]

    def read(self) -> list[int]:
        """All bits of every register of the array, read in one call."""
        from hal.registers.arrays import read_array  # noqa: PLC0415  (it needs this module)

        return read_array(self)

    def write(self, values: Iterable[int]) -> None:
        """Writes all bits of every register of the array in one call, one value for each."""
        from hal.registers.arrays import write_array  # noqa: PLC0415

        write_array(self, values)

    def __repr__(self) -> str:
        kind = self._child.kind.__name__
        return f"<{len(self)} {kind} at {self._where()}, stride {self._child.stride:#x}>"


class Child(Generic[N]):
    """One line of a block: what stands there, and where."""

    __slots__ = ("count", "description", "kind", "name", "offset", "size", "space", "stride", "width")

    def __init__(
        self,
        kind: type[Any],
        offset: int,
        *,
        count: int | None = None,
        stride: int = 0,
        space: BAR_SPACE | None = None,
        size: int = 0,
        width: int = 0,
        doc: str = "",
    ) -> None:
        self.kind, self.offset, self.count, self.stride = kind, offset, count, stride
        self.space, self.size, self.width, self.description = space, size, width, doc
        self.name = ""

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type) -> N: ...

    def make(self, parent: Block) -> Node:
        """The child of this block, at its place; reads nothing."""
        space = parent._space_of(self.space) if self.space else parent._space
        offset = self.offset if self.space else parent._offset + self.offset
        kind: Any = self.kind
        made: Node
        if issubclass(kind, MemoryBase):
            made = kind._make(parent, self.name, space, offset, self.size, self.width)
        elif self.count is not None:
            made = Array._make(parent, self.name, space, offset, self)
        else:
            made = kind._make(parent, self.name, space, offset)
        return made


def register(kind: type[R], offset: int, *, doc: str = "") -> Child[R]:
    """A register at `offset` bytes from its block's start."""
    return Child(kind, offset, doc=doc)


def registers(kind: type[R], offset: int, *, count: int, stride: int, doc: str = "") -> Child[Array[R]]:
    """`count` registers, `stride` bytes apart."""
    return Child(kind, offset, count=count, stride=stride, doc=doc)


def block(kind: type[B], offset: int, *, space: BAR_SPACE | None = None, doc: str = "") -> Child[B]:
    """A block; with `space` it lies in that function's BAR, and `offset` counts from its start."""
    return Child(kind, offset, space=space, doc=doc)


def blocks(
    kind: type[B], offset: int, *, count: int, stride: int, space: BAR_SPACE | None = None, doc: str = ""
) -> Child[Array[B]]:
    """`count` blocks, `stride` bytes apart."""
    return Child(kind, offset, count=count, stride=stride, space=space, doc=doc)


def memory(offset: int, size: int, *, width: int = 32, doc: str = "") -> Child[Memory]:
    """A memory of `size` bytes in words of `width` bits."""
    return Child(Memory, offset, size=size, width=width, doc=doc)


def memory_ro(offset: int, size: int, *, width: int = 32, doc: str = "") -> Child[ReadOnlyMemory]:
    """A memory that can only be read."""
    return Child(ReadOnlyMemory, offset, size=size, width=width, doc=doc)


def memory_wo(offset: int, size: int, *, width: int = 32, doc: str = "") -> Child[WriteOnlyMemory]:
    """A memory that can only be written."""
    return Child(WriteOnlyMemory, offset, size=size, width=width, doc=doc)


class BlockMeta(type):
    """Moves a block's declared children into `_children`, and makes a slot for each that holds it once it is made."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **keywords: Any) -> BlockMeta:
        children = {key: item for key, item in namespace.items() if isinstance(item, Child)}
        for key, child in children.items():
            child.name = key
            del namespace[key]
        if children:
            # A dict as __slots__ gives each its docstring.
            namespace["__slots__"] = {key: child.description or child.kind.__doc__ for key, child in children.items()}
            namespace["_children"] = children
        return super().__new__(mcs, name, bases, namespace, **keywords)

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **_keywords: Any) -> None:
        """The keywords are __init_subclass__'s; one of them is called name."""
        super().__init__(name, bases, namespace)


class Block(Node, metaclass=BlockMeta):
    """Registers, memories and blocks under a name.

    Class keywords: `size` of its window in bytes, and `unmapped`, what 32-bit words of the window that hold nothing
    read as (None: the design does not answer there).
    """

    __slots__ = ()

    _children: ClassVar[dict[str, Child[Any]]] = {}
    _size: ClassVar[int] = 0
    _unmapped: ClassVar[int | None] = None

    def __init_subclass__(cls, *, size: int = 0, unmapped: int | None = None) -> None:
        super().__init_subclass__()
        cls._size, cls._unmapped = size, unmapped

    @classmethod
    def _make(cls, parent: Node | None, name: str, space: Space, offset: int) -> Block:
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        return self

    def _space_of(self, name: BAR_SPACE) -> Space:
        """Only a device has more than one space."""
        raise AccessError(f"{self._where()}: {name} can be named by children of the device only")

    def _missing(self, name: str) -> Any:
        """Makes a child on first use; afterwards its slot answers."""
        child = self._children.get(name)
        if child is None:
            raise no_such_name(self._where(), name, self._children, "register, block or memory")
        with making:
            made = self._made(name)  # another thread may have been faster
            if made is None:
                made = child.make(self)
                object.__setattr__(self, name, made)
            return made

    def _made(self, name: str) -> Any:
        """The child, if there is one yet."""
        try:
            return object.__getattribute__(self, name)
        except AttributeError:
            return None

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        if name not in self._children:
            raise no_such_name(self._where(), name, self._children, "register, block or memory")
        hint = (
            "write its fields, e.g. " + f"{name}.write(...)" if issubclass(self._children[name].kind, Register) else ""
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
        for name in self._children:
            yield from _registers_in(getattr(self, name))

    def walk(self) -> Iterator[Row]:
        """What is declared of every register and memory below: path, place, access, reset, fields. Reads nothing."""
        from hal.registers.walk import walk_node  # noqa: PLC0415  (it needs this module)

        return walk_node(self)

    def snapshot(self, *, effects: bool = False) -> Snapshot:
        """The values of all readable registers below, read in one call.

        Registers that change when they are read are left out, unless `effects` is set.
        """
        take, _ = _snapshot_functions()
        return take(self, self._device()._layouts, effects=effects)

    def restore(self, snapshot: Snapshot) -> list[str]:
        """Writes back the fields below that hold what is written to them, in one call; never a pulse, nor what acts.

        Returns the paths of registers that had to be left out, because any write of them would act on one of their
        fields. SnapshotError, with nothing written, when it is another driver's.
        """
        _, restore = _snapshot_functions()
        return restore(self, snapshot)

    def _device(self) -> Device:
        node: Any = self
        while node._parent is not None:
            node = node._parent
        device: Device = node
        return device

    def memories(self) -> Iterator[MemoryBase]:
        """All memories below, in the map's order. Reads nothing."""
        for name in self._children:
            yield from _memories_in(getattr(self, name))


def _registers_in(node: Any) -> Iterator[Register]:
    if isinstance(node, Register):
        yield node
    elif isinstance(node, Block):
        yield from node.registers()
    elif isinstance(node, Array):
        for item in node:
            yield from _registers_in(item)


def _memories_in(node: Any) -> Iterator[MemoryBase]:
    if isinstance(node, MemoryBase):
        yield node
    elif isinstance(node, Block):
        yield from node.memories()
    elif isinstance(node, Array) and issubclass(node._child.kind, Block):
        for item in node:
            yield from _memories_in(item)


@cache
def _snapshot_functions() -> tuple[Callable[..., Snapshot], Callable[[Block, Snapshot], list[str]]]:
    """From a module that needs this one."""
    from hal.registers.snapshot import restore, take  # noqa: PLC0415

    return take, restore


def space_numbers(space: BAR_SPACE) -> tuple[int, int]:
    """PCI function and BAR of a space: ("app", 0) is (0, 0)."""
    return int(Pf[space[0].upper()]), space[1]
