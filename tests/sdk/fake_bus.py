"""A machine made of files: a PCI bus with a host bridge and a card, below a library with the SDK's interface.

That library is `library.c` and `management.c`, or the one that HAL_TEST_SDK names: the vendor's.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import mmap
import os
import tempfile
from pathlib import Path

import codegen
from tests.bindings.gcc import compile_c
from tests.support.processes import run_python, start_python

HERE = Path(__file__).parent
BRIDGE, APP, MGMT = "0000:00:00.0", "0000:34:00.0", "0000:34:00.1"
AFI, OTHER, UNKNOWN = "agfi-080817d089f3cd2ed", "agfi-0925b211f5a81b071", "agfi-0123456789abcdeff"
SIZES = {APP: {0: 1 << 26, 2: 1 << 16, 4: 1 << 37}, MGMT: {0: 1 << 14, 2: 1 << 14, 4: 1 << 22}}
CLEARED_IDS = (0x1D0F, 0x9048, 0xFEDC, 0x1D51)
SHELL_VERSION = 0x10212415
PACE = 0.02  # of what the library waits


DESIGN = f"""
schema: 1
name: probed
afi: {{ids: [{AFI}]}}
registers:
  status: {{offset: 0x0, access: ro, volatile: true}}
"""


def write_driver(folder):
    """The module probed: a driver of one register, at the start of the application's BAR 0."""
    (folder / "probed.yaml").write_text(DESIGN)
    codegen.generate([folder / "probed.yaml"], folder)


class KnownAfi(ctypes.Structure):
    _fields_ = (("id", ctypes.c_char * 64), ("ids", ctypes.c_uint16 * 4))


class Firmware(ctypes.Structure):
    """The members of firmware.h."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("dead", "answer_ms", "load_ms", "settle_ms", "unheard")),
        *((name, ctypes.c_uint32) for name in ("loads", "clears", "commands", "rescans", "ocl_timeouts")),
        *((name, ctypes.c_int32) for name in ("status", "status_q")),
        *((name, ctypes.c_uint64) for name in ("ready_ns", "settled_ns")),
        *((name, KnownAfi) for name in ("loaded", "shown", "pending")),
        ("cached", ctypes.c_uint64 * 16),
        ("known", KnownAfi * 4),
    )


@functools.cache
def libraries():
    """Paths of what is preloaded, and of the library."""
    holder = tempfile.TemporaryDirectory(prefix="hal-sdk-")
    atexit.register(holder.cleanup)
    folder = Path(holder.name)
    below = folder / "libbelow.so"
    compile_c("-D_GNU_SOURCE", "-shared", "-fPIC", HERE / "bus.c", HERE / "mailbox.c", "-ldl", "-o", below)
    given = os.environ.get("HAL_TEST_SDK")
    library = Path(given) if given else folder / "libfpga_mgmt.so"
    if not given:
        compile_c("-D_GNU_SOURCE", "-shared", "-fPIC", HERE / "library.c", HERE / "management.c", "-o", library)
    return below, library


class FakeBus:
    """`root` stands for /sys; `firmware` is the shell's, live. Programs run on it as a user, or as root."""

    def __init__(self, root):
        self.root = root
        self.devices = root / "bus" / "pci" / "devices"
        self._add(BRIDGE, (0x8086, 0x1237, 0, 0), {})
        self._add(APP, CLEARED_IDS, SIZES[APP])
        self._add(MGMT, (0x1D0F, 0x9248, 0xFEDC, 0x9248), SIZES[MGMT])
        (self.devices / APP / "resource4_wc").symlink_to("resource4")
        (self.devices / MGMT / "resource0").write_bytes(SHELL_VERSION.to_bytes(4, "little").ljust(1 << 14, b"\0"))
        self.rescan = root / "bus" / "pci" / "rescan"
        self.rescan.touch()
        (root / "firmware").write_bytes(bytes(ctypes.sizeof(Firmware)))
        with (root / "firmware").open("r+b") as file:
            self.firmware = Firmware.from_buffer(mmap.mmap(file.fileno(), 0))
        self.firmware.status, self.firmware.load_ms = 1, 20
        self.know(AFI, 0xF004)
        self.know(OTHER, 0xF002)
        for known in (self.firmware.loaded, self.firmware.shown):
            known.ids[:] = CLEARED_IDS

    def _add(self, address, ids, sizes):
        folder = self.devices / address
        folder.mkdir(parents=True)
        for name, value in zip(("vendor", "device", "subsystem_vendor", "subsystem_device"), ids, strict=True):
            (folder / name).write_text(f"{value:#06x}\n")
        (folder / "enable").write_text("1\n")
        (folder / "remove").touch()
        for bar, size in sizes.items():
            with (folder / f"resource{bar}").open("wb") as file:
                file.truncate(size)
        self.allow(folder, write=False)

    def know(self, afi, device):
        """The firmware can load this AFI from now on."""
        free = next(known for known in self.firmware.known if not known.id)
        free.id, free.ids[:] = afi.encode(), (0x1D0F, device, 0xFEDC, 0x1D51)

    def allow(self, folder, *, write, pattern="re*"):
        """What others than root may do with the BARs and with `remove`."""
        for path in folder.glob(pattern):
            path.chmod(0o666 if write else 0o644)

    def allow_all(self):
        """All that a library needs, to everybody."""
        for address in (APP, MGMT):
            self.allow(self.devices / address, write=True)
        self.rescan.chmod(0o666)

    def environment(self, *, user=False):
        below, library = libraries()
        facts = {
            "LD_PRELOAD": " ".join(filter(None, [os.environ.get("LD_PRELOAD"), str(below)])),  # a sanitizer comes first
            "HAL_TEST_BUS": str(self.root),
            "HAL_TEST_BUS_PACE": str(PACE),
            "HAL_TEST_LIBRARY": str(library),
            "HAL_LIBRARY": str(library),
        }
        return facts | ({"HAL_TEST_BUS_USER": "1"} if user else {})

    def run(self, code, *arguments, user=False, **more):
        """A Python program on this machine; the lines that it printed."""
        done = run_python(code, *arguments, environment=self.environment(user=user) | more)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout.splitlines()

    def start(self, code, *arguments, user=False):
        """The same, to speak with."""
        return start_python(code, *arguments, environment=self.environment(user=user))
