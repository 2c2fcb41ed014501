"""What is fixed of a register class: its fields, its words, and what a write of some fields does with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal.access.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hal.access.field_arrays import FieldArray
    from hal.access.fields import FieldDeclaration

__all__ = ["RegisterShape"]

_LANES = {8: 8, 16: 8, 32: 32}  # words of narrow registers, by their widths


class RegisterShape(NamedTuple):
    """All that accesses need to know of a register class. Frozen; every register of the class shares it.

    `width` and `access_width` in bits; the former is less where a bus word holds more. `words`: the order in which the
    bus words of a wide register are accessed (low-first, high-first, latched); `endian`: how they lie (little: the
    lowest word at the lowest address, big: at the highest). `declared`: the fields as the driver has them, arrays as
    one; `fields` has their elements. `reset`: all bits. What a write of some fields does
    with the other bits: `keep` is read and written back, `ones` is written as 1, `last` as it was written last, `guard`
    would be hurt by any write.
    `effects`: the bits that reading changes. `shadow`: reads of what is kept are spared by remembering it. `reserved`:
    bits of no field, which are written as read where anything is read, else as their reset; known from the first access
    on. `unknown`: bits of fields that nobody knows after a reset.

    Rules of its writes, by paths from its block: they pass while the field at `lock` has that value; `unlock` is
    written before each of them; `twice`: each is made twice; `masked`: the high half of a write says which bits of the
    low half it is for. `set_by`, `clear_by`: a register where a 1 sets or clears a bit of this, so many bits higher.
    """

    fields: Mapping[str, FieldDeclaration]  # by attribute
    width: int = 32
    access_width: int = 32
    words: str = "low-first"
    reset: int = 0
    keep: int = 0
    ones: int = 0
    last: int = 0
    guard: int = 0
    effects: int = 0
    shadow: bool = False
    reserved: int = 0
    endian: str = "little"
    unknown: int = 0
    declared: Mapping[str, FieldDeclaration | FieldArray] = {}

    def named(self, name: str) -> FieldDeclaration | FieldArray:
        """The field, element or array of that attribute."""
        return self.fields.get(name) or self.declared[name]

    def item_named(self, name: str) -> FieldDeclaration | FieldArray | None:
        """The field, element or array that the hardware calls so, as paths do."""
        array = next((item for item in self.declared.values() if item.name == name), None)
        return array or self.field_named(name)

    def values(self, bits: int) -> dict[str, Any]:
        """The values of all that can be read, by attribute; of an array as a list."""
        return {name: item.decode(bits) for name, item in self.declared.items() if item.readable}

    lock: tuple[str, int] | None = None
    unlock: tuple[tuple[str, int], ...] = ()
    twice: bool = False
    masked: bool = False
    set_by: tuple[str, int] | None = None
    clear_by: tuple[str, int] | None = None

    @property
    def settled(self) -> RegisterShape:
        """The same with what is known from the first access on; not when a class is made, for that is to be quick."""
        return self._replace(reserved=self.unused_bits & ~self.last)

    @property
    def has_protocol(self) -> bool:
        """Whether a write takes more than one access of its own place."""
        return bool(self.lock or self.unlock or self.twice or self.set_by)

    @property
    def is_swept(self) -> bool:
        """Whether several go in one call: each write is of whole bus words, and of nothing else."""
        return not (self.is_narrow or self.has_protocol)

    def selected(self, bits: int, named: int) -> int:
        """What a write carries that gives these bits to the named ones; of a masked register with what selects them."""
        return bits | named << self.selects if self.masked else bits

    @property
    def is_alias(self) -> bool:
        """Whether its bits are those of other registers."""
        return any(field.alias for field in self.fields.values())

    @property
    def selects(self) -> int:
        """Bits from a bit of a masked register to the one that selects it."""
        return self.width // 2

    def field_named(self, name: str) -> FieldDeclaration | None:
        """The field that the hardware calls so, as paths do."""
        field = self.fields.get(name)
        if field is not None and field.name == name:
            return field
        return next((other for other in self.fields.values() if other.name == name), None)

    @property
    def mask(self) -> int:
        """All its bits."""
        return (1 << self.width) - 1

    @property
    def is_wide(self) -> bool:
        """Whether it takes more than one bus access."""
        return self.width > self.access_width

    @property
    def is_narrow(self) -> bool:
        """Whether it is a lane of a bus word, which holds more."""
        return self.width < self.access_width

    @property
    def word_bits(self) -> int:
        """Its bits in a bus word."""
        return min(self.width, self.access_width)

    @property
    def word_count(self) -> int:
        """Its bus words."""
        return max(1, self.width // self.access_width)

    def lane_at(self, offset: int) -> int:
        """The lowest bit that it has in its bus word, at this offset in its BAR."""
        return offset % (self.access_width // 8) * 8 if self.is_narrow else 0

    @property
    def stored(self) -> RegisterShape:
        """The same as the emulated card stores it: in words of its own."""
        return self._replace(access_width=_LANES[self.width]) if self.is_narrow else self

    def word_at(self, number: int, count: int = 1) -> int:
        """Bytes from the register's start to these words, `count` of them from the `number`th lowest on."""
        place = self.word_count - number - count if self.endian == "big" else number
        return place * self.access_width // 8

    def low_bit_at(self, distance: int) -> int:
        """The lowest bit of the word that lies so many bytes from the register's start."""
        number = distance * 8 // self.access_width
        return (self.word_count - 1 - number if self.endian == "big" else number) * self.access_width

    @property
    def is_readable(self) -> bool:
        """Whether any field can be read."""
        return any(field.readable for field in self.fields.values())

    @property
    def is_writable(self) -> bool:
        """Whether a write of the whole register does anything."""
        return any(POLICIES[field.access].writable for field in self.fields.values())

    @property
    def unused_bits(self) -> int:
        """The bits of no field."""
        return self.mask & ~_joined(self.fields.values())

    @property
    def readable_bits(self) -> int:
        """The bits of fields that can be read, and those of no field."""
        return self.unused_bits | _joined(field for field in self.fields.values() if field.readable)

    @property
    def blind_bits(self) -> int:
        """The bits that no read tells without changing something: a latched register is read as a whole."""
        if self.words == "latched" and self.effects:
            return self.mask
        bits, step = self.mask & ~self.readable_bits, (1 << self.access_width) - 1
        for low in range(0, self.width, self.access_width):
            bits |= step << low if self.effects & (step << low) else 0
        return bits

    @property
    def taken_bits(self) -> int:
        """The bits of fields that become what is written to them."""
        policies = ((field, POLICIES[field.access]) for field in self.fields.values())
        return _joined(field for field, policy in policies if policy.write == "value" and not policy.once)

    @property
    def restored_bits(self) -> int:
        """The bits that writing back takes from what was read: of fields that hold it, and beside those of no field."""
        held = self.held_bits
        return held and held | self.unused_bits

    @property
    def acts_on_any_write(self) -> bool:
        """Whether some field can't be left alone by a write."""
        return any(POLICIES[field.access].acts_on_any_write for field in self.fields.values())

    @property
    def is_restorable(self) -> bool:
        """Whether it can be written back."""
        return bool(self.held_bits) and not self.acts_on_any_write

    @property
    def held_bits(self) -> int:
        """The bits of fields that read back what is written to them."""
        return _joined(field for field in self.fields.values() if field.holds_value)


def _joined(fields: Iterable[FieldDeclaration]) -> int:
    """The bits of fields, which may share some."""
    bits = 0
    for field in fields:
        bits |= field.mask
    return bits
