"""The manual as Sphinx makes it: no warning, every page in the navigation, every public name in the API's pages."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib

import codegen
import hal
import hal.fleet
import hal.sde
import hal.vendor
from tests.support import ROOT
from tests.support.processes import LIMIT

DOCS = ROOT / "docs"
WRITTEN = ("index", "tutorial")
# Trees of pages are large, and none of them is garbage before the end.
BUILD = """
import gc, os, sys
gc.disable()
from sphinx.application import Sphinx
from sphinx.util.console import nocolor
nocolor()
docs, site, *written = sys.argv[1:]
app = Sphinx(docs, docs, site, os.path.join(site, "trees"), "html", status=None)
write = app.builder.write_doc
app.builder.write_doc = lambda name, tree: write(name, tree) if name in written else None
app.build(force_all=True)
sys.stdout.flush()
os._exit(app.statuscode)
"""


def test_the_pages(tmp_path):
    """One test, because it reads them all, which takes seconds. Writing all would take as long: `make docs` does, in CI."""
    build(tmp_path, *WRITTEN)
    every_page_is_reached_from_the_index(tmp_path)
    pages_load_nothing_from_the_network(tmp_path)
    for module in (hal, hal.fleet, hal.sde, hal.vendor, codegen):
        every_public_name_is_documented(tmp_path, module)


def test_every_environment_variable_is_in_the_manual_s_table():
    """Of those that the package reads: as quoted text, beside what only a C compiler is told."""
    sources = [file for room in ("hal", "codegen", "bindings") for file in (ROOT / room).rglob("*.*")]
    texts = [file.read_text(encoding="utf-8") for file in sources if file.suffix in {".py", ".c", ".h", ".cpp", ".hpp"}]
    read = set(re.findall(r'"(HAL_[A-Z_]+)"', "".join(texts))) - {"HAL_FREE_THREADED", "HAL_HEADERS", "HAL_PCI_ROOT"}
    _, _, page = (DOCS / "machine.md").read_text(encoding="utf-8").partition("### Environment variables\n")
    rows = [line.split("|")[1] for line in page.partition("\n#")[0].splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", "".join(rows))) == read


def build(site, *written):
    """Reads all pages and resolves what they refer to, and writes these as HTML."""
    command = [sys.executable, "-c", BUILD, DOCS, site, *written]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=4 * LIMIT)
    assert (done.returncode, done.stderr) == (0, "")
    assert {f"{name}.html" for name in written} < {path.name for path in site.iterdir()}


def every_page_is_reached_from_the_index(site):
    index = (site / "index.html").read_text(encoding="utf-8")
    pages = {page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md")} - {"index"}
    pages = {page for page in pages if not page.startswith("examples/")}  # projects of their own
    assert sorted(page for page in pages if f'href="{page}.html"' not in index) == []


def pages_load_nothing_from_the_network(site):
    loads = re.compile(
        r"""(?:<script[^>]*\ssrc|<link[^>]*rel="stylesheet"[^>]*\shref|<img[^>]*\ssrc)="(https?:)?//|!\[[^]]*\]\((https?:)?//"""
    )
    pages = [*(site / f"{name}.html" for name in WRITTEN), *DOCS.rglob("*.md")]
    assert [page.name for page in pages if loads.search(page.read_text(encoding="utf-8"))] == []


def every_public_name_is_documented(site, module):
    inventory = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    documented = {line.split()[0] for line in inventory.splitlines() if " api/" in line}
    missing = {name for name in module.__all__ if f"{module.__name__}.{name}" not in documented}
    assert missing <= {"IntEnum", "__version__"}
