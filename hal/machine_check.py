"""What a look at the machine finds: of `hal doctor` and `hal cosim doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `what_to_do` is empty when nothing has to be done."""

    name: str
    state: Literal["ok", "warn", "fail"]
    text: str
    what_to_do: str = ""
