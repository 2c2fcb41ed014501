"""Interrupts of a design: waiting for them, whether one is pending, letting it through, and clearing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from hal.errors import AccessError, InterruptError
from hal.lines.declared import InterruptLine, lines_of
from hal.lines.subscription import Subscription
from hal.registers.node import no_such_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from typing_extensions import Self

    from hal.devices.dispatch import Dispatch
    from hal.lines.interrupt_events import InterruptEvent

__all__ = ["DeclaredInterrupt", "Interrupt", "Interrupts", "InterruptsOfDevice", "interrupt", "interrupts"]

G = TypeVar("G", bound="Interrupts")


class DeclaredInterrupt(InterruptLine):
    """The line of a driver that declares one; an open device has it there."""

    __slots__ = ()

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Interrupt: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else instance._interrupt(self)


class Interrupt:
    """An interrupt of an open device. `async for event in dev.interrupts.done` goes through its events."""

    __slots__ = ("_clear", "_device", "_disable", "_enable", "_group", "_status", "declaration", "is_listening")

    def __init__(self, group: Interrupts, device: Any, declaration: InterruptLine) -> None:
        self._group, self._device, self.declaration = group, device, declaration
        self._status = _bit_at(device, declaration.status)
        writes = (declaration.enable, declaration.disable, declaration.clear)
        self._enable, self._disable, self._clear = (
            None if write is None else (*_bit_at(device, write[0]), write[1]) for write in writes
        )
        self.is_listening = False

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
        self.is_listening = True

    def disable(self) -> None:
        """Holds it back; its status still tells."""
        self._write(self._disable, "disable")
        self.is_listening = False

    def clear(self) -> None:
        """Clears its status."""
        self._write(self._clear, "clear")

    # -- waiting --------------------------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> InterruptEvent:
        """Waits until it has come since the last wait; other threads run meanwhile.

        It is let through first, where the map says how and it is not yet. When it has come, its status is cleared,
        where the map says how, before this returns: what comes from then on is the next event. One without `clear` is
        held back until the next wait, which returns at once while its status is still set. `timeout` in seconds, None:
        without end; InterruptTimeoutError when it is over.
        """
        event = self._wait(timeout, None)
        assert event is not None
        return event

    def _wait(self, timeout: float | None, stop: Callable[[], bool] | None) -> InterruptEvent | None:
        return self._dispatch().wait(self, timeout, stop)

    async def wait_async(self, timeout: float | None = None) -> InterruptEvent:
        """The same while an event loop's other tasks run; it can be cancelled at any time."""
        return await self._dispatch().wait_async(self, timeout)

    async def __aiter__(self) -> AsyncIterator[InterruptEvent]:
        """Every event, one after the other. In the end it is held back again, if it was before."""
        was_listening = self.is_listening
        try:
            while True:
                yield await self.wait_async()
        finally:
            if not was_listening and self._disable is not None and self._device._open:
                self.disable()

    def on_event(self, call: Callable[[InterruptEvent], Any]) -> Subscription:
        """Calls it with every event, in a thread of its own, until the subscription is closed."""
        return Subscription(self._wait, call, self._dispatch().wake, f"interrupt {self.name} of {self._where()}")

    def listen(self) -> None:
        """Lets it through where that is to be said and was not."""
        if not self.is_listening:
            if self._enable is not None:
                self._write(self._enable, "enable")
            self.is_listening = True

    def hold(self) -> None:
        """Of one that nothing clears: held back, where the map says how, until it is waited for again."""
        if self._disable is not None:
            self.disable()

    @property
    def clears(self) -> bool:
        """Whether the map says how to clear it."""
        return self._clear is not None

    @property
    def place(self) -> tuple[Any, str]:
        """The register of its status, and the field's attribute."""
        return self._status

    def _dispatch(self) -> Dispatch:
        if self.line is None:
            raise InterruptError(
                f"{self._where()}: the map says no line of interrupt {self.name}: add line: N there, or wait for "
                f"{self.declaration.status}"
            )
        return self._group.dispatch(self.line)

    def _where(self) -> str:
        where: str = self._device._full_path()
        return where

    def _write(self, write: tuple[Any, str, int] | None, what: str) -> None:
        if write is None:
            path = f"{self._where()}: interrupt {self.name}"
            raise AccessError(f"{path}: the map says of no field that a write of it {what}s this one")
        register, attribute, value = write
        setattr(register, attribute, value)

    def __repr__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        return f"<interrupt {self.name} of {self._where()}{line}, status {self.declaration.status}>"


class Interrupts:
    """The interrupts of a device, in the map's order. Base class of what a generated driver declares."""

    __slots__ = ("_device", "_dispatches", "_made")

    def __init__(self, device: Any) -> None:
        self._device = device
        self._made: dict[str, Interrupt] = {}
        self._dispatches: dict[int, Dispatch] = {}

    def _interrupt(self, declaration: InterruptLine) -> Interrupt:
        made = self._made.get(declaration.name)
        if made is None:
            made = self._made.setdefault(declaration.name, Interrupt(self, self._device, declaration))
        return made

    def dispatch(self, line: int) -> Dispatch:
        """Who sorts out what comes on a line."""
        found = self._dispatches.get(line)
        if found is None:
            from hal.devices.dispatch import Dispatch  # noqa: PLC0415  (importing a driver is to be quick)

            if self._device._space.under is not None:
                raise AccessError(f"{self._device._full_path()}: a batch waits for nothing; wait on the device itself")
            found = self._dispatches.setdefault(
                line, Dispatch(self._device, line, [one for one in self if one.line == line])
            )
        return found

    def close(self) -> None:
        """Ends all waits."""
        for dispatch in list(self._dispatches.values()):
            dispatch.close()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            known = (attribute for attribute, item in vars(type(self)).items() if isinstance(item, InterruptLine))
            raise no_such_name(self._device._full_path(), name, known, "interrupt")

    def __iter__(self) -> Iterator[Interrupt]:
        return (self._interrupt(item) for item in lines_of(type(self)))

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
) -> DeclaredInterrupt:
    """An interrupt whose status is the field at that path; `enable`, `disable`, `clear`: path and bit of a write."""
    return DeclaredInterrupt(status, enable=enable, disable=disable, clear=clear, line=line, name=name, doc=doc)


def interrupts(group: type[G]) -> InterruptsOfDevice[G]:
    """The interrupts of a device, as a class declares them."""
    return InterruptsOfDevice(group)


def _bit_at(device: Any, path: str) -> tuple[Any, str]:
    """The register of a field, and the field's attribute."""
    above, _, name = path.rpartition(".")
    register = device.find(above)
    return register, register._shape.field_named(name).attribute
