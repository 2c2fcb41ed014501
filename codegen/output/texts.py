"""What two texts of a generated file say without their comments and descriptions: the same, or not."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import PurePath

__all__ = ["same_but_for_texts"]

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def same_but_for_texts(file: PurePath, one: str, other: str) -> bool:
    """Return whether two texts of a file differ in comments and descriptions alone.

    Never for documents, which hold little else, and for languages that are not known.
    """
    bare = _BARE.get(file.suffix)
    if bare is None:
        return False
    try:
        return bare(one) == bare(other)
    except (ValueError, SyntaxError, RecursionError, csv.Error):  # somebody else's file
        return False


def _python(text: str) -> object:
    """Of drivers, and of their type stubs."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef)):
            node.body = [item for item in node.body if not _is_text(item)]
        elif isinstance(node, ast.Call):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "doc"]
    return ast.dump(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _without_comments(text: str) -> object:
    lines = (line.split() for line in _COMMENT.sub("", text).splitlines())
    return [words for words in lines if words]


_RDL = re.compile(r'desc = "(?:\\.|[^"\\])*"|("(?:\\.|[^"\\])*")|//[^\n]*', re.DOTALL)


def _rdl(text: str) -> object:
    """Descriptions are values of a property, and other texts are names."""
    lines = (line.split() for line in _RDL.sub(lambda found: found[1] or "", text).splitlines())
    return [words for words in lines if words not in ([], [";"])]


_XML = re.compile(r"<!--.*?-->|<((?:ipxact:)?description)>[^<]*</\1>", re.DOTALL)


def _xml(text: str) -> object:
    """As the generator writes it, with no section whose text is no markup."""
    lines = (line.split() for line in _XML.sub("", text).splitlines())
    return [words for words in lines if words]


def _vhdl(text: str) -> object:
    """Strings there are digits, so that two dashes start a comment."""
    lines = (line.partition("--")[0].split() for line in text.splitlines())
    return [words for words in lines if words]


def _csv(text: str) -> object:
    """Rows without what says something to people alone, by the names of the columns."""
    rows = csv.DictReader(io.StringIO(text))
    return [{key: cell for key, cell in row.items() if key not in {"description", "notes"}} for row in rows]


def _json(text: str) -> object:
    return _without_descriptions(json.loads(text))


def _without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_descriptions(item) for key, item in value.items() if key != "description"}
    return [_without_descriptions(item) for item in value] if isinstance(value, list) else value


_BARE: dict[str, Callable[[str], object]] = {
    ".py": _python,
    ".pyi": _python,
    ".h": _without_comments,
    ".sv": _without_comments,
    ".json": _json,
    ".rdl": _rdl,
    ".csv": _csv,
    ".svd": _xml,
    ".rs": _without_comments,
    ".vhd": _vhdl,
    ".xml": _xml,
}
