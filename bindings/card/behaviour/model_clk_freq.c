/* The clk_freq block of cl_mem_perf: counts the cycles of each clock over one second. */
#include <string.h>

#include "behaviour/behaviour.h"

#define CTL_START (UINT32_C(1) << 0)
#define CTL_RESET (UINT32_C(1) << 31)
#define REF_FREQ_CTR 0x04
#define FREQ_CTR_0 0x10
#define REFERENCE_COUNT 100000000u
#define MEASURE_SECONDS 1.0

static int set_counters(const struct card *card, const struct bar_view *view, uint64_t base, uint32_t reference,
                        const uint64_t hz[HAL_CARD_CLOCKS]) {
    int code = storage_store(card, view, base + REF_FREQ_CTR, 4, reference);
    for (unsigned i = 0; i < HAL_CARD_CLOCKS && !code; i++)
        code = storage_store(card, view, base + FREQ_CTR_0 + i * 4, 4, hz[i]);
    return code;
}

static int finish_measurement(struct card *card, const struct bar_view *view, struct model_state *model) {
    const struct slot_state *slot = view->slot;
    uint64_t hz[HAL_CARD_CLOCKS];
    model->running = 0;
    clkgen_frequencies(&slot->clkgen, slot_has_clkgen(slot), hz);
    uint64_t ctl = storage_load(view, model->base, 4);
    /* Its chunk was written by START, so that these cannot run out of space. */
    set_counters(card, view, model->base, REFERENCE_COUNT, hz);
    return storage_store(card, view, model->base, 4, ctl & ~CTL_START);
}

int clk_freq_advance(struct card *card, const struct bar_view *view, struct model_state *model) {
    bool over = model->running && time_is_over(model->start_ns, model->duration_ns);
    return over ? finish_measurement(card, view, model) : 0;
}

int clk_freq_written(struct card *card, const struct bar_view *view, struct model_state *model) {
    static const uint64_t zero[HAL_CARD_CLOCKS];
    uint64_t ctl = storage_load(view, model->base, 4);
    if (ctl & CTL_RESET) {
        model->running = 0;
        return set_counters(card, view, model->base, 0, zero);
    }
    if ((ctl & CTL_START) && !model->running) {
        model->start_ns = clock_ns();
        model->duration_ns = card_time_ns(MEASURE_SECONDS);
    }
    model->running = (ctl & CTL_START) != 0;
    return 0;
}
