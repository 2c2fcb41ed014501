"""Problems of maps in the forms that people, programs and code hosts read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from codegen._version import __version__
from codegen.source.problem import MapError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codegen.source.problem import Problem

__all__ = ["REPORTS"]

_GITHUB = {"error": "error", "note": "notice"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def _text(problems: Sequence[Problem]) -> str:
    return str(MapError(tuple(problems)))


def _json(problems: Sequence[Problem]) -> str:
    return json.dumps({"format": 1, "problems": [_plain(problem) for problem in problems]}, indent=2)


def _plain(problem: Problem) -> dict[str, Any]:
    names = ("file", "line", "column", "level", "path", "rule", "message", "hint")
    return {name: getattr(problem, name) for name in names}


def _github(problems: Sequence[Problem]) -> str:
    """Return GitHub's workflow commands, one a line."""
    return "\n".join(
        f"::{_GITHUB[problem.level]} file={_property(problem.file)},line={problem.line},col={problem.column},"
        f"title={_property(problem.rule)}::{_data(_sentence(problem))}"
        for problem in problems
    )


def _sentence(problem: Problem) -> str:
    place = f"{problem.path}: " if problem.path else ""
    return f"{place}{problem.message}. {problem.hint}".strip()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(problems: Sequence[Problem]) -> str:
    rules = sorted({problem.rule for problem in problems})
    driver = {"name": "hal validate", "version": __version__, "rules": [{"id": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, rules) for problem in problems],
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(problem: Problem, rules: list[str]) -> dict[str, Any]:
    region = {"startLine": problem.line, "startColumn": problem.column}
    location = {"artifactLocation": {"uri": _uri(problem.file)}, "region": region}
    return {
        "ruleId": problem.rule,
        "ruleIndex": rules.index(problem.rule),
        "level": problem.level,
        "message": {"text": _sentence(problem)},
        "locations": [
            {"physicalLocation": location, "logicalLocations": [{"fullyQualifiedName": problem.path}]}
            if problem.path
            else {"physicalLocation": location}
        ],
    }


def _uri(file: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415  (this form alone needs it)

    return quote(file.replace("\\", "/"))


REPORTS: dict[str, Callable[[Sequence[Problem]], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
"""The forms by name. `text` and `github` are empty without problems, the others a document."""
