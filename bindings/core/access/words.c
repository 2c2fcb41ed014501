/* Registers of several bus words: in order, untorn, and as one read-modify-write. */
#include "access/access.h"

static int check_words(const hal_port *first, int count, int order, const uint64_t *words) {
    if (!first || !first->bar || !words || count < 1 || order & ~(HAL_HIGH_FIRST | HAL_BIG_ENDIAN))
        return HAL_E_ARGUMENT;
    uint64_t before = order & HAL_BIG_ENDIAN ? ((uint64_t)count - 1) * (first->width / 8) : 0;
    if (before > first->offset)
        return HAL_E_RANGE;
    return hal_check_span(first->bar, first->offset - before, first->width, (uint64_t)count);
}

/* The i-th word that an access takes, counted from the lowest. */
static int word_at(int i, int count, int order) {
    return order & HAL_HIGH_FIRST ? count - 1 - i : i;
}

static uint64_t offset_of(const hal_port *first, int index, int order) {
    uint64_t distance = (uint64_t)index * (first->width / 8);
    return order & HAL_BIG_ENDIAN ? first->offset - distance : first->offset + distance;
}

static hal_memo *memo_of(const hal_port *first, int index) {
    return first->memo ? first->memo + index : NULL;
}

static int write_word(const hal_port *first, int index, int order, uint64_t word) {
    hal_memo *memo = memo_of(first, index);
    int code = hal_port_still(first);
    if (code)
        return code;
    uint64_t offset = offset_of(first, index, order);
    return memo ? hal_memo_put(first->bar, offset, first->width, memo, word)
                : hal_bus_write(first->bar, offset, first->width, word);
}

/* Whether the memory answers for all of these words. */
static bool remembered(const hal_port *first, int count, uint64_t *words) {
    for (int i = 0; i < count; i++) {
        const hal_memo *memo = memo_of(first, i);
        if (!memo || !memo->answers || hal_ones_of(first->width) & ~memo->known)
            return false;
        words[i] = memo->value;
    }
    return true;
}

/* As of a single word: a plain read tells a memory that answers reads; others are told by what prepares a write. */
static void remember(const hal_port *first, int count, const uint64_t *words, bool tells) {
    for (int i = 0; i < count && first->memo; i++)
        if ((tells || memo_of(first, i)->answers) && !hal_is_ones(words[i], first->width))
            hal_memo_told(memo_of(first, i), words[i]);
}

static int read_word(const hal_port *first, int index, int order, uint64_t *word) {
    int code = hal_port_still(first);
    return code ? code : hal_bus_read(first->bar, offset_of(first, index, order), first->width, word);
}

static int read_pass(const hal_port *first, int count, int order, uint64_t *words) {
    const hal_whole *whole = hal_whole_of(first->bar->bus);
    int code = 0;
    if (whole)
        return whole->words(first, HAL_OP_READ, count, order, 0, NULL, words);
    for (int i = 0; i < count && code == 0; i++) {
        int index = word_at(i, count, order);
        code = read_word(first, index, order, &words[index]);
    }
    return code;
}

/* A carry between two reads shows in a word above: read those again, and all of them when one has changed. */
static int read_stable(const hal_port *first, int count, int order, uint64_t *words) {
    enum { ATTEMPTS = 64 };
    const hal_whole *whole = hal_whole_of(first->bar->bus);
    if (whole)
        return whole->words(first, HAL_OP_READ, count, order, 1, NULL, words);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int code = read_pass(first, count, order | HAL_HIGH_FIRST, words);
        int same = 1;
        for (int index = count - 1; index > 0 && code == 0 && same; index--) {
            uint64_t again;
            code = read_word(first, index, order, &again);
            same = code == 0 && again == words[index];
        }
        if (code || same)
            return code;
    }
    return 0;
}

/* A register of count bus words, the lowest at first; words[0] gets the lowest. With stable set (reading must have no
 * side effect), a counter that carries meanwhile is not torn. */
static int read_all(const hal_port *first, int count, int order, int stable, uint64_t *words, bool tells) {
    int code = check_words(first, count, order, words);
    if (code)
        return code;
    hal_bar_lock *lock;
    code = hal_lock_bar(first->bar, &lock);
    if (code)
        return code;
    code = hal_port_enter(first);
    if (code == 0) {
        if (!remembered(first, count, words)) {
            code = stable ? read_stable(first, count, order, words) : read_pass(first, count, order, words);
            if (code == 0)
                remember(first, count, words, tells);
        }
        hal_port_leave(first);
    }
    hal_unlock_bar(lock);
    return code;
}

int hal_read_words(const hal_port *first, int count, int order, int stable, uint64_t *words) {
    return read_all(first, count, order, stable, words, false);
}

/* The same, and what is remembered of the words is what was read. */
int hal_read_words_to_keep(const hal_port *first, int count, int order, int stable, uint64_t *words) {
    return read_all(first, count, order, stable, words, true);
}

static hal_port port_of(const hal_port *first, int index, int order) {
    hal_port port = *first;
    port.offset = offset_of(first, index, order);
    port.memo = memo_of(first, index);
    return port;
}

/* keep: null where no word is read. whole: as of hal_update_words. */
static int collect_words(const hal_port *first, int count, int order, int whole, const uint64_t *keep,
                         const uint64_t *words) {
    int code = 0;
    bool is_read = false;
    for (int i = 0; i < count && code == 0 && whole && first->memo && !is_read; i++) {
        hal_port port = port_of(first, i, order);
        uint64_t missing;
        code = hal_collect_missing(&port, keep[i], &missing);
        is_read = code == 0 && missing;
    }
    for (int i = 0; i < count && code == 0; i++) {
        int index = word_at(i, count, order);
        uint64_t kept = keep ? keep[index] : 0;
        hal_port port = port_of(first, index, order);
        code = port.memo ? hal_collect_remembered(&port, kept, words[index], is_read)
                         : hal_collect(&port, kept ? HAL_OP_MODIFY : HAL_OP_WRITE, kept, words[index]);
    }
    return code;
}

static int write_pass(const hal_port *first, int count, int order, const uint64_t *words) {
    const hal_whole *whole = first->memo ? NULL : hal_whole_of(first->bar->bus);
    int code = 0;
    if (whole)
        return whole->words(first, HAL_OP_WRITE, count, order, 0, NULL, (uint64_t *)(uintptr_t)words);
    for (int i = 0; i < count && code == 0; i++) {
        int index = word_at(i, count, order);
        code = write_word(first, index, order, words[index]);
    }
    return code;
}

int hal_write_words(const hal_port *first, int count, int order, const uint64_t *words) {
    int code = check_words(first, count, order, words);
    if (code)
        return code;
    hal_bar_lock *lock;
    code = hal_lock_bar(first->bar, &lock);
    if (code)
        return code;
    code = hal_port_enter(first);
    if (code == 0) {
        code = write_pass(first, count, order, words);
        hal_port_leave(first);
    }
    hal_unlock_bar(lock);
    return code == HAL_E_COLLECTING ? collect_words(first, count, order, 0, NULL, words) : code;
}

/* The bits of a word that have to be read for a write. */
static int missing_of(const hal_port *first, int index, const uint64_t *keep, uint64_t *missing) {
    *missing = keep[index];
    return first->memo ? hal_memo_missing(memo_of(first, index), keep[index], missing) : 0;
}

/* What a word keeps its bits of: what was read into `word`, which is remembered, or without a read the memory. */
static uint64_t kept_of(const hal_port *first, int index, bool was_read, uint64_t word) {
    hal_memo *memo = memo_of(first, index);
    if (!memo)
        return word;
    if (!was_read)
        return memo->value;
    hal_memo_told(memo, word);
    return hal_memo_base(memo, word);
}

/* Reads the words that something of is kept, or with whole set all of them when any is; then writes all, unless one
 * was all ones and is not believed. */
static int update_pass(const hal_port *first, int count, int order, int whole, const uint64_t *keep,
                       const uint64_t *values, bool believed) {
    uint64_t words[HAL_WORDS_MAX] = {0}, missing = 0;
    bool was_read[HAL_WORDS_MAX] = {false};
    const hal_whole *far = first->memo ? NULL : hal_whole_of(first->bar->bus);
    int code = 0;
    if (far)
        return far->words(first, HAL_OP_MODIFY, count, order, whole, keep, (uint64_t *)(uintptr_t)values);
    for (int i = 0; i < count && code == 0; i++) {
        uint64_t here;
        code = missing_of(first, i, keep, &here);
        missing |= here;
    }
    for (int i = 0; i < count && code == 0; i++) {
        int index = word_at(i, count, order);
        uint64_t here = 0;
        code = missing_of(first, index, keep, &here);
        was_read[index] = here || (whole && missing);
        if (code == 0 && was_read[index])
            code = read_word(first, index, order, &words[index]);
    }
    if (code == 0 && !believed && hal_has_ones(words, (uint64_t)count, first->width))
        return HAL_E_ONES;
    for (int i = 0; i < count; i++)
        words[i] = (kept_of(first, i, was_read[i], words[i]) & keep[i]) ^ values[i];
    return code ? code : write_pass(first, count, order, words);
}

static int update_words(const hal_port *first, int count, int order, int whole, const uint64_t *keep,
                        const uint64_t *values, uint32_t *incidents) {
    hal_bar_lock *lock;
    int code = hal_lock_bar(first->bar, &lock);
    if (code)
        return code;
    code = hal_port_enter(first);
    if (code == 0) {
        if (incidents)
            *incidents = hal_incidents_of(first->bar);
        code = update_pass(first, count, order, whole, keep, values, !incidents);
        hal_port_leave(first);
    }
    hal_unlock_bar(lock);
    return code;
}

/* (old & keep) ^ values in count words that no other write of this BAR can part. With whole set, reading one word
 * takes reading all: the register latches. */
int hal_update_words(const hal_port *first, int count, int order, int whole, const uint64_t *keep,
                     const uint64_t *values) {
    uint32_t incidents = 0;
    int code = count > HAL_WORDS_MAX || !keep ? HAL_E_ARGUMENT : check_words(first, count, order, values);
    if (code)
        return code;
    code = update_words(first, count, order, whole, keep, values, &incidents);
    if (code == HAL_E_ONES) {
        code = hal_ask(first->bar, first->generation, incidents);
        if (code == 0)
            code = update_words(first, count, order, whole, keep, values, NULL);
    }
    return code == HAL_E_COLLECTING ? collect_words(first, count, order, whole, keep, values) : code;
}
