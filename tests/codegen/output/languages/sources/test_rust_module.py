"""Rust modules: rustc takes them without a warning, and a program on a piece of memory does what the map says."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given

import codegen
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file
from tests.codegen.output.languages.test_hostile import DESCRIPTIONS, HARD, device_with
from tests.support.processes import LIMIT
from tests.support.tools import needs

MAIN = """\
mod everything;
use everything::*;

fn main() {
    let mut memory = vec![0u8; 0x4000];
    let dev = unsafe { Everything::new(memory.as_mut_ptr()) };
    let ctrl = dev.ctrl();
    ctrl.write(Ctrl::RESET.with_enable(true).with_mode(Command::Start));
    println!("{:#x} {} {:?} {:?}", ctrl.read().0, ctrl.read().enable(), ctrl.read().mode(), ctrl.read().rate());
    dev.lane(3).write(Lane(7));
    dev.ch(Everything::CH_RIGHT).level().modify(|level| level.with_value(-5));
    println!("{} {}", dev.lane(3).address() as usize - dev.id().address() as usize, dev.ch(1).level().read().value());
    unsafe { dev.long().address().cast::<u64>().write(0x1_0000_0002) };
    println!("{:#x}", dev.long().read().value());
    dev.pins().modify(|pins| pins.with_pin(2, true).with_mux(1, 3));
    println!("{:#x} {} {}", dev.pins().read().0, dev.pins().read().pin(2), dev.pins().read().mux(1));
    println!("{:#x} {}", dev.table() as usize - dev.id().address() as usize, Everything::TABLE_WORDS);
    println!("{:#x} {}", Wide::RESET.value(), LANES);
    dev.regwen().write(Regwen(0));
    dev.regwen().modify(|regwen| regwen);
    println!("{}", dev.regwen().read().0);
}
"""


def run(command):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=LIMIT)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@needs("rustc")
def test_rustc_takes_them(tmp_path):
    devices = [*map(codegen.load, VALID), codegen.loads(INTRICATE), codegen.loads(EVERYTHING)]
    for device in devices:
        (tmp_path / f"m_{device.name}.rs").write_text(one_file(device, "rust"))
    names = {device.name for device in devices}
    (tmp_path / "lib.rs").write_text("".join(f"pub mod m_{name};\n" for name in sorted(names)))
    options = ["--edition=2021", "--crate-type=lib", "--emit=metadata", "-Dwarnings", f"--out-dir={tmp_path}"]
    run(["rustc", *options, tmp_path / "lib.rs"])


@needs("rustc")
def test_a_program_does_what_the_map_says(tmp_path):
    (tmp_path / "everything.rs").write_text(one_file(codegen.loads(EVERYTHING), "rust"))
    (tmp_path / "main.rs").write_text(MAIN)
    run(["rustc", "--edition=2021", "-Dwarnings", "-o", tmp_path / "main", tmp_path / "main.rs"])
    assert run([tmp_path / "main"]).splitlines() == [
        "0x8000071b true Some(Slow) Some(B9600)",
        "68 -5",
        "0x100000002",
        "0x3004 true 3",
        "0x1000 1024",
        "0x10000000200000003 4",
        "1",  # a 0 would clear it
    ]


@needs("rustc")
def test_what_is_not_allowed_does_not_compile(tmp_path):
    (tmp_path / "everything.rs").write_text(one_file(codegen.loads(EVERYTHING), "rust"))
    head = "mod everything;\nuse everything::*;\nfn main() { let dev = unsafe { Everything::new(core::ptr::null_mut()) };\n"
    for wrong, said in (
        ("dev.id().write(Id(1));", "Writable"),
        ("dev.pass().read();", "Readable"),
        ("dev.packets().modify(|one| one);", "Modifiable"),
        ("let _ = Id::RESET.with_value(1);", "with_value"),
    ):
        (tmp_path / "main.rs").write_text(f"{head}{wrong}\n}}\n")
        command = ["rustc", "--edition=2021", "--emit=metadata", f"--out-dir={tmp_path}", str(tmp_path / "main.rs")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
        assert done.returncode != 0
        assert said in done.stderr


def bare(text):
    """The lines without comments; strings there are none."""
    assert '"' not in "".join(line.partition("//")[0] for line in text.splitlines())
    return [words for words in (line.partition("//")[0].split() for line in text.splitlines()) if words]


@pytest.mark.parametrize("item", [*VALID, INTRICATE, EVERYTHING], ids=lambda item: getattr(item, "stem", "text"))
def test_brackets_are_closed(item):
    device = codegen.loads(item) if isinstance(item, str) else codegen.load(item)
    open_ones = []
    for mark in "".join(" ".join(words) for words in bare(one_file(device, "rust"))):
        if mark in "({[":
            open_ones.append({"(": ")", "{": "}", "[": "]"}[mark])
        elif mark in ")}]":
            assert open_ones.pop() == mark
    assert open_ones == []


def test_what_rust_has_no_word_for_is_told():
    text = one_file(codegen.loads(EVERYTHING), "rust").replace("\\", "")
    for words in (
        "Not in Rust: card kcu1500",
        "Not in Rust: unit mV; value = step * 0.5 + 20; range 20 to 85.",
        "Not in Rust: format bcd.",
        "Not in Rust: Each write follows writes of 0x45670123 to pass.",
        "Not in Rust: it acts on raw.all.",
        "// nothing: it can't be accessed.",
        "/// It is in app BAR 2, which begins at `start`.",
    ):
        assert words in text, words


def test_words_of_rust():
    text = "schema: 1\nname: dut\nregisters: {type: {offset: 0, fields: {fn: {bits: 0}, self: {bits: 1}}}}\n"
    made = one_file(codegen.loads(text), "rust")
    assert "pub fn type_(self) -> Reg<Type>" in made
    assert "pub const fn self_(self) -> bool" in made
    clash = text.replace("self: {bits: 1}", "with_fn: {bits: 1}")
    with pytest.raises(
        ValueError, match=r"^dut: Type: field fn and field with_fn would both be with_fn in Rust; rename"
    ):
        one_file(codegen.loads(clash), "rust")


@HARD
@given(DESCRIPTIONS)
def test_texts_stay_comments(text):
    assert bare(one_file(device_with(text), "rust")) == bare(one_file(device_with("x"), "rust"))
