"""The hardware's side as structures of a package: a member for each step of a path, the signals at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.views.names.identifiers import Dialect, Scope
from codegen.views.rtl.writing.rtl_names import WORDS, Signals, member
from codegen.views.rtl.writing.rtl_text import vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Member", "Port", "Structure", "port_path", "structures"]


_DIALECT = Dialect("SystemVerilog", WORDS)


class Port(NamedTuple):
    """A signal of a field or a window: its steps, sizes of the arrays around it with its bits last, a comment.

    `about`: what is said of the field.
    """

    steps: tuple[str, ...]
    name: str
    sizes: tuple[int, ...]
    comment: str = ""
    about: str = ""


class Member(NamedTuple):
    """A member of a structure: its type, with dimensions, and its name."""

    type: str
    name: str
    comment: str = ""


class Structure(NamedTuple):
    """A type of the package."""

    name: str
    members: tuple[Member, ...]


def port_path(steps: Iterable[str], name: str) -> str:
    """Return how a signal is reached in the structure of all."""
    return ".".join([*map(member, steps), name])


def structures(ports: Sequence[Port], suffix: str, device: str, names: Signals) -> list[Structure]:
    """Return the structures of some ports, inner ones first; the last one holds all, and is `suffix` itself.

    Raises ValueError where two members of one structure would have one name.
    """
    return list(_structure((), ports, suffix, device, names, {})) if ports else []


def _structure(
    steps: tuple[str, ...],
    ports: Sequence[Port],
    suffix: str,
    device: str,
    names: Signals,
    shared: dict[tuple[Member, ...], Structure],
) -> Iterator[Structure]:
    depth = len(steps)
    branches: dict[str, list[Port]] = {}
    for port in ports:
        branches.setdefault(port.steps[depth] if len(port.steps) > depth else "", []).append(port)
    scope = Scope(_DIALECT, device)
    members = []
    for step, found in branches.items():
        if not step:
            for port in found:
                scope.take(".".join((*steps, port.name)), port.name)
                members.append(Member(f"logic {vector(*port.sizes)}".rstrip(), port.name, port.comment))
            continue
        about = next((port.about for port in found if port.about and len(port.steps) == depth + 1), "")
        if _is_of_a_field(found, depth + 1):
            leaf = _leaf(found, names, shared)
            if leaf is not None:
                yield leaf
            inner_name = shared[_leaf_members(found)].name
        else:
            inner = list(_structure((*steps, step), found, suffix, device, names, shared))
            yield from inner
            inner_name = inner[-1].name
        members.append(Member(inner_name, scope.take(".".join((*steps, step)), step), about))
    yield Structure(names.take(*steps, suffix) if steps else suffix, tuple(members))


def _is_of_a_field(ports: Sequence[Port], depth: int) -> bool:
    return all(len(port.steps) == depth and not port.comment for port in ports)


def _leaf_members(ports: Sequence[Port]) -> tuple[Member, ...]:
    return tuple(Member(f"logic {vector(*port.sizes)}".rstrip(), port.name) for port in ports)


def _leaf(ports: Sequence[Port], names: Signals, shared: dict[tuple[Member, ...], Structure]) -> Structure | None:
    """Return the type of a field's signals, unless an earlier field has brought it.

    It is named after them and shared by all fields that have the same: tools take long for very many types.
    """
    members = _leaf_members(ports)
    if members in shared:
        return None
    words = [port.name + "".join(f"_{size}" for size in port.sizes if size > 1) for port in ports]
    shared[members] = Structure(names.take(*words, "t"), members)
    return shared[members]
