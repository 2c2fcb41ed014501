"""The part of a register that is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hal.access.choice import in_c
from hal.registers.refusals import CheckedRegister

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.registers.waits.waits import Wait

__all__ = ["AwaitedRegister"]

R = TypeVar("R", bound="AwaitedRegister")  # editors that do without Self complete what was read


class AwaitedRegister(CheckedRegister):
    """Waits for its fields, in a thread or in an event loop."""

    __slots__ = ()

    @in_c("register_wait_for")
    def wait_for(
        self, /, timeout: float | None = 1.0, interval: float | None = None, fail: Any = None, **fields: Any
    ) -> None:
        """Reads until the named fields have these values, or are as `hal.at_least(8)` and its like say.

        `timeout` in seconds, None: without end. `interval` in seconds between two reads, 0: without pause; None: reads
        without pause at first, then every 64th of the time that has been waited, up to a millisecond. `fail`: fields by
        name, any of which ends the wait with WaitFailedError, e.g. `fail={"error": 1}`; it is told also where the rest
        came with it.

        Other threads run meanwhile, and Ctrl-C ends it at once. WaitTimeoutError carries the last value. A wait that
        ends on a word of all ones asks the bus: BusTimeoutError tells that nobody answered, StaleHandleError and
        IdentityError that the design is gone.
        """
        self._wait_on(None, timeout, interval, fail, **fields)

    def _wait_on(
        self,
        look: int | None,
        /,
        timeout: float | None = 1.0,
        interval: float | None = None,
        fail: Any = None,
        **fields: Any,
    ) -> None:
        """`look`: what was read already."""
        self._wait(None, timeout, interval, fail, fields).run(look)

    async def wait_for_async(
        self, /, timeout: float | None = 1.0, interval: float | None = None, fail: Any = None, **fields: Any
    ) -> None:
        """As `wait_for`, while the other tasks of the event loop run; it can be cancelled at any time.

        One timer of the loop makes all looks of its waits, in its own thread. After some milliseconds it looks every
        millisecond, which is as fine as a loop's timers are.
        """
        await self._wait(None, timeout, interval, fail, fields).run_async()

    def wait_until(  # noqa: PYI019
        self: R,
        test: Callable[[R], object],
        /,
        timeout: float | None = 1.0,
        interval: float | None = None,
        fail: Any = None,
    ) -> R:
        """Reads until `test` says yes: `reg.wait_until(lambda r: r.done or r.error)`; returns what was read then.

        What `test` is given, and what is returned, has the register's fields as that one read gave them, `read()` and
        `fields()`; its attributes read nothing. The rest is as in `wait_for`.
        """
        came: Any = self._wait(test, timeout, interval, fail, {}).run()
        return came.reading  # type: ignore[no-any-return]  # it has the same fields

    async def wait_until_async(  # noqa: PYI019
        self: R,
        test: Callable[[R], object],
        /,
        timeout: float | None = 1.0,
        interval: float | None = None,
        fail: Any = None,
    ) -> R:
        """As `wait_until`, while the other tasks of the event loop run; it can be cancelled at any time."""
        came: Any = await self._wait(test, timeout, interval, fail, {}).run_async()
        return came.reading  # type: ignore[no-any-return]

    def _wait(
        self, test: Callable[[Any], object] | None, timeout: Any, interval: Any, fail: Any, fields: dict[str, Any]
    ) -> Wait:
        from hal.registers.waits.condition import condition_of  # noqa: PLC0415  (importing a driver is to be quick)
        from hal.registers.waits.waits import Wait  # noqa: PLC0415

        self._require_readable()
        return Wait((condition_of(self, test, fail, fields),), timeout, interval, self._where())
