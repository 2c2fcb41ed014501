"""What a driver declares of its interrupts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

__all__ = ["InterruptLine", "declared_interrupts"]


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

    if TYPE_CHECKING:
        # What a device has there is said by `hal.devices.interrupts.DeclaredInterrupt`.
        def __get__(self, instance: Any, owner: type) -> Self: ...

    else:

        def __get__(self, instance, owner):  # noqa: ANN001, ANN204
            return self if instance is None else instance._interrupt(self)


def declared_interrupts(driver: type[Any]) -> Iterator[InterruptLine]:
    """Those of a driver class, in the map's order."""
    group = getattr(getattr(driver, "interrupts", None), "group", None)
    found = vars(group).values() if isinstance(group, type) else ()
    return (item for item in found if isinstance(item, InterruptLine))
