/* The control and status word of cl_mem_perf's HBM: both stacks are ready some time after their reset has ended. */
#include "behaviour/behaviour.h"

#define RESET (UINT32_C(1) << 0)
#define READY (UINT32_C(3) << 1)
#define CALIBRATION_SECONDS 0.25

/* Also after a write: RESET takes READY away at once. */
int hbm_advance(struct card *card, const struct bar_view *view, struct model_state *model) {
    const struct clkgen_state *clkgen = &view->slot->clkgen;
    uint64_t word = storage_load(view, model->base, 4), now = word & ~(uint64_t)READY;
    bool clocked = !slot_has_clkgen(view->slot) || (!clkgen->locking && !(clkgen->held & CLKGEN_RESETS_HBM));
    if ((word & RESET) || !clocked) {
        model->running = 0;
    } else {
        if (!model->running)
            model->start_ns = clock_ns();
        model->running = 1;
        if (time_is_over(model->start_ns, card_time_ns(CALIBRATION_SECONDS)))
            now |= READY;
    }
    return now == word ? 0 : storage_store(card, view, model->base, 4, now);
}
