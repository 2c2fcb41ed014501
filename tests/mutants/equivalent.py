"""Faults that change nothing that a program could notice, each with its reason: they are not tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.mutants.in_python import Mutant


class Equivalent(NamedTuple):
    """A changed line of a file: what stands there, the change as `make mutants` prints it, and why nobody notices."""

    file: str
    line: str
    change: str
    why: str


EQUIVALENT: tuple[Equivalent, ...] = ()


def why_equivalent(module: str, text: str, mutant: Mutant) -> str:
    """The reason; "" for a fault."""
    line = text.splitlines()[mutant.line - 1].strip()
    return next((one.why for one in EQUIVALENT if one[:3] == (module, line, mutant.change)), "")
