"""Handlers: methods of a model for a register, a field or a memory, which are found when the model's class is made."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hal.design.paths import PatternStep, no_path, pattern_steps, steps_of
from hal.errors import FieldNameError, FieldTypeError
from hal.registers.child import child_named
from hal.registers.node import no_such_name
from hal.values import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hal.access.fields import FieldDeclaration
    from hal.design.design import Design
    from hal.registers.child import Child

__all__ = [
    "CLEARED",
    "LOADED",
    "READ",
    "WRITE",
    "Handler",
    "Heard",
    "handlers_of",
    "heard_by",
    "on_read",
    "on_write",
    "words_heard",
]

READ, WRITE, LOADED, CLEARED = range(4)  # the card's events
_HEARS = "_hal_hears"  # of a method, what it is decorated with
_NOUN = "register, block or memory"
_WORD_BITS = 8

Method = TypeVar("Method", bound=Callable[..., Any])
Indices = tuple["int | str", ...]


def on_write(path: str) -> Callable[[Method], Method]:
    """A method of a model that is called after a write of a register, a field or a memory's words took effect.

    `path`, such as "ctrl", "ctrl.start", "ch[*].ctrl", "ch[0:2].ctrl[3]" or "mailbox[0:4]". It is called with the index
    of each `[*]` and range; of a register with what the bus carried, for its lowest word's bits and up, of a field with
    the value that it carried; of a memory with the offset in bytes, the value, and its width in bits, of each bus word.
    """
    return _hears(WRITE, path)


def on_read(path: str) -> Callable[[Method], Method]:
    """A method of a model that is called before a register, or a memory's words, are read: set what shall be read.

    `path` as for `on_write`. It is called with the indices alone; of a memory also with the offset and the width.
    """
    return _hears(READ, path)


def _hears(event: int, path: str) -> Callable[[Method], Method]:
    known = text(path, "what a handler is for is a path such as ctrl or ch[*].ctrl")

    def decorate(method: Method) -> Method:
        if not inspect.isfunction(method) or inspect.iscoroutinefunction(method):
            raise FieldTypeError(f"what hears {known!r} is a plain method, which is called and has done its work then")
        hears: list[tuple[int, str]] = vars(method).setdefault(_HEARS, [])
        hears.append((event, known))
        return method

    return decorate


class Handler(NamedTuple):
    """What a method hears. `names`: of its path; `wanted`: for each index of it a number, a name, a range, or all.

    `field`: that it is for; `words`: first and last byte of a memory, or None of what is no memory. `in_entries`: it is
    for a register in a memory's entries.
    """

    method: str
    event: int
    names: tuple[str, ...]
    wanted: tuple[int | str | range | None, ...]
    field: FieldDeclaration | None
    words: range | None
    in_entries: bool

    def arguments(self, indices: Indices) -> Indices | None:
        """What the method is called with at these indices; None where it does not hear them."""
        taken: list[int | str] = []
        for wanted, index in zip(self.wanted, indices, strict=True):
            if wanted is None or (isinstance(wanted, range) and index in wanted):
                taken.append(index)
            elif wanted != index:
                return None
        return tuple(taken)


class Heard(NamedTuple):
    """A handler for one place, and the indices that it is called with."""

    handler: Handler
    indices: Indices


def handlers_of(kind: type[Any], design: Design) -> list[Handler]:
    """All handlers of a model's class. FieldNameError for what its design has not, FieldTypeError for arguments."""
    found = []
    for name, event, path in _decorated(kind):
        where = f"{kind.__name__}.{name}"
        try:
            handler, count = _handler(design, name, event, path)
        except FieldNameError as problem:
            raise FieldNameError(f"{where} is for {path!r}: {problem}", path=path) from None
        _check_arguments(kind, name, where, path, count)
        found.append(handler)
    return found


def _decorated(kind: type[Any]) -> Iterator[tuple[str, int, str]]:
    """The method's name, event and path of each decoration; a method that is overridden without one keeps it."""
    names = dict.fromkeys(name for base in reversed(kind.__mro__) for name in vars(base))
    for name in names:
        for base in kind.__mro__:
            hears = getattr(vars(base).get(name), _HEARS, None)
            if hears:
                yield from ((name, event, path) for event, path in reversed(hears))
                break


def _check_arguments(kind: type[Any], name: str, where: str, path: str, count: tuple[str, ...]) -> None:
    try:
        inspect.signature(getattr(kind, name)).bind(None, *count)
    except TypeError:
        takes = ", ".join(("self", *count))
        raise FieldTypeError(
            f"{where} is for {path!r}, so it is called with ({takes}): give it these arguments"
        ) from None


def _handler(design: Design, method: str, event: int, path: str) -> tuple[Handler, tuple[str, ...]]:
    """A handler, and the names of what it is called with."""
    children: Mapping[str, Child[Any]] = design.children
    steps, names = list(pattern_steps(path)), []
    wanted: list[int | str | range | None] = []
    child: Child[Any] | None = None
    field, words, in_entries = None, None, False
    where = design.driver.__name__
    for number, step in enumerate(steps):
        if child is not None and child.is_register:
            field = _field(child, where, path, steps[number:])
            break
        known = child_named(children, step.name)
        if known is None:
            raise no_such_name(where, step.name, [other.name for other in children.values()], _NOUN)
        is_last = number == len(steps) - 1
        child = known if known.is_memory and is_last else known.place
        in_entries = in_entries or child is not known
        names.append(step.name)
        if child.is_memory:
            words = _words(child, path, step.indices[len(child.dimensions) :])
        wanted += _wanted(child, path, step.indices[: len(child.dimensions)] if child.is_memory else step.indices)
        children = child.children if child.is_block else {}
    if child is None or child.is_block:
        raise FieldNameError(f"{path!r} is a block: name a register, a field or a memory of it", path=path)
    indices = tuple("index" for index in wanted if index is None or isinstance(index, range))
    given = (*(["offset"] if words else []), *(["value"] if event == WRITE else []), *(["width"] if words else []))
    return Handler(method, event, tuple(names), tuple(wanted), field, words, in_entries), (*indices, *given)


def _field(register: Child[Any], where: str, path: str, steps: list[PatternStep]) -> FieldDeclaration:
    """The field, or element of an array of fields, that the rest of a path names."""
    shape, step = register.shape, steps[0]
    name = step.name + "".join(f"[{index}]" for index in step.indices)
    field: FieldDeclaration | None = shape.field_named(name)
    if field is None or len(steps) > 1:
        known = [item.name for item in shape.declared.values()]
        if step.name in known and len(steps) == 1:
            raise FieldNameError(f"{step.name!r} is an array of fields: name one of them by its index", path=path)
        raise no_such_name(f"{where}.{register.name}", name, known, "field")
    return field


def _wanted(child: Child[Any], path: str, indices: tuple[str, ...]) -> Iterator[int | str | range | None]:
    dimensions = []
    inner: Child[Any] | None = child if child.count is not None else None
    while inner is not None:
        dimensions.append(inner)
        inner = inner.row
    if len(indices) != len(dimensions):
        every = child.name + "[*]" * len(dimensions)
        has = f"an array: name its elements, as in {every}" if dimensions else "no array: leave its index out"
        raise FieldNameError(f"{child.name!r} is {has}", path=path)
    for dimension, index in zip(dimensions, indices, strict=True):
        yield _index(dimension, path, index)


def _index(dimension: Child[Any], path: str, index: str) -> int | str | range | None:
    if index == "*":
        return None
    count, first = dimension.count or 0, dimension.first
    last = first + count
    if ":" in index:
        return _range(path, index, first, last)
    label: int | str = int(index, 0) if index.isdecimal() or index[:1].isdecimal() else index
    if dimension.number_of(label) < 0:
        names = ", ".join(dimension.index) or f"{first} to {last - 1}"
        raise FieldNameError(f"[{index}] is outside of {dimension.name!r}, which has {names}", path=path)
    return label


def _range(path: str, index: str, first: int, last: int) -> range:
    """A range such as [2:4], of what is numbered from first to the one before last."""
    start, _, stop = index.partition(":")
    try:
        found = range(int(start, 0) if start else first, int(stop, 0) if stop else last)
    except ValueError:
        raise no_path(path, f"[{index}]") from None
    if not first <= found.start < found.stop <= last:
        raise FieldNameError(f"[{index}] is no range of what has {first} to {last - 1}", path=path)
    return found


def _words(memory: Child[Any], path: str, indices: tuple[str, ...]) -> range:
    """The bytes of a memory that are meant: all, a word, or words from one to the one before another."""
    count, step = memory.size * 8 // memory.width, memory.width // 8
    if len(indices) > 1:
        raise FieldNameError(f"{memory.name!r} is a memory: name its words with one pair of brackets", path=path)
    if not indices or indices[0] == "*":
        return range(memory.size)
    index = (
        indices[0]
        if ":" in indices[0]
        else f"{indices[0]}:{int(indices[0], 0) + 1}"
        if indices[0][:1].isdecimal()
        else ":x"
    )
    words = _range(path, index, 0, count)
    return range(words.start * step, words.stop * step)


def words_heard(heard: Heard, offset: int, width: int) -> bool:
    """Whether an access of so many bits at an offset of a memory is of what a handler is for."""
    words = heard.handler.words
    return words is not None and offset < words.stop and offset + width // _WORD_BITS > words.start


def heard_by(handlers: list[Handler], event: int, path: str) -> list[Heard]:
    """The handlers of an event at the path of a register or memory."""
    steps = list(steps_of(path))
    names = tuple(step.name for step in steps)
    indices = tuple(index for step in steps for index in step.indices)
    found = []
    for handler in handlers:
        if handler.event == event and handler.names == names:
            taken = handler.arguments(indices)
            if taken is not None:
                found.append(Heard(handler, taken))
    return found
