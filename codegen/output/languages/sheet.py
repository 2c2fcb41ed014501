"""What a language is: a function from a device to the files to be rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.source.problem import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from codegen.model.device import Device

__all__ = ["Language", "Option", "Sheet", "by_options"]

_SHOWN_WORDS = 8


class Sheet(NamedTuple):
    """A file to be rendered: its name in the output folder, its template, what that sees."""

    file: str
    template: str
    context: dict[str, Any]


class Option(NamedTuple):
    """Something that a user may choose of a language: the words allowed, of which the first one is the default."""

    name: str
    words: tuple[str, ...]
    meaning: str


class Language(NamedTuple):
    """A language by name; `template` is that of its main file.

    With `options`, `configured` gives the language for what is chosen, and `sheets` is that of the defaults. Where
    `together` is there, it makes the files of all devices of a run at once, instead of `sheets`.
    """

    name: str
    template: str
    sheets: Callable[[Device], Iterable[Sheet]]
    options: tuple[Option, ...] = ()
    configured: Callable[[Mapping[str, str]], Language] | None = None
    together: Callable[[Sequence[Device]], Iterable[Sheet]] | None = None

    def with_options(self, chosen: Mapping[str, str]) -> Language:
        """Return the language with some options chosen. Raises ArgumentError for what it does not know."""
        known = {option.name: option for option in self.options}
        for name, word in chosen.items():
            if name not in known:
                has = f"its options are {', '.join(known)}" if known else "it has none"
                raise ArgumentError(f"{self.name} has no option {name!r}; {has}")
            if word not in known[name].words:
                raise ArgumentError(f"{self.name}.{name} is {word!r}, allowed: {_listed(known[name].words)}")
        if self.configured is None or not chosen:
            return self
        return self.configured({**self.defaults, **chosen})

    @property
    def defaults(self) -> dict[str, str]:
        """What its options are where nobody chooses."""
        return {option.name: option.words[0] for option in self.options}


def by_options(
    name: str,
    template: str,
    sheets: Callable[[Device, Mapping[str, str]], Iterable[Sheet]],
    options: tuple[Option, ...],
) -> Language:
    """Return a language whose files go by what is chosen of its options, which `sheets` gets by their names."""

    def configured(chosen: Mapping[str, str]) -> Language:
        return language._replace(sheets=lambda device: sheets(device, chosen))

    language = Language(name, template, lambda device: sheets(device, language.defaults), options, configured)
    return language


def _listed(words: tuple[str, ...]) -> str:
    shown = words if len(words) <= _SHOWN_WORDS else (*words[:2], "...", words[-1])
    return ", ".join(shown)
