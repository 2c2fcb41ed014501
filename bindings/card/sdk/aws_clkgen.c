/* The SDK's clock functions, on the same state as the clock generator's registers. */
#include <errno.h>

#include "sdk/sdk.h"

static int lock_clkgen(int slot_id, struct card **card, struct slot_state **slot) {
    int code = card_find_slot(slot_id, card, slot);
    if (!code)
        code = slot_settle(*card, slot_id);
    if (!code)
        code = slot_lock(*slot);
    if (code)
        return code;
    if (slot_has_clkgen(*slot)) {
        /* A measurement that is over saw the clocks as they were. */
        clk_freq_advance(*card, slot_id);
        return 0;
    }
    slot_unlock(*slot);
    return FPGA_ERR_CLKGEN_NOT_FOUND;
}

HAL_EXPORT int aws_clkgen_get_dynamic(int slot_id, struct fpga_clkgen_info *info) {
    struct card *card;
    struct slot_state *slot;
    if (!info)
        return -EINVAL;
    int code = lock_clkgen(slot_id, &card, &slot);
    if (code)
        return code;
    const struct mmcm_config *config = slot->clkgen.config;
    for (int i = 0; i < 3; i++)
        info->clock_group_a.clocks[i] = clkgen_output_mhz(&config[MMCM_A], i);
    for (int i = 0; i < 2; i++) {
        info->clock_group_b.clocks[i] = clkgen_output_mhz(&config[MMCM_B], i);
        info->clock_group_c.clocks[i] = clkgen_output_mhz(&config[MMCM_C], i);
    }
    info->clock_group_hbm.clocks[0] = clkgen_output_mhz(&config[MMCM_HBM], 0);
    slot_unlock(slot);
    return 0;
}

typedef const struct clkgen_setting *(*choose_setting)(enum mmcm_index mmcm, uint32_t wanted);

/* All four MMCMs, or none when one of the requests can't be met. */
static int set_all(int slot_id, choose_setting choose, const uint32_t wanted[MMCM_COUNT], uint32_t reset) {
    const struct clkgen_setting *settings[MMCM_COUNT];
    struct card *card;
    struct slot_state *slot;
    for (enum mmcm_index i = 0; i < MMCM_COUNT; i++) {
        settings[i] = choose(i, wanted[i]);
        if (!settings[i] && !reset)
            return FPGA_ERR_INVALID_CLKGEN_INPUTS;
    }
    int code = lock_clkgen(slot_id, &card, &slot);
    if (code)
        return code;
    if (reset)
        clkgen_reset(&slot->clkgen);
    else
        for (enum mmcm_index i = 0; i < MMCM_COUNT; i++)
            clkgen_apply(&slot->clkgen, i, settings[i]);
    slot_unlock(slot);
    return 0;
}

HAL_EXPORT int aws_clkgen_set_recipe(int slot_id, uint32_t clk_a_recipe, uint32_t clk_b_recipe, uint32_t clk_c_recipe,
                                     uint32_t clk_hbm_recipe, uint32_t reset) {
    const uint32_t recipes[MMCM_COUNT] = {
        [MMCM_A] = clk_a_recipe, [MMCM_B] = clk_b_recipe, [MMCM_C] = clk_c_recipe, [MMCM_HBM] = clk_hbm_recipe};
    return set_all(slot_id, clkgen_recipe, recipes, reset);
}

HAL_EXPORT int aws_clkgen_set_dynamic(int slot_id, uint32_t clk_a_freq, uint32_t clk_b_freq, uint32_t clk_c_freq,
                                      uint32_t clk_hbm_freq, uint32_t reset) {
    const uint32_t mhz[MMCM_COUNT] = {
        [MMCM_A] = clk_a_freq, [MMCM_B] = clk_b_freq, [MMCM_C] = clk_c_freq, [MMCM_HBM] = clk_hbm_freq};
    return set_all(slot_id, clkgen_dynamic, mhz, reset);
}
