/*
 * Who waits for a line: sockets of any process that uses the card, each bound to a name of the card's own that ends
 * with it. What is sent to one says nothing but that its owner has to look, for the requests are counted in the
 * mapping: so one that is full, or that hears from a stranger, loses nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "interrupt/interrupt.h"

/* This process's own, by descriptor. */
struct listening {
    _Atomic uint64_t id; /* 0: none, and the rest means nothing: a fork comes in the middle of anything */
    int descriptor, slot_id;
};

static pthread_mutex_t listening_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct listening own[LISTENERS_MAX];
static int teller = -1;

/* They are the parent's: a child that kept them open would keep their names, for whom nobody listens any more when the
 * parent has ended, and their numbers would stand for what it opens itself. */
void listeners_forget_in_child(void) {
    pthread_mutex_init(&listening_mutex, NULL);
    for (unsigned i = 0; i < LISTENERS_MAX; i++)
        if (own[i].id)
            close(own[i].descriptor);
    memset(own, 0, sizeof(own));
}

static int tell(const struct card *card, int slot_id, uint64_t id) {
    struct sockaddr_un name;
    socklen_t length = card_socket_name(card, "card", slot_id, id, &name);
    pthread_mutex_lock(&listening_mutex);
    if (teller < 0)
        teller = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int descriptor = teller;
    pthread_mutex_unlock(&listening_mutex);
    if (sendto(descriptor, "", 1, MSG_NOSIGNAL, (struct sockaddr *)&name, length) < 0)
        return -errno;
    return 0;
}

void listeners_tell(const struct card *card, int slot_id, unsigned line) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    for (unsigned i = 0; i < LISTENERS_MAX; i++) {
        struct listener *listener = &state->listeners[i];
        if (listener->id && (line == HAL_LINES || listener->line == line) &&
            tell(card, slot_id, listener->id) == -ECONNREFUSED)
            listener->id = 0; /* its process has ended */
    }
}

static struct listener *free_listener(struct interrupt_state *state) {
    for (unsigned i = 0; i < LISTENERS_MAX; i++)
        if (!state->listeners[i].id || (kill(state->listeners[i].pid, 0) != 0 && errno == ESRCH))
            return &state->listeners[i];
    return NULL;
}

static struct listening *find_own(int slot_id, int descriptor) {
    for (unsigned i = 0; i < LISTENERS_MAX; i++)
        if (own[i].id && own[i].descriptor == descriptor && own[i].slot_id == slot_id)
            return &own[i];
    return NULL;
}

static bool keep_own(int slot_id, int descriptor, uint64_t id) {
    bool kept = false;
    pthread_mutex_lock(&listening_mutex);
    for (unsigned i = 0; i < LISTENERS_MAX && !kept; i++)
        if (!own[i].id) {
            own[i].descriptor = descriptor;
            own[i].slot_id = slot_id;
            atomic_store(&own[i].id, id);
            kept = true;
        }
    pthread_mutex_unlock(&listening_mutex);
    return kept;
}

int listener_open(const struct card *card, int slot_id, unsigned line) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    struct listener *listener = free_listener(state);
    if (!listener)
        return -EMFILE;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -errno;
    struct sockaddr_un name;
    uint64_t id = ++state->listener_ids;
    socklen_t length = card_socket_name(card, "card", slot_id, id, &name);
    int code = bind(descriptor, (struct sockaddr *)&name, length) == 0 ? 0 : -errno;
    if (!code && !keep_own(slot_id, descriptor, id))
        code = -EMFILE;
    if (code) {
        close(descriptor);
        return code;
    }
    *listener = (struct listener){.id = id, .pid = getpid(), .line = line};
    return descriptor;
}

int listener_close(const struct card *card, int slot_id, int descriptor) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    pthread_mutex_lock(&listening_mutex);
    struct listening *found = find_own(slot_id, descriptor);
    uint64_t id = found ? found->id : 0;
    if (found)
        found->id = 0;
    pthread_mutex_unlock(&listening_mutex);
    if (!id)
        return -EBADF;
    for (unsigned i = 0; i < LISTENERS_MAX; i++)
        if (state->listeners[i].id == id && state->listeners[i].pid == getpid()) /* not the parent's, after a fork */
            state->listeners[i].id = 0;
    close(descriptor);
    return 0;
}

int listener_take(int slot_id, int descriptor) {
    char byte[16];
    pthread_mutex_lock(&listening_mutex);
    bool known = find_own(slot_id, descriptor) != NULL;
    pthread_mutex_unlock(&listening_mutex);
    while (known && recv(descriptor, byte, sizeof(byte), MSG_DONTWAIT) >= 0)
        ;
    return known ? 0 : -EBADF;
}

int listener_poke(const struct card *card, int slot_id, int descriptor) {
    pthread_mutex_lock(&listening_mutex);
    const struct listening *found = find_own(slot_id, descriptor);
    uint64_t id = found ? found->id : 0;
    pthread_mutex_unlock(&listening_mutex);
    int code = id ? tell(card, slot_id, id) : -EBADF;
    return code == -EAGAIN ? 0 : code; /* it can be read from already */
}
