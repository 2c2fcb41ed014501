"""How Sphinx builds the manual: `make docs`."""

from __future__ import annotations

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
