"""What a map says of the hardware's side of fields: checks it against itself, their access and their bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.hardware.hardware_types import Counter, Hardware
from codegen.model.registers.entry_facts import says_hardware
from codegen.schema.policies import POLICIES
from codegen.schema.vocabulary import COUNTER_CLEARS, HW_WRITES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.model.types import Kind
    from codegen.schema.entries import FieldEntry, RegisterContent
    from codegen.schema.vocabulary import Hw
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["HardwareRules", "own_access"]

_USES: dict[str, tuple[Hw, ...]] = {
    "we": ("write", "both"),
    "counter": ("write", "both"),
    "sticky": ("write", "both", "set"),
    "intr": ("write", "both", "set"),
}
"""What hardware does to a field with such a key; without `hw` it writes it."""

_WHAT = {
    "we": "a write enable is for a field that hardware writes",
    "counter": "hardware writes a counter",
    "sticky": "hardware writes or sets what is sticky",
    "intr": "hardware writes or sets an interrupt",
}


def own_access(field: FieldEntry) -> str | None:
    """Return the access that a field says itself, in a word of its own or by what clears its counter."""
    if field.access is None and field.counter is not None and field.counter.clear is not None:
        return COUNTER_CLEARS[field.counter.clear]
    return field.access


class HardwareRules:
    """Finds what contradicts itself, and fills in what follows."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def of_register(self, entry: RegisterContent, source: Source, path: Path) -> Hardware | None:
        """Return what hardware does to the fields of a register that do not say it."""
        if entry.hw is None:
            return None
        hardware = Hardware(entry.hw)
        if entry.volatile is not None and entry.volatile != hardware.writes:
            self._contradiction(entry.hw, source, path)
        return hardware

    def of(
        self,
        field: FieldEntry,
        entry: RegisterContent,
        access: str,
        kind: Kind,
        width: int,
        source: Source,
        path: Path,
    ) -> Hardware | None:
        """Return what hardware does to a field; None where the map says nothing of it."""
        if field.hw is entry.hw is None and not says_hardware(field):
            return None
        used = [key for key in _USES if getattr(field, key) not in (None, False)]
        hw = field.hw or entry.hw or ("write" if used else None)
        assert hw is not None
        for key in used:
            if hw not in _USES[key]:
                hint = f"Remove {key}, or say hw: {_or(_USES[key])}."
                self._add(source, (*path, key), f"bad-{key}", f"{_WHAT[key]}, and this one has hw: {hw}", hint)
        if field.volatile is not None and field.volatile != (hw in HW_WRITES):
            self._contradiction(hw, source, path)
        counter = self._counter(field, access, kind, width, source, path)
        sticky = field.sticky or ("bit" if field.intr else None)
        if field.intr not in (None, "level") and sticky == "none":
            message = f"an interrupt of a {field.intr} that is not sticky is gone at once"
            self._add(source, (*path, "sticky"), "bad-sticky", message, "Remove sticky: it is bit then.")
        return Hardware(hw, field.we, counter, None if sticky == "none" else sticky, field.intr)

    def _counter(
        self, field: FieldEntry, access: str, kind: Kind, width: int, source: Source, path: Path
    ) -> Counter | None:
        entry, where = field.counter, (*path, "counter")
        if entry is None:
            return None
        others = [key for key in ("we", "sticky", "intr", "pulse") if getattr(field, key) not in (None, False, "none")]
        if others:
            hint = f"Remove {others[0]}, or counter."
            self._add(source, where, "bad-counter", f"a counter has its own events, and {others[0]} says others", hint)
        if kind != "unsigned":
            message = f"a counter counts in plain binary, and the field is of kind {kind}"
            self._add(source, where, "bad-counter", message, "Remove counter, enum or format.")
        for key in ("up", "down"):
            step = getattr(entry, key)
            if step is not None and step >> width:
                message = f"{key} {step} does not fit in {width} bits"
                self._add(source, (*where, key), "bad-counter", message, "Give a smaller step.", at_key=False)
        if entry.clear is not None and not _clears(access, entry.clear):
            wanted = COUNTER_CLEARS[entry.clear]
            message = f"a {entry.clear} clears it, and with access {access} it does not"
            self._add(source, (*where, "clear"), "bad-counter", message, f"Remove clear, or use access {wanted}.")
        up = 1 if entry.up is None and entry.down is None else entry.up
        return Counter(up or 0, entry.down or 0, entry.saturate)

    def _contradiction(self, hw: Hw, source: Source, path: Path) -> None:
        does = "writes it, and volatile is false" if hw in HW_WRITES else "never changes it, and volatile is true"
        message = f"with hw: {hw}, hardware {does}"
        hint = "Remove volatile: it follows from hw."
        self._add(source, (*path, "volatile"), "bad-volatile", message, hint)

    def _add(self, source: Source, path: Path, rule: str, message: str, hint: str, *, at_key: bool = True) -> None:
        self._findings.add(source, path, rule, message, hint, at_key=at_key)


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _clears(access: str, by: str) -> bool:
    policy = POLICIES[access]
    return policy.read == "clear" if by == "read" else policy.write == "clears"
