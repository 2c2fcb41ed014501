"""The SDK's interface as this extension was compiled with it: its structs, and the functions that are used."""

from __future__ import annotations

from hal._binding.extension import ffi, lib

__all__ = ["sdk_functions", "struct_sizes"]

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


def sdk_functions() -> tuple[str, ...]:
    """Names of the SDK's functions that the core looks for in a library."""
    names: list[str] = []
    while (name := lib.hal_sdk_function(len(names))) != ffi.NULL:
        names.append(bytes(ffi.string(name)).decode())
    return tuple(names)
