"""Any arguments of the library's own functions, as a program in C could give them: each ends in a code."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from hal._binding.sdk.discovery import pci_path
from tests.support.processes import LIMIT

ROUNDS = int(os.environ.get("HAL_TEST_HOSTILE_CALLS", "4000"))
PROGRAM = """
import ctypes, json, random, sys
library, chance = ctypes.CDLL(sys.argv[1]), random.Random(int(sys.argv[2]))
room = ctypes.create_string_buffer(1 << 16)
NUMBERS = (0, 1, 2, 4, 5, 7, 8, 63, 64, 65, 4096, 1 << 14, (1 << 20) - 4, 1 << 20, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 4, (1 << 64) - 1)
number = lambda: chance.choice(NUMBERS) if chance.random() < 0.8 else chance.getrandbits(64)
u64, u32 = (lambda: ctypes.c_uint64(number())), (lambda: ctypes.c_uint32(number() & 0xFFFFFFFF))
i32 = lambda: ctypes.c_int(chance.choice((*[0] * 12, 1, 2, 3, 4, 5, 6, -1, 7, 8, 63, 64, 1 << 30, -(1 << 31))))
out = lambda: chance.choice((room, None))
words = lambda: ctypes.c_uint64(chance.choice((0, 1, 1000, 1 << 40, (1 << 62) + 1, (1 << 64) - 1)))
FUNCTIONS = {
    "fpga_pci_attach": (i32, i32, i32, u32, out), "fpga_pci_detach": (i32,),
    **{f"fpga_pci_peek{w}": (i32, u64, out) for w in ("", "8", "64")},
    **{f"fpga_pci_poke{w}": (i32, u64, u64) for w in ("", "8", "64")},
    "fpga_pci_write_burst": (i32, u64, out, words), "fpga_pci_memset": (i32, u64, u32, words),
    "fpga_pci_get_address": (i32, u64, u64, out), "fpga_pci_get_slot_spec": (i32, out),
    "fpga_pci_get_resource_map": (i32, i32, out), "fpga_pci_rescan_slot_app_pfs": (i32,),
    "fpga_mgmt_describe_local_image": (i32, out, u32), "fpga_mgmt_get_status": (i32, out, out),
    "fpga_mgmt_load_local_image": (i32, out), "fpga_mgmt_clear_local_image": (i32,),
    "fpga_mgmt_get_vLED_status": (i32, out), "fpga_mgmt_set_vDIP": (i32, u32), "aws_clkgen_get_dynamic": (i32, out),
    "fpga_mgmt_strerror": (i32,), "fpga_mgmt_strerror_long": (i32,), "fpga_mgmt_get_status_name": (i32,),
    "fpga_mgmt_init": (), "fpga_mgmt_close": (),
}
seen = set()
for _ in range(int(sys.argv[3])):
    name = chance.choice(list(FUNCTIONS))
    code = getattr(library, name)(*(make() for make in FUNCTIONS[name]))
    if "str" not in name and "name" not in name:
        seen.add(code)
print(json.dumps(sorted(seen)))
"""


def test_any_arguments_end_in_a_code(pci_tree):
    found = set()
    for seed in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, pci_path(), str(seed), str(ROUNDS)],
            env=os.environ | {"HAL_PCI_ROOT": str(pci_tree.root), "HAL_PCI": "1234:11e8"},
            capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found |= set(json.loads(done.stdout))
    assert {0, 20, 24, -2, -22, -95, -116} <= found <= {0, 20, 24, -2, -6, -22, -95, -116}
