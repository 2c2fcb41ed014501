/* A slot of another host: messages between a connection here and an agent there, over a pipe that the caller has made.
 * No function trusts what comes out of it. Codes as in hal_core.h. */
#ifndef HAL_CORE_REMOTE_H
#define HAL_CORE_REMOTE_H

#include "hal_core.h"

enum {
    HAL_MESSAGE_MAX = 1 << 20, /* bytes, without its head */
    HAL_MESSAGE_HEAD = 16,
    HAL_CONNECTIONS_MAX = 8
};

/* ---- This side: a library whose card is there ---- */

/* Why a connection was lost. */
enum {
    HAL_LOST_NOT,
    HAL_LOST_CLOSED,   /* by this process */
    HAL_LOST_ENDED,    /* the other side, or the way to it, has ended */
    HAL_LOST_SILENT,   /* no word within the time */
    HAL_LOST_MALFORMED /* what came was no answer */
};

/* What is known of a request that a loss has met: it was sent as a whole, so it may have been made, in part too. */
typedef struct hal_loss {
    uint64_t serial; /* the connection's */
    int32_t reason;  /* HAL_LOST_* */
    int32_t sent;
} hal_loss;

typedef struct hal_connection_facts {
    uint64_t messages, bytes_sent, bytes_received;
    uint64_t singles, single_ns; /* accesses of one word, and how long they took in all */
    int32_t reason;              /* HAL_LOST_* */
    int32_t reserved;
} hal_connection_facts;

/* client.c: takes the socket, which is closed with the connection; a forked child closes its copy. HAL_E_MANY: no
 * connection is free. */
int hal_remote_open(int socket, int slot, uint32_t patience_ms, hal_library **library, uint64_t *serial);
/* Nothing where the library has another connection by now. */
int hal_remote_close(hal_library *library, uint64_t serial);
int hal_remote_facts(hal_library *library, uint64_t serial, hal_connection_facts *facts);
/* A text that the agent's program answers; `used`: of the answer's bytes. */
int hal_remote_ask(hal_library *library, uint64_t serial, const void *text, size_t bytes, void *answer, size_t room,
                   size_t *used);
/* Of this thread's last HAL_E_LOST. */
int hal_last_loss(hal_loss *loss);

/* ---- The other side ---- */

typedef struct hal_agent hal_agent;

int hal_agent_new(int input, int output, hal_agent **agent);
void hal_agent_free(hal_agent *agent);
/* From now on it answers for this slot. */
int hal_agent_take(hal_agent *agent, hal_library *library, int slot);
/* Answers until a text comes, which it puts into `text`: 0. HAL_E_CLOSED when the input has ended, or is none. */
int hal_agent_serve(hal_agent *agent, void *text, size_t room, size_t *used);
int hal_agent_reply(hal_agent *agent, const void *text, size_t bytes);
/* Tells the other side that a request of more than a second is still under way; whether one is. */
int hal_agent_working(hal_agent *agent);
/* One message without a pipe: its answer, head and all, into `answer`. */
int hal_agent_answer(hal_agent *agent, const void *message, size_t bytes, void *answer, size_t room, size_t *used);

#endif
