"""What registers, memories and blocks are not: numbers. Reckoning with one raises, and says what to read instead.

Without this a register would be true and unequal to everything, whatever the card holds. Two nodes are compared by
identity, so that they can be keys and members; a hash is that of the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from hal.errors import FieldTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Numberless", "refusing"]

_ORDERS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_BOTH_WAYS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
}  # fmt: skip
_ALONE = {
    "int": "int()", "index": "taking it as an integer", "float": "float()", "complex": "complex()", "round": "round()",
    "trunc": "trunc()", "floor": "floor()", "ceil": "ceil()", "abs": "abs()", "neg": "-", "pos": "+", "invert": "~",
    "divmod": "divmod()", "rdivmod": "divmod()",
}  # fmt: skip


class Numberless:
    """Base of nodes: all that only numbers do raises FieldTypeError."""

    __slots__ = ()

    def _instead(self) -> str:
        """What it is, and what to take of it."""
        raise NotImplementedError

    def _where(self) -> str:
        """Path and address."""
        raise NotImplementedError

    def _full_path(self) -> str:
        raise NotImplementedError

    def _refuse_number(self, action: str) -> NoReturn:
        raise FieldTypeError(
            f"{self._where()}: {action} needs a value, and this is {self._instead()}", path=self._full_path()
        )

    if not TYPE_CHECKING:  # what is refused must not type-check

        def __format__(self, spec):  # noqa: ANN001, ANN204
            if spec:
                self._refuse_number(f"the format {spec!r}")
            return str(self)


def refusing(action: str) -> Callable[..., NoReturn]:
    """A method that refuses what only a number does."""

    def method(self: Numberless, *_: Any) -> NoReturn:
        self._refuse_number(action)

    return method


def _by_identity(sign: str, *, same: bool) -> Callable[[Numberless, object], bool]:
    def method(self: Numberless, other: object) -> bool:
        if not isinstance(other, Numberless):
            self._refuse_number(sign)
        return (self is other) == same

    return method


_methods: dict[str, Any] = {name: refusing(sign) for name, sign in {**_ORDERS, **_ALONE, **_BOTH_WAYS}.items()}
_methods |= {f"r{name}": refusing(sign) for name, sign in _BOTH_WAYS.items()}
_methods |= {f"i{name}": refusing(f"{sign}=") for name, sign in _BOTH_WAYS.items()}
_methods |= {"eq": _by_identity("==", same=True), "ne": _by_identity("!=", same=False)}
for _name, _method in _methods.items():
    setattr(Numberless, f"__{_name}__", _method)
