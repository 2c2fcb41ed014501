"""Random maps, written in a format and imported again, are what they were: a map is told by what all its registers say.

What a format can't hold is listed here, each by a function that takes it out of the first map; docs/howto/export.md says
the same in words.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.schema.policies import POLICIES
from tests.support.strategies import maps

if TYPE_CHECKING:
    from collections.abc import Callable

MAPS = int(os.environ.get("HAL_TEST_MAPS", "4"))


@dataclass
class Facts:
    """What a map says of a register; `fields` by name."""

    path: str
    offset: int
    width: int
    access_width: int
    words: str
    is_big: bool
    is_shadow: bool
    reserved: int
    fields: dict[str, dict[str, Any]]


def facts_of(device: codegen.Device) -> list[Facts]:
    """Those of the home space, in the order of their places."""
    found = []
    for place in device.walk():
        register = place.register
        if place.space != device.space:
            continue
        fields, rest = {}, register.reset
        for field in register.fields:
            rest &= ~field.mask
            fields[field.name] = {
                "bits": (field.lsb, field.width),
                "access": field.access,
                "reset": field.reset,
                "unknown": field.unknown,
                "kind": field.kind,
                "fixed": field.fixed,
                "members": field.enum and tuple((one.name, one.value, one.description) for one in field.enum.members),
                "volatile": field.volatile,
                "writeback": field.writeback,
                "pulse": field.pulse,
                "idle": field.idle,
                "description": field.description,
            }
        wide = register.access_width < register.width
        found.append(
            Facts(
                place.path,
                place.offset,
                register.width,
                register.access_width,
                register.words if wide else "",
                register.big_endian and wide,
                register.shadow,
                rest,
                fields,
            )
        )
    return sorted(found, key=lambda one: (one.offset, one.path))


def forget(**values: Any) -> Callable[[Facts], None]:
    """What is not held of any register or field: it is as if the map had not said it."""

    def change(one: Facts) -> None:
        for name, value in values.items():
            if hasattr(one, name):
                setattr(one, name, value)
            else:
                for field in one.fields.values():
                    field[name] = value

    return change


def no_access_width(one: Facts) -> None:
    one.access_width, one.words = one.width, ""


def no_formats(one: Facts) -> None:
    for field in one.fields.values():
        if field["kind"] != "enum":
            field["kind"], field["fixed"] = "unsigned", None


def only_accessed(one: Facts) -> None:
    """A field that can be neither read nor written is in none of the formats: its bits are as those of no field."""
    one.reserved |= sum(field["reset"] << field["bits"][0] for field in one.fields.values() if not is_accessed(field))
    one.fields = {name: field for name, field in one.fields.items() if is_accessed(field)}


def is_accessed(field: dict[str, Any]) -> bool:
    policy = POLICIES[field["access"]]
    return policy.readable or policy.writable


def pulses_and_idle(one: Facts) -> None:
    """SystemRDL's singlepulse: one bit that is 0 after a reset and acts when it is written as 1. hal_idle is of what is
    written as it is and can't be read, a pulse too that is none of SystemRDL's.
    """
    for field in one.fields.values():
        policy, idle = POLICIES[field["access"]], field["idle"]
        if not policy.is_blind:
            field["idle"] = None
        elif field["pulse"] and idle is None:
            field["idle"] = 0
        is_single = field["bits"][1] == 1 and not field["reset"] and idle in (None, 0) and not policy.once
        field["pulse"] &= is_single and policy.write in ("value", "one_sets")


def is_power_of_two(one: Facts) -> bool:
    return one.width.bit_count() == 1


def is_rounded(width: int) -> bool:
    """Whether the import rounds it: without an access width, a register is a bus word, or of words of 32 bits."""
    return width not in (8, 16, 32, 64) and width % 32 != 0


def is_of_readers(one: Facts) -> bool:
    """Whether readers of SVD take it."""
    return one.width <= 64 and not is_rounded(one.width)


def is_not_rounded(one: Facts) -> bool:
    return not is_rounded(one.width)


FORMATS = {
    # What is held of which registers, and what is not held of them.
    "systemrdl": (
        is_power_of_two,
        [only_accessed, pulses_and_idle, forget(words="", is_shadow=False, reserved=0, writeback=True)],
    ),
    "svd": (
        is_of_readers,
        [
            *(only_accessed, no_access_width, no_formats),
            forget(is_shadow=False, is_big=False, volatile=False, writeback=True, pulse=False, idle=None),
        ],
    ),
    "ipxact": (
        is_not_rounded,
        [
            *(only_accessed, no_access_width, no_formats),
            forget(is_shadow=False, is_big=False, reserved=0, writeback=True, pulse=False, idle=None),
        ],
    ),
}


def plain_path(path: str) -> str:
    """IP-XACT has an array with room between its elements in a register file of the register's name."""
    return re.sub(r"(\w+)(\[\d+\])\.\1$", r"\1\2", path)


def there_and_back(text: str, language: str, folder: Any) -> tuple[list[Facts], list[Facts]]:
    device = codegen.loads(text)
    ((name, made),) = render(device, LANGUAGES[language]).items()
    path = folder / name
    path.write_text(made)
    top = {"systemrdl": "dut", "svd": "dut", "ipxact": f"dut_{device.space.pf}_bar{device.space.bar}"}[language]
    try:
        again = codegen.load(path)
    except codegen.MapError as error:
        assert "devices" in str(error)  # another one for what is in another BAR
        again = codegen.load(f"{path}#{top}")
    is_held, changes = FORMATS[language]
    before, after = facts_of(device), facts_of(again)
    others = {one.path for one in before if not is_held(one) or not any(map(is_accessed, one.fields.values()))}
    before = [one for one in before if one.path not in others]
    after = [one for one in after if ".word" not in one.path and plain_path(one.path) not in others]
    for one in (*before, *after):
        one.path = plain_path(one.path)
        for change in changes:
            change(one)
    return before, after


PULSE_THAT_RESTS_SET = """
schema: 1
name: dut
afi: {ids: [agfi-0fedcba9876543210]}
registers: {r: {offset: 0, fields: {start: {bits: 11, access: rw, format: bool, pulse: true, idle: 1}}}}
"""


@pytest.mark.parametrize("language", FORMATS)
@settings(
    max_examples=MAPS,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a compiler reads each map
    suppress_health_check=list(HealthCheck),
)
@given(text=maps())
@example(text=PULSE_THAT_RESTS_SET)
def test_random_maps(tmp_path_factory, language, text):
    try:
        before, after = there_and_back(text, language, tmp_path_factory.mktemp("there"))
    except ValueError as error:
        assert "nothing that is left of it can be said" in str(error)
        return
    assert after == before
