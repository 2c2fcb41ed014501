"""Every rule refuses its broken map, with exactly the text that stands beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

import codegen
from codegen.schema.vocabulary import MAX_DEPTH
from tests.support import MAPS

BROKEN = MAPS / "broken"
MAPS = sorted(BROKEN.glob("*.yaml"))


def refused(path: str | Path) -> codegen.MapError:
    with pytest.raises(codegen.MapError) as caught:
        codegen.load(path)
    return caught.value


def refused_text(text: str | bytes) -> codegen.MapError:
    with pytest.raises(codegen.MapError) as caught:
        codegen.loads(text)
    return caught.value


def rules(error: codegen.MapError) -> list[str]:
    return [problem.rule for problem in error.problems]


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)
def test_broken_map_gives_its_text(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    assert f"{refused(path.name)}\n" == path.with_suffix(".txt").read_text()


def test_every_text_has_its_map() -> None:
    assert [path.stem for path in MAPS] == sorted(path.stem for path in BROKEN.glob("*.txt"))
    assert len(MAPS) > 70


def test_problem_has_position_path_and_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    assert refused("reset-too-large.yaml").problems == (
        codegen.Problem(
            file="reset-too-large.yaml",
            line=7,
            column=32,
            path="registers.ctrl.fields.mode.reset",
            rule="reset-too-large",
            message="reset 0x8 does not fit in 3 bits, allowed: 0 to 0x7",
            hint="Give a smaller reset value.",
        ),
    )


def test_all_problems_of_several_files_in_one_run(tmp_path: Path) -> None:
    (tmp_path / "top.yaml").write_text(
        "schema: 1\nname: top\ninclude: [a.yaml, b.yaml]\nregisters:\n  x: {offset: 0x1}\n"
        "  y: {offset: 0x8, widht: 3}\n  z: {offset: 0x8}\n"
    )
    (tmp_path / "a.yaml").write_text("schema: 1\nenums:\n  Mode: {low: 0, high: 0}\n")
    (tmp_path / "b.yaml").write_text("schema: 1\ntypes:\n  t: {registers: {r: {offset: 2}}}\n")
    found = [(Path(p.file).name, p.line, p.rule) for p in refused(tmp_path / "top.yaml").problems]
    assert sorted(found) == [
        ("a.yaml", 3, "duplicate-enum-value"),
        ("b.yaml", 3, "misaligned-offset"),
        ("top.yaml", 5, "misaligned-offset"),
        ("top.yaml", 6, "unknown-key"),
        ("top.yaml", 7, "register-overlap"),
    ]


def test_what_refers_to_a_refused_thing_is_not_reported_again() -> None:
    error = refused_text(
        "schema: 1\nname: top\nenums:\n  mode: {low: 0}\ntypes:\n  Kind: {registers: {r: {offset: 0}}}\n"
        "registers:\n  ctrl: {offset: 0, fields: {m: {bits: 0, enum: mode}}}\n"
        "blocks:\n  a: {type: Kind, offset: 0x100}\n"
    )
    assert rules(error) == ["bad-name", "bad-name"]


def test_the_field_that_is_overlapped_is_named() -> None:
    fields = "a: {bits: 1:0}, b: {bits: 3:2}, c: {bits: 7:4}, d: {bits: 3:1}, e: {bits: 5}"
    error = refused_text(f"schema: 1\nname: top\nregisters:\n  r: {{offset: 0, fields: {{{fields}}}}}\n")
    assert [problem.message for problem in error.problems] == [
        "bits 3:1 overlap field 'a' at 1:0",
        "bits 5:5 overlap field 'c' at 7:4",
    ]


def test_behind_an_alternate_of_a_refused_field_others_are_told() -> None:
    fields = "A: {bits: 0}, b: {bits: 0, alternate: A}, c: {bits: 1, alternate: none}, d: {bits: 2, when: late}"
    error = refused_text(f"schema: 1\nname: top\nregisters:\n  r: {{offset: 0, fields: {{{fields}}}}}\n")
    assert rules(error) == ["bad-name", "bad-alternate", "bad-when"]


def test_a_register_type_that_several_use_is_told_once() -> None:
    error = refused_text(
        "schema: 1\nname: top\nregister_types:\n  t: {fields: {a: {bits: 40}}}\n"
        "registers:\n  r: {offset: 0, type: t}\n  s: {offset: 4, type: t}\n"
    )
    assert rules(error) == ["bits-out-of-range"]


def test_missing_file() -> None:
    error = refused("no/such/map.yaml")
    assert str(error) == ("no/such/map.yaml:1:1: can't read the map: No such file or directory. Check the path.")


def test_folder_is_no_map(tmp_path: Path) -> None:
    assert rules(refused(tmp_path)) == ["not-found"]


def test_symlink_can_not_lead_an_include_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("schema: 1\n")
    folder = tmp_path / "maps"
    folder.mkdir()
    (folder / "link.yaml").symlink_to("../secret.yaml")
    (folder / "top.yaml").write_text("schema: 1\nname: t\ninclude: link.yaml\nregisters: {r: {offset: 0}}\n")
    assert rules(refused(folder / "top.yaml")) == ["include-outside"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "wrong-type"),
        ("- 1", "wrong-type"),
        ("just text", "wrong-type"),
        ("a: " + "[" * 64 + "]" * 64, "too-deep"),
        ("[" * 1_000_000, "too-deep"),
        ("a: " + "x" * 65_537, "too-big"),
        ("x" * (8 << 20) + "x", "too-big"),
        ("a: \x07", "control-character"),
        ("a: \ud800", "control-character"),
        ('a: "\\ud800"', "yaml-syntax"),
        ("a: *b", "bad-alias"),
        ("a: 'x", "yaml-syntax"),
        ("a: \t- b\n  c", "yaml-syntax"),
        ("schema: 1\nname: x\ninclude: y.yaml\nregisters: {r: {offset: 0}}", "include-outside"),
    ],
)
def test_hostile_text_is_refused(text: str, rule: str) -> None:
    assert rules(refused_text(text))[0] == rule


def test_alias_bomb_is_refused_without_expanding_it() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    text = "\n".join(lines)
    error = refused_text(text)
    assert rules(error) == ["too-big"]
    assert error.problems[0].message == f"more than {20_000 + len(text)} values, aliases counted each time"


def test_alias_can_not_hide_depth() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 70)]
    assert rules(refused_text("\n".join(lines))) == ["too-deep"]


def test_types_can_not_hide_depth() -> None:
    types = ["  t0: {registers: {r: {offset: 0}}}"]
    types += [f"  t{i}: {{blocks: {{b: {{type: t{i - 1}, offset: 0}}}}}}" for i in range(1, 200)]
    blocks = "blocks: {b: {type: t199, offset: 0}}"
    error = refused_text("schema: 1\nname: deep\ntypes:\n" + "\n".join(types) + f"\n{blocks}\n")
    assert set(rules(error)) == {"too-deep"}


def test_types_that_stand_before_what_they_are_made_of_can_not_hide_depth() -> None:
    types = [f"  t{i}: {{blocks: {{b: {{type: t{i - 1}, offset: 0}}}}}}" for i in range(1000, 0, -1)]
    lines = ["schema: 1", "name: deep", "types:", *types, "  t0: {registers: {r: {offset: 0}}}"]
    error = refused_text("\n".join([*lines, "blocks: {b: {type: t1000, offset: 0}}\n"]))
    assert "too-deep" in rules(error)


@pytest.mark.parametrize(("levels", "expected"), [(MAX_DEPTH - 1, []), (MAX_DEPTH, ["too-deep"])])
@pytest.mark.parametrize("order", [1, -1])
def test_the_deepest_types_that_there_may_be(levels: int, expected: list[str], order: int) -> None:
    """Levels of blocks, the device's own among them."""
    types = ["  t1: {registers: {r: {offset: 0}}}"]
    types += [f"  t{i}: {{blocks: {{b: {{type: t{i - 1}, offset: 0}}}}}}" for i in range(2, levels + 1)]
    lines = ["schema: 1", "name: deep", "types:", *types[::order], f"blocks: {{b: {{type: t{levels}, offset: 0}}}}"]
    found: list[str] = []
    try:
        codegen.loads("\n".join(lines))
    except codegen.MapError as error:
        found = rules(error)
    assert found == expected


def test_an_alternate_lies_beside_other_fields() -> None:
    fields = "a: {bits: 3:0}, c: {bits: 7:4}, b: {bits: 3:0, alternate: a}, d: {bits: 5:4, alternate: c}"
    device = codegen.loads(f"schema: 1\nname: top\nregisters:\n  r: {{offset: 0, fields: {{{fields}}}}}\n")
    (place,) = device.walk()
    assert [(field.name, field.alternate) for field in place.register.fields] == [
        ("a", None),
        ("b", "a"),
        ("c", None),
        ("d", "c"),
    ]


def test_file_that_is_too_big(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * ((8 << 20) + 1))
    assert rules(refused(path)) == ["too-big"]


def test_a_long_line_is_shown_around_the_column() -> None:
    error = refused_text("schema: 1\nname: x\nregisters: {" + " " * 500 + "r: {offset: -1}}\n")
    shown, caret = error.problems[0].excerpt.split("\n")
    assert shown[caret.index("^")] == "-"
    assert len(shown) < 110


def test_what_many_names_were_meant_for_is_looked_for_among_so_many_in_all() -> None:
    """200 known names are compared with the first 25 of those that are wrong: a run's guesses take a moment."""
    known = "\n".join(f"  kind_{n}: {{registers: {{r: {{offset: 0}}}}}}" for n in range(200))
    wrong = "\n".join(f"  b{n}: {{type: kinds_{n}, offset: {16 * n}}}" for n in range(40))
    error = refused_text(f"schema: 1\nname: x\ntypes:\n{known}\nblocks:\n{wrong}\n")
    hints = [problem.hint for problem in error.problems if problem.rule == "unknown-type"]
    assert [hint.startswith("Did you mean 'kind_") for hint in hints] == [True] * 25 + [False] * 15
    assert hints[-1].startswith("Known types: kind_0, kind_1, ")
