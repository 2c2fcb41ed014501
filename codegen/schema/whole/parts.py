"""Its images, the card and the space where it lies, the register that identifies it, and its interrupts."""

# pydantic reads the annotations when it runs.
# ruff: noqa: TC001

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from codegen.schema.parts.shapes import shape_of
from codegen.schema.scalars import AfiId, Natural, Size, Text
from codegen.schema.spaces import MAX_BAR, CardName, Pf

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "CARD_NAME",
    "Afi",
    "AnyCard",
    "CardEntry",
    "Entry",
    "Identity",
    "InterruptEntry",
    "PciIds",
    "SpaceEntry",
]

CARD_NAME = "^[A-Za-z][A-Za-z0-9_.-]{0,63}$"


class Entry(BaseModel):
    """What all mappings of a map are: no other keys, no other types, and not to be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    def without(self, key: str) -> Self:
        """Return it as it would be had it not said a key."""
        found = self.model_copy(update={key: type(self).model_fields[key].get_default(call_default_factory=True)})
        found.model_fields_set.discard(key)
        return found


class SpaceEntry(Entry):
    """A PCI function and one of its BARs."""

    pf: Pf
    bar: Annotated[int, Field(ge=0, le=MAX_BAR)]


class CardEntry(Entry):
    """A card with one PCI function: the sizes of its BARs by number, and in which of them reads change nothing."""

    name: Annotated[str, Field(pattern=CARD_NAME)] = ""
    bars: Annotated[dict[Annotated[str, Field(pattern=f"^[0-{MAX_BAR}]$")], Size], Field(min_length=1)]
    prefetchable: list[int] = []


AnyCard = Annotated[Annotated[CardName, Tag("word")] | Annotated[CardEntry, Tag("nested")], Discriminator(shape_of)]


_Id = Annotated[int, Field(ge=0, le=0xFFFF)]


class PciIds(Entry):
    """The ids that the application function shows with the AFI loaded."""

    vendor: _Id = 0
    device: _Id = 0
    subsystem_vendor: _Id = 0
    subsystem_device: _Id = 0


class Afi(Entry):
    """The images that hold this design."""

    ids: list[AfiId] = []
    pci: PciIds | None = None


class Identity(Entry):
    """A register that tells this design from another one."""

    path: str = Field(alias="register")
    value: Natural


class InterruptEntry(Entry):
    """An interrupt: dotted paths of the fields that tell of it, let it through, hold it back and clear it."""

    line: Annotated[int, Field(ge=0, lt=2048)] | None = None
    status: str
    enable: str | None = None
    disable: str | None = None
    clear: str | None = None
    description: Text = ""
