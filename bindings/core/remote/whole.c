/* Accesses of many words as one message: lists, sweeps, wide registers, waits, transfers. What is too much for one
 * message is several, of which the ones behind are sent before the first is answered where nothing hangs on it. */
#include "remote/channel.h"

enum { ROOM = HAL_MESSAGE_MAX };

/* ---- Lists of steps ---- */

static bool is_read(const hal_op *op) {
    return op->kind == HAL_OP_READ;
}

/* Whether the step's word comes back. */
static bool brings_word(const hal_op *op, bool in_group) {
    bool told = op->memo && (op->kind == HAL_OP_MODIFY || in_group);
    return is_read(op) || told;
}

static void put_step(wire_writer *out, const hal_op *op, bool in_group) {
    bool told = op->memo && brings_word(op, in_group);
    wire_step step = {.offset = op->offset,
                      .width = op->width,
                      .kind = op->kind,
                      .repeat = op->repeat,
                      .flags = (uint8_t)((op->held ? WIRE_HELD : 0) | (told ? WIRE_TOLD : 0))};
    wire_put(out, &step, sizeof step);
    if (op->kind == HAL_OP_MODIFY || op->kind == HAL_OP_CHECK)
        wire_put64(out, op->keep);
    if (!is_read(op))
        wire_put64(out, op->value);
}

/* Whether a step is made together with others. */
static bool grouped(const hal_op *first, const hal_op *op) {
    return op->held || op->repeat || op->kind == HAL_OP_CHECK || (op != first && (op - 1)->held);
}

/* As many as a message and its answer hold, none of which is parted from those that it is held with. */
static const hal_op *put_steps(far_call *call, uint32_t bar, const hal_op *op, const hal_op *end) {
    wire_writer *out = &call->far->out;
    const hal_op *last = op;
    wire_put(out, &bar, sizeof bar);
    while (last != end) {
        const hal_op *next = last;
        while (next != end && next->held)
            next++;
        next += next != end;
        size_t most = (size_t)(next - last) * (sizeof(wire_step) + 16);
        if (last != op && out->used + most > ROOM)
            break;
        for (; last != next; last++)
            put_step(out, last, grouped(op, last));
    }
    return last;
}

/* What is remembered of the words of steps that were made. A group has ended as what its last write has written. */
static void remember(hal_op *op, bool in_group, uint64_t word) {
    if (!op->memo)
        return;
    if (in_group) {
        hal_memo_wrote(op->memo, word);
    } else if (op->kind == HAL_OP_MODIFY) {
        hal_memo_told(op->memo, word);
        hal_memo_wrote(op->memo, op->value ^ (word & op->keep));
    } else {
        hal_memo_wrote(op->memo, op->value);
    }
}

static bool take_word(wire_reader *from, hal_op *op, bool in_group, bool *ones) {
    uint64_t word = 0;
    if (brings_word(op, in_group) && !wire_take(from, &word, sizeof word))
        return false;
    if (is_read(op)) {
        op->value = word & hal_ones_of(op->width);
        *ones |= hal_is_ones(op->value, op->width);
    }
    remember(op, in_group, word);
    return true;
}

/* Of steps that may have been made, and of those behind one that failed. */
static void forget(hal_op *from, const hal_op *end) {
    for (hal_op *op = from; op != end; op++)
        if (op->memo)
            hal_memo_forget(op->memo, op->memo->told);
}

static int take_steps(far_call *call, hal_op **op, const hal_op *end, int code, bool *ones) {
    hal_op *first = *op;
    uint32_t made = 0;
    if (code == HAL_E_LOST || code == HAL_E_INTERRUPTED || code == HAL_E_MEMORY || code == HAL_E_FORKED)
        return code;
    if (!wire_take(&call->answer, &made, sizeof made) || made > (uint32_t)(end - first) ||
        (code == 0) != (made == (uint32_t)(end - first)))
        return far_malformed(call);
    for (uint32_t i = 0; i < made; i++, ++*op)
        if (!take_word(&call->answer, *op, grouped(first, *op), ones))
            return far_malformed(call);
    if (code == HAL_E_LOCKED && !wire_take(&call->answer, &(*op)->keep, sizeof(*op)->keep))
        return far_malformed(call);
    return code;
}

static int run(hal_op **op, const hal_op *end, bool *ones) {
    bool single = end - *op == 1;
    int code = 0;
    while (*op != end && code == 0) {
        far_call call;
        uint64_t start = 0;
        uint32_t bar;
        code = far_begin_bar(&call, (*op)->bar, &bar, single ? &start : NULL);
        if (code)
            return code;
        const hal_op *last = put_steps(&call, bar, *op, end);
        code = far_exchange(&call, WIRE_RUN);
        code = take_steps(&call, op, last, code, ones);
        if (code)
            forget(*op, last);
        if (single)
            return far_end_single(&call, start, code);
        far_end(&call);
    }
    return code;
}

/* ---- Wide registers and waits ---- */

static int words(const hal_port *first, int kind, int count, int order, int special, const uint64_t *keep,
                 uint64_t *values) {
    wire_words wire = {
        .first = {.offset = first->offset, .width = first->width},
        .count = (uint32_t)count,
        .kind = (uint8_t)kind,
        .order = (uint8_t)order,
        .special = special != 0
    };
    size_t bytes = (size_t)count * sizeof *values;
    uint64_t start = 0;
    far_call call;
    int code = count > HAL_WORDS_MAX ? HAL_E_ARGUMENT : far_begin_bar(&call, first->bar, &wire.first.bar, &start);
    if (code)
        return code;
    wire_put(&call.far->out, &wire, sizeof wire);
    if (kind == HAL_OP_MODIFY)
        wire_put(&call.far->out, keep, bytes);
    if (kind != HAL_OP_READ)
        wire_put(&call.far->out, values, bytes);
    code = far_exchange(&call, WIRE_WORDS);
    if (code == 0 && kind == HAL_OP_READ && !wire_take(&call.answer, values, bytes))
        code = far_malformed(&call);
    return far_end_single(&call, start, code);
}

static int take_wait(far_call *call, hal_awaited *awaited, int code) {
    int32_t failed;
    if (code && code != HAL_E_TIMEOUT)
        return code;
    if (!wire_take(&call->answer, &failed, sizeof failed) || failed < -1 || failed >= (int64_t)awaited->term_count ||
        !wire_take(&call->answer, awaited->last, awaited->words * sizeof *awaited->last))
        return far_malformed(call);
    awaited->failed = failed;
    return code;
}

/* What all ones are is found out over there. */
static int wait(hal_awaited *awaited, double seconds, double interval, double waited, int asks) {
    const hal_port *first = awaited->first;
    wire_wait wire = {
        .what = {.first = {.offset = first->offset, .width = first->width},
                 .count = awaited->words,
                 .kind = (uint8_t)asks,
                 .order = (uint8_t)awaited->order,
                 .special = awaited->stable != 0},
        .seconds = seconds < WIRE_WAIT_SECONDS ? seconds : WIRE_WAIT_SECONDS,
        .interval = interval < WIRE_WAIT_SECONDS ? interval : WIRE_WAIT_SECONDS,
        .waited = waited,
        .terms = awaited->term_count
    };
    bool single = seconds <= 0;
    uint64_t start = 0;
    far_call call;
    int code = awaited->term_count > WIRE_TERMS_MAX
                   ? HAL_E_ARGUMENT
                   : far_begin_bar(&call, first->bar, &wire.what.first.bar, single ? &start : NULL);
    if (code)
        return code;
    wire_put(&call.far->out, &wire, sizeof wire);
    wire_put(&call.far->out, awaited->terms, awaited->term_count * sizeof *awaited->terms);
    code = take_wait(&call, awaited, far_exchange(&call, WIRE_WAIT));
    if (single)
        return far_end_single(&call, start, code);
    far_end(&call);
    return code;
}

/* ---- Transfers ---- */

enum { AHEAD = 8 }; /* parts that are under way at once */

/* Parts of a transfer: `in` of what is read, or `out` of what is written. */
typedef struct transfer {
    wire_block block; /* of the next part, but for its count */
    uint64_t size;    /* bytes of a word */
    unsigned char *in;
    const unsigned char *out;
    int kind;
    uint64_t sent, received, bytes;
    double told; /* when its progress was */
    bool was_told;
} transfer;

/* Every quarter of a second, once it has taken so long. */
static int tell(const hal_far *far, transfer *moved) {
    const double quarter = 0.25;
    double now = hal_seconds(far->library);
    if (moved->told == 0)
        moved->told = now;
    if (now - moved->told < quarter)
        return 0;
    moved->told = now;
    moved->was_told = true;
    return hal_gate_tell(far->library, moved->received, moved->bytes);
}

/* Parts end where lines of 64 bytes do, so that wide reads are as those of the whole. */
static uint64_t part_of(const transfer *moved, uint64_t done) {
    enum { LINE = 64 };
    uint64_t most = WIRE_BLOCK_MAX - (moved->block.first.offset + done) % LINE;
    return moved->bytes - done < most ? moved->bytes - done : most;
}

static int send_part(far_call *call, transfer *moved) {
    uint64_t part = part_of(moved, moved->sent);
    wire_block block = moved->block;
    block.first.offset += moved->sent;
    block.count = moved->kind == WIRE_READ_WIDE ? part : part / moved->size;
    far_start(call);
    wire_put(&call->far->out, &block, sizeof block);
    if (moved->out)
        wire_put(&call->far->out, moved->out + moved->sent, part);
    moved->sent += part;
    return far_send(call, moved->kind);
}

static int receive_part(far_call *call, transfer *moved, uint32_t number) {
    uint64_t part = part_of(moved, moved->received);
    int code = far_receive(call, moved->kind, number);
    if (code == 0 && moved->in && !wire_take(&call->answer, moved->in + moved->received, part))
        code = far_malformed(call);
    moved->received += part;
    return code;
}

/* After a part that failed, those that were sent behind it are not made over there: their answers are passed over. */
static int move(const hal_bar *bar, transfer *moved) {
    bool single = moved->bytes == moved->size;
    uint64_t start = 0;
    far_call call;
    int code = far_begin_bar(&call, bar, &moved->block.first.bar, single ? &start : NULL);
    if (code)
        return code;
    uint32_t answered = call.far->number;
    moved->block.transfer = answered + 1;
    while (moved->received < moved->bytes && code == 0) {
        if (moved->sent < moved->bytes && call.far->number - answered < AHEAD)
            code = send_part(&call, moved);
        else
            code = receive_part(&call, moved, ++answered);
        if (code == 0)
            code = tell(call.far, moved);
    }
    if (single)
        return far_end_single(&call, start, code);
    far_end(&call);
    if (moved->was_told) {
        int told = hal_gate_tell(bar->library, moved->bytes, moved->bytes); /* it has ended, in whatever way */
        code = code ? code : told;
    }
    return code;
}

static transfer transfer_of(int kind, uint64_t offset, int width, uint64_t bytes) {
    return (transfer){.block = {.first = {.offset = offset, .width = (uint8_t)width}},
                      .kind = kind,
                      .size = (uint64_t)width / 8,
                      .bytes = bytes};
}

static int read_block(const hal_bar *bar, uint64_t offset, int width, void *data, uint64_t count) {
    transfer moved = transfer_of(WIRE_READ_BLOCK, offset, width, count * ((uint64_t)width / 8));
    moved.in = data;
    return move(bar, &moved);
}

static int read_wide(const hal_bar *bar, uint64_t offset, int width, int reads, void *data, uint64_t bytes) {
    transfer moved = transfer_of(WIRE_READ_WIDE, offset, width, bytes);
    moved.in = data;
    moved.block.reads = (uint32_t)reads;
    return move(bar, &moved);
}

static int write_block(const hal_bar *bar, uint64_t offset, int width, const void *data, uint64_t count) {
    transfer moved = transfer_of(WIRE_WRITE_BLOCK, offset, width, count * ((uint64_t)width / 8));
    moved.out = data;
    return move(bar, &moved);
}

const hal_whole far_whole = {.run = run,
                             .sweep_read = far_sweep_read,
                             .sweep_write = far_sweep_write,
                             .words = words,
                             .wait = wait,
                             .read_block = read_block,
                             .read_wide = read_wide,
                             .write_block = write_block};
