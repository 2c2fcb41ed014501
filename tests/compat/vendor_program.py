"""A program as a user of the vendor's Python modules writes it: nothing in it is hal's. Run by test_program."""

import json
import sys
import time

from fpga_clkgen_wrapper import FpgaClkgen
from fpga_mgmt_wrapper import FpgaMgmt
from fpga_pci_wrapper import FpgaPCI

AFI = "agfi-080817d089f3cd2ed"
GET_HW_METRICS = 1 << 1
PATTERN, CHANNELS, DDR = 0x414, 0x404, 0x4000


def load(mgmt, slot):
    """Starts the load and polls until the slot is no longer busy."""
    info = mgmt.load_local_image(slot, AFI)
    while info["status"] == "busy":
        time.sleep(0.001)
        info = mgmt.describe_local_image(slot, GET_HW_METRICS)
    return info


def registers(pci, slot):
    """A register and a read-only one."""
    handle = pci.pci_attach(slot, 0, 0, 0)
    pci.pci_poke(handle, PATTERN, 0x12345678)
    found = {"pattern": pci.pci_peek(handle, PATTERN), "channels": pci.pci_peek(handle, CHANNELS)}
    pci.pci_detach(handle)
    return found


def memory(pci, slot):
    """Bursts and fills."""
    handle = pci.pci_attach(slot, 0, 4, 1)
    pci.pci_write_burst(handle, DDR, list(range(1, 9)), 8)
    pci.pci_memset(handle, DDR + 32, 0xAAAAAAAA, 2)
    pci.pci_poke8(handle, DDR, 0xFF)
    found = [pci.pci_peek64(handle, DDR + 8 * i) for i in range(5)]
    pci.pci_detach(handle)
    return found


def main(slot):
    """All of it, printed as JSON."""
    mgmt, pci, clkgen = FpgaMgmt(), FpgaPCI(), FpgaClkgen()
    info = load(mgmt, slot)
    pci.pci_rescan_slot_app_pfs(slot)  # shows the ids of what was loaded
    info["afi_id"] = info["afi_id"]["afi_id"].decode()
    clkgen.set_dynamic(slot, 100, 250, 200, 300, 0)
    try:
        clkgen.set_dynamic(slot, 126, 250, 200, 300, 0)
        refused = ""
    except RuntimeError as error:
        refused = str(error)
    result = {
        "info": info,
        "map": pci.pci_get_resource_map(slot, 0),
        "registers": registers(pci, slot),
        "memory": memory(pci, slot),
        "clocks": clkgen.get_dynamic(slot),
        "refused": refused,
        "cleared": mgmt.clear_local_image_sync(slot, 2500, 2)["status"],
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(0)
