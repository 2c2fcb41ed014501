"""The classes with the vendor's names, on a library that reaches its card through the system's files."""

from __future__ import annotations

import json

from tests.sdk.fake_bus import AFI, OTHER, UNKNOWN

GENERATOR = 0x58000  # its id register, in the management function's BAR 4
PROGRAM = """
import json, sys
from hal.vendor import FpgaClkgen, FpgaMgmt, FpgaPCI
mgmt, pci, clkgen = FpgaMgmt(), FpgaPCI(), FpgaClkgen()
told = []
def keep(action):
    try:
        told.append(action())
    except RuntimeError as error:
        told.append(str(error))
{body}
print(json.dumps(told, default=repr))
"""


def told(machine, body, *arguments):
    return json.loads(machine.run(PROGRAM.format(body="\n".join(body)), *arguments)[0])


def test_what_is_told_of_failures(machine):
    found = told(
        machine,
        (
            "keep(lambda: mgmt.load_local_image(0, sys.argv[1]))",
            "keep(lambda: mgmt.load_local_image_sync_flags(1, sys.argv[2], 0, 1, 1))",
            "keep(lambda: pci.pci_attach(0, 0, 0, 1))",
            "keep(lambda: pci.pci_peek(pci.pci_attach(0, 0, 2, 0), 1 << 16))",
            "keep(lambda: clkgen.deassert_resets(0))",
        ),
        UNKNOWN,
        AFI,
    )
    parsed = [line.partition("; ")[0] for line in found]
    assert parsed == [
        "Failed to load AFI on slot: 0, error code: 5: invalid-afi-id",
        "Failed to load AFI sync flags on slot: 1, error code: 20: pci-device-missing",
        "Failed to pci attach on slot: 0, error code: -22: Invalid argument",
        "Failed to pci peek on slot: N/A, error code: -22: Invalid argument",
        "Failed to deassert resets on slot: 0, error code: -22: Invalid argument",
    ]
    assert not [line for line in found if "\n" in line]
    assert "needs a function that the loaded library lacks; update the SDK" in found[4]


def test_loads_accesses_and_what_the_bus_shows(machine):
    found = told(
        machine,
        (
            "info = mgmt.load_local_image_sync_flags(0, sys.argv[1], 0, 1, 1)",
            "told += [info['status'], info['afi_id']['afi_id'].decode(), info['metrics']['cached_agfis'][0]]",
            "ocl = pci.pci_attach(0, 0, 0, 0)",
            "told.append(pci.pci_peek(ocl, 0))",
            "pci.pci_poke(ocl, 0x103, 0x11223344)",
            "told += [pci.pci_peek(ocl, 0x103), pci.pci_peek8(ocl, 0x104), pci.pci_get_address(ocl, 0, 64 << 20) > 0]",
            "pci.pci_write_burst(ocl, 0x201, [1, 2, 3, 4], 2)",
            "told += [pci.pci_peek64(ocl, 0x201), pci.pci_peek(ocl, 0x209)]",
            "told += [len(pci.pci_get_all_slot_specs(size)) for size in (0, 1, 12)]",
            "told.append(pci.pci_get_slot_spec(0)['map'][0]['device_id'])",
            "told.append(mgmt.clear_local_image_sync(0, 1, 1)['status'])",
            "keep(lambda: pci.pci_peek(ocl, 0))",
        ),
        OTHER,
    )
    assert found[:-1] == [
        *("loaded", OTHER, "agfi-925b211f5a81b071", 0x600DF002, 0x11223344, 0x33, True),
        *(0x2_0000_0001, 0, 0, 1, 12, 0xF002, "cleared"),
    ]
    assert found[-1].startswith(
        "Failed to pci peek on slot: N/A, error code: -116: Stale file handle; peek of 32 bits at"
    )


def test_a_clock_setting_that_is_refused_has_changed_nothing(machine):
    bar = machine.devices / "0000:34:00.1" / "resource4"
    with bar.open("r+b") as file:
        file.seek(GENERATOR)
        file.write((0x90481D0F).to_bytes(4, "little"))
        file.seek(0x52200)
        file.write(b"as it was")
    before = bar.read_bytes()
    found = told(machine, ("keep(lambda: clkgen.set_dynamic(0, 125, 86, 150, 125, 0))",))
    text = "Failed to set dynamic on slot: 0, error code: 28: invalid-clkgen-input; frequency of group b in MHz: 86 is"
    assert found[0].startswith(text)
    assert bar.read_bytes() == before
