"""The SDK's structs as this extension was compiled with them, beside what they have to be."""

from __future__ import annotations

from hal._binding.extension import ffi

__all__ = ["struct_sizes"]

# Bytes, measured with a compiler on x86-64; the build asserts every member's size and offset too.
_EXPECTED = {
    "struct fpga_pci_resource_map": 58,
    "struct fpga_slot_spec": 116,
    "struct afi_device_ids": 8,
    "struct fpga_meta_ids": 72,
    "struct f2_metrics_common": 440,
    "struct fpga_mgmt_image_info": 708,
    "struct fpga_clkgen_info": 96,
}


def struct_sizes() -> dict[str, tuple[int, int]]:
    """Bytes of each struct: as it is, and as the SDK has it."""
    return {name: (int(ffi.sizeof(name)), size) for name, size in _EXPECTED.items()}
