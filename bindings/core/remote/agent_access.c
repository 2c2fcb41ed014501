/* Accesses that another host asks for. Every number is somebody else's: each is checked here, or by the core's function
 * that takes it. */
#include <math.h>
#include <stdlib.h>

#include "remote/agent.h"

static hal_port port_at(const hal_attached *what, const wire_place *place) {
    return (hal_port){.bar = what->bar,
                      .offset = place->offset,
                      .mask = hal_ones_of(place->width),
                      .generation = what->generation,
                      .width = place->width};
}

static bool is_width(int width) {
    return width == 8 || width == 32 || width == 64;
}

/* ---- One word ---- */

static int one(hal_agent *agent, wire_reader *given, wire_writer *answer, bool is_write) {
    wire_place place;
    uint64_t value = 0;
    if (!wire_take(given, &place, sizeof place) || (is_write && !wire_take(given, &value, sizeof value)) ||
        !is_width(place.width))
        return HAL_E_ARGUMENT;
    const hal_attached *what = agent_bar(agent, place.bar);
    int code = what ? hal_check_reach(what->bar, place.offset, place.width / 8u) : HAL_E_CLOSED;
    if (code)
        return code;
    hal_port port = port_at(what, &place);
    if (is_write)
        return hal_set(&port, value);
    code = hal_get64(&port, &value);
    wire_put64(answer, value);
    return code;
}

/* ---- Lists ---- */

typedef struct list {
    hal_op *ops;
    hal_memo *memos; /* of those that are asked what they wrote or read */
    size_t count;
} list;

/* False: it is no list. A read is never held, for what is held is written. */
static bool take_step(wire_reader *given, hal_op *op, hal_memo *memo, const hal_op *before) {
    wire_step step;
    if (!wire_take(given, &step, sizeof step) || step.kind > HAL_OP_CHECK || !is_width(step.width))
        return false;
    *op = (hal_op){.offset = step.offset,
                   .width = step.width,
                   .kind = step.kind,
                   .repeat = step.repeat,
                   .held = (step.flags & WIRE_HELD) != 0};
    bool keeps = step.kind == HAL_OP_MODIFY || step.kind == HAL_OP_CHECK;
    bool in_group = op->held || op->repeat || (before && before->held);
    if ((keeps && !wire_take(given, &op->keep, sizeof op->keep)) ||
        (step.kind != HAL_OP_READ && !wire_take(given, &op->value, sizeof op->value)))
        return false;
    if (step.kind == HAL_OP_READ && (in_group || step.flags & WIRE_TOLD))
        return false;
    if (step.flags & WIRE_TOLD) {
        *memo = (hal_memo){.taken = in_group ? UINT64_MAX : 0, .told = UINT64_MAX};
        op->memo = memo;
    }
    return (op->value & ~hal_ones_of(op->width)) == 0;
}

static int take_list(list *taken, const hal_attached *what, wire_reader *given) {
    size_t most = wire_left(given) / sizeof(wire_step);
    int code = 0;
    *taken = (list){.ops = calloc(most + 1, sizeof(hal_op)), .memos = calloc(most + 1, sizeof(hal_memo))};
    if (!taken->ops || !taken->memos)
        return HAL_E_MEMORY;
    while (wire_left(given) && code == 0) {
        hal_op *op = &taken->ops[taken->count];
        if (taken->count == most || !take_step(given, op, &taken->memos[taken->count], taken->count ? op - 1 : NULL))
            return HAL_E_ARGUMENT;
        op->bar = what->bar;
        op->generation = what->generation;
        code = hal_check_span(what->bar, op->offset, op->width, 1);
        taken->count++;
    }
    if (taken->count)
        taken->ops[taken->count - 1].held = 0;
    return code;
}

static void put_list(const list *made, size_t done, int code, wire_writer *answer) {
    uint32_t count = (uint32_t)done;
    wire_put(answer, &count, sizeof count);
    for (size_t i = 0; i < done; i++) {
        const hal_op *op = &made->ops[i];
        if (op->kind == HAL_OP_READ || op->memo)
            wire_put64(answer, op->memo ? op->memo->value : op->value);
    }
    if (code == HAL_E_LOCKED)
        wire_put64(answer, made->ops[done].keep);
}

static int run(hal_agent *agent, wire_reader *given, wire_writer *answer) {
    uint32_t number;
    const hal_attached *what = wire_take(given, &number, sizeof number) ? agent_bar(agent, number) : NULL;
    list taken = {0};
    size_t done = 0;
    bool ones = false;
    int code = what ? take_list(&taken, what, given) : HAL_E_CLOSED;
    if (code == 0)
        code = hal_run_checked(taken.ops, taken.count, &done, &ones);
    if (code == HAL_E_LOCKED && done >= taken.count)
        code = HAL_E_ARGUMENT;
    put_list(&taken, done, code, answer);
    free(taken.ops);
    free(taken.memos);
    return code;
}

/* ---- Sweeps ---- */

static int take_sweep(const hal_attached *what, wire_reader *given, hal_sweep *sweep, uint64_t *words,
                      uint64_t *bytes) {
    wire_sweep wire;
    if (!wire_take(given, &wire, sizeof wire))
        return HAL_E_ARGUMENT;
    int code = wire.bits ? hal_sweep_lanes(sweep, what->bar, what->generation, wire.offset, wire.stride, wire.count,
                                           wire.width, wire.bits)
                         : hal_sweep_prepare(sweep, what->bar, what->generation, wire.offset, wire.stride, wire.count,
                                             wire.width, wire.words, wire.flags);
    if (code)
        return code;
    uint64_t unit = (wire.bits ? wire.bits : wire.width) / 8u;
    uint64_t most = (HAL_MESSAGE_MAX - *bytes) / (unit * sweep->words);
    if (wire.count > most)
        return HAL_E_ARGUMENT;
    *words += wire.count * sweep->words;
    *bytes += wire.count * sweep->words * unit;
    return 0;
}

static void put_values(const hal_sweep *sweeps, size_t count, const uint64_t *values, wire_writer *answer) {
    for (size_t i = 0; i < count; i++) {
        size_t unit = (sweeps[i].bits ? sweeps[i].bits : sweeps[i].width) / 8u;
        for (uint64_t word = 0; word < sweeps[i].count * sweeps[i].words; word++)
            wire_put(answer, values++, unit); /* little-endian: the low end */
    }
}

static int sweep(hal_agent *agent, wire_reader *given, wire_writer *answer) {
    uint32_t number;
    const hal_attached *what = wire_take(given, &number, sizeof number) ? agent_bar(agent, number) : NULL;
    if (!what)
        return HAL_E_CLOSED;
    size_t count = wire_left(given) / sizeof(wire_sweep), taken = 0, done = 0;
    hal_sweep *sweeps = calloc(count + 1, sizeof *sweeps);
    uint64_t words = 0, bytes = 0, *values = NULL;
    int code = sweeps ? 0 : HAL_E_MEMORY;
    for (; taken < count && code == 0; taken++)
        code = take_sweep(what, given, &sweeps[taken], &words, &bytes);
    if (code == 0 && wire_left(given))
        code = HAL_E_ARGUMENT;
    if (code == 0)
        values = calloc(words + 1, sizeof *values);
    if (code == 0)
        code = values ? hal_sweep_read(sweeps, count, values, words, &done) : HAL_E_MEMORY;
    if (code)
        wire_put64(answer, done);
    else
        put_values(sweeps, count, values, answer);
    free(values);
    free(sweeps);
    return code;
}

/* ---- Wide registers and waits ---- */

static int take_port(hal_agent *agent, const wire_words *wire, hal_port *port) {
    const hal_attached *what = agent_bar(agent, wire->first.bar);
    if (!what)
        return HAL_E_CLOSED;
    if (wire->count > HAL_WORDS_MAX || !is_width(wire->first.width) || wire->order > 3)
        return HAL_E_ARGUMENT;
    *port = port_at(what, &wire->first);
    return hal_check_span(what->bar, wire->first.offset, wire->first.width, 1);
}

static int words(hal_agent *agent, wire_reader *given, wire_writer *answer) {
    uint64_t keep[HAL_WORDS_MAX], values[HAL_WORDS_MAX];
    wire_words wire;
    hal_port port;
    if (!wire_take(given, &wire, sizeof wire))
        return HAL_E_ARGUMENT;
    int code = take_port(agent, &wire, &port);
    size_t bytes = wire.count * sizeof *values;
    if (code)
        return code;
    if (wire.kind > HAL_OP_MODIFY || wire.special > 1 ||
        (wire.kind == HAL_OP_MODIFY && !wire_take(given, keep, bytes)) ||
        (wire.kind != HAL_OP_READ && !wire_take(given, values, bytes)))
        return HAL_E_ARGUMENT;
    int count = (int)wire.count;
    if (wire.kind == HAL_OP_WRITE)
        return hal_write_words(&port, count, wire.order, values);
    if (wire.kind == HAL_OP_MODIFY)
        return hal_update_words(&port, count, wire.order, wire.special, keep, values);
    code = hal_read_words(&port, count, wire.order, wire.special, values);
    if (code == 0)
        wire_put(answer, values, bytes);
    return code;
}

static bool is_time(double seconds) {
    return isfinite(seconds) && seconds <= WIRE_WAIT_SECONDS;
}

/* hal_wait finds out by itself whether the terms are of these words. */
static int wait_terms(const hal_port *port, const wire_wait *wire, wire_reader *given, wire_writer *answer) {
    uint64_t last[HAL_WORDS_MAX] = {0};
    hal_term *terms = calloc(wire->terms + 1, sizeof *terms);
    hal_awaited awaited = {.first = port,
                           .terms = terms,
                           .last = last,
                           .words = wire->what.count,
                           .term_count = wire->terms,
                           .order = wire->what.order,
                           .stable = wire->what.special};
    int code = !terms ? HAL_E_MEMORY
               : wire_take(given, terms, wire->terms * sizeof *terms)
                   ? hal_wait(&awaited, wire->seconds, wire->interval, wire->waited, wire->what.kind)
                   : HAL_E_ARGUMENT;
    if (code == 0 || code == HAL_E_TIMEOUT) {
        wire_put(answer, &awaited.failed, sizeof awaited.failed);
        wire_put(answer, last, wire->what.count * sizeof *last);
    }
    free(terms);
    return code;
}

static int wait_for(hal_agent *agent, wire_reader *given, wire_writer *answer) {
    wire_wait wire;
    hal_port port;
    if (!wire_take(given, &wire, sizeof wire))
        return HAL_E_ARGUMENT;
    int code = take_port(agent, &wire.what, &port);
    if (code)
        return code;
    if (wire.what.special > 1 || wire.what.kind > HAL_ASK_ALWAYS || wire.terms > WIRE_TERMS_MAX ||
        !is_time(wire.seconds) || !is_time(wire.interval) || !isfinite(wire.waited))
        return HAL_E_ARGUMENT;
    return wait_terms(&port, &wire, given, answer);
}

/* ---- Transfers ---- */

static int write_part(const hal_attached *what, const wire_block *block, wire_reader *given) {
    uint64_t size = block->first.width / 8u;
    if (block->count > WIRE_BLOCK_MAX / size || wire_left(given) != block->count * size)
        return HAL_E_ARGUMENT;
    return hal_write_block(what->bar, what->generation, block->first.offset, block->first.width, given->at,
                           block->count);
}

static int read_part(const hal_attached *what, const wire_block *block, wire_writer *answer, bool is_wide) {
    uint64_t size = is_wide ? 1 : block->first.width / 8u;
    unsigned char *out = answer->start + answer->used;
    if (block->count > WIRE_BLOCK_MAX / size || answer->room - answer->used < WIRE_BLOCK_MAX || block->reads > 512)
        return HAL_E_ARGUMENT;
    int code = is_wide ? hal_read_wide(what->bar, what->generation, block->first.offset, block->first.width,
                                       (int)block->reads, out, block->count)
                       : hal_read_block(what->bar, what->generation, block->first.offset, block->first.width, out,
                                        block->count);
    answer->used += code == 0 ? block->count * size : 0;
    return code;
}

static int block(hal_agent *agent, int kind, wire_reader *given, wire_writer *answer) {
    wire_block wire;
    if (!wire_take(given, &wire, sizeof wire) || !is_width(wire.first.width))
        return HAL_E_ARGUMENT;
    const hal_attached *what = agent_bar(agent, wire.first.bar);
    if (agent->has_broken && agent->broken == wire.transfer)
        return HAL_E_CLOSED;
    int code = !what                      ? HAL_E_CLOSED
               : kind == WIRE_WRITE_BLOCK ? write_part(what, &wire, given)
                                          : read_part(what, &wire, answer, kind == WIRE_READ_WIDE);
    agent->has_broken = code != 0;
    agent->broken = wire.transfer;
    return code;
}

static int fill(hal_agent *agent, wire_reader *given) {
    wire_block wire;
    uint64_t value;
    if (!wire_take(given, &wire, sizeof wire) || !wire_take(given, &value, sizeof value) || value > UINT32_MAX ||
        wire.first.width != 32)
        return HAL_E_ARGUMENT;
    const hal_attached *what = agent_bar(agent, wire.first.bar);
    if (!what)
        return HAL_E_CLOSED;
    return hal_fill(what->bar, what->generation, wire.first.offset, (uint32_t)value, wire.count);
}

int agent_access(hal_agent *agent, int kind, wire_reader *given, wire_writer *answer) {
    switch (kind) {
    case WIRE_PEEK: return one(agent, given, answer, false);
    case WIRE_POKE: return one(agent, given, answer, true);
    case WIRE_RUN: return run(agent, given, answer);
    case WIRE_SWEEP: return sweep(agent, given, answer);
    case WIRE_WORDS: return words(agent, given, answer);
    case WIRE_WAIT: return wait_for(agent, given, answer);
    case WIRE_READ_BLOCK:
    case WIRE_READ_WIDE:
    case WIRE_WRITE_BLOCK: return block(agent, kind, given, answer);
    case WIRE_FILL: return fill(agent, given);
    default: return HAL_E_ARGUMENT;
    }
}
