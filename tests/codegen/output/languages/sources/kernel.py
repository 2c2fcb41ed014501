"""As much of the kernel's headers as a header for regmap takes, for gcc."""

from __future__ import annotations

REGMAP = """\
#pragma once
#include <stddef.h>
typedef unsigned int u32;
struct reg_field { unsigned int reg, lsb, msb, id_size, id_offset; };
#define REG_FIELD(_reg, _lsb, _msb) { .reg = _reg, .lsb = _lsb, .msb = _msb }
#define REG_FIELD_ID(_reg, _lsb, _msb, _size, _offset) \\
	{ .reg = _reg, .lsb = _lsb, .msb = _msb, .id_size = _size, .id_offset = _offset }
struct reg_default { unsigned int reg, def; };
struct regmap_range { unsigned int range_min, range_max; };
#define regmap_reg_range(low, high) { .range_min = low, .range_max = high }
struct regmap_access_table {
	const struct regmap_range *yes_ranges;
	unsigned int n_yes_ranges;
	const struct regmap_range *no_ranges;
	unsigned int n_no_ranges;
};
struct regmap_config {
	const char *name;
	int reg_bits, reg_stride, val_bits;
	unsigned int max_register;
	const struct regmap_access_table *wr_table, *rd_table, *volatile_table, *precious_table;
	const struct reg_default *reg_defaults;
	unsigned int num_reg_defaults;
};
"""

HEADERS = {
    "linux/bits.h": "#pragma once\n#define BIT(n) (1UL << (n))\n#define BIT_ULL(n) (1ULL << (n))\n"
    "#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (63 - (h))))\n"
    "#define GENMASK_ULL(h, l) ((~0ULL << (l)) & (~0ULL >> (63 - (h))))\n",
    "linux/compiler.h": "#pragma once\n#define __maybe_unused __attribute__((__unused__))\n",
    "linux/kernel.h": "#pragma once\n#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))\n",
    "linux/regmap.h": REGMAP,
}


def write_headers(folder):
    """Write them into a folder, and return the option that makes gcc look there."""
    for name, text in HEADERS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return f"-I{folder}"
