"""Names of a map from a source's: one rule for all formats, and one for two that would be the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from codegen.schema.names import MAX_LENGTH, attribute_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["common_name", "enum_name", "free_name", "free_names", "member_name", "snake_name"]

# Where a word starts inside of a name in mixed case: ctrlReg, UARTCtrl, Ch0Ctrl. GPIOx and IRQs are one word.
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|(?<=[0-9])(?=[A-Z][a-z])")
_INDEX = re.compile(r"\[?%s\]?")


@lru_cache(maxsize=1 << 14)
def snake_name(name: str, prefix: str = "r") -> str:
    """Return a name in the form of the map's: `TxFIFO` gives tx_fifo, `CH[%s]_CTRL` ch_ctrl, `1WIRE` r_1wire.

    `prefix` stands before what does not start with a letter.
    """
    plain = _plain(_INDEX.sub("", name))
    words = plain if plain.isupper() or plain.islower() else _WORD.sub("_", plain)
    lower = re.sub("_+", "_", words.lower()).strip("_")
    if not lower:
        return prefix
    if not lower[0].isalpha():
        lower = f"{prefix}_{lower}"
    return lower[:MAX_LENGTH].rstrip("_")


def enum_name(name: str) -> str:
    """Return a name in the form of enums: `clock_mode` gives ClockMode, `UART_MODE` UartMode."""
    words = snake_name(name, "e").split("_")
    return "".join(word[:1].upper() + word[1:] for word in words)[:MAX_LENGTH]


def member_name(name: str) -> str:
    """Return a name in the form of an enum's members: `8N1` gives v8n1, `1.8 V` v1_8_v."""
    return snake_name(name, "v").replace("v_", "v", 1) if not name[:1].isalpha() else snake_name(name, "v")


def free_name(name: str, taken: set[str], kind: str | None = None, joint: str = "_") -> str:
    """Return a name that is not taken, with a number behind it where it is, and take it.

    `kind`: child or field, of which the names in Python must differ too. `joint` stands before the number.
    """
    number, found = 1, name
    while found in taken or (kind is not None and attribute_of(found, kind, None) in taken):
        number += 1
        tail = f"{joint}{number}"
        found = name[: MAX_LENGTH - len(tail)] + tail
    taken.add(found)
    if kind is not None:
        taken.add(attribute_of(found, kind, None))
    return found


def free_names(names: Iterable[str], taken: set[str], kind: str | None = None) -> list[str]:
    """Return names that differ, in their order."""
    return [free_name(name, taken, kind) for name in names]


def common_name(names: list[str]) -> str:
    """Return what names have in common without a number at the end: uart0 and uart1 give uart."""
    stems = {re.sub(r"_?\d+$", "", name) or name for name in names}
    return min(stems, key=lambda stem: (len(stem), stem))


def _plain(name: str) -> str:
    """Return a name with nothing in it but letters, digits and underscores of ASCII."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", ascii_name)
