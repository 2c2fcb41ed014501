"""What a planted fault is."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """`old` stands in `file` once and becomes `new`; each of `tests`, by pytest's names, must then fail.

    `ends`: the exceptions that a failing test may end with; "crash" where the fault breaks the process. `pure`: the
    tests run without the accelerator.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    ends: tuple[str, ...] = ("AssertionError", "Failed")
    pure: bool = False
