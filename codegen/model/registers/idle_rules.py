"""What a field is given when its neighbours are written: checks `idle`, `pulse` and `writeback` against its policy."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from codegen.schema.policies import POLICIES, policy_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.model.types import FieldType
    from codegen.schema.entries import FieldEntry
    from codegen.schema.vocabulary import Idle
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["IdleRules"]

_ACCESS = attrgetter("access")
_BLIND = frozenset(access for access, policy in POLICIES.items() if policy.is_blind)
_IDLE_HINT = (
    "Add idle: 0 (a command: 1 acts, 0 does nothing), idle: 1 (0 acts, 1 does nothing), "
    "or idle: last (a setting: it is given what was written to it last)."
)


class IdleRules:
    """Finds what contradicts a policy, and what nobody said."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def of(self, access: str, field: FieldEntry, source: Source, path: Path) -> Idle | None:
        """Return what the field is given; None where its policy settles it, or nothing does."""
        policy = POLICIES[access]
        if field.pulse and not policy.can_pulse:
            self._bad_pulse(access, source, (*path, "pulse"))
        if field.writeback is not None and (field.pulse or not policy.holds):
            self._bad_writeback(access, field, source, (*path, "writeback"))
        if field.idle is not None:
            self._check_given(access, field, source, (*path, "idle"))
        if not field.pulse:
            return field.idle
        return 1 if policy.zero_acts or field.idle == 1 else 0

    def require(self, fields: Sequence[FieldType], source: Source, path: Path) -> None:
        """Without `idle`, nobody knows what to give a write-only field when another one is written."""
        if _BLIND.isdisjoint(map(_ACCESS, fields)):
            return
        writable = [field.name for field in fields if POLICIES[field.access].writable]
        for field in fields:
            is_alone = len(writable) == 1 and field.array is None
            if not POLICIES[field.access].is_blind or field.idle is not None or is_alone:
                continue
            if self._findings.refused((*path, field.name, "idle")):
                continue
            other = next((name for name in writable if name != field.name), "another element")
            message = f"the field is write-only, and nothing says what it is given when {other!r} is written"
            self._findings.add(source, (*path, field.name), "no-idle", message, _IDLE_HINT, at_key=True)

    def _bad_pulse(self, access: str, source: Source, path: Path) -> None:
        if POLICIES[access].writable:
            message = f"a field with access {access} has no written value that does nothing"
        else:
            message = f"a field with access {access} can't be written"
        hint = f"Remove pulse, or use one of {', '.join(policy_names('can_pulse'))}."
        self._findings.add(source, path, "bad-pulse", message, hint, at_key=True)

    def _check_given(self, access: str, field: FieldEntry, source: Source, path: Path) -> None:
        policy = POLICIES[access]
        if field.pulse and field.idle == "last":
            message, hint = "a pulse is no setting: its idle is 0 or 1", "Remove idle, or pulse."
        elif policy.is_blind or (field.pulse and (policy.stores or field.idle == _settled(access))):
            return
        else:
            message = f"a field with access {access} has no choice: {_idle_of(access)}"
            hint = "Remove idle; it is for fields with access wo, and for pulses that take what is written."
        self._findings.add(source, path, "bad-idle", message, hint, at_key=True)

    def _bad_writeback(self, access: str, field: FieldEntry, source: Source, path: Path) -> None:
        what = "a pulse" if field.pulse else f"a field with access {access}"
        hint = "Remove writeback; it is for fields with access rw."
        self._findings.add(source, path, "bad-writeback", f"{what} is never written back", hint, at_key=True)


def _settled(access: str) -> int | None:
    """Return the bit that does nothing on a policy where the other one acts."""
    policy = POLICIES[access]
    return int(policy.zero_acts) if policy.zero_acts or policy.one_acts else None


def _idle_of(access: str) -> str:
    """Return what a field is given when its neighbours are written, for a policy that settles it."""
    policy = POLICIES[access]
    if policy.holds:
        return "it is read and written back"
    if _settled(access) is not None:
        return f"it is given {_settled(access)}, which does nothing"
    return "no written value leaves it alone" if policy.writable else "it can't be written"
