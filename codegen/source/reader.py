"""Reads a map's text and the files that it includes, and stays inside the folders it may read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from codegen.source.composer import LINE_BREAK, Mark, compose
from codegen.source.composer import Path as MapPath
from codegen.source.findings import Findings, Source
from codegen.source.forms.line_breaks import stray_line_break

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["read_alone", "read_map", "read_text"]

MAX_BYTES = 8 << 20

# What YAML does not allow in a text; the parser would name no position.
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_PRINTABLE_ASCII = bytes([*b"\t\n\r", *range(0x20, 0x7F)])


def read_text(text: str, name: str, findings: Findings) -> list[Source]:
    """Return the source of a text; it can't include anything, for it is in no folder."""
    source = Source(name, name, "")
    if len(text) > MAX_BYTES:
        _too_big(source, findings)
    else:
        _compose(source, text, findings)
    for path, _ in _includes(source):
        message = "a map given as text has no folder to include from"
        hint = "Save it as a file, or write the types and enums out."
        findings.add(source, path, "include-outside", message, hint)
    return [source]


def read_map(path: Path, roots: Sequence[Path], findings: Findings) -> list[Source]:
    """Return the sources of a file and all that it includes, in order of inclusion.

    Includes come from the file's own folder, from the roots, or are files that ship with the generator.
    """
    return _Reader([_real(path).parent, *map(_real, (*roots, *_shipped()))], findings).read(path)


def _shipped() -> list[Path]:
    """Return where shipped maps lie: beside the installed packages' code, or in the source folder."""
    top = Path(__file__).parents[2]
    return [folder for folder in (top / "hal" / "regmaps", top / "regmaps") if folder.is_dir()]


def read_alone(path: Path, findings: Findings) -> Source:
    """Return the source of a file without what it includes."""
    source = Source(os.fspath(path), path.name, "")
    error = _Reader([], findings)._load(source, path)
    if error:
        _not_found(source, error, findings)
    return source


def _not_found(source: Source, error: str, findings: Findings) -> None:
    findings.add(source, (), "not-found", f"can't read the map: {error}", "Check the path.")


def _real(path: Path) -> Path:
    """Return where links lead; one of a circle of links is itself, and can't be read."""
    return Path(os.path.realpath(path))


def _too_big(source: Source, findings: Findings) -> None:
    message = f"the map is larger than {MAX_BYTES >> 20} MiB"
    findings.add(source, (), "too-big", message, "Split it, or use arrays and types.")


def _compose(source: Source, text: str, findings: Findings) -> None:
    source.text = text.removeprefix("\ufeff")
    match = None if _is_plain(source.text) else re.search(_UNPRINTABLE, source.text)
    if match is not None:
        mark = _mark_of(source.text[: match.start()])
        message = f"control character U+{ord(match[0]):04X}"
        findings.add(source, (), "control-character", message, "Remove it.", mark=mark)
        source.text = source.text.encode(errors="replace").decode()
        return
    stray = stray_line_break(source.text)
    if stray is not None:
        mark = _mark_of(source.text[:stray])
        message = f"line break U+{ord(source.text[stray]):04X} outside of quoted text"
        findings.add(source, (), "line-break", message, "Remove it; few programs show a new line there.", mark=mark)
        return

    def report(mark: Mark, path: MapPath, rule: str, message: str, hint: str) -> None:
        findings.add(source, path, rule, message, hint, mark=mark)

    before = len(findings)
    data = compose(source.text, report, shares=True)
    if isinstance(data, dict):
        source.data = data
    elif len(findings) == before:
        shown = "nothing" if data is None else "a list" if isinstance(data, list) else "a scalar"
        message = f"got {shown}, wanted a mapping with schema and name"
        findings.add(source, (), "wrong-type", message, "Start with `schema: 1`.")


def _is_plain(text: str) -> bool:
    """Return whether a text is surely without unprintable characters; sets of all take milliseconds to compile."""
    return text.isascii() and not text.encode().translate(None, _PRINTABLE_ASCII)


def _mark_of(before: str) -> Mark:
    lines = LINE_BREAK.split(before)
    return Mark(len(lines), len(lines[-1]) + 1)


def _includes(source: Source) -> Iterator[tuple[MapPath, str]]:
    """Yield the includes that are text; the schema reports all others."""
    given = source.data.get("include")
    if isinstance(given, str):
        yield ("include",), given
    elif isinstance(given, list):
        for index, item in enumerate(given):
            if isinstance(item, str):
                yield ("include", index), item


class _Open(NamedTuple):
    """A file whose includes are being read."""

    file: Path
    source: Source
    includes: Iterator[tuple[MapPath, str]]


class _Reader:
    def __init__(self, allowed: list[Path], findings: Findings) -> None:
        self._allowed = allowed
        self._findings = findings
        self._done: set[Path] = set()
        self._sources: list[Source] = []

    def read(self, path: Path) -> list[Source]:
        top = Source(os.fspath(path), path.name, "")
        error = self._load(top, path)
        if error:
            _not_found(top, error, self._findings)
            return [top]
        stack = [self._opened(_real(path), top)]
        while stack:
            include = next(stack[-1].includes, None)
            if include is None:
                stack.pop()
                continue
            opened = self._include(stack, *include)
            if opened is not None:
                stack.append(opened)
        return self._sources

    def _opened(self, file: Path, source: Source) -> _Open:
        self._done.add(file)
        self._sources.append(source)
        return _Open(file, source, _includes(source))

    def _include(self, stack: list[_Open], where: MapPath, name: str) -> _Open | None:
        includer = stack[-1]
        file = self._resolve(includer, where, name)
        if file is None:
            return None
        files = [item.file for item in stack]
        if file in files:
            chain = " -> ".join(item.source.name for item in stack[files.index(file) :])
            message = f"the file includes itself: {chain} -> {name}"
            hint = "Move what both need into a third file."
            self._findings.add(includer.source, where, "include-loop", message, hint)
            return None
        if file in self._done:
            return None
        display = Path(includer.source.display).parent / name
        beside = _real(includer.file.parent / name) == file
        source = Source(os.path.normpath(display if beside else file), self._name(file), "")
        error = self._load(source, file)
        if error:
            message = f"can't include {name!r}: {error}"
            self._findings.add(includer.source, where, "include-missing", message, _MISSING_HINT)
            return None
        return self._opened(file, source)

    def _resolve(self, includer: _Open, where: MapPath, name: str) -> Path | None:
        """Return the file of an include: beside the including file, else in one of the roots."""
        if Path(name).is_absolute() or "\0" in name:
            self._outside(includer.source, where, name)
            return None
        folders = [includer.file.parent, *self._allowed[1:]]
        candidates = [_real(folder / name) for folder in folders]
        inside = [file for file in candidates if self._is_allowed(file)]
        found = next((file for file in inside if file.is_file()), None)
        if found is None and candidates[0] not in inside:  # nor does a root have it
            self._outside(includer.source, where, name)
            return None
        return found or candidates[0]

    def _is_allowed(self, file: Path) -> bool:
        return any(file.is_relative_to(folder) for folder in self._allowed)

    def _outside(self, source: Source, where: MapPath, name: str) -> None:
        message = f"{name[:80]!r} is outside of the folder of the map"
        hint = "Include by a relative path inside of that folder, or of a folder given as root."
        self._findings.add(source, where, "include-outside", message, hint)

    def _name(self, file: Path) -> str:
        folder = next(folder for folder in self._allowed if file.is_relative_to(folder))
        return file.relative_to(folder).as_posix()

    def _load(self, source: Source, file: Path) -> str:
        """Fill the source; return why the file can't be read, or nothing."""
        try:
            if file.exists() and not file.is_file():
                return "it is no file"
            with file.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            return getattr(error, "strerror", None) or str(error)
        if len(content) > MAX_BYTES:
            _too_big(source, self._findings)
            return ""
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            before = content[: error.start].decode("utf-8")
            message = f"byte {content[error.start]:#04x} is not UTF-8"
            self._findings.add(source, (), "not-utf8", message, "Save the file as UTF-8.", mark=_mark_of(before))
            source.text = content.decode("utf-8", errors="replace")
            return ""
        _compose(source, text, self._findings)
        return ""


_MISSING_HINT = "Paths are relative to the including file; hal maps lists the files that ship for maps to include."
