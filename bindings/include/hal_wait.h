/* The core's waits: words that are looked at until they are as was asked. */
#ifndef HAL_WAIT_H
#define HAL_WAIT_H

#include "hal_core.h"

/* What is asked of a word that is waited for: whether low <= ((word & mask) ^ flip) <= high, or with `negated` whether
 * not. flip: a sign bit, so that negative numbers are the lower ones. */
typedef struct hal_term {
    uint64_t mask, flip, low, high;
    uint16_t word;   /* of the words that are read, from the lowest on */
    uint8_t negated; /* boolean, as `fails` */
    uint8_t fails;   /* where it is so, the wait has failed */
    uint8_t reserved[4];
} hal_term;

/* Words that are waited for: neighbouring ones, read as in hal_read_words. It came when all terms are so, but those
 * that fail it; without a term nothing comes. last: what the latest look has read. */
typedef struct hal_awaited {
    const hal_port *first;
    const hal_term *terms;
    uint64_t *last;
    uint32_t words, term_count;
    int32_t order, stable;
    uint32_t incidents; /* hal_wait puts here what hal_wait_asks needs, */
    int32_t failed;     /* and the first term that failed it, or -1 */
} hal_awaited;

/* When hal_wait asks the bus whether a word of all ones is a value. */
enum { HAL_ASK_NEVER = 0, HAL_ASK_ENDED = 1, HAL_ASK_ALWAYS = 2 };

/* The pause between two looks that grows with the time that has been waited. */
#define HAL_INTERVAL_ADAPTIVE -1

int hal_wait(hal_awaited *awaited, double seconds, double interval, double waited, int asks);
int hal_wait_asks(const hal_awaited *awaited, int any);
int hal_wait_pause(hal_library *library, double interval, double left, double waited);

#endif
