"""Interrupts of a design: whether one is pending, letting it through, and clearing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from hal.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

__all__ = ["Interrupt", "InterruptLine", "Interrupts", "InterruptsOfDevice", "interrupt", "interrupts"]

G = TypeVar("G", bound="Interrupts")


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

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> Interrupt: ...

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else instance._interrupt(self)


class Interrupt:
    """An interrupt of an open device."""

    __slots__ = ("_clear", "_device", "_disable", "_enable", "_status", "declaration")

    def __init__(self, device: Any, declaration: InterruptLine) -> None:
        self._device, self.declaration = device, declaration
        self._status = _bit_at(device, declaration.status)
        writes = (declaration.enable, declaration.disable, declaration.clear)
        self._enable, self._disable, self._clear = (
            None if write is None else (*_bit_at(device, write[0]), write[1]) for write in writes
        )

    @property
    def name(self) -> str:
        """As in the map."""
        return self.declaration.name

    @property
    def line(self) -> int | None:
        """The number of its line, where the map says it."""
        return self.declaration.line

    @property
    def pending(self) -> bool:
        """Whether its status is set. One bus read, which changes nothing."""
        register, attribute = self._status
        return bool(getattr(register, attribute))

    def enable(self) -> None:
        """Lets it through."""
        self._write(self._enable, "enable")

    def disable(self) -> None:
        """Holds it back; its status still tells."""
        self._write(self._disable, "disable")

    def clear(self) -> None:
        """Clears its status."""
        self._write(self._clear, "clear")

    def _write(self, write: tuple[Any, str, int] | None, what: str) -> None:
        if write is None:
            path = f"{self._device._full_path()}: interrupt {self.name}"
            raise AccessError(f"{path}: the map says of no field that a write of it {what}s this one")
        register, attribute, value = write
        setattr(register, attribute, value)

    def __repr__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        return f"<interrupt {self.name} of {self._device._full_path()}{line}, status {self.declaration.status}>"


class Interrupts:
    """The interrupts of a device, in the map's order. Base class of what a generated driver declares."""

    __slots__ = ("_device", "_made")

    def __init__(self, device: Any) -> None:
        self._device = device
        self._made: dict[str, Interrupt] = {}

    def _interrupt(self, declaration: InterruptLine) -> Interrupt:
        made = self._made.get(declaration.name)
        if made is None:
            made = self._made[declaration.name] = Interrupt(self._device, declaration)
        return made

    def __iter__(self) -> Iterator[Interrupt]:
        return (self._interrupt(item) for item in vars(type(self)).values() if isinstance(item, InterruptLine))

    def __repr__(self) -> str:
        return f"<interrupts of {self._device._full_path()}: {', '.join(one.name for one in self)}>"


class InterruptsOfDevice(Generic[G]):
    """The line of a device that declares its interrupts; an open device has them there."""

    __slots__ = ("group",)

    def __init__(self, group: type[G]) -> None:
        self.group = group

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> G: ...

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        try:
            return instance._interrupts
        except AttributeError:
            object.__setattr__(instance, "_interrupts", self.group(instance))
            return instance._interrupts


def interrupt(
    status: str,
    *,
    enable: tuple[str, int] | None = None,
    disable: tuple[str, int] | None = None,
    clear: tuple[str, int] | None = None,
    line: int | None = None,
    name: str = "",
    doc: str = "",
) -> InterruptLine:
    """An interrupt whose status is the field at that path; `enable`, `disable`, `clear`: path and bit of a write."""
    return InterruptLine(status, enable=enable, disable=disable, clear=clear, line=line, name=name, doc=doc)


def interrupts(group: type[G]) -> InterruptsOfDevice[G]:
    """The interrupts of a device, as a class declares them."""
    return InterruptsOfDevice(group)


def _bit_at(device: Any, path: str) -> tuple[Any, str]:
    """The register of a field, and the field's attribute."""
    above, _, name = path.rpartition(".")
    register = device.find(above)
    return register, register._shape.field_named(name).attribute
