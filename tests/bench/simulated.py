"""Simulated logic: accesses a second on a small block, without and with waves, and how long a library takes to build."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import hal
from hal.cosim.library_build import Recipe, build_library
from hal.cosim.tools import check_tools
from tests.support import benches

from .timing import Row

_SECONDS = 0.3
_BIG = 100


def block(registers: int) -> str:
    """A block of so many read-write registers on AXI4-Lite, written as plainly as one is."""
    ports = [
        *("input logic clk", "input logic rst_n"),
        *(f"input logic [11:0] s_axil_{channel}addr" for channel in ("aw", "ar")),
        *(f"input logic s_axil_{name}" for name in ("awvalid", "wvalid", "bready", "arvalid", "rready")),
        *("input logic [31:0] s_axil_wdata", "input logic [3:0] s_axil_wstrb", "output logic [31:0] s_axil_rdata"),
        *(f"output logic s_axil_{name}" for name in ("awready", "wready", "bvalid", "arready", "rvalid")),
        *(f"output logic [1:0] s_axil_{channel}resp" for channel in ("b", "r")),
    ]
    fields = "".join(
        f"""
  logic [31:0] r{number};
  always_ff @(posedge clk)
    if (!rst_n) r{number} <= 32'd{number};
    else if (write & s_axil_awaddr == 12'd{4 * number})
      for (int lane = 0; lane < 4; lane++)
        if (s_axil_wstrb[lane]) r{number}[8*lane +: 8] <= s_axil_wdata[8*lane +: 8];"""
        for number in range(registers)
    )
    reads = "\n".join(f"        12'd{4 * number}: s_axil_rdata <= r{number};" for number in range(registers))
    joined = ",\n  ".join(ports)
    return f"""module block (
  {joined}
);
  wire write = s_axil_awvalid & s_axil_wvalid & !s_axil_bvalid;
  wire read = s_axil_arvalid & !s_axil_rvalid;
  assign {{s_axil_awready, s_axil_wready, s_axil_arready}} = {{write, write, read}};
  assign {{s_axil_bresp, s_axil_rresp}} = 4'b0;
{fields}
  always_ff @(posedge clk)
    if (!rst_n) {{s_axil_bvalid, s_axil_rvalid}} <= 0;
    else begin
      if (s_axil_bready) s_axil_bvalid <= 0;
      if (s_axil_rready) s_axil_rvalid <= 0;
      if (write) s_axil_bvalid <= 1;
      if (read) s_axil_rvalid <= 1;
      if (read) case (s_axil_araddr)
{reads}
        default: s_axil_rdata <= 0;
      endcase
    end
endmodule
"""


def register_map(registers: int) -> str:
    """The map of that block."""
    lines = [f"  r{number}: {{offset: {4 * number}, reset: {number}}}" for number in range(registers)]
    return "\n".join(["schema: 1", "name: block", "registers:", *lines, ""])


def rows() -> list[Row]:
    """The table; nothing where a tool is missing."""
    missing = [check.text for check in check_tools() if check.state == "fail"]
    if missing:
        return [Row("simulated logic", None, "", note=missing[0])]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [
            _built(folder, "small", 8, "none"),
            _built(folder, "waves", 8, "vcd"),
            _built(folder, "large", _BIG, "none"),  # what it needs of Verilator's runtime is kept by now
        ]
        seconds = made[2][1]
        found = [_rates(made[0][0], register_map(8), folder)]
        found.append(_rates(made[1][0], register_map(8), folder))
        found.append(_rates(made[1][0], register_map(8), folder, waves=folder / "run.vcd"))
        fst = 0.0
        if not [check for check in check_tools() if check.state == "warn"]:
            fst = _rates(_built(folder, "fst", 8, "fst")[0], register_map(8), folder, waves=folder / "run.fst")[0]
        bench = _in_a_bench(folder)
    (read, write), (idle, _), (waves, _) = found
    return [
        Row("field reads a second, small block", read / 1e6, "M", 3.0, at_least=True),
        Row("field writes a second", write / 1e6, "M"),
        Row("field reads, built with waves that are off", idle / 1e6, "M"),
        Row("field reads, VCD on", waves / 1e6, "M"),
        Row("the same, VCD off to on", idle / waves, "x"),
        Row("field reads, FST on", fst / 1e6 or None, "M", note="" if fst else "lz4.h or zlib.h is missing"),
        Row("field reads in a cocotb bench", bench and bench / 1e3, "k", note="" if bench else "cocotb is missing"),
        Row("simulated logic against that", bench and read / bench, "x", 500, at_least=True),
        Row(f"building {_BIG} registers", seconds, "s", 8.0, note="processor time; the runtime is in the cache"),
    ]


def _built(folder: Path, name: str, registers: int, waves: str) -> tuple[Path, float]:
    """A library, and the seconds of all processors that it took."""
    source, output = folder / f"{name}.sv", folder / f"lib{name}.so"
    source.write_text(block(registers), encoding="utf-8")
    before = os.times()
    build_library(Recipe(top="block", files=[source], output=output, waves=waves))
    after = os.times()
    return output, sum(after[:4]) - sum(before[:4])


def _rates(library: Path, text: str, folder: Path, waves: Path | None = None) -> tuple[float, float]:
    """Reads and writes of a field a second: the best of some rounds, as other programs only slow them."""
    path = folder / "block.yaml"
    path.write_text(text, encoding="utf-8")
    with hal.load_map(path).open(0, library, verify=False) as device:
        if waves is not None:
            device.slot.simulation.waves(waves)
        register = device.r1

        def read(count: int) -> None:
            for _ in range(count):
                _ = register.value

        def write(count: int) -> None:
            for _ in range(count):
                register.value = 5

        return _best(read), _best(write)


_BENCH = """
import time
import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiLiteBus, AxiLiteMaster
import hal
from hal.cosim.cocotb import run

def speed(device):
    register, start = device.r1, time.perf_counter()
    for _ in range(2000):
        _ = register.value
    return 2000 / (time.perf_counter() - start)

@cocotb.test()
async def measure(dut):
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    dut.rst_n.value = 0
    await ClockCycles(dut.clk, 8)
    dut.rst_n.value = 1
    axi = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst_n, reset_active_level=False)
    print("READS", await run(speed, hal.load_map("block.yaml"), axi))
"""


def _in_a_bench(folder: Path) -> float | None:
    """Reads a second of the same driver and block in Icarus Verilog; None without cocotb."""
    if not benches.THERE or shutil.which("iverilog") is None:
        return None
    (folder / "bench.py").write_text(_BENCH, encoding="utf-8")
    printed = benches.run_bench(folder, folder / "small.sv", "block", "bench")
    return float(printed.rpartition("READS ")[2].split()[0])


def _best(run: object) -> float:
    count, best = 2000, 0.0
    for _ in range(8):
        start = time.perf_counter()
        run(count)  # type: ignore[operator]
        took = time.perf_counter() - start
        best = max(best, count / took)
        count = max(2000, int(count * _SECONDS / 8 / took))
    return best
