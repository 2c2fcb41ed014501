"""Random register maps: nested blocks, arrays, mixed policies, widths, formats and spaces."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from tests.support.policy_model import NAMES, POLICIES, is_writable, neutral_bit, said, stores

AFI = "agfi-0fedcba9876543210"
_WRITABLE = [policy for policy in POLICIES if is_writable(policy)]
_PULSES = [policy for policy in _WRITABLE if stores(policy) or neutral_bit(policy) is not None]
_GENTLE = [
    "rw",
    "rw",
    "rw",
    "wo",
    "wo",
    "ro",
    "rc",
    *(policy for policy in POLICIES if neutral_bit(policy) is not None),
]
# (width, access_width)
_SHAPES = [(32, 32)] * 5 + [(8, 8), (16, 8), (64, 64), (64, 32), (64, 32), (96, 32), (128, 64), (24, 8), (48, 8)]
_BOOLEANS = st.booleans()
# Mostly policies that leave their neighbours writable, so that a good part of the field writes has a plan.
_EVERY = [_GENTLE, _GENTLE, _GENTLE, NAMES, POLICIES]
_POOLS = [st.lists(st.sampled_from(every), min_size=2, max_size=5) for every in _EVERY]
_KINDS_OF_POOLS = st.sampled_from(range(len(_POOLS)))
_ENUM = {"off": 0, "slow": 1, "fast": 3, "odd": 6}


# A strategy that was made once is checked and labelled once.
integers = lru_cache(maxsize=1024, typed=True)(st.integers)


@lru_cache(maxsize=1024, typed=True)
def choice(*options: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(options)


def policy_of(access: str | dict[str, Any]) -> str:
    """The policy that a map means by this."""
    return access if isinstance(access, str) else ":".join([*list(access.values())[:2], *["once"] * (len(access) == 3)])


def fields(draw: st.DrawFn, width: int, pool: list[str], *, volatile: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    low = draw(integers(0, 3))
    large = width // 8  # so that every word of a wide register gets its share
    while low < width and len(made) < 8:
        size = min(draw(choice(1, 1, 2, 3, 4, large, large + 1, 2 * large)), width - low)
        made[f"f{len(made)}"] = field(draw, low, size, pool, volatile=volatile)
        low += size + draw(choice(0, 0, 0, 1, 3))
    return made


def field(draw: st.DrawFn, low: int, size: int, pool: list[str], *, volatile: bool) -> dict[str, Any]:
    access = draw(choice(*pool))
    made: dict[str, Any] = {"bits": f"{low + size - 1}:{low}" if size > 1 else low, "access": said(access)}
    made["reset"] = draw(integers(0, (1 << size) - 1))
    kinds = ["unsigned", "signed", "fixed", *(["bool"] if size == 1 else []), *(["enum"] if size >= 3 else [])]
    kind = draw(choice(*kinds))
    if kind == "enum":
        made["enum"] = "Mode"
    elif kind == "fixed":
        made["format"] = {"fixed": {"signed": draw(_BOOLEANS), "fraction_bits": draw(integers(0, size))}}
    elif kind != "unsigned":
        made["format"] = kind
    if volatile and draw(integers(0, 3)) == 0:
        made["volatile"] = True
    if access in _PULSES and draw(integers(0, 9)) == 0:
        made["pulse"] = True
        if stores(access) and draw(_BOOLEANS):
            made["idle"] = draw(choice(0, 1))
    elif access == "rw" and draw(integers(0, 11)) == 0:
        made["writeback"] = False
    elif access == "wo":
        made["idle"] = draw(choice(0, 1, "last"))
    return made


def register(draw: st.DrawFn) -> dict[str, Any]:
    width, step = draw(choice(*_SHAPES))
    pool = draw(_POOLS[draw(_KINDS_OF_POOLS)])
    made: dict[str, Any] = {"width": width, "access_width": step}
    if width > step:
        made["words"] = draw(choice("low-first", "high-first", "latched"))
    shadow = draw(integers(0, 5)) == 0
    if shadow:
        made["shadow"] = True
    if draw(integers(0, 7)) == 0:
        made["access"], made["reset"] = said(draw(choice(*pool))), draw(integers(0, (1 << width) - 1))
    else:
        made["fields"] = fields(draw, width, pool, volatile=not shadow)
        if draw(_BOOLEANS):
            made["reset"] = whole_reset(draw, width, made["fields"])
        writable = [item for item in made["fields"].values() if is_writable(policy_of(item["access"]))]
        if len(writable) == 1 and draw(_BOOLEANS):
            writable[0].pop("idle", None)  # with nothing beside it, it needs none
    return made


def whole_reset(draw: st.DrawFn, width: int, fields: dict[str, Any]) -> int:
    """A reset of all bits that agrees with those of the fields, and says what the bits between them are."""
    value = draw(integers(0, (1 << width) - 1))
    for item in fields.values():
        high, _, low = str(item["bits"]).partition(":")
        lsb = int(low or high)
        mask = (1 << (int(high) - lsb + 1)) - 1
        value = (value & ~(mask << lsb)) | item["reset"] << lsb
    return value


def _aligned(offset: int) -> int:
    return (offset + 7) // 8 * 8


def registers(draw: st.DrawFn, most: int) -> tuple[dict[str, Any], int]:
    made, offset = {}, 0
    for number in range(draw(integers(1, most))):
        entry = register(draw)
        entry["offset"] = offset
        size = _aligned(entry["width"] // 8)
        if draw(integers(0, 4)) == 0:
            entry["count"] = draw(integers(1, 3))
            entry["stride"] = size + draw(choice(0, 8))
            size = entry["count"] * entry["stride"]
        made[f"r{number}"] = entry
        offset += size + draw(choice(0, 0, 16))
    return made, _aligned(offset)


def block(
    draw: st.DrawFn, depth: int, name: str, types: dict[str, Any], deepest: int = 3
) -> tuple[dict[str, Any], int]:
    """The body of a block and its size; a type of its own is put into `types` half of the time."""
    body: dict[str, Any] = {}
    body["registers"], size = registers(draw, min(3 if depth else 5, deepest + 2))
    blocks: dict[str, Any] = {}
    for number in range(draw(integers(0, 2)) if depth < deepest else 0):
        inner, inner_size = block(draw, depth + 1, f"{name}_b{number}", types, deepest)
        place: dict[str, Any] = {"offset": size}
        if draw(_BOOLEANS):
            place["count"] = draw(integers(1, 3))
            place["stride"] = inner_size + draw(choice(0, 8))
            inner_size = place["count"] * place["stride"]
        blocks[f"b{number}"] = place | inner
        size += inner_size
    if blocks:
        body["blocks"] = blocks
    if depth and draw(_BOOLEANS):
        types[f"{name}_type"] = body
        return {"type": f"{name}_type"}, size
    return body, size


@st.composite
def maps(draw: st.DrawFn, deepest: int = 3) -> str:
    """The text of a map, smaller where its blocks may stand less deep; JSON is YAML."""
    types: dict[str, Any] = {}
    body, _ = block(draw, 0, "top", types, deepest)
    if draw(integers(0, 2)) == 0:
        other, _ = block(draw, min(2, deepest), "side", types, deepest)
        space = {"pf": draw(choice("mgmt", "app")), "bar": 4}
        body.setdefault("blocks", {})["side"] = {"offset": 0x100, "space": space} | other
    head = {"schema": 1, "name": "dut", "afi": {"ids": [AFI]}, "enums": {"Mode": _ENUM}}
    return json.dumps(head | ({"types": types} if types else {}) | body)


# What JSON can say, and what only Python's can: NaN, Infinity, lone surrogates.
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 1 << 70)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["0x0", "0x", "app", "MGMT", "read", "\ud800", "\x1b[0m", "__class__", "1" * 5000]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
