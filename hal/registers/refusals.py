"""What a register says when an access is refused or fails: always its path and address, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from hal import _binding
from hal.access.choice import RegisterBase
from hal.access.field_arrays import FieldArray
from hal.access.neighbours import invented_by
from hal.access.policies import POLICIES
from hal.access.shape import RegisterShape
from hal.errors import AccessError, FieldNameError, FieldTypeError, FieldValueError, HalError
from hal.kinds import TOGGLE, awaited_kind, kind_name
from hal.registers.node import Node, no_such_name
from hal.values import UNDONE, fitting, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.access.fields import FieldDeclaration

__all__ = ["CheckedRegister"]

_TOGGLED = "TOGGLE inverts a field that reads back what is written and has a value for any bits, or one that toggles"


class CheckedRegister(RegisterBase, Node):
    """The part of a register that takes values and names, checks them, and words the errors."""

    __slots__ = ()

    _shape: ClassVar[RegisterShape] = RegisterShape({})

    @property
    def _known(self) -> int:
        """The bits that the card is known to hold as they are remembered."""
        raise NotImplementedError

    # -- values and names -----------------------------------------------------------------------------------------

    def _encode(self, fields: Mapping[str, Any], *, writing: bool = True) -> tuple[int, int, int]:
        """Mask and bits of the fields by name, and the bits to be inverted. Raises before anything is written."""
        mask = bits = inverted = 0
        for name, value in self._elements(fields).items():
            field = self._shape.fields.get(name)
            if field is None:
                raise self._no_field(name)
            if writing and not POLICIES[field.access].writable:
                raise self._refusal(name, "write")
            if not writing and not field.readable:
                raise self._refusal(name, "read")
            try:
                kind = field.kind if writing else awaited_kind(field.kind)
                turned, raw = _toggled(field) if value is TOGGLE and writing else (0, kind.encode(value, field.width))
            except (FieldValueError, FieldTypeError) as problem:
                raise self._misfit(name, problem, writing=writing) from problem.__cause__
            if writing and mask & field.mask:
                others = [other for other in fields if other != name and self._shape.fields[other].mask & field.mask]
                raise FieldTypeError(
                    f"{self._where()}: {others[0]} and {name} share bits: name one of them", path=self._full_path()
                )
            mask |= field.mask
            bits |= raw << field.lsb
            inverted |= turned << field.lsb
        return mask, bits, inverted

    def _elements(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same with the elements of arrays in the place of these."""
        declared = self._shape.declared
        if not any(isinstance(declared.get(name), FieldArray) for name in fields):
            return fields
        found: dict[str, Any] = {}
        for name, value in fields.items():
            array = declared.get(name)
            try:
                named = array.named(value) if isinstance(array, FieldArray) else {name: value}
            except (FieldValueError, FieldTypeError) as problem:
                raise self._placed_error(problem) from problem.__cause__
            for element in named.keys() & found.keys():
                raise FieldTypeError(f"{self._where()}: {element} is given twice", path=self._full_path())
            found |= named
        return found

    def _whole(self, value: Any) -> int:
        """All bits, given as one value."""
        try:
            return fitting(value, self._shape.width)
        except (FieldValueError, FieldTypeError) as problem:
            raise self._placed_error(problem) from problem.__cause__

    def _require_readable(self) -> None:
        if not self._shape.is_readable:
            what = "write-only: none of its fields can be read"
            raise AccessError(f"{self._where()} is {self._only(what)}", path=self._full_path())

    def _require_writable(self) -> None:
        if not self._shape.is_writable:
            what = "read-only: none of its fields can be written"
            raise AccessError(f"{self._where()} is {self._only(what)}", path=self._full_path())

    def _only(self, what: str) -> str:
        shape = self._shape
        return what if shape.is_readable or shape.is_writable else "closed: none of its fields can be read or written"

    # -- errors ---------------------------------------------------------------------------------------------------

    def _missing(self, name: str) -> NoReturn:
        raise self._refusal(name, "read")

    def _refuse_delete(self, name: str) -> NoReturn:
        raise AccessError(f"{self._where()}: {name} can't be deleted", path=self._full_path())

    def _failed(self, code: int, action: str, field: str = "") -> NoReturn:
        path = f"{self._full_path()}.{self._shape.fields[field].name}" if field else self._full_path()
        what = f"{action} of {path} ({self._space.name}, {self._offset:#x})"
        _binding.raise_code(code, what, path)

    def _failed_write(self, code: int, name: str, value: Any) -> NoReturn:
        field = self._shape.fields[name]
        if code == _binding.UNKNOWN_CODE:
            self._would_invent(invented_by(self._shape, field.mask, self._known, whole=False))
        if code != _binding.VALUE_CODE:
            self._failed(code, "write", name)
        try:
            field.kind.encode(value, field.width)
        except (FieldValueError, FieldTypeError) as problem:
            raise self._misfit(name, problem) from problem.__cause__
        # What gives another number each time it is asked.
        raise self._misfit(name, FieldValueError(f"{shown(value)} does not fit{UNDONE}"))

    def _misfit(self, name: str, problem: FieldValueError | FieldTypeError, *, writing: bool = True) -> HalError:
        """The error for a value that the field can't hold, with the field's place."""
        told = str(problem) if writing else str(problem).removesuffix(UNDONE)
        field = self._shape.fields[name]
        path = f"{self._full_path()}.{field.name}"
        return type(problem)(f"{path} ({self._space.name}, {self._offset:#x}, {field.bits}): {told}", path=path)

    def _refusal(self, name: str, action: str) -> HalError:
        """The error for an access that a field doesn't have, or for a name that the register doesn't have."""
        name = str.__str__(name)
        field = self._shape.fields.get(name)
        if field is None:
            return self._no_field(name, self._own_note() if action == "write" else "")
        path = f"{self._full_path()}.{field.name}"
        where = f"{path} ({self._space.name}, {self._offset:#x})"
        policy = POLICIES[field.access]
        if not (policy.readable or policy.writable):
            hint = "it can be neither read nor written"
        elif action == "read":
            hint = "it is write-only"
        elif field.refused:
            hint = field.refused
        else:
            hint = "it is read-only"
        return AccessError(f"{where} can't be {'read' if action == 'read' else 'written'}: {hint}", path=path)

    def _no_field(self, name: str, note: str = "") -> FieldNameError:
        return no_such_name(self._where(), name, self._shape.declared, "field", note)

    def _would_invent(self, bits: int) -> NoReturn:
        """Of `invented_by`: nobody knows these bits."""
        names = ", ".join(name for name, field in self._shape.fields.items() if field.mask & bits)
        if bits & self._shape.unknown:
            why = f"the reset value of {names} is unknown, and this write would have to invent it"
        else:
            why = (
                f"{names} can't be read, and nobody knows what the card holds there: this process has neither loaded "
                "the design nor written it, and this write would have to invent it"
            )
        raise AccessError(
            f"{self._where()}: {why}; name all of them, or write(...) the whole register; nothing was written",
            path=self._full_path(),
        )

    def _would_hurt(self, harmed: int, *, by_write: bool) -> NoReturn:
        """Of `harmed_by`: these bits are others' than the write named."""
        names = ", ".join(name for name, field in self._shape.fields.items() if field.mask & harmed)
        why = "any write acts on" if by_write else "reading first would change"
        raise AccessError(
            f"{self._where()}: this write would hurt other fields: {why} {names}; name them too, or write(...) "
            "the whole register",
            path=self._full_path(),
        )


def _toggled(field: FieldDeclaration) -> tuple[int, int]:
    """What TOGGLE inverts of what a field reads as, and what it writes."""
    ones, way = (1 << field.width) - 1, field.toggled_by
    if not way:
        raise FieldTypeError(f"{_TOGGLED}; this one is {field.access}, {kind_name(field.given)}{UNDONE}")
    return ones if way == "read" else 0, 0 if way == "zeros" else ones
