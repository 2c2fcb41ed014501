"""Names of the hardware that are words of Python or of the runtime."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import keyword
import re
import sys

import pytest
from packaging.requirements import Requirement

import codegen
import hal
from codegen.schema.names import ATTRIBUTE_WORDS, MODULES, SNAKE_NAME
from hal.registers.memory import Memory
from tests.codegen.output.languages.maps import one_file
from tests.support.cards import on_card
from tests.support.dut import load_class

MAP = """\
schema: 1
name: dut
afi: {{ids: [agfi-0fedcba9876543210]}}
enums: {{Exception: {{none: 0, mro: 1, value: 2, name: 3}}, {enum}}}
types: {{class: {{registers: {{{words}, in: {{offset: 0xFF8}}}}}}}}
registers:
  ctrl: {{offset: 0, fields: {{{fields}}}}}
  kept: {{offset: 0x8, python: plain, fields: {{reset: {{bits: 0, python: rst}}, mode: {{bits: 9:8, enum: Exception}}}}}}
blocks:
  is: {{type: class, offset: 0x1000, count: 2, stride: 0x1000}}
memories:
  ram: {{offset: 0x8000, size: 64, python: sram}}
"""


def public(*classes):
    """Public names of classes and of their metaclasses."""
    return {name for kind in classes for name in [*dir(kind), *dir(type(kind))] if not name.startswith("_")}


def arguments(kind):
    """Arguments that can be given by name to methods that take fields by name."""
    found = set()
    for name in public(kind):
        method = inspect.getattr_static(kind, name)
        method = getattr(method, "__wrapped__", method)
        if inspect.isfunction(method):
            parameters = inspect.signature(method).parameters.values()
            if any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters):
                by_name = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
                found |= {item.name for item in parameters if item.kind in by_name}
    return found


def test_the_words_are_those_that_the_runtime_has():
    """Whoever gives a class of the runtime a public name puts it into codegen/schema/names.py."""
    assert ATTRIBUTE_WORDS["child"] == public(hal.Device, hal.Block) | {"hal"}
    assert ATTRIBUTE_WORDS["field"] == public(hal.Register) | arguments(hal.Register) - {"fail"} | {"hal", "bool"}
    # A field that is called fail keeps its name: it is never told by fields by name, as the argument is.
    assert arguments(hal.Register) == {"timeout", "interval", "fail"}


def test_what_holds_no_names_of_a_map_needs_no_words():
    assert issubclass(hal.IntEnum, int)
    members = [name for name in public(hal.IntEnum) if name.upper() == name]
    assert members == []  # a member is in capitals
    assert not hasattr(Memory, "_children")


def test_modules_are_pythons_and_those_that_hal_needs():
    ours = {name for name in sys.stdlib_module_names if re.fullmatch(SNAKE_NAME, name)}
    assert ours <= MODULES
    of_distribution = {}
    for module, distributions in importlib.metadata.packages_distributions().items():
        for distribution in distributions:
            of_distribution.setdefault(distribution.lower().replace("_", "-"), set()).add(module)
    wanted, waiting = set(), ["fpga-hal"]
    while waiting:
        name = waiting.pop()
        for text in importlib.metadata.requires(name) or ():
            requirement = Requirement(text)
            other = requirement.name.lower().replace("_", "-")
            if (requirement.marker is None or requirement.marker.evaluate()) and other not in wanted:
                wanted.add(other)
                waiting.append(other)
    modules = {module for name in wanted for module in of_distribution[name] if re.fullmatch(SNAKE_NAME, module)}
    assert {"yaml", "cffi", "pydantic", "ruamel"} <= modules <= MODULES


@pytest.fixture(scope="module")
def text():
    words = [*sorted(ATTRIBUTE_WORDS["child"]), "reset", "read", "info", "timeout", "self"]
    names = [*sorted(ATTRIBUTE_WORDS["field"]), "in", "is", "self", "class", "value"]
    return MAP.format(
        words=", ".join(f"{name}: {{offset: {4 * number}}}" for number, name in enumerate(words)),
        fields=", ".join(f"{name}: {{bits: {number}}}" for number, name in enumerate(names)),
        enum="True: {x: 0}",
    )


@pytest.fixture
def device(slot, text):
    driver = load_class(text)
    with on_card(slot, driver) as opened:
        yield opened


@pytest.mark.parametrize("name", sorted(ATTRIBUTE_WORDS["field"] | {"in", "is", "class"}))
def test_every_field_is_an_attribute_with_an_underscore_and_a_keyword(device, name):
    ctrl, attribute = device.ctrl, f"{name}_"
    setattr(ctrl, attribute, 1)
    assert (getattr(ctrl, attribute), ctrl.fields()[attribute]) == (1, 1)
    ctrl.modify(**{attribute: 0})
    ctrl.wait_for(**{attribute: 0}, timeout=0.1)
    ctrl.write(**{attribute: 1})
    ctrl.wait_for(0.1, 0.0, **{attribute: 1})
    assert ctrl.read() == ctrl._shape.fields[attribute].mask
    assert device.snapshot()[f"ctrl.{name}"] == 1
    with pytest.raises(hal.FieldValueError, match=rf"^dut\.ctrl\.{name} "):
        setattr(ctrl, attribute, 2)
    ctrl.reset()
    assert ctrl.read() == 0


def test_names_that_are_in_nobodys_way_stay(device):
    device.ctrl.modify(self=1, value=1)
    device.ctrl.wait_for(self=1, value=1)
    assert (device.ctrl.self, device.ctrl.value) == (1, 1)
    block = device.is_[0]
    block.reset.write(7)
    assert [block.reset.read(), block.read.read(), block.info.read(), block.timeout.read(), block.self.read()] == [
        7, 0, 0, 0, 0,
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(ATTRIBUTE_WORDS["child"] | {"in"}))
def test_every_child_is_an_attribute_with_an_underscore_and_a_path_without(device, name):
    register = getattr(device.is_[1], f"{name}_")
    register.value = 5
    assert register.path == f"is[1].{name}"
    assert device.find(register.path) is register
    assert device.snapshot()[register.path] == 5
    with pytest.raises(hal.FieldNameError, match=f"did you mean {name}"):
        device.find(f"is[1].{name}_")


def test_the_map_may_name_them_itself(device):
    device.plain.rst = 1
    device.sram[0] = 7
    assert (device.find("kept").read(), device.find("ram")[0]) == (1, 7)
    assert device.snapshot()["kept.reset"] == 1
    assert not hasattr(type(device.plain), "reset_")


def test_classes_and_members_of_enums(device):
    device.plain.mode = 2
    member = device.plain.mode
    assert (type(member).__name__, member.name) == ("Exception_", "VALUE")
    assert [item.name for item in type(member)] == ["NONE", "MRO", "VALUE", "NAME"]


def test_paths_everywhere_are_the_hardwares(device, slot, tmp_path):
    device.is_[1].find_.value = 3
    before = device.snapshot()
    assert "is[1].find" in json.loads(before.to_json())["registers"]
    device.is_[1].find_.value = 4
    assert before.diff(device.snapshot()) == [("is[1].find.value", 3, 4)]
    assert [row.path for row in device.walk()][-2:] == ["is[1].in", "ram"]
    assert slot.emulator.save_state(type(device))["is[1].find"] == 4
    with device.record(tmp_path / "run.jsonl"):
        device.ctrl.timeout_ = 1
        device.is_[0].walk_.read()
    rows = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [row.get("path") for row in rows[1:]] == ["ctrl", "ctrl", "is[0].walk"]
    model = hal.Model(type(device))
    slot.emulator.set_model(model)
    model.set("ctrl.timeout", 0)
    assert model.get("ctrl.timeout") == 0
    slot.emulator.set_model(None)


def test_c_systemverilog_and_documents_have_the_hardwares_names(text):
    found = codegen.loads(text)
    assert "#define DUT_CTRL_TIMEOUT_MASK " in one_file(found, "c")
    assert "#define DUT_IS_IN_OFFSET(i0) " in one_file(found, "c")
    assert " DUT_EXCEPTION_VALUE = 2" in one_file(found, "c")
    assert " CTRL_TIMEOUT_MASK = " in one_file(found, "systemverilog")
    assert '"name":"timeout","lsb":11,"python":"timeout_"' in one_file(found, "html")
    model = json.loads(one_file(found, "json"))
    ctrl = next(register for register in model["registers"] if register["map_name"] == "ctrl")
    assert {field["name"]: field["python_name"] for field in ctrl["fields"]}["timeout"] == "timeout_"


def test_the_driver_says_both(text):
    driver = one_file(codegen.loads(text), "python")
    assert re.search(r'^    timeout_ = hal\.rw\(\d+, \d+, name="timeout"\)$', driver, re.MULTILINE)
    assert '    plain = hal.register(Kept, 0x8, name="kept")\n' in driver
    assert '    rst = hal.rw(0, 0, name="reset")\n' in driver


@pytest.mark.parametrize(
    ("name", "module", "class_name"),
    [
        ("none", "none", "None_"),
        ("true", "true", "True_"),
        ("in", "in_", "In"),
        ("exception", "exception", "Exception_"),
    ],
)
def test_a_map_may_be_named_like_a_word(tmp_path, monkeypatch, name, module, class_name):
    path = tmp_path / "map.yaml"
    path.write_text(f"schema: 1\nname: '{name}'\nregisters: {{r: {{offset: 0}}}}\n")
    assert [file.name for file in codegen.generate([path], tmp_path)] == [f"{module}.py"]
    monkeypatch.syspath_prepend(tmp_path)
    driver = getattr(__import__(module), class_name)
    del sys.modules[module]
    assert driver._design.name == name
    assert hal.load_map(path).__name__ == class_name


@pytest.mark.parametrize("name", ["io", "json", "types", "select", "distutils", "tomllib", "hal", "codegen", "yaml"])
def test_no_driver_hides_a_module_of_python(name):
    text = f"schema: 1\nname: {name}\nregisters: {{r: {{offset: 0}}}}\n"
    with pytest.raises(codegen.MapError, match=f"the driver {name}.py would hide .* module '{name}' from every"):
        codegen.loads(text)
    device = codegen.loads(f"{text}python: {name}_regs\n")
    assert (device.module, device.name) == (f"{name}_regs", name)
    assert device.class_name == f"{name.capitalize()}Regs"


def test_words_of_python_are_all_taken_care_of():
    for name in keyword.kwlist:
        if re.fullmatch(SNAKE_NAME, name):
            text = one_file(codegen.loads(f"schema: 1\nname: x\nregisters: {{{name}: {{offset: 0}}}}\n"), "python")
            assert f"    {name}_ = hal.register(" in text
