"""Real register descriptions to try importers on: files of others, which are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "HAL_TEST_CORPUS"


def corpus_files():
    """All of them, in order; none where the variable names no folder."""
    folder = os.environ.get(VARIABLE, "")
    if not folder:
        return []
    return sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.name != "README.md")


def corpus_file(name):
    """One of them by its path in the folder; a test without it is skipped."""
    path = Path(os.environ.get(VARIABLE, ""), name)
    if not os.environ.get(VARIABLE) or not path.is_file():
        pytest.skip(f"{VARIABLE} names no folder with {name}")
    return path
