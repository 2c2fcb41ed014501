/* What is remembered of the card's words: what was written to them, and what was read of them. A write then needs no
 * read, and where the memory answers, neither does a read. It changes under the BAR's lock, together with the card. */
#include "access/access.h"

/* A look without the lock sees an old pair or a new one, and each was right when it was asked for. */
static void set(hal_memo *memo, uint64_t value, uint64_t known) {
    atomic_store_explicit(&memo->value, value, memory_order_release);
    atomic_store_explicit(&memo->known, known, memory_order_release);
}

void hal_memo_told(hal_memo *memo, uint64_t word) {
    set(memo, (memo->value & ~memo->told) | (word & memo->told), memo->known | memo->told);
}

/* Bits of no field need not hold what is written: they are given back as written, and known only where that is what was
 * read. */
void hal_memo_wrote(hal_memo *memo, uint64_t word) {
    uint64_t taken = memo->taken | memo->spare, doubtful = (memo->value ^ word) & memo->spare;
    set(memo, (memo->value & ~taken) | (word & taken), (memo->known | memo->taken) & ~doubtful);
}

/* Nobody knows whether it was written: what can be read is asked for again. */
void hal_memo_failed(hal_memo *memo, uint64_t word) {
    set(memo, memo->value, memo->known & ~(memo->told & (memo->value ^ word)));
}

void hal_memo_forget(hal_memo *memo, uint64_t bits) {
    set(memo, memo->value, memo->known & ~bits);
}

/* The bus's word, for a port that was entered and whose memory answers but lacks a bit of it. All ones may be nobody's
 * answer, and are not remembered. */
int hal_memo_read(const hal_port *port, uint64_t *word) {
    hal_bar_lock *lock;
    int code = hal_lock_bar(port->bar, &lock);
    if (code)
        return code;
    code = hal_port_still(port);
    if (code == 0)
        code = hal_bus_read(port->bar, port->offset, port->width, word);
    if (code == 0 && !hal_is_ones(*word, port->width))
        hal_memo_told(port->memo, *word);
    hal_unlock_bar(lock);
    return code;
}

/* Bits that have to be read before a write that keeps these; HAL_E_UNKNOWN where no read tells one of them. */
int hal_memo_missing(const hal_memo *memo, uint64_t keep, uint64_t *missing) {
    *missing = keep & ~memo->known & ~memo->spare;
    return *missing & memo->blind ? HAL_E_UNKNOWN : 0;
}

/* What is kept, after the word was read: what the memory knows by now, else what was read. */
uint64_t hal_memo_base(const hal_memo *memo, uint64_t word) {
    return (memo->value & memo->known) | (word & ~memo->known);
}

int hal_memo_put(const hal_bar *bar, uint64_t offset, int width, hal_memo *memo, uint64_t word) {
    int code = hal_bus_write(bar, offset, width, word);
    if (code == 0)
        hal_memo_wrote(memo, word);
    else
        hal_memo_failed(memo, word);
    return code;
}
