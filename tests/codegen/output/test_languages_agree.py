"""Random maps: Python, C, SystemVerilog, JSON and the emulated card say the same of every register and field.

C is compiled and run, SystemVerilog is read by a reader of this file's own. HAL_TEST_MAPS sets how many maps there are.
"""

from __future__ import annotations

import json
import os
import re
import subprocess

from hypothesis import HealthCheck, Phase, given, settings

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.bindings.gcc import compile_c
from tests.support.bench import Bench
from tests.support.cards import on_card
from tests.support.dut import load_class
from tests.support.rich_maps import rich_maps
from tests.support.strategies import maps

MAPS = int(os.environ.get("HAL_TEST_MAPS", "3"))
PARAMETER = re.compile(r"localparam (?:logic \[\d+:0\]|int unsigned) (\w+) = (?:\d+'h([0-9A-F]+)|\d+'b([01x]+)|(\d+));")
MEMBER = re.compile(r"^\s+(\w+) = \d+'d(\d+),?$", re.MULTILINE)
MACRO = re.compile(r"^#define DUT_(\w+)(\([^)]*\))? \S", re.MULTILINE)
INDEX = re.compile(r"\[(\d+)\]")


def in_systemverilog(text):
    """Names and values; bits that nobody knows are 0, as in C."""
    found = {
        name: int(digits, 16) if digits else int(bits.replace("x", "0"), 2) if bits else int(plain)
        for name, digits, bits, plain in PARAMETER.findall(text)
    }
    assert len(found) == text.count("localparam")
    return found | {name: int(value) for name, value in MEMBER.findall(text)}


def header_words(header, name):
    return re.search(rf"^#define DUT_{name} (.*)$", header, re.MULTILINE)[1].count("UINT32_C")


def in_c(header, places, folder, firsts=()):
    """Names and values as a compiled program has them; an offset with an argument also at each of these places.

    Macros with arguments have them for the first element, which is 0 but for those that `firsts` tells.
    """
    (folder / "dut.h").write_text(header)
    names = dict(MACRO.findall(header))
    plain = [name for name, arguments in names.items() if not arguments and name != "H" and not name.endswith("_WORDS")]
    wanted = {name: f"DUT_{name}" for name in plain}
    wanted |= {
        f"{name}@": f"DUT_{name}({', '.join([dict(firsts).get(name.rpartition('_')[0], '0')] * len(args.split(',')))})"
        for name, args in names.items()
        if args
    }
    for path, name, indices in places:
        arguments = f"({', '.join(indices)})" if names[f"{name}_OFFSET"] else ""
        wanted[f"={path}"] = f"DUT_{name}_OFFSET{arguments}"
    for name in re.findall(r"^    DUT_(\w+) = ", header, re.MULTILINE):
        wanted[name] = f"DUT_{name}"
    for name in names:  # what no integer of C holds, as bus words; each of them is a value of its own here
        if name.endswith("_WORDS"):
            wanted |= {f"{name}:{at}": f"((uint32_t[]) DUT_{name})[{at}]" for at in range(header_words(header, name))}
    lines = "\n".join(f'printf("{key} %llu\\n", (unsigned long long)({value}));' for key, value in wanted.items())
    (folder / "main.c").write_text(f'#include <stdio.h>\n#include "dut.h"\nint main(void) {{\n{lines}\nreturn 0;\n}}\n')
    compile_c("-std=c11", "-Wall", "-Wextra", "-Werror", folder / "main.c", "-o", folder / "main")
    told = subprocess.run([str(folder / "main")], capture_output=True, text=True, check=True, timeout=60).stdout
    found = {}
    for key, value in (line.split() for line in told.splitlines()):
        name, _, at = key.partition(":")
        name = name.removesuffix("_WORDS")
        found[name] = found.get(name, 0) | int(value) << 32 * int(at or 0)
    return found


@settings(
    max_examples=MAPS,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each map takes a compiler
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(text=maps())
def check_maps(slot, tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("agree")
    device = codegen.loads(text)
    files = {name: next(iter(render(device, LANGUAGES[name]).values())) for name in ("c", "systemverilog", "json")}
    bench = Bench(slot, text)
    try:
        # The driver's paths, places and resets, the loader's, and those of the card.
        rows = {path: (offset, register) for path, _, offset, register in device.walk()}
        driven = {row.path: (row.address, row.width, row.reset) for row in bench.device.walk()}
        assert driven == {path: (offset, one.width, one.reset) for path, (offset, one) in rows.items()}
        bench.check()
        places = [(path, INDEX.sub("", path).replace(".", "_").upper(), INDEX.findall(path)) for path in rows]
        c, systemverilog = in_c(files["c"], places, folder), in_systemverilog(files["systemverilog"])
        for path, (offset, _) in rows.items():
            assert c[f"={path}"] == offset, path
        # C and SystemVerilog, name by name; an offset of SystemVerilog's is the first element's.
        values = {name.removesuffix("@"): value for name, value in c.items() if name[0] != "="}
        absent = {name: value for name, value in systemverilog.items() if name not in values}
        assert values == {name: value for name, value in systemverilog.items() if name not in absent}
        assert all(name.endswith("_MASK") for name in absent)  # wider than any integer of C
        # JSON, type by type, in the order that all have.
        declared = json.loads(files["json"])["registers"]
        resets = [name for name in systemverilog if name.endswith("_RESET")]
        assert len(resets) == len(declared)
        for name, register in zip(resets, declared, strict=True):
            prefix = name.removesuffix("_RESET")
            assert systemverilog[name] == int(register["reset"], 0)
            for field in register["fields"]:
                own = f"{prefix}_{field['name'].upper()}"
                assert systemverilog[f"{own}_MASK"] == int(field["mask"], 0)
                assert systemverilog[f"{own}_SHIFT"] == field["lsb"]
                assert systemverilog[f"{own}_WIDTH"] == field["width"]
        # JSON and Python, by what is at a path.
        shapes = {json_shape(register) for register in declared}
        assert {python_shape(register) for _, register in rows.values()} <= shapes
    finally:
        bench.device.close()


@settings(
    max_examples=MAPS,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(text=rich_maps())
def check_rich_maps(slot, tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("agree")
    device = codegen.loads(text)
    files = {name: next(iter(render(device, LANGUAGES[name]).values())) for name in ("c", "systemverilog", "json")}
    driver = load_class(text)
    rows = {path: (offset, register) for path, _, offset, register in device.walk()}
    with on_card(slot, driver) as opened:
        driven = {row.path: (row.address, row.width) for row in opened.walk()}
        for path, (offset, register) in rows.items():
            if path in driven:  # entries of memories are a row with the memory
                assert driven[path] == (offset, register.width), path
            assert opened.find(path).info["address"] == offset
    places = [(path, INDEX.sub("", path).replace(".", "_").upper(), INDEX.findall(path)) for path in rows]
    declared = json.loads(files["json"])["registers"]
    firsts = {
        f"{register['map_name']}_{item['name']}".upper(): str(item["array"]["first"])
        for register in declared
        for item in register["fields"]
        if item["array"]
    }
    c, systemverilog = in_c(files["c"], places, folder, firsts), in_systemverilog(files["systemverilog"])
    for path, (offset, _) in rows.items():
        assert c[f"={path}"] == offset, path
    values = {name.removesuffix("@"): value for name, value in c.items() if name[0] != "="}
    assert values == {name: value for name, value in systemverilog.items() if name in values}
    assert all(name.endswith("_MASK") for name in systemverilog.keys() - values.keys())
    # Each register type of JSON is in C, its arrays with count, stride and first element.
    for register in declared:
        prefix = c_prefix(values, register)
        for item in register["fields"]:
            own = f"{prefix}_{item['name'].upper()}"
            assert (values[f"{own}_SHIFT"], values[f"{own}_WIDTH"]) == (item["lsb"], item["width"])
            if item["array"]:
                assert values[f"{own}_COUNT"] == item["array"]["count"]
                assert values[f"{own}_STRIDE"] == item["array"]["stride"]
    assert {python_widths(register) for _, register in rows.values()} == {
        (one["width"], one["access_width"], one["endian"] == "big") for one in declared
    }


def c_prefix(values, register):
    """The macro of a type begins with its first place's name, or its class's."""
    named = {name.removesuffix("_RESET") for name in values if name.endswith("_RESET")}
    found = [name for name in named if name.replace("_", "").lower() == register["name"].lower()]
    assert len(found) == 1, register["name"]
    return found[0]


def python_widths(register):
    return register.width, register.access_width, register.big_endian


def json_shape(register):
    fields = [(f["name"], f["lsb"], f["width"], f["access"], int(f["reset"], 0)) for f in register["fields"]]
    return register["width"], register["access_width"], int(register["reset"], 0), tuple(fields)


def python_shape(register):
    fields = [(f.name, f.lsb, f.width, f.access, f.reset) for f in register.fields]
    return register.width, register.access_width, register.reset, tuple(fields)


def test_all_languages_and_the_card_agree(slot, tmp_path_factory):
    before = slot.describe().status_name
    check_maps(slot, tmp_path_factory)
    assert before == "cleared"
    assert slot.describe().status_name == "loaded"


def test_all_languages_agree_of_what_registers_share(slot, tmp_path_factory):
    check_rich_maps(slot, tmp_path_factory)
