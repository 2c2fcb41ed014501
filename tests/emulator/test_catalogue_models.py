"""Code runs only from a catalogue that the user names: whatever a card's file says, and whoever looks at it."""

from __future__ import annotations

import pytest

from tests.emulator.test_catalogue_file import BLINKER, CATALOGUE
from tests.support import MAPS
from tests.support.command_line import CommandLine
from tests.support.processes import run_python, start_python

COUNTING = """
import pathlib
import hal

pathlib.Path({ran!r}).touch()

class Counting(hal.Model):
    def on_read(self, register):
        if register == "cycles":
            self.set("cycles", self.get("cycles") + 1)

    def on_load(self):
        {on_load}
"""
PLAIN = "agfi-00000000000000def"
READ_TWICE = """
import sys, hal
with hal.open_slot(0, "emulator") as slot:
    if slot.describe().status_name == "cleared":
        slot.load("agfi-0123456789abcdef5")
    bar = slot.bar("app", 0)
    print(bar.peek(8), bar.peek(8))
"""


class Lab:
    """A catalogue with a model, and a shared card that was made from it."""

    def __init__(self, folder):
        self.folder, self.catalogue, self.ran = folder, folder / "afis.yaml", folder / "ran"
        (folder / "blinker.yaml").write_text((MAPS / "blinker.yaml").read_text())
        self.catalogue.write_text(CATALOGUE)
        self.model(COUNTING)
        self.command = CommandLine(folder, card="")
        self.made = self.command("emulator", "create", "bench", "--catalogue", self.catalogue)

    def model(self, text, on_load="pass"):
        (self.folder / "models.py").write_text(
            text.replace("{ran!r}", repr(str(self.ran))).replace("{on_load}", on_load)
        )

    def run(self, code=READ_TWICE, catalogue=""):
        environment = self.command.environment | {"HAL_EMULATOR": "bench", "HAL_CATALOGUE": str(catalogue)}
        return run_python(code, env=environment)

    def hal(self, *arguments):
        self.command.environment |= {"HAL_EMULATOR": "bench", "HAL_CATALOGUE": str(self.catalogue)}
        return self.command(*arguments)


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def test_a_named_catalogues_model_runs(lab):
    assert f"with HAL_CATALOGUE={lab.catalogue}" in lab.made.out
    for _ in range(2):  # on a load, and in a process that finds the AFI loaded
        result = lab.run(catalogue=lab.catalogue)
        assert result.stderr == ""
    assert result.stdout == "3 4\n"
    assert lab.ran.exists()


def test_without_a_name_nothing_runs_and_one_line_says_so(lab):
    result = lab.run()
    assert result.stdout == "0 0\n"
    assert result.stderr == (
        f"the Python model of {BLINKER} does not run: set HAL_CATALOGUE to the catalogue that it was made from, or give "
        "one with slot.emulator.set_model\n"
    )
    assert not lab.ran.exists()


def test_another_catalogue_than_the_cards_runs_nothing(lab, tmp_path):
    other = tmp_path / "other.yaml"
    for text in (CATALOGUE.replace("0xf0aa", "0xf0ab"), CATALOGUE.replace(BLINKER, "agfi-0123456789abcdef7")):
        other.write_text(text)
        result = lab.run(catalogue=other)
        assert result.stdout == "0 0\n"
        assert f"it was made from another catalogue than HAL_CATALOGUE={other}, so make the card again" in result.stderr
        assert not lab.ran.exists()


def test_a_design_text_names_no_file_that_runs(lab, tmp_path):
    """As an older card had it, and as a hostile one would."""
    (tmp_path / "evil.py").write_text(f"import pathlib\npathlib.Path({str(lab.ran)!r}).touch()\n")
    text = f"""haldesign 1
name blinker
afi agfi-00000000000000abc
# python-model {tmp_path / "evil.py"} Model {tmp_path / "blinker.yaml"}
space app 0
word 0x0 32
f 0 32 rw 0x0
"""
    code = f"""
    import hal
    with hal.open_slot(0, "emulator") as slot:
        slot.emulator.install_text({text!r})
        slot.load("agfi-00000000000000abc")
        print(slot.bar("app", 0).peek(0))
    """
    for catalogue in ("", lab.catalogue):
        result = lab.run(code, catalogue)
        assert result.stdout == "0\n"
        assert "the Python model of agfi-00000000000000abc does not run" in result.stderr
    assert not lab.ran.exists()


def test_who_only_looks_runs_no_model(lab):
    assert lab.run(catalogue=lab.catalogue).stdout == "1 2\n"
    lab.ran.unlink()
    for arguments in (
        ("emulator", "show", "bench"),
        ("emulator", "list"),
        ("slots",),
        ("describe", 0, "--metrics"),
        ("leds", 0),
        ("dip", 0, 3),
        ("clocks", 0),
        ("doctor",),
        ("clear", 0),
    ):
        result = lab.hal(*arguments)
        assert (result.code, lab.ran.exists()) == (0, False), (arguments, result.err)
    assert lab.hal("load", 0, BLINKER).code == 0
    assert lab.ran.exists()


@pytest.mark.parametrize(
    ("text", "on_load", "said"),
    [
        ("import no_such_module\n", "", "No module named 'no_such_module'"),
        ("import hal\nclass Counting(hal.Model):\n    def __init__(self): 1 / 0\n", "", "division by zero"),
        (COUNTING, "raise OSError('no luck')", "no luck"),
    ],
)
def test_a_failing_model_is_an_error_that_leaves_the_slot_usable(lab, text, on_load, said):
    lab.model(text, on_load)
    code = f"""
    import hal
    with hal.open_slot(0, "emulator") as slot:
        try:
            slot.load("{BLINKER}")
            slot.bar("app", 0).peek(0)
        except hal.ModelError as error:
            print(error.__cause__ or error)
        print(slot.describe().status_name, slot.bar("app", 0).peek(8))
        slot.clear()
        slot.load("agfi-080817d089f3cd2ed")
        print(slot.describe().status_name)
    """
    result = lab.run(code, lab.catalogue)
    assert result.stderr == ""
    first, *rest = result.stdout.splitlines()
    assert said in first
    assert [line.partition(" ")[0] for line in rest] == ["loaded", "loaded"]


def test_on_load_is_called_for_the_load_that_brought_the_model(lab):
    lab.model(COUNTING, 'self.set("cycles", 40)')
    assert lab.run(catalogue=lab.catalogue).stdout == "41 42\n"
    assert lab.run(catalogue=lab.catalogue).stdout == "43 44\n"  # a process that finds the AFI loaded


def test_it_hears_memories_and_is_waited_for_as_it_says(lab):
    lab.model("""
import threading
import hal

class Counting(hal.Model):
    patience = 0.1

    def on_memory_write(self, memory, offset, value, width):
        self.set("cycles", value + 1)

    def on_write(self, register, value):
        thread = threading.Thread(target=self.look)
        thread.start()
        thread.join()

    def look(self):
        try:
            print(self.card._slot.bar("app", 0).peek(8))
        except hal.ModelError as error:
            print(str(error).partition(" was ")[2])
""")
    code = """
    import time, hal
    with hal.open_slot(0, "emulator") as slot:
        slot.load("agfi-0123456789abcdef5")
        bar, begin = slot.bar("app", 0), time.monotonic()
        bar.poke(0x1000, 6)
        print(bar.peek(8))
        bar.poke(0, 1)
        print(time.monotonic() - begin < 25)
    """
    result = lab.run(code, lab.catalogue)
    assert (result.stderr, result.stdout.splitlines()) == (
        "",
        [
            "7",
            "given up: another thread is in the card's model for too long; no handler may wait for other threads",
            "True",
        ],
    )


def test_a_catalogue_that_is_wrong_or_missing(lab, tmp_path):
    code = READ_TWICE.replace("    bar = ", "    pass\n    bar = ").replace(
        'slot.load("agfi-0123456789abcdef5")',
        "\n        try: slot.load('agfi-0123456789abcdef5')\n        except hal.ModelError as error: print(error)",
    )
    (tmp_path / "wrong.yaml").write_text("schema: 2\n")
    for name in ("wrong.yaml", "none.yaml"):
        result = lab.run(code, tmp_path / name)
        lab.hal("clear", 0)
        assert result.stderr == ""
        assert f"HAL_CATALOGUE={tmp_path / name} has no model for {BLINKER}" in result.stdout
        assert result.stdout.endswith("0 0\n")


def test_a_model_that_a_program_gives_stays(lab):
    code = """
    import hal
    class Quiet:
        def bind(self, emulator): pass
        def event(self, *facts): pass
    with hal.open_slot(0, "emulator") as slot:
        slot.load("agfi-0123456789abcdef5")
        print(slot.bar("app", 0).peek(8))
        slot.emulator.set_model(Quiet())
        print(slot.bar("app", 0).peek(8))
    with hal.open_slot(0, "emulator") as slot:
        print(slot.bar("app", 0).peek(8))
        slot.load("agfi-080817d089f3cd2ed")
        print(slot.emulator.has_model)
    with hal.open_slot(0, "emulator") as slot:
        slot.load("agfi-0123456789abcdef5")
        print(slot.bar("app", 0).peek(8))
        slot.load("agfi-080817d089f3cd2ed")
        print(slot.emulator.has_model)
    """
    result = lab.run(code, lab.catalogue)
    assert result.stderr == ""
    assert result.stdout.splitlines() == ["1", "1", "1", "True", "1", "False"]


def test_a_model_rests_while_another_process_has_another_design_loaded(lab):
    code = """
    import sys, hal
    with hal.open_slot(0, "emulator") as slot:
        slot.load("agfi-0123456789abcdef5")
    for line in sys.stdin:
        with hal.open_slot(0, "emulator") as slot:
            print(slot.bar("app", 0).peek(8), flush=True)
    """
    plain = f"haldesign 1\nname plain\nafi {PLAIN}\nspace app 0\nword 0x8 32\nf 0 32 rw 0x0\n"
    other = f"""
    import sys, hal
    with hal.open_slot(0, 'emulator') as slot:
        slot.emulator.install_text({plain!r})
        slot.load(sys.argv[1])
    """
    environment = lab.command.environment | {"HAL_EMULATOR": "bench", "HAL_CATALOGUE": str(lab.catalogue)}
    with start_python(code, environment=environment) as process:
        readings = []
        for afi in ("", PLAIN, BLINKER):
            if afi:
                assert run_python(other, afi, env=environment).stderr == ""
            process.tell("read\n")
            line = process.line()
            assert line, process.rest()
            readings.append(int(line))
            process.tell("read\n")
            line = process.line()
            assert line, process.rest()
            readings.append(int(line))
        assert process.rest()[1] == ""
    assert readings == [1, 2, 0, 0, 1, 2]
