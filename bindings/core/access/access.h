/* Accesses of what is attached: single ones, registers of several words, lists, transfers, and batches of them. */
#ifndef HAL_CORE_ACCESS_H
#define HAL_CORE_ACCESS_H

#include "library/library.h"

/* Below this many words an access is over sooner than the interpreter's lock changes hands; see pace.c for reads. */
enum { KEEP_LOCK_WORDS = 64 };

/* ---- pace.c ---- */

/* A number of reads of a BAR, with the interpreter's lock left where they are long. */
typedef struct errand {
    hal_bar *bar;
    uint64_t reads;
    void *state;
    uint64_t start;
} errand;

bool hal_reads_are_long(const hal_bar *bar, uint64_t reads);
errand hal_set_out(hal_bar *bar, uint64_t reads);
void hal_come_back(const errand *way, int code);

/* Words in a caller's buffer, whatever its type is there. */
typedef uint32_t __attribute__((may_alias)) any_word32;
typedef uint64_t __attribute__((may_alias)) any_word64;

/* Inside of the core: an update read all ones, wrote nothing, and is made again once they are known to be a value. */
enum { HAL_E_ONES = -2100 };

/* Around the bus accesses of a port; when it gives a code, hal_port_leave must not follow. A detach holds the
 * interpreter's lock, and so does every single access; where the interpreter has none, each announces itself. */
static inline int hal_port_enter(const hal_port *port) {
#ifdef HAL_FREE_THREADED
    return hal_bar_enter(port->bar, port->generation);
#else
    return hal_port_alive(port);
#endif
}

static inline void hal_port_leave(const hal_port *port) {
#ifdef HAL_FREE_THREADED
    hal_bar_leave(port->bar);
#else
    (void)port;
#endif
}

/* Between the bus accesses of one port: the card's model may have run, and others with it, who detached the BAR. Its
 * handle may be another BAR's now. */
static inline int hal_port_still(const hal_port *port) {
#ifdef HAL_FREE_THREADED
    (void)port; /* its user: it is given back later */
    return 0;
#else
    return hal_port_alive(port);
#endif
}

/* What a library says of a handle whose BAR went away in the middle of a long access, in our words. */
static inline int hal_reason(const hal_bar *bar, uint32_t generation, int code) {
    int state = code == -ENODEV || code == -EINVAL ? hal_state(bar, generation) : 0;
    return state ? state : code;
}

/* 0 when count words of width bits at offset lie in the BAR, else why not. */
int hal_check_span(const hal_bar *bar, uint64_t offset, int width, uint64_t count);
int hal_check_reach(const hal_bar *bar, uint64_t offset, uint64_t bytes);

/* Where a byte lies in its bus word: how many bits from the lowest one. */
static inline unsigned hal_lane_of(uint64_t offset, int width) {
    return (unsigned)(offset & ((uint64_t)width / 8 - 1)) * 8;
}

static inline bool hal_is_ones(uint64_t word, int width) {
    return (~word << (64 - width)) == 0;
}

/* Whether any of count words is all ones. */
static inline bool hal_has_ones(const uint64_t *words, uint64_t count, int width) {
    bool found = false;
    for (uint64_t i = 0; i < count; i++)
        found |= hal_is_ones(words[i], width);
    return found;
}

/* hal_run without its checks; done is 0 before. ones: set when a word that was read is all ones. */
int hal_read_words_to_keep(const hal_port *first, int count, int order, int stable, uint64_t *words);
int hal_run_checked(hal_op *ops, size_t count, size_t *done, bool *ones);

/* ---- memo.c: with the BAR's lock held, but for hal_memo_read, which takes it ---- */

void hal_memo_told(hal_memo *memo, uint64_t word);  /* it was read */
void hal_memo_wrote(hal_memo *memo, uint64_t word); /* it was written */
void hal_memo_failed(hal_memo *memo, uint64_t word);
int hal_memo_read(const hal_port *port, uint64_t *word);
int hal_memo_missing(const hal_memo *memo, uint64_t keep, uint64_t *missing);
uint64_t hal_memo_base(const hal_memo *memo, uint64_t word);
int hal_memo_put(const hal_bar *bar, uint64_t offset, int width, hal_memo *memo, uint64_t word);

/* ---- Collecting ---- */

enum { STAND_INS = FPGA_PF_MAX * HAL_BARS_MAX };

/* A stand-in's generation is never that of its ports, so an access finds it "closed" for the reason HAL_E_COLLECTING
 * and comes to hal_collect from its error path: other accesses pay nothing for it. */
typedef struct stand_in {
    hal_bar bar; /* first, so that a port's BAR leads here */
    hal_bar *target;
    uint32_t target_generation;
    hal_batch *batch;
} stand_in;

struct hal_batch {
    hal_op *ops;
    uint64_t *named; /* for each step, the bits that its writes name or its reads ask for; 0: nothing may join it */
    size_t count, room;
    struct { /* reads of one register that follow each other: the steps from first to end, while nothing comes after */
        uint64_t reader;
        size_t first, end;
    } reads;
    uint64_t round; /* counts the blocks that it has collected */
    uint32_t forks; /* hal_forks when it was made: a child has none of its parent's batches */
    _Atomic uint32_t lock;
    stand_in bars[STAND_INS];
};

/* A step of a batch, for a port that found its BAR HAL_E_COLLECTING. */
int hal_collect(const hal_port *port, int kind, uint64_t keep, uint64_t value);
/* The same for a port with a memory, which is then the batch's own, and with the BAR's lock held. */
int hal_collect_missing(const hal_port *port, uint64_t keep, uint64_t *missing);
int hal_collect_remembered(const hal_port *port, uint64_t keep, uint64_t bits, bool is_read);
/* Several that stay together. */
int hal_collect_held(const hal_port *port, const hal_op *ops, size_t count);

#endif
