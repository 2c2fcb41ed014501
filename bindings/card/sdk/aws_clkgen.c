/* The SDK's clock functions, on the same state as the clock generator's registers. */
#include <errno.h>

#include "sdk/sdk.h"

static int lock_clkgen(int slot_id, struct card **card, struct slot_state **slot) {
    int code = pci_find_slot(slot_id, card, slot);
    if (!code)
        code = slot_settle(*card, slot_id);
    if (!code)
        code = slot_lock(*slot);
    if (code)
        return code;
    if (slot_has_clkgen(*slot)) {
        /* A measurement that is over saw the clocks as they were. */
        models_advance(*card, slot_id);
        return 0;
    }
    slot_unlock(*slot);
    return FPGA_ERR_CLKGEN_NOT_FOUND;
}

/* The same once all MMCMs have locked. */
static int lock_running_clkgen(int slot_id, struct card **card, struct slot_state **slot) {
    int code = lock_clkgen(slot_id, card, slot);
    while (!code && (*slot)->clkgen.locking) {
        slot_unlock(*slot);
        card_sleep(0.001);
        code = lock_clkgen(slot_id, card, slot);
    }
    return code;
}

/* What a reset held starts when it ends. */
static void unlock_clkgen(struct card *card, int slot_id, struct slot_state *slot) {
    models_advance(card, slot_id);
    slot_unlock(slot);
}

HAL_EXPORT int aws_clkgen_get_dynamic(int slot_id, struct fpga_clkgen_info *info) {
    struct card *card;
    struct slot_state *slot;
    if (!info)
        return FPGA_ERR_SOFTWARE_PROBLEM;
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

/* In the SDK's order: all in reset, one group after the other, all released. A request that it finds wrong on its way
 * leaves what is done by then, and the resets as they are. */
static int set_all(int slot_id, choose_setting choose, const uint32_t wanted[MMCM_COUNT], bool reset) {
    static const enum mmcm_index order[MMCM_COUNT] = {MMCM_A, MMCM_B, MMCM_C, MMCM_HBM};
    struct card *card;
    struct slot_state *slot;
    int code = lock_running_clkgen(slot_id, &card, &slot);
    if (code)
        return code;
    clkgen_set_resets(&slot->clkgen, true);
    for (size_t i = 0; i < ARRAY_LENGTH(order) && !code; i++) {
        const struct clkgen_setting *setting = reset ? NULL : choose(order[i], wanted[order[i]]);
        if (!reset && !setting)
            code = FPGA_ERR_INVALID_CLKGEN_INPUTS;
        else
            clkgen_apply(&slot->clkgen, order[i], setting);
    }
    if (!code)
        clkgen_set_resets(&slot->clkgen, false);
    unlock_clkgen(card, slot_id, slot);
    return code;
}

HAL_EXPORT int aws_clkgen_set_recipe(int slot_id, uint32_t clk_a_recipe, uint32_t clk_b_recipe, uint32_t clk_c_recipe,
                                     uint32_t clk_hbm_recipe, uint32_t reset) {
    const uint32_t recipes[MMCM_COUNT] = {
        [MMCM_A] = clk_a_recipe, [MMCM_B] = clk_b_recipe, [MMCM_C] = clk_c_recipe, [MMCM_HBM] = clk_hbm_recipe};
    for (enum mmcm_index i = 0; i < MMCM_COUNT && !reset; i++)
        if (!clkgen_recipe(i, recipes[i]))
            return FPGA_ERR_INVALID_CLKGEN_INPUTS;
    return set_all(slot_id, clkgen_recipe, recipes, reset != 0);
}

HAL_EXPORT int aws_clkgen_set_dynamic(int slot_id, uint32_t clk_a_freq, uint32_t clk_b_freq, uint32_t clk_c_freq,
                                      uint32_t clk_hbm_freq, uint32_t reset) {
    const uint32_t mhz[MMCM_COUNT] = {
        [MMCM_A] = clk_a_freq, [MMCM_B] = clk_b_freq, [MMCM_C] = clk_c_freq, [MMCM_HBM] = clk_hbm_freq};
    for (enum mmcm_index i = 0; i < MMCM_COUNT && !reset; i++)
        if (mhz[i] > clkgen_highest_mhz(i))
            return FPGA_ERR_INVALID_CLKGEN_INPUTS;
    return set_all(slot_id, clkgen_dynamic, mhz, reset != 0);
}

HAL_EXPORT int aws_clkgen_deassert_resets(int slot_id) {
    struct card *card;
    struct slot_state *slot;
    int code = lock_running_clkgen(slot_id, &card, &slot);
    if (code)
        return code;
    clkgen_set_resets(&slot->clkgen, false);
    unlock_clkgen(card, slot_id, slot);
    return 0;
}
