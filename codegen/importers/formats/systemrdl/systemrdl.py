"""SystemRDL 2.0, compiled by systemrdl-compiler.

Perl in a file (`<% %>`) is code of whoever wrote it: it is run only when asked for.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from codegen.importers.described.description import Origin
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.systemrdl.systemrdl_places import origin_of
from codegen.source.problem import MapError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from systemrdl.compiler import RDLCompiler
    from systemrdl.messages import Severity
    from systemrdl.node import AddrmapNode
    from systemrdl.source_ref import SourceRefBase

    from codegen.importers.described.description import Device
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign, Options

__all__ = ["read_systemrdl"]

_EXPECTED = re.compile(r" expecting \{.{80,}\}$")
_DECLARED = re.compile(r"Multiple declarations of user-defined property '(\w+)'")
_PERL_HINT = "Write the text out, or let the import run it: --perl."


def read_systemrdl(source: Foreign, options: Options, remarks: Remarks) -> list[Device]:
    """Return the device of a file: its last addrmap, or the one that is asked for."""
    origin = Origin(source.display, 1)
    source.text()
    try:
        from codegen.importers.formats.systemrdl.systemrdl_tree import device_of  # noqa: PLC0415  (needs the compiler)
    except ImportError as error:
        message = f"SystemRDL needs a package that is not here ({error})"
        raise refuse(origin, "missing-package", message, 'Install it: pip install "fpga-hal[rdl]".') from None
    # A file that declares our properties itself, so that every tool takes it, would declare them twice.
    declared: set[str] = set()
    while True:
        try:
            top = _compiled(source, options, remarks, origin, declared)
            break
        except MapError as error:
            found = {name[1] for problem in error.problems if (name := _DECLARED.match(problem.message))}
            if found <= declared:
                raise
            declared |= found
    return [device_of(top, source, remarks)]


def _compiled(
    source: Foreign, options: Options, remarks: Remarks, origin: Origin, declared: Collection[str]
) -> AddrmapNode:
    """Return the elaborated top. `declared`: properties that the file declares itself. Raises MapError."""
    from systemrdl.compiler import RDLCompiler  # noqa: PLC0415
    from systemrdl.messages import MessagePrinter, RDLCompileError, Severity  # noqa: PLC0415

    from codegen.importers.formats.systemrdl.systemrdl_properties import KNOWN_PROPERTIES  # noqa: PLC0415

    problems: list[Problem] = []

    class Printer(MessagePrinter):
        """Keeps what the compiler says."""

        def print_message(self, severity: Severity, text: str, src_ref: SourceRefBase | None) -> None:
            if severity >= Severity.ERROR:
                if src_ref is None and problems:  # "aborted due to previous errors"
                    return
                file, line, column = origin_of(src_ref, origin)
                problems.append(
                    Problem(file, line, column, "", "systemrdl", _EXPECTED.sub("", text).rstrip(". \n"), _hint(text))
                )

    keywords: dict[str, Any] = {} if options.perl else {"perl_safe_opcodes": _NoPerl(origin)}
    compiler = RDLCompiler(message_printer=Printer(), **keywords)
    for definition in KNOWN_PROPERTIES:
        if definition.name not in declared:
            compiler.register_udp(definition, soft=False)
    try:
        info = compiler.compile_file(str(source.path), [str(folder) for folder in options.folders])
        source.read[:] = [source.path, *sorted(map(Path, info.included_files))]
        name = _top(compiler, source, options, remarks, origin)
        parameters = {key: _evaluated(compiler, key, text, origin) for key, text in options.parameters.items()}
        top = compiler.elaborate(name, parameters=parameters).top
    except MapError:
        raise
    except RDLCompileError as error:
        raise MapError(tuple(problems)) if problems else refuse(origin, "systemrdl", str(error), "") from None
    except Exception as error:  # noqa: BLE001  (whatever a library does with a text that nobody thought of)
        message = f"the SystemRDL compiler failed: {type(error).__name__} {error}"
        raise refuse(origin, "systemrdl", message[:400], "Is it SystemRDL?") from None
    if problems:
        raise MapError(tuple(problems))
    return top


_HINTS = {
    "include search path": "Name the folder where it is: -I DIR.",
    "Unrecognized property": "Declare it in the file, or include the file that does.",
    "is not defined": "Include the file that defines it.",
}


def _hint(text: str) -> str:
    return next((hint for words, hint in _HINTS.items() if words in text), "")


class _NoPerl:
    """Stands for the operations that Perl may use: who asks for them is about to run it."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def __iter__(self) -> Iterator[str]:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise refuse(self._origin, "perl", "the file, or one that it includes, holds Perl (<% %>)", _PERL_HINT)


def _evaluated(compiler: RDLCompiler, name: str, text: str, origin: Origin) -> Any:
    try:
        return compiler.eval(text)
    except ValueError as error:
        raise refuse(origin, "bad-parameter", f"parameter {name}: {text[:40]!r} is no value: {error}", "") from None


def _top(compiler: RDLCompiler, source: Foreign, options: Options, remarks: Remarks, origin: Origin) -> str | None:
    """Return the name of what is to be elaborated, which may be made of the types of a file without an addrmap."""
    from systemrdl.component import Addrmap, Mem, Reg, Regfile  # noqa: PLC0415

    definitions = compiler.root.comp_defs
    maps = [name for name, item in definitions.items() if isinstance(item, Addrmap)]
    parts = [name for name, item in definitions.items() if isinstance(item, (Reg, Regfile, Mem))]
    if options.top is not None and options.top not in definitions:
        known = ", ".join([*maps, *parts][:40])
        raise refuse(origin, "unknown-top", f"nothing in the file is called {options.top!r}", f"There are: {known}.")
    if options.top in parts:
        return _wrapped(compiler, options.top or "", [options.top or ""])
    if options.top is None and not maps and parts:
        message = f"there is no addrmap: the types of the file, one behind the other, are the map: {', '.join(parts)}"
        remarks.approximated(None, origin, source.path.stem, message)
        return _wrapped(compiler, source.path.stem, parts)
    if options.top is None and len(maps) > 1:
        others = ", ".join(maps[:-1])
        remarks.dropped(None, origin, maps[-1], f"other maps of the file, which --top NAME imports: {others}")
    return options.top


def _wrapped(compiler: RDLCompiler, name: str, parts: list[str]) -> str:
    """Define an addrmap that holds one of each type; return its name."""
    import tempfile  # noqa: PLC0415

    definitions = compiler.root.comp_defs
    plain = "".join(character if character.isalnum() else "_" for character in name)
    top = f"{plain}_map" if plain in definitions or not plain[:1].isalpha() else plain
    external = {part: "external " if type(definitions[part]).__name__ == "Mem" else "" for part in parts}
    body = "\n".join(f"  {external[part]}{part} {part};" for part in parts)
    with tempfile.NamedTemporaryFile("w", suffix=".rdl", encoding="utf-8") as file:
        file.write(f"addrmap {top} {{\n{body}\n}};\n")
        file.flush()
        compiler.compile_file(file.name)
    return top
