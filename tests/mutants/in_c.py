"""Small faults in a C file: one changed operator, bound, condition, number, statement or result each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.mutants.in_python import Mutant

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_CODE = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
    re.DOTALL | re.MULTILINE,
)
_SWAPS = {
    " == ": " != ", " != ": " == ", " < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " && ": " || ",
    " || ": " && ", " + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", " % ": " / ", " & ": " | ", " | ": " & ",
    " ^ ": " | ", " << ": " >> ", " >> ": " << ", " += ": " -= ", " -= ": " += ", " |= ": " &= ", " &= ": " |= ",
    "++": "--", "--": "++",
}  # fmt: skip
_OPERATOR = re.compile("|".join(re.escape(word) for word in sorted(_SWAPS, key=len, reverse=True)))
_NUMBER = re.compile(r"(?<![\w.])(0x[0-9A-Fa-f]+|\d+)(?=[uUlL]*\b)(?![.xX])")
_NOT = re.compile(r"(?<![\w)\]!])!(?!=)|(?<=[\s(&|])~")
_IF = re.compile(r"\b(?:if|while) (?=\()|(?<=[=(,] )[^;=(),?\n]{3,}?(?= \? )")
_STATEMENT = re.compile(r"(?<=[;{})\n]\n)( +)((?:[\w.*>\[\]-]+ ?[|&^+*/-]?= |\w+\()[^;{}]*);$", re.MULTILINE)
_RETURN = re.compile(r"\breturn ([^;]+);")
_DECLARED = re.compile(
    r"^ *(?:const |static |struct |enum |unsigned |u?int\w* |bool |char |void |size_t |double |hal_\w+ )"
)


def _blanked(text: str) -> str:
    """The same positions, without comments, texts and what is the preprocessor's."""
    return _NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _closing(code: str, at: int) -> int:
    """Behind the bracket that closes the one at a position."""
    depth = 0
    for place in range(at, len(code)):
        depth += (code[place] == "(") - (code[place] == ")")
        if depth == 0:
            return place + 1
    return len(code)


_BODIES = re.compile(r"(?<=\) \{\n).*?^\}|(?<= = \{\n).*?^\};", re.DOTALL | re.MULTILINE)
_HINT = re.compile(r"__builtin_expect\(")
_MACRO_NUMBER = re.compile(r"UINT64_C\($")


def _numbers(code: str) -> Iterator[tuple[int, int, str]]:
    hints = [(found.start(), _closing(code, found.end() - 1)) for found in _HINT.finditer(code)]
    for found in _NUMBER.finditer(code):
        before = code[: found.start()].rstrip()
        if before.endswith(",") and any(begin <= found.start() < end == found.end() + 1 for begin, end in hints):
            continue  # what a hint to the compiler expects
        more = f"({found[1]} + 1)"
        yield (*found.span(1), str(int(found[1], 0) + 1) if _MACRO_NUMBER.search(before) else more)


def _conditions(code: str) -> Iterator[tuple[int, int, str]]:
    for found in _IF.finditer(code):
        if not found[0].startswith(("if", "while")):
            yield (*found.span(), "0")
            yield (*found.span(), "1")
            continue
        begin, end = found.end(), _closing(code, found.end())
        yield begin, end, "(0)"
        if found[0].startswith("if"):
            yield begin, end, "(1)"


def _changes(code: str) -> Iterator[tuple[int, int, str]]:
    """Begin, end and what takes its place, in bodies of functions and tables."""
    bodies = [found.span() for found in _BODIES.finditer(code)]
    everything = [
        *((*found.span(), _SWAPS[found[0]]) for found in _OPERATOR.finditer(code)),
        *_numbers(code),
        *((*found.span(), "") for found in _NOT.finditer(code)),
        *_conditions(code),
        *((*found.span(2), "") for found in _STATEMENT.finditer(code) if not _DECLARED.match(found[0])),
        *((*found.span(1), "0") for found in _RETURN.finditer(code) if found[1] not in {"0", "NULL", "false"}),
    ]
    for begin, end, words in everything:
        if any(first <= begin < last for first, last in bodies):
            yield begin, end, words


def mutants(text: str) -> Iterator[Mutant]:
    """All of a file's text, each once; some of them don't compile."""
    code, seen = _blanked(text), {text}
    for begin, end, words in sorted(_changes(code)):
        made = text[:begin] + words + text[end:]
        if made in seen:
            continue
        seen.add(made)
        line = text.count("\n", 0, begin) + 1
        lines = text[begin:end].split()
        shown = text.splitlines()[line - 1].strip()
        yield Mutant(line, f"{' '.join(lines)[:60]} -> {words.strip() or 'nothing'}  in  {shown[:90]}", made)
