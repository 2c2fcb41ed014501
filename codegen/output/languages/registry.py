"""The languages by name: those that ship, and those of a folder of templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from codegen.source.problem import ArgumentError

if TYPE_CHECKING:
    from pathlib import Path

    from codegen.output.languages.sheet import Language

__all__ = ["LANGUAGES", "find_languages", "language_names"]

_SHIPPED = {
    "python": "python:PYTHON",
    "pyi": "python_stub:PYI",
    "c": "c:C",
    "systemverilog": "systemverilog:SYSTEMVERILOG",
    "markdown": "documents.markdown_manual:MARKDOWN",
    "html": "documents.html_page:HTML",
    "json": "json_model:JSON",
    "systemrdl": "descriptions.rdl_file:SYSTEMRDL",
    "svd": "descriptions.svd_file:SVD",
    "ipxact": "descriptions.ipxact_file:IPXACT",
    "csv": "csv_table:CSV",
    "vhdl": "sources.vhdl_package:VHDL",
    "linux": "sources.linux_header:LINUX",
    "uvm": "sources.uvm_package:UVM",
    "rust": "sources.rust_module:RUST",
    "rtl": "rtl:RTL",
}


class _Shipped(Mapping[str, "Language"]):
    """The languages by name. A language's module is imported when it is first asked for."""

    def __init__(self) -> None:
        self._found: dict[str, Language] = {}

    def __getitem__(self, name: str) -> Language:
        if name not in self._found:
            module, _, attribute = _SHIPPED[name].partition(":")
            self._found[name] = getattr(import_module(f"codegen.output.languages.{module}"), attribute)
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in _SHIPPED

    def __iter__(self) -> Iterator[str]:
        return iter(_SHIPPED)

    def __len__(self) -> int:
        return len(_SHIPPED)


LANGUAGES: Mapping[str, Language] = _Shipped()


def _own(templates: Path | None) -> dict[str, Language]:
    """Those of a folder of templates, by name."""
    if templates is None:
        return {}
    from codegen.output.languages.own import own_languages  # noqa: PLC0415

    return {language.name: language for language in own_languages(templates, LANGUAGES)}


def language_names(templates: Path | None) -> list[str]:
    """Return the names of all languages, also those of a folder of templates. Raises as `own_languages` does."""
    return [*LANGUAGES, *_own(templates)]


def find_languages(
    names: list[str], templates: Path | None, options: Mapping[str, str] | None = None
) -> list[Language]:
    """Return languages by name, also those of a folder of templates.

    `options`: words by the names of languages and their options, as in `rtl.bus`. Raises ArgumentError.
    """
    own = _own(templates)
    unknown = [name for name in names if name not in LANGUAGES and name not in own]
    if unknown:
        raise ArgumentError(f"unknown language {unknown[0]!r}, known: {', '.join([*LANGUAGES, *own])}")
    chosen: dict[str, dict[str, str]] = {name: {} for name in names}
    for key, word in (options or {}).items():
        language, _, option = key.partition(".")
        if language not in chosen:
            raise ArgumentError(
                f"the option {key} is for {language!r}, which is not among the languages: {', '.join(chosen)}"
            )
        chosen[language][option] = word
    return [(own.get(name) or LANGUAGES[name]).with_options(chosen[name]) for name in chosen]
