"""Renders elaborated maps; the same map gives the same bytes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import jinja2

from .view import module_view

if TYPE_CHECKING:
    from .model import Device

__all__ = ["render_python"]


def render_python(device: Device) -> str:
    """Return the source of a device's Python driver."""
    return _template("python.py.j2").render(module=module_view(device))


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(  # noqa: S701  # the output is Python, not HTML
        loader=jinja2.PackageLoader("codegen"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
