"""The manual as Sphinx makes it: no warning, every page in the navigation, every public name in the API's pages."""

from __future__ import annotations

import re
import subprocess
import sys

import codegen
import hal
import hal.fleet
import hal.sde
import hal.vendor
from tests.support import ROOT
from tests.support.processes import LIMIT

DOCS = ROOT / "docs"


def test_the_pages(tmp_path):
    """One test, because it builds them, which takes seconds."""
    site = build(tmp_path / "html")
    every_page_is_reached_from_the_index(site)
    pages_load_nothing_from_the_network(site)
    for module in (hal, hal.fleet, hal.sde, hal.vendor, codegen):
        every_public_name_is_documented(site, module)


def test_every_environment_variable_is_in_the_manual_s_table():
    """Of those that the package reads: as quoted text, beside what only a C compiler is told."""
    sources = [file for room in ("hal", "codegen", "bindings") for file in (ROOT / room).rglob("*.*")]
    texts = [file.read_text(encoding="utf-8") for file in sources if file.suffix in {".py", ".c", ".h", ".cpp", ".hpp"}]
    read = set(re.findall(r'"(HAL_[A-Z_]+)"', "".join(texts))) - {"HAL_FREE_THREADED", "HAL_HEADERS", "HAL_PCI_ROOT"}
    _, _, page = (DOCS / "machine.md").read_text(encoding="utf-8").partition("### Environment variables\n")
    rows = [line.split("|")[1] for line in page.partition("\n#")[0].splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", "".join(rows))) == read


def build(out):
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-b",
        "html",
        "-d",
        f"{out}-trees",
        DOCS,
        out,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=4 * LIMIT)
    assert (done.returncode, done.stderr) == (0, "")
    return out


def every_page_is_reached_from_the_index(site):
    index = (site / "index.html").read_text(encoding="utf-8")
    pages = {page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md")} - {"index"}
    pages = {page for page in pages if not page.startswith("examples/")}  # projects of their own
    assert sorted(page for page in pages if f'href="{page}.html"' not in index) == []


def pages_load_nothing_from_the_network(site):
    loads = re.compile(r"""(?:<script[^>]*\ssrc|<link[^>]*rel="stylesheet"[^>]*\shref|<img[^>]*\ssrc)="(https?:)?//""")
    assert [page.name for page in site.rglob("*.html") if loads.search(page.read_text(encoding="utf-8"))] == []


def every_public_name_is_documented(site, module):
    pages = "".join(page.read_text(encoding="utf-8") for page in (site / "api").glob("*.html"))
    missing = {name for name in module.__all__ if f'id="{module.__name__}.{name}"' not in pages}
    assert missing <= {"IntEnum", "__version__"}
