/* The clock generator's MMCMs one by one, by its registers behind a handle that the program has attached. */
#include <errno.h>

#include "fpga_sdk_extra.h"
#include "sdk/sdk.h"

#define CLKS_AVAIL 0x5800C
#define STATUS 0x004
#define MAIN_CFG 0x200
#define LOAD_CFG 0x25C
#define LOCK_LOOKS 1000000

struct group {
    uint64_t base;
    uint32_t clocks, first_available_bit;
};

static const struct group groups[] = {
    [clkgen_group_a] = {0x52000, 3, 1},
    [clkgen_group_b] = {0x50000, 2, 4},
    [clkgen_group_c] = {0x51000, 2, 6},
    [clkgen_group_hbm] = {0x54000, 1, 8},
};
static const uint64_t clock_registers[] = {0x208, 0x214, 0x220};

/* By group; the handles plus 1, so that 0 is none. */
static _Atomic int bound[ARRAY_LENGTH(groups)];

static const struct group *find_group(enum fpga_clkgen_mmcm_group group) {
    return (unsigned)group < ARRAY_LENGTH(groups) ? &groups[group] : NULL;
}

static int find_register(int handle, uint64_t offset, struct card **card, const struct bar_view **view) {
    int code = handle_view(handle, card, view);
    if (!code && offset + 4 > (*view)->size)
        code = -EINVAL;
    return code;
}

static int read_register(int handle, uint64_t offset, uint32_t *value) {
    struct card *card;
    const struct bar_view *view;
    uint64_t wide = 0;
    int code = find_register(handle, offset, &card, &view);
    if (!code)
        code = bus_read(card, view, offset, 4, &wide);
    *value = (uint32_t)wide;
    return code;
}

static int write_register(int handle, uint64_t offset, uint32_t value) {
    struct card *card;
    const struct bar_view *view;
    int code = find_register(handle, offset, &card, &view);
    return code ? code : bus_write(card, view, offset, 4, value);
}

static int group_handle(enum fpga_clkgen_mmcm_group group) {
    return atomic_load(&bound[group]) - 1;
}

HAL_EXPORT int mmcm_init(enum fpga_clkgen_mmcm_group group, pci_bar_handle_t handle) {
    uint32_t available;
    if (!find_group(group))
        return FPGA_ERR_SOFTWARE_PROBLEM;
    int code = read_register(handle, CLKS_AVAIL, &available);
    if (!code)
        atomic_store(&bound[group], handle + 1);
    return code;
}

HAL_EXPORT int mmcm_clk_avail(enum fpga_clkgen_mmcm_group group, uint32_t clk_index, bool *is_avail) {
    const struct group *found = find_group(group);
    uint32_t available;
    if (!found || clk_index >= found->clocks || !is_avail)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    int code = read_register(group_handle(group), CLKS_AVAIL, &available);
    if (!code)
        *is_avail = available >> (found->first_available_bit + clk_index) & 1;
    return code;
}

HAL_EXPORT int mmcm_is_locked(enum fpga_clkgen_mmcm_group group, bool *is_locked) {
    const struct group *found = find_group(group);
    uint32_t status;
    if (!found || !is_locked)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    int code = read_register(group_handle(group), found->base + STATUS, &status);
    if (!code)
        *is_locked = status & 1;
    return code;
}

/* The SDK's own looks for ever; this ends. */
HAL_EXPORT int mmcm_wait_for_locked(enum fpga_clkgen_mmcm_group group) {
    const struct group *found = find_group(group);
    uint32_t status = 0;
    if (!found)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    for (int look = 0; look < LOCK_LOOKS; look++) {
        int code = read_register(group_handle(group), found->base + STATUS, &status);
        if (code || status == 1)
            return code;
    }
    return FPGA_ERR_HARDWARE_BUSY;
}

HAL_EXPORT int mmcm_set_shared_clock(enum fpga_clkgen_mmcm_group group, uint32_t mult, uint32_t mult_frac,
                                     uint32_t div) {
    const struct group *found = find_group(group);
    if (!found)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    uint32_t value = ((div ? div : 1) & 0xFF) | ((mult ? mult : 1) & 0xFF) << 8 | (mult_frac & 0xFFF) << 16;
    return write_register(group_handle(group), found->base + MAIN_CFG, value);
}

HAL_EXPORT int mmcm_get_shared_clock(enum fpga_clkgen_mmcm_group group, uint32_t *mult, uint32_t *mult_frac,
                                     uint32_t *div) {
    const struct group *found = find_group(group);
    uint32_t value;
    if (!found || !mult || !mult_frac || !div)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    int code = read_register(group_handle(group), found->base + MAIN_CFG, &value);
    if (code)
        return code;
    *mult = value >> 8 & 0xFF;
    *mult_frac = value >> 16 & 0x3FF;
    *div = value & 0xFF;
    return 0;
}

HAL_EXPORT int mmcm_set_clk_div(enum fpga_clkgen_mmcm_group group, uint32_t clk_index, uint32_t div,
                                uint32_t div_frac) {
    const struct group *found = find_group(group);
    if (!found || clk_index >= found->clocks)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    uint32_t value = (div ? div : 1) & 0xFF;
    if (clk_index == 0)
        value |= div_frac << 8 & 0xFFF00;
    return write_register(group_handle(group), found->base + clock_registers[clk_index], value);
}

HAL_EXPORT int mmcm_get_clk_div(enum fpga_clkgen_mmcm_group group, uint32_t clk_index, uint32_t *div,
                                uint32_t *div_frac) {
    const struct group *found = find_group(group);
    uint32_t value;
    if (!found || clk_index >= found->clocks || !div || !div_frac)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    int code = read_register(group_handle(group), found->base + clock_registers[clk_index], &value);
    if (code)
        return code;
    *div = value & 0xFF;
    *div_frac = clk_index == 0 ? value >> 8 & 0x3FF : 0;
    return 0;
}

HAL_EXPORT int mmcm_load_cfg(enum fpga_clkgen_mmcm_group group, uint32_t reset) {
    const struct group *found = find_group(group);
    if (!found)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    return write_register(group_handle(group), found->base + LOAD_CFG, reset ? 1 : 3);
}
