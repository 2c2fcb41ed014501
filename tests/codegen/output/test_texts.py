"""`--check` and corrected descriptions."""

from __future__ import annotations

from pathlib import PurePath

import pytest

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.output.texts import same_but_for_texts
from tests.support import MAPS

CODE = ("python", "pyi", "c", "systemverilog", "json", "systemrdl", "svd", "ipxact", "vhdl", "linux", "rust")
TEXT = (MAPS / "blinker.yaml").read_text()


def files(text, language):
    return render(codegen.loads(text, "blinker.yaml"), LANGUAGES[language])


@pytest.mark.parametrize("language", CODE)
def test_descriptions_are_no_difference_and_all_else_is(language):
    old, texts, other = (
        files(text, language)
        for text in (
            TEXT,
            TEXT.replace("description: ", "description: Now "),
            TEXT.replace("description: ", "description: Now ").replace("offset: 0x100", "offset: 0x200"),
        )
    )
    assert TEXT.count("description: ") > 2
    for name in old:
        assert old[name] != texts[name]
        assert same_but_for_texts(PurePath(name), old[name], texts[name])
        assert not same_but_for_texts(PurePath(name), old[name], other[name])


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.svg", "a.zig", "a"])
def test_documents_and_other_languages_are_compared_whole(name):
    assert not same_but_for_texts(PurePath(name), "/* a */", "/* b */")


@pytest.mark.parametrize("name", ["a.py", "a.json"])
def test_what_can_not_be_read_is_another_text(name):
    assert not same_but_for_texts(PurePath(name), "{(", "{")


def test_names_in_systemrdl_are_no_descriptions():
    text = 'name = "a // b";\ndesc = "c \\" // d";\n'
    assert same_but_for_texts(PurePath("a.rdl"), text, 'name = "a // b";\n')
    assert not same_but_for_texts(PurePath("a.rdl"), text, text.replace("a //", "b //"))


def test_lines_of_c_stay_lines():
    assert not same_but_for_texts(PurePath("a.h"), "#define A 1\n#define B 2\n", "#define A 1 #define B 2\n")
