"""C++ compiled to objects, each once: what was compiled before of the same text lies in the user's cache."""

from __future__ import annotations

import hashlib
import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hal.cosim.tools import require_run
from hal.generator import cache

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hal.cosim.tools import Compiler, Simulator

__all__ = ["Objects"]

_KIND = "verilated"
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Objects:
    """A compiler with these flags, which find the simulator's headers too."""

    simulator: Simulator
    compiler: Compiler
    flags: Sequence[str]

    def of_text(self, source: Path, target: Path, folders: Sequence[Path]) -> None:
        """One of a source that has just been made: it is told by its text and by those that it includes.

        `folders`: where headers with quotation marks are looked for before the simulator's, which its version tells.
        """
        key = self._key(_digest(source, folders))
        if not _was_known(key, target):
            began_ns = time.time_ns()
            self._compile([*self.flags, *(f"-I{folder}" for folder in folders)], source, target)
            cache.keep(
                _KIND, key, [self._include / "verilated.h"], began_ns, {}, target.read_bytes(), is_generated=False
            )

    def of_runtime(self, names: Sequence[str], folder: Path) -> list[Path]:
        """Those of the simulator's runtime. Its sources are the same for every top.

        They take most of a first build's time, and builds run side by side: one compiles, the others wait for it.
        """
        sources = [self._include / f"{name}.cpp" for name in names]
        keys = [self._key(str(source)) for source in sources]
        objects = [folder / f"{source.stem}.o" for source in sources]
        if not all(map(_was_known, keys, objects)):
            with cache.alone(_KIND):
                for key, source, target in zip(keys, sources, objects, strict=True):
                    if not _was_known(key, target):
                        began_ns = time.time_ns()
                        self._compile(self.flags, source, target)
                        cache.keep(_KIND, key, [source], began_ns, {}, target.read_bytes(), is_generated=False)
        return objects

    @property
    def _include(self) -> Path:
        return self.simulator.root / "include"

    def _key(self, source: str) -> str:
        return "\0".join([self.simulator.version, self.compiler.command, self.compiler.version, *self.flags, source])

    def _compile(self, flags: Sequence[str], source: Path, target: Path) -> None:
        command = [self.compiler.command, *flags, "-c", str(source), "-o", str(target)]
        require_run(command, "the C++ compiler")


def _was_known(key: str, target: Path) -> bool:
    found = cache.find(_KIND, key, is_generated=False)
    if found is not None:
        target.write_bytes(found.content)
    return found is not None


def _digest(source: Path, folders: Sequence[Path]) -> str:
    """Of a source and of all in these folders that it includes by any way, in the order in which they are met."""
    digest, waiting, seen = hashlib.sha256(), [source], {source}
    while waiting:
        file = waiting.pop()
        text = file.read_bytes()
        digest.update(b"%s\0%d\0" % (file.name.encode(), len(text)))
        digest.update(text)
        for name in _INCLUDE.findall(text):
            places = [place / os.fsdecode(name) for place in (file.parent, *folders)]
            found = next((place for place in places if place.is_file()), None)
            if found is not None and found not in seen:
                seen.add(found)
                waiting.append(found)
    return digest.hexdigest()
