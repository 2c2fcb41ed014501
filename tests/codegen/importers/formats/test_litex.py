"""LiteX' csr.json and csr.csv become the same map."""

from __future__ import annotations

import json

import pytest

import codegen
from codegen.importers.described.request import Options
from codegen.importers.importing import import_file
from tests.support.refusals import require_refused

CSRS = {
    "csr_bases": {"ctrl": 0xF0000000, "uart": 0xF0000800, "identifier_mem": 0xF0001000},
    "csr_registers": {
        "ctrl_reset": {"addr": 0xF0000000, "size": 1, "type": "rw"},
        "ctrl_cycles": {"addr": 0xF0000004, "size": 2, "type": "ro"},
        "uart_rxtx": {"addr": 0xF0000800, "size": 1, "type": "rw"},
    },
    "constants": {"config_csr_data_width": 32, "config_cpu_type": None},
    "memories": {"sram": {"base": 0x10000000, "size": 8192, "type": "cached"}},
}
TABLE = """\
# Written by a builder.
csr_base,ctrl,0xf0000000,,
csr_base,uart,0xf0000800,,
csr_base,identifier_mem,0xf0001000,,
csr_register,ctrl_reset,0xf0000000,1,rw
csr_register,ctrl_cycles,0xf0000004,2,ro
csr_register,uart_rxtx,0xf0000800,1,rw
constant,config_csr_data_width,32,,
constant,config_cpu_type,None,,
memory_region,sram,0x10000000,8192,cached
"""


@pytest.mark.parametrize(("name", "text"), [("soc.json", json.dumps(CSRS, indent=1)), ("soc.csv", TABLE)])
def test_the_map(name, text, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    imported = import_file(path, Options())
    assert imported.maps[0].data == {
        "schema": 1,
        "name": "soc",
        "blocks": {
            "ctrl": {
                "offset": 0,
                "registers": {
                    "reset": {"offset": 0},
                    "cycles": {
                        "offset": 4,
                        "width": 64,
                        "access_width": 32,
                        "endian": "big",
                        "access": "ro",
                        "volatile": True,
                    },
                },
            },
            "uart": {"offset": 0x800, "registers": {"rxtx": {"offset": 0}}},
        },
    }
    assert sorted(remark.message for remark in imported.remarks.of("dropped")) == [
        "2 constants of the build",
        f"a memory of 8192 bytes at {'268435456' if name.endswith('json') else '0x10000000'} of the bus",
        "no registers are in it",
    ]
    codegen.load(path)


def test_narrow_csrs_are_arrays_of_words(tmp_path):
    path = tmp_path / "soc.csv"
    path.write_text(TABLE.replace("width,32", "width,8"))
    registers = codegen.load(path).root.children[0].type.children
    assert [(item.name, item.count, item.stride) for item in registers] == [("reset", None, 4), ("cycles", 2, 4)]
    assert registers[1].type.fields[0].width == 8


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("csr_base,ctrl,0x0,,\ncsr_register,other_r,0x0,1,rw\n", 2, "no csr_base goes with this register"),
        ("csr_base,ctrl,0x0,,\ncsr_register,ctrl_r,zero,1,rw\n", 2, "addr of ctrl_r is 'zero', wanted a number"),
        ("csr_base,ctrl,0x0,,\nsomething,ctrl_r\n", 2, "'something' is no kind of line"),
        ("csr_base,ctrl,0x0,,\ncsr_register,ctrl_r,0x0,0,rw\n", 2, "the register has 0 words"),
        *(
            (
                f"csr_base,ctrl,0x0,,\ncsr_register,ctrl_r,0x0,1,rw\nconstant,config_csr_data_width,{width},,\n",
                3,
                f"config_csr_data_width is '{width[:40]}', allowed: 1 to 32",
            )
            for width in ("abc", "0", "-8", "9" * 5000)
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, said, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    require_refused(path, line, said)
