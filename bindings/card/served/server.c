/* The process that runs a slot's model for the others. It holds the slot's `holder` as long as it lives, so that nobody
 * takes one that was killed for one that is busy. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "served/served.h"

enum { LOOKS_MAX = 16, CLIENTS_MAX = 128 };

struct server {
    _Atomic uint64_t id; /* 0: none, and the rest means nothing: a fork comes in the middle of anything */
    int listener, epoll;
    _Atomic int count;
    int clients[CLIENTS_MAX];
};

static struct server servers[FPGA_SLOT_MAX];

static void close_server(struct server *server) {
    atomic_store(&server->id, 0);
    for (int i = 0; i < server->count; i++)
        close(server->clients[i]);
    close(server->listener);
    close(server->epoll);
}

/* The model is the parent's: were its sockets open here, others would wait for a parent that has died. */
void served_servers_forget_in_child(void) {
    for (int i = 0; i < FPGA_SLOT_MAX; i++)
        if (servers[i].id)
            close_server(&servers[i]);
}

bool served_is_mine(int slot_id, uint64_t id) {
    return atomic_load(&servers[slot_id].id) == id;
}

/* Where it is among those who may ask; -1: nowhere. */
static int place_of(const struct server *server, int client) {
    for (int i = 0; i < server->count; i++)
        if (server->clients[i] == client)
            return i;
    return -1;
}

static void drop(struct server *server, int client) {
    int last = server->count - 1;
    server->clients[place_of(server, client)] = server->clients[last];
    atomic_store(&server->count, last);
    close(client);
}

int served_hold(struct slot_state *slot) {
    int code = pthread_mutex_trylock(&slot->served.holder);
    if (code == EOWNERDEAD)
        code = pthread_mutex_consistent(&slot->served.holder);
    if (code)
        return -code;
    atomic_store(&slot->served.id, 0);
    slot_update_gates(slot);
    return 0;
}

static int add(int epoll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = descriptor};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : -errno;
}

static int open_server(const struct card *card, int slot_id, uint64_t id, struct server *server) {
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->listener = server->epoll < 0 ? -errno : served_listen(card, slot_id, id);
    server->count = 0;
    int code = server->listener < 0 ? server->listener : add(server->epoll, server->listener);
    if (!code) {
        atomic_store(&server->id, id);
        return 0;
    }
    if (server->epoll >= 0)
        close(server->epoll);
    if (server->listener >= 0)
        close(server->listener);
    return code;
}

static void announce(struct slot_state *slot, uint64_t id, uint32_t patience_ms, bool memories) {
    struct served_model *served = &slot->served;
    served->pid = getpid();
    atomic_store(&served->patience_ms, patience_ms);
    atomic_store(&served->memories, memories);
    atomic_store(&served->events_seen, atomic_load(&slot->event_count));
    atomic_store(&served->id, id);
    slot_update_gates(slot);
}

int served_begin(const struct card *card, int slot_id, uint32_t patience_ms, bool memories) {
    struct slot_state *slot = card_slot(card, slot_id);
    struct server *server = &servers[slot_id];
    if (!card->named)
        return -EOPNOTSUPP;
    int code = slot_lock(slot);
    if (code)
        return code;
    code = server->id ? -EBUSY : served_hold(slot);
    if (!code) {
        uint64_t id = ++slot->served.ids;
        code = open_server(card, slot_id, id, server);
        if (code)
            pthread_mutex_unlock(&slot->served.holder);
        else
            announce(slot, id, patience_ms, memories);
    }
    slot_unlock(slot);
    return code ? code : server->epoll;
}

int served_end(const struct card *card, int slot_id) {
    struct slot_state *slot = card_slot(card, slot_id);
    struct server *server = &servers[slot_id];
    if (!server->id)
        return -ENOENT;
    int code = slot_lock(slot);
    if (code)
        return code;
    if (served_is_mine(slot_id, atomic_load(&slot->served.id)))
        atomic_store(&slot->served.id, 0);
    slot_update_gates(slot);
    close_server(server); /* which those who wait for an answer see */
    pthread_mutex_unlock(&slot->served.holder);
    slot_unlock(slot);
    return 0;
}

/* ---- Requests ---- */

static void welcome(struct server *server) {
    int client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0)
        return;
    if (server->count == CLIENTS_MAX || !served_is_own(client) || add(server->epoll, client) != 0)
        close(client);
    else {
        server->clients[server->count] = client;
        atomic_store(&server->count, server->count + 1);
    }
}

/* Whoever asked may have given up since: a handler would run for nobody. */
static bool waits(int client) {
    struct pollfd look = {.fd = client, .events = POLLRDHUP};
    return poll(&look, 1, 0) == 0;
}

/* Of so many whole bytes of a BAR, as the card's own are. */
static bool is_access(const hal_served_request *request) {
    enum bar_index bar = bar_find(request->pf, request->bar);
    if (bar == BAR_COUNT || request->width < 8 || request->width > 64 || request->width % 8)
        return false;
    unsigned bytes = (unsigned)request->width / 8;
    return request->offset <= bar_shapes[bar].size - bytes && !(request->value & ~bytes_mask(bytes));
}

static bool is_request(const hal_served_request *request, ssize_t size, int slot_id) {
    return size == (ssize_t)sizeof(*request) && request->slot == slot_id && request->event >= HAL_CARD_EVENT_READ &&
           request->event <= HAL_CARD_EVENT_CLEARED && (request->event >= HAL_CARD_EVENT_LOADED || is_access(request));
}

/* Of those who are ready the one that epoll has first, which it has last then: so nobody keeps others waiting. */
int served_take(int slot_id, hal_served_request *out) {
    struct server *server = &servers[slot_id];
    struct epoll_event event;
    if (!server->id)
        return -ENOENT;
    for (int i = 0; i < LOOKS_MAX && epoll_wait(server->epoll, &event, 1, 0) == 1; i++) {
        int client = event.data.fd;
        if (client == server->listener) {
            welcome(server);
            continue;
        }
        ssize_t size = recv(client, out, sizeof(*out), MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (is_request(out, size, slot_id) && waits(client)) {
            out->client = client;
            return 1;
        }
        drop(server, client);
    }
    return 0;
}

int served_run(struct card *card, int slot_id, const hal_served_request *request) {
    struct slot_state *slot = card_slot(card, slot_id);
    uint32_t count = atomic_load(&slot->event_count);
    int code = observe_events(card, slot_id);
    atomic_store(&slot->served.events_seen, count);
    if (!code && request->event < HAL_CARD_EVENT_LOADED)
        code = observe_tell(slot_id, request->event, request->pf, request->bar, request->offset, request->width,
                            request->value);
    return code;
}

int served_answer(int slot_id, const hal_served_request *request, int code, const char *text) {
    struct served_answer answer = {.code = code};
    if (!servers[slot_id].id || place_of(&servers[slot_id], request->client) < 0)
        return -ENOENT;
    snprintf(answer.text, sizeof(answer.text), "%s", text ? text : "");
    if (send(request->client, &answer, sizeof(answer), MSG_NOSIGNAL) != (ssize_t)sizeof(answer))
        drop(&servers[slot_id], request->client);
    return 0;
}
