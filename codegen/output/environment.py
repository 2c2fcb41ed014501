"""The template engine: shipped templates, own ones in front of them, and the filters they have."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import jinja2

from codegen.views.constants import upper_snake
from codegen.views.escapes import (
    block_comment,
    csv_cell,
    line_comment,
    markdown,
    model_json,
    one_line,
    rdl_comment,
    rdl_string,
    xml_comment,
    xml_text,
)
from codegen.views.numbers import hexadecimal, size_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["environment"]

_MARKUP = (".html", ".htm", ".xml", ".svg", ".svd")


@cache
def environment(folder: Path | None = None) -> jinja2.Environment:
    """Return the engine; a template in `folder` hides the shipped one, which stays `hal/NAME`."""
    shipped = jinja2.PackageLoader("codegen.output")
    loaders: list[jinja2.BaseLoader] = [shipped, jinja2.PrefixLoader({"hal": shipped})]
    if folder is not None:
        loaders.insert(0, jinja2.FileSystemLoader(folder))
    engine = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=_is_markup,  # noqa: S701  # markup is escaped, the rest is no markup
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    engine.filters.update(
        hex=hexadecimal,
        block_comment=block_comment,
        csv_cell=csv_cell,
        line_comment=line_comment,
        markdown=markdown,
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
