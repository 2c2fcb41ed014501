"""The interrupts of a device, where a map can have them: of single bits that can be read and written alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.importers.described.naming import free_name, snake_name
from codegen.importers.writing.wording import description_text
from codegen.schema.policies import NAMES, AccessPolicy

if TYPE_CHECKING:
    from codegen.importers.described.description import Device, Interrupt
    from codegen.importers.described.remarks import Remarks

__all__ = ["interrupts_of"]


class _Bit(NamedTuple):
    path: str
    policy: AccessPolicy
    neighbours: tuple[AccessPolicy, ...]
    data: dict[str, Any]

    @property
    def can_be_asked(self) -> bool:
        return self.policy.readable and not any(other.read_acts for other in (self.policy, *self.neighbours))

    @property
    def can_be_written(self) -> bool:
        """Whether it is written alone, and its neighbours are left as they are."""
        blind = any(other.write in {"clears", "sets"} or other.once or other.read_acts for other in self.neighbours)
        return self.policy.writable and not self.policy.once and not blind

    @property
    def enables(self) -> bool:
        return self.can_be_written and (self.policy.stores or self.policy.write in {"one_sets", "zero_sets"})

    @property
    def clears(self) -> bool:
        return self.can_be_written and (self.policy.stores or self.policy.write in {"one_clears", "zero_clears"})


def interrupts_of(device: Device, content: dict[str, Any], remarks: Remarks) -> dict[str, Any]:
    """Return the interrupts by name; those that a map can't have are told."""
    made: dict[str, Any] = {}
    taken: set[str] = set()
    for item in device.interrupts:
        where = f"{device.name}.{item.status}"
        status = _bit(item.status, content)
        if status is None or not status.can_be_asked:
            message = f"interrupt {item.name} is no single bit that can be read alone, as those of a map are"
            remarks.dropped(None, item.origin, where, message)
            continue
        entry: dict[str, Any] = {} if item.line is None else {"line": item.line}
        entry["status"] = status.path
        _enable(item, entry, content, where, remarks)
        clear = _bit(item.clear, content) if item.clear is not None else None
        if clear is not None and clear.clears:
            entry["clear"] = clear.path
        text = description_text(item.description)
        name = snake_name(item.name, "i")
        if name in taken:
            name = snake_name(item.status.replace(".", "_"), "i")
        made[free_name(name, taken)] = {**entry, "description": text} if text else entry
    return made


def _enable(item: Interrupt, entry: dict[str, Any], content: dict[str, Any], path: str, remarks: Remarks) -> None:
    if item.enable is None:
        return
    enable = _bit(item.enable, content)
    if enable is not None and enable.enables:
        entry["enable"] = enable.path
        return
    message = f"enable {item.enable} is no single bit that can be set alone: interrupt {item.name} has none here"
    remarks.dropped(None, item.origin, path, message)


def _bit(path: str, content: dict[str, Any]) -> _Bit | None:
    """Return a plain bit by its path in the source; None where it leads to no such thing."""
    *blocks, register, field = path.split(".") if path.count(".") else (path, "value")
    steps: list[str] = []
    data = content
    for number, step in enumerate((*blocks, register)):
        group = "registers" if number == len(blocks) else "blocks"
        name = snake_name(step, group[0])
        data = data.get(group, {}).get(name, {})
        steps.append(name)
        if not data or "count" in data:
            return None
    name = snake_name(field, "f")
    fields = data.get("fields", {})
    found = fields.get(name)
    if found is None or not isinstance(found["bits"], int) or {"count", "enum", "format"} & found.keys():
        return None
    policies = {key: _policy(other.get("access", data.get("access", "rw"))) for key, other in fields.items()}
    own = policies.pop(name)
    return _Bit(".".join([*steps, name]), own, tuple(policies.values()), found)


def _policy(said: Any) -> AccessPolicy:
    if isinstance(said, str):
        return NAMES[said]
    return AccessPolicy(said["read"], said["write"], said.get("once", False))
