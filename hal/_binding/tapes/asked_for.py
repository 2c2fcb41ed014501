"""Whether the environment asks for a recording of this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hal._binding.sdk.library import Library

__all__ = ["RECORD", "RECORD_SLOT", "record_process"]

RECORD, RECORD_SLOT = "HAL_RECORD", "HAL_RECORD_SLOT"


def record_process(library: Library, slot: int) -> None:
    """Begins when a slot is first used that the environment names. RecordError where the file can't be made."""
    wanted = os.environ.get(RECORD, "")
    if wanted and not library.replays:
        from hal._binding.tapes.process_tape import begin  # noqa: PLC0415  (most programs are not recorded)

        begin(library, slot, wanted, os.environ.get(RECORD_SLOT, "0"))
