"""References for people, the JSON model, and own templates."""

from __future__ import annotations

import json
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
from codegen.views.reference import device_model
from tests.support import MAPS, ROOT
from tests.support.processes import LIMIT

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


def test_json_is_the_model():
    model = json.loads(blinker_file("json", "blinker.json"))
    assert model["format"] == 1
    assert model["space"] == {"pf": "app", "bar": 0}
    assert model["pci"]["vendor"] == 0x1D0F
    ctrl = model["registers"][0]
    assert (ctrl["name"], ctrl["map_name"], ctrl["reset"]) == ("Ctrl", "ctrl", "0x0")
    assert ctrl["fields"][1] == {
        "name": "mode",
        "msb": 3,
        "lsb": 1,
        "width": 3,
        "mask": "0xE",
        "access": "rw",
        "readable": True,
        "writable": True,
        "reset": "0x0",
        "kind": "enum",
        "enum": "Mode",
        "signed": False,
        "fraction_bits": 0,
        "volatile": False,
        "pulse": False,
        "plan": "modify",
        "refusal": "",
        "description": "",
    }
    level = next(place for place in model["places"] if place["path"] == "ch[0..3].level")
    assert level["dimensions"] == [{"name": "ch", "count": 4, "stride": 16}]
    assert (level["offset"], level["type"]) == (0x100, "Level")
    assert model["enums"][0]["members"][2] == {
        "name": "FAST",
        "map_name": "fast",
        "value": "0x2",
        "description": "Eye damage.",
    }


def test_every_file_names_version_and_inputs():
    device = codegen.load(BLINKER)
    for name, language in LANGUAGES.items():
        for file, text in render(device, language).items():
            assert device.digest in text, (name, file)
            assert codegen.__version__ in text, (name, file)


def test_places_beyond_measure_are_refused_with_what_to_do():
    types = ["  t0: {registers: {r: {offset: 0}}}"]
    types += [
        f"  t{n}: {{blocks: {{a: {{type: t{n - 1}, offset: 0}}, b: {{type: t{n - 1}, offset: {1 << (n + 2):#x}}}}}}}"
        for n in range(1, 19)
    ]
    device = codegen.loads(
        "schema: 1\nname: dut\nspace: {pf: app, bar: 4}\ntypes:\n"
        + "\n".join(types)
        + "\nblocks: {top: {type: t18, offset: 0}}\n"
    )
    assert "class Dut(" in codegen.render_python(device)
    with pytest.raises(ValueError, match=r"dut: more than 200000 places.*Use arrays") as refused:
        device_model(device)
    assert "only the Python driver" in str(refused.value)


def own(folder, **templates):
    folder.mkdir()
    for name, text in templates.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def one_output(folder, language, templates):
    (output,) = render_outputs([BLINKER], folder, language, templates)
    return output


def test_an_own_template_adds_a_language(tmp_path):
    text = (
        "{% for place in model.places if place.kind == 'register' %}\n"
        "pub const {{ place.names | join('_') | upper_snake }}: u64 = {{ place.offset | hex(4) }};\n{% endfor %}\n"
    )
    templates = own(tmp_path / "t", rust__rs__j2=text)
    output = one_output(tmp_path, "rust", templates)
    assert output.file == tmp_path / "blinker.rs"
    assert output.text.splitlines() == [
        "pub const CTRL: u64 = 0x0000;",
        "pub const CYCLES: u64 = 0x0008;",
        "pub const CH_LEVEL: u64 = 0x0100;",
    ]
    assert templates / "rust.rs.j2" in output.inputs


def test_an_own_template_overrides_and_extends_a_shipped_one(tmp_path):
    templates = own(tmp_path / "t", c__h__j2="/* Ours. */\n{% include 'hal/c.h.j2' %}", _part__j2="")
    output = one_output(tmp_path, "c", templates)
    assert output.text.startswith("/* Ours. */\n/*\n * Registers of blinker")
    assert "#define BLINKER_CTRL_OFFSET UINT64_C(0x0)" in output.text


def test_own_templates_are_part_of_the_inputs_hash(tmp_path):
    templates = own(tmp_path / "t", x__txt__j2="{{ model.digest }}")
    first = one_output(tmp_path, "x", templates).text
    (templates / "x.txt.j2").write_text("{{ model.digest }} ")
    second = one_output(tmp_path, "x", templates).text
    assert len({first, second.strip(), codegen.load(BLINKER).digest}) == 3


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("x.txt.j2", "\n{{ model.nmae }}", r"x\.txt\.j2:2: .*has no attribute 'nmae'; docs/templates\.md lists"),
        ("x.txt.j2", "{% for %}", r"x\.txt\.j2:1: Expected an expression"),
        ("c.hpp.j2", "", r"c\.hpp\.j2: the template of c is c\.h\.j2; rename it"),
        ("Bad.j2", "", r"Bad\.j2: name a template LANGUAGE\.SUFFIX\.j2"),
    ],
)
def test_faults_of_own_templates_name_their_place(file, text, message, tmp_path):
    (tmp_path / file).write_text(text)
    with pytest.raises(ValueError, match=message):
        render_outputs([BLINKER], tmp_path, "x", tmp_path)


def test_unknown_language_lists_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"unknown language 'rust', known: python, c, systemverilog, markdown, html"):
        render_outputs([BLINKER], tmp_path, "rust")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
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
