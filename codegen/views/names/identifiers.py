"""Names of a map as identifiers of other languages: one rule for words that are in the way, and for two of one name.

A word of the language is escaped as the language does it, or gets an underscore at its end, as in Python. A name that
two things would have is refused: a number behind it would make it mean something else once the map grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from codegen.views.names.reserved_words import RESERVED

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DIALECTS", "Dialect", "Scope"]


def _underscored(word: str) -> str:
    return f"{word}_"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language names things. `title`: what it is called; `has_case`: a and A are two names in it."""

    title: str
    words: frozenset[str]
    has_case: bool = True
    escape: Callable[[str], str] = _underscored

    def folded(self, name: str) -> str:
        """Return what names of the same thing have in common."""
        return name if self.has_case else name.lower()

    def identifier(self, name: str) -> str:
        """Return a name as it is written."""
        return self.escape(name) if self.folded(name) in self.words else name


DIALECTS: dict[str, Dialect] = {
    "c": Dialect("C", RESERVED["c"]),
    "ipxact": Dialect("IP-XACT", frozenset()),
    "linux": Dialect("C", RESERVED["c"]),
    "rust": Dialect("Rust", RESERVED["rust"]),
    "systemrdl": Dialect("SystemRDL", RESERVED["systemrdl"], escape=lambda word: f"\\{word}"),
    "systemverilog": Dialect("SystemVerilog", RESERVED["systemverilog"]),
    "uvm": Dialect("UVM", RESERVED["systemverilog"] | RESERVED["uvm"]),
    # No underscore at the end of a name, in VHDL.
    "vhdl": Dialect("VHDL", RESERVED["vhdl"], has_case=False, escape=lambda word: f"{word}_x"),
}
"""By the names of the output languages that have identifiers of a map."""


class Scope:
    """The names that are taken in one place of an output, and what has them."""

    def __init__(self, dialect: Dialect, device: str, prefix: str = "") -> None:
        """Take the language, the map's name for errors, and what stands before every name there."""
        self._dialect, self._device, self.prefix = dialect, device, prefix
        self._owners: dict[str, str] = {}
        # With a prefix that no word of the language begins with, nothing is written another way.
        self.is_as_is = bool(prefix) and dialect.has_case and not any(word.startswith(prefix) for word in dialect.words)

    def take(self, owner: str, name: str, shown: str = "") -> str:
        """Return the identifier of a thing, without the prefix; `shown`: how an error calls it, where that is another.

        Raises ValueError where another thing has it.
        """
        if self.is_as_is:
            written = key = name
        else:
            written = self._dialect.identifier(self.prefix + name).removeprefix(self.prefix)
            key = self._dialect.folded(written)
        if key in self._owners:
            self.refuse(self._owners[key], owner, shown or self.prefix + written)
        self._owners[key] = owner
        return written

    def refuse(self, first: str, second: str, name: str) -> NoReturn:
        """Raise the error of two things that would have one name."""
        language = self._dialect.title
        raise ValueError(f"{self._device}: {first} and {second} would both be {name} in {language}; rename one of them")
