"""The template engine: shipped templates, own ones in front of them, and the filters they have."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.compiler import CodeGenerator
from jinja2.filters import FILTERS

from codegen.output.compiled_templates import CompiledTemplates
from codegen.output.json_text import model_json
from codegen.views.constants import upper_snake
from codegen.views.escapes import (
    ascii_comment,
    block_comment,
    csv_cell,
    line_comment,
    markdown,
    one_line,
    rdl_comment,
    rdl_string,
    xml_comment,
    xml_text,
)
from codegen.views.numbers import hexadecimal, size_text
from codegen.views.page.markdown_text import markdown_block, markdown_line

if TYPE_CHECKING:
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
    engine.filters.update(
        hex=hexadecimal,
        ascii_comment=ascii_comment,
        block_comment=block_comment,
        csv_cell=csv_cell,
        line_comment=line_comment,
        markdown=markdown,
        markdown_block=markdown_block,
        markdown_line=markdown_line,
        model_json=model_json,
        one_line=one_line,
        rdl_comment=rdl_comment,
        rdl_string=rdl_string,
        size=size_text,
        upper_snake=upper_snake,
        xml_comment=xml_comment,
        xml_text=xml_text,
    )
    return engine


def _is_markup(name: str | None) -> bool:
    return name is not None and name.removesuffix(".j2").endswith(_MARKUP)
