/* The clock generator: its registers as they lie in the card's state, and the frequencies that follow from them. */
#ifndef HAL_CARD_CLOCK_H
#define HAL_CARD_CLOCK_H

#include <stdbool.h>

#include "hal_card.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define CLKGEN_BASE UINT64_C(0x50000)
#define CLKGEN_END UINT64_C(0x59000)

struct mmcm_config {
    uint32_t main, clk0, clk1, clk2;
};

enum mmcm_index { MMCM_B, MMCM_C, MMCM_A, MMCM_HBM, MMCM_COUNT };

struct clkgen_state {
    uint32_t g_rst, sys_rst, dis_rst_main;
    uint32_t held;    /* resets of SYS_RST's bits that hold the design: those that software has set */
    uint32_t locking; /* no MMCM has locked yet */
    uint32_t load[MMCM_COUNT];
    struct mmcm_config config[MMCM_COUNT]; /* what the registers say */
    struct mmcm_config active[MMCM_COUNT]; /* what the outputs follow */
};

struct clkgen_setting {
    uint16_t mult, mult_frac;
    uint8_t div, div0;
    uint16_t div0_frac;
    uint8_t div1, div2;
};

/* SYS_RST's bits of the memory's clocks. */
#define CLKGEN_RESETS_HBM 0x300u
#define CLKGEN_RESETS_POWER_UP 0x3FEu

/* held: the power-up resets hold the design until software releases them, and the MMCMs have yet to lock. */
void clkgen_power_up(struct clkgen_state *state, bool held);
/* As the SDK's functions write SYS_RST. */
void clkgen_set_resets(struct clkgen_state *state, bool asserted);
uint32_t clkgen_read(const struct clkgen_state *state, uint64_t offset);
void clkgen_write(struct clkgen_state *state, uint64_t offset, uint32_t value, uint32_t mask);
/* One group's settings, or those of power-up with NULL, loaded as the SDK's functions do it. */
void clkgen_apply(struct clkgen_state *state, enum mmcm_index mmcm, const struct clkgen_setting *setting);
void clkgen_frequencies(const struct clkgen_state *state, bool present, uint64_t hz[HAL_CARD_CLOCKS]);
double clkgen_output_mhz(const struct mmcm_config *config, int output);
/* NULL when there is no such recipe or frequency. */
const struct clkgen_setting *clkgen_recipe(enum mmcm_index mmcm, uint32_t recipe);
const struct clkgen_setting *clkgen_dynamic(enum mmcm_index mmcm, uint32_t mhz);
uint32_t clkgen_highest_mhz(enum mmcm_index mmcm);

#endif
