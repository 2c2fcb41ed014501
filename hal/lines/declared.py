"""What a driver declares of its interrupts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["InterruptLine", "declared_interrupts", "lines_of"]


class InterruptLine:
    """What a driver says of one: its line, the path of its status, and path and bit of each write that it takes."""

    __slots__ = ("clear", "description", "disable", "enable", "line", "name", "status")

    def __init__(
        self,
        status: str,
        *,
        enable: tuple[str, int] | None = None,
        disable: tuple[str, int] | None = None,
        clear: tuple[str, int] | None = None,
        line: int | None = None,
        name: str = "",
        doc: str = "",
    ) -> None:
        self.status, self.enable, self.disable, self.clear = status, enable, disable, clear
        self.line, self.name, self.description = line, name, doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.name or name


def declared_interrupts(driver: type[Any]) -> Iterator[InterruptLine]:
    """Those of a driver class, in the map's order."""
    group = getattr(getattr(driver, "interrupts", None), "group", None)
    return lines_of(group) if isinstance(group, type) else iter(())


def lines_of(group: type[Any]) -> Iterator[InterruptLine]:
    """Those of the class that declares them."""
    return (item for item in vars(group).values() if isinstance(item, InterruptLine))
