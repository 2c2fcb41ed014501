/* Registers that a design has and the card plays: each model on the BAR where its design put it. */
#include "behaviour/behaviour.h"

#define LOCK_SECONDS 0.05 /* until all MMCMs have locked */

static const struct {
    int (*advance)(struct card *card, const struct bar_view *view, struct model_state *model);
    int (*written)(struct card *card, const struct bar_view *view, struct model_state *model);
} models[MODEL_KINDS] = {
    [MODEL_CLK_FREQ] = {clk_freq_advance, clk_freq_written},
    [MODEL_HBM] = {hbm_advance,      hbm_advance     },
};

/* The mapping is anybody's to write: nothing in it is believed. */
static const struct bar_view *model_view(const struct card *card, int slot_id, const struct model_state *model) {
    if (model->kind >= MODEL_KINDS)
        return NULL;
    const struct bar_view *view = &card->views[slot_id][model->bar % BAR_COUNT];
    bool fits = view->shape->kind == BAR_DESIGN && model->base % 4 == 0 &&
                model->base <= view->size - model_shapes[model->kind].bytes;
    return fits ? view : NULL;
}

void clocks_advance(struct slot_state *slot) {
    if (slot->clkgen.locking && time_is_over(slot->loaded_ns, card_time_ns(LOCK_SECONDS)))
        slot->clkgen.locking = 0;
}

void models_advance(struct card *card, int slot_id) {
    struct slot_state *slot = card_slot(card, slot_id);
    clocks_advance(slot);
    for (uint32_t i = 0; i < slot->model_count && i < MODEL_MAX; i++) {
        struct model_state *model = &slot->models[i];
        const struct bar_view *view = model_view(card, slot_id, model);
        if (view)
            models[model->kind].advance(card, view, model);
    }
}

int models_written(struct card *card, int slot_id, enum bar_index bar, uint64_t offset) {
    struct slot_state *slot = card_slot(card, slot_id);
    for (uint32_t i = 0; i < slot->model_count && i < MODEL_MAX; i++) {
        struct model_state *model = &slot->models[i];
        const struct bar_view *view = model_view(card, slot_id, model);
        if (!view || model->bar != bar || offset < model->base || offset >= model->base + 4)
            continue;
        int code = models[model->kind].written(card, view, model);
        if (code)
            return code;
    }
    return 0;
}

void models_loaded(struct slot_state *slot) {
    for (uint32_t i = 0; i < slot->model_count && i < MODEL_MAX; i++) {
        bool begins = slot->models[i].kind == MODEL_HBM;
        slot->models[i].start_ns = slot->loaded_ns;
        slot->models[i].running = begins && !(slot->clkgen.held & CLKGEN_RESETS_HBM);
    }
}
