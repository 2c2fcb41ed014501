"""rggen: types of bit fields, as the access policy of each and what hardware does beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.importers.described.remarks import refuse
from codegen.schema.policies import NAMES, AccessPolicy

if TYPE_CHECKING:
    from codegen.importers.formats.readers.hjson_reader import Node

__all__ = ["FieldKind", "kind_of", "type_and_options"]


class FieldKind(NamedTuple):
    """What a type means. `pulse`: the value that acts, None for none. `said`: what the map says in another way."""

    policy: AccessPolicy
    is_volatile: bool = False
    pulse: int | None = None
    is_kept: bool = True
    said: str = ""


_READ_TRIGGER = "a read triggers hardware, which is taken as clear: nothing reads it unless a program does"
_WRITE_TRIGGER = "a write triggers hardware, and is taken as a plain one"
_OTHER_VALUE = "what is read is the hardware's, and another value than what is written: it is never written back"
_BY_HARDWARE = ("rwc", "rws", "rwhw", "rwh")
_SAME = (
    *("rw", "rwe", "rwl", "w1", "wrc", "wrs", "rc", "rs", "wc", "ws", "wcrs", "wsrc", "w0c", "w0s", "w0t", "w1c"),
    *("w1s", "w1t", "w0crs", "w1crs", "w0src", "w1src", "woc", "wos", "wo", "wo1"),
)
_VOLATILE = frozenset({"rc", "rs", "w0c", "w1c", "wc", "w0s", "w1s", "ws", "w0crs", "w1crs", "wcrs"}) | frozenset(
    {"w0src", "w1src", "wsrc", "woc", "wos"}
)
_KINDS: dict[str, FieldKind] = {
    **{name: FieldKind(NAMES[{"rwe": "rw", "rwl": "rw"}.get(name, name)], name in _VOLATILE) for name in _SAME},
    **{name: FieldKind(NAMES["rw"], is_volatile=True) for name in _BY_HARDWARE},
    "ro": FieldKind(NAMES["ro"], is_volatile=True),
    "rof": FieldKind(NAMES["ro"]),
    "rohw": FieldKind(NAMES["ro"], is_volatile=True),
    "rol": FieldKind(NAMES["ro"], is_volatile=True),
    "rotrg": FieldKind(NAMES["rc"], is_volatile=True, said=_READ_TRIGGER),
    "rwtrg": FieldKind(NAMES["wrc"], is_volatile=True, said=_READ_TRIGGER),
    "rowo": FieldKind(NAMES["rw"], is_volatile=True, is_kept=False, said=_OTHER_VALUE),
    "rowotrg": FieldKind(NAMES["wrc"], is_volatile=True, is_kept=False, said=f"{_OTHER_VALUE}; {_READ_TRIGGER}"),
    "wotrg": FieldKind(NAMES["wo"], said=_WRITE_TRIGGER),
    "w0trg": FieldKind(AccessPolicy("none", "zero_sets", once=False), pulse=0),
    "w1trg": FieldKind(NAMES["wo"], pulse=1),
    "row0trg": FieldKind(AccessPolicy("value", "zero_sets", once=False), is_volatile=True, said=_WRITE_TRIGGER),
    "row1trg": FieldKind(AccessPolicy("value", "one_sets", once=False), is_volatile=True, said=_WRITE_TRIGGER),
    "counter": FieldKind(NAMES["rw"], is_volatile=True),
}
_SW_READS = {"default": "value", "none": "none", "clear": "clear", "set": "set"}
_SW_WRITES = {
    "default": "value",
    "none": "none",
    "clear_0": "zero_clears",
    "clear_1": "one_clears",
    "clear": "clears",
    "set_0": "zero_sets",
    "set_1": "one_sets",
    "set": "sets",
    "toggle_0": "zero_toggles",
    "toggle_1": "one_toggles",
}


def type_and_options(node: Node | None) -> tuple[str, list[Node]]:
    """Return the name of a type, "" where none is said, and what stands behind it in a list."""
    if node is None:
        return "", []
    first, *rest = node.all() or [node]
    return str(first.value).strip().lower() if isinstance(first.value, str) else "", rest


def kind_of(node: Node | None, path: str) -> FieldKind | None:
    """Return what the type of a bit field means; None of a reserved one. Raises MapError for an unknown one."""
    name, options = type_and_options(node)
    if name == "reserved":
        return None
    if name == "custom":
        return _custom({key: item for option in options for key, item in option.items()}, path)
    if name not in _KINDS:
        assert node is not None
        message = f"type is {str(node.plain())[:40]!r}, allowed: {', '.join(sorted(_KINDS))}, custom, reserved"
        raise refuse(node.origin, "unknown-type", message, "Choose one of these.", path)
    return _KINDS[name]


def _custom(options: dict[str, Node], path: str) -> FieldKind:
    words: list[str] = []
    for key, table in (("sw_read", _SW_READS), ("sw_write", _SW_WRITES)):
        node = options.get(key)
        word = "default" if node is None else str(node.value)
        if word not in table:
            assert node is not None
            message = f"{key} is {word[:40]!r}, allowed: {', '.join(table)}"
            raise refuse(node.origin, "unknown-type", message, "Choose one of these.", path)
        words.append(table[word])
    read, write = words

    def says(key: str) -> bool:
        return key in options and options[key].value is True

    said = _WRITE_TRIGGER if says("write_trigger") else ""
    if says("read_trigger") and read != "none":
        read, said = "clear", _READ_TRIGGER
    by_hardware = any(map(says, ("hw_write", "hw_set", "hw_clear"))) or write == "none"
    return FieldKind(AccessPolicy(read, write, once=says("sw_write_once")), by_hardware, said=said)
