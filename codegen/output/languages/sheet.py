"""What a language is: a function from a device to the files to be rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codegen.model.device import Device

__all__ = ["Language", "Sheet"]


class Sheet(NamedTuple):
    """A file to be rendered: its name in the output folder, its template, what that sees."""

    file: str
    template: str
    context: dict[str, Any]


class Language(NamedTuple):
    """A language by name; `template` is that of its main file."""

    name: str
    template: str
    sheets: Callable[[Device], Iterable[Sheet]]
