"""Small faults in a Python module: one changed operator, bound, condition, constant, statement or lock each."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Mutant(NamedTuple):
    """A changed text, the line that it is in, and what is changed in words."""

    line: int
    change: str
    text: str


_SWAPS: dict[type, type] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
}  # fmt: skip


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[tuple[ast.AST, ast.AST | None]] = []  # a node, and what takes its place: None for nothing

    def _swap(self, node: ast.AST, **changes: object) -> None:
        made = copy.deepcopy(node)
        for name, value in changes.items():
            setattr(made, name, value)
        self.found.append((node, made))

    # What no test can tell, or says how and not what.
    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Texts are messages."""

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            return
        self._condition(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        if not isinstance(node.test, ast.Constant):
            self.found.append((node.test, ast.Constant(value=False)))
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.found.extend((test, ast.Constant(value=True)) for test in node.ifs)
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        self.found.extend((test, ast.Constant(value=value)) for value in (True, False))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (node.args, *node.body):
            if not isinstance(part, ast.Raise):
                self.visit(part)

    def visit_arg(self, node: ast.arg) -> None:
        """No annotations."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in {"TypeVar", "cast", "NewType"}:
            return
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for place, operator in enumerate(node.ops):
            operators = [*node.ops]
            operators[place] = _SWAPS[type(operator)]()
            self._swap(node, ops=operators)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._swap(node, op=_SWAPS[type(node.op)]())
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in _SWAPS and not _is_text(node.left) and not _is_text(node.right):
            self._swap(node, op=_SWAPS[type(node.op)]())
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if type(node.op) in _SWAPS:
            self._swap(node, op=_SWAPS[type(node.op)]())
        self.found.append((node, ast.Pass()))
        self.visit(node.value)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self.found.append((node, node.operand))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._swap(node, value=not node.value)
        elif isinstance(node.value, (int, float)):
            self._swap(node, value=node.value + 1)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return  # a docstring
        self.found.append((node, ast.Pass()))
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            return
        if not any(isinstance(target, (ast.Name, ast.Tuple)) for target in node.targets):
            self.found.append((node, ast.Pass()))
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.found.append((node, ast.Pass()))

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not isinstance(node.value, ast.Constant):
            self._swap(node, value=ast.Constant(value=None))
        self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self.found.append((node, ast.Break()))

    def visit_Break(self, node: ast.Break) -> None:
        self.found.append((node, ast.Pass()))

    def visit_With(self, node: ast.With) -> None:
        """A lock that is not taken; what a block is given by name it needs."""
        for item in node.items:
            if item.optional_vars is None and isinstance(item.context_expr, (ast.Name, ast.Attribute)):
                self.found.append(
                    (item.context_expr, ast.parse("__import__('contextlib').nullcontext()").body[0].value)
                )
        self.generic_visit(node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def mutants(text: str) -> Iterator[Mutant]:
    """All of a module's text, each once."""
    finder, seen = _Finder(), {text}
    finder.visit(ast.parse(text))
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    data = text.encode()
    for node, instead in sorted(finder.found, key=lambda pair: (pair[0].lineno, pair[0].col_offset)):
        begin, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        words = ast.unparse(instead)
        if isinstance(node, ast.expr):
            words = f"({words})"
        made = (data[:begin] + words.encode() + data[end:]).decode()
        try:
            ast.parse(made)
        except SyntaxError:
            continue
        if made not in seen:
            seen.add(made)
            was = " ".join(data[begin:end].decode().split())
            yield Mutant(node.lineno, f"{was[:70]} -> {' '.join(words.split())[:70]}", made)
