/*
 * The clock generator's registers (mgmt BAR 4, 0x50000 to 0x58FFF) and the frequencies that follow
 * from them. Configuration registers act on an MMCM when LOAD and SEN are written together; LOAD
 * alone brings its power-up values back, a non-zero value in G_RST those of all, as does loading the AFI.
 */
#include "clock/clock.h"

#define REFERENCE_HZ UINT64_C(100000000)
#define MAIN_A0_HZ UINT64_C(250000000)
#define UNDEFINED 0xDEADDEC0u
#define SYS_RST 0x58014
#define SYS_RST_BITS 0x3FFu
#define LOAD_ALONE 0x1u
#define LOAD_BITS 0x3u

static const enum mmcm_index lock_order[] = {MMCM_A, MMCM_B, MMCM_C, MMCM_HBM};
static const uint32_t lock_bits[] = {1u << 0, 1u << 4, 1u << 6, 1u << 8};

static struct mmcm_config config_of(const struct clkgen_setting *setting) {
    return (struct mmcm_config){.main = (uint32_t)setting->div | (uint32_t)setting->mult << 8 |
                                        (uint32_t)setting->mult_frac << 16,
                                .clk0 = (uint32_t)setting->div0 | (uint32_t)setting->div0_frac << 8,
                                .clk1 = setting->div1,
                                .clk2 = setting->div2};
}

static const struct clkgen_setting *power_up_setting(enum mmcm_index mmcm) {
    static const uint32_t recipes[MMCM_COUNT] = {[MMCM_A] = 1, [MMCM_B] = 2, [MMCM_C] = 0, [MMCM_HBM] = 2};
    return clkgen_recipe(mmcm, recipes[mmcm]);
}

void clkgen_apply(struct clkgen_state *state, enum mmcm_index mmcm, const struct clkgen_setting *setting) {
    state->config[mmcm] = config_of(setting ? setting : power_up_setting(mmcm));
    state->active[mmcm] = state->config[mmcm];
    state->load[mmcm] = setting ? LOAD_BITS : LOAD_ALONE;
}

/* All that writing to G_RST brings back, beside which it keeps its value; what holds the design is SYS_RST's matter. */
static void power_up_registers(struct clkgen_state *state) {
    state->sys_rst = CLKGEN_RESETS_POWER_UP;
    state->dis_rst_main = 0;
    for (enum mmcm_index i = 0; i < MMCM_COUNT; i++) {
        clkgen_apply(state, i, NULL);
        state->load[i] = 0;
    }
}

void clkgen_power_up(struct clkgen_state *state, bool held) {
    power_up_registers(state);
    state->g_rst = 0;
    state->held = held ? CLKGEN_RESETS_POWER_UP : 0;
    state->locking = held;
}

void clkgen_set_resets(struct clkgen_state *state, bool asserted) {
    clkgen_write(state, SYS_RST, asserted ? UINT32_MAX : 0, UINT32_MAX);
}

/* ---- Frequencies ---- */

struct output {
    uint32_t div, frac;
};

static struct output output_of(const struct mmcm_config *config, int output) {
    if (output == 0)
        return (struct output){config->clk0 & 0xFF, config->clk0 >> 8 & 0x3FF};
    return (struct output){(output == 1 ? config->clk1 : config->clk2) & 0xFF, 0};
}

/* Of thousandths: (mult + mult_frac/1000) and div * (div_i + div_i_frac/1000). */
static void ratio(const struct mmcm_config *config, int output, uint64_t *up, uint64_t *down) {
    struct output divider = output_of(config, output);
    *up = (config->main >> 8 & 0xFF) * 1000u + (config->main >> 16 & 0x3FF);
    *down = (config->main & 0xFF) * (uint64_t)(divider.div * 1000u + divider.frac);
}

static uint64_t output_hz(const struct mmcm_config *config, int output) {
    uint64_t up, down;
    ratio(config, output, &up, &down);
    return down ? (2 * REFERENCE_HZ * up + down) / (2 * down) : 0;
}

double clkgen_output_mhz(const struct mmcm_config *config, int output) {
    uint64_t up, down;
    ratio(config, output, &up, &down);
    return down ? 100.0 * (double)up / (double)down : 0.0;
}

void clkgen_frequencies(const struct clkgen_state *state, bool present, uint64_t hz[HAL_CARD_CLOCKS]) {
    static const struct {
        enum mmcm_index mmcm;
        int output;
        int clock;
    } sources[] = {
        {MMCM_A,   0, HAL_CARD_CLK_EXTRA_A1},
        {MMCM_A,   1, HAL_CARD_CLK_EXTRA_A2},
        {MMCM_A,   2, HAL_CARD_CLK_EXTRA_A3},
        {MMCM_B,   0, HAL_CARD_CLK_EXTRA_B0},
        {MMCM_B,   1, HAL_CARD_CLK_EXTRA_B1},
        {MMCM_C,   0, HAL_CARD_CLK_EXTRA_C0},
        {MMCM_C,   1, HAL_CARD_CLK_EXTRA_C1},
        {MMCM_HBM, 0, HAL_CARD_CLK_HBM_AXI },
    };
    hz[HAL_CARD_CLK_MAIN_A0] = MAIN_A0_HZ;
    hz[HAL_CARD_CLK_HBM_REF] = REFERENCE_HZ;
    for (size_t i = 0; i < ARRAY_LENGTH(sources); i++)
        hz[sources[i].clock] = present ? output_hz(&state->active[sources[i].mmcm], sources[i].output) : 0;
}

/* ---- Registers ---- */

static bool is_locked(const struct clkgen_state *state, enum mmcm_index mmcm) {
    uint32_t main = state->active[mmcm].main;
    return !state->locking && (main & 0xFF) != 0 && (main >> 8 & 0xFF) != 0;
}

static uint32_t lock_register(const struct clkgen_state *state) {
    uint32_t value = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(lock_order); i++)
        if (is_locked(state, lock_order[i]))
            value |= lock_bits[i];
    return value;
}

static bool find_mmcm(uint64_t offset, enum mmcm_index *mmcm) {
    static const enum mmcm_index blocks[] = {MMCM_B, MMCM_C, MMCM_A, MMCM_COUNT, MMCM_HBM};
    uint64_t block = (offset - CLKGEN_BASE) >> 12;
    *mmcm = block < ARRAY_LENGTH(blocks) ? blocks[block] : MMCM_COUNT;
    return *mmcm != MMCM_COUNT;
}

/* A register that can be written, with the bits it has; NULL where there is none. */
static uint32_t *writable(struct clkgen_state *state, uint64_t offset, uint32_t *bits) {
    enum mmcm_index mmcm;
    *bits = UINT32_MAX;
    switch (offset) {
    case 0x58010: return &state->g_rst;
    case SYS_RST: *bits = SYS_RST_BITS; return &state->sys_rst;
    case 0x58018: *bits = 0x1; return &state->dis_rst_main;
    default: break;
    }
    if (!find_mmcm(offset, &mmcm))
        return NULL;
    switch (offset & 0xFFF) {
    case 0x200: *bits = 0x3FFFFFF; return &state->config[mmcm].main;
    case 0x208: *bits = 0x3FFFF; return &state->config[mmcm].clk0;
    case 0x214: *bits = 0xFF; return &state->config[mmcm].clk1;
    case 0x220: *bits = 0xFF; return &state->config[mmcm].clk2;
    case 0x25C: *bits = LOAD_BITS; return &state->load[mmcm];
    default: return NULL;
    }
}

uint32_t clkgen_read(const struct clkgen_state *state, uint64_t offset) {
    enum mmcm_index mmcm;
    uint32_t bits;
    switch (offset) {
    case 0x58000: return 0x90481D0F;
    case 0x58004: return 0x02010000;
    case 0x58008: return 0x09232223;
    case 0x5800C: return 0x1FF;
    case 0x58020: return lock_register(state);
    default: break;
    }
    if (find_mmcm(offset, &mmcm) && (offset & 0xFFF) == 0x004)
        return is_locked(state, mmcm);
    struct clkgen_state copy = *state;
    const uint32_t *place = writable(&copy, offset, &bits);
    return place ? *place : UNDEFINED;
}

void clkgen_write(struct clkgen_state *state, uint64_t offset, uint32_t value, uint32_t mask) {
    enum mmcm_index mmcm;
    uint32_t bits;
    uint32_t *place = writable(state, offset, &bits);
    if (!place)
        return;
    *place = ((*place & ~mask) | (value & mask)) & bits;
    if (place == &state->g_rst && *place != 0)
        power_up_registers(state);
    if (place == &state->sys_rst)
        state->held = *place;
    if (find_mmcm(offset, &mmcm) && place == &state->load[mmcm]) {
        if (*place == LOAD_BITS)
            state->active[mmcm] = state->config[mmcm];
        else if (*place == LOAD_ALONE)
            clkgen_apply(state, mmcm, NULL);
    }
}
