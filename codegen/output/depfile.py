"""Dependency files as Make reads them, and Ninja."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from codegen.output.files import Output

__all__ = ["depfile_text"]

_SPECIAL = re.compile(r"([\s#\\:])")


def depfile_text(outputs: Iterable[Output], targets: Sequence[str] = ()) -> str:
    """Return rules that make each output depend on its own inputs, or `targets` on all of them.

    Each input is a target without dependencies too, so that one that is gone is no error. Raises
    ValueError for a path with a line break, which neither tool can read.
    """
    outputs = list(outputs)
    everything = tuple(dict.fromkeys(path for output in outputs for path in output.inputs))
    if targets:
        rules = {everything: list(targets)}
    else:
        rules = {}
        for output in outputs:
            rules.setdefault(output.inputs, []).append(output.file.as_posix())
    lines = [f"{' '.join(map(_escaped, files))}: {_joined(inputs)}" for inputs, files in rules.items()]
    lines += [f"{_escaped(path.as_posix())}:" for path in everything]
    return "\n".join(lines) + "\n"


def _joined(paths: tuple[Path, ...]) -> str:
    return " \\\n  ".join(_escaped(path.as_posix()) for path in paths)


def _escaped(path: str) -> str:
    if "\n" in path or "\r" in path:
        raise ValueError(f"{path!r}: a path with a line break can't be in a dependency file")
    return _SPECIAL.sub(r"\\\1", path).replace("$", "$$")
