"""References for people: HTML, Markdown and the pictures of registers."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

import codegen
from codegen.output.files import render_outputs, write_outputs
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support import MAPS, ROOT
from tests.support.processes import LIMIT
from tests.support.tools import needs

BLINKER = MAPS / "blinker.yaml"
SVG = "{http://www.w3.org/2000/svg}"


def blinker_file(language, name):
    return render(codegen.load(BLINKER), LANGUAGES[language])[name]


class Page(HTMLParser):
    """Identifiers, links, resources and the words that search looks at."""

    def __init__(self, source):
        super().__init__()
        self.ids, self.links, self.resources, self.words = [], [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids += filter(None, [values.get("id")])
        self.links += filter(None, [values.get("href")])
        self.words += filter(None, [values.get("data-words")])
        self.resources += [name for name in ("src", "srcset", "data", "action") if name in values]
        if tag in ("link", "iframe", "object", "embed", "base"):
            self.resources.append(tag)


@pytest.mark.parametrize("path", [BLINKER, *sorted((ROOT / "regmaps").glob("cl_*.yaml"))], ids=lambda path: path.stem)
def test_html_stands_alone_and_its_links_lead_somewhere(path):
    (text,) = render(codegen.load(path), LANGUAGES["html"]).values()
    page = Page(text)
    assert page.resources == []
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert "url(" not in text
    assert "@import" not in text


def test_html_shows_addresses_fields_and_enums():
    text = blinker_file("html", "blinker.html")
    assert "0x0100 + 0x10·ch" in text
    assert 'href="#enum-Mode"' in text
    page = Page(text)
    assert {"register-Ctrl", "register-Level", "field-Ctrl-enable", "enum-Mode"} <= set(page.ids)
    assert any("ch[0..3].level" in words for words in page.words)
    assert any("turns it on." in words for words in page.words)


def test_the_page_may_run_its_own_script_only():
    text = blinker_file("html", "blinker.html")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert "'unsafe-eval'" not in policy


def test_pictures_have_a_box_for_every_bit():
    text = blinker_file("markdown", "blinker_pictures/Ctrl.svg")
    root = ET.fromstring(text)
    boxes = root.findall(f".//{SVG}rect")
    assert sum(float(box.get("width")) for box in boxes) == 32 * 26
    assert [box.get("class") for box in boxes] == ["unused", "field", "unused", "field", "field"]
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert titles == ["unused", "done [8:8] w1c", "unused", "mode [3:1] rw", "enable [0:0] rw"]


def test_a_wide_register_is_drawn_in_rows():
    device = codegen.loads(
        "schema: 1\nname: dut\nregisters:\n"
        "  w: {offset: 0, width: 72, access_width: 8, fields: {a: {bits: 40:30}, b: {bits: 71}}}\n"
    )
    root = ET.fromstring(render(device, LANGUAGES["markdown"])["dut_pictures/W.svg"])
    boxes = [(box.get("class"), float(box.get("width")) / 26) for box in root.findall(f".//{SVG}rect")]
    assert boxes == [
        *[("field", 1), ("unused", 7)],
        *[("unused", 23), ("field", 9)],
        *[("field", 2), ("unused", 30)],
    ]


def test_markdown_pictures_are_where_the_text_says():
    files = render(codegen.load(BLINKER), LANGUAGES["markdown"])
    assert set(re.findall(r"!\[[^]]*\]\(([^)]*)\)", files["blinker.md"])) == set(files) - {"blinker.md"}


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@needs("chromium", there=CHROMIUM is not None)
def test_search_hides_what_does_not_match(tmp_path):
    write_outputs(render_outputs([BLINKER], tmp_path, "html"))
    page = tmp_path / "blinker.html"
    script = (
        '<script>document.getElementById("search").value = "LEVEL ch";'
        'document.getElementById("search").dispatchEvent(new Event("input"));</script></body>'
    )
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    page.write_text(text.replace("</body>", script))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    shown = subprocess.run(
        [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, check=True, timeout=LIMIT
    ).stdout
    hidden = re.findall(r"<(?:tr|section)[^>]*data-words=\"([^\"]*)\"[^>]*hidden", shown)
    visible = re.findall(r"<(?:tr|section)[^>]*data-words=\"([^\"]*)\"(?![^>]*hidden)", shown)
    assert any("ch[0..3].level" in words for words in visible)
    assert all("level" in words and "ch" in words for words in visible)
    assert any(words.startswith("table") for words in hidden)


def test_both_tell_what_a_write_gives_to_the_others():
    device = codegen.loads(
        "schema: 1\nname: dut\nregisters:\n  r:\n    offset: 0\n    fields:\n"
        "      go: {bits: 0, access: wo, idle: 0}\n      set: {bits: 2:1, access: wo, idle: last}\n"
        "      n: {bits: 15:8, volatile: true, description: A count.}\n      fire: {bits: 3, access: wo, pulse: true}\n"
        "  s: {offset: 4, fields: {a: {bits: 0, description: First.}, b: {bits: 1, writeback: false}}}\n"
    )
    loss = "A write loses what hardware does to n between its read and its write."
    refusal = "b (rw, writeback: false) would be changed by any write; write(...) of the whole register remains"
    markdown = render(device, LANGUAGES["markdown"])["dut.md"]
    assert f"| 0 | go | wo, idle: 0 | `0x0` | {loss} |" in markdown
    assert "| 2:1 | set | wo, idle: last |" in markdown
    assert "| 3 | fire | wo, pulse |" in markdown
    assert "| 15:8 | n | rw, volatile | `0x0` | A count. |" in markdown
    assert "| 1 | b | rw, writeback: false |" in markdown
    assert "First. b (rw, writeback: false) would be changed" in markdown.replace("\\", "")
    page = render(device, LANGUAGES["html"])["dut.html"]
    assert "<td>wo, idle: last</td>" in page
    assert f"<em>{loss}</em>" in page
    assert f"<em>{refusal}</em>" in page


NAMESAKES = """
schema: 1
name: addresses
registers:
  ab: {offset: 0, fields: {on: {bits: 1:0, enum: ON}}}
  a_b: {offset: 4, fields: {on: {bits: 1:0, enum: On}}}
  enums: {offset: 8}
enums:
  ON: {low: 0}
  On: {high: 1}
"""


def test_links_lead_to_their_own_heading():
    """Names that differ in case alone, or are the page's own headings, share an anchor but for a number."""
    files = render(codegen.loads(NAMESAKES), LANGUAGES["markdown"])
    page = files["addresses.md"]
    leads_to, used = {}, {}
    for heading in re.findall(r"^#+ (.*)$", page, re.MULTILINE):
        plain = heading.lower().replace(" ", "-")
        leads_to[f"{plain}-{used[plain]}" if plain in used else plain] = heading
        used[plain] = used.get(plain, 0) + 1
    links = re.findall(r"\[([^]]+)\]\(#([^)]*)\)", page)
    assert {(text, leads_to[anchor]) for text, anchor in links} == {
        ("ab", "Ab"),
        ("a\\_b", "AB"),
        ("enums", "Enums"),
        ("ON", "ON"),
        ("On", "On"),
    }
    assert leads_to["addresses"] == "addresses"
    assert leads_to["enums"] == "Enums"
    assert dict(links)["enums"] == "enums"
    pictures = [file.lower() for file in files if file.endswith(".svg")]
    assert len(set(pictures)) == len(pictures) == 3
    assert set(re.findall(r"!\[[^]]*\]\(([^)]*)\)", page)) == set(files) - {"addresses.md"}
