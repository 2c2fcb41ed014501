"""The script and the style of pages that show registers, as files of their own, or as one text to stand in a page."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["SCRIPTS", "STYLE", "Assets", "asset", "page_assets"]

SCRIPTS = ("model.js", "numbers.js", "texts.js", "bits.js", "fields.js", "search.js", "tree.js", "views.js", "page.js")
"""What every page runs, in this order; then it calls `hal.page`, as start.js does."""

STYLE = "page.css"


class Assets(NamedTuple):
    """Script and style of a page that stands alone, and their hashes, which are all that it may use."""

    script: str
    script_hash: str
    style: str
    style_hash: str


@cache
def asset(name: str) -> str:
    """Return the text of a part: one of SCRIPTS, STYLE, or start.js."""
    folder = resources.files("codegen.output") / "templates" / "page"
    return (folder / name).read_text(encoding="utf-8")


@cache
def page_assets() -> Assets:
    """Return what a page that stands alone has."""
    script = "".join(map(asset, (*SCRIPTS, "start.js")))
    style = asset(STYLE)
    return Assets(script, _hash(script), style, _hash(style))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
