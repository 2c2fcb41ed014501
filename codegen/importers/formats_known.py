"""The formats by name, and how a file tells its own. Reading one is another matter, which most runs have no need of."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["FORMATS", "Format", "format_of", "split_top"]

_SNIFFED = 1 << 16


class Format(NamedTuple):
    """A format: its names, the suffixes of its files, and what is in one where others have those too.

    `word`: what `mark`, a pattern of lines, can't be without. Few files have it, and to compile patterns takes time.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    word: bytes = b""
    mark: bytes = b""

    def is_in(self, start: bytes) -> bool:
        """Return whether a file that begins so is of this format."""
        return bool(self.word) and self.word in start and re.search(self.mark, start, re.MULTILINE) is not None


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("rdl", "SystemRDL", (".rdl",)),
        Format("cheby", "cheby", (".cheby", ".yaml", ".yml"), b"memory-map", rb"^memory-map\s*:"),
        Format(
            "hdl-registers",
            "hdl-registers",
            (".toml", ".json", ".yaml", ".yml"),
            b"mode",
            rb"""^[ \t]*["']?mode["']?\s*[=:]\s*["']?(?:r|w|r_w|wpulse|r_wpulse)["']?\s*(?:,|#|$)""",
        ),
        Format("ipxact", "IP-XACT", (".xml",), b"component", rb"<(?:\w+:)?component[\s>]"),
        Format("litex", "LiteX", (".json", ".csv"), b"csr_base", rb'"csr_bases"|^csr_base,'),
        Format("opentitan", "OpenTitan", (".hjson",)),
        Format(
            "rggen",
            "rggen",
            (".yaml", ".yml", ".toml", ".json"),
            b"register_block",
            rb"""^[ \t]*(?:-[ \t]+|\{[ \t]*)?["']?register_blocks?["']?\s*:|^\[\[\s*register_blocks?\s*\]\]""",
        ),
        Format("svd", "CMSIS-SVD", (".svd", ".xml"), b"<device", rb"<device[\s>]"),
    )
}


def format_of(path: Path) -> Format | None:
    """Return the format of a file by its suffix, and by its content where that is not enough; None: it is a map."""
    suffix = path.suffix.lower()
    fitting = [form for form in FORMATS.values() if suffix in form.suffixes]
    if not fitting:
        return None
    sure = [form for form in fitting if form.suffixes[0] == suffix and suffix not in _SHARED]
    if sure:
        return sure[0]
    try:
        with path.open("rb") as stream:
            start = stream.read(_SNIFFED)
    except (OSError, ValueError):
        return None
    if _MAP.search(start):
        return None
    return next((form for form in fitting if form.is_in(start)), None)


_MAP = re.compile(rb"^schema\s*:", re.MULTILINE)
_SHARED = frozenset({".json", ".yaml", ".yml", ".xml", ".csv", ".toml"})
"""Suffixes that say nothing of what is in a file."""


def split_top(path: str | os.PathLike[str]) -> tuple[Path, str | None]:
    """Return a file and the name of what is wanted of it: `chip.svd#UART0`, unless there is a file of that name."""
    text = os.fspath(path)
    file, mark, top = text.rpartition("#")
    if not mark or not file or Path(text).exists():
        return Path(text), None
    return Path(file), top
