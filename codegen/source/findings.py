"""Collects the faults of one run and finds their positions once, at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from codegen.source.positions import LINE_BREAK, Mark, Path
from codegen.source.printable import printable
from codegen.source.problem import MapError, Problem

__all__ = ["Findings", "Source", "dotted"]

MAX_FINDINGS = 500
"""Where a run stops: nobody reads more, and a map made to be wrong everywhere would take its reader's time."""

_SHOWN_WIDTH = 96


@dataclass(slots=True, eq=False)
class Source:
    """One text of a map.

    `display` is how problems name it, `name` how the generated header does: without
    anything of the machine in it.
    """

    display: str
    name: str
    text: str
    data: dict[str, object] = field(default_factory=dict)
    dropped: set[Path] = field(default_factory=set)
    """Paths that the schema refused: what refers to them has been reported already."""
    origins: dict[Path, tuple[str, Mark]] | None = None
    """Of a map that was made from another format: the file and the place there of each path."""
    texts: dict[str, str] = field(default_factory=dict)
    """The texts of those files by name."""

    def __post_init__(self) -> None:
        """Make the names text that can be written, whatever bytes the file's name holds."""
        self.display, self.name = _text_of(self.display), _text_of(self.name)


def _text_of(file_name: str) -> str:
    return file_name.encode(errors="surrogateescape").decode(errors="replace")


class _Finding(NamedTuple):
    source: Source
    path: Path
    rule: str
    message: str
    hint: str
    at_key: bool
    mark: Mark | None
    level: str = "error"


def dotted(path: Path) -> str:
    """Return a path as users write it: `registers.ctrl`, `afi.ids[0]`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{_shortened(part)}" for part in path]
    return "".join(parts).removeprefix(".")


def _shortened(key: str) -> str:
    return key if len(key) <= _SHOWN_WIDTH else f"{key[:_SHOWN_WIDTH]}..."


class Findings:
    """The faults found so far, in any order. `compared`: names that were looked at for what was meant."""

    def __init__(self) -> None:
        self.compared = 0
        self._all: list[_Finding] = []
        self._notes: list[_Finding] = []
        self._refused: set[Path] = set()

    def refuse(self, source: Source, path: Path) -> None:
        """Note that something was left out, so that what refers to it is not reported again."""
        source.dropped.add(path)
        self._refused.add(path)

    def refused(self, path: Path) -> bool:
        """Return whether any source had something at this path that was left out."""
        return path in self._refused

    def __len__(self) -> int:
        return len(self._all)

    def add(
        self,
        source: Source,
        path: Path,
        rule: str,
        message: str,
        hint: str = "",
        *,
        at_key: bool = False,
        mark: Mark | None = None,
    ) -> None:
        """Note a fault at a path's value, at its key, or at a mark that is already known.

        Raises MapError when these are MAX_FINDINGS.
        """
        self._all.append(_Finding(source, path, rule, message, hint, at_key, mark))
        if len(self._all) == MAX_FINDINGS:
            message = f"more than {MAX_FINDINGS} problems; those after these are not shown"
            last = Problem(source.display, 1, 1, "", "too-many-problems", message, "Correct these first.")
            raise MapError((*self.problems(), last))

    def note_python_name(self, source: Source, path: Path, name: str, python_name: str, what: str) -> None:
        """Note that something has another name in Python; of very many, only the first are noted."""
        if len(self._notes) < MAX_FINDINGS:
            message = f"{name!r} is a word of Python or of the runtime: the {what} is {python_name} there"
            hint = "The name stays everywhere else; python: NAME gives another one." if what != "class" else ""
            finding = _Finding(source, path, "python-name", message, hint, what != "module", None, "note")
            self._notes.append(finding)

    def raise_any(self) -> None:
        """Raise MapError when something was found."""
        if self._all:
            raise MapError(self.problems())

    def problems(self) -> tuple[Problem, ...]:
        """Return the faults with positions: sources in order of their first fault."""
        return _placed(self._all)

    def notes(self) -> tuple[Problem, ...]:
        """Return the notes with positions, in the same order."""
        return _placed(self._notes)


def _placed(found: list[_Finding]) -> tuple[Problem, ...]:
    by_source: dict[int, list[_Finding]] = {}
    for finding in found:
        by_source.setdefault(id(finding.source), []).append(finding)
    return tuple(problem for findings in by_source.values() for problem in _of_source(findings))


def _of_source(findings: list[_Finding]) -> list[Problem]:
    source = findings[0].source
    if source.origins is not None:
        return _of_foreign(source, source.origins, findings)
    from codegen.source.forms.yaml_events import locate  # noqa: PLC0415  (where nothing is wrong, no parser is needed)

    marks = locate(source.text, [finding.path for finding in findings])
    placed = [(finding, finding.mark or _mark(marks, finding)) for finding in findings]
    lines = LINE_BREAK.split(source.text, max(mark.line for _, mark in placed))
    problems: dict[tuple[Mark, str], Problem] = {}
    for finding, mark in placed:
        message, hint = finding.message, finding.hint
        if finding.rule == "duplicate-key":
            first = marks.get(finding.path, (Mark(1, 1), Mark(1, 1)))[0]
            message = f"the key is given twice, first at {first.line}:{first.column}"
            hint = "Remove or rename one of the two."
        problem = Problem(
            source.display,
            mark.line,
            mark.column,
            dotted(finding.path),
            finding.rule,
            message,
            hint,
            finding.level,
            _excerpt(lines, mark),
        )
        problems.setdefault((mark, finding.rule), problem)
    return sorted(problems.values(), key=lambda problem: (problem.line, problem.column))


def _of_foreign(source: Source, origins: dict[Path, tuple[str, Mark]], findings: list[_Finding]) -> list[Problem]:
    """Return problems with the places of another format's files, the nearest that are known."""
    problems: list[Problem] = []
    lines = {file: LINE_BREAK.split(text) for file, text in source.texts.items()}
    for finding in findings:
        path = finding.path
        while path and path not in origins:
            path = path[:-1]
        file, mark = origins.get(path, (source.display, Mark(1, 1)))
        excerpt = _excerpt(lines.get(file, []), mark)
        place = dotted(finding.path)
        rest = (finding.rule, finding.message, finding.hint, finding.level, excerpt)
        problems.append(Problem(file, mark.line, mark.column, place, *rest))
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line, problem.column))


def _mark(marks: dict[Path, tuple[Mark, Mark]], finding: _Finding) -> Mark:
    """Return the finding's place, or that of the nearest thing around it (inside an alias, say)."""
    path = finding.path
    while path and path not in marks:
        path = path[:-1]
    key, value = marks.get(path, (Mark(1, 1), Mark(1, 1)))
    return key if finding.at_key or path != finding.path else value


def _excerpt(lines: list[str], mark: Mark) -> str:
    if mark.line > len(lines) or not lines[mark.line - 1].strip():
        return ""
    line = lines[mark.line - 1]
    start = max(0, mark.column - 1 - _SHOWN_WIDTH // 2) if len(line) > _SHOWN_WIDTH else 0
    shown = printable(f"    {line[start : start + _SHOWN_WIDTH]}")
    before = printable(f"    {line[start : mark.column - 1]}")
    pad = "".join("\t" if character == "\t" else " " for character in before)
    return f"{shown}\n{pad}^"
