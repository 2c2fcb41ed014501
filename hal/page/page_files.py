"""The files that the page is made of: the generator's, which draw a map, and those of the live page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hal.generator.package import generator_folder

__all__ = ["PageFile", "page_files"]

_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


class PageFile(NamedTuple):
    """A file and its media type."""

    media_type: str
    content: bytes


def page_files(*more: Path) -> dict[str, PageFile]:
    """All of them by name, and those of more folders; page.html is the page of one card."""
    folders = (generator_folder() / "output" / "templates" / "page", Path(__file__).parent / "assets", *more)
    found = [path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in _TYPES]
    return {path.name: PageFile(_TYPES[path.suffix], path.read_bytes()) for path in found}
