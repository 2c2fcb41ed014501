"""What is wrong with a map, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from codegen.source.printable import printable

__all__ = ["ArgumentError", "MapError", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a register map, or a note on it.

    `line` and `column` count characters from 1. `path` is the place in the map, such as
    `registers.ctrl.fields.mode.bits`. `rule` is a short identifier that stays the same between
    versions. `message` says what was found and what is allowed, `hint` what to do. `level` is
    error, or note for what is right and worth knowing.
    """

    file: str
    line: int
    column: int
    path: str
    rule: str
    message: str
    hint: str
    level: str = "error"
    excerpt: str = field(default="", repr=False, compare=False)
    """The source line with a caret below the column; empty where there is no text to show."""

    def __post_init__(self) -> None:
        """Make all texts such that they can be printed: whatever a map or its file's name holds, it gives no orders."""
        for name in ("file", "path", "rule", "message", "hint"):
            object.__setattr__(self, name, printable(getattr(self, name)).replace("\n", "\\n"))
        object.__setattr__(self, "excerpt", printable(self.excerpt))

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        hint = f" {self.hint}" if self.hint else ""
        note = "" if self.level == "error" else f"{self.level}: "
        return f"{self.file}:{self.line}:{self.column}: {note}{place}{self.message}.{hint}"


class ArgumentError(ValueError):
    """No map is wrong: what was asked for is not there, or does not fit. A language, an option's word, a constant."""


class MapError(Exception):
    """A register map was refused; `problems` has every fault of the run, sorted by position."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(
            f"{problem}\n{problem.excerpt}" if problem.excerpt else str(problem) for problem in self.problems
        )
