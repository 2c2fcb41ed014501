"""What the caller of an import says: what is wanted, and what shall be done where a source leaves it open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codegen.importers.described.description import Origin
from codegen.importers.described.remarks import refuse

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["READ_MODIFIES", "WRITE_ONLIES", "Foreign", "Options"]

READ_MODIFIES = ("clear", "set", "value")
"""What `readAction: modify` may be decided to be: words for a read."""

WRITE_ONLIES = ("auto", "0", "1", "last")
"""What write-only fields are given when a neighbour is written; auto: 0 to one bit, what was written last to more."""


@dataclass(frozen=True, slots=True)
class Options:
    """`top`: the device that is wanted, all if None. `parameters`, `folders`: for SystemRDL and IP-XACT.

    `bus_width`: narrower registers are parts of bus words of so many bits, where they can be.
    """

    top: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()
    read_modify: str | None = None
    write_only: str = "auto"
    perl: bool = False
    bus_width: int | None = None

    def idle_of(self, width: int) -> int | str:
        """Return what a write-only field whose source says no more is given."""
        if self.write_only == "auto":
            return 0 if width == 1 else "last"
        return self.write_only if self.write_only == "last" else int(self.write_only)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file to be imported: where it is, how problems show it, its bytes, and all files that were read for it."""

    path: Path
    display: str
    content: bytes
    read: list[Path] = field(default_factory=list)

    def text(self) -> str:
        """Return the content as text. Raises MapError with the place of what is not UTF-8."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = self.content[: error.start]
            origin = Origin(self.display, before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
            message = f"byte {self.content[error.start]:#04x} is not UTF-8"
            raise refuse(origin, "not-utf8", message, "Save the file as UTF-8.") from None
