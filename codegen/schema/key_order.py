"""How maps are written: the order of keys, and which numbers are addresses and masks."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from codegen.schema.entries import PciIds
from codegen.schema.vocabulary import CHILD_GROUPS, MAX_DEPTH

__all__ = ["DEVICE", "Shape"]

_PCI = tuple(PciIds.model_fields)


@cache
def _ranks(keys: tuple[str, ...]) -> dict[str, int]:
    return {key: number for number, key in enumerate(keys)}


class Shape(NamedTuple):
    """A kind of mapping: its keys in order, the shapes of their values, and how numbers look.

    Without `keys`, all keys are names, in the author's order, with values of the shape `items`.
    """

    keys: tuple[str, ...] = ()
    inside: dict[str, Shape] = {}  # noqa: RUF012  (a default that nothing changes)
    items: Shape | None = None
    hexadecimal: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()

    def of(self, key: str) -> Shape | None:
        """Return the shape of a key's value; None where there is none to keep."""
        return self.inside.get(key, None if self.keys else self.items)

    def order(self, keys: list[str]) -> list[str]:
        """Return keys in order; unknown ones stay behind the known ones as they are."""
        if len(keys) < 2:  # noqa: PLR2004
            return keys
        rank = _ranks(self.keys)
        last = len(rank)
        return sorted(keys, key=lambda key: rank.get(key, last))


_ACCESS = Shape(("read", "write", "once"))
_FIELD = Shape(
    keys=(
        "bits",
        "count",
        "stride",
        "first",
        "index",
        "access",
        "enum",
        "format",
        "unit",
        "scale",
        "offset",
        "range",
        "reset",
        "volatile",
        "hw",
        "we",
        "counter",
        "sticky",
        "intr",
        "writeback",
        "pulse",
        "idle",
        "alternate",
        "when",
        "alias",
        "python",
        "title",
        "description",
    ),
    inside={
        "access": _ACCESS,
        "counter": Shape(("up", "down", "saturate", "clear")),
        "format": Shape(("fixed",), {"fixed": Shape(("signed", "fraction_bits"))}),
        "enum": Shape(("read", "write")),
    },
    hexadecimal=frozenset({"reset"}),
)
_REGISTER = Shape(
    keys=(
        "type",
        "offset",
        "count",
        "stride",
        "first",
        "index",
        "width",
        "access_width",
        "words",
        "endian",
        "access",
        "reset",
        "volatile",
        "hw",
        "shadow",
        "alternate",
        "when",
        "alias",
        "via",
        "lock",
        "unlock",
        "write_twice",
        "write_mask",
        "external",
        "python",
        "title",
        "description",
        "fields",
    ),
    inside={
        "access": _ACCESS,
        "lock": Shape(("by", "value")),
        "reset": Shape(("value", "mask"), hexadecimal=frozenset({"value", "mask"})),
        "fields": Shape(items=_FIELD),
    },
    hexadecimal=frozenset({"offset", "stride", "reset"}),
)
_MEMORY = Shape(
    keys=(
        "offset",
        "entry",
        "count",
        "stride",
        "first",
        "index",
        "size",
        "width",
        "access_width",
        "burst",
        "access",
        "external",
        "python",
        "title",
        "description",
    ),
    hexadecimal=frozenset({"offset", "stride"}),
    sizes=frozenset({"size"}),
)
_SPACE = Shape(keys=("pf", "bar"))


def _block(levels: int) -> Shape:
    """Return the shape of a block that may hold blocks so many levels deep."""
    inner = {"blocks": Shape(items=_block(levels - 1))} if levels else {}
    return Shape(
        keys=(
            "type",
            "alternate",
            "when",
            "space",
            "offset",
            "count",
            "stride",
            "first",
            "index",
            "size",
            "unmapped",
            "external",
            "python",
            "title",
            "description",
            *CHILD_GROUPS,
        ),
        inside={"space": _SPACE, "registers": Shape(items=_REGISTER), "memories": Shape(items=_MEMORY), **inner},
        hexadecimal=frozenset({"offset", "stride", "size", "unmapped"}),
    )


_BLOCK = _block(MAX_DEPTH)
_MEMBER = Shape(keys=("value", "title", "description"))
# In the long form, members are a level deeper; a member called so in the short form is a number.
_ENUM = Shape(items=_MEMBER, inside={"members": Shape(items=_MEMBER)})
_AFI = Shape(
    keys=("ids", "pci"),
    inside={"pci": Shape(_PCI, hexadecimal=frozenset(_PCI))},
)

DEVICE = Shape(
    keys=(
        "schema",
        "name",
        "python",
        "description",
        "endian",
        "include",
        "afi",
        "identity",
        "card",
        "space",
        "clkgen",
        "unmapped",
        "interrupts",
        "constants",
        "enums",
        "types",
        "register_types",
        *CHILD_GROUPS,
    ),
    inside={
        **_BLOCK.inside,
        "afi": _AFI,
        "identity": Shape(("register", "value"), hexadecimal=frozenset({"value"})),
        "card": Shape(("name", "bars", "prefetchable"), {"bars": Shape(items=None, sizes=frozenset("012345"))}),
        "space": _SPACE,
        "interrupts": Shape(items=Shape(("line", "status", "enable", "disable", "clear", "description"))),
        "constants": Shape(items=Shape(("value", "description"))),
        "enums": Shape(items=_ENUM),
        "types": Shape(items=_BLOCK),
        "register_types": Shape(items=_REGISTER),
    },
    hexadecimal=frozenset({"unmapped"}),
)
"""The shape of a whole map; that of an included file is a part of it."""
