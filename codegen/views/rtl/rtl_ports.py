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
    """A signal of a field or a window: its steps, sizes of the arrays around it with its bits last, a comment."""

    steps: tuple[str, ...]
    name: str
    sizes: tuple[int, ...]
    comment: str = ""


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
    return list(_structure((), ports, suffix, device, names)) if ports else []


def _structure(
    steps: tuple[str, ...], ports: Sequence[Port], suffix: str, device: str, names: Signals
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
        inner = list(_structure((*steps, step), found, suffix, device, names))
        yield from inner
        members.append(Member(inner[-1].name, scope.take(".".join((*steps, step)), step)))
    yield Structure(names.take(*steps, suffix) if steps else suffix, tuple(members))
