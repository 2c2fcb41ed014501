"""PeakRDL-regblock as an oracle: of one map, its block (through our SystemRDL) and ours do the same to software."""

from __future__ import annotations

import importlib.util
import random

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from hal.access.policies import POLICIES as ROWS
from hal.emulator.design_text import design_text
from tests.support.cosim import library_of, require_tools
from tests.support.dut import load_class
from tests.support.policy_model import POLICIES, is_readable, said
from tests.support.tools import needs

PLAIN = """
schema: 1
name: dut
registers:
  plain: {offset: 0x0, fields: {a: {bits: 3:0, reset: 5}, b: {bits: 15:8}, c: {bits: 31:20, reset: 0xABC}}}
  constant: {offset: 0x4, fields: {a: {bits: 11:4, access: ro, reset: 0x5A}}}
  wide: {offset: 0x8, width: 64, access_width: 32, fields: {lo: {bits: 31:0, reset: 0x55667788}, hi: {bits: 63:32, reset: 0x11223344}}}
  bank: {offset: 0x20, count: 3, stride: 0x8, fields: {value: {bits: 15:0}, keep: {bits: 31:24, reset: 0x77}}}
"""
LANE = """
blocks:
  lane: {offset: 0x200, count: 2, stride: 0x20, registers: {r: {offset: 0x0, count: [2, 2], fields: {x: {bits: 7:0, access: w1t}, y: {bits: 31:16}}}}}
"""
TOP = """
module theirs (
  input logic clk, input logic rst_n,
  {ports}
);
  dut_block block (.clk(clk), .arst_n(rst_n), {connections}, .hwif_out());
endmodule
"""


def policies():
    """Each way to write, with reads that do nothing, clear and set: what SystemRDL's onwrite and onread have words for."""
    rows = [row for row in POLICIES if is_readable(row)]
    return [row for row in rows if ROWS[row].writable and not ROWS[row].once]


def text():
    registers = []
    for number in range(0, len(policies()), 4):
        fields = [
            f"f{number + place}: {{bits: {8 * place + 2}:{8 * place}, access: {said(row)}, reset: {(number + place) % 8}}}"
            for place, row in enumerate(policies()[number : number + 4])
        ]
        registers.append(f"  p{number // 4}: {{offset: {0x80 + number:#x}, fields: {{{', '.join(fields)}}}}}")
    return PLAIN + "\n".join(registers) + LANE


def theirs(rdl, folder):
    """Files of the block that PeakRDL-regblock makes, and a top without its hardware's side."""
    from peakrdl_regblock import RegblockExporter
    from peakrdl_regblock.cpuif.axi4lite import AXI4Lite_Cpuif_flattened
    from peakrdl_regblock.udps import ALL_UDPS
    from systemrdl import RDLCompiler

    compiler = RDLCompiler()
    for udp in ALL_UDPS:
        compiler.register_udp(udp)
    (folder / "dut.rdl").write_text(rdl)
    compiler.compile_file(str(folder / "dut.rdl"))
    RegblockExporter().export(
        compiler.elaborate(), str(folder), cpuif_cls=AXI4Lite_Cpuif_flattened, module_name="dut_block",
        default_reset_activelow=True, default_reset_async=False,
    )  # fmt: skip
    return [folder / "dut_block_pkg.sv", folder / "dut_block.sv"]


SIGNALS = {
    **dict.fromkeys(("awvalid", "wvalid", "bready", "arvalid", "rready"), "input logic"),
    **dict.fromkeys(("awready", "wready", "bvalid", "arready", "rvalid"), "output logic"),
    **dict.fromkeys(("awaddr", "araddr"), "input logic [{high}:0]"),
    **dict.fromkeys(("awprot", "arprot"), "input logic [2:0]"),
    **dict.fromkeys(("bresp", "rresp"), "output logic [1:0]"),
    "wdata": "input logic [31:0]",
    "wstrb": "input logic [3:0]",
    "rdata": "output logic [31:0]",
}


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    """Libraries of ours and theirs."""
    require_tools()
    folder = tmp_path_factory.mktemp("oracle")
    device = codegen.loads(text())
    ours = render(device, LANGUAGES["rtl"])
    for name, content in ours.items():
        (folder / name).write_text(content)
    files = theirs(render(device, LANGUAGES["systemrdl"])["dut.rdl"], folder)
    block = files[1].read_text()
    high = block.partition("s_axil_awaddr")[0].rpartition("[")[2].partition(":")[0]
    ports = ", ".join(f"{kind.format(high=high)} s_axil_{name}" for name, kind in SIGNALS.items())
    reset = "arst_n" if "arst_n" in block else "rst_n"
    connections = ", ".join(f".s_axil_{name}(s_axil_{name})" for name in SIGNALS)
    top = TOP.format(ports=ports, connections=connections).replace(".arst_n", f".{reset}")
    (folder / "theirs.sv").write_text(top)
    design = load_class(text())._design
    facts = {"design": design_text(design), "afi": design.afi_id}
    return (
        library_of("oracle_ours", top="dut_axil", files=[folder / name for name in sorted(ours)], **facts),
        library_of("oracle_theirs", top="theirs", files=[*files, folder / "theirs.sv"], **facts),
    )


@needs("regblock", there=importlib.util.find_spec("peakrdl_regblock") is not None)
def test_both_blocks_do_the_same(blocks):
    device = codegen.loads(text())
    places = {}
    for _, _, offset, register in device.walk():
        for word in range(register.width // 32):
            mask = sum(field.mask for field in register.fields) >> 32 * word & 0xFFFFFFFF
            partly = not any(
                field.access.rpartition(":")[2] in {"wc", "ws", "clears", "sets"} for field in register.fields
            )
            places[offset + 4 * word] = mask, partly
    driver, rng, operations = load_class(text()), random.Random(5), []
    for _ in range(4000):
        at = rng.choice(list(places))
        mask, partly = places[at]
        value = rng.choice([0, 0xFFFFFFFF, rng.getrandbits(32), rng.getrandbits(32)])
        kind = rng.random()
        operations.append(
            ("read", at, mask)
            if kind < 0.5
            else ("byte", at + rng.randrange(4), value & 0xFF)
            if kind < 0.6 and partly
            else ("write", at, value)
        )
    answers = []
    for library in blocks:
        with hal.open_slot(0, library) as slot:
            slot.load(driver.afi_id())
            bar, found = slot.bar("app", 0), []
            for kind, at, value in operations:
                if kind == "read":
                    found.append(bar.peek(at) & value)
                else:
                    bar.poke(at, value, 8 if kind == "byte" else 32)
            answers.append(found)
    reads = [operation for operation in operations if operation[0] == "read"]
    differing = [
        (hex(read[1]), hex(one), hex(other)) for read, one, other in zip(reads, *answers, strict=True) if one != other
    ]
    assert differing == []
    assert len(policies()) > 20
