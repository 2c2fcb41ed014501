"""`hal mem`."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hal as package
from hal.texts.memory_files import load_memory, save_memory
from hal.texts.typed import Words, find_words
from tests.support.cards import fresh_slot
from tests.support.command_line import WIDGET


def test_to_a_file_and_back(hal, tmp_path):
    content = random.Random(1).randbytes(4096)
    (tmp_path / "in.bin").write_bytes(content)
    assert hal("mem", "load", 0, WIDGET, "ram", "in.bin").lines == ["ram: 4096 bytes written"]
    assert hal("mem", "save", 0, WIDGET, "ram", "out.bin").lines == ["out.bin: 4096 bytes of ram"]
    assert (tmp_path / "out.bin").read_bytes() == content
    saved = hal("mem", "save", 0, WIDGET, "ram[2:4]", "out.hex", "--json").json
    assert saved == {"path": "ram", "start": 2, "count": 2, "bytes": 8, "file": "out.hex"}
    words = [int.from_bytes(content[place : place + 4], "little") for place in (8, 12)]
    assert (tmp_path / "out.hex").read_text().splitlines()[1:] == ["@2", *(f"{word:08x}" for word in words)]
    shown = hal("mem", "show", 0, WIDGET, "ram[2:4]")
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in content[8:16])
    assert shown.lines == [f"08  {words[0]:08x} {words[1]:08x}  |{text}|"]
    assert hal("mem", "show", 0, WIDGET, "ram.3").lines == hal("mem", "show", 0, WIDGET, "ram[3]").lines
    assert hal("mem", "show", 0, WIDGET, "ram[3:4]", "--json").json == {
        "path": "ram", "start": 3, "width": 32, "words": words[1:]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.bin", b"", "has 0 bytes"),
        ("a.bin", bytes(20), "has 20 bytes, and widget.ram (app BAR 0, 0x1000) has room for 16 there"),
        ("a.bin", bytes(6), "no multiple of a word's 4"),
        ("a.hex", b"00\n0x12\n", "a.hex:2: '0x12' is no hexadecimal number"),
        ("a.hex", b"100000000\n", "a.hex:1: 100000000 has more than 32 bits"),
        ("a.hex", b"@3 1 2\n", "a.hex:1: word 4 is not among 0 to 3"),
        ("a.hex", b"@ffffffffffffffffffff 1", "a.hex:1: word 1208925819614629174706175 is not among"),
        ("a.hex", b"\n/* 1\n*/ zz", "a.hex:3: 'zz' is no hexadecimal number"),
        ("a.hex", b"_", "is no hexadecimal number"),
        ("a.hex", b"\xff\xfe", "is no hexadecimal number"),
    ],
)
def test_what_does_not_fit_writes_nothing(here, tmp_path, name, content, text):
    file = tmp_path / name
    file.write_bytes(content)
    done = here("mem", "load", 0, WIDGET, "ram[0:4]", file)
    assert done.code in {1, 2}
    assert text in done.err
    assert done.err.rstrip().endswith("nothing was written")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("load", 0, WIDGET, "rom", "FILE"), "widget.rom (app BAR 0, 0x2000) is read-only; nothing was written"),
        (("save", 0, WIDGET, "sink", "FILE"), "widget.sink (app BAR 0, 0x3000) is write-only"),
        (("show", 0, WIDGET, "sink"), "is write-only"),
        (("show", 0, WIDGET, "ctrl"), "is no memory: name one, or words of one, as in table[0:16]"),
        (("show", 0, WIDGET, "ram[0:2000]"), "has words 0 to 1023, not [0:2000]"),
        (("load", 0, WIDGET, "ram", "/dev/null"), "it is a device and no plain file"),
    ],
)
def test_what_is_refused(here, tmp_path, arguments, text):
    file = tmp_path / "some.bin"
    file.write_bytes(bytes(16))
    done = here("mem", *(file if word == "FILE" else word for word in arguments))
    assert done.code in {1, 2}
    assert text in done.err


@pytest.fixture(scope="module")
def widths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("widths")
    rows = "\n".join(
        f"  m{width}: {{offset: {width * 0x100:#x}, size: {width * 2}, width: {width}}}" for width in (8, 16, 64, 128)
    )
    (folder / "m.yaml").write_text(f"schema: 1\nname: m\nmemories:\n{rows}\n")
    with fresh_slot(), package.load_map(folder / "m.yaml").open(0, "emulator") as device:
        yield device, folder


@given(width=st.sampled_from([8, 16, 64, 128]), data=st.data())
def test_every_width_in_both_forms(widths, width, data):
    """Words go by number: word n of the file is word n of the memory."""
    device, folder = widths
    start = data.draw(st.integers(0, 15))
    values = data.draw(st.lists(st.integers(0, (1 << width) - 1), min_size=1, max_size=16 - start))
    memory, _ = find_words(device, f"m{width}")
    for form in ("bin", "hex"):
        memory.fill(0)
        memory.write(start, values)
        file = folder / f"file.{form}"
        assert save_memory(memory, Words(start, len(values)), file, form) == len(values) * width // 8
        memory.fill(0)
        assert load_memory(memory, Words(start, len(values)), file, form, dry_run=True) == len(values) * width // 8
        assert list(memory.read()) == [0] * 16
        load_memory(memory, Words(start, len(values)), file, form)
        assert list(memory.read()) == [0] * start + values + [0] * (16 - start - len(values))
