"""Fields of real files by other readers than the importers: what stands at which address, as the file says it.

Each reader is plain: the compiler's own tree of SystemRDL, ElementTree for XML, and for the rest the language's own
package, by the registers' names.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

import hjson
import yaml
from systemrdl import RDLCompiler
from systemrdl.node import FieldNode, MemNode, RegNode

from codegen.importers.formats.systemrdl.systemrdl_properties import KNOWN_PROPERTIES
from codegen.schema.policies import POLICIES


class Fact(NamedTuple):
    """A field: where, how wide, what a read gives and what a write does; `reset` None where nobody says it."""

    address: int
    lsb: int
    width: int
    read: str
    write: str
    reset: int | None


def facts_of(device):
    """Those of a map."""
    found = []
    for place in device.walk():
        register = place.register
        for field in register.fields:
            policy = POLICIES[field.access]
            for low in lows_of(field):
                mask = ((1 << field.width) - 1) << low
                reset = None if register.unknown & mask else (register.reset & mask) >> low
                found.append(Fact(place.offset, low, field.width, policy.read, policy.write, reset))
    return found


def lows_of(field):
    """The lowest bits of a field, of each element of an array."""
    if field.array is None:
        return [field.lsb]
    return [field.lsb + number * field.array.stride for number in range(field.array.count)]


# -- SystemRDL ---------------------------------------------------------------------------------------------------------

RDL_SW = {
    "rw": "value value",
    "r": "value none",
    "w": "none value",
    "rw1": "value value",
    "w1": "none value",
    "na": "none none",
}
RDL_READS = {"rclr": "clear", "rset": "set", "ruser": "clear"}
RDL_WRITES = {
    "woset": "one_sets", "woclr": "one_clears", "wot": "one_toggles", "wzs": "zero_sets", "wzc": "zero_clears",
    "wzt": "zero_toggles", "wclr": "clears", "wset": "sets", "wuser": "value",
}  # fmt: skip


def systemrdl_facts(path):
    """{the top's name: [(the register's name, fact)]}."""
    compiler = RDLCompiler()
    for definition in KNOWN_PROPERTIES:
        compiler.register_udp(definition, soft=False)
    compiler.compile_file(str(path))
    top = compiler.elaborate().top
    found = []
    for node in top.descendants(unroll=True):
        if not isinstance(node, FieldNode) or any(isinstance(above, MemNode) for above in _above(node)):
            continue
        read, write = RDL_SW[node.get_property("sw").name].split()
        on_read, on_write = node.get_property("onread"), node.get_property("onwrite")
        if read != "none" and on_read is not None:
            read = RDL_READS[on_read.name]
        if write != "none" and on_write is not None:
            write = RDL_WRITES[on_write.name]
        reset = node.get_property("reset")
        register = node.parent
        assert isinstance(register, RegNode)
        fact = Fact(
            register.absolute_address, node.low, node.width, read, write, reset if isinstance(reset, int) else None
        )
        found.append((register.inst_name, fact))
    return {top.inst_name: found}


def _above(node):
    while node.parent is not None:
        node = node.parent
        yield node


# -- SVD ---------------------------------------------------------------------------------------------------------------

SVD_ACCESS = {
    "read-only": "value none", "write-only": "none value", "read-write": "value value", "writeOnce": "none value",
    "read-writeOnce": "value value",
}  # fmt: skip
SVD_WRITES = {
    "oneToClear": "one_clears", "oneToSet": "one_sets", "oneToToggle": "one_toggles", "zeroToClear": "zero_clears",
    "zeroToSet": "zero_sets", "zeroToToggle": "zero_toggles", "clear": "clears", "set": "sets", "modify": "value",
}  # fmt: skip
SVD_READS = {"clear": "clear", "set": "set", "modify": "value", "modifyExternal": "clear"}
INHERITED = ("size", "access", "resetValue", "resetMask")


def svd_number(text):
    """A number of SVD's; None for none."""
    if text is None:
        return None
    text = text.strip().lower()
    if text.startswith(("#", "0b")):
        return int(text.removeprefix("#").removeprefix("0b"), 2)
    scale = {"k": 10, "m": 20, "g": 30}.get(text[-1], 0) if not text.startswith("0x") else 0
    return int(text.rstrip("kmg") if scale else text, 16 if text.startswith("0x") else 10) << scale


class SvdReader:
    def __init__(self, root):
        self.root = root
        self.parents = {child: parent for parent in root.iter() for child in parent}

    def named(self, element):
        """The element that derivedFrom names: beside it by its last name, else anywhere by its path."""
        wanted = element.get("derivedFrom")
        *_, last = wanted.split(".")
        beside = [item for item in self.parents[element] if item.tag == element.tag and item.findtext("name") == last]
        if "." not in wanted and beside and beside[0] is not element:
            return beside[0]
        for item in self.root.iter(element.tag):
            if item.findtext("name") == last and self.path(item).endswith(wanted) and item is not element:
                return item
        raise AssertionError(wanted)

    def path(self, element):
        names = []
        while element is not None:
            if element.tag not in {"registers", "fields", "peripherals", "device"}:
                names.append(element.findtext("name") or "")
            element = self.parents.get(element)
        return ".".join(reversed(names))

    def full(self, element):
        """An element with what it derives: {tag: text}, and the children of its group by name."""
        own = {child.tag: child.text for child in element if len(child) == 0}
        inner = {id(item): item for group in element for item in group if group.tag in {"registers", "fields"}}
        inner.update({id(item): item for item in element if item.tag in {"register", "cluster"}})
        items = list(inner.values())
        if element.get("derivedFrom"):
            base, base_items = self.full(self.named(element))
            base = {tag: text for tag, text in base.items() if not tag.startswith("dim")}
            names = {item.findtext("name") for item in items}
            items = [item for item in base_items if item.findtext("name") not in names] + items
            own = {**base, **own}
        return own, items

    def offsets(self, own):
        count = svd_number(own.get("dim")) or 1
        return [index * (svd_number(own.get("dimIncrement")) or 0) for index in range(count)]

    def registers(self, items, start, defaults, found):
        for item in items:
            own, inner = self.full(item)
            settled = {**defaults, **{tag: own[tag] for tag in INHERITED if tag in own}}
            for step in self.offsets(own):
                at = start + svd_number(own["addressOffset"]) + step
                if item.tag == "cluster":
                    self.registers(inner, at, settled, found)
                    continue
                for field in inner or [None]:
                    self.field(field, own, settled, at, found)

    def field(self, element, register, settled, at, found):
        own = self.full(element)[0] if element is not None else {}
        width = svd_number(settled.get("size")) or 32
        low, bits = (0, width) if element is None else svd_bits(own)
        access = own.get("access") or settled.get("access") or "read-write"
        read, write = next(
            words for name, words in SVD_ACCESS.items() if name.lower() == access.strip().lower()
        ).split()
        on_read = own.get("readAction") or register.get("readAction")
        on_write = own.get("modifiedWriteValue") or register.get("modifiedWriteValue")
        if read != "none" and on_read:
            read = SVD_READS[on_read.strip()]
        if write != "none" and on_write:
            write = SVD_WRITES[on_write.strip()]
        reset, mask = svd_number(settled.get("resetValue")), svd_number(settled.get("resetMask"))
        for step in self.offsets(own):
            ones = ((1 << bits) - 1) << (low + step)
            known = mask is None or mask & ones == ones
            value = (reset or 0) & ones
            found.append(
                (register["name"], Fact(at, low + step, bits, read, write, value >> (low + step) if known else None))
            )


def svd_bits(own):
    if own.get("bitOffset") is not None:
        return svd_number(own["bitOffset"]), svd_number(own.get("bitWidth")) or 1
    if own.get("lsb") is not None:
        low, high = svd_number(own["lsb"]), svd_number(own["msb"])
    else:
        high, low = (int(part) for part in own["bitRange"].strip("[] ").split(":"))
    return low, high - low + 1


def svd_facts(path):
    """Of each peripheral that has registers of its own."""
    root = ET.parse(path).getroot()
    reader = SvdReader(root)
    defaults = {tag: root.findtext(tag) for tag in INHERITED if root.findtext(tag) is not None}
    found = {}
    for peripheral in root.iterfind("peripherals/peripheral"):
        own, items = reader.full(peripheral)
        settled = {**defaults, **{tag: own[tag] for tag in INHERITED if tag in own}}
        facts = []
        reader.registers(items, 0, settled, facts)
        found[own["name"]] = facts
    return found


# -- IP-XACT -----------------------------------------------------------------------------------------------------------


def ipxact_facts(path):
    """Of each memory map: its registers in blocks, no arrays and no files of registers."""
    root = ET.parse(path).getroot()
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
    parameters = {item.get("parameterId"): item.findtext("value") for item in root.iter("parameter")}

    def number(text):
        """A number, or a sum, product, ... of numbers and parameters; None for more."""
        text = re.sub(r"\d*'h([0-9a-fA-F_]+)", lambda found: str(int(found[1].replace("_", ""), 16)), text or "")
        text = re.sub("0x([0-9a-fA-F]+)", lambda found: str(int(found[1], 16)), text)
        text = re.sub(r"[A-Za-z_]\w*", lambda found: str(number(parameters.get(found[0]))), text).strip()
        return eval(text.replace("/", "//")) if re.fullmatch(r"[\d+*/() -]+", text) else None

    found = {}
    for memory_map in [*root.iter("memoryMap"), *root.iter("localMemoryMap")]:
        facts = []
        for block in memory_map.iterfind("addressBlock"):
            start = number(block.findtext("baseAddress"))
            for register in block.iterfind("register"):
                single = register.findtext("dim", "0") == "0" and register.find("array") is None
                if start is not None and single:
                    ipxact_register(register, start, block.findtext("access"), number, facts)
        found[memory_map.findtext("name")] = facts
    return found


def ipxact_register(register, start, above, number, facts):
    at = number(register.findtext("addressOffset"))
    for field in register.findall("field") or [register]:
        access = (field.findtext("access") or register.findtext("access") or above or "read-write").strip()
        low = 0 if field is register else number(field.findtext("bitOffset"))
        width = number(field.findtext("size" if field is register else "bitWidth"))
        if None in (at, low, width):
            continue
        read, write = SVD_ACCESS[access].split()
        on_write, on_read = field.findtext("modifiedWriteValue"), field.findtext("readAction")
        write = SVD_WRITES[on_write.strip()] if on_write and write != "none" else write
        read = SVD_READS[on_read.strip()] if on_read and read != "none" else read
        facts.append((register.findtext("name"), Fact(start + at, low, width, read, write, None)))


# -- by the registers' names -------------------------------------------------------------------------------------------

OPENTITAN = {
    "rw": "value value", "ro": "value none", "wo": "none value", "rw1c": "value one_clears", "rw1s": "value one_sets",
    "rw0c": "value zero_clears", "r0w1c": "none one_clears", "rc": "clear none", "none": "none none",
}  # fmt: skip


def opentitan_names(path):
    """{register: [(lsb, width, read, write)]} of registers that are no arrays."""
    data = hjson.loads(path.read_text())
    groups = data["registers"]
    items = groups if isinstance(groups, list) else [item for group in groups.values() for item in group]
    found = {}
    for item in items:
        if "name" not in item or "fields" not in item:
            continue
        rows = []
        for field in item["fields"]:
            high, _, low = str(field["bits"]).partition(":")
            access = OPENTITAN[field.get("swaccess", item.get("swaccess"))].split()
            if high.isdecimal() and (low or high).isdecimal():
                rows.append((int(low or high), int(high) - int(low or high) + 1, *access))
        found[item["name"]] = rows
    return found


def cheby_names(path):
    """{register: [(lsb, width)]}, fields of the map's own registers."""
    found = {}
    for entry in yaml.safe_load(path.read_text())["memory-map"]["children"]:
        register = entry.get("reg")
        if register is None:
            continue
        rows = []
        for child in register.get("children", []):
            high, _, low = str(child["field"]["range"]).partition("-")
            rows.append((int(low or high), int(high) - int(low or high) + 1))
        found[register["name"]] = rows
    return found


def litex_names(path):
    """{register: its bytes from the start of the CSRs}."""
    data = json.loads(path.read_text())
    start = data["memories"]["csr"]["base"] if "csr" in data["memories"] else min(data["csr_bases"].values())
    return {name: item["addr"] - start for name, item in data["csr_registers"].items()}
