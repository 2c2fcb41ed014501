"""`hal fmt`: one way to write a map, nothing lost."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import codegen
from codegen.schema import entries
from codegen.schema.formatter import format_map
from codegen.schema.key_order import DEVICE
from tests.support import MAPS, ROOT
from tests.support.depth import depth
from tests.support.strategies import maps

EVERY = [*sorted(MAPS.glob("*.yaml")), *sorted((ROOT / "regmaps").glob("*.yaml"))]

UNTIDY = """\
# The licence.

name: tidy  # to be
schema: 0x1

registers:
    status: {access: ro, offset: 4}
    # What controls it.
    ctrl:
        # The fields.
        fields:
            mode: {reset: 0xa, bits: 7:4}   # four bits
            enable: {bits: 0}
        description: >
            Folded
            text.
        # Where it is.
        offset: 16
        reset: 0x0_00a0

# A table.
memories:
    table: {size: 0x1000, offset: 0x1_000}
"""

TIDY = """\
# The licence.

schema: 1
name: tidy  # to be

registers:
  status: {offset: 0x4, access: ro}
  # What controls it.
  ctrl:
    # Where it is.
    offset: 0x10
    reset: 0x0_00A0
    description: >
      Folded
      text.
    # The fields.
    fields:
      mode: {bits: 7:4, reset: 0xA}         # four bits
      enable: {bits: 0}

# A table.
memories:
  table: {offset: 0x1_000, size: 4KiB}
"""


def formatted(folder, text):
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    return format_map(path)[1]


def test_order_numbers_and_comments(tmp_path):
    assert formatted(tmp_path, UNTIDY) == TIDY


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_meaning_stays_and_a_second_time_changes_nothing(path, tmp_path):
    for other in path.parent.glob("*.yaml"):
        (tmp_path / other.name).write_bytes(other.read_bytes())
    file = tmp_path / path.name
    file.write_text(format_map(path)[1], encoding="utf-8")
    found, again = format_map(file)
    assert found == again
    if path.stem.endswith("_types"):
        return
    before, after = codegen.load(path), codegen.load(file)
    digests = {before.digest: "", after.digest: "", before.digest[:16]: "", after.digest[:16]: ""}
    texts = [codegen.render_python(device) for device in (before, after)]
    for digest in digests:
        texts = [text.replace(digest, "") for text in texts]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("offset: 16", "offset: 0x10"),
        ("offset: 0xabc", "offset: 0xABC"),
        ("offset: 0x0C", "offset: 0x0C"),
        ("offset: 4KiB", "offset: 4KiB"),
        ("offset: 0b100", "offset: 0b100"),
        ("offset: 0\n    width: 0x20", "offset: 0x0\n    width: 32"),
        ("offset: 0\n    reset: 5", "offset: 0x0\n    reset: 5"),
        ("offset: 0\n    reset: 50", "offset: 0x0\n    reset: 0x32"),
        ("offset: 0\n    count: 0x4\n    stride: 8", "offset: 0x0\n    count: 4\n    stride: 0x8"),
    ],
)
def test_numbers(before, after, tmp_path):
    head = "schema: 1\nname: x\nregisters:\n  r:\n    "
    assert formatted(tmp_path, f"{head}{before}\n") == f"{head}{after}\n"


def test_the_keys_of_a_field_in_order(tmp_path):
    head = "schema: 1\nname: x\nregisters:\n  r:\n    offset: 0x0\n    fields:\n"
    untidy = "      a: {idle: 0, pulse: false, access: wo, bits: 0}\n      b: {writeback: false, reset: 1, bits: 1, volatile: true}\n"
    tidy = "      a: {bits: 0, access: wo, pulse: false, idle: 0}\n      b: {bits: 1, reset: 1, volatile: true, writeback: false}\n"
    assert formatted(tmp_path, head + untidy) == head + tidy


def test_words_of_yaml_1_2_stay_words(tmp_path):
    text = "schema: 1\nname: x\nenums:\n  Mode: {off: 0, on: 1, yes: 2}\nregisters:\n  r:\n    offset: 0x0\n    fields:\n      mode: {bits: 3:1, enum: Mode, reset: off}\n"
    assert formatted(tmp_path, text) == text


def test_aliases_stay(tmp_path):
    text = (
        "schema: 1\nname: x\nregisters:\n  a: &a\n    offset: 0x0\nblocks:\n  b: {offset: 0x100, registers: {a: *a}}\n"
    )
    assert formatted(tmp_path, text) == text


def test_a_file_that_is_no_yaml_is_refused_with_its_place(tmp_path):
    with pytest.raises(codegen.MapError) as refused:
        formatted(tmp_path, "schema: 1\nname: [x\n")
    assert [problem.rule for problem in refused.value.problems] == ["yaml-syntax"]


def test_a_missing_file(tmp_path):
    with pytest.raises(codegen.MapError, match="No such file or directory"):
        format_map(tmp_path / "none.yaml")


def test_what_an_alias_needs_stays_where_it_is_and_the_rest_is_put_right(tmp_path):
    text = "schema: 1\nregisters: {r: &r {offset: 0}}\nmemories: {}\ntypes: {t: {registers: {q: *r}}}\nname: x\n"
    assert formatted(tmp_path, text) == text.replace("offset: 0", "offset: 0x0")
    numbered = "name: x\nschema: 1\nregisters:\n  r: {offset: &a 16, reset: *a}\n"
    assert formatted(tmp_path, numbered) == "schema: 1\nname: x\nregisters:\n  r: {offset: &a 16, reset: *a}\n"


UNTIDY_BODY = "name: x\nschema: 1\nregisters:\n   r: {reset: 0xab, offset: 4}\n"
TIDY_BODY = "schema: 1\nname: x\nregisters:\n  r: {offset: 0x4, reset: 0xAB}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# c\n---\n", ""),
        ("# c\n\n--- # d\n", ""),
        ("%YAML 1.2\n---\n", ""),
        ("", "...\n# after\n"),
        ("---\n", "... # c\n# d"),
        ("\ufeff", ""),
        ("\ufeff# c\n---\n", "...\n"),
    ],
)
def test_what_stands_around_the_document_stays(tmp_path, before, after):
    assert formatted(tmp_path, before + UNTIDY_BODY + after) == before + TIDY_BODY + after


def test_line_ends_are_those_of_the_file(tmp_path):
    assert formatted(tmp_path, UNTIDY_BODY.replace("\n", "\r\n")) == TIDY_BODY.replace("\n", "\r\n")
    half = UNTIDY_BODY.replace("schema: 1\n", "schema: 1\r\n")
    assert formatted(tmp_path, half) == TIDY_BODY
    assert formatted(tmp_path, TIDY_BODY.replace("schema: 1\n", "schema: 1\r\n")) == TIDY_BODY
    assert formatted(tmp_path, UNTIDY_BODY.rstrip("\n")) == TIDY_BODY


def test_tabs_between_words_become_spaces_and_others_stay(tmp_path):
    text = 'name:\tx\t# c\tc\nschema: 1\ndescription: "a\\tb"\nregisters:\n  r: {offset:\t16}\n'
    assert formatted(tmp_path, text) == (
        'schema: 1\nname: x # c\tc\ndescription: "a\\tb"\nregisters:\n  r: {offset: 0x10}\n'
    )


def test_a_collection_with_comments_inside_stays_as_it_is(tmp_path):
    text = (
        "name: x\nschema: 1\nregisters:\n    q: {offset: 8}\n    r: {reset: 0xab, # why\n        # where\n        offset: 4}\n"
        "    s: {offset: 16}\n"
    )
    assert formatted(tmp_path, text) == (
        "schema: 1\nname: x\nregisters:\n  q: {offset: 0x8}\n  r: {reset: 0xab, # why\n      # where\n      offset: 4}\n"
        "  s: {offset: 0x10}\n"
    )


def test_what_can_not_be_written_anew_stays(tmp_path):
    for text in (
        "--- {name: x, schema: 1}\n",
        "name: x\rschema: 1\r",
        "kept0x: 1\nkept_0x: {a: 1, # b\n  c: 2}\n",
    ):
        assert formatted(tmp_path, text) == text


@st.composite
def decorated(draw):
    """A map's text in some style of YAML, with comments, marks, tabs and line ends that people write."""
    plain = json.loads(draw(maps(deepest=1)))
    keys = draw(st.permutations(list(plain)))
    indent = draw(st.sampled_from([2, 3, 4]))
    flow = draw(st.sampled_from([False, None]))
    text = yaml.safe_dump(
        {key: plain[key] for key in keys}, indent=indent, default_flow_style=flow, sort_keys=False, width=60
    )
    lines = []
    for comments, given_line in enumerate(text.splitlines()):
        line = given_line
        kind = draw(st.sampled_from(["", "", "", "", "", "above", "behind", "blank", "tab"]))
        if kind == "above":
            lines.append(f"{' ' * draw(st.integers(0, 6))}#c{comments}")
        elif kind == "blank":
            lines.append("")
        elif kind == "tab":
            line = line.replace(": ", ":\t", 1)
        lines.append(f"{line} #c{comments}" if kind == "behind" else line)
    head = draw(st.sampled_from(["", "", "---\n", "#h\n---\n", "#h\n\n--- #i\n"]))
    tail = draw(st.sampled_from(["\n", "\n", "", "\n...\n", "\n...\n#t\n", "\n#t", "\n\n\n"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return (draw(st.sampled_from(["", "\ufeff"])) + head + "\n".join(lines) + tail).replace("\n", end)


def tags(text):
    return sorted(re.findall(r"#\w+", text))


@settings(max_examples=depth(10, 3), deadline=None, suppress_health_check=list(HealthCheck))
@given(decorated())
def test_it_harms_nothing_and_a_second_time_changes_nothing(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fmt") / "map.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        before = codegen.load(path)
    except codegen.MapError:
        before = None  # a comment or a tab where YAML has none
    try:
        found, result = format_map(path)
    except codegen.MapError:
        return
    assert found == text
    assert tags(result) == tags(text)
    assert result.startswith("\ufeff") == text.startswith("\ufeff")
    assert ("\r\n" in result) == ("\r\n" in text)
    assert result.count("\r\n") in {0, result.count("\n")}
    path.write_text(result, encoding="utf-8", newline="")
    assert format_map(path) == (result, result)
    if before is not None:
        after = codegen.load(path)
        assert after.digest == before.digest
        assert codegen.render_python(after) == codegen.render_python(before)


WORDS = st.text("abcxyz #:'\"-?!,.%&*", max_size=12)


@settings(max_examples=25, deadline=None)
@given(comment=WORDS, text=WORDS, keys=st.permutations(["offset: 4", "reset: 0x1f", "access: rw", "TEXT"]))
def test_comments_and_texts_survive_any_order(tmp_path_factory, comment, text, keys):
    shown = yaml.safe_dump({"description": text}, default_style='"').strip().replace('"description"', "description")
    lines = [f"    # c{number} {comment}\n    {shown if key == 'TEXT' else key}" for number, key in enumerate(keys)]
    source = "schema: 1\nname: x\nregisters:\n  r:\n" + "\n".join(lines) + "\n"
    result = formatted(tmp_path_factory.mktemp("fmt"), source)
    found = [line.strip() for line in result.splitlines()]
    for number, key in enumerate(keys):
        above = found[found.index(f"# c{number} {comment}".strip()) + 1]
        assert above.split(":")[0] == ("description" if key == "TEXT" else key.split(":")[0])
    device = codegen.loads(result)
    assert device.root.children[0].type.description == text


UNTIDY_PROTOCOLS = """\
interrupts: {done: {clear: status.irq, enable: enable.irq, status: status.irq, line: 3}}
registers:
    conf: {fields: {rate: {range: [1, 9], unit: MHz, bits: 3:0}}, unlock: [{key: 0x12}, {key: 52}], lock: {value: 1, by: regwen.en}, offset: 8}
    regwen: {fields: {en: {reset: 1, access: w0c, bits: 0}}, offset: 0}
    key: {access: wo, offset: 4}
    pair: {write_twice: true, offset: 12}
    # Which bits a write is for.
    gates: {fields: {uart: {bits: 0}}, write_mask: high, offset: 16}
    out: {fields: {a: {bits: 3:0}}, via: alias, offset: 20}
    out_set: {access: w1s, alias: out, offset: 24}
    out_clr: {access: {write: one_clears, read: none}, alias: out, offset: 28}
    view: {fields: {x: {bits: 7:4}, y: {when: sel is 1, alternate: x, bits: 7:6}, sel: {bits: 0}}, offset: 32}
    other: {when: {regwen.en: 1}, alternate: view, offset: 32}
    low: {access_width: 32, width: 8, external: true, offset: 48}
    pins: {fields: {pin: {index: [a, b], stride: 2, bits: 0}}, offset: 52}
    known: {fields: {n: {counter: {clear: read, saturate: true, up: 2}, bits: 15:8}, trim: {hw: read, reset: unknown, bits: 7:0}}, offset: 56}
    status: {fields: {irq: {sticky: bit, intr: level, access: w1c, bits: 0}}, offset: 60}
    enable: {fields: {irq: {bits: 0}}, offset: 64}
schema: 1
name: dut
x-owner: dsp
constants: {N: {description: Lanes., value: 4}}
types: {desc: {registers: {source: {width: 64, offset: 0}}, size: 16}}
memories: {ring: {count: 8, entry: desc, offset: 4096}}
blocks: {m: {alternate: l, registers: {r: {offset: 0}}, offset: 256}, l: {external: true, registers: {r: {offset: 0}}, offset: 256}}
"""
TIDY_LINES = """\
schema: 1
interrupts: {done: {line: 3, status: status.irq, enable: enable.irq, clear: status.irq}}
constants: {N: {value: 4, description: Lanes.}}
x-owner: dsp
  conf: {offset: 0x8, lock: {by: regwen.en, value: 1}, unlock: [{key: 0x12}, {key: 52}], fields: {rate: {bits: 3:0, unit: MHz, range: [1, 9]}}}
  regwen: {offset: 0x0, fields: {en: {bits: 0, access: w0c, reset: 1}}}
  pair: {offset: 0xC, write_twice: true}
  gates: {offset: 0x10, write_mask: high, fields: {uart: {bits: 0}}}
  out: {offset: 0x14, via: alias, fields: {a: {bits: 3:0}}}
  out_set: {offset: 0x18, access: w1s, alias: out}
  out_clr: {offset: 0x1C, access: {read: none, write: one_clears}, alias: out}
  view: {offset: 0x20, fields: {x: {bits: 7:4}, y: {bits: 7:6, alternate: x, when: sel is 1}, sel: {bits: 0}}}
  other: {offset: 0x20, alternate: view, when: {regwen.en: 1}}
  low: {offset: 0x30, width: 8, access_width: 32, external: true}
  pins: {offset: 0x34, fields: {pin: {bits: 0, stride: 2, index: [a, b]}}}
  known: {offset: 0x38, fields: {n: {bits: 15:8, counter: {up: 2, saturate: true, clear: read}}, trim: {bits: 7:0, reset: unknown, hw: read}}}
  status: {offset: 0x3C, fields: {irq: {bits: 0, access: w1c, sticky: bit, intr: level}}}
"""


def test_what_hardware_is_keeps_its_words_in_one_order(tmp_path):
    tidy = formatted(tmp_path, UNTIDY_PROTOCOLS)
    assert formatted(tmp_path, tidy) == tidy
    assert codegen.loads(tidy).digest == codegen.loads(UNTIDY_PROTOCOLS).digest
    assert re.findall(r"# .*", tidy) == re.findall(r"# .*", UNTIDY_PROTOCOLS)
    assert set(TIDY_LINES.splitlines()) <= set(tidy.splitlines())


def test_every_key_of_the_loader_has_its_place():
    """A key that a new version brings is put in order too."""
    register = DEVICE.inside["registers"].items
    for model, shape in {
        entries.DeviceMap: DEVICE,
        entries.RegisterEntry: register,
        entries.RegisterTypeEntry: register,
        entries.FieldEntry: register.inside["fields"].items,
        entries.MemoryEntry: DEVICE.inside["memories"].items,
        entries.BlockEntry: DEVICE.inside["blocks"].items,
        entries.TypeEntry: DEVICE.inside["types"].items,
    }.items():
        keys = {field.alias or key for key, field in model.model_fields.items() if field.alias != entries.PROPERTIES}
        assert keys <= set(shape.keys), model
