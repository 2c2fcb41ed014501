"""The vendor's streaming engine as it is built, simulated, where HAL_TEST_HDK names a checkout of the vendor's HDK.

Nothing of it is part of the project. What the HDK has only for the vendor's tools is written here: register slices, which
pass everything on, and a debug bridge, which does nothing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import hal
from hal.emulator.design_text import design_text
from tests.support.cosim import library_of, require_tools

VARIABLE = "HAL_TEST_HDK"
WIDTHS = {
    "data": 512,
    "strb": 64,
    "addr": 64,
    "id": 16,
    "len": 8,
    "size": 3,
    "burst": 2,
    "resp": 2,
    "cache": 4,
    "prot": 3,
    "qos": 4,
    "region": 4,
    "user": 8,
}
LITE = {512: 32, 64: 32}
LEFT_OUT = {"aws_clk_gen", "aws_clk_regs", "hbm_wrapper", "cdc_async_fifo", "cdc_sync", "axi_clock_conv", "xpm_fifo"}
LEFT_OUT |= {"interfaces", "axi_prot_chk", "ila_axi4_wrapper"}


def connected(top, instance):
    """Names of the ports that an instance connects."""
    found = re.search(rf"{instance}\s*\((.*?)\);", top, re.DOTALL)
    return re.findall(r"\.(\w+)\s*\(", found[1])


def slice_text(module, ports, *, lite):
    """A register slice without registers."""
    lines, ways = [], []
    for port in sorted(set(ports)):
        if "_axi_" not in port:
            lines.append(f"input {port}")
            continue
        side, _, channel = port.partition("_axi_")
        width = next((bits for end, bits in WIDTHS.items() if channel.endswith(end)), 1)
        if lite:
            width = 4 if channel.endswith("strb") else LITE.get(width, width)
        onward = channel in {"bready", "rready"} or (channel[0] in "aw" and not channel.endswith("ready"))
        is_input = onward == (side == "s")
        lines.append(f"{'input' if is_input else 'output'} [{width - 1}:0] {port}")
        other = f"{'m' if side == 's' else 's'}_axi_{channel}"
        if not is_input:
            ways.append(f"assign {port} = {other if other in ports else 0};")
    return f"module {module}(\n  {', '.join(lines)}\n);\n{chr(10).join(ways)}\nendmodule\n"


def stand_ins(top):
    """What the vendor's tools would bring."""
    buses = connected(top, "PCIS_REG_SLC_BOT_SLR") + connected(top, "PCIM_REG_SLC_MID_SLR")
    debug = [f"{'output' if port.endswith('tdo') else 'input'} {port}" for port in connected(top, "CL_DEBUG_BRIDGE")]
    return "\n".join(
        (
            slice_text("axi_register_slice", buses, lite=False),
            slice_text("axi_register_slice_light", connected(top, "AXIL_OCL_REG_SLC_BOT_SLR"), lite=True),
            f"module cl_debug_bridge(\n  {', '.join(debug)}\n);\nendmodule\n",
        )
    )


@pytest.fixture(scope="session")
def vendors_engine(tmp_path_factory):
    """The library of cl_sde; its build takes a minute."""
    named = os.environ.get(VARIABLE, "")
    design, common = Path(named, "hdk/cl/examples/cl_sde/design"), Path(named, "hdk/common")
    if not named or not design.is_dir():
        pytest.skip(f"{VARIABLE} names no checkout of the vendor's HDK")
    require_tools()
    stubs = tmp_path_factory.mktemp("stubs") / "stubs.sv"
    stubs.write_text(stand_ins((design / "cl_sde.sv").read_text(encoding="utf-8")), encoding="utf-8")
    sources = [
        *sorted(design.glob("*.sv")),
        *sorted((common / "lib").glob("*.sv")),
        *sorted((common / "lib").glob("ft_fifo*.v")),
    ]
    files = sorted((path for path in sources if path.stem not in LEFT_OUT), key=lambda path: path.stem != "sde_pkg")
    files += [common / "shell_stable/design/sh_ddr/sh_ddr.stub.sv", stubs]
    folders = (design, common / "lib", common / "shell_stable/design/interfaces")
    own = hal.load_map("cl_sde")._design
    return library_of(
        "vendors_sde", top="cl_sde", files=files, design=design_text(own), afi=own.afi_id,
        arguments=[*(f"-I{folder}" for folder in folders), "+define+NO_XILINX_XPM_RAM", "+define+NO_SDE_DEBUG_ILA", "-Wno-fatal"],
    )  # fmt: skip
