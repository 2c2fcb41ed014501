"""The reference in Markdown, and the pictures of registers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support import MAPS

BLINKER = MAPS / "blinker.yaml"
SVG = "{http://www.w3.org/2000/svg}"


def blinker_file(language, name):
    return render(codegen.load(BLINKER), LANGUAGES[language])[name]


def test_pictures_have_a_box_for_every_bit():
    text = blinker_file("markdown", "blinker_pictures/Ctrl.svg")
    root = ET.fromstring(text)
    boxes = root.findall(f".//{SVG}rect")
    assert sum(float(box.get("width")) for box in boxes) == 32 * 26
    assert [box.get("class") for box in boxes] == ["unused", "field", "unused", "field", "field"]
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert titles == ["unused", "done [8:8] w1c", "unused", "mode [3:1] rw", "enable [0:0] rw"]


def test_names_of_one_bit_are_whole():
    names = ["a", "on", "irq", "done", "scl_interference", "nack_handler_timeout_en"]
    fields = ", ".join(f"{name}: {{bits: {bit}}}" for bit, name in enumerate(names))
    device = codegen.loads(f"schema: 1\nname: dut\nregisters: {{r: {{offset: 0, fields: {{{fields}}}}}}}\n")
    root = ET.fromstring(render(device, LANGUAGES["markdown"])["dut_pictures/R.svg"])
    labels = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "name"]
    assert [label for label in labels if label] == names[::-1]


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


def test_registers_that_look_alike_share_a_picture():
    files = render(
        codegen.loads(
            "schema: 1\nname: dut\nregisters:\n  b: {offset: 0, description: One.}\n  a: {offset: 4}\n"
            "  c: {offset: 8, fields: {value: {bits: 7:0}}}\n"
        ),
        LANGUAGES["markdown"],
    )
    assert list(files) == ["dut.md", "dut_pictures/B.svg", "dut_pictures/C.svg"]
    assert re.findall(r"!\[Bits of (\w+)\]\(([^)]*)\)", files["dut.md"]) == [
        ("B", "dut_pictures/B.svg"),
        ("A", "dut_pictures/B.svg"),
        ("C", "dut_pictures/C.svg"),
    ]


def test_descriptions_keep_their_marks():
    device = codegen.loads(
        "schema: 1\nname: dut\ndescription: |\n  One *two*.\n\n  - `a|b`\n  - c\n\n  ```c\n  x = 1;\n  ```\n"
        "registers:\n  r:\n    offset: 0\n    fields:\n      f: {bits: 0, description: 'A `b|c`, [d](https://e.org/|): <i>.'}\n"
    )
    text = render(device, LANGUAGES["markdown"])["dut.md"]
    assert "One *two*.\n\n- `a|b`\n- c\n\n```\nx = 1;\n```\n" in text
    assert "| A `b\\|c`, [d](<https://e.org/%7C>): \\<i\\>. |" in text


def test_markdown_pictures_are_where_the_text_says():
    files = render(codegen.load(BLINKER), LANGUAGES["markdown"])
    assert set(re.findall(r"!\[[^]]*\]\(([^)]*)\)", files["blinker.md"])) == set(files) - {"blinker.md"}


def test_it_tells_what_a_write_gives_to_the_others():
    device = codegen.loads(
        "schema: 1\nname: dut\nregisters:\n  r:\n    offset: 0\n    fields:\n"
        "      go: {bits: 0, access: wo, idle: 0}\n      set: {bits: 2:1, access: wo, idle: last}\n"
        "      n: {bits: 15:8, volatile: true, description: A count.}\n      fire: {bits: 3, access: wo, pulse: true}\n"
        "  s: {offset: 4, fields: {a: {bits: 0, description: First.}, b: {bits: 1, writeback: false}}}\n"
    )
    loss = "A write loses what hardware does to n between its read and its write."
    markdown = render(device, LANGUAGES["markdown"])["dut.md"]
    assert f"| 0 | go | wo, idle: 0 | `0x0` | {loss} |" in markdown
    assert "| 2:1 | set | wo, idle: last |" in markdown
    assert "| 3 | fire | wo, pulse |" in markdown
    assert "| 15:8 | n | rw, volatile | `0x0` | A count. |" in markdown
    assert "| 1 | b | rw, writeback: false |" in markdown
    assert "First. b (rw, writeback: false) would be changed" in markdown.replace("\\", "")


NAMESAKES = """
schema: 1
name: addresses
registers:
  ab: {offset: 0, fields: {on: {bits: 1:0, enum: ON}}}
  a_b: {offset: 4, fields: {on: {bits: 2:1, enum: On}}}
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
