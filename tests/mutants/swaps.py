"""A fault in the body of a function, as new code for the functions that were made of the sound text."""

from __future__ import annotations

import ast
import gc
from types import CodeType, FunctionType
from typing import NamedTuple

_OF_FUNCTIONS = 0x3  # CO_OPTIMIZED | CO_NEWLOCALS
# What makes a code object what it does, but for the codes in it and the lines that it is from.
_FACTS = (
    "co_name", "co_code", "co_flags", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount",
    "co_posonlyargcount", "co_kwonlyargcount",
)  # fmt: skip


class Swap(NamedTuple):
    """A function, by its name and first line in the sound text, and its new code."""

    name: str
    line: int
    code: CodeType


def swaps(old: str, new: str | ast.Module, file: str) -> list[Swap] | None:
    """What turns the functions of a text into those of another one. None where that does not do.

    A changed default, class body or module is made when the module is imported, and so is a decorated function's wrapper.
    """
    found: list[Swap] = []
    whole = compile(old, file, "exec", dont_inherit=True), compile(new, file, "exec", dont_inherit=True)
    if not _compare(*whole, found, inside=False):
        return None
    names = [(swap.name, swap.line) for swap in found]
    return found if len(set(names)) == len(names) else None


def _compare(old: CodeType, new: CodeType, found: list[Swap], *, inside: bool) -> bool:
    """Whether all that differs is in functions, which are added; outermost first. `inside` of one."""
    is_function = old.co_flags & _OF_FUNCTIONS == _OF_FUNCTIONS
    inside = inside or is_function
    before = len(found)
    parts = [[item for item in code.co_consts if isinstance(item, CodeType)] for code in (old, new)]
    same = len(parts[0]) == len(parts[1]) and _own(old) == _own(new)
    if not same and not inside:
        return False
    if len(parts[0]) == len(parts[1]) and not all(
        _compare(*pair, found, inside=inside) for pair in zip(*parts, strict=True)
    ):
        return False
    if is_function and (not same or len(found) > before):
        if old.co_freevars != new.co_freevars:
            return False
        found.insert(before, Swap(old.co_name, old.co_firstlineno, new))
    return True


def _own(code: CodeType) -> tuple[object, ...]:
    constants = [(type(item), item) for item in code.co_consts if not isinstance(item, CodeType)]
    return (*(getattr(code, name) for name in _FACTS), repr(constants), getattr(code, "co_exceptiontable", b""))


def functions_of(file: str) -> dict[tuple[str, int], list[FunctionType]]:
    """All functions in memory that were made of a file, by name and first line."""
    found: dict[tuple[str, int], list[FunctionType]] = {}
    for item in gc.get_objects():
        if type(item) is FunctionType and item.__code__.co_filename == file:
            found.setdefault((item.__code__.co_name, item.__code__.co_firstlineno), []).append(item)
    return found


HIT = "_hit_by_a_test"


class _Instrument(ast.NodeTransformer):
    """Puts a call of `HIT` with its first line before each statement of a function."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        for part in ast.walk(node):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(part, name, None)
                if isinstance(block, list) and not isinstance(part, ast.ClassDef):
                    setattr(part, name, [item for statement in block for item in self._told(statement)])
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    @staticmethod
    def _told(statement: ast.stmt) -> list[ast.stmt]:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return [statement]  # a docstring
        call = ast.Call(ast.Name(HIT, ast.Load()), [ast.Constant(statement.lineno)], [])
        return [ast.fix_missing_locations(ast.copy_location(ast.Expr(call), statement)), statement]


_TELLER = f"""
def {HIT}(line, told=set()):
    import contextlib, os
    if line not in told:
        told.add(line)
        with contextlib.suppress(OSError):
            descriptor = os.open(FILE, os.O_WRONLY | os.O_APPEND)
            os.write(descriptor, b"%d\\n" % line)
            os.close(descriptor)
"""


def instrumented(text: str) -> ast.Module:
    """A module whose functions call `HIT`, which has to be one of its globals, with the line of each statement."""
    return _Instrument().visit(ast.parse(text))


def teller(file: str) -> str:
    """The text of a `HIT` that adds lines to a file which is there, each once for a process."""
    return _TELLER.replace("FILE", repr(file))


def telling(text: str, file: str) -> str:
    """The text of an instrumented module with a `HIT` of its own."""
    module = instrumented(text)
    place = next((at for at, item in enumerate(module.body) if _is_future(item)), 0)
    module.body[place + 1 : place + 1] = ast.parse(teller(file)).body
    return ast.unparse(module)


def _is_future(item: ast.stmt) -> bool:
    return isinstance(item, ast.ImportFrom) and item.module == "__future__"


def line_of(tree: ast.AST, line: int) -> int:
    """The first line of the innermost statement around a line."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node.lineno <= line <= node.end_lineno]
    return min(found, key=lambda node: (node.end_lineno - node.lineno, -node.lineno)).lineno if found else line


def is_in_function(tree: ast.AST, line: int) -> bool:
    """Whether a line is in the body of a function, which is not run when the module is imported."""
    return any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.body[0].lineno <= line <= node.end_lineno
        for node in ast.walk(tree)
    )
