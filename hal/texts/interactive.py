"""Completion of registers, fields and enum members in IPython; an extension: %load_ext hal.

IPython's own completers evaluate what stands before the last dot: either they refuse to, or they read the field, and
with it a register that reading changes. This one goes by what the classes declare.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hal.devices.block import Array, Block
from hal.errors import AddressError
from hal.kinds import enum_of
from hal.registers.node import Node
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.access.fields import FieldDeclaration

__all__ = ["complete", "load_ipython_extension"]

_CHAIN = r"(?P<root>[A-Za-z_]\w*)(?P<steps>(?:\.\w+|\[(?:-?\d+|\"\w+\"|'\w+')\])*)"
_ATTRIBUTE = re.compile(_CHAIN + r"\.(?P<typed>\w*)$")
_COMPARED = re.compile(_CHAIN + r"\.(?P<field>\w+)\s*[=!]?=\s*(?P<typed>[\w.]*)$")
_ARGUMENT = re.compile(_CHAIN + r"\.(?:modify|write|wait_for)\([^()]*?(?P<field>\w+)\s*=\s*(?P<typed>[\w.]*)$")
_STEP = re.compile(r"\.(\w+)|\[(-?\d+|\"\w+\"|'\w+')\]")


def load_ipython_extension(ipython: Any) -> None:
    """Adds the completer to a session. Jedi is switched off there, because it reads properties."""
    from IPython.core.completer import SimpleCompletion, context_matcher  # noqa: PLC0415

    def match(context: Any) -> dict[str, Any]:
        typed, texts = complete(ipython.user_ns, context.text_until_cursor)
        return {
            "completions": [SimpleCompletion(text) for text in texts],
            "matched_fragment": typed,
            "suppress": bool(texts),
        }

    ipython.Completer.use_jedi = False
    ipython.Completer.custom_matchers.append(context_matcher(identifier="hal registers", priority=200)(match))


def complete(names: Mapping[str, Any], line: str) -> tuple[str, list[str]]:
    """What is being typed at the end of a line, and the texts that it may become. Reads nothing."""
    for pattern, candidates in ((_ATTRIBUTE, _attributes), (_COMPARED, _members), (_ARGUMENT, _members)):
        found = pattern.search(line)
        if found is None:
            continue
        node = _walk(names.get(found["root"]), found["steps"])
        texts = [text for text in candidates(node, found) if text.startswith(found["typed"])]
        if texts:
            return found["typed"], texts
    return "", []


def _walk(root: Any, steps: str) -> Node | None:
    """The node behind a chain of names and indices; None where there is none, or it is a value."""
    node = root if isinstance(root, Node) else None
    for name, index in _STEP.findall(steps):
        if isinstance(node, Block) and name in node._children:
            node = getattr(node, name)
        elif isinstance(node, Array) and index:
            try:
                node = node[index[1:-1] if index[0] in "\"'" else int(index)]
            except AddressError:
                return None
        else:
            return None
    return node


def _attributes(node: Node | None, _found: re.Match[str]) -> list[str]:
    return [] if node is None else [name for name in dir(node) if not name.startswith("_")]


def _members(node: Node | None, found: re.Match[str]) -> list[str]:
    field: FieldDeclaration | None = node._shape.fields.get(found["field"]) if isinstance(node, Register) else None
    given = None if field is None else field.given
    enums = dict.fromkeys(enum_of(given, writing=writing) for writing in (False, True))
    return [f"{enum.__name__}.{member.name}" for enum in enums if enum is not None for member in enum]
