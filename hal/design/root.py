"""What the things in a tree of registers need of the device at its root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from typing_extensions import Self

    from hal.design.design import Design
    from hal.registers.space import CacheScopes, Space, SpaceNumbers

__all__ = ["Root"]


class Root(Protocol):
    """An open device, as batches and snapshots see it."""

    _design: ClassVar[Design]
    _layouts: dict[tuple[str, bool, bool], Any]  # of snapshots, by path, and by what they were asked for
    _plans: dict[str, Any]  # of what was restored last, by path
    _idle_views: list[Any]  # of batches that have ended
    _scopes: CacheScopes

    def _drop(self, path: str) -> None:
        """Forgets what is remembered below a path and can be read again."""

    def _space_at(self, numbers: SpaceNumbers) -> Space:
        """One of its BARs."""

    def _view(self, spaces: dict[SpaceNumbers, Space]) -> Self:
        """A device of the same class on other spaces."""

    def find(self, path: str) -> Any:
        """What stands at a path."""
