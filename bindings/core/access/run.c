/* Lists of single accesses in one call. */
#include "access/access.h"

static int check_op(const hal_op *op) {
    if (!op->bar || op->kind > HAL_OP_MODIFY)
        return HAL_E_ARGUMENT;
    int code = hal_state(op->bar, op->generation);
    if (code == 0)
        code = hal_check_span(op->bar, op->offset, op->width, 1);
    if (code == 0 && op->kind != HAL_OP_READ && op->width < 64 && op->value >> op->width)
        code = HAL_E_VALUE;
    return code;
}

/* Neighbouring read-modify-writes of one BAR under one lock; a few, for others wait for it. incidents: the BAR's before
 * the reads; null when a word of all ones is believed. */
static int modify_words(const hal_op *ops, size_t count, size_t *done, uint32_t *incidents) {
    enum { UNDER_ONE_LOCK = 4 };
    hal_bar *bar = ops->bar;
    const hal_op *end = ops + (count < UNDER_ONE_LOCK ? count : UNDER_ONE_LOCK);
    hal_bar_lock *lock;
    int code = hal_lock_bar(bar, &lock);
    if (code)
        return code;
    if (incidents)
        *incidents = hal_incidents_of(bar);
    for (; ops != end && ops->kind == HAL_OP_MODIFY && ops->bar == bar; ops++, ++*done) {
        uint64_t word;
        code = hal_bus_read(bar, ops->offset, ops->width, &word);
        if (code == 0 && incidents && hal_is_ones(word, ops->width))
            code = HAL_E_ONES;
        if (code == 0)
            code = hal_bus_write(bar, ops->offset, ops->width, (word & ops->keep) | ops->value);
        if (code)
            break;
    }
    hal_unlock_bar(lock);
    return code;
}

static int modify(const hal_op *ops, size_t count, size_t *done) {
    uint32_t incidents = 0;
    size_t before = *done;
    int code = modify_words(ops, count, done, &incidents);
    if (code != HAL_E_ONES)
        return code;
    const hal_op *doubted = ops + (*done - before);
    code = hal_ask(doubted->bar, doubted->generation, incidents);
    return code ? code : modify_words(doubted, 1, done, NULL);
}

static int run_op(hal_op *op) {
    return op->kind == HAL_OP_READ ? hal_bus_read(op->bar, op->offset, op->width, &op->value)
                                   : hal_bus_write(op->bar, op->offset, op->width, op->value);
}

/* Steps whose numbers are known to be good. */
int hal_run_checked(hal_op *ops, size_t count, size_t *done) {
    int code = 0;
    void *state = count > KEEP_LOCK_WORDS ? hal_gate_leave() : NULL;
    hal_bar *held = NULL;
    while (*done < count && code == 0) {
        hal_op *op = &ops[*done];
        if (op->bar != held) {
            if (held)
                hal_bar_leave(held);
            held = NULL;
            code = hal_bar_enter(op->bar, op->generation);
            if (code)
                break;
            held = op->bar;
        }
        if (op->kind == HAL_OP_MODIFY) {
            code = modify(op, count - *done, done);
        } else {
            code = run_op(op);
            *done += code == 0;
        }
        code = hal_reason(op->bar, op->generation, code);
    }
    if (held)
        hal_bar_leave(held);
    hal_gate_enter(state);
    return code;
}

/* Checks all steps before the first one is made. done: how many were made; failed: the one that the code is of. */
int hal_run(hal_op *ops, size_t count, size_t *done, size_t *failed) {
    if ((!ops && count) || !done || !failed)
        return HAL_E_ARGUMENT;
    *done = 0;
    int code = 0;
    for (*failed = 0; *failed < count; ++*failed) {
        code = check_op(&ops[*failed]);
        if (code)
            return code;
    }
    code = hal_run_checked(ops, count, done);
    *failed = *done;
    return code;
}
