/* The connections of this process: opened over a socket, closed, and asked things by text. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "remote/channel.h"

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static hal_far connections[HAL_CONNECTIONS_MAX];
static uint64_t serials;

/* The socket is closed in a child: as long as it had it, the agent would live on, and hold the slot. */
static void forget_in_child(void) {
    pthread_mutex_init(&table_lock, NULL);
    for (hal_far *far = connections; far < connections + HAL_CONNECTIONS_MAX; far++) {
        if (far->socket > 0 && far->library)
            close(far->socket);
        far->socket = -1;
        far->lock = 0;
        far->owner = 0;
        far->used = false;
    }
}

__attribute__((constructor)) static void watch_forks(void) {
    hal_watch_forks(forget_in_child);
}

/* With the table's lock held. Libraries stay for ever, as what points into them; a connection's is taken again. */
static bool make_ready(hal_far *far) {
    if (!far->library)
        far->library = hal_library_of(&far_functions, "another host's card");
    if (!far->out.start)
        far->out.start = malloc(HAL_MESSAGE_HEAD + HAL_MESSAGE_MAX);
    if (!far->in)
        far->in = malloc(HAL_MESSAGE_HEAD + HAL_MESSAGE_MAX);
    return far->library && far->out.start && far->in;
}

static hal_far *take_connection(int *code) {
    hal_far *far = connections;
    pthread_mutex_lock(&table_lock);
    while (far < connections + HAL_CONNECTIONS_MAX && atomic_load(&far->used))
        far++;
    *code = far == connections + HAL_CONNECTIONS_MAX ? HAL_E_MANY : make_ready(far) ? 0 : HAL_E_MEMORY;
    if (*code == 0) {
        atomic_store(&far->used, true);
        atomic_store(&far->serial, ++serials);
    }
    pthread_mutex_unlock(&table_lock);
    return *code ? NULL : far;
}

int hal_remote_open(int socket, int slot, uint32_t patience_ms, hal_library **library, uint64_t *serial) {
    const struct timeval slice = {.tv_usec = 50000};
    int code = 0;
    if (socket < 0 || slot < 0 || slot >= FPGA_SLOT_MAX || !library || !serial)
        return HAL_E_ARGUMENT;
    if (setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof slice) ||
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &slice, sizeof slice))
        return -errno;
    hal_far *far = take_connection(&code);
    if (!far)
        return code;
    for (int number = 0; number < FPGA_SLOT_MAX && code == 0; number++) /* of an earlier connection */
        code = hal_retire(far->library, number, 1);
    if (code) {
        atomic_store(&far->used, false);
        return code;
    }
    far->library->far = far;
    atomic_store(&far->library->sdk.bus.whole, &far_whole);
    far->socket = socket;
    far->slot = slot;
    far->reason = HAL_LOST_NOT;
    far->forks = hal_forks();
    far->patience_ms = patience_ms;
    far->facts = (hal_connection_facts){0};
    far->told_ns = 0;
    far->to_tell = false;
    far->left_count = 0;
    far->out.room = HAL_MESSAGE_HEAD + HAL_MESSAGE_MAX;
    far->start = far->end = 0;
    *library = far->library;
    *serial = atomic_load(&far->serial);
    return 0;
}

static hal_far *connection_of(const hal_library *library, uint64_t serial) {
    hal_far *far = library ? library->far : NULL;
    return far && atomic_load(&far->used) && atomic_load(&far->serial) == serial ? far : NULL;
}

int hal_remote_close(hal_library *library, uint64_t serial) {
    hal_far *far = connection_of(library, serial);
    if (!far)
        return HAL_E_CLOSED;
    void *state = hal_gate_leave();
    int code = far_lock(far);
    if (code == 0) {
        far_shut(far, HAL_LOST_CLOSED);
        far_unlock(far);
    }
    hal_gate_enter(state);
    for (int number = 0; number < FPGA_SLOT_MAX && code == 0; number++)
        code = hal_retire(library, number, 1);
    if (code == 0)
        atomic_store(&far->used, false);
    return code;
}

int hal_remote_facts(hal_library *library, uint64_t serial, hal_connection_facts *facts) {
    const hal_far *far = connection_of(library, serial);
    if (!far || !facts)
        return HAL_E_CLOSED;
    *facts = far->facts;
    facts->reason = far->reason;
    return 0;
}

int hal_remote_ask(hal_library *library, uint64_t serial, const void *text, size_t bytes, void *answer, size_t room,
                   size_t *used) {
    hal_far *far = connection_of(library, serial);
    far_call call;
    if (!far || !text || !answer || !used)
        return far ? HAL_E_ARGUMENT : HAL_E_CLOSED;
    int code = far_begin(&call, far);
    if (code)
        return code;
    wire_put(&far->out, text, bytes);
    code = far_exchange(&call, WIRE_TEXT);
    if (code == 0) {
        *used = wire_left(&call.answer);
        code = *used <= room ? 0 : HAL_E_MEMORY;
    }
    if (code == 0)
        wire_take(&call.answer, answer, *used);
    far_end(&call);
    return code;
}
