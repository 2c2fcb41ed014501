"""Headers for regmap: gcc takes them beside the kernel's, and a program finds in them what the map says."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings

import codegen
from codegen.schema.policies import POLICIES
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file
from tests.codegen.output.languages.sources.kernel import write_headers
from tests.codegen.output.languages.test_hostile import DESCRIPTIONS, HARD, device_with, of_plain
from tests.support.processes import LIMIT

OPTIONS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"]
MAIN = """\
#include <stdio.h>
#include "dut.h"
static void ranges(const char *name, const struct regmap_access_table *table)
{
	for (unsigned int at = 0; at < table->n_yes_ranges; at++)
		printf("%s %#x %#x\\n", name, table->yes_ranges[at].range_min, table->yes_ranges[at].range_max);
}
int main(void)
{
	for (int at = 0; at < FIELDS; at++) {
		const struct reg_field *field = &DUT_reg_fields[at];
		printf("field %#x %u %u %u %#x\\n", field->reg, field->lsb, field->msb, field->id_size, field->id_offset);
	}
	for (unsigned int at = 0; at < DUT_regmap_config.num_reg_defaults; at++)
		printf("default %#x %#x\\n", DUT_regmap_config.reg_defaults[at].reg, DUT_regmap_config.reg_defaults[at].def);
	ranges("rd", DUT_regmap_config.rd_table);
	ranges("wr", DUT_regmap_config.wr_table);
	ranges("volatile", DUT_regmap_config.volatile_table);
	ranges("precious", DUT_regmap_config.precious_table);
	printf("max %#x\\n", DUT_regmap_config.max_register);
	return 0;
}
"""


def told(device, folder):
    """What a program says of the header: fields, defaults, and the addresses of each table."""
    (folder / "dut.h").write_text(one_file(device, "linux"))
    main = MAIN.replace("DUT", device.name).replace("FIELDS", f"{device.name.upper()}_FIELDS")
    (folder / "main.c").write_text(main)
    command = ["gcc", *OPTIONS, write_headers(folder / "include"), str(folder / "main.c"), "-o", str(folder / "main")]
    subprocess.run(command, check=True, timeout=LIMIT)
    out = subprocess.run([str(folder / "main")], capture_output=True, text=True, check=True, timeout=LIMIT).stdout
    found = {"field": [], "default": {}, "rd": set(), "wr": set(), "volatile": set(), "precious": set()}
    for line in out.splitlines():
        word, *numbers = line.split()
        values = [int(number, 0) for number in numbers]
        if word == "field":
            found["field"].append(tuple(values))
        elif word == "default":
            found["default"][values[0]] = values[1]
        elif word != "max":
            found[word] |= set(range(values[0], values[1] + 1, 4))
    return found


@pytest.mark.parametrize("text", [*VALID, INTRICATE, EVERYTHING], ids=lambda item: getattr(item, "stem", "text"))
def test_gcc_takes_them(text, tmp_path):
    device = codegen.loads(text) if isinstance(text, str) else codegen.load(text)
    command = ["gcc", *OPTIONS, "-fsyntax-only", write_headers(tmp_path), "-xc", "-"]
    source = one_file(device, "linux")
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_finds_what_the_map_says(tmp_path):
    device = codegen.loads(EVERYTHING)
    found = told(device, tmp_path)
    wanted = {"rd": set(), "wr": set(), "precious": set()}
    fields = set()
    for place in device.walk():
        if place.path.startswith("ring"):  # entries of a memory
            continue
        register = place.register
        for field in register.fields:
            policy = POLICIES[field.access]
            for low in field.element_lows:
                for word in range(low // 32, (low + field.width - 1) // 32 + 1):
                    address = place.offset + 4 * word
                    first, last = max(low, 32 * word), min(low + field.width, 32 * word + 32) - 1
                    fields.add((address, first % 32, last % 32))
                    wanted["rd"] |= {address} if policy.readable else set()
                    wanted["wr"] |= {address} if policy.writable else set()
                    wanted["precious"] |= {address} if policy.read_acts else set()
    assert {name: found[name] for name in wanted} == wanted
    assert {(reg, lsb, msb) for reg, lsb, msb, *_ in found["field"]} <= fields
    elements = {
        (reg + index * step, lsb, msb) for reg, lsb, msb, size, step in found["field"] for index in range(size or 1)
    }
    assert elements == fields
    # What a cache may hold: plain values that nothing else changes.
    assert found["default"][0x8] == 0
    assert [found["default"][0x18 + 4 * word] for word in range(3)] == [3, 2, 1]
    assert found["volatile"].isdisjoint(found["default"])
    assert {0x4, 0x10, 0x68, 0x70, 0x64, 0x80} <= found["volatile"]  # out is written through its aliases


def test_bytes_are_a_regmap_of_bytes():
    text = "schema: 1\nname: dut\nregisters: {a: {offset: 0, width: 8, reset: 5}, b: {offset: 1, width: 16}}\n"
    made = one_file(codegen.loads(text), "linux")
    assert ".val_bits = 8," in made
    assert "{ 0x0, 0x5 }," in made
    assert "[DUT_B_VALUE_W1_FIELD] = REG_FIELD(0x2, 0, 7)," in made
    mixed = one_file(codegen.loads(text.replace("}}", "}, c: {offset: 4}}")), "linux")
    assert "/* Not in regmap: register a, which is no word of 32 bits. */" in mixed


def test_what_regmap_has_no_word_for_is_told():
    text = one_file(codegen.loads(EVERYTHING), "linux")
    for words in (
        "/* Not in regmap: memory table. */",
        "/* volts: Not in regmap: access rw: A read changes nothing; a write is taken as it is; unit mV; value = step",
        "/* Not in regmap: Each write follows writes of 0x45670123 to pass. */",
        "it acts on raw.all",
        "static const struct regmap_config everything_regmap_config",
    ):
        assert words in text, words


def test_one_name_for_two_things_is_refused():
    text = "schema: 1\nname: dut\nconstants: {R_F_FIELD: 3}\nregisters: {r: {offset: 0, fields: {f: {bits: 0}}}}\n"
    with pytest.raises(ValueError, match=r"^dut: a macro and a field of dut would both be DUT_R_F_FIELD in C; rename"):
        one_file(codegen.loads(text), "linux")


@pytest.fixture(scope="module")
def preprocessed(tmp_path_factory):
    """Makes the header of a map with a description, without its comments."""
    include = write_headers(tmp_path_factory.mktemp("linux"))

    def make(said):
        source = one_file(device_with(said), "linux")
        command = ["gcc", *OPTIONS, "-Wpedantic", "-trigraphs", "-P", "-E", "-dD", include, "-xc", "-"]
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=False, timeout=LIMIT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return make


@settings(HARD, max_examples=20)  # a run of gcc each
@given(text=DESCRIPTIONS)
def test_texts_stay_comments(preprocessed, text):
    assert preprocessed(text) == of_plain(preprocessed)
