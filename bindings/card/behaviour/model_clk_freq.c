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

static const struct bar_view *model_view(const struct card *card, int slot_id, const struct model_state *model) {
    const struct bar_view *view = &card->views[slot_id][model->bar % BAR_COUNT];
    bool fits = view->shape->kind == BAR_DESIGN && model->base % 4 == 0 && model->base <= view->size - CLK_FREQ_BYTES;
    return fits ? view : NULL;
}

static void finish_measurement(struct card *card, int slot_id, struct model_state *model) {
    const struct slot_state *slot = card_slot(card, slot_id);
    const struct bar_view *view = model_view(card, slot_id, model);
    uint64_t hz[HAL_CARD_CLOCKS];
    model->running = 0;
    if (!view)
        return;
    clkgen_frequencies(&slot->clkgen, slot_has_clkgen(slot), hz);
    uint64_t ctl = storage_load(view, model->base, 4);
    /* Its chunk was written by START, so that these cannot run out of space. */
    set_counters(card, view, model->base, REFERENCE_COUNT, hz);
    storage_store(card, view, model->base, 4, ctl & ~CTL_START);
}

void clk_freq_advance(struct card *card, int slot_id) {
    struct slot_state *slot = card_slot(card, slot_id);
    for (uint32_t i = 0; i < slot->model_count && i < MODEL_MAX; i++) {
        struct model_state *model = &slot->models[i];
        if (model->running && time_is_over(model->start_ns, model->duration_ns))
            finish_measurement(card, slot_id, model);
    }
}

int clk_freq_written(struct card *card, int slot_id, enum bar_index bar, uint64_t offset) {
    static const uint64_t zero[HAL_CARD_CLOCKS];
    struct slot_state *slot = card_slot(card, slot_id);
    for (uint32_t i = 0; i < slot->model_count && i < MODEL_MAX; i++) {
        struct model_state *model = &slot->models[i];
        const struct bar_view *view = model_view(card, slot_id, model);
        if (!view || model->bar != bar || offset < model->base || offset >= model->base + 4)
            continue;
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
    }
    return 0;
}
