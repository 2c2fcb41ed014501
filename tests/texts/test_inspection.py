"""What `?` shows in a real IPython, with the extension and without, and that it reads nothing."""

from __future__ import annotations

import json

import pytest

import codegen
import hal
from hal.texts.inspection import UNKNOWN, explained
from tests.support.processes import importing, run_python

MAP = """
schema: 1
name: probe
enums:
  Mode: {off: 0, slow: 1, fast: 5}
registers:
  ctrl:
    offset: 0x0
    description: Main control.
    fields:
      enable: {bits: 0, description: Turns it on.}
      mode: {bits: 3:1, enum: Mode, reset: fast}
      lane: {bits: 8, count: 4, stride: 2, description: One of four.}
  fifo: {offset: 0x8, access: rc, volatile: true, description: Reading takes the oldest word.}
  command: {offset: 0xC, access: wo}
memories:
  ram: {offset: 0x1000, size: 64, description: Samples.}
blocks:
  ch:
    offset: 0x100
    count: 4
    stride: 0x10
    description: A channel.
    registers: {level: {offset: 0, fields: {value: {bits: 15:0, description: In volts.}}}}
"""

# Prints what IPython's inspector shows of each thing that is asked, and the accesses that were made meanwhile.
SESSION = """
import json, re, sys
from IPython.core.interactiveshell import InteractiveShell
from probe import Probe

shell = InteractiveShell.instance(history_length=0)
dev = Probe.open(0)
shell.user_ns.update(dev=dev, devs=[dev], reg=dev.ctrl)
load, *asked = sys.argv[1:]
if load:
    shell.run_cell(f"%load_ext {load}")
told = {}
with dev.slot.emulator.trace() as trace:
    for text in asked:
        level = len(text) - len(text.rstrip("?")) - 1
        try:
            found = shell.object_inspect_mime(text.rstrip("?"), level)["text/plain"]
        except KeyError:
            found = "not found"
        told[text] = re.sub(r"\\x1b\\[[0-9;]*m", "", found)
print(json.dumps([told, len(trace), shell.Completer.use_jedi]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("session")
    (made / "probe.yaml").write_text(MAP)
    codegen.generate([made / "probe.yaml"], made)
    return made


@pytest.fixture
def dev(slot, folder):
    with hal.load_map(folder / "probe.yaml").open(0) as device:
        yield device


def shown(folder, load, *asked, environment=None):
    pytest.importorskip("IPython")
    own = {"IPYTHONDIR": str(folder / "ipython"), "HAL_LIBRARY": "emulator", **(environment or {})}
    done = run_python(SESSION, load, *asked, environment=importing(folder) | own, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "not an IPython extension" not in done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def words(text):
    return " ".join(text.split())


@pytest.mark.parametrize("pure", ["", "1"], ids=["C", "pure"])
def test_fields_show_their_documentation_without_an_extension(folder, pure):
    """The accessors are properties to who asks for the class, and IPython does not read those."""
    asked = ("dev.ctrl.enable?", "dev.ch[2].level.value?", "dev.fifo.value?", "dev.command.value?", "reg.mode?")
    told, accesses, _ = shown(folder, "", *asked, environment={"HAL_PURE_CFFI": pure})
    assert accesses == 0
    assert "Docstring: Bit 0, rw, a write is one bus read and one bus write. Turns it on" in words(
        told["dev.ctrl.enable?"]
    )
    assert "Docstring: Bits 15:0, rw, a write is one bus write. In volts." in words(told["dev.ch[2].level.value?"])
    assert "Docstring: Bits 31:0, rc" in words(told["dev.fifo.value?"])
    assert "Docstring: Bits 31:0, wo" in words(told["dev.command.value?"])
    assert "<field mode bits 3:1, rw" in words(told["reg.mode?"])


def test_the_extension_shows_all_places_and_reads_nothing(folder):
    expected = {
        "dev.ctrl.enable?": ["Type: field", "String form: probe.ctrl.enable (app BAR 0, 0x0, bit 0)", "Turns it on"],
        "dev.ctrl.enable??": ["Source: class Ctrl(hal.Register,", 'enable = hal.rw(0, 0, doc="Turns it on'],
        "devs[0].ctrl.mode?": ["It is Mode: OFF (0), SLOW (1), FAST (5).", "After a reset: FAST."],
        "dev.ctrl.lane?": ["Type: fields", "4 elements, 2 bits apart", "One of four."],
        "reg.lane[2]?": ["String form: probe.ctrl.lane[2] (app BAR 0, 0x0, bit 12)", "One of four."],
        "dev.ctrl?": ["Type: Ctrl", "String form: probe.ctrl (app BAR 0, 0x0)", "Main control.", "8 lane[4] rw One of"],
        "dev.ctrl??": ["Source: class Ctrl(hal.Register,"],
        "dev.ctrl.modify?": ["Signature: dev.ctrl.modify(**fields", "leaves the others as they are"],
        "dev.ch[2].level.value?": ["probe.ch[2].level.value (app BAR 0, 0x120, bits 15:0)", "In volts."],
        "dev.ch[2].level?": ["probe.ch[2].level (app BAR 0, 0x120)", "15:0 value rw In volts."],
        "dev.ch[-1]?": ["ch[3]", "A channel."],
        "dev.ch?": ["4 Ch at probe.ch", "A channel."],
        "dev.fifo?": ["Type: Fifo", "Reading takes the oldest word.", "31:0 value rc"],
        "dev.fifo.value?": ["Type: field", "Bits 31:0, rc"],
        "dev.ram?": ["probe.ram (app BAR 0, 0x1000)", "Samples. 16 words of 32 bits, rw."],
        "dev.ram[3]?": ["probe.ram (app BAR 0, 0x1000)", "Samples. 16 words of 32 bits, rw."],
        "dev?": ["Type: Probe", "0x0 ctrl rw Main control."],
        "dev.ctrl.path?": ["Type: property"],
        "dev.slot?": ["The slot that the device is on."],
        "dev.ctrl.enable.real?": ["not found"],
        "dev.ram[3].real?": ["not found"],
        "dev.ch[9].level?": ["not found"],
        "dev.ctrl.lane[9]?": ["not found"],
        "dev.ctrl.enabel?": ["not found"],
        "json.dumps?": ["not found"],
        "str.join?": ["Signature: str.join(self, iterable, /)"],
        "%timeit?": ["Time execution of a Python statement"],
    }
    told, accesses, uses_jedi = shown(folder, "hal", *expected)
    assert accesses == 0
    assert uses_jedi is False
    for asked, parts in expected.items():
        for part in parts:
            assert part in words(told[asked]), asked


def test_the_extension_is_loaded_once_and_taken_away():
    pytest.importorskip("IPython")
    done = run_python(
        """
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance(history_length=0)
        before = shell.Completer.use_jedi
        for name in ("hal", "hal.cli.ipython"):
            shell.run_cell(f"%load_ext {name}")
        print(len(shell.Completer.custom_matchers), "_ofind" in vars(shell), shell.Completer.use_jedi)
        shell.run_cell("%unload_ext hal")
        print(len(shell.Completer.custom_matchers), "_ofind" in vars(shell), shell.Completer.use_jedi is before)
        """
    )
    assert done.stdout == "1 True False\n0 False True\n", done.stderr


def test_a_line_reads_as_often_as_it_says(folder):
    """Nothing looks at what is typed before it runs: a word of a FIFO would be lost."""
    pytest.importorskip("IPython")
    program = """
        from IPython.core.interactiveshell import InteractiveShell
        from probe import Probe
        shell = InteractiveShell.instance(history_length=0)
        with Probe.open(0) as dev:
            shell.user_ns.update(dev=dev)
            shell.run_cell("%load_ext hal")
            with dev.slot.emulator.trace() as trace:
                shell.run_cell("dev.fifo.value")
            print(len(trace))
        """
    done = run_python(program, environment=importing(folder) | {"HAL_LIBRARY": "emulator"}, cwd=folder)
    assert done.stdout.splitlines()[-1] == "1", done.stderr


@pytest.mark.parametrize(
    "asked", ["", "dev ctrl", "dev.", "dev.ctrl +", "5", "%time", "nothing.ctrl", "text.upper", "dev[0]"]
)
def test_what_is_no_place_is_left_to_ipython(dev, asked):
    assert explained({"dev": dev, "text": "x"}, asked) is None


def test_values_of_the_card_are_not_asked_for(dev):
    with dev.slot.emulator.trace() as trace:
        assert explained({"dev": dev}, "dev.ctrl.enable.real") is UNKNOWN
        assert explained({"dev": dev}, 'dev.ctrl.lane["9"]') is None
        assert "lane[1]" in str(explained({"dev": dev}, "dev.ctrl.lane['1']"))
    assert trace == []
