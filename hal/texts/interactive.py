"""Completion of registers, fields and enum members in IPython, and what `?` shows; an extension: %load_ext hal.

IPython's own completers evaluate what stands before the last dot: either they refuse to, or they read the field, and
with it a register that reading changes. This one goes by what the classes declare.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from hal.access.field_arrays import FieldArray
from hal.access.policies import POLICIES
from hal.devices.block import Array, Block
from hal.devices.device import Device
from hal.errors import AddressError
from hal.kinds import enum_of
from hal.registers.node import Node
from hal.registers.register import Register
from hal.slots.slot import Slot
from hal.texts.inspection import UNKNOWN, explained

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.access.fields import FieldDeclaration

__all__ = ["complete", "load_ipython_extension", "unload_ipython_extension"]

_CHAIN = r"(?P<root>[A-Za-z_]\w*)(?P<steps>(?:\.\w+|\[(?:-?\d+|\"\w+\"|'\w+')\])*)"
_ATTRIBUTE = re.compile(_CHAIN + r"\.(?P<typed>\w*)$")
_COMPARED = re.compile(_CHAIN + r"\.(?P<field>\w+)\s*[=!]?=\s*(?P<typed>[\w.]*)$")
_GIVEN = r"(?P<given>(?:[^()]|\([^()]*\))*?)"
_CALL = r"\.(?P<method>modify|write|wait_for|wait_for_async)\("
_ARGUMENT = re.compile(_CHAIN + _CALL + _GIVEN + r"(?P<field>\w+)\s*=\s*(?P<typed>[\w.]*)$")
_KEYWORD = re.compile(_CHAIN + _CALL + r"(?:" + _GIVEN + r",)?\s*(?P<typed>\w*)$")
_CONDITION = re.compile(r"\b(?P<method>when)\(\s*" + _CHAIN + r"\s*," + r"(?:" + _GIVEN + r",)?\s*(?P<typed>\w*)$")
_NAMED = re.compile(r"(\w+)\s*=(?!=)")
_WAIT_WORDS = ("timeout", "interval", "fail")
_STEP = re.compile(r"\.(\w+)|\[(-?\d+|\"\w+\"|'\w+')\]")


class _Extension:
    """What is added to a session, and taken away again."""

    def __init__(self, ipython: Any) -> None:
        from IPython.core.completer import SimpleCompletion, context_matcher  # noqa: PLC0415

        def match(context: Any) -> dict[str, Any]:
            typed, texts = complete(ipython.user_ns, context.text_until_cursor)
            return {
                "completions": [SimpleCompletion(text) for text in texts],
                "matched_fragment": typed,
                "suppress": bool(texts),
            }

        self._ipython, self._find = ipython, ipython._ofind
        self._used_jedi: bool = ipython.Completer.use_jedi
        self._matcher = context_matcher(identifier="hal registers", priority=200)(match)
        ipython.Completer.use_jedi = False
        ipython.Completer.custom_matchers.append(self._matcher)
        ipython._ofind = self._found

    def remove(self) -> None:
        self._ipython.Completer.use_jedi = self._used_jedi
        self._ipython.Completer.custom_matchers.remove(self._matcher)
        del self._ipython._ofind

    def _found(self, asked: str, namespaces: Any = None) -> Any:
        """In the place of IPython's finder, which answers in the form of its version."""
        place = explained(self._ipython.user_ns, asked)
        if place is None:
            return self._find(asked, namespaces)
        return self._find("place", [("Interactive", {} if place is UNKNOWN else {"place": place})])


_loaded: WeakKeyDictionary[Any, _Extension] = WeakKeyDictionary()  # by session


def load_ipython_extension(ipython: Any) -> None:
    """Adds it to a session. Jedi is switched off there, because it reads properties."""
    if ipython not in _loaded:
        _loaded[ipython] = _Extension(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Takes it away, and leaves the session as it was."""
    if ipython in _loaded:
        _loaded.pop(ipython).remove()


def complete(names: Mapping[str, Any], line: str) -> tuple[str, list[str]]:
    """What is being typed at the end of a line, and the texts that it may become. Reads nothing."""
    for pattern, candidates in _OFFERS:
        found = pattern.search(line)
        if found is None:
            continue
        node = _walk(names.get(found["root"]), found["steps"])
        texts = [text for text in candidates(node, found, names) if text.startswith(found["typed"])]
        if texts:
            return found["typed"], texts
    return "", []


def _walk(root: Any, steps: str) -> Any:
    """The node behind a chain of names and indices, or a slot and its services; None for a value, or nothing."""
    node: Any = root if isinstance(root, (Node, Slot)) else None
    for name, index in _STEP.findall(steps):
        if isinstance(node, Block) and name in node._children:
            node = getattr(node, name)
        elif isinstance(node, Array) and index:
            try:
                node = node[index[1:-1] if index[0] in "\"'" else int(index)]
            except AddressError:
                return None
        elif isinstance(node, Device) and name == "slot":
            node = node.slot
        elif isinstance(node, Slot) and name == "clocks":
            node = node.clocks
        elif isinstance(node, Slot) and name == "emulator" and node.library.card is not None:
            node = node.emulator
        else:
            return None
    return node


def _attributes(node: Any, _found: re.Match[str], _names: Mapping[str, Any]) -> list[str]:
    return [] if node is None else [name for name in dir(node) if not name.startswith("_")]


def _keywords(node: Any, found: re.Match[str], _names: Mapping[str, Any]) -> list[str]:
    """What a register's method takes by name, and was not given yet."""
    if not isinstance(node, Register):
        return []
    waits = found["method"] not in {"modify", "write"}
    fields = [name for name, item in node._shape.declared.items() if (item.readable if waits else _is_writable(item))]
    more = ("fail",) if found["method"] == "when" else _WAIT_WORDS if waits else ()
    given = _NAMED.findall(found["given"] or "")
    return [f"{name}=" for name in (*fields, *more) if name not in given]


def _is_writable(item: FieldDeclaration | FieldArray) -> bool:
    first = item.elements[0] if isinstance(item, FieldArray) else item
    return POLICIES[first.access].writable


def _members(node: Any, found: re.Match[str], names: Mapping[str, Any]) -> list[str]:
    """Members of the field's enums, by the names that these have in the session; none where they have none."""
    field: FieldDeclaration | None = node._shape.fields.get(found["field"]) if isinstance(node, Register) else None
    given = None if field is None else field.given
    enums = dict.fromkeys(enum_of(given, writing=writing) for writing in (False, True))
    named = ((_name_of(enum, names), enum) for enum in enums if enum is not None)
    return [f"{name}.{member.name}" for name, enum in named if name for member in enum]


def _name_of(enum: type[Any], names: Mapping[str, Any]) -> str:
    """A name of the session, or one of a module that is there; "" where the enum has neither."""
    own = (name for name, item in names.items() if item is enum and not name.startswith("_"))
    module = sys.modules.get(enum.__module__)
    inside = (f"{name}.{enum.__name__}" for name, item in names.items() if module is not None and item is module)
    return next(own, "") or next(inside, "")


_OFFERS = (
    (_ATTRIBUTE, _attributes),
    (_COMPARED, _members),
    (_ARGUMENT, _members),
    (_KEYWORD, _keywords),
    (_CONDITION, _keywords),
)
