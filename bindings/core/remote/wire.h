/* What messages hold: numbers in little-endian order, as both sides have them (hal runs on such machines alone), one
 * after the other without gaps. A request has a head and what its kind takes; its answer the same head with the
 * request's number, the code of what was done, and what that brought. */
#ifndef HAL_CORE_WIRE_H
#define HAL_CORE_WIRE_H

#include <string.h>

#include "access/access.h"
#include "hal_wait.h"
#include "remote/remote.h"

enum wire_kind { /* accesses from PEEK to FILL */
                 WIRE_TEXT = 1,
                 WIRE_WORKING, /* an answer to nothing: a request takes its time */
                 WIRE_ATTACH,
                 WIRE_DETACH,
                 WIRE_PEEK,
                 WIRE_POKE,
                 WIRE_RUN,
                 WIRE_SWEEP,
                 WIRE_WORDS,
                 WIRE_WAIT,
                 WIRE_READ_BLOCK,
                 WIRE_READ_WIDE,
                 WIRE_WRITE_BLOCK,
                 WIRE_FILL,
                 WIRE_RESOURCES,
                 WIRE_SLOT_SPEC,
                 WIRE_DESCRIBE,
                 WIRE_STATUS,
                 WIRE_LOAD,
                 WIRE_CLEAR,
                 WIRE_RESCAN,
                 WIRE_LEDS,
                 WIRE_DIP,
                 WIRE_SET_DIP,
                 WIRE_CLOCKS,
                 WIRE_SET_RECIPE,
                 WIRE_SET_DYNAMIC,
                 WIRE_RELEASE_RESETS,
                 WIRE_KINDS
};

enum { WIRE_ANSWER = 0x8000 }; /* in the kind of what comes back */

typedef struct wire_head {
    uint32_t bytes; /* that follow */
    uint32_t number;
    uint16_t kind, zero;
    int32_t code; /* of an answer */
} wire_head;

/* Words of one BAR. */
typedef struct wire_place {
    uint64_t offset;
    uint32_t bar; /* as it was attached */
    uint8_t width, reserved[3];
} wire_place;

enum { WIRE_HELD = 1, WIRE_TOLD = 2 }; /* TOLD: the word comes back of a write that is remembered */

/* Of a list: value follows where it writes or checks, and keep before it where it changes or checks. */
typedef struct wire_step {
    uint64_t offset;
    uint8_t width, kind, repeat, flags, reserved[4];
} wire_step;

typedef struct wire_sweep {
    uint64_t offset, stride, count;
    uint16_t words;
    uint8_t width, flags, bits, reserved[3];
} wire_sweep;

typedef struct wire_words {
    wire_place first;
    uint32_t count;
    uint8_t kind, order, special, reserved;
} wire_words;

/* The terms follow. */
typedef struct wire_wait {
    wire_words what; /* kind: HAL_ASK_* */
    double seconds, interval, waited;
    uint32_t terms, reserved;
} wire_wait;

typedef struct wire_block {
    wire_place first;
    uint64_t count;
    uint32_t transfer; /* the number of its first part: after one that failed no more are made */
    uint32_t reads;    /* of a wide read, whose count is of bytes: bits of an access */
} wire_block;

typedef struct wire_attach {
    int32_t pf, bar;
    uint32_t flags, reserved;
} wire_attach;

enum {
    WIRE_BLOCK_MAX = 256 * 1024, /* bytes of a part of a transfer */
    WIRE_WAIT_SECONDS = 2,       /* that a wait may take before it is asked for again */
    WIRE_TERMS_MAX = 4096
};

_Static_assert(sizeof(wire_head) == HAL_MESSAGE_HEAD && sizeof(wire_place) == 16 && sizeof(wire_step) == 16, "gaps");
_Static_assert(sizeof(wire_sweep) == 32 && sizeof(wire_words) == 24 && sizeof(wire_wait) == 56, "gaps");
_Static_assert(sizeof(wire_block) == 32 && sizeof(wire_attach) == 16 && sizeof(hal_timeout) == 24 &&
                   sizeof(hal_term) == 40,
               "gaps");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "messages are little-endian");

/* Of what was received: the rest, from which everything is taken by size. */
typedef struct wire_reader {
    const unsigned char *at, *end;
} wire_reader;

static inline bool wire_take(wire_reader *from, void *out, size_t bytes) {
    if ((size_t)(from->end - from->at) < bytes)
        return false;
    if (bytes)
        memcpy(out, from->at, bytes);
    from->at += bytes;
    return true;
}

static inline size_t wire_left(const wire_reader *from) {
    return (size_t)(from->end - from->at);
}

/* What is being written; full: something did not fit, and what there is means nothing. */
typedef struct wire_writer {
    unsigned char *start;
    size_t used, room;
    bool full;
} wire_writer;

static inline void wire_put(wire_writer *to, const void *data, size_t bytes) {
    if (to->room - to->used < bytes) {
        to->full = true;
        return;
    }
    if (bytes)
        memcpy(to->start + to->used, data, bytes);
    to->used += bytes;
}

static inline void wire_put64(wire_writer *to, uint64_t value) {
    wire_put(to, &value, sizeof value);
}

#endif
