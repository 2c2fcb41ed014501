"""Register blocks in SystemVerilog: what tools say of them, options, and what is refused with its place."""

from __future__ import annotations

import re
import subprocess
import time

import pytest
from pyslang import driver

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.codegen.output.languages.maps import INTRICATE
from tests.codegen.views.rtl.test_rtl_hardware import MAP as HARDWARE
from tests.codegen.views.rtl.test_rtl_register import PROTOCOLS
from tests.support import MAPS
from tests.support.logic import SIMULATION_LIMIT, tool

MIXED = """
schema: 1
name: mixed
description: "`define x */ \\\\"
types:
  table: {registers: {always: {offset: 0x0, description: "// end"}}}
registers:
  config: {offset: 0x0, fields: {logic: {bits: 0, hw: read}, event: {bits: 1, access: w1c, hw: set}, wr: {bits: 2}, rd: {bits: 3}}}
  config_wr: {offset: 0x4, fields: {begin: {bits: 7:0, access: ro, hw: write}}}
  bytes: {offset: 0x8, width: 8, count: 6}
  half: {offset: 0x10, width: 16}
  wide: {offset: 0x18, width: 96, access_width: 32, endian: big, hw: both, access: ro}
  hidden: {offset: 0x24, access: wo, hw: none}
  a: {offset: 0x28, fields: {b_c: {bits: 0}, next_a: {bits: 1, hw: set}}}
  a_b: {offset: 0x2C, fields: {c: {bits: 0}}}
  next: {offset: 0x30, fields: {x: {bits: 0, access: ro, counter: {}}, y: {bits: 9:2, counter: {up: 2, down: 255, saturate: true}}}}
  unsure: {offset: 0x34, reset: unknown}
memories:
  ram: {offset: 0x400, size: 1KiB, width: 64}
  rom: {offset: 0x800, size: 64, access: ro}
  out: {offset: 0x1000, size: 4KiB, external: true}
blocks:
  table: {type: table, offset: 0x100, count: 2, stride: 0x20}
  deep:
    offset: 0x200
    count: 3
    stride: 0x20
    size: 0x20
    unmapped: 0xDEADBEEF
    memories: {small: {offset: 0x10, size: 16}}
    registers: {r: {offset: 0x0, count: 2}, far: {offset: 0x8, external: true}}
  other: {space: {pf: mgmt, bar: 4}, offset: 0x0, registers: {r: {offset: 0x0}}}
"""


def files_of(text, **options):
    return render(codegen.loads(text), LANGUAGES["rtl"].with_options(options))


def written(files, folder):
    for name, text in files.items():
        (folder / name).write_text(text)
    return sorted(files, key=lambda name: not name.endswith("_pkg.sv"))


def checked(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=SIMULATION_LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


TEXTS = {
    "mixed": MIXED,
    "hardware": HARDWARE,
    "protocols": PROTOCOLS,
    "intricate": INTRICATE.replace("{bits: 63:0, enum", "{bits: 63:0, hw: read, enum"),
    "blinker": (MAPS / "blinker.yaml").read_text().replace("volatile: true", "hw: set"),
}


def elaborated(names, folder):
    """With slang, which may have no warning."""
    slang = driver.Driver()
    slang.addStandardArgs()
    paths = " ".join(str(folder / name) for name in names)
    assert slang.parseCommandLine(f"slang --single-unit -Werror -Wno-sign-conversion -Wno-arith-op-mismatch {paths}")
    assert slang.processOptions()
    assert slang.parseAllSources()
    slang.reportCompilation(slang.createCompilation(), False)
    assert slang.reportDiagnostics(True)


@pytest.mark.parametrize("name", TEXTS)
def test_slang_elaborates_it(name, tmp_path):
    elaborated(written(files_of(TEXTS[name]), tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {}) for name in TEXTS),
        ("mixed", {"width": "64", "bus": "apb", "read": "combinational", "errors": "none"}),
        ("protocols", {"bus": "none", "errors": "unmapped", "address": "26"}),
    ],
)
def test_verilator_has_no_warning(name, options, tmp_path):
    names = written(files_of(TEXTS[name], **options), tmp_path)
    command = [tool("verilator"), "--lint-only", "-Wall", *names]
    for top in [name.removesuffix(".sv") for name in names if name.endswith(("_axil.sv", "_apb.sv"))] or ["dut_regs"]:
        checked([*command, "--top-module", top], tmp_path)


@pytest.mark.parametrize("name", TEXTS)
def test_icarus_compiles_it(name, tmp_path):
    names = written(files_of(TEXTS[name]), tmp_path)
    said = checked([tool("iverilog"), "-g2012", "-Wall", "-o", "out", *names], tmp_path)
    notes = ("constant selects in always_*", "Some design elements have no explicit time unit", "affected design units")
    lines = [line for line in said.splitlines() if not any(note in line for note in notes) and "timescale" not in line]
    assert not [line for line in lines if ": error" in line or ": warning" in line]


def wired(files, name, bus):
    """A top with the flat bus, and the ports of hardware: a module masters the interface, the block answers there."""
    others = re.findall(r"^  ((?:input|output) +\w+ (\w+))", files[f"{name}_axil_slave.sv"], re.MULTILINE)
    ports = ",\n".join(f"  {way} {kind}s_axil_{signal}" for way, kind, signal in bus)
    given = [(f"m.{one}", f"s_axil_{one}") if way == "input" else (f"s_axil_{one}", f"m.{one}") for way, _, one in bus]
    return f"""module bridge (
  {name}_axil_if.master m,
{ports}
);
  assign {", ".join(map(" = ".join, given))};
endmodule

module wired
  import {name}_regs_pkg::*;
(
{"".join(f"  {port},{chr(10)}" for port, _ in others)}{ports}
);
  {name}_axil_if both ();
  bridge bridges (.m(both), {", ".join(f".s_axil_{signal}" for _, _, signal in bus)});
  {name}_axil_slave registers ({", ".join(f".{port}" for _, port in others)}, .s_axil(both));
endmodule
"""


@pytest.mark.parametrize(("name", "options"), [("hardware", {}), ("protocols", {"width": "64", "address": "20"})])
def test_the_bus_as_an_interface(name, options, tmp_path):
    """The flat block is the same, and all of its signals go through the interface, each its way."""
    files = files_of(TEXTS[name], **options, bus="axi4-lite-if")
    assert list(files)[-3:] == ["dut_axil_if.sv", "dut_axil.sv", "dut_axil_slave.sv"]
    assert files_of(TEXTS[name], **options).items() < files.items()
    bus = re.findall(r"^  (input|output) +(logic (?:\[\d+:0\] )?)s_axil_(\w+)", files["dut_axil.sv"], re.MULTILINE)
    assert len(bus) == 19
    connected = re.findall(r"\.s_axil_(\w+\(.*?\))", files["dut_axil_slave.sv"])
    assert connected == [f"{signal}(s_axil.{signal})" for _, _, signal in bus]
    _, master, slave = re.split(r"modport \w+ \(", files["dut_axil_if.sv"])
    ways = {"input": "output", "output": "input"}
    assert re.findall(r"(input|output) +(\w+)", slave) == [(way, signal) for way, _, signal in bus]
    assert re.findall(r"(input|output) +(\w+)", master) == [(ways[way], signal) for way, _, signal in bus]
    names = written(files, tmp_path)
    (tmp_path / "wired.sv").write_text(wired(files, "dut", bus))
    elaborated([*names, "wired.sv"], tmp_path)
    lint = [tool("verilator"), "--lint-only", "-Wall", "-Wno-DECLFILENAME", *names]  # the bridge is in the top's file
    checked([*lint, "wired.sv", "--top-module", "wired"], tmp_path)
    checked([*lint, "--top-module", "dut_axil"], tmp_path)


def test_names_of_files_and_modules():
    files = files_of(MIXED)
    assert list(files) == [
        *("mixed_regs_pkg.sv", "mixed_ram.sv", "mixed_regs.sv", "mixed_axil.sv"),
        *("mixed_mgmt_bar4_regs_pkg.sv", "mixed_mgmt_bar4_regs.sv", "mixed_mgmt_bar4_axil.sv"),
    ]
    for name, text in files.items():
        assert f"\n{'package' if name.endswith('pkg.sv') else 'module'} {name.removesuffix('.sv')}" in text
    assert not any("apb" in name or "axil" in name for name in files_of(MIXED, bus="none"))


def test_what_a_person_reads():
    text = files_of(HARDWARE)["dut_regs.sv"]
    assert "\n\n\n" not in text
    assert max(map(len, text.splitlines())) <= 130
    assert text.count("always_ff") == 11 + 1  # one a register that has storage, and the answer's
    assert "      // rate: A read changes nothing; a write is taken as it is.\n" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rtl.bus": "wishbone"}, "rtl.bus is 'wishbone', allowed: axi4-lite, axi4-lite-if, apb, none"),
        ({"rtl.speed": "1"}, "rtl has no option 'speed'; its options are bus, width, read, errors, address"),
        ({"rtl.address": "99"}, "rtl.address is '99', allowed: auto, 12, ..., 64"),
        ({"c.bus": "apb"}, "the option c.bus is for 'c', which is not among the languages: rtl"),
    ],
)
def test_options_that_are_wrong(options, message, tmp_path):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        codegen.generate([MAPS / "blinker.yaml"], tmp_path, "rtl", options=options)


def test_addresses_that_are_too_narrow():
    with pytest.raises(ValueError, match=r"app BAR 0 needs addresses of 13 bits, and rtl.address is 12"):
        files_of(MIXED, address="12")


@pytest.mark.parametrize(
    ("registers", "place", "message"),
    [
        (
            "r: {offset: 0x0, volatile: true}",
            "4:20: registers.r.volatile",
            (
                "hardware changes it, and the map does not say how. "
                "Say hw: write, set or clear, or counter, sticky or intr, in the place of volatile."
            ),
        ),
        (
            "r: {offset: 0x0, fields: {f: {bits: 0, hw: both}}}",
            "4:42: registers.r.fields.f.hw",
            (
                "hardware writes it in every clock, so what software writes would be gone at once. "
                "Add we: true, or use access ro, or hw: set or clear."
            ),
        ),
        (
            "r: {offset: 0x0}\n  s: {offset: 0x0, alternate: r, access: w1c}",
            "5:20: registers.s.alternate",
            "bits are w1c here and rw in value, and logic has to know which is meant. Say external: true of both.",
        ),
        (
            "r: {offset: 0x0, count: 70000}",
            "4:20: registers.r.count",
            (
                "70000 registers of one kind are too many for a register block, which has up to 65536. "
                "Say external: true, or use a memory."
            ),
        ),
        (
            "a: {offset: 0x0, width: 8, fields: {f: {bits: 7:0, access: rc}}}\n  b: {offset: 0x1, width: 8}",
            "4:54: registers.a.fields.f.access",
            (
                "a read changes it, and a read of b is one of the same 32 bits, for a bus has no byte strobes for reads. "
                "Give registers that a read changes 4 bytes of their own."
            ),
        ),
        (
            "r: {offset: 0x0, width: 128, access_width: 64, access: ro, hw: write}",
            "4:32: registers.r.access_width",
            (
                "an access of 64 bits is several ones of a bus of 32, between which value may change. "
                "Say access_width: 32, with words: latched, or --option rtl.width=64."
            ),
        ),
        (
            "g: {offset: 0x0, external: true}\n  r: {offset: 0x4, lock: {by: g, value: 1}}",
            "5:20: registers.r.lock",
            "g is held by other logic. Say external: true, or change the map.",
        ),
        (
            "r: {offset: 0x0, width: 8, external: true}\n  s: {offset: 0x1, width: 8}",
            "4:7: registers.r.offset",
            "other logic of 1 bytes shares a word of the bus with registers. Give it 4 bytes of its own.",
        ),
        (
            "r: {offset: 0x0}\nmemories:\n  m: {offset: 0x100000, size: 2MiB}",
            "6:25: memories.m.size",
            (
                "2097152 bytes are too many for a memory inside of a register block. "
                "Say external: true; up to 1 MiB are made."
            ),
        ),
    ],
)
def test_what_is_no_logic_is_told_with_its_place(registers, place, message):
    with pytest.raises(codegen.MapError) as caught:
        files_of(f"schema: 1\nname: dut\nregisters:\n  {registers}\n")
    (problem,) = caught.value.problems
    assert str(problem) == f"<string>:{place}: {message}"


def test_an_interrupt_that_a_command_enables_is_refused():
    text = """schema: 1
name: dut
registers:
  s: {offset: 0x0, fields: {f: {bits: 0, access: w1c, hw: set}}}
  e: {offset: 0x4, fields: {f: {bits: 0, access: wo, idle: 0}}}
interrupts:
  one: {status: s.f, enable: e.f, clear: s.f}
"""
    with pytest.raises(codegen.MapError, match=r"7:3: interrupts.one: e.f is a command, and holds nothing that could"):
        files_of(text)


def test_a_thousand_registers_take_half_a_second(tmp_path):
    """The benchmark has ten thousand."""
    fields = ", ".join(f"f{part}: {{bits: {8 * part + 7}:{8 * part}}}" for part in range(4))
    lines = [f"  r{number}: {{offset: {4 * number:#x}, fields: {{{fields}}}}}" for number in range(1000)]
    device = codegen.loads("\n".join(["schema: 1", "name: dut", "registers:", *lines]))
    start = time.process_time()
    files = render(device, LANGUAGES["rtl"])
    assert time.process_time() - start < 2
    assert files["dut_regs.sv"].count("always_ff") == 1001
