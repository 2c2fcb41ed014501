"""Files that were generated before: whether they are what the generator would make again, without asking it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.generator import cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Known", "Order", "remember", "up_to_date"]

_KIND = "outputs"


class Order(NamedTuple):
    """What decides about the files: maps, folders and constants as they were given, languages in their order."""

    maps: tuple[Path, ...]
    output: str
    languages: tuple[str, ...]
    templates: str | None
    settings: tuple[tuple[str, int], ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """Names the files of the own templates too: another one would come before a shipped one."""
        own = sorted(map(str, Path(self.templates).rglob("*"))) if self.templates else None
        maps = [str(path) for path in self.maps]
        return json.dumps(
            [str(Path.cwd()), maps, self.output, self.languages, self.templates, self.settings, self.options, own]
        )


class Known(NamedTuple):
    """Files, and the lines that were said of them."""

    files: list[Path]
    notice: list[str]


def up_to_date(order: Order) -> Known | None:
    """The files of an order that would be written as they are now; None: one differs, or that is not known."""
    found = cache.find(_KIND, order.key)
    if found is None:
        return None
    files = {Path(name): digest for name, digest in found.facts["files"].items()}
    try:
        same = all(file.is_file() and cache.digest_of(file) == digest for file, digest in files.items())
    except OSError:
        return None
    return Known(list(files), found.facts["notice"]) if same else None


def remember(order: Order, outputs: Sequence[Any], notice: Sequence[str], began_ns: int) -> None:
    """Remembers what the generator made of an order. `outputs`: the generator's, `began_ns`: the time before."""
    if cache.cache_folder() is None:
        return
    inputs: Iterable[Path] = {path: None for output in outputs for path in output.inputs}
    files = {str(output.file): cache.digest_of_text(output.text) for output in outputs}
    facts = {"files": files, "notice": list(notice)}
    cache.keep(_KIND, order.key, inputs, began_ns, facts)
