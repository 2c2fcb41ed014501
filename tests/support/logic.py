"""Generated logic in a simulator: a bench in SystemVerilog makes a list of accesses and of hardware's steps.

HAL_TEST_TOOLS names tools that must be there; Verilator goes by the name of what it is for, cosim.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from math import prod
from pathlib import Path

import pytest

from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support.tools import required

SIMULATION_LIMIT = 120

READ, WRITE, HARDWARE, CLOCKS, TOLD, RESET, BOTH = range(7)


def tool(name):
    """The command of a tool; a test that needs one that is missing is skipped, and says so."""
    found = shutil.which(name)
    if found is None and name == "verilator":
        own = Path(sys.executable).parent / "verilator-cli"
        found = str(own) if own.exists() else None
    if found is None:
        must_be = ("cosim" if name == "verilator" else name) in required()
        (pytest.fail if must_be else pytest.skip)(f"needs {name}")
    return found


def members(package, name):
    """Signals of a structure of a package by their paths, and its bits: the first member is the highest."""
    structures = {
        found[2]: re.findall(r"^    (\w+)((?: ?\[\d+:0\])*) (\w+);", found[1], re.MULTILINE)
        for found in re.finditer(r"typedef struct packed \{\n(.*?)\n  \} (\w+);", package, re.DOTALL)
    }

    def laid(structure, path, low):
        found, at = {}, low
        for kind, dimensions, member in reversed(structures[structure]):
            own = f"{path}{member}"
            if kind == "logic":
                sizes = [int(size) + 1 for size in re.findall(r"\[(\d+):0\]", dimensions)]
                found[own] = (at, sizes)
                at += prod(sizes)
            else:
                inner, at = laid(kind, f"{own}.", at)
                found |= inner
        return found, at

    return laid(name, "", 0) if name in structures else ({}, 0)


BENCH = """\
module bench;
  localparam int AW = {address}, BW = {data}, IN = {inputs}, OUT = {outputs};
  logic clk = 0, rst_n = 0;
  logic [32*{in_words}-1:0] given = '0;
  wire [32*{out_words}-1:0] told;
  {rest}
  logic [AW-1:0] awaddr = 0, araddr = 0;
  logic [BW-1:0] wdata = 0, rdata;
  logic [BW/8-1:0] wstrb = 0;
  logic awvalid = 0, awready, wvalid = 0, wready, bvalid, bready = 0, arvalid = 0, arready, rvalid, rready = 0;
  logic [1:0] bresp, rresp;
  logic [(IN > 0 ? IN : 1)-1:0] answer = '0;
  {more}
  {name}_axil dut (.clk(clk), .rst_n(rst_n), {ports}
    .s_axil_awaddr(awaddr), .s_axil_awprot(3'b0), .s_axil_awvalid(awvalid), .s_axil_awready(awready),
    .s_axil_wdata(wdata), .s_axil_wstrb(wstrb), .s_axil_wvalid(wvalid), .s_axil_wready(wready),
    .s_axil_bresp(bresp), .s_axil_bvalid(bvalid), .s_axil_bready(bready),
    .s_axil_araddr(araddr), .s_axil_arprot(3'b0), .s_axil_arvalid(arvalid), .s_axil_arready(arready),
    .s_axil_rdata(rdata), .s_axil_rresp(rresp), .s_axil_rvalid(rvalid), .s_axil_rready(rready));

  task tick; begin #1 clk = 1; #1 clk = 0; #1 ; end endtask
  integer file, code, kind, patience;
  reg [63:0] a, b, c;
  initial begin
    file = $fopen("ops.txt", "r");
    repeat (3) tick;
    rst_n = 1;
    tick;
    code = $fscanf(file, "%d %h %h %h", kind, a, b, c);
    while (code == 4) begin
      patience = 0;
      case (kind)
        0: begin
          araddr = a[AW-1:0]; arvalid = 1; rready = 1; #1 ;
          while (!arready && patience < 100) begin tick; patience = patience + 1; end
          tick; arvalid = 0; #1 ;
          while (!rvalid && patience < 100) begin tick; patience = patience + 1; end
          $display("%h %h", rdata, rresp);
          tick; rready = 0;
        end
        1: begin
          awaddr = a[AW-1:0]; wdata = b[BW-1:0]; wstrb = c[BW/8-1:0]; awvalid = 1; wvalid = 1; bready = 1; #1 ;
          while (!awready && patience < 100) begin tick; patience = patience + 1; end
          tick; awvalid = 0; wvalid = 0; #1 ;
          while (!bvalid && patience < 100) begin tick; patience = patience + 1; end
          $display("0 %h", bresp);
          tick; bready = 0;
        end
        2: given[32*a +: 32] = b[31:0];
        3: repeat (a) tick;
        4: $display("%h 0", told[32*a +: 32]);
        5: begin rst_n = 0; tick; rst_n = 1; end
        default: ;
      endcase
      if (patience >= 100) begin $display("stuck"); $finish; end
      code = $fscanf(file, "%d %h %h %h", kind, a, b, c);
    end
    $finish;
  end
endmodule
"""


class Logic:
    """A map's logic, built for a simulator in a folder. `run` makes operations and returns what they answer.

    `more`: other logic in the bench, which sets bits of `answer`; names of signals in braces, with __ for points, are
    their places in it and in `told`.
    """

    def __init__(self, device, folder, simulator="iverilog", more="", **options):
        self._more = more
        self.folder, self.device = Path(folder), device
        self.language = LANGUAGES["rtl"].with_options(options)
        self.files = render(device, self.language)
        for name, text in self.files.items():
            (self.folder / name).write_text(text)
        package = next(text for name, text in self.files.items() if name.endswith("_pkg.sv"))
        self.inputs, input_bits = members(package, "in_t")
        self.outputs, output_bits = members(package, "out_t")
        _, self.interrupts = members(package, "interrupts_t")
        self._given = 0
        self._words = -(-input_bits // 32)
        (self.folder / "bench.sv").write_text(self._bench(input_bits, output_bits))
        self._command = self._built(simulator)

    def _bench(self, inputs, outputs):
        top = next(text for name, text in self.files.items() if name.endswith("_axil.sv"))
        address = int(re.search(r"\[(\d+):0\] s_axil_awaddr", top)[1]) + 1
        data = int(re.search(r"\[(\d+):0\] s_axil_wdata", top)[1]) + 1
        name = re.search(r"^module (\w+)_axil", top, re.MULTILINE)[1]
        told = outputs + (self.interrupts + 1 if self.interrupts else 0)
        ports = [".hwif_in(given[IN-1:0] | answer)," if inputs else "", ".hwif_out(told[OUT-1:0])," if outputs else ""]
        if self.interrupts:
            ports.append(f".interrupts(told[OUT+{self.interrupts}-1:OUT]), .irq(told[OUT+{self.interrupts}]),")
        self.irq = outputs + self.interrupts
        self._told, words = told, max(1, -(-told // 32))
        return BENCH.format(
            address=address,
            data=data,
            inputs=inputs,
            outputs=outputs,
            in_words=max(1, -(-inputs // 32)),
            out_words=words,
            name=name,
            rest=f"assign told[{32 * words - 1}:{told}] = '0;" if told < 32 * words else "",
            more=self._more.format(
                **{path.replace(".", "__"): low for path, (low, _) in {**self.inputs, **self.outputs}.items()}
            ),
            ports=" ".join(ports),
        )

    def _built(self, simulator):
        files = sorted(self.files, key=lambda name: not name.endswith("_pkg.sv"))
        if simulator == "iverilog":
            command = [tool("iverilog"), "-g2012", "-s", "bench", "-o", "bench.vvp", *files, "bench.sv"]
        else:
            command = [
                *(tool("verilator"), "--binary", "--timing", "-Wno-fatal", "-j", "2", "--top-module", "bench"),
                *("-CFLAGS", "-O1", "-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include", *files, "bench.sv"),
            ]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=SIMULATION_LIMIT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [shutil.which("vvp"), "bench.vvp"] if simulator == "iverilog" else ["obj_dir/Vbench"]

    def run(self, operations):
        """The answers, in their order: of reads data and response, of writes 0 and response, of TOLD a word and 0."""
        lines = [
            " ".join(f"{part:x}" if number else str(part) for number, part in enumerate((*op, 0, 0, 0)[:4]))
            for op in operations
        ]
        (self.folder / "ops.txt").write_text("\n".join(lines) + "\n")
        done = subprocess.run(
            self._command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=SIMULATION_LIMIT
        )
        assert done.returncode == 0, done.stderr
        assert "stuck" not in done.stdout, "an access had no answer"
        answers = re.findall(r"^([0-9a-fx]+) ([0-9a-fx])$", done.stdout, re.MULTILINE)
        assert not any("x" in part for answer in answers for part in answer), "an answer is not known"
        return [(int(data, 16), int(response)) for data, response in answers]

    def given(self, path, value, element=0, width=None):
        """The operations that give an input, or an element of so many bits, a value, which stays."""
        low, sizes = self.inputs[path]
        width = width or prod(sizes)
        low += element * width
        self._given = (self._given & ~(((1 << width) - 1) << low)) | value << low
        words = range(low // 32, (low + width - 1) // 32 + 1)
        return [(HARDWARE, word, self._given >> 32 * word & 0xFFFFFFFF) for word in words]

    def pulsed(self, path, value=1, clocks=1, element=0, width=None):
        """The same for so many clocks."""
        return [*self.given(path, value, element, width), (CLOCKS, clocks), *self.given(path, 0, element, width)]

    def all_told(self):
        """The operations that ask for everything that hardware is told."""
        return [(TOLD, word) for word in range(-(-self._told // 32))]

    def told(self, answers, path):
        """What hardware is told, out of the answers of `all_told`; `path` is irq too."""
        low, sizes = (self.irq, []) if path == "irq" else self.outputs[path]
        word = sum(answer << 32 * number for number, (answer, _) in enumerate(answers))
        return word >> low & ((1 << prod(sizes)) - 1)
