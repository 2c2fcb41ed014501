"""How objects show themselves in notebooks (`_repr_html_`) and to rich (`__rich__`): by what `hal` has named for it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Shown", "presented_by"]

_presenter: list[str] = []


def presented_by(module: str) -> None:
    """Names the module whose `as_html` and `as_rich` present what is shown; it is imported when something is."""
    _presenter[:] = [module]


class Shown:
    """What shows itself as a table. Only a register and a memory read their values for it, by one access or a few."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        text: str = import_module(_presenter[0]).as_html(self)
        return text

    def __rich__(self) -> Any:
        return import_module(_presenter[0]).as_rich(self)
