"""Register maps: load and check them, and generate drivers from them.

Needs pydantic, PyYAML and Jinja2; generated drivers do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen._version import __version__
from codegen.model.device import Device
from codegen.model.loader import load, load_with_inputs, loads
from codegen.output.files import generate
from codegen.output.render import render_python
from codegen.source.problem import MapError, Problem

if TYPE_CHECKING:
    from codegen.output.page_document import page_document

__all__ = [
    "Device",
    "MapError",
    "Problem",
    "__version__",
    "generate",
    "load",
    "load_with_inputs",
    "loads",
    "page_document",
    "render_python",
]


def __getattr__(name: str) -> Any:
    if name != "page_document":  # which needs what nothing else does
        raise AttributeError(f"module 'codegen' has no attribute {name!r}")
    from codegen.output import page_document as module  # noqa: PLC0415

    return module.page_document
