"""The reference as a page: what stands in it, and what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser

import pytest

import codegen
import hal
from codegen.output.files import render_outputs, write_outputs
from codegen.output.languages.documents.page_assets import SCRIPTS, asset, page_assets
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.views.page.page_model import page_model
from codegen.views.reference import device_model
from tests.support import MAPS, ROOT
from tests.support.browser import CHROMIUM
from tests.support.tools import needs

BLINKER = MAPS / "blinker.yaml"
DUT = """
schema: 1
name: dut
description: "A *formatted* text: `code`, <b>no markup</b>."
enums: {Mode: {off: 0, slow: 1, fast: {value: 2, description: Eye damage.}}}
types:
  channel:
    registers:
      ctrl:
        offset: 0
        fields:
          enable: {bits: 0, description: Turns it on.}
          mode: {bits: 3:1, enum: Mode, reset: slow}
          level: {bits: 15:8, format: signed, unit: dB}
          done: {bits: 16, access: w1c, volatile: true}
      gain: {offset: 4, fields: {k: {bits: 11:0, format: {fixed: {signed: true, fraction_bits: 4}}}}}
registers:
  version: {offset: 0, access: ro, reset: 0x10203}
  irq: {offset: 8, fields: {line: {bits: 0, count: 32, access: w1c}}}
blocks:
  ch: {type: channel, offset: 0x1000, count: 4, stride: 0x200}
memories: {ram: {offset: 0x4000, size: 4KiB}}
"""


class Page(HTMLParser):
    """Identifiers, links, resources and scripts of a page."""

    def __init__(self, source):
        super().__init__()
        self.ids, self.links, self.resources, self.scripts, self._open = [], [], [], [], None
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids += filter(None, [values.get("id")])
        self.links += filter(None, [values.get("href")])
        self.resources += [name for name in ("src", "srcset", "data", "action", "style") if name in values]
        self._open = (tag, values.get("type"))
        if tag in ("link", "iframe", "object", "embed", "base"):
            self.resources.append(tag)

    def handle_data(self, data):
        if self._open and self._open[0] in ("script", "style"):
            self.scripts.append((*self._open, data))
        self._open = None


@pytest.mark.parametrize("path", [BLINKER, *sorted((ROOT / "regmaps").glob("cl_*.yaml"))], ids=lambda path: path.stem)
def test_it_stands_alone(path):
    (text,) = render(codegen.load(path), LANGUAGES["html"]).values()
    page = Page(text)
    assert page.resources == []
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") for link in page.links)
    assert "url(" not in text
    assert "@import" not in text


def test_a_register_takes_few_bytes():
    """A page of 2,900 registers of four fields with descriptions has less than 3 MB."""

    def size_of(registers):
        text = "schema: 1\nname: many\nregisters:\n" + "".join(
            f"  register_number_{number}:\n    offset: {4 * number:#x}\n    description: What the register number {number} is for.\n"
            f"    fields:\n      enable: {{bits: 0, description: Turns number {number} on.}}\n"
            f"      mode: {{bits: 3:1, reset: 2, description: How it runs.}}\n      level: {{bits: 19:4, reset: {number}}}\n"
            "      done: {bits: 20, access: w1c, volatile: true, description: It is over.}\n"
            for number in range(registers)
        )
        (page,) = render(codegen.loads(text), LANGUAGES["html"]).values()
        return len(page.encode())

    assert (size_of(200) - size_of(100)) / 100 * 2900 < 2.9e6
    assert size_of(1) < 100_000


def test_it_runs_its_own_script_and_style_only():
    (text,) = render(codegen.load(BLINKER), LANGUAGES["html"]).values()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    parts = {(tag, kind): data for tag, kind, data in Page(text).scripts}
    assert set(parts) == {("style", None), ("script", "application/json"), ("script", None)}
    for key in (("style", None), ("script", None)):
        digest = base64.b64encode(hashlib.sha256(parts[key].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert json.loads(parts["script", "application/json"])["maps"][0]["name"] == "blinker"


def test_the_parts_can_be_served_as_files():
    assert page_assets().script == "".join(asset(name) for name in (*SCRIPTS, "start.js"))
    for name in SCRIPTS:
        assert asset(name).startswith('"use strict";\n')
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function", asset(name))


SHOWN = "[...document.querySelectorAll('{}')].map((one) => one.textContent.trim())"


@pytest.fixture(scope="module")
def browser(chromium, tmp_path_factory):
    """The browser with the page of DUT."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "dut.yaml").write_text(DUT)
    write_outputs(render_outputs([folder / "dut.yaml"], folder, "html"))
    chromium.width(1200)
    chromium.open((folder / "dut.html").as_uri())
    yield chromium
    assert chromium.complaints == []


def go(browser, path):
    browser.go(browser.evaluate(f"hal.link(hal.shown(), {json.dumps(path)})"))


def shown(browser, selector):
    return browser.evaluate(SHOWN.format(selector))


def found(browser, query):
    script = f"hal.search(hal.shown(), {json.dumps(query)}).hits.map((hit) => hal.hitName(hit))"
    return browser.evaluate(script)


in_browser = needs("chromium", there=CHROMIUM is not None)


@in_browser
@pytest.mark.parametrize(
    ("query", "first", "count"),
    [
        ("0x1204", ["ch[1].gain"], 1),
        ("0x1200", ["ch[1].ctrl"], 1),
        ("0x4010", ["ram"], 1),
        ("0x9999", [], 0),
        ("ch[2].ctrl", ["ch[2].ctrl"], 1),
        ("CH[2].ctrl.mo", ["ch[2].ctrl.mode"], 1),
        ("w1c", ["irq.line[0..31]", "ch[0..3].ctrl.done"], 2),
        ("fast", ["ch[0..3].ctrl.mode"], 1),
        ("turns it", ["ch[0..3].ctrl.enable"], 1),
        ("eye damage", ["ch[0..3].ctrl.mode"], 1),
        ("ctrl level", ["ch[0..3].ctrl.level"], 1),
        ("irq.line[3]", ["irq.line[3]"], 1),
        ("memory", ["ram"], 1),
        ("ch", ["ch[0..3]", "ch[0..3].ctrl", "ch[0..3].gain"], 3),
        ("ch[7].ctrl", [], 0),
        ("<b>", [], 0),
    ],
)
def test_search(browser, query, first, count):
    hits = found(browser, query)
    assert hits[: len(first)] == first
    assert len(hits) == count


@in_browser
def test_a_search_shows_hits_alone_and_leads_there(browser):
    go(browser, "")
    browser.evaluate("document.getElementById('search').focus()")
    browser.send("Input.insertText", text="ch[3].gain")
    browser.until("document.querySelector('#results tbody a')?.textContent === 'ch[3].gain'")
    assert shown(browser, "#results tbody a") == ["ch[3].gain"]
    assert browser.evaluate("document.getElementById('content').offsetParent") is None
    for kind in ("keyDown", "keyUp"):
        browser.send("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13)
    browser.until("document.querySelector('#content h1').textContent === 'ch[3].gain'")
    assert shown(browser, "h1") == ["ch[3].gain"]
    assert browser.evaluate("document.getElementById('search').value") == ""


@in_browser
def test_places_have_a_way_addresses_and_an_index(browser):
    go(browser, "ch.ctrl")
    facts = dict(zip(shown(browser, "dt"), shown(browser, "dd"), strict=True))
    assert facts["Address"] == "0x1000 + 0x200·ch in app BAR 0"
    browser.follow(
        "const index = document.querySelector('.crumbs select'); index.value = '2'; index.dispatchEvent(new Event('change'))"
    )
    assert browser.evaluate("location.hash") == "#ch[2].ctrl"
    facts = dict(zip(shown(browser, "dt"), shown(browser, "dd"), strict=True))
    assert facts["Address"] == "0x1400 in app BAR 0"
    assert facts["Offset"] == "0x0 in ch[2]"
    assert facts["In Python"] == "dev.ch[2].ctrl"
    assert shown(browser, ".crumbs a") == ["dut", "ch", "ctrl"]
    assert shown(browser, '#tree [aria-current="true"]') == ["ctrl"]
    assert browser.evaluate("document.title") == "ch[2].ctrl - dut"
    browser.follow("[...document.querySelectorAll('#tree a')].find((link) => link.textContent === 'gain').click()")
    assert browser.evaluate("location.hash") == "#ch[2].gain"
    go(browser, "ch[9].ctrl")
    assert shown(browser, "h1") == ["Not found"]


@in_browser
def test_a_block_shows_its_gaps(browser):
    go(browser, "")
    rows = [row.split("\n") for row in shown(browser, ".places tbody tr")]
    assert any("nothing up to 0x0FFF, 4084 B" in row[0] for row in rows)
    assert shown(browser, "#content em") == ["formatted"]
    assert "<b>no markup</b>" in shown(browser, "#content .text")[0]


@in_browser
def test_value_and_fields_follow_each_other(browser):
    go(browser, "ch[0].ctrl")
    enter = "{{const box = document.querySelector({0}); box.value = {1}; box.dispatchEvent(new Event('change'));}}"
    value = "document.querySelector('input.hex').value"
    assert browser.evaluate(value) == "0x00000002"
    browser.evaluate(enter.format("'input.dec'", "'0x1FF05'"))
    row = "document.querySelector('tr[data-field={}] {}').{}"
    assert browser.evaluate(row.format("mode", "select", "value")) == "2"
    assert browser.evaluate(row.format("enable", "input", "checked")) is True
    assert browser.evaluate(row.format("level", "input", "value")) == "-1"
    browser.evaluate(enter.format("'tr[data-field=level] input'", "'-3'"))
    assert browser.evaluate(value) == "0x0001FD05"
    browser.evaluate(enter.format("'tr[data-field=level] input'", "'200'"))
    assert browser.evaluate(row.format("level", "input", "title")) == "outside of -128 to 127"
    assert browser.evaluate(value) == "0x0001FD05"
    assert shown(browser, "tr[data-field=mode] .members li") == ["0 OFF", "1 SLOW", "2 FAST Eye damage."]


CODED = """
schema: 1
name: coded
enums: {Mode: {off: 0, fast: 5}}
registers:
  r:
    offset: 0
    width: 224
    access_width: 32
    fields:
      plain: {bits: 6:0}
      two: {bits: 13:7, format: signed}
      magnitude: {bits: 20:14, format: sign_magnitude}
      gray: {bits: 27:21, format: gray}
      bcd: {bits: 38:32, format: bcd}
      hot: {bits: 47:40, format: one_hot}
      fixed: {bits: 54:48, format: {fixed: {signed: true, fraction_bits: 3}}}
      scaled: {bits: 70:64, scale: 0.1, offset: -40, unit: C}
      steps: {bits: 77:71, scale: 5, offset: -10}
      half: {bits: 95:80, format: float16}
      mode: {bits: 98:96, enum: Mode}
      flag: {bits: 99, format: bool}
      single: {bits: 159:128, format: float32}
      double: {bits: 223:160, format: float64}
"""


def words_of(value):
    """A value as the page has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.name if hasattr(value, "name") and hasattr(value, "value") else value


@in_browser
def test_values_are_those_of_drivers(browser, tmp_path):
    """Every bit pattern of small fields: what the page decodes and encodes is what a driver does."""
    path = tmp_path / "coded.yaml"
    path.write_text(CODED)
    shape = hal.load_map(path)._children["r"].shape
    (found,) = page_model([device_model(codegen.load(path))])["maps"]
    browser.evaluate(f"globalThis.coded = {json.dumps(found)}; 1")
    for number, field in enumerate(found["registers"][0]["fields"]):
        width = field.get("width", 1)
        kind = shape.fields[field["name"]].kind
        patterns = range(0, 1 << width, 1 if width < 10 else 997 if width < 32 else (1 << width) // 61)
        script = (
            f"(() => {{ const field = coded.registers[0].fields[{number}];"
            f" return {json.dumps(list(map(str, patterns)))}.map((bits) => {{ const text = hal.decode(coded, field, BigInt(bits));"
            " let back; try { back = String(hal.encode(coded, field, text)); } catch (error) { back = error.message; }"
            " return [text, back]; }); })()"
        )
        for bits, (text, back) in zip(patterns, browser.evaluate(script), strict=True):
            value = words_of(kind.decode(bits, width))
            if value is None:
                assert text == f"0x{bits:X}"
                continue
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                number_ = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}.get(text)
                number_ = float(int(text, 0)) if number_ is None and text.startswith("0x") else number_
                assert (float(text) if number_ is None else number_) == pytest.approx(value, nan_ok=True), field["name"]
            else:
                assert text == str(value)
            if field["name"] == "mode" and bits not in (0, 5):
                assert back == "no member"
            elif not (isinstance(value, float) and math.isnan(value)):
                assert back == str(kind.encode(kind.decode(bits, width), width)), (field["name"], bits, text)


@in_browser
def test_all_that_the_manual_searches_for_is_found(browser, tmp_path):
    manual = (ROOT / "docs" / "howto" / "reference-pages.md").read_text(encoding="utf-8")
    (tmp_path / "pump.yaml").write_text(re.search(r"`pump.yaml`:\n```yaml\n(.*?)```", manual, re.DOTALL)[1])
    rows = re.search(r"\| entered \| finds \|\n(.*?)\n\n", manual, re.DOTALL)[1].splitlines()[1:]
    write_outputs(render_outputs([tmp_path / "pump.yaml"], tmp_path, "html"))
    address = browser.evaluate("location.href")
    try:
        browser.open((tmp_path / "pump.html").as_uri())
        queries = [query for row in rows for query in re.findall("`(.*?)`", row.split("|")[1])]
        assert len(queries) == 8
        assert [query for query in queries if not found(browser, query)] == []
    finally:
        browser.open(address)


@in_browser
def test_several_maps_are_one_document(browser, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(DUT.replace("name: dut", f"name: {name}"))
    outputs = render_outputs(
        [tmp_path / "one.yaml", tmp_path / "two.yaml"], tmp_path, ["html", "c"], options={"html.document": "one"}
    )
    assert [output.file.name for output in outputs] == ["one.h", "two.h", "index.html"]
    assert {path.name for path in outputs[-1].inputs} == {"one.yaml", "two.yaml"}
    write_outputs(outputs)
    address = browser.evaluate("location.href")
    try:
        browser.open((tmp_path / "index.html").as_uri())
        assert shown(browser, "#content tbody a") == ["one", "two"]
        assert browser.evaluate("document.title") == "Register maps"
        browser.go("#two/ch[1].gain")
        assert shown(browser, "h1") == ["ch[1].gain"]
        assert shown(browser, ".crumbs a") == ["All maps", "two", "ch", "gain"]
        browser.go("#nothing/x")
        assert shown(browser, "h1") == ["Not found"]
    finally:
        browser.open(address)


def test_maps_of_one_document_have_names_of_their_own(tmp_path):
    paths = [tmp_path / name for name in ("a.yaml", "b.yaml")]
    for path in paths:
        path.write_text("schema: 1\nname: same\nregisters: {r: {offset: 0}}\n")
    with pytest.raises(ValueError, match="two maps of one document are called same; rename one"):
        render_outputs(paths, tmp_path, "html", options={"html.document": "one"})


def test_a_map_called_index_has_a_document_of_its_own(tmp_path):
    path = tmp_path / "index.yaml"
    path.write_text("schema: 1\nname: index\nregisters: {r: {offset: 0}}\n")
    with pytest.raises(ValueError, match=r"html has no option 'documents'; its options are document"):
        render_outputs([path], tmp_path, "html", options={"html.documents": "one"})
    assert [item.file.name for item in render_outputs([path], tmp_path, "html")] == ["index.html"]
    assert [item.file.name for item in render_outputs([path], tmp_path, "html", options={"html.document": "one"})] == [
        "index.html"
    ]


@in_browser
def test_a_phone_sees_all_bits(browser):
    try:
        browser.width(360, is_phone=True)
        go(browser, "irq.line")
        browser.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
        assert browser.evaluate("document.documentElement.scrollWidth") <= 360
        names = shown(browser, ".bit .name")
        assert names == [f"line[{number}]" for number in reversed(range(32))]
        cut = "[...document.querySelectorAll('.bit .name')].filter((one) => one.scrollHeight > one.clientHeight + 1).length"
        assert browser.evaluate(cut) == 0
        under = "document.querySelector('tr.picked').getBoundingClientRect().top - document.getElementById('top').offsetHeight"
        assert browser.evaluate(under) >= 0
    finally:
        browser.width(1200)


@in_browser
def test_dark_pages_are_dark(browser):
    color = "getComputedStyle(document.body).backgroundColor"
    browser.prefer("dark")
    assert browser.evaluate(color) == "rgb(20, 25, 31)"
    browser.prefer("light")
    assert browser.evaluate(color) == "rgb(255, 255, 255)"


@in_browser
def test_without_scripts_there_is_a_list(browser):
    address = browser.evaluate("location.href")
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open("about:blank")
        browser.open(address)
        text = browser.evaluate("document.body.innerText")
        assert "0x1000 + 0x200n ch[0..3].ctrl" in text
        assert "A formatted text: code, <b>no markup</b>." in text
        assert browser.evaluate("document.getElementById('body').offsetParent") is None
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)
        browser.open("about:blank")
        browser.open(address)


@in_browser
def test_paper_holds_all_registers(browser):
    go(browser, "")
    browser.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert set(shown(browser, "#paper h1, #paper h2")) >= {
        "dut",
        "version",
        "irq",
        "ch[0..3]",
        "ch[0..3].ctrl",
        "ram",
        "Enum Mode",
    }
    browser.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert browser.evaluate("document.getElementById('paper')") is None
