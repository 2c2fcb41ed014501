"""Register maps: load and check them, and generate drivers from them.

Needs pydantic, PyYAML and Jinja2; generated drivers do not.
"""

from __future__ import annotations

from ._version import __version__
from .loader import load, loads
from .model import Device
from .output import generate
from .problem import MapError, Problem
from .render import render_python

__all__ = [
    "Device",
    "MapError",
    "Problem",
    "__version__",
    "generate",
    "load",
    "loads",
    "render_python",
]
