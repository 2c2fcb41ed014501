"""The driver's type stub: exact, clean, and what editors make of it."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support import MAPS, ROOT
from tests.support.language_server import LanguageServer, needs_pyright
from tests.support.processes import LIMIT

MIXER = """
schema: 1
name: mixer
enums:
  Mode: {off: 0, slow: 1, fast: {value: 2, description: Loud.}}
  Order: {stop: 0, go: 3}
registers:
  ctrl:
    offset: 0x0
    fields:
      enable: {bits: 0, format: bool, description: "Turns \\\\ it on: \\"now\\"."}
      mode: {bits: 2:1, enum: Mode}
      job: {bits: 5:4, enum: {read: Mode, write: Order}}
      done: {bits: 8, access: w1c, volatile: true}
      fail: {bits: 9}
      timeout: {bits: 10}
      level: {bits: 23:16, format: {fixed: {signed: true, fraction_bits: 4}}}
      digit: {bits: 31:28, format: bcd}
  lanes:
    offset: 0x4
    fields:
      lane: {bits: 0, count: 4, stride: 2, description: One of four.}
      seen: {bits: 16, access: ro, count: 2, stride: 1}
  key: {offset: 0x8, access: wo}
  odd:
    offset: 0x10
    fields:
      int: {bits: 0, access: ro}
      float: {bits: 1}
      property: {bits: 2}
      other: {bits: 15:8, format: {fixed: {signed: false, fraction_bits: 2}}}
  id: {offset: 0xC, access: ro}
  own: {offset: 0x14, fields: {self: {bits: 3}, other: {bits: 4}}}
"""


def stub_of(text):
    (found,) = render(codegen.loads(text), LANGUAGES["pyi"]).values()
    return found


def keywords(stub, register):
    """Keywords of each method of a register's class, with their types."""
    (found,) = [node for node in ast.parse(stub).body if isinstance(node, ast.ClassDef) and node.name == register]
    methods = [
        node
        for node in found.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.args.kwonlyargs
    ]
    return {
        method.name: {argument.arg: ast.unparse(argument.annotation) for argument in method.args.kwonlyargs}
        for method in methods
    }


def test_it_is_exactly_this():
    (text,) = render(codegen.load(MAPS / "blinker.yaml"), LANGUAGES["pyi"]).values()
    assert text == (MAPS / "expected" / "blinker.pyi").read_text()


def test_methods_take_what_the_register_takes():
    stub = stub_of(MIXER)
    found = keywords(stub, "Ctrl")
    assert found["modify"] == {
        "enable": "int | hal.Toggle",
        "mode": "Mode | int | hal.Toggle",
        "job": "Order | int | hal.Toggle",
        "done": "int | hal.Toggle",
        "fail": "int | hal.Toggle",
        "timeout_": "int | hal.Toggle",
        "level": "float | hal.Toggle",
        "digit": "int | hal.Toggle",
    }
    assert found["write"] == {name: kind.removesuffix(" | hal.Toggle") for name, kind in found["modify"].items()}
    assert found["wait_for"] == found["wait_for_async"]
    assert "fail" not in found["wait_for"]  # which the method takes itself
    assert found["wait_for"]["job"] == "Mode | int | hal.Comparison"
    assert found["wait_for"]["level"] == "float | hal.Comparison"
    assert keywords(stub, "Lanes")["modify"] == {"lane": "Iterable[int | hal.Toggle]"}
    assert keywords(stub, "Lanes")["wait_for"]["seen"] == "Iterable[int] | hal.Comparison"
    assert list(keywords(stub, "Key")) == ["write", "modify"]
    assert keywords(stub, "Odd")["write"]["other"] == "builtins.float"  # where a field has the type's name
    assert keywords(stub, "Own") == {}  # those of the base take any name
    assert list(keywords(stub, "Id")) == ["wait_for", "wait_for_async"]
    assert "    digit: hal.Field[int | None]\n" in stub
    assert "    job: hal.Field[Mode]\n" in stub
    assert '        """Bit 0, 4 of them, 2 bits apart, rw. One of four."""\n' in stub


def test_it_says_what_the_driver_has(slot, tmp_path):
    """Each keyword is taken by the register, and each name of the driver is there."""
    (tmp_path / "mixer.yaml").write_text(MIXER)
    driver = hal.load_map(tmp_path / "mixer.yaml")
    stub = stub_of(MIXER)
    with driver.open(0) as dev:
        dev.ctrl.modify(**dict.fromkeys(keywords(stub, "Ctrl")["modify"], 0))
        dev.lanes.modify(lane=[0, 1, 0, 1])
        dev.ctrl.wait_for(**dict.fromkeys(keywords(stub, "Ctrl")["wait_for"], 0), timeout=1)
        dev.lanes.wait_for(seen=[0, 0], timeout=1)
        dev.own.modify(self=1, other=1)
        assert (dev.own.self, dev.own.other) == (1, 1)
        for name in ("ctrl", "lanes", "key", "id"):
            (found,) = [node for node in ast.parse(stub).body if getattr(node, "name", "") == name.title()]
            fields = {node.target.id for node in found.body if isinstance(node, ast.AnnAssign)}
            fields |= {node.name for node in found.body if getattr(node, "decorator_list", [])}
            assert fields == set(type(getattr(dev, name))._shape.declared)


def test_it_is_clean(tmp_path):
    pytest.importorskip("ruff")
    (tmp_path / "mixer.yaml").write_text(MIXER)
    maps = [MAPS / "blinker.yaml", MAPS / "wide.yaml", ROOT / "regmaps" / "cl_sde.yaml", tmp_path / "mixer.yaml"]
    files = codegen.generate(maps, tmp_path, "pyi", options={"pyi.model": "yes"})
    options = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    for command in (["check", "--ignore", "INP001"], ["format", "--check"]):
        program = [sys.executable, "-m", "ruff", *command, *options, *files]
        done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=LIMIT)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_the_typed_classes_for_models_where_the_driver_has_them():
    options = {"model": "yes"}
    (stub,) = render(codegen.loads(MIXER), LANGUAGES["pyi"].with_options(options)).values()
    (driver,) = render(codegen.loads(MIXER), LANGUAGES["python"].with_options(options)).values()

    def named(text):
        return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)}

    assert "MixerHardware" in named(stub)
    assert named(stub) == named(driver)
    assert "MixerHardware" not in stub_of(MIXER)
    for text in (stub, driver):  # of a register that has fields int and float
        assert "IntHardware = int\n" in text
        assert "int: IntHardware\n" in text


HEAD = "from mixer import Mixer, Mode, Order\n\ndev = Mixer.open(0)\n"


def test_jedi_completes_names_of_fields(tmp_path):
    jedi = pytest.importorskip("jedi")
    (tmp_path / "mixer.yaml").write_text(MIXER)
    codegen.generate([tmp_path / "mixer.yaml"], tmp_path, ["python", "pyi"])
    project = jedi.Project(tmp_path, added_sys_path=[str(ROOT)])
    for typed, offered in (
        ("dev.ctrl.modify(en", "enable="),
        ("dev.ctrl.wait_for(mo", "mode="),
        ("dev.lanes.write(la", "lane="),
        ("dev.lanes.la", "lane"),
        ("dev.ctrl.ena", "enable"),
    ):
        script = jedi.Script(HEAD + typed, path=tmp_path / "program.py", project=project)
        assert offered in [item.name_with_symbols for item in script.complete()], typed


USE = (
    HEAD
    + """
dev.ctrl.mode = Mode.FAST
dev.ctrl.modify(mode=Mode.FAST, job=Order.GO, level=1.5, enable=True)
dev.lanes.lane[2] = 1
enabled: bool = dev.ctrl.enable
lanes: list[int] = dev.lanes.lane.read()
dev.odd.modify(float=1, property=0, other=1.5)
other: float = dev.odd.other
dev.ctrl.modify(enabel=1)
dev.ctrl.modify(mode="fast")
dev.id.value = 1
"""
)


def test_mypy_tells_what_is_wrong_and_nothing_else(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "mixer.yaml").write_text(MIXER)
    files = codegen.generate(
        [tmp_path / "mixer.yaml", ROOT / "regmaps" / "cl_sde.yaml"], tmp_path, "pyi", options={"pyi.model": "yes"}
    )
    (tmp_path / "program.py").write_text(USE)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    program = [*command, *files, tmp_path / "program.py"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT)
    told = [line.partition("program.py:")[2].split(":")[0] for line in done.stdout.splitlines() if ": error: " in line]
    assert told == ["12", "13", "14"], done.stdout + done.stderr
    assert 'Unexpected keyword argument "enabel" for "modify" of "Ctrl"' in done.stdout


@needs_pyright
def test_pyrights_language_server(tmp_path):
    """Pylance's engine: completions, hover texts, what is wrong in a program, and nothing in driver and stub."""
    (tmp_path / "mixer.yaml").write_text(MIXER)
    codegen.generate([tmp_path / "mixer.yaml"], tmp_path, ["python", "pyi"])
    codegen.generate([MAPS / "blinker.yaml"], tmp_path)
    with LanguageServer(tmp_path) as server:

        def offered(typed, head=HEAD):
            return server.completions("program.py", head + typed)

        assert offered("dev.ctrl.modify(")[:8] == [
            f"{name}=" for name in ("enable", "mode", "job", "done", "fail", "timeout_", "level", "digit")
        ]
        assert {"timeout=", "enable=", "mode="} <= set(offered("dev.ctrl.wait_for("))
        assert "enable=" in offered("dev.ctrl.wait_for_async(mode=Mode.FAST, ena")
        assert "Mode" in offered("dev.ctrl.mode = Mo")
        assert {"OFF", "SLOW", "FAST"} <= set(offered("dev.ctrl.mode = Mode."))
        assert server.hover("program.py", f"{HEAD}dev.ctrl.done") == "(variable) done: int\n\nBit 8, w1c, volatile."
        assert "One of four." in server.hover("program.py", f"{HEAD}dev.lanes.lane")
        assert "leaves the others as they are" in server.hover("program.py", f"{HEAD}dev.ctrl.modify")
        found = server.problems("program.py", USE)
        assert [line for line, _ in found] == [12, 13, 14], found
        assert 'No parameter named "enabel"' in found[0][1]
        for name in ("mixer.py", "mixer.pyi", "blinker.py"):
            assert server.problems(name, (tmp_path / name).read_text()) == []
        # Without a stub, by what the driver declares.
        plain = "from blinker import Blinker, Mode\n\ndev = Blinker.open(0)\n"
        assert {"level", "walk"} <= set(offered("dev.ch[0].", plain))
        assert {"value", "read"} <= set(offered("dev.ch[0].level.", plain))
        assert {"enable", "mode", "modify"} <= set(offered("dev.ctrl.", plain))
        assert server.hover("program.py", f"{plain}dev.ctrl.mode") == "(variable) mode: Mode"
