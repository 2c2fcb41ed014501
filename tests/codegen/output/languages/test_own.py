"""Own templates: languages of a project, and changes to those that are shipped."""

from __future__ import annotations

import pytest

import codegen
from codegen.output.files import render_outputs
from tests.support import MAPS

BLINKER = MAPS / "blinker.yaml"


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
    templates = own(tmp_path / "t", zig__zig__j2=text)
    output = one_output(tmp_path, "zig", templates)
    assert output.file == tmp_path / "blinker.zig"
    assert output.text.splitlines() == [
        "pub const CTRL: u64 = 0x0000;",
        "pub const CYCLES: u64 = 0x0008;",
        "pub const CH_LEVEL: u64 = 0x0100;",
    ]
    assert templates / "zig.zig.j2" in output.inputs


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
    with pytest.raises(
        ValueError, match=r"unknown language 'zig', known: python, pyi, c, systemverilog, markdown, html"
    ):
        render_outputs([BLINKER], tmp_path, "zig")
