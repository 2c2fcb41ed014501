"""The entries of a map as forms that take what is right. Made of the models in `entries`: run `make forms`."""

from __future__ import annotations

from codegen.schema.direct.scalar_rules import (
    access_row,
    afi_id,
    any_reset,
    bits,
    child_attribute,
    constant_name,
    enum_name,
    field_attribute,
    line,
    member,
    member_name,
    module_name,
    one_write,
    ratio,
    reset_list,
    size,
    snake_name,
    text,
)
from codegen.schema.direct.value_checks import (
    Form,
    SharedForm,
    anything,
    chosen,
    first,
    flag,
    integer,
    items,
    mapping,
    matching,
    one_of,
    optional,
    string,
    then,
    within,
    words,
)
from codegen.schema.parts.shapes import enum_form, names_form, reset_form, shape_of

__all__ = ["DeviceMap", "FieldEntry", "IncludedMap", "RegisterContent"]

ConstantEntry = Form("ConstantEntry")
EnumMember = Form("EnumMember")
EnumEntry = Form("EnumEntry")
Placed = Form("Placed")
AccessEntry = Form("AccessEntry")
MaskedReset = Form("MaskedReset")
EnumWays = Form("EnumWays")
FixedShape = Form("FixedShape")
FixedFormat = Form("FixedFormat")
CounterEntry = Form("CounterEntry")
FieldEntry = SharedForm("FieldEntry")
LockEntry = Form("LockEntry")
RegisterContent = Form("RegisterContent")
RegisterEntry = Form("RegisterEntry")
MemoryEntry = Form("MemoryEntry")
SpaceEntry = Form("SpaceEntry")
BlockEntry = Form("BlockEntry")
Content = Form("Content")
TypeEntry = Form("TypeEntry")
RegisterTypeEntry = Form("RegisterTypeEntry")
IncludedMap = Form("IncludedMap")
PciIds = Form("PciIds")
Afi = Form("Afi")
CardEntry = Form("CardEntry")
Identity = Form("Identity")
InterruptEntry = Form("InterruptEntry")
DeviceMap = Form("DeviceMap")

_CARD_NAME = words("f2")
_WRITE_MASK = words("high")
_VIA = words("alias")
_ID = within(0, 65535)
_TITLE = then(string, line)
_TEXT = then(string, text)
_FIRST = within(0, 16777215)
_IDLE = words(0, 1, "last")
_PF = words("app", "mgmt")
_AFI_ID = then(string, afi_id)
_COUNTER_CLEAR = words("read", "write")
_ENDIAN = words("little", "big")
_MEMORY_ACCESS = words("rw", "ro", "wo")
_ENUM_NAME = then(string, enum_name)
_NAME = then(string, snake_name)
_PROPERTIES = mapping(string, anything)
_MEMBER_NAME = then(string, member_name)
_MODULE = then(string, module_name)
_CONSTANT_NAME = then(string, constant_name)
_STICKY = words("none", "bit", "field")
_CHILD_ATTRIBUTE = then(string, child_attribute)
_FIELD_ATTRIBUTE = then(string, field_attribute)
_NATURAL = within(0, 18446744073709551615)
_MEMORY_WIDTH = words(8, 16, 32, 64, 128, 256, 512)
_READ = words("none", "value", "clear", "set")
_WORD_ORDER = words("low-first", "high-first", "latched")
_SIZE = first(size, _NATURAL)
_INTR = words("level", "posedge", "negedge", "bothedge")
_FIELD_ENUM = chosen(shape_of, {"word": string, "nested": EnumWays})
_HW = words("none", "read", "write", "both", "set", "clear")
_INCLUDE = chosen(shape_of, {"word": string, "nested": items(string)})
_ANY_CARD = chosen(shape_of, {"word": _CARD_NAME, "nested": CardEntry})
_COUNT = chosen(shape_of, {"word": integer, "nested": items(integer)})
_KEY_WRITE = then(mapping(string, _NATURAL), one_write)
_FIRSTS = chosen(shape_of, {"word": _FIRST, "nested": items(_FIRST)})
_PLAIN_FORMAT = one_of("unsigned signed sign_magnitude gray bcd one_hot bool float16 float32 float64")
_WRITE = one_of("none value one_clears one_sets one_toggles zero_clears zero_sets zero_toggles clears sets")
_WHEN = chosen(shape_of, {"word": _TEXT, "nested": mapping(string, _NATURAL)})
_REGISTER_RESET = chosen(
    reset_form, {"number": integer, "word": words("unknown"), "nested": MaskedReset, "list": reset_list}
)
_INDEX = chosen(names_form, {"word": items(_NAME), "nested": items(items(_NAME))})
_POLICY = one_of(
    "ro rw rc rs wrc wrs wc ws wsrc wcrs w1c w1s w1t w0c w0s w0t w1src w1crs w0src w0crs wo woc wos w1 wo1"
)
_ANY_ENUM = chosen(enum_form, {"[short]": mapping(_MEMBER_NAME, first(member, EnumMember)), "[long]": EnumEntry})
_STRIDE = chosen(shape_of, {"word": _SIZE, "nested": items(_SIZE)})
_FORMAT = chosen(shape_of, {"word": _PLAIN_FORMAT, "nested": FixedFormat})
_ACCESS = then(chosen(shape_of, {"word": _POLICY, "nested": AccessEntry}), access_row)

ConstantEntry.takes(keys={"value": (_NATURAL,), "description": (_TEXT, "")})

EnumMember.takes(keys={"value": (_NATURAL,), "title": (_TITLE, ""), "description": (_TEXT, "")})

EnumEntry.takes(
    keys={
        "open": (flag, False),
        "description": (_TEXT, ""),
        "members": (mapping(_MEMBER_NAME, first(member, EnumMember)),),
    }
)

Placed.takes(
    keys={
        "x-*": (_PROPERTIES, {}),
        "offset": (_SIZE,),
        "count": (optional(_COUNT), None),
        "stride": (optional(_STRIDE), None),
        "external": (flag, False),
        "first": (optional(_FIRSTS), None),
        "index": (optional(_INDEX), None),
        "python": (optional(_CHILD_ATTRIBUTE), None),
        "title": (_TITLE, ""),
        "description": (_TEXT, ""),
    },
    names={"x-*": "properties"},
)

AccessEntry.takes(keys={"read": (_READ,), "write": (_WRITE,), "once": (flag, False)})

MaskedReset.takes(keys={"value": (within(0),), "mask": (within(0),)})

EnumWays.takes(keys={"read": (string,), "write": (string,)})

FixedShape.takes(keys={"signed": (flag,), "fraction_bits": (within(-512, 512),)})

FixedFormat.takes(keys={"fixed": (FixedShape,)})

CounterEntry.takes(
    keys={
        "up": (optional(within(1, 18446744073709551615)), None),
        "down": (optional(within(1, 18446744073709551615)), None),
        "saturate": (flag, False),
        "clear": (optional(_COUNTER_CLEAR), None),
    }
)

FieldEntry.takes(
    keys={
        "x-*": (_PROPERTIES, {}),
        "bits": (bits,),
        "count": (optional(integer), None),
        "stride": (optional(within(1, 4096)), None),
        "index": (optional(items(_NAME)), None),
        "first": (optional(_FIRST), None),
        "access": (optional(_ACCESS), None),
        "reset": (optional(any_reset), None),
        "enum": (optional(_FIELD_ENUM), None),
        "format": (optional(_FORMAT), None),
        "unit": (_TITLE, ""),
        "scale": (optional(ratio), None),
        "offset": (optional(ratio), None),
        "range": (optional(items(ratio, 2, 2)), None),
        "volatile": (optional(flag), None),
        "hw": (optional(_HW), None),
        "we": (flag, False),
        "counter": (optional(CounterEntry), None),
        "sticky": (optional(_STICKY), None),
        "intr": (optional(_INTR), None),
        "writeback": (optional(flag), None),
        "pulse": (flag, False),
        "idle": (optional(_IDLE), None),
        "alternate": (optional(string), None),
        "when": (optional(_WHEN), None),
        "alias": (optional(string), None),
        "python": (optional(_FIELD_ATTRIBUTE), None),
        "title": (_TITLE, ""),
        "description": (_TEXT, ""),
    },
    names={"x-*": "properties"},
)

LockEntry.takes(keys={"by": (string,), "value": (_NATURAL,)})

RegisterContent.takes(
    keys={
        "width": (integer, 32),
        "access_width": (optional(integer), None),
        "access": (optional(_ACCESS), None),
        "reset": (optional(_REGISTER_RESET), None),
        "fields": (mapping(_NAME, FieldEntry), {}),
        "volatile": (optional(flag), None),
        "hw": (optional(_HW), None),
        "shadow": (flag, False),
        "words": (optional(_WORD_ORDER), None),
        "lock": (optional(LockEntry), None),
        "unlock": (items(_KEY_WRITE), []),
        "write_twice": (flag, False),
        "write_mask": (optional(_WRITE_MASK), None),
        "endian": (optional(_ENDIAN), None),
        "description": (_TEXT, ""),
    }
)

RegisterEntry.takes(
    Placed,
    RegisterContent,
    keys={
        "type": (optional(string), None),
        "alternate": (optional(string), None),
        "when": (optional(_WHEN), None),
        "alias": (optional(string), None),
        "via": (optional(_VIA), None),
    },
)

MemoryEntry.takes(
    keys={
        "x-*": (_PROPERTIES, {}),
        "offset": (_SIZE,),
        "size": (optional(_SIZE), None),
        "entry": (optional(string), None),
        "count": (optional(_COUNT), None),
        "stride": (optional(_STRIDE), None),
        "first": (optional(_FIRSTS), None),
        "index": (optional(_INDEX), None),
        "width": (_MEMORY_WIDTH, 32),
        "access_width": (optional(integer), None),
        "burst": (flag, False),
        "access": (_MEMORY_ACCESS, "rw"),
        "external": (flag, False),
        "python": (optional(_CHILD_ATTRIBUTE), None),
        "title": (_TITLE, ""),
        "description": (_TEXT, ""),
    },
    names={"x-*": "properties"},
)

SpaceEntry.takes(keys={"pf": (_PF,), "bar": (within(0, 5),)})

Content.takes(
    keys={
        "x-*": (_PROPERTIES, {}),
        "registers": (mapping(_NAME, RegisterEntry), {}),
        "memories": (mapping(_NAME, MemoryEntry), {}),
        "blocks": (mapping(_NAME, BlockEntry), {}),
        "unmapped": (optional(within(0, 4294967295)), None),
        "description": (_TEXT, ""),
    },
    names={"x-*": "properties"},
)

BlockEntry.takes(
    Content,
    keys={
        "type": (optional(string), None),
        "offset": (_SIZE,),
        "count": (optional(_COUNT), None),
        "stride": (optional(_STRIDE), None),
        "first": (optional(_FIRSTS), None),
        "index": (optional(_INDEX), None),
        "size": (optional(_SIZE), None),
        "space": (optional(SpaceEntry), None),
        "external": (flag, False),
        "alternate": (optional(string), None),
        "when": (optional(_WHEN), None),
        "python": (optional(_CHILD_ATTRIBUTE), None),
        "title": (_TITLE, ""),
    },
)

TypeEntry.takes(Content, keys={"size": (optional(_SIZE), None)})

RegisterTypeEntry.takes(
    RegisterContent, keys={"x-*": (_PROPERTIES, {}), "title": (_TITLE, "")}, names={"x-*": "properties"}
)

IncludedMap.takes(
    keys={
        "schema": (words(1),),
        "description": (_TEXT, ""),
        "endian": (_ENDIAN, "little"),
        "include": (_INCLUDE, []),
        "constants": (mapping(_CONSTANT_NAME, first(member, ConstantEntry)), {}),
        "enums": (mapping(_ENUM_NAME, _ANY_ENUM), {}),
        "types": (mapping(_NAME, TypeEntry), {}),
        "register_types": (mapping(_NAME, RegisterTypeEntry), {}),
    },
    names={"schema": "version"},
)

PciIds.takes(keys={"vendor": (_ID, 0), "device": (_ID, 0), "subsystem_vendor": (_ID, 0), "subsystem_device": (_ID, 0)})

Afi.takes(keys={"ids": (items(_AFI_ID), []), "pci": (optional(PciIds), None)})

CardEntry.takes(
    keys={
        "name": (matching(r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"), ""),
        "bars": (mapping(matching(r"^[0-5]$"), _SIZE, 1),),
        "prefetchable": (items(integer), []),
    }
)

Identity.takes(keys={"register": (string,), "value": (_NATURAL,)}, names={"register": "path"})

InterruptEntry.takes(
    keys={
        "line": (optional(within(0, 2047)), None),
        "status": (string,),
        "enable": (optional(string), None),
        "disable": (optional(string), None),
        "clear": (optional(string), None),
        "description": (_TEXT, ""),
    }
)

DeviceMap.takes(
    Content,
    IncludedMap,
    keys={
        "name": (_NAME,),
        "python": (optional(_MODULE), None),
        "afi": (Afi, Afi({})),
        "card": (_ANY_CARD, "f2"),
        "space": (SpaceEntry, SpaceEntry({"pf": "app", "bar": 0})),
        "identity": (optional(Identity), None),
        "interrupts": (mapping(_NAME, InterruptEntry), {}),
        "clkgen": (flag, False),
    },
)
