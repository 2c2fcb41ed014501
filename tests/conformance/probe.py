"""Calls every function of the SDK's interface in every situation that its users meet, and prints what it answers.

A program: `probe.py LIBRARY AFI [frail] [SCRATCH]`. It needs the standard library alone. SCRATCH is an offset in app BAR
0 that may be written. A row is the function, the situation, and the
answer: a code, or a text that is returned or was read. What the vendor's library does not survive is left out there.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time

ABSENT, ONE = 7, 0  # slots
BURST, METRICS = 1, 2  # flags
LOADED, CLEARED, BUSY = 0, 1, 2
HANDLES = 64
UNKNOWN = b"agfi-0123456789abcdeff"
INFO_BYTES, SPEC_BYTES, MAP_BYTES, CLOCK_BYTES, OPTION_BYTES = 708, 116, 58, 96, 1024

INT, U32, U64 = ctypes.c_int, ctypes.c_uint32, ctypes.c_uint64
WORDS = {"": (ctypes.c_uint32, 4), "8": (ctypes.c_uint8, 1), "64": (ctypes.c_uint64, 8)}


class MissingFunctionError(Exception):
    """The library has no such function."""


class Probe:
    """`hardy`: it survives bad handles."""

    def __init__(self, path, afi, *, hardy):
        self.library, self.afi, self.hardy = ctypes.CDLL(path), afi, hardy
        self.rows = []
        self.room = ctypes.create_string_buffer(4096)

    def call(self, name, *arguments, result=INT):
        try:
            function = getattr(self.library, name)
        except AttributeError:
            raise MissingFunctionError from None
        function.restype = result
        return function(*arguments)

    def tell(self, name, situation, ask, *, hardy=False):
        """Adds a row. `hardy`: only of a library that survives it."""
        if hardy and not self.hardy:
            return
        try:
            answer = ask()
        except MissingFunctionError:
            return
        answer = answer.decode() if isinstance(answer, bytes) else "none" if answer is None else str(answer)
        self.rows.append((name, situation, answer))

    def code(self, name, situation, *arguments, **more):
        self.tell(name, situation, lambda: self.call(name, *arguments), **more)

    def attach(self, bar=0, pf=0, flags=0, slot=ONE):
        handle = INT(-7)
        return self.call("fpga_pci_attach", slot, pf, bar, U32(flags), ctypes.byref(handle)), handle.value

    # -- one group after the other ------------------------------------------------------------------------------------

    def run(self):
        self.code("fpga_pci_init", "first call")
        self.code("fpga_mgmt_describe_local_image", "before fpga_mgmt_init", ONE, self.room, U32(0))
        self.code("fpga_mgmt_init", "first call")
        self.loading()
        self.slots()
        self.attaching()
        self.words()
        self.blocks()
        self.shell()
        self.rescanning()
        self.code("fpga_mgmt_close", "last call")
        return self.rows

    def slots(self):
        spec, resources = self.room, ctypes.create_string_buffer(MAP_BYTES)
        self.code("fpga_pci_get_slot_spec", "a slot", ONE, spec)
        self.code("fpga_pci_get_slot_spec", "an absent slot", ABSENT, spec)
        self.code("fpga_pci_get_all_slot_specs", "one slot", spec, 1)
        self.code("fpga_pci_get_resource_map", "app", ONE, 0, resources)
        self.code("fpga_pci_get_resource_map", "mgmt", ONE, 1, resources)
        self.code("fpga_pci_get_resource_map", "a third function", ONE, 2, resources)
        self.code("fpga_pci_get_resource_map", "an absent slot", ABSENT, 0, resources)
        self.code("fpga_mgmt_describe_local_image", "a slot", ONE, self.room, U32(0))
        self.code("fpga_mgmt_describe_local_image", "with counters", ONE, self.room, U32(METRICS))
        self.code("fpga_mgmt_describe_local_image", "an absent slot", ABSENT, self.room, U32(0))
        status, qualifier = INT(), INT()
        pair = ctypes.byref(status), ctypes.byref(qualifier)
        self.code("fpga_mgmt_get_status", "a slot", ONE, *pair)
        self.code("fpga_mgmt_get_status", "an absent slot", ABSENT, *pair)
        text = ctypes.c_char_p
        for code in (0, 20, 24):
            self.tell(
                "fpga_mgmt_strerror", f"of {code}", lambda code=code: self.call("fpga_mgmt_strerror", code, result=text)
            )
        self.tell("fpga_mgmt_strerror_long", "of 0", lambda: self.call("fpga_mgmt_strerror_long", 0, result=text))
        self.tell("fpga_mgmt_get_status_name", "of 0", lambda: self.call("fpga_mgmt_get_status_name", 0, result=text))

    def attaching(self):
        def attached(**where):
            def ask():
                code, handle = self.attach(**where)
                if code == 0:
                    self.call("fpga_pci_detach", handle)
                return code

            return ask

        name = "fpga_pci_attach"
        self.tell(name, "app BAR 0", attached())
        self.tell(name, "a BAR that the card has not", attached(bar=3))
        self.tell(name, "BAR 9", attached(bar=9))
        self.tell(name, "function 2", attached(pf=2))
        self.tell(name, "mgmt BAR 0", attached(pf=1))
        self.tell(name, "an absent slot", attached(slot=ABSENT))
        self.tell(name, "BURST_CAPABLE, a BAR without it", attached(flags=BURST))
        handles = [self.attach() for _ in range(HANDLES + 1)]
        self.tell(name, "when all handles are taken", lambda: f"{handles[-1][0]}, handle {handles[-1][1]}")
        for _, handle in handles:
            if handle >= 0:
                self.call("fpga_pci_detach", handle)
        _, handle = self.attach()
        self.code("fpga_pci_detach", "a handle", handle)
        self.code("fpga_pci_detach", "again", handle)
        self.code("fpga_pci_detach", "handle 1000", 1000)
        self.code("fpga_pci_detach", "handle -1", -1, hardy=True)

    def words(self):
        _, handle = self.attach()
        size = self.size()
        for suffix, (kind, count) in WORDS.items():
            peek, poke, out = f"fpga_pci_peek{suffix}", f"fpga_pci_poke{suffix}", kind()
            place = ctypes.byref(out)
            self.code(poke, "a word", handle, U64(self.scratch), kind(0x5A))
            self.code(peek, "a word", handle, U64(self.scratch), place)
            self.code(peek, "past the end", handle, U64(size), place)
            self.code(poke, "past the end", handle, U64(size), kind(0))
            self.code(peek, "a handle that is none", 63, U64(0), place)
            self.code(poke, "a handle that is none", 63, U64(0), kind(0))
            self.code(peek, "an offset that wraps", handle, U64((1 << 64) - count), place, hardy=True)
            if count > 1:
                self.code(peek, "a misaligned offset", handle, U64(self.scratch + 1), place)
                self.code(poke, "a misaligned offset", handle, U64(self.scratch + 1), kind(0))
        self.call("fpga_pci_detach", handle)

    def blocks(self):
        _, handle = self.attach()
        data, pointer = (ctypes.c_uint32 * 4)(), ctypes.c_void_p()
        self.code("fpga_pci_write_burst", "four words", handle, U64(self.scratch), data, U64(4))
        self.code("fpga_pci_write_burst", "past the end", handle, U64(self.size() - 4), data, U64(4))
        self.code("fpga_pci_memset", "four words", handle, U64(self.scratch), U32(0), U64(4))
        self.code("fpga_pci_memset", "past the end", handle, U64(self.size() - 4), U32(0), U64(4))
        out = ctypes.byref(pointer)
        self.code("fpga_pci_get_address", "16 bytes", handle, U64(0), U64(16), out)
        self.code("fpga_pci_get_address", "past the end", handle, U64(self.size()), U64(16), out)
        self.call("fpga_pci_detach", handle)

    def size(self):
        """Bytes of app BAR 0, as the resource map has them: after six ids, three numbers and five flags."""
        resources = ctypes.create_string_buffer(MAP_BYTES)
        self.call("fpga_pci_get_resource_map", ONE, 0, resources)
        return int.from_bytes(resources.raw[18:26], "little")

    # -- what the shell does ------------------------------------------------------------------------------------------

    def settle(self, wanted):
        """Waits for the end of a load or clear, where there is one."""
        status, qualifier, end = INT(BUSY), INT(), time.monotonic() + 20
        while status.value == BUSY and time.monotonic() < end:
            if self.call("fpga_mgmt_get_status", ONE, ctypes.byref(status), ctypes.byref(qualifier)):
                return
            time.sleep(0.005)

    def loading(self):
        load, flags = "fpga_mgmt_load_local_image", U32(0)
        looks, delay = U32(1000), U32(1)
        for name, wait in ((load, ()), (f"{load}_flags", (flags,))):
            self.code(name, "an AFI", ONE, self.afi, *wait)
            self.settle(LOADED)
        self.code(load, "an unknown AFI", ONE, UNKNOWN)
        self.code(load, "an absent slot", ABSENT, self.afi)
        self.code("fpga_mgmt_clear_local_image", "a slot", ONE)
        self.settle(CLEARED)
        self.code("fpga_mgmt_clear_local_image", "an absent slot", ABSENT)
        self.code(f"{load}_sync", "an AFI", ONE, self.afi, looks, delay, None)
        self.code("fpga_mgmt_clear_local_image_sync", "a slot", ONE, looks, delay, None)
        options = ctypes.create_string_buffer(OPTION_BYTES)
        self.code("fpga_mgmt_init_load_local_image_options", "options", options)
        afi = ctypes.create_string_buffer(self.afi)
        options[0:4], options[8:16] = bytes(4), ctypes.addressof(afi).to_bytes(8, "little")
        self.code(f"{load}_with_options", "an AFI", options)
        self.settle(LOADED)
        self.code(f"{load}_sync_with_options", "an AFI", options, looks, delay, None)
        self.code(f"{load}_sync_flags", "an unknown AFI", ONE, UNKNOWN, flags, looks, delay, None)
        self.code(f"{load}_sync_flags", "an absent slot", ABSENT, self.afi, flags, looks, delay, None)
        self.code(f"{load}_sync_flags", "an AFI", ONE, self.afi, flags, looks, delay, None)

    def shell(self):
        value, clocks = ctypes.c_uint16(), ctypes.create_string_buffer(CLOCK_BYTES)
        for name in ("fpga_mgmt_get_vLED_status", "fpga_mgmt_get_vDIP_status"):
            self.code(name, "a slot", ONE, ctypes.byref(value))
            self.code(name, "an absent slot", ABSENT, ctypes.byref(value))
        self.code("fpga_mgmt_set_vDIP", "a slot", ONE, ctypes.c_uint16(0))
        self.code("fpga_mgmt_set_vDIP", "an absent slot", ABSENT, ctypes.c_uint16(0))
        for name in ("fpga_mgmt_set_cmd_timeout", "fpga_mgmt_set_cmd_delay_msec"):
            self.tell(name, "a number", lambda name=name: self.call(name, U32(2), result=None))
        numbers = [U32(0)] * 5
        self.code("aws_clkgen_get_dynamic", "a slot", ONE, clocks)
        self.code("aws_clkgen_set_recipe", "a slot", ONE, *numbers)
        self.code("aws_clkgen_set_dynamic", "frequencies of 0", ONE, *numbers)
        self.code("aws_clkgen_deassert_resets", "a slot", ONE)
        self.code("aws_clkgen_get_dynamic", "an absent slot", ABSENT, clocks)

    def rescanning(self):
        out = ctypes.c_uint32()
        _, handle = self.attach()
        self.code("fpga_pci_rescan_slot_app_pfs", "a slot", ONE)
        self.code("fpga_pci_peek", "a mapping of before a rescan", handle, U64(0), ctypes.byref(out), hardy=True)
        self.call("fpga_pci_detach", handle)
        self.code("fpga_pci_rescan_slot_app_pfs", "an absent slot", ABSENT)
        self.tell("fpga_pci_attach", "after a rescan", lambda: self.attach()[0])

    scratch = 0x40


def answers(path, afi, *, hardy=True, scratch=Probe.scratch):
    """All rows of a library."""
    probe = Probe(path, afi.encode(), hardy=hardy)
    probe.scratch = scratch
    return probe.run()


if __name__ == "__main__":
    more = sys.argv[3:]
    numbers = [int(word, 16) for word in more if word != "frail"]
    print(
        json.dumps(answers(sys.argv[1], sys.argv[2], hardy="frail" not in more, scratch=(*numbers, Probe.scratch)[0]))
    )
