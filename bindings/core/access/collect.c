/* What the ports of stand-ins write down instead of doing it. */
#include <stdlib.h>

#include "access/access.h"

enum { FIRST_ROOM = 64 };

static int make_room(hal_batch *batch) {
    if (batch->count < batch->room)
        return 0;
    size_t room = batch->room ? 2 * batch->room : FIRST_ROOM;
    hal_op *ops = realloc(batch->ops, room * sizeof *ops);
    if (!ops)
        return HAL_E_MEMORY;
    batch->ops = ops;
    uint64_t *named = realloc(batch->named, room * sizeof *named);
    if (!named)
        return HAL_E_MEMORY;
    batch->named = named;
    batch->room = room;
    return 0;
}

/* A write of a plain field joins the one just before it, of the same word: of plain fields, or of one that is cleared.
 * What is set takes effect with what was cleared before it, never sooner: in the other order a flag that the old
 * setting still raises would stay. A field that is written again does not join: its first value was meant to be seen.
 * Where all that had to be kept is given by now, nothing is read. */
static bool merged(const hal_batch *batch, const hal_op *op, const hal_port *port, uint64_t field) {
    if (batch->count == 0 || !port->plain)
        return false;
    hal_op *last = &batch->ops[batch->count - 1];
    uint64_t *named = &batch->named[batch->count - 1];
    if (last->kind == HAL_OP_READ || last->bar != op->bar || last->offset != op->offset || last->width != op->width ||
        *named == 0 || *named & field)
        return false;
    last->keep &= op->keep;
    last->value = (last->value & *named) | (op->value & ~*named);
    *named |= field;
    if ((last->keep & ~port->spare) == 0) {
        last->kind = HAL_OP_WRITE;
        last->value |= last->keep & port->rest;
    }
    return true;
}

static int append(hal_batch *batch, const hal_op *op, const hal_port *port) {
    uint64_t field = port->plain || port->clears ? port->mask << port->shift : 0;
    int code = batch->forks == hal_forks() ? hal_lock(&batch->lock) : HAL_E_FORKED;
    if (code)
        return code;
    if (!merged(batch, op, port, field)) {
        code = make_room(batch);
        if (code == 0) {
            batch->named[batch->count] = field;
            batch->ops[batch->count++] = *op;
        }
    }
    hal_unlock(&batch->lock);
    return code;
}

/* One step for an access of a port; its stand-in must be collecting. */
int hal_collect(const hal_port *port, int kind, uint64_t keep, uint64_t value) {
    stand_in *place = (stand_in *)port->bar;
    hal_op op = {.bar = place->target,
                 .offset = port->offset,
                 .keep = keep,
                 .value = value,
                 .generation = place->target_generation,
                 .width = port->width,
                 .kind = (uint8_t)kind};
    return append(place->batch, &op, port);
}

/* ---- Reads ---- */

/* The step of the latest reads that is of this word; the batch's count where there is none. */
static size_t find_read(const hal_batch *batch, const hal_port *port) {
    const hal_bar *target = ((const stand_in *)port->bar)->target;
    size_t place = batch->reads.first;
    while (place < batch->count && (batch->ops[place].bar != target || batch->ops[place].offset != port->offset))
        place++;
    return place;
}

/* Whether the latest reads were of the same register, of other bits, and nothing came after. */
static bool joins_reads(const hal_batch *batch, uint64_t reader, const hal_asked *words, size_t count) {
    if (batch->reads.reader != reader || batch->reads.end != batch->count)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t place = find_read(batch, &words[i].port);
        if (place < batch->count && batch->named[place] & words[i].bits)
            return false;
    }
    return true;
}

static int collect_read(hal_batch *batch, const hal_asked *word, size_t *step) {
    const hal_port *port = &word->port;
    const stand_in *place = (const stand_in *)port->bar;
    *step = find_read(batch, port);
    if (*step < batch->count) {
        batch->named[*step] |= word->bits;
        return 0;
    }
    int code = make_room(batch);
    if (code)
        return code;
    batch->named[batch->count] = word->bits;
    batch->ops[batch->count++] = (hal_op){.bar = place->target,
                                          .offset = port->offset,
                                          .generation = place->target_generation,
                                          .width = port->width,
                                          .kind = HAL_OP_READ};
    return 0;
}

/* Reads of a register's words, in the order of their accesses; steps: which ones have the values after the run. What is
 * read of one register (reader: any number but 0 that tells it) without another access between is read once, but for
 * bits that were asked for already: those are read again. */
int hal_batch_read(hal_batch *batch, uint64_t reader, const hal_asked *words, size_t count, size_t *steps) {
    if (!batch || !reader || !words || count == 0 || !steps)
        return HAL_E_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        int state = hal_state(words[i].port.bar, words[i].port.generation);
        if (state != HAL_E_COLLECTING || ((const stand_in *)words[i].port.bar)->batch != batch)
            return state && state != HAL_E_COLLECTING ? state : HAL_E_ARGUMENT;
    }
    int code = batch->forks == hal_forks() ? hal_lock(&batch->lock) : HAL_E_FORKED;
    if (code)
        return code;
    size_t before = batch->count;
    if (!joins_reads(batch, reader, words, count)) {
        batch->reads.reader = reader;
        batch->reads.first = before;
    }
    for (size_t i = 0; i < count && code == 0; i++)
        code = collect_read(batch, &words[i], &steps[i]);
    if (code)
        batch->count = before; /* all of them or none */
    batch->reads.end = batch->count;
    hal_unlock(&batch->lock);
    return code;
}

/* ---- What is remembered ---- */

/* A batch's memory begins each block as the device's, and is that with what was collected so far. */
static void look_at_origin(const hal_batch *batch, hal_memo *memo) {
    hal_memo *origin = memo->origin;
    if (memo->round == batch->round)
        return;
    *memo = *origin;
    memo->origin = origin;
    memo->round = batch->round;
}

int hal_batch_look(hal_batch *batch, hal_memo *memo) {
    if (!batch || !memo || !memo->origin)
        return HAL_E_ARGUMENT;
    look_at_origin(batch, memo);
    return 0;
}

/* What a run will have made known: what it reads is not known before. */
static void will_be_written(hal_memo *memo, uint64_t word, uint64_t read) {
    hal_memo_wrote(memo, word);
    atomic_store_explicit(&memo->known, memo->known & ~read, memory_order_release);
}

/* hal_memo_missing of a batch's memory. */
int hal_collect_missing(const hal_port *port, uint64_t keep, uint64_t *missing) {
    look_at_origin(((const stand_in *)port->bar)->batch, port->memo);
    return hal_memo_missing(port->memo, keep, missing);
}

/* is_read: also where nothing is missing, as another word of its register is read. */
int hal_collect_remembered(const hal_port *port, uint64_t keep, uint64_t bits, bool is_read) {
    stand_in *place = (stand_in *)port->bar;
    hal_memo *memo = port->memo;
    uint64_t missing;
    int code = hal_collect_missing(port, keep, &missing);
    if (code)
        return code;
    uint64_t read = missing || is_read ? missing | (keep & memo->spare) : 0;
    hal_op op = {.bar = place->target,
                 .offset = port->offset,
                 .keep = read,
                 .value = bits ^ (memo->value & keep & ~read),
                 .memo = memo->origin,
                 .generation = place->target_generation,
                 .width = port->width,
                 .kind = read ? HAL_OP_MODIFY : HAL_OP_WRITE};
    code = append(place->batch, &op, port);
    if (code == 0)
        will_be_written(memo, op.value, read);
    return code;
}

int hal_collect_held(const hal_port *port, const hal_op *ops, size_t count) {
    stand_in *place = (stand_in *)port->bar;
    hal_batch *batch = place->batch;
    int code = batch->forks == hal_forks() ? hal_lock(&batch->lock) : HAL_E_FORKED;
    if (code)
        return code;
    size_t before = batch->count;
    for (size_t i = 0; i < count && code == 0; i++) {
        code = make_room(batch);
        if (code)
            break;
        batch->named[batch->count] = 0;
        batch->ops[batch->count] = ops[i];
        batch->ops[batch->count].bar = place->target;
        if (ops[i].memo) {
            look_at_origin(batch, ops[i].memo);
            batch->ops[batch->count].memo = ops[i].memo->origin;
            will_be_written(ops[i].memo, ops[i].value, ops[i].keep);
        }
        batch->ops[batch->count++].generation = place->target_generation;
    }
    if (code)
        batch->count = before; /* all of them or none */
    hal_unlock(&batch->lock);
    return code;
}
