/* Batches: what stand-ins have collected, and one run of it all. */
#include <stdlib.h>

#include "access/access.h"

int hal_batch_new(hal_batch **batch) {
    if (!batch)
        return HAL_E_ARGUMENT;
    *batch = calloc(1, sizeof **batch);
    if (*batch)
        (*batch)->forks = hal_forks();
    return *batch ? 0 : HAL_E_MEMORY;
}

void hal_batch_free(hal_batch *batch) {
    if (!batch)
        return;
    free(batch->ops);
    free(batch->named);
    free(batch);
}

/* The stand-in for a BAR; ports that are prepared on it belong to this batch. */
int hal_batch_bar(hal_batch *batch, hal_bar *target, uint32_t generation, hal_bar **bar) {
    if (!batch || !target || !bar)
        return HAL_E_ARGUMENT;
    int code = hal_state(target, generation);
    int place = 0;
    while (place < STAND_INS && batch->bars[place].target)
        place++;
    if (code || place == STAND_INS)
        return code ? code : HAL_E_MANY;
    stand_in *made = &batch->bars[place];
    *made = (stand_in){.target = target, .target_generation = generation, .batch = batch};
    made->bar.size = target->size;
    made->bar.lock = target->lock;
    made->bar.generation = 1;
    made->bar.handle = -1;
    made->bar.slot = target->slot;
    made->bar.pf = target->pf;
    made->bar.bar = target->bar;
    made->bar.closed = HAL_E_COLLECTING;
    *bar = &made->bar;
    return 0;
}

/* Empties the list; collecting 0: what comes from now on gets HAL_E_ENDED. */
int hal_batch_collect(hal_batch *batch, int collecting) {
    if (!batch)
        return HAL_E_ARGUMENT;
    int code = batch->forks == hal_forks() ? hal_lock(&batch->lock) : HAL_E_FORKED;
    if (code)
        return code;
    if (collecting) {
        batch->count = batch->reads.first = batch->reads.end = 0;
        batch->round++;
    }
    for (int place = 0; place < STAND_INS; place++)
        batch->bars[place].bar.closed = collecting ? HAL_E_COLLECTING : HAL_E_ENDED;
    hal_unlock(&batch->lock);
    return 0;
}

/* count words of width bits to rising offsets, a step each. */
int hal_batch_block(hal_batch *batch, hal_bar *bar, uint64_t offset, int width, const void *data, uint64_t count) {
    if (!batch || !bar || (!data && count))
        return HAL_E_ARGUMENT;
    int code = bar->closed == HAL_E_COLLECTING ? hal_check_span(bar, offset, width, count) : bar->closed;
    const unsigned char *in = data;
    unsigned bytes = (unsigned)width / 8;
    for (uint64_t i = 0; i < count && code == 0; i++, in += bytes) {
        hal_port port = {.bar = bar, .offset = offset + i * bytes, .width = (uint8_t)width};
        uint64_t word = 0;
        for (unsigned k = 0; k < bytes; k++)
            word |= (uint64_t)in[k] << (8 * k);
        code = hal_collect(&port, HAL_OP_WRITE, 0, word);
    }
    return code;
}

size_t hal_batch_count(const hal_batch *batch) {
    return batch ? batch->count : 0;
}

int hal_batch_step(const hal_batch *batch, size_t index, hal_step *step) {
    if (!batch || !step || index >= batch->count)
        return HAL_E_ARGUMENT;
    const hal_op *op = &batch->ops[index];
    *step = (hal_step){.offset = op->offset,
                       .value = op->value,
                       .pf = (uint8_t)op->bar->pf,
                       .bar = (uint8_t)op->bar->bar,
                       .width = op->width,
                       .kind = op->kind};
    return 0;
}

/* All ones among what was read: of each BAR once. */
static int check_reads(const hal_batch *batch, const uint32_t incidents[HAL_INTERFACES], size_t *failed) {
    bool asked[HAL_INTERFACES] = {0};
    for (size_t i = 0; i < batch->count; i++) {
        const hal_op *op = &batch->ops[i];
        int interface = hal_interface_of(op->bar->library, op->bar->pf, op->bar->bar);
        if (op->kind != HAL_OP_READ || !hal_is_ones(op->value, op->width) || asked[interface])
            continue;
        asked[interface] = true;
        int code = hal_ask(op->bar, op->generation, incidents[interface]);
        if (code) {
            *failed = i;
            return code;
        }
    }
    return 0;
}

/* The first step whose BAR is gone, with the reason; none: 0. A stand-in's steps share its target and generation, so
 * the stand-ins are looked at, and the steps only where one of those is gone. */
static int check_targets(const hal_batch *batch, size_t *failed) {
    int code = 0;
    for (int place = 0; place < STAND_INS && batch->bars[place].target && code == 0; place++)
        code = hal_state(batch->bars[place].target, batch->bars[place].target_generation);
    if (code == 0)
        return 0;
    for (*failed = 0; *failed < batch->count; ++*failed) {
        code = hal_state(batch->ops[*failed].bar, batch->ops[*failed].generation);
        if (code)
            return code;
    }
    return 0;
}

/* As hal_run. Places and values were checked when they were collected: what is left is whether the BARs are there. */
int hal_batch_run(hal_batch *batch, size_t *done, size_t *failed) {
    if (!batch || !done || !failed)
        return HAL_E_ARGUMENT;
    *done = *failed = 0;
    int code = check_targets(batch, failed);
    if (code || batch->count == 0)
        return code;
    uint32_t incidents[HAL_INTERFACES];
    bool ones = false;
    hal_incidents(batch->ops->bar->library, batch->ops->bar->slot, incidents);
    code = hal_run_checked(batch->ops, batch->count, done, &ones);
    *failed = *done;
    return code || !ones ? code : check_reads(batch, incidents, failed);
}
