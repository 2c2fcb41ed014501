"""SystemRDL: properties of fields, registers and maps, and what becomes of each.

`hal_...` are of our own: what SystemRDL has no word for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from systemrdl.component import Addrmap, Field, Reg
from systemrdl.node import RegNode
from systemrdl.rdltypes.builtin_enums import AccessType, OnReadType, OnWriteType
from systemrdl.rdltypes.references import RefType
from systemrdl.udp import UDPDefinition

from codegen.schema.policies import AccessPolicy

if TYPE_CHECKING:
    from systemrdl.node import FieldNode

__all__ = ["KNOWN", "KNOWN_PROPERTIES", "OWN_PROPERTIES", "access_of", "is_latched", "number_format"]

_SOFTWARE = {
    AccessType.rw: ("value", "value", False),
    AccessType.r: ("value", "none", False),
    AccessType.w: ("none", "value", False),
    AccessType.rw1: ("value", "value", True),
    AccessType.w1: ("none", "value", True),
    AccessType.na: ("none", "none", False),
}
_READS = {OnReadType.rclr: "clear", OnReadType.rset: "set", OnReadType.ruser: "clear"}
_WRITES = {
    OnWriteType.woset: "one_sets",
    OnWriteType.woclr: "one_clears",
    OnWriteType.wot: "one_toggles",
    OnWriteType.wzs: "zero_sets",
    OnWriteType.wzc: "zero_clears",
    OnWriteType.wzt: "zero_toggles",
    OnWriteType.wclr: "clears",
    OnWriteType.wset: "sets",
    OnWriteType.wuser: "value",
}

KNOWN = frozenset((
    "name", "desc", "ispresent", "sw", "hw", "onread", "onwrite", "rclr", "rset", "woclr", "woset", "reset", "encode",
    "singlepulse", "fieldwidth", "regwidth", "accesswidth", "mementries", "memwidth", "addressing", "alignment", "lsb0",
    "msb0", "bigendian", "littleendian", "shared", "sharedextbus", "errextbus", "donttest", "dontcompare", "bridge",
    "is_signed", "intwidth", "fracwidth", "buffer_reads", "buffer_writes", "rd_swacc", "wr_swacc",
    "hal_format", "hal_unit", "hal_scale", "hal_offset", "hal_idle", "hal_afi", "hal_pci", "hal_bar",
))  # fmt: skip
"""Properties that the map says, or that say nothing to software."""


def access_of(node: FieldNode) -> tuple[AccessPolicy, str]:
    """Return the policy of a field, and what is approximated in it."""
    read, write, once = _SOFTWARE[node.get_property("sw")]
    on_read, on_write = node.get_property("onread"), node.get_property("onwrite")
    said = ""
    if read != "none" and on_read is not None:
        read = _READS[on_read]
        if on_read is OnReadType.ruser:
            said = "onread ruser is taken as clear: nothing reads it unless a program does"
    if write != "none" and on_write is not None:
        write = _WRITES[on_write]
        if on_write is OnWriteType.wuser:
            said = "onwrite wuser is taken as a plain write"
    return AccessPolicy(read, write, once), said


def number_format(node: FieldNode) -> object:
    """Return the format that PeakRDL-regblock's properties of numbers say; None where there are none."""
    signed = bool(node.get_property("is_signed", default=False))
    fraction, whole = (node.get_property(name, default=None) for name in ("fracwidth", "intwidth"))
    if fraction is None and whole is None:
        return "signed" if signed else None
    bits = node.width - int(whole or 0) if fraction is None else fraction
    return {"fixed": {"signed": signed, "fraction_bits": bits}}


def is_latched(node: RegNode) -> bool:
    """Return whether reading a register's first word holds the others, as PeakRDL-regblock's buffers do."""
    trigger = node.get_property("rbuffer_trigger", default=None)
    is_own = trigger is None or (isinstance(trigger, RegNode) and trigger.get_path() == node.get_path())
    return bool(node.get_property("buffer_reads", default=False)) and is_own


def _own(name: str, kind: Any, of: set[Any]) -> type[UDPDefinition]:
    said = {"default_assignment": True} if kind is bool else {}
    return type(name, (UDPDefinition,), {"name": name, "valid_components": of, "valid_type": kind, **said})


OWN_PROPERTIES = (
    *(_own(f"hal_{name}", str, {Field}) for name in ("format", "unit", "scale", "offset", "idle")),
    _own("hal_afi", str, {Addrmap}),
    _own("hal_pci", str, {Addrmap}),
    _own("hal_bar", int, {Addrmap}),
)
"""format, unit, scale, offset and idle as in a map; ids of the AFI; "vendor:device" in hex; the number of the BAR."""

KNOWN_PROPERTIES = (
    *OWN_PROPERTIES,
    *(_own(name, bool, {Field}) for name in ("is_signed", "rd_swacc", "wr_swacc")),
    *(_own(name, int, {Field}) for name in ("intwidth", "fracwidth")),
    *(_own(name, bool, {Reg}) for name in ("buffer_reads", "buffer_writes")),
    *(_own(name, RefType, {Reg}) for name in ("rbuffer_trigger", "wbuffer_trigger")),
)
"""With those of PeakRDL-regblock, which its users compile before their own files."""
