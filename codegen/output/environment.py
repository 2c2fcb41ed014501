"""The template engine: shipped templates, own ones in front of them, and the filters they have."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.compiler import CodeGenerator
from jinja2.filters import FILTERS

from codegen.output.compiled_templates import CompiledTemplates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import nodes
    from jinja2.compiler import Frame

__all__ = ["environment"]

_SHIPPED = Path(__file__).parent / "templates"
_MARKUP = (".html", ".htm", ".xml", ".svg", ".svd")


_escape = FILTERS["escape"]
_SPECIAL = re.compile("[&<>'\"]")


def _escaped(value: Any) -> str:
    """Return a value as markup shows it: as `escape` does, sooner for what needs nothing."""
    kind = type(value)
    if kind is str:
        return value if _SPECIAL.search(value) is None else str(_escape(value))
    return str(value) if kind is int or kind is float else str(_escape(value))


class _Code(CodeGenerator):
    """What is put out goes into a text at once, so it is no object of its own: millions of them in a large page."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


_FILTERS = {
    "hex": "codegen.views.numbers:hexadecimal",
    "size": "codegen.views.numbers:size_text",
    "model_json": "codegen.output.json_text:model_json",
    "upper_snake": "codegen.views.names.constant_names:upper_snake",
    **dict.fromkeys(("markdown_block", "markdown_line"), "codegen.views.page.markdown_text:"),
    **dict.fromkeys(
        (
            *("ascii_comment", "block_comment", "csv_cell", "line_comment", "markdown", "one_line", "rdl_comment"),
            *("rdl_string", "xml_comment", "xml_text"),
        ),
        "codegen.views.escapes:",
    ),
}
"""Where the filters are; behind the colon their names there, where these are others."""


class _Filters(dict[str, "Callable[..., Any]"]):
    """The engine's filters, and ours, each imported when a template first asks for it."""

    def __init__(self, known: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(known)

    def __contains__(self, name: object) -> bool:
        return name in _FILTERS or super().__contains__(name)

    def __missing__(self, name: str) -> Callable[..., Any]:
        module, _, attribute = _FILTERS[name].partition(":")
        found: Callable[..., Any] = getattr(import_module(module), attribute or name)
        self[name] = found
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Return a filter, which the engine asks for when it makes code of a template."""
        try:
            return self[name]
        except KeyError:
            return default


class _Engine(jinja2.Environment):
    code_generator_class = _Code
    escaped = staticmethod(_escaped)


@cache
def environment(folder: Path | None = None) -> jinja2.Environment:
    """Return the engine; a template in `folder` hides the shipped one, which stays `hal/NAME`."""
    shipped = jinja2.PackageLoader("codegen.output")
    loaders: list[jinja2.BaseLoader] = [shipped, jinja2.PrefixLoader({"hal": shipped})]
    if folder is not None:
        loaders.insert(0, jinja2.FileSystemLoader(folder))
    engine = _Engine(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=_is_markup,  # markup is escaped, the rest is no markup
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=CompiledTemplates(_SHIPPED, Path(__file__)),
    )
    engine.filters = _Filters(engine.filters)
    return engine


def _is_markup(name: str | None) -> bool:
    return name is not None and name.removesuffix(".j2").endswith(_MARKUP)
