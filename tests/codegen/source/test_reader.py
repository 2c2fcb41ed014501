"""Files that a map includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import codegen

if TYPE_CHECKING:
    from pathlib import Path


def test_include_brings_types_and_enums(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "top.yaml").write_text(
        "schema: 1\nname: top\ninclude: [parts/a.yaml, parts/b.yaml]\nblocks: {c: {type: channel, offset: 0}}\n"
    )
    (tmp_path / "parts/a.yaml").write_text(
        "schema: 1\ninclude: b.yaml\n"
        "types: {channel: {registers: {r: {offset: 0, fields: {m: {bits: 0, enum: Mode}}}}}}\n"
    )
    (tmp_path / "parts/b.yaml").write_text("schema: 1\nenums: {Mode: {low: 0, high: 1}}\n")
    found = codegen.load(tmp_path / "top.yaml")
    assert [place.path for place in found.walk()] == ["c.r"]
    assert [enum.name for enum in found.enums] == ["Mode"]
    assert found.source == "top.yaml"


def test_include_from_a_root(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "maps").mkdir()
    (tmp_path / "library/types.yaml").write_text("schema: 1\ntypes: {t: {registers: {r: {offset: 0}}}}\n")
    top = tmp_path / "maps/top.yaml"
    top.write_text("schema: 1\nname: top\ninclude: types.yaml\nblocks: {b: {type: t, offset: 0}}\n")
    found = codegen.load(top, roots=[tmp_path / "library"])
    assert [place.path for place in found.walk()] == ["b.r"]
    with pytest.raises(codegen.MapError, match=r"can't include 'types\.yaml'"):
        codegen.load(top)


def test_digest_depends_on_every_text_and_on_nothing_else(tmp_path: Path) -> None:
    def digest(folder: str, bit: int) -> str:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "top.yaml").write_text(
            "schema: 1\nname: top\ninclude: e.yaml\nregisters: {r: {offset: 0, fields: {m: {bits: 0, enum: Mode}}}}\n"
        )
        (tmp_path / folder / "e.yaml").write_text(f"schema: 1\nenums: {{Mode: {{low: {bit}}}}}\n")
        return codegen.load(tmp_path / folder / "top.yaml").digest

    assert digest("a", 0) == digest("b", 0)
    assert digest("c", 1) != digest("d", 0)


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "top.yaml"
    path.write_bytes(b"\xef\xbb\xbfschema: 1\r\nname: top\r\nregisters:\r\n  r: {offset: 0x4}\r\n")
    assert [place.offset for place in codegen.load(path).walk()] == [4]
