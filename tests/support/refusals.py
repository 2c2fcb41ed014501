"""Files that are refused: the problem, and its place."""

from __future__ import annotations

import pytest

import codegen


def require_refused(path, line, said, load=codegen.load, *, more=False):
    """Loading the file ends in a problem of this line, and in no other; with `more` others may follow it."""
    with pytest.raises(codegen.MapError) as caught:
        load(path)
    problem, *others = caught.value.problems
    assert more or not others
    assert (problem.file, problem.line) == (str(path), line)
    assert said in problem.message
