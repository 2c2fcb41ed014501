"""The languages by name: those that ship, and those of a folder of templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.c import C
from codegen.output.languages.csv_table import CSV
from codegen.output.languages.descriptions.ipxact_file import IPXACT
from codegen.output.languages.descriptions.rdl_file import SYSTEMRDL
from codegen.output.languages.descriptions.svd_file import SVD
from codegen.output.languages.json_model import JSON
from codegen.output.languages.manual import HTML, MARKDOWN
from codegen.output.languages.own import own_languages
from codegen.output.languages.python import PYTHON
from codegen.output.languages.rtl import RTL
from codegen.output.languages.sources.linux_header import LINUX
from codegen.output.languages.sources.rust_module import RUST
from codegen.output.languages.sources.uvm_package import UVM
from codegen.output.languages.sources.vhdl_package import VHDL
from codegen.output.languages.systemverilog import SYSTEMVERILOG

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from codegen.output.languages.sheet import Language

__all__ = ["LANGUAGES", "find_languages", "language_names"]

LANGUAGES = {
    language.name: language
    for language in (
        PYTHON,
        C,
        SYSTEMVERILOG,
        MARKDOWN,
        HTML,
        JSON,
        SYSTEMRDL,
        SVD,
        IPXACT,
        CSV,
        VHDL,
        LINUX,
        UVM,
        RUST,
        RTL,
    )
}


def language_names(templates: Path | None) -> list[str]:
    """Return the names of all languages, also those of a folder of templates. Raises as `own_languages` does."""
    own = () if templates is None else own_languages(templates, LANGUAGES)
    return [*LANGUAGES, *(language.name for language in own)]


def find_languages(
    names: list[str], templates: Path | None, options: Mapping[str, str] | None = None
) -> list[Language]:
    """Return languages by name, also those of a folder of templates.

    `options`: words by the names of languages and their options, as in `rtl.bus`. Raises ValueError.
    """
    known = dict(LANGUAGES)
    if templates is not None:
        known |= {language.name: language for language in own_languages(templates, LANGUAGES)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"unknown language {unknown[0]!r}, known: {', '.join(known)}")
    chosen: dict[str, dict[str, str]] = {name: {} for name in names}
    for key, word in (options or {}).items():
        language, _, option = key.partition(".")
        if language not in chosen:
            raise ValueError(
                f"the option {key} is for {language!r}, which is not among the languages: {', '.join(chosen)}"
            )
        chosen[language][option] = word
    return [known[name].with_options(chosen[name]) for name in chosen]
