"""Register maps from the schema's own models: for every key of every model values that fit it, and some that don't.

Maps that are laid out well come from tests/support/strategies.py and rich_maps.py and get hostile texts here; what this grammar makes is free
of such care. A key that the schema gains and KEYS lacks is an error, so that the grammar keeps up.
"""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import strategies as st

from codegen.schema import entries
from codegen.schema.policies import READS, WRITES
from tests.fuzz.hostile import JUNK, NAMES, TEXTS
from tests.support import strategies
from tests.support.policy_model import POLICIES, said
from tests.support.rich_maps import rich_maps

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40))
names = st.one_of(st.sampled_from(NAMES), st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True))
class_names = st.one_of(st.sampled_from(("Mode", "A", "Int", "Class", "Enum", "True", "x")), names)
sizes = st.one_of(
    st.sampled_from((0, 4, 8, 16, 0x100, "4KiB", "1MiB", -4, 3, 1 << 64)), st.integers(0, 1 << 20).map(lambda n: 4 * n)
)
numbers = st.one_of(st.integers(0, 255), st.integers(-1, 1 << 65))
counts = st.sampled_from((1, 1, 2, 3, 4, 0, -1, 1000, 1 << 40))
policies = st.one_of(st.sampled_from(POLICIES).map(said), st.deferred(lambda: entry(entries.AccessEntry)))
junk = st.sampled_from(JUNK)
_IDENTIFIERS = tuple(name for name in NAMES if re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name))


def entry(model: type[Any], depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping of the model's keys: those that are needed nearly always, others now and then, an unknown one rarely."""
    keys = [(field.alias or name, field.is_required()) for name, field in model.model_fields.items()]

    @st.composite
    def build(draw: st.DrawFn) -> dict[str, Any]:
        made = {}
        for key, needed in keys:
            if draw(st.integers(0, 15)) < (15 if needed else 4):
                made[key] = draw(KEYS[key](depth) if draw(st.integers(0, 30)) else junk)
        if draw(st.integers(0, 40)) == 0:
            made[draw(names)] = draw(junk)
        return made

    return build()


def table(kind: st.SearchStrategy[str], model: type[Any], most: int) -> Any:
    return lambda depth: st.dictionaries(kind, entry(model, depth + 1), max_size=most if depth < 3 else 0)


def always(strategy: st.SearchStrategy[Any]) -> Any:
    return lambda _depth: strategy


_bits = st.one_of(
    st.integers(0, 31), st.tuples(st.integers(0, 33), st.integers(0, 8)).map(lambda pair: f"{sum(pair)}:{pair[0]}")
)
_formats = st.one_of(
    st.sampled_from(("unsigned", "signed", "bool", "bcd", "gray", "one_hot", "sign_magnitude", "float16", "float32")),
    st.deferred(lambda: entry(entries.FixedFormat)),
)
members = st.deferred(lambda: entry(entries.EnumMember))
_members = st.dictionaries(class_names, st.one_of(numbers, members), max_size=4)
_long_enums = st.deferred(lambda: entry(entries.EnumEntry))
_sums = st.sampled_from(("N", "N - 1", "2 * (N + WIDTH)", "M", "N *", "(N", "N" * 300, "4KiB * N"))
_enums = st.one_of(class_names, st.deferred(lambda: entry(entries.EnumWays)))
_ratios = st.one_of(st.integers(-9, 9), st.floats(-1e9, 1e9), st.sampled_from(("3.3/4096", "1/0", "x", 1e300)))
_includes = st.one_of(
    st.sampled_from(("other.yaml", "../other.yaml", "/etc/passwd", "map.yaml", ".", "a\0b", "//x", "sub/../../x")),
    names,
)

_paths = st.one_of(names, st.tuples(names, names).map(".".join), st.sampled_from(("a[0]", "a[0].b", "a..b", "", "a[")))

# What stands at a key, wherever it occurs. Each takes the depth.
KEYS: dict[str, Any] = {
    "x-*": always(st.dictionaries(st.sampled_from(("x-a", "x-", "x-b")), junk, max_size=2)),
    "schema": always(st.sampled_from((1, 1, 1, 1, 1, 1, 1, 2))),
    "name": always(names),
    "description": always(texts),
    "include": always(st.one_of(_includes, st.lists(_includes, max_size=3))),
    "constants": always(st.dictionaries(st.sampled_from(("N", "WIDTH", "n", "A" * 70)), st.one_of(numbers, _sums, members), max_size=3)),
    "enums": always(st.dictionaries(class_names, st.one_of(_members, _long_enums), max_size=3)),
    "register_types": table(names, entries.RegisterTypeEntry, 3),
    "types": table(names, entries.TypeEntry, 3),
    "registers": table(names, entries.RegisterEntry, 4),
    "memories": table(names, entries.MemoryEntry, 2),
    "blocks": table(names, entries.BlockEntry, 2),
    "fields": table(names, entries.FieldEntry, 5),
    "offset": always(st.one_of(sizes, _ratios)),
    "size": always(sizes),
    "stride": always(sizes),
    "count": always(st.one_of(counts, _sums)),
    "width": always(st.sampled_from((8, 16, 32, 32, 64, 96, 128, 512, 4096, 7, 0))),
    "access_width": always(st.sampled_from((8, 32, 64, 16))),
    "access": always(policies),
    "read": always(st.one_of(class_names, st.sampled_from((*READS, "values")))),
    "write": always(st.one_of(class_names, st.sampled_from((*WRITES, "one")))),
    "once": always(st.booleans()),
    "reset": always(st.one_of(numbers, st.sampled_from((True, "off", "A", "unknown", 1.5)), st.deferred(lambda: entry(entries.MaskedReset)))),
    "mask": always(numbers),
    "volatile": always(st.booleans()),
    "writeback": always(st.booleans()),
    "pulse": always(st.booleans()),
    "idle": always(st.sampled_from((0, 1, "last", 2))),
    "alternate": always(names),
    "when": always(st.one_of(texts, st.dictionaries(_paths, numbers, max_size=2))),
    "alias": always(_paths),
    "via": always(st.sampled_from(("alias", "aliases"))),
    "lock": lambda depth: entry(entries.LockEntry, depth),
    "by": always(_paths),
    "unlock": always(st.lists(st.dictionaries(_paths, numbers, max_size=2), max_size=3)),
    "write_twice": always(st.booleans()),
    "write_mask": always(st.sampled_from(("high", "low"))),
    "python": always(names),
    "shadow": always(st.booleans()),
    "endian": always(st.sampled_from(("little", "big"))),
    "words": always(st.sampled_from(("low-first", "high-first", "latched"))),
    "bits": always(_bits),
    "enum": always(_enums),
    "entry": always(names),
    "members": always(_members),
    "open": always(st.booleans()),
    "title": always(texts),
    "unit": always(st.one_of(texts, st.sampled_from(("mV", "°C")))),
    "scale": always(_ratios),
    "range": always(st.lists(_ratios, min_size=1, max_size=3)),
    "format": always(_formats),
    "unmapped": always(numbers),
    "type": always(names),
    "card": always(st.one_of(st.sampled_from(("f2", "f1")), st.deferred(lambda: entry(entries.CardEntry)))),
    "bars": always(st.dictionaries(st.sampled_from(("0", "2", "5", "6")), sizes, max_size=3)),
    "space": lambda depth: entry(entries.SpaceEntry, depth),
    "pf": always(st.sampled_from(("app", "mgmt"))),
    "bar": always(st.sampled_from((0, 2, 4, 1))),
    "afi": lambda depth: entry(entries.Afi, depth),
    "ids": always(st.lists(st.sampled_from((strategies.AFI, "agfi-1", "")), max_size=3)),
    "pci": lambda depth: entry(entries.PciIds, depth),
    "vendor": always(numbers),
    "device": always(numbers),
    "subsystem_vendor": always(numbers),
    "subsystem_device": always(numbers),
    "identity": lambda depth: entry(entries.Identity, depth),
    "register": always(st.one_of(names, st.sampled_from(("a.b", "a[0]", "a[", "..", "a" * 5000)))),
    "value": always(numbers),
    "interrupts": table(names, entries.InterruptEntry, 2),
    "line": always(numbers),
    "index": always(st.lists(names, max_size=3)),
    "first": always(numbers),
    "status": always(names),
    "enable": always(names),
    "disable": always(names),
    "clear": always(st.one_of(names, st.sampled_from(("read", "write")))),
    "hw": always(st.sampled_from(("none", "read", "write", "both", "set", "clear", "rw"))),
    "we": always(st.booleans()),
    "counter": lambda depth: entry(entries.CounterEntry, depth),
    "up": always(numbers),
    "down": always(numbers),
    "saturate": always(st.booleans()),
    "sticky": always(st.sampled_from(("none", "bit", "field", "bits"))),
    "intr": always(st.sampled_from(("level", "posedge", "negedge", "bothedge", "edge"))),
    "external": always(st.booleans()),
    "burst": always(st.booleans()),
    "prefetchable": always(st.lists(st.sampled_from((0, 2, 4, 6)), max_size=2)),
    "clkgen": always(st.booleans()),
    "fixed": lambda depth: entry(entries.FixedShape, depth),
    "signed": always(st.booleans()),
    "fraction_bits": always(st.integers(-40, 40)),
}  # fmt: skip


def _describe(value: Any, draw: st.DrawFn, depth: int = 0) -> None:
    """Puts hostile texts where the schema has room for one, and hostile names for some registers and fields."""
    if not isinstance(value, dict):
        return
    for key in ("registers", "blocks", "types", "memories", "fields"):
        for item in value.get(key, {}).values():
            if draw(st.booleans()):
                item["description"] = draw(texts)
            _describe(item, draw, depth + 1)
    for key in ("registers", "fields"):
        if key in value and draw(st.integers(0, 2)) == 0:
            old = draw(st.sampled_from(sorted(value[key])))
            new = draw(st.sampled_from(NAMES if draw(st.integers(0, 15)) == 0 else _IDENTIFIERS))
            value[key] = {new if name == old else name: item for name, item in value[key].items()}


@st.composite
def laid_out(draw: st.DrawFn) -> str:
    """A map with every register in a good place, whose texts and names are hostile."""
    value = json.loads(draw(st.one_of(strategies.maps(), rich_maps())))
    value["description"] = draw(texts)
    for name, number in value["enums"]["Mode"].items():
        value["enums"]["Mode"][name] = {"value": number, "description": draw(texts)}
    _describe(value, draw)
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The text of a map with some characters lost, doubled or replaced."""
    text = draw(st.one_of(laid_out(), entry(entries.DeviceMap).map(json.dumps)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(text) - 1)))
        length = draw(st.integers(0, 12))
        piece = draw(
            st.sampled_from(
                (
                    "",
                    "&a ",
                    "*a",
                    "!!x ",
                    "<<: ",
                    "---\n",
                    "...",
                    "%",
                    "\t",
                    "\0",
                    "\ud800",
                    "{",
                    "]",
                    ": ",
                    "- ",
                    "'",
                    '"',
                    "\\",
                    "|\n",
                    "0x",
                    "-",
                    "~",
                    text[at : at + 40],
                )
            )
        )
        text = text[:at] + piece + text[at + length :]
    return text


def texts_of_maps() -> st.SearchStrategy[str]:
    """Text of a map: laid out well, free, damaged, or none at all."""
    free = entry(entries.DeviceMap).map(lambda value: json.dumps(value, default=str))
    return st.one_of(laid_out(), laid_out(), free, damaged(), st.text(max_size=60))
