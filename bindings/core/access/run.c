/* Lists of single accesses in one call. */
#include "access/access.h"

static int check_op(const hal_op *op) {
    if (!op->bar || op->kind > HAL_OP_MODIFY || op->held || op->repeat)
        return HAL_E_ARGUMENT;
    int code = hal_state(op->bar, op->generation);
    if (code == 0)
        code = hal_check_span(op->bar, op->offset, op->width, 1);
    if (code == 0 && op->kind != HAL_OP_READ && op->width < 64 && op->value >> op->width)
        code = HAL_E_VALUE;
    return code;
}

/* The steps from here on that are of one kind and one BAR, a kind at a time: what they have in common is looked up
 * once, the functions of 32 bits among it, for nearly all are. Each moves `op` to the first step that was not made. */
static inline bool goes_on(const hal_op *op, const hal_op *end, const hal_bar *bar, int kind) {
    return op != end && op->kind == kind && op->bar == bar && !op->held && !op->repeat && !op->memo;
}

static int make_reads(hal_op **op, const hal_op *end, bool *ones) {
    const hal_bar *bar = (*op)->bar;
    for (; goes_on(*op, end, bar, HAL_OP_READ); ++*op) {
        int code = hal_bus_read(bar, (*op)->offset, (*op)->width, &(*op)->value);
        if (code)
            return code;
        *ones |= hal_is_ones((*op)->value, (*op)->width);
    }
    return 0;
}

static int make_writes(hal_op **op, const hal_op *end) {
    const hal_bar *bar = (*op)->bar;
    int (*poke)(int, uint64_t, uint32_t) = bar->bus->fpga_pci_poke;
    int handle = hal_handle(bar), code;
    hal_op *at = *op;
    do
        code = at->width == 32 ? poke(handle, at->offset, (uint32_t)at->value)
                               : hal_bus_write(bar, at->offset, at->width, at->value);
    while (code == 0 && goes_on(++at, end, bar, HAL_OP_WRITE));
    *op = at;
    return code;
}

static inline int update_word(const hal_bar *bar, const hal_op *op, bool believed) {
    uint64_t word;
    int code = hal_bus_read(bar, op->offset, op->width, &word);
    if (__builtin_expect(code != 0, 0))
        return code;
    if (__builtin_expect(hal_is_ones(word, op->width) && !believed, 0))
        return HAL_E_ONES;
    return hal_bus_write(bar, op->offset, op->width, (word & op->keep) ^ op->value);
}

/* A few under one lock, for others wait for it. incidents: the BAR's before the reads; null when a word of all ones is
 * believed. */
static int update_some(hal_op **op, const hal_op *end, uint32_t *incidents) {
    enum { UNDER_ONE_LOCK = 4 };
    const hal_bar *bar = (*op)->bar;
    end = end - *op > UNDER_ONE_LOCK ? *op + UNDER_ONE_LOCK : end;
    hal_bar_lock *lock;
    int code = hal_lock_bar(bar, &lock);
    if (code)
        return code;
    if (incidents)
        *incidents = hal_incidents_of(bar);
    hal_op *at = *op;
    for (; goes_on(at, end, bar, HAL_OP_MODIFY); at++) {
        code = update_word(bar, at, !incidents);
        if (code)
            break;
    }
    *op = at;
    hal_unlock_bar(lock);
    return code;
}

static int make_updates(hal_op **op, const hal_op *end) {
    const hal_bar *bar = (*op)->bar;
    int code = 0;
    while (code == 0 && goes_on(*op, end, bar, HAL_OP_MODIFY)) {
        uint32_t incidents = 0;
        code = update_some(op, end, &incidents);
        if (code == HAL_E_ONES) {
            code = hal_ask((*op)->bar, (*op)->generation, incidents);
            if (code == 0)
                code = update_some(op, *op + 1, NULL);
        }
    }
    return code;
}

/* A write of a word that is remembered. incidents: null when a word of all ones is believed. */
static int write_remembered(const hal_bar *bar, const hal_op *op, uint32_t *incidents) {
    uint64_t word = op->value;
    if (op->kind == HAL_OP_MODIFY) {
        uint64_t read;
        if (incidents)
            *incidents = hal_incidents_of(bar);
        int code = hal_bus_read(bar, op->offset, op->width, &read);
        if (code == 0 && incidents && hal_is_ones(read, op->width))
            code = HAL_E_ONES;
        if (code)
            return code;
        hal_memo_told(op->memo, read);
        word ^= read & op->keep;
    }
    return hal_memo_put(bar, op->offset, op->width, op->memo, word);
}

/* Under the lock, so that the memory has the order of the bus. */
static int make_remembered(hal_op **op) {
    const hal_bar *bar = (*op)->bar;
    uint32_t incidents = 0;
    bool asked = false;
    int code;
    do {
        hal_bar_lock *lock;
        code = hal_lock_bar(bar, &lock);
        if (code)
            return code;
        code = write_remembered(bar, *op, asked ? NULL : &incidents);
        hal_unlock_bar(lock);
        if (code != HAL_E_ONES)
            break;
        asked = true;
        code = hal_ask((*op)->bar, (*op)->generation, incidents);
    } while (code == 0);
    *op += code == 0;
    return code;
}

/* One step of several that are held together. believed: a word of all ones is known to be a value. */
static int held_step(const hal_bar *bar, hal_op *op, bool believed) {
    uint64_t word = 0, value = op->value;
    int code = 0;
    if (op->kind != HAL_OP_WRITE) {
        code = hal_bus_read(bar, op->offset, op->width, &word);
        if (code == 0 && hal_is_ones(word, op->width) && !believed)
            code = HAL_E_ONES;
    }
    if (code)
        return code;
    if (op->kind == HAL_OP_CHECK) {
        if ((word & op->keep) == value)
            return 0;
        op->keep = word;
        return HAL_E_LOCKED;
    }
    value ^= word & op->keep; /* 0 where nothing was read */
    for (unsigned i = 0; i <= op->repeat && code == 0; i++)
        code = hal_bus_write(bar, op->offset, op->width, value);
    if (op->memo && code == 0)
        hal_memo_wrote(op->memo, value);
    else if (op->memo)
        hal_memo_failed(op->memo, value);
    return code;
}

/* Under one lock; *op ends at the step that failed. */
static int held_steps(hal_op **op, const hal_op *end, uint32_t *incidents) {
    const hal_bar *bar = (*op)->bar;
    hal_bar_lock *lock;
    int code = hal_lock_bar(bar, &lock);
    if (code)
        return code;
    if (incidents)
        *incidents = hal_incidents_of(bar);
    for (; *op != end; ++*op) {
        code = held_step(bar, *op, !incidents);
        if (code)
            break;
    }
    hal_unlock_bar(lock);
    return code;
}

/* All ones that are a value: the steps are made again from the first one on, as one. */
static int make_held(hal_op **op, const hal_op *end) {
    hal_op *first = *op;
    uint32_t incidents = 0;
    int code = held_steps(op, end, &incidents);
    if (code != HAL_E_ONES)
        return code;
    code = hal_ask((*op)->bar, (*op)->generation, incidents);
    if (code)
        return code;
    *op = first;
    return held_steps(op, end, NULL);
}

static const hal_op *end_of_held(const hal_op *op, const hal_op *end) {
    while (op != end && op->held)
        op++;
    return op == end ? end : op + 1;
}

static bool needs_lock(const hal_op *op) {
    return op->kind == HAL_OP_MODIFY || op->kind == HAL_OP_CHECK || op->memo || op->held || op->repeat;
}

/* All steps of this BAR that follow, as one. The lock is held here too where words are remembered or changed. */
static int make_whole(hal_op **op, const hal_op *end, bool *ones) {
    hal_bar *bar = (*op)->bar;
    const hal_op *last = *op;
    bool locks = false;
    for (; last != end && last->bar == bar; last++)
        locks |= needs_lock(last);
    hal_bar_lock *lock = NULL;
    int code = locks ? hal_lock_bar(bar, &lock) : 0;
    if (code == 0)
        code = hal_whole_of(bar->bus)->run(op, last, ones);
    hal_unlock_bar(lock);
    return code;
}

static int make_steps(hal_op **op, const hal_op *end, bool *ones) {
    if (hal_whole_of((*op)->bar->bus))
        return make_whole(op, end, ones);
    if ((*op)->held || (*op)->repeat || (*op)->kind == HAL_OP_CHECK)
        return make_held(op, end_of_held(*op, end));
    if ((*op)->memo)
        return make_remembered(op);
    switch ((*op)->kind) {
    case HAL_OP_READ: return make_reads(op, end, ones);
    case HAL_OP_WRITE: return make_writes(op, end);
    default: return make_updates(op, end);
    }
}

static bool is_long(const hal_op *ops, size_t count) {
    uint64_t reads = 0;
    if (count > KEEP_LOCK_WORDS)
        return true;
    for (size_t i = 0; i < count; i++)
        reads += ops[i].kind != HAL_OP_WRITE;
    return count && hal_reads_are_long(ops->bar, reads);
}

/* Steps whose numbers are known to be good. ones: set when a word that was read is all ones. */
int hal_run_checked(hal_op *ops, size_t count, size_t *done, bool *ones) {
    int code = 0;
    void *state = is_long(ops, count) ? hal_gate_leave() : NULL;
    hal_op *op = ops + *done;
    const hal_op *end = ops + count;
    while (op != end && code == 0) {
        hal_bar *bar = op->bar;
        uint32_t generation = op->generation;
        code = hal_bar_enter(bar, generation);
        if (code)
            break;
        while (code == 0 && op != end && op->bar == bar)
            code = make_steps(&op, end, ones);
        code = hal_reason(bar, generation, code);
        hal_bar_leave(bar);
    }
    *done = (size_t)(op - ops);
    hal_gate_enter(state);
    return code;
}

/* Checks all steps before the first one is made. done: how many were made; failed: the one that the code is of. */
int hal_run(hal_op *ops, size_t count, size_t *done, size_t *failed) {
    if ((!ops && count) || !done || !failed)
        return HAL_E_ARGUMENT;
    *done = 0;
    for (*failed = 0; *failed < count; ++*failed) {
        int wrong = check_op(&ops[*failed]);
        if (wrong)
            return wrong;
    }
    bool ones = false;
    int code = hal_run_checked(ops, count, done, &ones);
    *failed = *done;
    return code;
}

/* Steps of one register's write, on its BAR: locks are looked at, keys given and words written with nothing of this BAR
 * between. In a batch they are collected. */
int hal_run_held(const hal_port *port, hal_op *ops, size_t count, size_t *failed) {
    if (!port || !ops || count == 0 || !failed)
        return HAL_E_ARGUMENT;
    int code = hal_port_enter(port);
    *failed = 0;
    if (code && code != HAL_E_COLLECTING)
        return code;
    for (size_t i = 0; i < count; i++) {
        int bad = ops[i].kind > HAL_OP_CHECK || ops[i].kind == HAL_OP_READ
                      ? HAL_E_ARGUMENT
                      : hal_check_span(port->bar, ops[i].offset, ops[i].width, 1);
        if (bad) {
            if (code == 0)
                hal_port_leave(port);
            *failed = i;
            return bad;
        }
        ops[i].bar = port->bar;
        ops[i].generation = port->generation;
        ops[i].memo = ops[i].offset == port->offset && ops[i].kind != HAL_OP_CHECK ? port->memo : NULL;
        ops[i].held = i + 1 < count;
    }
    if (code == HAL_E_COLLECTING)
        return hal_collect_held(port, ops, count);
    hal_op *op = ops;
    bool ones = false;
    code = make_steps(&op, ops + count, &ones);
    hal_port_leave(port);
    *failed = (size_t)(op - ops);
    return code;
}
