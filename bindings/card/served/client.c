/* An access of a process that does not run the slot's model: it asks the one that does, and waits for the answer. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "served/served.h"

enum { LINKS_MAX = 32, LOOK_MS = 50, ATTEMPTS = 8 };
#define LONGEST_MS 86400000u

/* One is used by one thread at a time: as many as have asked at once. */
struct link {
    _Atomic uint64_t
        id; /* of the server; 0: none, and the rest means nothing: a fork comes in the middle of anything */
    int slot_id, descriptor;
    bool busy;
};

static pthread_mutex_t links_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct link links[LINKS_MAX];
static const hal_served_wait *_Atomic waiting;
static _Thread_local char reason[HAL_SERVED_TEXT];

void served_wait_with(const hal_served_wait *wait) {
    atomic_store(&waiting, wait);
}

int served_text(char *buffer, size_t size) {
    int length = snprintf(buffer, size, "%s", reason);
    reason[0] = '\0'; /* it is of one access */
    return length;
}

static int failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int failed(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    return HAL_SERVED_FAILED;
}

/* Sockets that a child shares with its parent would mix their answers. */
void served_clients_forget_in_child(void) {
    pthread_mutex_init(&links_mutex, NULL);
    for (int i = 0; i < LINKS_MAX; i++)
        if (links[i].id)
            close(links[i].descriptor);
    memset(links, 0, sizeof(links));
}

/* ---- Links ---- */

/* A link to this server that nobody uses; of another server of the slot's they are closed. -1: none. */
static int take_link(int slot_id, uint64_t id) {
    int descriptor = -1;
    pthread_mutex_lock(&links_mutex);
    for (int i = 0; i < LINKS_MAX; i++) {
        struct link *link = &links[i];
        if (!link->id || link->busy || link->slot_id != slot_id)
            continue;
        if (link->id != id) {
            link->id = 0;
            close(link->descriptor);
        } else if (descriptor < 0) {
            link->busy = true;
            descriptor = link->descriptor;
        }
    }
    pthread_mutex_unlock(&links_mutex);
    return descriptor;
}

/* A new one, which is used; where there is no room, it is for once. */
static void add_link(int slot_id, uint64_t id, int descriptor) {
    bool added = false;
    pthread_mutex_lock(&links_mutex);
    for (int i = 0; i < LINKS_MAX && !added; i++)
        if (!links[i].id) {
            links[i].slot_id = slot_id;
            links[i].descriptor = descriptor;
            links[i].busy = true;
            atomic_store(&links[i].id, id);
            added = true;
        }
    pthread_mutex_unlock(&links_mutex);
}

/* It was used, and is kept for others, or closed. */
static void leave_link(int descriptor, bool kept) {
    bool known = false;
    pthread_mutex_lock(&links_mutex);
    for (int i = 0; i < LINKS_MAX && !known; i++)
        if (links[i].id && links[i].descriptor == descriptor) {
            known = true;
            links[i].busy = false;
            if (!kept)
                links[i].id = 0;
        }
    pthread_mutex_unlock(&links_mutex);
    if (!kept || !known)
        close(descriptor);
}

/* ---- Waiting ---- */

struct patience {
    uint64_t start, length;
};

static struct patience patience_of(const struct slot_state *slot) {
    uint32_t limit = atomic_load(&slot->served.patience_ms);
    return (struct patience){clock_ns(), (uint64_t)(limit < LONGEST_MS ? limit : LONGEST_MS) * 1000000};
}

/* 0 when the socket can be read from, -ETIMEDOUT, or what ends the wait. */
static int wait_for(int descriptor, struct patience patience) {
    const hal_served_wait *how = atomic_load(&waiting);
    void *state = how ? how->leave() : NULL;
    int code = 0, ready = 0;
    while (!ready && !code) {
        struct pollfd look = {.fd = descriptor, .events = POLLIN};
        ready = poll(&look, 1, LOOK_MS) > 0;
        if (!ready && how)
            code = how->look();
        if (!ready && !code && time_is_over(patience.start, patience.length))
            code = -ETIMEDOUT;
    }
    if (how)
        how->enter(state);
    return code;
}

/* ---- One question ---- */

bool served_bury(struct slot_state *slot, uint64_t id) {
    if (slot_lock(slot))
        return false;
    if (served_hold(slot) == 0)
        pthread_mutex_unlock(&slot->served.holder);
    bool gone = atomic_load(&slot->served.id) != id;
    slot_unlock(slot);
    return gone;
}

/* The link's descriptor; -ECONNREFUSED where nobody listens; -ETIMEDOUT where too many wait. */
static int open_link(const struct card *card, int slot_id, uint64_t id, struct patience patience) {
    int descriptor = take_link(slot_id, id);
    if (descriptor >= 0)
        return descriptor;
    while ((descriptor = served_connect(card, slot_id, id)) == -EAGAIN) {
        if (time_is_over(patience.start, patience.length))
            return -ETIMEDOUT;
        poll(NULL, 0, 1);
    }
    if (descriptor >= 0)
        add_link(slot_id, id, descriptor);
    return descriptor;
}

static int no_answer(const struct slot_state *slot, int code) {
    int pid = slot->served.pid;
    if (code == -ETIMEDOUT)
        return failed(
            "process %d, which runs it, did not answer within %g s: it is stopped, or its handler takes longer", pid,
            atomic_load(&slot->served.patience_ms) / 1e3);
    return code;
}

/* 1: the server was gone before it could hear. */
static int ask_once(const struct card *card, int slot_id, uint64_t id, const hal_served_request *request) {
    struct slot_state *slot = card_slot(card, slot_id);
    struct served_answer answer;
    struct patience patience = patience_of(slot);
    int descriptor = open_link(card, slot_id, id, patience);
    if (descriptor == -ECONNREFUSED || descriptor == -ECONNRESET) {
        if (served_bury(slot, id))
            return 1;
        return failed("process %d, which runs it, can't be reached from here", slot->served.pid);
    }
    if (descriptor < 0)
        return no_answer(slot, descriptor);
    if (send(descriptor, request, sizeof(*request), MSG_NOSIGNAL) != (ssize_t)sizeof(*request)) {
        leave_link(descriptor, false);
        return served_bury(slot, id) ? 1 : failed("process %d, which runs it, does not listen", slot->served.pid);
    }
    int code = wait_for(descriptor, patience);
    ssize_t size = code ? -1 : recv(descriptor, &answer, sizeof(answer), MSG_DONTWAIT);
    bool answered = size == (ssize_t)sizeof(answer);
    leave_link(descriptor, answered); /* a late answer would be taken for the next one's */
    if (answered) {
        answer.text[sizeof(answer.text) - 1] = '\0';
        return answer.code < 0 ? failed("%s", answer.text) : 0;
    }
    if (code)
        return no_answer(slot, code);
    if (atomic_load(&slot->served.id) != id)
        return 0; /* it was taken away in order */
    int pid = slot->served.pid;
    if (!served_bury(slot, id))
        return failed("process %d, which runs it, has too many others to answer", pid);
    return failed("process %d, which ran it, ended meanwhile", pid);
}

int served_ask(const struct card *card, int slot_id, const hal_served_request *request) {
    struct slot_state *slot = card_slot(card, slot_id);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint64_t id = atomic_load(&slot->served.id);
        if (!id || served_is_mine(slot_id, id))
            return 0;
        int code = ask_once(card, slot_id, id, request);
        if (code <= 0)
            return code;
    }
    return 0;
}
