"""Registers: their fields, and whole-register reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from hal import _binding
from hal._binding import give_memos, spare_of
from hal.access.choice import hold_ports, in_c, install_accessors
from hal.access.field_arrays import FieldArray, Fields
from hal.access.fields import FieldDeclaration
from hal.access.neighbours import (
    harmed_by,
    invented_by,
    invented_by_reset,
    is_aliased,
    reset_value,
    update_of,
    whole_write,
)
from hal.access.plans import native_plans, plan_ports, word_numbers
from hal.access.shape import RegisterShape
from hal.access.words import access_order, is_torn, join_words, runs_of, span_of, split_words
from hal.errors import FieldNameError, FieldTypeError, HalError
from hal.registers.lanes import place
from hal.registers.node import has_state, making
from hal.registers.numberless import refusing
from hal.registers.protocols import write_by_aliases, write_by_protocol
from hal.registers.sure_reads import read_surely
from hal.registers.waiting import AwaitedRegister
from hal.shown import presenter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.access.neighbours import FieldWrite
    from hal.access.remembered import Remembered
    from hal.registers.node import Node
    from hal.registers.space import Space

__all__ = ["Register"]

_NAMED_MAX = 6  # fields that an error names


class _Installed(NamedTuple):
    """What a register class has once its accessors are made.

    Its ports' plans as C has them, its layout there, and the number of each port's word.
    """

    plans: Any
    layout: Any
    words: tuple[int, ...]


class RegisterMeta(type):
    """What declares fields has no other attributes: a misspelt one is told instead of made."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **keywords: Any) -> RegisterMeta:
        fields = [key for key, item in namespace.items() if isinstance(item, (FieldDeclaration, FieldArray))]
        if fields and not has_state(namespace, fields):
            namespace.setdefault("__slots__", ())
        return super().__new__(mcs, name, bases, namespace, **keywords)


class Register(AwaitedRegister, metaclass=RegisterMeta):
    """A register of a device. Its fields are attributes; this class holds what acts on all of its bits.

    Class keywords, as the generator states them: `width` and `access_width` in bits, `words` the order in which a wide
    register's bus words are accessed, `endian` how they lie, `reset`, and what a write of some fields does with the
    other bits: `keep` is read and written back, `ones` is written as 1, `last` is written as it was last, `guard` would
    be hurt by any write. `effects` are the bits that reading changes. Bits of no field, unless they are in `last`, are
    written as read where anything is read, else as they are after a reset.
    """

    __slots__ = ("_remembered",)

    _may_wait: ClassVar[bool] = True  # its statement in a large driver: see `on_first_use`
    _remembered: Remembered | None
    _installed: ClassVar[_Installed | None] = None

    def __init_subclass__(cls, *, width: int = 32, access_width: int | None = None, **facts: Any) -> None:
        super().__init_subclass__()
        declared = {name: item for name, item in vars(cls).items() if isinstance(item, (FieldDeclaration, FieldArray))}
        if cls._shape.fields:  # a user's subclass of a register: the same fields, and methods and state of its own
            cls._keep_fields(declared, (width, access_width, facts) != (32, None, {}))
            return
        if not declared:
            return
        cls._installed = None
        fields = {
            field.attribute: field
            for item in declared.values()
            for field in (item.elements if isinstance(item, FieldArray) else (item,))
        }
        cls._shape = RegisterShape(fields, width, access_width or width, declared=declared, **facts)

    @classmethod
    def _keep_fields(cls, fields: Mapping[str, FieldDeclaration | FieldArray], has_keywords: bool) -> None:
        base, hidden = cls.__mro__[1].__name__, cls._shape.declared.keys() & vars(cls).keys()
        if fields or hidden or has_keywords:
            what = f"fields ({', '.join(sorted({*fields, *hidden}))})" if fields or hidden else "class keywords"
            raise FieldNameError(
                f"{cls.__name__} can't have {what} of its own: {base} has declared them; take other names for what it "
                "adds, or derive from hal.Register and declare all fields"
            )

    @classmethod
    def _make(cls, parent: Node | None, name: str, space: Space, offset: int) -> Register:
        """A register at its place. Prepares its ports; touches no register of the card."""
        plans, layout, _ = cls._installed or cls._install()
        self = object.__new__(cls)
        self._place(parent, name, space, offset)
        bar = space.attached()
        ports, code = place(bar, cls._shape, plans, parent, offset)
        if code:
            path = self._full_path()
            _binding.raise_code(code, f"{path}: {bar.what('access', offset, cls._shape.access_width)}", path)
        hold_ports(self, ports, layout)
        _set_remembered(self, None)
        self._remember()
        if cls.__init__ is not object.__init__:
            self._make_state()
        return self

    @classmethod
    def _install(cls) -> _Installed:
        """Turns the declared fields into accessors, once, on the class that declares them."""
        with making:
            if cls._installed is None:
                owner: type[Register] = next(kind for kind in cls.__mro__ if "_shape" in vars(kind))
                shape = owner._shape = cls._shape.settled
                plans = plan_ports(shape)
                layout = install_accessors(owner, shape, plans)
                owner._installed = _Installed(native_plans(shape, plans), layout, word_numbers(shape, plans))  # at last
            assert cls._installed is not None
            return cls._installed

    # -- whole register -------------------------------------------------------------------------------------------

    @in_c("register_read")
    def read(self) -> int:
        """All bits, as one unsigned integer. One bus read; a wide register takes one for each of its words."""
        self._require_readable()
        return self._read_raw()

    @in_c("register_write")
    def write(self, value: int | None = None, /, **fields: Any) -> None:
        """Writes the whole register without reading it: either `value`, or fields by name.

        Bits that are not named get what changes least without a read: their reset value, or 0 or 1 where that is the
        value that does nothing. Bits that the driver remembers stay.
        """
        if (value is None) == (not fields):
            raise FieldTypeError(f"{self._where()}: write takes either one value or fields by name")
        self._require_writable()
        if value is not None:
            self._write_raw(self._whole(value))
            return
        named, bits, inverted = self._encode(fields)
        if inverted:
            raise FieldTypeError(f"{self._where()}: write reads nothing that TOGGLE could invert; use modify")
        self._require_known(named, whole=True)
        update = whole_write(self._shape, named, bits, self._known)
        if update.keep:
            self._update(update)
        else:
            self._write_raw(update.bits)

    @in_c("register_modify")
    def modify(self, /, **fields: Any) -> None:
        """Writes the named fields and leaves the others as they are: at most one bus read, and one bus write."""
        if not fields:
            raise FieldTypeError(f"{self._where()}: modify takes fields by name")
        self._write_fields(fields)

    def reset(self) -> None:
        """Writes the reset value, but to every field that acts what does nothing. AccessError where it is unknown."""
        self._require_writable()
        unknown = invented_by_reset(self._shape)
        if unknown:
            self._would_invent(unknown)
        self._write_raw(reset_value(self._shape))

    @in_c("register_fields")
    def fields(self) -> dict[str, Any]:
        """The values of all readable fields by name, from one read of the register."""
        raw = self.read()
        return self._shape.values(raw)

    @property
    def info(self) -> dict[str, Any]:
        """The register's facts: path, address, width in bits, reset, `unknown` bits of it, and each field's line.

        Reads nothing.
        """
        shape = self._shape
        return {
            "path": self.path,
            "space": self._space.name,
            "address": self._offset,
            "width": shape.width,
            "reset": shape.reset,
            "unknown": shape.unknown,
            "fields": {name: field.facts for name, field in shape.declared.items()},
        }

    def __repr__(self) -> str:
        return self._told(self._look())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """All forms that a notebook asks for, from one read."""
        bundle: dict[str, str] = presenter().as_bundle(self)
        return bundle

    def _look(self) -> int | str:
        """All bits, or why they are not read, for who shows them."""
        shape = self._shape
        if shape.effects:
            return "not read, because reading changes it"
        if not shape.is_readable:
            return "write-only" if shape.is_writable else "closed"
        try:
            return read_surely(self)
        except HalError as problem:
            return type(problem).__name__

    def _told(self, found: int | str) -> str:
        """What `_look` has found, as `repr` tells it."""
        shape, where = self._shape, f"{type(self).__name__} {self._where()}"
        if isinstance(found, str):
            return f"<{where}: {found}>"
        parts = (f"{name}={field.text(found)}" for name, field in shape.declared.items() if field.readable)
        return f"<{where} = {found:#0{shape.width // 4 + 2}x}: {', '.join(parts)}>"

    def __dir__(self) -> list[str]:
        own = {name for name in super().__dir__() if "[" not in name}  # elements of arrays
        return sorted({*own, *self._shape.declared})

    # -- how ------------------------------------------------------------------------------------------------------

    def _remember(self) -> None:
        """Gives its ports what is remembered of it, where anything is to be."""
        remembered = self._space.memory(self._offset, self._shape, self.path) if self._may_be_remembered() else None
        if remembered is not None and self._remembered is None:
            assert self._installed is not None
            shape = self._shape
            if shape.is_narrow:
                (spare, rest), lane = spare_of(self._store), shape.lane_at(self._offset)
                remembered.lies_beside(spare | shape.reserved << lane, rest | (shape.reset & shape.reserved) << lane)
            give_memos(self._store, remembered.memos, self._installed.words)
            _set_remembered(self, remembered)

    def _may_be_remembered(self) -> bool:
        return bool(self._shape.last or self._space.scopes.blocks)

    def _require_known(self, named: int, *, whole: bool) -> None:
        """AccessError where a write would have to invent what nobody knows."""
        if self._shape.unknown or self._shape.last:
            unknown = invented_by(self._shape, named, self._known, whole=whole)
            if unknown:
                self._would_invent(unknown)

    @property
    def _known(self) -> int:
        """The bits that the card is known to hold as they are remembered."""
        return 0 if self._remembered is None else self._remembered.known

    @property
    def _last_written(self) -> int:
        """What is remembered; before that the reset value."""
        return self._shape.reset if self._remembered is None else self._remembered.value

    @classmethod
    def _keeps_beside(cls, mask: int) -> int:
        """The bits that a write of these bits reads and writes back."""
        return update_of(cls._shape, mask, 0).keep & ~cls._shape.last

    @classmethod
    def _plan_of(cls, mask: int) -> str:
        """How these bits are written alone: see `FieldDeclaration.plan`."""
        if is_aliased(cls._shape, mask):
            return "alias"
        return "modify" if cls._keeps_beside(mask) else "write"

    def _read_raw(self) -> int:
        if self._shape.is_wide:
            return self._read_words(self._shape.mask)
        code, value = _binding.read_full(self._store)
        if code:
            self._failed(code, "read")
        return value

    def _read_bits(self, mask: int) -> int:
        """The register's value in the words that hold any of these bits."""
        return self._read_words(mask) if self._shape.is_wide else self._read_raw()

    def _read_words(self, mask: int) -> int:
        """The register's value in those words that hold any of these bits, and in the words between."""
        shape = self._shape
        first, count = span_of(shape, mask)
        port = _binding.word_port(self._store, shape.word_at(first) - shape.word_at(0))
        words = _binding.read_wide(port, count, access_order(shape), stable=is_torn(shape, mask))
        if isinstance(words, int):
            self._failed(words, "read")
        return join_words(words, shape.access_width) << (first * shape.access_width)

    def _write_raw(self, value: int) -> None:
        if self._shape.has_protocol:
            write_by_protocol(self, 0, value)
            return
        if self._shape.is_wide:
            code = _binding.write_wide(self._store, split_words(value, self._shape), access_order(self._shape))
        else:
            write = _binding.modify if self._shape.is_narrow else _binding.put
            code = write(self._store, value)
        if code:
            self._failed(code, "write")

    def _write_fields(self, fields: dict[str, Any]) -> None:
        """One read at most, one write; refused where a field that is not named would be hurt."""
        self._require_writable()
        named, bits, inverted = self._encode(fields)
        if is_aliased(self._shape, named) and not inverted:
            write_by_aliases(self, named, bits)
            return
        harmed = harmed_by(self._shape, named, inverted)
        if harmed is not None:
            self._would_hurt(harmed[0], by_write=harmed[1])
        self._require_known(named & ~inverted, whole=False)
        self._update(update_of(self._shape, named, bits, inverted))

    def _update(self, update: FieldWrite) -> None:
        """Makes the write, and reads the words that anything is kept of which is not remembered."""
        code, shape = 0, self._shape
        reached, keep, bits = update
        if shape.has_protocol:
            known = keep & shape.last & self._known
            write_by_protocol(self, keep & ~known, bits ^ (self._last_written & known))
            return
        if shape.is_narrow:
            code = _binding.update_lane(self._store, keep, bits, shape.reserved)
        elif not shape.is_wide:
            code = _binding.update(self._store, keep, bits) if keep else _binding.put(self._store, bits)
        for first, count in runs_of(shape, reached) if shape.is_wide else ():
            port = _binding.word_port(self._store, shape.word_at(first) - shape.word_at(0))
            kept, words = (split_words(part, shape)[first : first + count] for part in (keep, bits))
            whole = shape.words == "latched"
            code = code or _binding.update_wide(port, kept, words, access_order(shape), whole=whole)
        if code:
            self._failed(code, "write")

    def _read_field(self, name: str) -> Any:
        """A field that has no port of its own, or no getter."""
        field = self._shape.fields[name]
        if not field.readable:
            raise self._refusal(name, "read")
        return field.decode(self._read_words(field.mask))

    def _write_field(self, name: str, value: Any) -> None:
        """A field whose write takes more than one port, or is none."""
        name = str.__str__(name)  # no subclass, which may compare as it likes
        field = self._shape.fields.get(name)
        array = self._shape.declared.get(name)
        if isinstance(array, FieldArray):
            Fields(self, array).write(value)
            return
        if field is None and self._set_own(name, value):
            return
        if field is None or not field.writable:
            raise self._refusal(name, "write")
        self._write_fields({name: value})

    def _instead(self) -> str:
        names = [f".{name}" for name, item in self._shape.declared.items() if item.readable][:_NAMED_MAX]
        return f"a register: take all its bits with .read(), or a field: {', '.join(names) or 'it has none to read'}"

    if not TYPE_CHECKING:  # what is refused must not type-check
        __bool__ = refusing("testing it")


_set_remembered = vars(Register)["_remembered"].__set__
