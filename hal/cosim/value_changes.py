"""Waves as a VCD file has them: chosen signals, and what they are at each change of one of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hal.errors import HalError
from hal.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

__all__ = ["Changes", "read_changes"]

_SIGNALS_MAX = 64
_CHANGES_MAX = 2_000_000


@dataclass(slots=True)
class Changes:
    """A signal: its path, bits, and what it becomes when, as bits in text ("0101", "x"), in the file's unit of time."""

    path: str
    bits: int
    at: list[tuple[int, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last step of its path."""
        return self.path.rpartition(".")[2]


def read_changes(file: Path, names: Sequence[str]) -> list[Changes]:
    """The signals of these names, or of paths that end with them; of several the outermost one.

    HalError tells what is no VCD file, and which signals it has when one is missing.
    """
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return _read(text, str(file), names)
    except OSError as error:
        raise HalError(f"{file} can't be read: {error.strerror}") from None


def _read(text: TextIO, file: str, names: Sequence[str]) -> list[Changes]:
    if len(names) > _SIGNALS_MAX:
        raise HalError(f"{len(names)} signals are too many, {_SIGNALS_MAX} is the most")
    codes = {path: (code, bits) for path, code, bits in _declared(text, file)}
    chosen = [_found(name, codes, file) for name in names]
    found = {path: Changes(path, codes[path][1]) for path in chosen}
    by_code: dict[str, list[Changes]] = {}
    for path, changes in found.items():
        by_code.setdefault(codes[path][0], []).append(changes)
    now = count = 0
    for line in text:
        first = line[:1]
        if first == "#" and line[1:].strip().isdecimal():
            now = int(line[1:])
            continue
        if first in "01xXzZ":
            value, code = first, line[1:].strip()
        elif first in "bB":
            value, _, code = line[1:].strip().partition(" ")
        else:
            continue
        for changes in by_code.get(code, ()):
            count += 1
            if count > _CHANGES_MAX:
                raise HalError(f"{file}: these signals change more than {_CHANGES_MAX} times; write waves of less time")
            changes.at.append((now, value.lower()))
    return [found[path] for path in chosen]


def _declared(text: TextIO, file: str) -> Iterator[tuple[str, str, int]]:
    """Paths, codes and bits of all signals; leaves the text behind its head."""
    scopes: list[str] = []
    for line in text:
        words = line.split()
        if not words:
            continue
        if words[0] == "$scope":
            scopes.append(words[2] if len(words) > 2 else "")  # noqa: PLR2004  (the scope's kind comes first)
        elif words[0] == "$upscope" and scopes:
            scopes.pop()
        elif words[0] == "$var" and len(words) >= 5 and words[2].isdecimal():  # noqa: PLR2004  (kind, bits, code, name)
            yield ".".join([*scopes, words[4]]), words[3], int(words[2])
        elif words[0] == "$enddefinitions":
            return
    raise HalError(f"{file} is no VCD file: it has no $enddefinitions")


def _found(name: str, paths: dict[str, tuple[str, int]], file: str) -> str:
    matching = [path for path in paths if path == name or path.endswith(f".{name}")]
    if not matching:
        known = sorted({path.rpartition(".")[2] for path in paths})
        near = difflib.get_close_matches(name, known, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(known[:20])}, ..."
        raise HalError(printable(f"{file} has no signal {name!r}: {hint}"))
    return min(matching, key=lambda path: path.count("."))
