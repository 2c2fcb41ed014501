"""Arguments of a driver's declarations: what a write takes besides itself, and what shares its bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.types import FieldType
from codegen.views.literals import text_literal
from codegen.views.numbers import hexadecimal
from codegen.views.source_lines import Argument, plain, text

if TYPE_CHECKING:
    from codegen.model.registers.rule_types import WriteRules
    from codegen.model.types import BlockChild, RegisterChild

__all__ = ["rules_of", "sharing_of"]


def rules_of(rules: WriteRules | None) -> list[Argument]:
    """Return what a write of a register takes besides itself."""
    if rules is None:
        return []
    arguments = []
    if rules.lock is not None:
        arguments.append(plain(_pair(*rules.lock), "lock"))
    if rules.unlock:
        arguments.append(plain(f"({', '.join(_pair(*key) for key in rules.unlock)},)", "unlock"))
    arguments += [plain("True", name) for name in ("twice", "masked") if getattr(rules, name)]
    if rules.set_by is not None and rules.clear_by is not None:
        arguments.append(plain(f"({text_literal(rules.set_by.register)}, {rules.set_by.shift})", "set_by"))
        arguments.append(plain(f"({text_literal(rules.clear_by.register)}, {rules.clear_by.shift})", "clear_by"))
    return arguments


def _pair(path: str, value: int) -> str:
    return f"({text_literal(path)}, {hexadecimal(value)})"


def sharing_of(item: RegisterChild | BlockChild | FieldType) -> list[Argument]:
    """Return what a thing shares its bits with."""
    arguments = [] if item.alternate is None else [text("alternate", item.alternate)]
    if isinstance(item.when, tuple):
        arguments.append(plain(f"({', '.join(_pair(*part) for part in item.when)},)", "when"))
    if isinstance(item, FieldType) and item.alias is not None:
        arguments.append(text("alias", item.alias))
    return arguments
