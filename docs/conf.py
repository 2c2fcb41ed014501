"""How Sphinx builds the manual: `make docs`."""

from __future__ import annotations

import re
from typing import Any

from pygments.lexers import SystemVerilogLexer

import hal

project = "hal"
author = "the authors of hal"
version = release = hal.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["examples"]

html_theme = "furo"
html_title = f"hal {version}"
html_show_copyright = False

# Docstrings put code in single backticks; what names a documented object becomes a link.
default_role = "py:obj"
add_module_names = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": True}


def setup(app: Any) -> None:
    """SystemRDL has no lexer of its own; its comments, braces and numbers are SystemVerilog's."""
    app.add_lexer("systemrdl", SystemVerilogLexer)
    app.connect("autodoc-process-signature", _drivers_are_devices)


def _drivers_are_devices(_app: Any, _what: str, name: str, _of: Any, _options: Any, given: str, result: str) -> Any:
    """The generator has a Device of its own; that of a fleet is a driver's."""
    if given and name.startswith("hal.fleet."):
        return re.sub(r"\bDevice\b", "hal.Device", given), result
    return None
