/* A connection to an agent: one request after the other, each with its answer. */
#ifndef HAL_CORE_CHANNEL_H
#define HAL_CORE_CHANNEL_H

#include "remote/wire.h"

enum { HAL_LEFT_MAX = 8 };

typedef struct hal_far {
    hal_library *library;
    _Atomic uint32_t lock;  /* of all below, but for what is atomic */
    _Atomic uint64_t owner; /* whose thread has it, 0: nobody's */
    atomic_bool used;
    int socket; /* -1: lost, closed, or another process's */
    int slot;
    int reason;     /* HAL_LOST_* */
    uint32_t forks; /* hal_forks when it was made */
    uint32_t patience_ms;
    uint32_t number; /* of the latest request */
    _Atomic uint64_t serial;
    hal_connection_facts facts;
    uint64_t told_ns;    /* of single accesses, when they were told last */
    atomic_bool to_tell; /* the next one tells of them, before it is made */
    uint32_t
        left[HAL_LEFT_MAX]; /* BARs that are attached over there for somebody who was interrupted before he knew it */
    uint32_t left_count;
    wire_writer out;
    unsigned char *in;
    size_t start, end; /* what was received and not yet taken */
} hal_far;

/* A request: the connection is this thread's from far_begin to far_end. */
typedef struct far_call {
    hal_far *far;
    void *state;
    wire_reader answer;
} far_call;

int far_begin(far_call *call, hal_far *far);
void far_end(far_call *call);
void far_start(far_call *call);                             /* an empty request */
int far_send(far_call *call, int kind);                     /* what was put */
int far_receive(far_call *call, int kind, uint32_t number); /* the answer of a request: its code */
int far_exchange(far_call *call, int kind);                 /* both */
int far_malformed(far_call *call);                          /* the answer is none */
void far_shut(hal_far *far, int reason);                    /* with its lock held */
int far_lock(hal_far *far);
void far_unlock(hal_far *far);
bool far_is_mine(const hal_far *far);           /* this thread has the lock */
void far_leave_bar(hal_far *far, uint32_t bar); /* the same: the next request gives it back */

/* ---- client.c, whole.c, sweeps.c ---- */

extern const sdk_table far_functions;
extern const hal_whole far_whole;

/* far_begin for what is attached; its number over there. single: null, or the message is one access, and this gets when
 * it began. What such ones took is told before it, so that nothing of it is made where that raises. */
int far_begin_bar(far_call *call, const hal_bar *bar, uint32_t *number, uint64_t *single);

/* The end of a message that is one access, which began then: it is counted. The code. */
int far_end_single(far_call *call, uint64_t start, int code);

int far_sweep_read(const hal_sweep *sweeps, size_t count, uint64_t *values, size_t *done);
int far_sweep_write(const hal_sweep *sweeps, size_t count, const uint64_t *values, const uint8_t *wanted, size_t *done);

#endif
