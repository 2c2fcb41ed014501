"""The SDK's management calls, typed. Each returns a code first: a negative errno, a positive FPGA_ERR, or HAL_E_*.

What a call could not bring is zero. Source of each: the function of the SDK that its docstring names.
"""

from __future__ import annotations

import threading
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

from hal._binding.extension import TIMEOUT_CODE, bytes_of, ffi, flags_of, lib, text_of
from hal._binding.raising import passed, pending, pending_error
from hal.codes import IntStatus, PcimProtocolError
from hal.info import ClockGroups, ImageInfo, Metrics, PciAddress, ResourceMap, status_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Services"]

Members = dict[str, Any]

_PATIENCE_MS_MAX = (1 << 32) - 1


class Services:
    """Management of the slots that a library reaches. The library is started before its first call."""

    def __init__(
        self, native: Any, start: Callable[[], None], *, quick: bool = True, seconds: float | None = None
    ) -> None:
        """`quick`: no call blocks for long, so all are made in this thread. `seconds`: the longest wait."""
        self._native, self._start, self._quick, self._seconds = native, start, quick, seconds

    def within(self, seconds: float) -> Services:
        """The same calls, none of which is waited for any longer: TIMEOUT_CODE, and the call goes on without us."""
        return Services(self._native, self._start, quick=self._quick, seconds=seconds)

    def _library(self) -> Any:
        self._start()
        return self._native

    def bound(self, slot: int) -> None:
        """Has what accesses ask by themselves, after all ones, wait no longer either; the latest call counts."""
        if not self._quick and self._seconds is not None:
            lib.hal_set_patience(self._native, slot, min(_PATIENCE_MS_MAX, max(1, int(self._seconds * 1000))))

    # -- what a slot says -----------------------------------------------------------------------------------------

    def describe(self, slot: int, flags: int = 0) -> tuple[int, ImageInfo]:
        """What the slot holds (fpga_mgmt_describe_local_image)."""
        code, raw = self._describe(slot, flags)
        return code, _image_info(raw)

    def look(self, slot: int) -> tuple[int, ImageInfo, int]:
        """The same, and the number of the design that this is said of; see `Library.design_number`.

        Timeouts that its metrics had counted by now are no news from now on.
        """
        raw, design = ffi.new("struct fpga_mgmt_image_info *"), ffi.new("uint64_t *")
        library = self._library()
        code = self._call(lambda: lib.hal_look(library, slot, raw, design))
        return code, _image_info(raw), int(design[0])

    def metrics(self, slot: int, flags: int) -> tuple[int, Metrics]:
        """The shell's counters, with Command.GET_HW_METRICS in `flags` (fpga_mgmt_describe_local_image)."""
        code, raw = self._describe(slot, flags)
        return code, _metrics(raw.metrics.f2)

    def image_members(self, slot: int, flags: int) -> tuple[int, Members]:
        """The same call's struct as a dict: status, status_q, slot_id, afi_id (bytes), spec, sh_version, metrics."""
        code, raw = self._describe(slot, flags)
        return code, {
            "status": int(raw.status),
            "status_q": int(raw.status_q),
            "slot_id": int(raw.slot_id),
            "afi_id": bytes_of(raw.ids.afi_id),
            "spec": _members(raw.spec),
            "sh_version": int(raw.sh_version),
            "metrics": _members(raw.metrics.f2),
        }

    def status(self, slot: int) -> tuple[int, int, int]:
        """Code, status and its qualifier (fpga_mgmt_get_status)."""
        status, qualifier = ffi.new("int *"), ffi.new("int *")
        code = self._call(partial(lib.hal_status, self._library(), slot, status, qualifier))
        return code, int(status[0]), int(qualifier[0])

    def slot_spec(self, slot: int) -> tuple[int, Members]:
        """Both PCI functions (fpga_pci_get_slot_spec)."""
        raw = ffi.new("struct fpga_slot_spec *")
        return self._call(partial(lib.hal_slot_spec, self._library(), slot, raw)), _members(raw)

    def all_slot_specs(self, count: int) -> tuple[int, list[Members]]:
        """The same for slots 0 to count - 1 (fpga_pci_get_all_slot_specs)."""
        raw = ffi.new("struct fpga_slot_spec[]", count)
        return self._call(partial(lib.hal_all_slot_specs, self._library(), raw, count)), _members(raw)

    def resource_map(self, slot: int, pf: int) -> tuple[int, Members]:
        """One PCI function (fpga_pci_get_resource_map)."""
        raw = ffi.new("struct fpga_pci_resource_map *")
        return self._call(partial(lib.hal_resource_map, self._library(), slot, pf, raw)), _members(raw)

    # -- loading --------------------------------------------------------------------------------------------------

    def load(self, slot: int, afi: bytes, flags: int) -> int:
        """Starts a load (fpga_mgmt_load_local_image_flags)."""
        return self._call(partial(lib.hal_load, self._library(), slot, afi, flags))

    def load_sync(self, slot: int, afi: bytes, flags: int, timeout: int, delay_msec: int) -> int:
        """Loads and waits (fpga_mgmt_load_local_image_sync_flags): `timeout` looks, `delay_msec` apart."""
        library, raw = self._library(), ffi.new("struct fpga_mgmt_image_info *")
        return self._aside(lambda: lib.hal_load_sync(library, slot, afi, flags, timeout, delay_msec, raw))

    def clear(self, slot: int) -> int:
        """Starts a clear (fpga_mgmt_clear_local_image)."""
        return self._call(partial(lib.hal_clear, self._library(), slot))

    def clear_sync(self, slot: int, timeout: int, delay_msec: int) -> int:
        """Clears and waits (fpga_mgmt_clear_local_image_sync)."""
        library, raw = self._library(), ffi.new("struct fpga_mgmt_image_info *")
        return self._aside(lambda: lib.hal_clear_sync(library, slot, timeout, delay_msec, raw))

    def rescan(self, slot: int) -> int:
        """Removes and rescans the application function (fpga_pci_rescan_slot_app_pfs)."""
        return self._call(partial(lib.hal_rescan, self._library(), slot))

    def set_cmd_timeout(self, looks: int) -> int:
        """How many delays a command may take (fpga_mgmt_set_cmd_timeout)."""
        return passed(lib.hal_set_cmd_timeout(self._library(), looks))

    def set_cmd_delay(self, msec: int) -> int:
        """Milliseconds of one delay (fpga_mgmt_set_cmd_delay_msec)."""
        return passed(lib.hal_set_cmd_delay(self._library(), msec))

    # -- LEDs, switches, clocks -----------------------------------------------------------------------------------

    def leds(self, slot: int) -> tuple[int, int]:
        """The 16 virtual LEDs (fpga_mgmt_get_vLED_status)."""
        out = ffi.new("uint16_t *")
        return self._call(partial(lib.hal_leds, self._library(), slot, out)), int(out[0])

    def dip(self, slot: int) -> tuple[int, int]:
        """The 16 virtual DIP switches (fpga_mgmt_get_vDIP_status)."""
        out = ffi.new("uint16_t *")
        return self._call(partial(lib.hal_dip, self._library(), slot, out)), int(out[0])

    def set_dip(self, slot: int, value: int) -> int:
        """Sets the switches (fpga_mgmt_set_vDIP)."""
        return self._call(partial(lib.hal_set_dip, self._library(), slot, value))

    def clocks(self, slot: int) -> tuple[int, ClockGroups]:
        """Frequencies in MHz (aws_clkgen_get_dynamic)."""
        code, raw = self._clocks(slot)
        a, b, c = raw.clock_group_a.clocks, raw.clock_group_b.clocks, raw.clock_group_c.clocks
        return code, ClockGroups((a[0], a[1], a[2]), (b[0], b[1]), (c[0], c[1]), raw.clock_group_hbm.clocks[0])

    def clock_members(self, slot: int) -> tuple[int, Members]:
        """The same call's struct as a dict."""
        code, raw = self._clocks(slot)
        return code, _members(raw)

    def set_recipe(self, slot: int, a: int, b: int, c: int, hbm: int, reset: int) -> int:
        """Recipes by number (aws_clkgen_set_recipe)."""
        return self._call(partial(lib.hal_set_recipe, self._library(), slot, a, b, c, hbm, reset))

    def set_dynamic(self, slot: int, a: int, b: int, c: int, hbm: int, reset: int) -> int:
        """Whole MHz at each group's first output (aws_clkgen_set_dynamic)."""
        return self._call(partial(lib.hal_set_dynamic, self._library(), slot, a, b, c, hbm, reset))

    def release_resets(self, slot: int) -> int:
        """Releases the clock generator's resets (aws_clkgen_deassert_resets); MISSING_CODE before release 2.3.3."""
        return self._call(partial(lib.hal_release_resets, self._library(), slot))

    # -- how ------------------------------------------------------------------------------------------------------

    def _call(self, call: Callable[[], int]) -> int:
        return passed(call()) if self._quick else self._aside(call)

    def _aside(self, call: Callable[[], int]) -> int:
        """The code of a call in which the library waits, made in another thread: a signal ends the wait here at once.

        The call goes on then, and whoever manages the slot meanwhile waits for it.
        """
        in_main = threading.current_thread() is threading.main_thread()
        if lib.hal_models_running() or not (in_main or self._seconds is not None):
            return passed(call())
        found: list[tuple[int, Any]] = []
        thread = threading.Thread(target=lambda: found.append((call(), pending_error())), daemon=True)
        thread.start()
        thread.join(self._seconds)
        if not found:
            return TIMEOUT_CODE
        code, pending.error = found[0]
        return passed(code)

    def _describe(self, slot: int, flags: int) -> tuple[int, Any]:
        raw = ffi.new("struct fpga_mgmt_image_info *")
        return self._call(partial(lib.hal_describe, self._library(), slot, flags, raw)), raw

    def _clocks(self, slot: int) -> tuple[int, Any]:
        raw = ffi.new("struct fpga_clkgen_info *")
        return self._call(partial(lib.hal_clocks, self._library(), slot, raw)), raw


def _image_info(raw: Any) -> ImageInfo:
    ids = raw.ids.afi_device_ids
    return ImageInfo(
        slot=raw.slot_id,
        status=status_of(raw.status),
        status_q=raw.status_q,
        afi_id=text_of(raw.ids.afi_id),
        vendor_id=ids.vendor_id,
        device_id=ids.device_id,
        subsystem_vendor_id=ids.svid,
        subsystem_device_id=ids.ssid,
        shell_version=raw.sh_version,
        app=_resource_map(raw.spec.map[0]),
        mgmt=_resource_map(raw.spec.map[1]),
    )


def _resource_map(raw: Any) -> ResourceMap:
    return ResourceMap(
        vendor_id=raw.vendor_id,
        device_id=raw.device_id,
        subsystem_device_id=raw.subsystem_device_id,
        subsystem_vendor_id=raw.subsystem_vendor_id,
        address=PciAddress(raw.domain, raw.bus, raw.dev, raw.func),
        resource_size=tuple(raw.resource_size),
        resource_burstable=flags_of(raw.resource_burstable),
    )


def _metrics(raw: Any) -> Metrics:
    special = {
        "int_status": IntStatus(raw.int_status),
        "pcim_axi_protocol_error_status": PcimProtocolError(raw.pcim_axi_protocol_error_status),
        "ddr_write_count": raw.ddr_ifs[0].write_count,
        "ddr_read_count": raw.ddr_ifs[0].read_count,
        "clocks": tuple(tuple(group.frequency) for group in raw.clocks),
        "cached_agfis": tuple(number for number in raw.cached_agfis if number),
    }
    names = [field.name for field in fields(Metrics)]
    return Metrics(**{name: special[name] if name in special else getattr(raw, name) for name in names})


def _members(value: Any) -> Any:
    """A C value as Python's own: structs as dicts of their members, arrays as lists, characters as bytes."""
    if not isinstance(value, ffi.CData):
        return value
    kind = ffi.typeof(value)
    if kind.kind == "pointer":
        return _members(value[0])
    if kind.kind == "array":
        if kind.item.cname == "_Bool":
            return list(flags_of(value))
        return bytes_of(value) if kind.item.cname == "char" else [_members(item) for item in value]
    return {name: _members(getattr(value, name)) for name, _ in kind.fields}
