"""Objects that stand for something outside of Python, a place on a card or an attached BAR, and what is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeVar

from hal.errors import FieldTypeError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Closing", "Uncopyable"]

C = TypeVar("C", bound="Closing")  # editors that do without Self complete what a with block has


class Uncopyable:
    """Base of what can't be copied or pickled: a second one would give back what the first one still uses."""

    __slots__ = ()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise FieldTypeError(f"{self!r} can't be copied or pickled: it stands for what this process has open")


class Closing:
    """Base of what a with block closes."""

    __slots__ = ()

    def __enter__(self: C) -> C:  # noqa: PYI019
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives back what it holds. Again does nothing."""
        raise NotImplementedError
