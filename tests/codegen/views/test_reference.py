"""The reference: what every language sees of a device."""

from __future__ import annotations

import pytest

import codegen
from codegen.views.reference import device_model


def test_places_beyond_measure_are_refused_with_what_to_do():
    types = ["  t0: {registers: {r: {offset: 0}}}"]
    types += [
        f"  t{n}: {{blocks: {{a: {{type: t{n - 1}, offset: 0}}, b: {{type: t{n - 1}, offset: {1 << (n + 2):#x}}}}}}}"
        for n in range(1, 19)
    ]
    device = codegen.loads(
        "schema: 1\nname: dut\nspace: {pf: app, bar: 4}\ntypes:\n"
        + "\n".join(types)
        + "\nblocks: {top: {type: t18, offset: 0}}\n"
        + 10_000 * f"# A map that is large enough for it. {'-' * 80}\n"
    )
    assert "class Dut(" in codegen.render_python(device)
    with pytest.raises(ValueError, match=r"dut: more than 200000 places.*Use arrays") as refused:
        device_model(device)
    assert "only the Python driver" in str(refused.value)
