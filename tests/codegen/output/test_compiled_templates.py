"""Code of templates that is kept: taken where it is of the template, made again where it is anything else."""

from __future__ import annotations

import os
import sys

import jinja2
import pytest

import codegen
from codegen.output.compiled_templates import CompiledTemplates
from codegen.output.environment import environment

TEXT = "{% for one in several %}{{ one }};{% endfor %}"


class Counting(jinja2.Environment):
    """Tells how often it made code."""

    made = 0

    def _generate(self, *arguments, **options):
        Counting.made += 1
        return super()._generate(*arguments, **options)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "templates" / "deep").mkdir(parents=True)
    (tmp_path / "templates" / "deep" / "list.txt.j2").write_text(TEXT)
    (tmp_path / "engine.py").write_text("one")
    return tmp_path


def rendered(folder, name="deep/list.txt.j2", loader=None):
    """What a new engine makes, and how often it had to make code."""
    Counting.made = 0
    cache = CompiledTemplates(folder / "templates", folder / "engine.py")
    engine = Counting(loader=loader or jinja2.FileSystemLoader(folder / "templates"), bytecode_cache=cache)
    return engine.get_template(name).render(several=[1, 2]), Counting.made


def kept(folder):
    return list(folder.rglob("*.pyc"))


def test_code_is_made_once(folder):
    assert rendered(folder) == ("1;2;", 1)
    (file,) = kept(folder)
    assert file.parent == folder / "templates" / "deep" / "__pycache__"
    assert sorted(file.parent.iterdir()) == [file]
    assert rendered(folder) == ("1;2;", 0)


@pytest.mark.parametrize("content", [b"", b"x" * 10, b"x" * 100, None])
def test_a_file_that_is_not_whole_is_made_again(folder, content):
    rendered(folder)
    (file,) = kept(folder)
    whole = file.read_bytes()
    file.write_bytes(whole[:-3] + b"abc" if content is None else content)
    assert rendered(folder) == ("1;2;", 1)
    assert file.read_bytes() == whole
    assert rendered(folder) == ("1;2;", 0)


def test_another_template_or_engine_takes_other_code(folder):
    rendered(folder)
    (folder / "templates" / "deep" / "list.txt.j2").write_text("{{ several[0] }}")
    assert rendered(folder) == ("1", 1)
    (folder / "engine.py").write_text("two")
    assert rendered(folder) == ("1", 1)
    assert rendered(folder) == ("1", 0)


def test_only_shipped_templates_have_such_files(folder):
    own = folder / "own" / "deep"
    own.mkdir(parents=True)
    (own / "list.txt.j2").write_text("{% include 'hal/deep/list.txt.j2' %}{{ several }}")
    shipped = jinja2.FileSystemLoader(folder / "templates")
    loader = jinja2.ChoiceLoader([jinja2.FileSystemLoader(own.parent), jinja2.PrefixLoader({"hal": shipped})])
    for made in (2, 1):
        assert rendered(folder, loader=loader) == ("1;2;[1, 2]", made)
    assert [file.parent.parent.parent.name for file in kept(folder)] == ["templates"]
    assert rendered(folder) == ("1;2;", 0)


def test_nothing_is_written_where_python_writes_nothing(folder, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(folder) == ("1;2;", 1)
    assert kept(folder) == []
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(folder / "elsewhere"))
    assert rendered(folder) == ("1;2;", 1)
    assert [file.is_relative_to(folder / "elsewhere") for file in kept(folder)] == [True]


def test_a_python_that_keeps_no_code_keeps_none_of_templates(folder, monkeypatch):
    monkeypatch.setattr(sys.implementation, "cache_tag", None)
    assert rendered(folder) == ("1;2;", 1)
    assert kept(folder) == []


def test_a_folder_that_takes_no_file_is_no_fault(folder):
    (folder / "templates" / "deep" / "__pycache__").write_text("no folder")
    assert rendered(folder) == ("1;2;", 1)
    assert rendered(folder) == ("1;2;", 1)
    if os.geteuid():
        (folder / "templates" / "deep" / "__pycache__").unlink()
        (folder / "templates" / "deep").chmod(0o500)
        assert rendered(folder) == ("1;2;", 1)


def test_the_engine_that_renders_keeps_code_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    environment.cache_clear()
    device = codegen.loads("schema: 1\nname: m\nregisters: {r: {offset: 0}}\n")
    try:
        first = codegen.render_python(device)
        assert [file.name.partition(".")[0] for file in kept(tmp_path) if file.parent.name == "templates"] == ["python"]
        environment.cache_clear()
        assert codegen.render_python(device) == first
    finally:
        environment.cache_clear()
