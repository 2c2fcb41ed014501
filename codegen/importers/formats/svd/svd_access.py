"""SVD: what a read and a write do, of `access`, `modifiedWriteValue` and `readAction`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.described.remarks import refuse
from codegen.schema.policies import AccessPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Options
    from codegen.importers.formats.readers.xml_reader import Element

__all__ = ["access_of"]

# Whether it gives a value, whether a write counts, and whether only the first one does.
_ACCESSES = {
    "read-only": (True, False, False),
    "write-only": (False, True, False),
    "read-write": (True, True, False),
    "writeOnce": (False, True, True),
    "read-writeOnce": (True, True, True),
    "no-access": (False, False, False),  # of IP-XACT, which has the same words
}
_SHORT = {"r": "read-only", "ro": "read-only", "w": "write-only", "wo": "write-only", "rw": "read-write"}
_WRITES = {
    "oneToClear": "one_clears",
    "oneToSet": "one_sets",
    "oneToToggle": "one_toggles",
    "zeroToClear": "zero_clears",
    "zeroToSet": "zero_sets",
    "zeroToToggle": "zero_toggles",
    "clear": "clears",
    "set": "sets",
    "modify": "value",
}
_READS = {"clear": "clear", "set": "set", "modify": "modify", "modifyExternal": "clear"}


def _word(element: Element, tag: str, words: Mapping[str, object], path: str) -> str | None:
    found = element.find(tag)
    if found is None or not found.text.strip():
        return None
    given = found.text.strip()
    word = _SHORT.get(given, given)
    if word not in words:  # real files write read-writeonce too
        word = next((known for known in words if known.lower() == given.lower()), word)
    if word not in words:
        message = f"<{tag}> is {word[:40]!r}, allowed: {', '.join(words)}"
        raise refuse(found.origin, f"unknown-{tag.lower()}", message, "Choose one of these.", path)
    return word


def _first(chain: list[Element], tag: str, words: Mapping[str, object], path: str) -> str | None:
    for element in chain:
        word = _word(element, tag, words, path)
        if word is not None:
            return word
    return None


def access_of(
    chain: list[Element], default: str | None, path: str, options: Options, remarks: Remarks
) -> tuple[AccessPolicy, str]:
    """Return the policy of a register or field, and its `access`. `chain`: the element, and what it inherits from."""
    access = _first(chain, "access", _ACCESSES, path) or default or "read-write"
    write = _first(chain, "modifiedWriteValue", _WRITES, path)
    read = _first(chain, "readAction", _READS, path)
    can_read, can_write, once = _ACCESSES[access]
    read_word = _READS[read] if can_read and read else "value" if can_read else "none"
    origin = chain[0].origin
    if read_word == "modify":
        if options.read_modify is None:
            message = "readAction is modify: a read changes it, and the file does not say how"
            hint = "Decide it by the option --read-modify: clear, set, or value for no change."
            raise refuse(origin, "read-modify", message, hint, path)
        remarks.approximated(None, origin, path, f"readAction modify is taken as {options.read_modify}, as was asked")
        read_word = options.read_modify
    if can_read and read == "modifyExternal":
        remarks.approximated(
            None, origin, path, "readAction modifyExternal is taken as clear: nothing reads it unless a program does"
        )
    if can_write and write == "modify":
        remarks.approximated(None, origin, path, "modifiedWriteValue modify is taken as a plain write")
    return AccessPolicy(
        read_word, _WRITES[write] if can_write and write else "value" if can_write else "none", once
    ), access
