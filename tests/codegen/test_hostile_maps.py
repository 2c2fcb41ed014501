"""Maps of strangers: what they ask for beyond their folder, what they cost, and what they become."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.schema import entries
from tests.fuzz.grammar import KEYS, texts_of_maps
from tests.fuzz.hostile import FILES, HEAD, TEXTS, bombs, doubled, shared, windowed
from tests.fuzz.oracles import CHECKS, check_file
from tests.fuzz.target import check_map
from tests.support import ROOT
from tests.support.dut import load_class
from tests.support.processes import LIMIT

MAX_SECONDS = 1.0
MAX_MEBIBYTES = 500


def test_the_grammar_has_every_key_of_the_schema():
    models = [item for item in vars(entries).values() if isinstance(item, type) and issubclass(item, entries.Entry)]
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert keys == set(KEYS)
    assert len(models) > 10


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(texts_of_maps(), st.sampled_from(FILES))
def test_what_is_accepted_is_right_in_every_language_and_the_rest_is_refused(text, name):
    check_map(text, name)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_hostile_text_in_every_place(text):
    quoted = "".join(f"\\U{ord(character):08x}" for character in text)
    source = f"""
schema: 1
name: dut
description: "{quoted}"
enums: {{Mode: {{off: 0, fast: {{value: 1, description: "{quoted}"}}}}}}
types: {{t: {{description: "{quoted}", registers: {{r: {{offset: 0, description: "{quoted}"}}}}}}}}
registers: {{ctrl: {{offset: 0, description: "{quoted}", fields: {{f: {{bits: 1:0, enum: Mode, description: "{quoted}"}}}}}}}}
memories: {{ram: {{offset: 0x1000, size: 64, description: "{quoted}"}}}}
blocks: {{b: {{type: t, offset: 0x100, count: 2, stride: 8, description: "{quoted}"}}}}
"""
    if "\u2028" in text:  # a line separator, which no description may hold
        with pytest.raises(codegen.MapError) as refused:
            codegen.loads(source, FILES[1])
        assert {problem.rule for problem in refused.value.problems} == {"control-character"}
        return
    device = codegen.loads(source, FILES[1])
    for language in LANGUAGES.values():
        for file, content in render(device, language).items():
            check_file(file, content)


def test_every_language_has_a_check():
    device = codegen.loads("schema: 1\nname: x\nregisters: {r: {offset: 0}}")
    suffixes = {Path(file).suffix for language in LANGUAGES.values() for file in render(device, language)}
    assert suffixes <= set(CHECKS)


def test_a_bomb_is_refused_in_a_second_and_in_little_memory(tmp_path):
    texts = bombs()
    for number, text in enumerate(texts.values()):
        (tmp_path / f"{number}.yaml").write_text(text)
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.bombs_program",
        *(str(tmp_path / f"{n}.yaml") for n in range(len(texts))),
    ]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=2 * LIMIT, check=True)
    lines = result.stdout.splitlines()
    assert len(lines) == len(texts) > 30
    for what, line in zip(texts, lines, strict=True):
        outcome, _, seconds, mebibytes = line.split()
        assert outcome == "refused", what
        assert float(seconds) < MAX_SECONDS, what
        assert int(mebibytes) < MAX_MEBIBYTES, what


# An eighth of what is accepted, with an eighth of the limits; `make fuzz` takes the whole, for six times the seconds.
LARGEST = os.environ.get("HAL_TEST_LARGEST") == "1"
MAX_CHARACTERS = 20_000_000 if LARGEST else 2_500_000
SIDE = 130 if LARGEST else 46
SMALL = {
    "doubled": doubled(12 if LARGEST else 9),
    "doubled description": doubled(8 if LARGEST else 5, 4000),
    "types of many sizes": windowed(SIDE, SIDE),
    "types of one content": shared(80, 60) if LARGEST else shared(40, 30),
    "wide registers": f"{HEAD}registers:\n"
    + "\n".join(f"  r{n}: {{offset: {512 * n}, width: 4096, access_width: 32}}" for n in range(100 if LARGEST else 12)),
    "large arrays": f"{HEAD}registers: {{r: {{offset: 0, count: 16000000, stride: 4}}}}\nblocks:\n"
    "  b: {space: {pf: app, bar: 4}, offset: 0, count: 1000, stride: 64MiB,"
    " blocks: {c: {offset: 0, count: 1000000, stride: 64, memories: {m: {offset: 0, size: 64}}}}}\n",
}


@pytest.mark.parametrize("text", SMALL.values(), ids=SMALL)
def test_what_a_small_map_becomes_is_small(text, tmp_path):
    """No language takes much memory or makes a large file of them."""
    assert len(text) < 20_000
    (tmp_path / "x.yaml").write_text(text)
    command = [sys.executable, "-m", "tests.fuzz.sizes_program", str(tmp_path / "x.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=2 * LIMIT, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, *_ in rows] == list(LANGUAGES)
    for name, characters, mebibytes in rows:
        assert int(characters) < MAX_CHARACTERS, name
        assert int(mebibytes) < 240, name


def test_the_emulated_card_takes_no_endless_design(slot):
    driver = load_class(SMALL["large arrays"].replace("name: x", "name: dut"))
    with pytest.raises(hal.HalError, match="arrays of more than 65536 memories or windows are too large for the"):
        slot.emulator.install(driver)
    lines = "\n".join(
        f"  b{n}: {{offset: {n * 0x40000}, count: 60000, stride: 4, memories: {{m: {{offset: 0, size: 4}}}}}}"
        for n in range(3)
    )
    driver = load_class(f"schema: 1\nname: dut\nblocks:\n{lines}\n")
    with pytest.raises(hal.HalError, match="too large for the emulated card"):
        slot.emulator.install(driver)


def test_a_map_that_uses_types_often_is_no_bomb():
    """200 registers in 100 places: what generated maps of real designs have."""
    content = ", ".join(f"status_register_{n}: {{offset: {4 * n}, description: What it counts.}}" for n in range(200))
    blocks = "\n".join(f"  queue_{n}: {{type: t, offset: {1024 * n}}}" for n in range(100))
    device = codegen.loads(f"{HEAD}types: {{t: {{registers: {{{content}}}}}}}\nblocks:\n{blocks}\n")
    assert sum(1 for _ in device.walk()) == 20_000


# -- includes ---------------------------------------------------------------------------------------------------------


def include(folder: Path, name: str) -> list[str]:
    """The rules that a map breaks which includes this."""
    path = folder / "map.yaml"
    path.write_text(f"schema: 1\nname: x\ninclude: {name!r}\nregisters: {{r: {{offset: 0}}}}\n")
    with pytest.raises(codegen.MapError) as raised:
        codegen.load(path)
    assert "somebody else" not in str(raised.value)
    return [problem.rule for problem in raised.value.problems]


@pytest.fixture
def folder(tmp_path):
    """The map's folder, beside a file that is not its business."""
    (tmp_path / "secret.yaml").write_text("secret: [of somebody else")
    (tmp_path / "maps").mkdir()
    return tmp_path / "maps"


@pytest.mark.parametrize(
    "name",
    ["../secret.yaml", "/etc/passwd", "sub/../../secret.yaml", "//etc/passwd", "./../maps/../secret.yaml", "..", "~/x"],
)
def test_an_include_stays_in_the_folder(folder, name):
    assert include(folder, name) == (["include-missing"] if name == "~/x" else ["include-outside"])


def test_a_link_that_leads_out_is_outside(folder):
    (folder / "link.yaml").symlink_to("../secret.yaml")
    (folder / "up").symlink_to("..")
    (folder / "dev").symlink_to("/dev/zero")
    assert include(folder, "link.yaml") == ["include-outside"]
    assert include(folder, "up/secret.yaml") == ["include-outside"]
    assert include(folder, "dev") == ["include-outside"]


def test_what_is_no_file_is_not_opened(folder):
    """A pipe would be waited for without end."""
    os.mkfifo(folder / "pipe.yaml")
    assert include(folder, "pipe.yaml") == ["include-missing"]
    assert include(folder, ".") == ["include-missing"]


def test_links_in_a_circle_end(folder):
    (folder / "a.yaml").symlink_to("b.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")
    assert include(folder, "a.yaml") == ["include-missing"]
    with pytest.raises(codegen.MapError, match=r"a\.yaml:1:1: can't read the map: Too many levels of symbolic links"):
        codegen.load(folder / "a.yaml")
