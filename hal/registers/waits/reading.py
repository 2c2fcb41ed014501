"""What one read of a register gave, with its fields as attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.errors import AccessError

if TYPE_CHECKING:
    from hal.registers.refusals import CheckedRegister

__all__ = ["Reading"]


class Reading:
    """A register as one read gave it: the same fields, of that moment. Reads nothing, and can't be written."""

    __slots__ = ("_raw", "_register")

    def __init__(self, register: CheckedRegister, raw: int) -> None:
        _set_register(self, register)
        _set_raw(self, raw)

    def read(self) -> int:
        """All bits."""
        raw: int = self._raw
        return raw

    def fields(self) -> dict[str, Any]:
        """The values of all readable fields by name."""
        values: dict[str, Any] = self._register._shape.values(self._raw)
        return values

    def __getattr__(self, name: str) -> Any:
        register = self._register
        shape = register._shape
        item = shape.declared.get(name)
        if item is None:
            if name.startswith("_") or hasattr(type(register), name):
                raise AccessError(f"{register._where()}: this is what one read gave, which has fields and no {name}")
            raise register._no_field(name)
        if not item.readable:
            raise register._refusal(name, "read")
        return item.decode(self._raw)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AccessError(f"{self._register._where()}: this is what one read gave: write {name} of the register itself")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._register._shape.declared})

    def __repr__(self) -> str:
        shape, register = self._register._shape, self._register
        fields = ", ".join(f"{name}={item.text(self._raw)}" for name, item in shape.declared.items() if item.readable)
        return f"<{register._where()} read {self._raw:#0{shape.width // 4 + 2}x}: {fields}>"


_set_register = vars(Reading)["_register"].__set__
_set_raw = vars(Reading)["_raw"].__set__
