"""What identifies a map: its meaning."""

from __future__ import annotations

import re

import pytest

import codegen
import hal
from codegen.schema.formatter import format_map
from tests.support import MAPS, ROOT

TEXT = """\
schema: 1
name: dut
description: Does things.
enums:
  Mode: {off: 0, fast: {value: 1, description: Needs cooling.}}
types:
  channel: {registers: {level: {offset: 0x0, description: A level.}}}
registers:
  ctrl: {offset: 0x0, fields: {mode: {bits: 1:0, enum: Mode}, go: {bits: 2, pulse: true, description: Goes.}}}
memories:
  ram: {offset: 0x1000, size: 4KiB}
blocks:
  ch: {type: channel, offset: 0x100, count: 4, stride: 0x10}
"""
# Edits as sed has them, of which the last ones move text around.
SAME = [
    ("schema: 1", "# A comment.\nschema: 1"),
    ("registers:", "\n\nregisters:"),
    ("\n", "\r\n"),
    ("Does things.", "Does other things."),
    ("A level.", "The level."),
    ("Goes.", "Runs."),
    (", description: Needs cooling.", ""),
    ("4KiB", "0x1000"),
    ("name: dut\n", "name: dut\nspace: {pf: app, bar: 0}\n"),
    ("{off: 0, fast: {value: 1, description: Needs cooling.}}", "{fast: 1, off: 0}"),
    ("types:", "types:\n  unused: {registers: {r: {offset: 0}}}"),
    ("channel", "chan"),
    ("type: channel,", "registers: {level: {offset: 0}},"),
    ("offset: 0x100, count: 4", "count: 4, offset: 256"),
]
OTHER = [
    ("name: dut", "name: other"),
    ("fast: {value: 1", "fast: {value: 2"),
    ("fast:", "quick:"),
    ("level:", "height:"),
    ("bits: 2", "bits: 3"),
    ("pulse: true", "pulse: false"),
    ("offset: 0x100", "offset: 0x200"),
    ("count: 4", "count: 5"),
    ("stride: 0x10", "stride: 0x20"),
    ("size: 4KiB", "size: 8KiB"),
    ("size: 4KiB", "size: 4KiB, access: ro"),
    ("level: {offset: 0x0", "level: {offset: 0x0, reset: 1"),
    ("level: {offset: 0x0", "level: {offset: 0x0, access: ro"),
    ("level: {offset: 0x0", "level: {offset: 0x0, width: 64"),
    ("name: dut\n", "name: dut\nspace: {pf: app, bar: 4}\n"),
    ("name: dut\n", "name: dut\nclkgen: true\n"),
    ("name: dut\n", "name: dut\nidentity: {register: ctrl, value: 0}\n"),
    ("name: dut\n", "name: dut\nafi: {ids: [agfi-0123456789abcdef0]}\n"),
]


def digest(text):
    return codegen.loads(text).digest


def edited(old, new):
    assert old in TEXT
    return TEXT.replace(old, new)


@pytest.mark.parametrize(("old", "new"), SAME)
def test_what_means_the_same_has_one_digest(old, new):
    assert digest(edited(old, new)) == digest(TEXT)


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_what_means_something_else_has_another(old, new):
    assert digest(edited(old, new)) != digest(TEXT)


def test_it_stays_the_same_between_versions():
    """Saved dumps and the ids of emulated images hang on it."""
    assert (
        codegen.load(MAPS / "blinker.yaml").digest == "fe926f2fb4404f93acae541430bc4c53cca37b0f9d0f3a0db58ad93d9846eaf8"
    )


def test_files_do_not_matter(tmp_path):
    enums = re.search(r"enums:\n.*\n", TEXT)[0]
    (tmp_path / "enums.yaml").write_text(f"schema: 1\n{enums}")
    path = tmp_path / "renamed.yaml"
    path.write_text(TEXT.replace(enums, "include: enums.yaml\n"))
    assert codegen.load(path).digest == digest(TEXT)


def test_of_included_enums_a_device_has_those_of_its_fields(tmp_path):
    """A file for many maps to include changes none that does not use what it gains; a map's own enums are for programs."""
    own = (
        "schema: 1\nname: top\n{include}enums: {{Own: {{a: 0}}, {enums}}}\n"
        "types: {{t: {{registers: {{r: {{offset: 0, fields: {{f: {{bits: 1:0, enum: {{read: Seen, write: Said}}}}}}}}}}}}}}\n"
        "blocks: {{b: {{type: t, offset: 0, count: 2}}}}\n"
    )
    used, unused = "Seen: {a: 0}, Said: {b: 1}", "Other: {c: 2}, Top: {d: 3}"
    path = tmp_path / "top.yaml"
    path.write_text(own.format(include="", enums=used))
    alone = codegen.load(path)
    (tmp_path / "parts.yaml").write_text(
        f"schema: 1\nenums: {{{used}, {unused}}}\n"
        "types: {other: {registers: {r: {offset: 0, fields: {f: {bits: 1:0, enum: Other}}}}}}\n"
    )
    path.write_text(own.format(include="include: parts.yaml\n", enums=""))
    device = codegen.load(path)
    assert [enum.name for enum in device.enums] == ["Own", "Seen", "Said"]
    assert device.digest == alone.digest
    (file,) = codegen.generate([path], tmp_path)
    assert '__all__ = ["Own", "R", "Said", "Seen", "T", "Top"]' in file.read_text()


@pytest.mark.parametrize("name", ["cl_mem_perf", "cl_sde", "aws_clk_gen"])
def test_hal_fmt_does_not_change_it(name, tmp_path):
    for path in (ROOT / "regmaps").glob("aws_clk_gen_types.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    source = (ROOT / "regmaps" / f"{name}.yaml").read_text()
    path = tmp_path / f"{name}.yaml"
    path.write_text(source.replace("offset: 0x0,", "offset: 0,"))
    before = codegen.load(path).digest
    path.write_text(format_map(path)[1])
    assert codegen.load(path).digest == before == codegen.load(ROOT / "regmaps" / f"{name}.yaml").digest


def test_the_emulated_image_keeps_its_id(tmp_path):
    ids = []
    for text in (TEXT, edited("Does things.", "Does more."), edited("stride: 0x10", "stride: 0x20")):
        path = tmp_path / "dut.yaml"
        path.write_text(text)
        ids.append(hal.load_map(path).afi_id())
    assert ids[0] == ids[1] != ids[2]
