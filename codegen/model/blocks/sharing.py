"""Things at one address, and paths from one thing to another: what may lie over what, and what a path leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.model.paths import STEP, holds_element, indices_of
from codegen.model.types import BlockChild, FieldType, MemoryChild, RegisterChild, RegisterType
from codegen.schema.guesses import closest
from codegen.schema.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from codegen.model.registers.rule_types import When
    from codegen.model.types import Child
    from codegen.schema.entries import BlockEntry, RegisterEntry
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["Sharing", "check_paths", "share_of", "when_of"]

_PATH_HINT = "Give its path from this block, as in control.enable; of an array the element: keys[0]."


def when_of(said: str | dict[str, int] | None) -> When | None:
    """Return when an alternate is there, as it is kept."""
    return tuple(said.items()) if isinstance(said, dict) else said


def share_of(entry: RegisterEntry | BlockEntry) -> tuple[str | None, When | None, bool]:
    """Return what a register or block shares its bits with, when it is there, and whether other logic holds it."""
    return entry.alternate, when_of(entry.when), entry.external


class Sharing:
    """Which children of a block may share addresses: alternates of one thing, and what is read with what is written."""

    def __init__(self, children: Iterable[Child]) -> None:
        self._children = {child.name: child for child in children}

    def allows(self, first: str, second: str) -> bool:
        """Whether two children may lie over each other."""
        roots = self._root(first), self._root(second)
        return roots[0] == roots[1] or self._is_pair(*roots)

    def _root(self, name: str) -> str:
        seen = {name}
        while (other := getattr(self._children[name], "alternate", None)) in self._children and other not in seen:
            name = str(other)
            seen.add(name)
        return name

    def _is_pair(self, first: str, second: str) -> bool:
        """Whether one register is only read and the other only written, at the same place."""
        a, b = self._children[first], self._children[second]
        if not isinstance(a, RegisterChild) or not isinstance(b, RegisterChild):
            return False
        if _place(a) != _place(b):
            return False
        return (_is_read(a.type) and _is_written(b.type)) or (_is_written(a.type) and _is_read(b.type))


def _place(child: RegisterChild) -> tuple[object, ...]:
    dimensions = tuple((axis.count, axis.stride) for axis in child.axes)
    return child.offset, dimensions, child.type.width, child.type.access_width


def _is_read(register: RegisterType) -> bool:
    return not any(POLICIES[field.access].writable for field in register.fields)


def _is_written(register: RegisterType) -> bool:
    return not any(POLICIES[field.access].readable for field in register.fields)


class _Target(NamedTuple):
    """Where a path leads to; `elements`: counts of the array whose element is that of who asks."""

    register: RegisterType
    field: FieldType | None
    elements: tuple[int, ...]


def _target(children: Sequence[Child], path: str) -> _Target | None:
    """Return what a path leads to; None where it leads to no register, nor to a field of one."""
    counts: tuple[int, ...] = ()
    steps = path.split(".")
    while steps:
        match = STEP.fullmatch(steps.pop(0))
        child = next((child for child in children if match and child.name == match[1]), None)
        if match is None or child is None or not _is_entered(child, indices_of(match[2]), counts):
            return None
        if not match[2]:
            counts = counts or tuple(axis.count for axis in child.axes)
        if isinstance(child, RegisterChild):
            return _inside(child.type, steps, counts)
        children = child.type.children if child.type is not None else ()
    return None


def _is_entered(child: Child, indices: list[str], counts: tuple[int, ...]) -> bool:
    """Return whether a step of a path leads on: not into memories and other BARs, and with one open index at most."""
    if isinstance(child, MemoryChild) or (isinstance(child, BlockChild) and child.space is not None):
        return False
    if not child.axes or not indices:
        return not indices and not (child.axes and counts)
    return holds_element(child, indices)


def _inside(register: RegisterType, steps: list[str], counts: tuple[int, ...]) -> _Target | None:
    if not steps:
        return _Target(register, None, counts)
    field = next((field for field in register.fields if field.name == steps[0]), None)
    return _Target(register, field, counts) if field is not None and len(steps) == 1 else None


class _Checks(NamedTuple):
    """What is known while the paths of one block are checked."""

    children: Sequence[Child]
    source: Source
    path: Path
    findings: Findings

    def add(self, path: Path, rule: str, message: str, hint: str) -> None:
        self.findings.add(self.source, (*self.path, *path), rule, message, hint)

    def find(self, text: str, child: Child, rule: str, where: Path) -> _Target | None:
        """Return what a path leads to from a register; None, told, where it leads nowhere."""
        found = _target(self.children, text)
        own = tuple(axis.count for axis in child.axes)
        if found is None or (found.elements and found.elements != own):
            if not self.source.dropped:
                self.add(where, rule, f"nothing that can be used stands at {text!r}", _PATH_HINT)
            return None
        word = 8 if rule == "bad-when" and found.register.is_narrow else found.register.access_width
        if found.register.width != word:
            message = f"{text!r} takes several bus accesses"
            if found.register.width < word:
                message = f"{text!r} is a part of a bus word of {word} bits"
            self.add(where, rule, message, "Choose a register of one bus word.")
            return None
        return found


def check_paths(children: Sequence[Child], source: Source, path: Path, findings: Findings) -> None:
    """Check what registers and blocks say of others of their block: alternates, conditions, locks and keys."""
    checks = _Checks(children, source, path, findings)
    by_name = {child.name: child for child in children}
    for child in children:
        if isinstance(child, MemoryChild) or _refers_to_none(child):
            continue
        group = (f"{child.kind}s", child.name)
        if child.alternate is not None:
            _check_alternate(child, by_name, checks, group)
        elif child.when is not None:
            checks.add((*group, "when"), "bad-when", "only an alternate has a time", "Add alternate, or remove when.")
        if not isinstance(child.when, str) and child.when is not None:
            for text, value in child.when:
                _check_read(text, value, child, "bad-when", (*group, "when", text), checks)
        if isinstance(child, RegisterChild) and child.type.rules is not None:
            _check_rules(child, checks, group)


def _refers_to_none(child: RegisterChild | BlockChild) -> bool:
    """Return whether it says nothing of others; most don't."""
    if child.alternate is not None or child.when is not None:
        return False
    return isinstance(child, BlockChild) or child.type.rules is None


def _check_alternate(child: Child, by_name: Mapping[str, Child], checks: _Checks, group: Path) -> None:
    name = str(getattr(child, "alternate", None))
    other = by_name.get(name)
    where = (*group, "alternate")
    if other is None or other is child or isinstance(other, MemoryChild) != isinstance(child, MemoryChild):
        if not checks.findings.refused((*checks.path, group[0], name)):
            known = [item.name for item in by_name.values() if item is not child and item.kind == child.kind]
            hint = closest(name, known, f"{child.kind}s", checks.findings)
            checks.add(where, "bad-alternate", f"this block has no other {child.kind} {name!r}", hint)
        return
    if isinstance(child, RegisterChild) and (not isinstance(other, RegisterChild) or _place(child) != _place(other)):
        message = f"{name!r} is not at the same place: alternates have one offset, width, count and stride"
        checks.add(where, "bad-alternate", message, "Change one of them, or say a block of several registers.")


def _check_rules(child: RegisterChild, checks: _Checks, group: Path) -> None:
    rules = child.type.rules
    assert rules is not None
    if rules.lock is not None:
        _check_read(*rules.lock, child, "bad-lock", (*group, "lock", "by"), checks)
    for number, (text, value) in enumerate(rules.unlock):
        where = (*group, "unlock", number, text)
        found = checks.find(text, child, "bad-unlock", where)
        if found is None:
            continue
        if found.field is not None or not any(POLICIES[field.access].writable for field in found.register.fields):
            message = f"{text!r} is no register that can be written"
            checks.add(where, "bad-unlock", message, "Name a register; all its bits are written.")
        elif value >> found.register.width:
            message = f"{value:#x} does not fit in the {found.register.width} bits of {text!r}"
            checks.add(where, "bad-unlock", message, "Give what is to be written.")


def _check_read(text: str, value: int, child: Child, rule: str, where: Path, checks: _Checks) -> None:
    """Check a value that some bits are compared with: they can be read, and a read does nothing."""
    found = checks.find(text, child, rule, where)
    if found is None:
        return
    asked = [found.field] if found.field is not None else found.register.fields
    if not all(POLICIES[field.access].readable for field in asked):
        checks.add(where, rule, f"{text!r} can't be read", "Choose what shows its state.")
    elif any(POLICIES[field.access].read_acts for field in found.register.fields):
        checks.add(where, rule, f"reading {text!r} changes something", "Choose what is read without effect.")
    else:
        width = found.field.width if found.field is not None else found.register.width
        if value >> width:
            checks.add(where, rule, f"{value:#x} does not fit in the {width} bits of {text!r}", "Give one that fits.")
