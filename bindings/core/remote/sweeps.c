/* Registers of one kind at a fixed stride, and lists of such, as one message. */
#include <stdlib.h>

#include "remote/channel.h"

enum { ROOM = HAL_MESSAGE_MAX };

static uint64_t unit_bytes(const hal_sweep *sweep) {
    return (sweep->bits ? sweep->bits : sweep->width) / 8;
}

/* A part of a sweep, of as many registers as still fit; false: it was not put. */
static bool put_sweep(wire_writer *out, const hal_sweep *sweep, uint64_t from, uint64_t count) {
    wire_sweep wire = {.offset = sweep->offset + from * sweep->stride,
                       .stride = sweep->stride,
                       .count = count,
                       .words = sweep->words,
                       .width = sweep->width,
                       .flags = sweep->flags,
                       .bits = sweep->bits};
    if (count == 0 || out->used + sizeof wire > ROOM)
        return false;
    wire_put(out, &wire, sizeof wire);
    return true;
}

static bool take_values(wire_reader *from, const hal_sweep *sweep, uint64_t count, uint64_t *values) {
    uint64_t bytes = unit_bytes(sweep);
    for (uint64_t i = 0; i < count * sweep->words; i++) {
        values[i] = 0; /* little-endian: the low end */
        if (!wire_take(from, &values[i], bytes))
            return false;
    }
    return true;
}

/* Where a read of several sweeps stands. */
typedef struct place {
    size_t sweep;
    uint64_t from; /* of its registers */
} place;

/* The next message's worth from `at` on, which moves. */
static place put_sweeps(far_call *call, const hal_sweep *sweeps, size_t count, place at) {
    uint64_t room = ROOM - 64; /* of the answer */
    while (at.sweep < count) {
        const hal_sweep *sweep = &sweeps[at.sweep];
        uint64_t each = unit_bytes(sweep) * sweep->words, left = sweep->count - at.from;
        uint64_t fits = room / each < left ? room / each : left;
        if (left && !put_sweep(&call->far->out, sweep, at.from, fits))
            break;
        room -= fits * each;
        at.from += fits;
        if (at.from < sweep->count)
            break;
        at = (place){.sweep = at.sweep + 1};
    }
    return at;
}

static int take_sweeps(far_call *call, const hal_sweep *sweeps, place at, place end, uint64_t **values, size_t *done) {
    while (at.sweep < end.sweep || (at.sweep == end.sweep && at.from < end.from)) {
        const hal_sweep *sweep = &sweeps[at.sweep];
        uint64_t last = at.sweep < end.sweep ? sweep->count : end.from, registers = last - at.from;
        if (!take_values(&call->answer, sweep, registers, *values))
            return far_malformed(call);
        *values += registers * sweep->words;
        *done += registers;
        at = (place){.sweep = at.sweep + 1};
    }
    return 0;
}

static int sweep_read_from(const hal_sweep *sweeps, size_t count, place *at, uint64_t **values, size_t *done) {
    far_call call;
    uint32_t bar;
    uint64_t made = 0;
    int code = far_begin_bar(&call, sweeps->bar, &bar, NULL);
    if (code)
        return code;
    wire_put(&call.far->out, &bar, sizeof bar);
    place end = put_sweeps(&call, sweeps, count, *at);
    code = far_exchange(&call, WIRE_SWEEP);
    if (code == 0)
        code = take_sweeps(&call, sweeps, *at, end, values, done);
    else if (wire_take(&call.answer, &made, sizeof made))
        *done += made < SIZE_MAX - *done ? made : 0;
    *at = end;
    far_end(&call);
    return code;
}

int far_sweep_read(const hal_sweep *sweeps, size_t count, uint64_t *values, size_t *done) {
    uint64_t *next = values;
    hal_bar_lock *lock = NULL;
    bool remembers = false;
    size_t registers = 0, before = *done;
    for (size_t i = 0; i < count; i++) {
        remembers |= sweeps[i].memo != NULL;
        registers += sweeps[i].count;
    }
    int code = remembers ? hal_lock_bar(sweeps->bar, &lock) : 0;
    for (place at = {0}; at.sweep < count && code == 0;)
        code = sweep_read_from(sweeps, count, &at, &next, done);
    for (size_t i = 0; i < count && code == 0; i++) {
        if (sweeps[i].memo && sweeps[i].count && !hal_is_ones(*values, sweeps[i].width))
            hal_memo_told(sweeps[i].memo, *values);
        values += sweeps[i].count * sweeps[i].words;
    }
    hal_unlock_bar(lock);
    if (*done - before > registers || (code && *done - before == registers && registers))
        *done = before + registers - (registers > 0); /* which one a code is of */
    return code;
}

/* Steps that write one register, its words in their order. */
static void put_register(const hal_sweep *sweep, uint64_t index, const uint64_t *values, hal_op *ops) {
    bool high_first = sweep->flags & HAL_SWEEP_HIGH_FIRST, reversed = sweep->flags & HAL_SWEEP_BIG_ENDIAN;
    for (int i = 0; i < sweep->words; i++) {
        int word = high_first ? sweep->words - 1 - i : i;
        int at = reversed ? sweep->words - 1 - word : word;
        ops[i] = (hal_op){.bar = sweep->bar,
                          .offset = sweep->offset + index * sweep->stride + (uint64_t)at * (sweep->width / 8),
                          .value = values[word],
                          .memo = sweep->memo,
                          .generation = sweep->generation,
                          .width = sweep->width,
                          .kind = HAL_OP_WRITE,
                          .held = i + 1 < sweep->words};
    }
}

enum { STEPS_AT_ONCE = 4096 };

/* Where a write of several sweeps stands. */
typedef struct cursor {
    place at;
    const uint64_t *values;
    const uint8_t *wanted;
    size_t passed; /* registers */
} cursor;

/* The steps of registers from there on, and of each the number of the one that it is of; how many. */
static size_t next_steps(cursor *next, const hal_sweep *sweeps, size_t count, hal_op *ops, size_t *registers) {
    size_t steps = 0;
    while (next->at.sweep < count) {
        const hal_sweep *sweep = &sweeps[next->at.sweep];
        if (next->at.from == sweep->count) {
            next->at = (place){.sweep = next->at.sweep + 1};
            continue;
        }
        if (steps + sweep->words > STEPS_AT_ONCE)
            break;
        if (!next->wanted || next->wanted[next->passed]) {
            put_register(sweep, next->at.from, next->values, ops + steps);
            for (int i = 0; i < sweep->words; i++)
                registers[steps++] = next->passed;
        }
        next->values += sweep->words;
        next->at.from++;
        next->passed++;
    }
    return steps;
}

int far_sweep_write(const hal_sweep *sweeps, size_t count, const uint64_t *values, const uint8_t *wanted,
                    size_t *done) {
    cursor next = {.values = values, .wanted = wanted};
    hal_op *ops = calloc(STEPS_AT_ONCE, sizeof *ops);
    size_t *registers = calloc(STEPS_AT_ONCE, sizeof *registers);
    int code = ops && registers ? 0 : HAL_E_MEMORY;
    while (next.at.sweep < count && code == 0) {
        size_t steps = next_steps(&next, sweeps, count, ops, registers), made = 0;
        bool ones = false;
        code = hal_run_checked(ops, steps, &made, &ones);
        if (code)
            next.passed = registers[made];
    }
    *done += next.passed;
    free(ops);
    free(registers);
    return code;
}
