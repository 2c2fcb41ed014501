"""Random maps of what registers share and what writes take, wide registers in both orders, and memories."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

from tests.support.construct_model import SPAN
from tests.support.shared_constructs import Aliased, Arrays, Lanes, Pair, Views
from tests.support.strategies import AFI
from tests.support.written_constructs import Masked, Ruled, Unknown

GROUPS = (Ruled, Ruled, Ruled, Masked, Views, Views, Pair, Aliased, Aliased, Arrays, Unknown, Lanes)


def registers_of(groups: list[Any]) -> dict[str, Any]:
    """What a map says of some constructs."""
    return {name: entry for group in groups for name, entry in group.registers.items()}


@st.composite
def rich_maps(draw: st.DrawFn) -> str:
    """The text of a map."""
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))
    kinds = draw(st.lists(st.sampled_from(GROUPS), min_size=1, max_size=6))
    registers = registers_of([kind(rng, number) for number, kind in enumerate(kinds)])
    end = len(kinds) * SPAN
    wide = {"offset": end, "width": 32 * rng.randint(2, 3), "access_width": 32, "reset": rng.getrandbits(64)}
    registers["wide"] = wide | draw(st.sampled_from([{}, {"endian": "big"}, {"endian": "little", "words": "latched"}]))
    inner = {
        "address": {"offset": 0, "width": 64},
        "length": {
            "offset": 8,
            "fields": {"bytes": {"bits": "23:0"}, "flag": {"bits": 24, "count": rng.randint(1, 8)}},
        },
    }
    types = {"descriptor": {"size": 16, "registers": inner}}
    memories = {"ring": {"offset": 0x1000, "entry": "descriptor", "count": rng.randint(1, 9)}}
    widths = draw(st.sampled_from([(8, 32), (16, 32), (16, 8), (32, 64), (128, 32), (256, 64), (512, 32)]))
    memories["store"] = {"offset": 0x2000, "size": 0x100, "width": widths[0], "access_width": widths[1]}
    head = {"schema": 1, "name": "dut", "afi": {"ids": [AFI]}, "enums": {"Mode": {"off": 0, "slow": 1}}}
    head |= draw(st.sampled_from([{}, {"endian": "big"}]))
    return json.dumps(head | {"types": types, "registers": registers, "memories": memories})
