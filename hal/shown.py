"""How objects show themselves in notebooks (`_repr_html_`) and to rich (`__rich__`): by what `hal` has named for it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Facts", "Shown", "presented_by", "presenter"]

_presenter: list[str] = []


def presented_by(module: str) -> None:
    """Names the module whose `as_html` and `as_rich` present what is shown; it is imported when something is."""
    _presenter[:] = [module]


def presenter() -> Any:
    """The module that presents."""
    return import_module(_presenter[0])


class Shown:
    """What shows itself as a table. Only a register and a memory read their values for it, by one access or a few."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        text: str = presenter().as_html(self)
        return text

    def __rich__(self) -> Any:
        return presenter().as_rich(self)


class Facts(Shown):
    """What is a list of facts: as that it is also printed, with ids in hex, where IPython shows the value of a line."""

    __slots__ = ()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": presenter().as_text(self), "text/html": self._repr_html_()}
