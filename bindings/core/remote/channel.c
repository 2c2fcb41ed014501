/* Sending requests and waiting for answers, with signals, a limit of time, and a plain word of what is known when the
 * connection is lost. */
#include <sys/socket.h>
#include <unistd.h>

#include "remote/channel.h"

static _Thread_local hal_loss last_loss;

int hal_last_loss(hal_loss *loss) {
    if (!loss)
        return HAL_E_ARGUMENT;
    *loss = last_loss;
    return 0;
}

void far_shut(hal_far *far, int reason) {
    if (far->socket >= 0)
        close(far->socket);
    far->socket = -1;
    far->reason = far->reason ? far->reason : reason;
}

static int lost(hal_far *far, int reason, bool sent) {
    far_shut(far, reason);
    last_loss = (hal_loss){.serial = atomic_load(&far->serial), .reason = far->reason, .sent = sent};
    return HAL_E_LOST;
}

int far_malformed(far_call *call) {
    return lost(call->far, HAL_LOST_MALFORMED, true);
}

static int gone(far_call *call) {
    return lost(call->far, HAL_LOST_CLOSED, false);
}

bool far_is_mine(const hal_far *far) {
    return atomic_load_explicit(&far->owner, memory_order_relaxed) == (uint64_t)pthread_self();
}

/* A request looks for signals while it waits: their handlers, and what is collected meanwhile, have no other. */
int far_lock(hal_far *far) {
    int code = far_is_mine(far) ? HAL_E_DEADLOCK : hal_lock(&far->lock);
    if (code == 0)
        atomic_store_explicit(&far->owner, (uint64_t)pthread_self(), memory_order_relaxed);
    return code;
}

void far_unlock(hal_far *far) {
    atomic_store_explicit(&far->owner, 0, memory_order_relaxed);
    hal_unlock(&far->lock);
}

void far_leave_bar(hal_far *far, uint32_t bar) {
    if (far->left_count < HAL_LEFT_MAX)
        far->left[far->left_count++] = bar;
}

/* Without waiting, for the answer neither: later ones pass it over. Where there is no room for it now, the next request
 * tries again. */
static void give_back_left(hal_far *far) {
    while (far->left_count) {
        struct {
            wire_head head;
            uint32_t bar;
        } message = {
            .head = {.bytes = sizeof message.bar, .number = far->number + 1, .kind = WIRE_DETACH},
            .bar = far->left[far->left_count - 1]
        };
        ssize_t sent = send(far->socket, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0 && (size_t)sent < sizeof message)
            far_shut(far, HAL_LOST_CLOSED);
        if (sent != sizeof message)
            return;
        far->number++;
        far->left_count--;
        far->facts.messages++;
        far->facts.bytes_sent += sizeof message;
    }
}

/* With the interpreter's lock open: others go on while this one waits. */
int far_begin(far_call *call, hal_far *far) {
    *call = (far_call){.far = far, .state = hal_gate_leave()};
    int code = far->forks == hal_forks() ? far_lock(far) : HAL_E_FORKED;
    if (code == 0)
        give_back_left(far);
    if (code == 0 && far->socket < 0) {
        code = gone(call);
        far_unlock(far);
    }
    if (code)
        hal_gate_enter(call->state);
    else
        far_start(call);
    return code;
}

void far_end(far_call *call) {
    far_unlock(call->far);
    hal_gate_enter(call->state);
}

void far_start(far_call *call) {
    call->far->out.used = HAL_MESSAGE_HEAD;
    call->far->out.full = false;
}

/* ---- Waiting ---- */

typedef struct hold {
    hal_patience patience;
    uint64_t since;
} hold;

static hold begin_hold(void) {
    return (hold){.patience = hal_patience_begin(), .since = hal_now_ns()};
}

static uint64_t held_ms(const hold *held) {
    return (hal_now_ns() - held->since) / 1000000;
}

/* After a call of the system that moved nothing: 0 to try again. The socket gives up every 50 ms. */
static int look_up(hal_far *far, hold *held, bool sent) {
    bool woken = errno == EINTR;
    if (!woken && errno != EAGAIN && errno != EWOULDBLOCK)
        return lost(far, HAL_LOST_ENDED, sent);
    if (held_ms(held) > far->patience_ms)
        return lost(far, HAL_LOST_SILENT, sent);
    return hal_patience_over(&held->patience, woken);
}

/* ---- Sending ---- */

/* A message is made over there once it is there as a whole: of one that was not sent to its end nothing is done. Who is
 * interrupted in the middle of one has no connection any more. */
static int send_all(hal_far *far) {
    hold held = begin_hold();
    size_t sent = 0;
    while (sent < far->out.used) {
        ssize_t moved = send(far->socket, far->out.start + sent, far->out.used - sent, MSG_NOSIGNAL);
        if (moved > 0) {
            sent += (size_t)moved;
            held = begin_hold();
            continue;
        }
        int code = look_up(far, &held, false);
        if (code && code != HAL_E_LOST && sent)
            far_shut(far, HAL_LOST_CLOSED);
        if (code)
            return code;
    }
    far->facts.messages++;
    far->facts.bytes_sent += sent;
    return 0;
}

int far_send(far_call *call, int kind) {
    hal_far *far = call->far;
    if (far->out.full)
        return HAL_E_MEMORY;
    wire_head head = {
        .bytes = (uint32_t)(far->out.used - HAL_MESSAGE_HEAD), .number = ++far->number, .kind = (uint16_t)kind};
    memcpy(far->out.start, &head, sizeof head);
    return send_all(far);
}

/* ---- Receiving ---- */

/* Until so many bytes are there, from the start of what was not taken. */
static int fill(hal_far *far, size_t bytes) {
    hold held = begin_hold();
    if (far->start + bytes > HAL_MESSAGE_HEAD + HAL_MESSAGE_MAX) {
        memmove(far->in, far->in + far->start, far->end - far->start);
        far->end -= far->start;
        far->start = 0;
    }
    while (far->end - far->start < bytes) {
        ssize_t moved = recv(far->socket, far->in + far->end, HAL_MESSAGE_HEAD + HAL_MESSAGE_MAX - far->end, 0);
        if (moved == 0)
            return lost(far, HAL_LOST_ENDED, true);
        if (moved > 0) {
            far->end += (size_t)moved;
            far->facts.bytes_received += (size_t)moved;
            held = begin_hold();
            continue;
        }
        int code = look_up(far, &held, true);
        if (code)
            return code;
    }
    return 0;
}

/* Codes that another host may give. Others mean something to this process alone. */
static bool is_code(int32_t code) {
    enum { NUMBERS = 4095 };
    switch (code) {
    case HAL_E_CLOSED:
    case HAL_E_STALE:
    case HAL_E_RANGE:
    case HAL_E_ALIGN:
    case HAL_E_HANDLE:
    case HAL_E_MISSING:
    case HAL_E_ARGUMENT:
    case HAL_E_VALUE:
    case HAL_E_TIMEOUT:
    case HAL_E_MANY:
    case HAL_E_MEMORY:
    case HAL_E_DEADLOCK:
    case HAL_E_INTERPRETER:
    case HAL_E_LOCK:
    case HAL_E_DEAD:
    case HAL_E_EMPTY:
    case HAL_E_SILENT:
    case HAL_E_LOCKED: return true;
    default: return code > -2000 && code <= NUMBERS;
    }
}

static int take_message(far_call *call, wire_head *head) {
    hal_far *far = call->far;
    int code = fill(far, sizeof *head);
    if (code)
        return code;
    memcpy(head, far->in + far->start, sizeof *head);
    if (head->bytes > HAL_MESSAGE_MAX || head->zero || !(head->kind & WIRE_ANSWER))
        return far_malformed(call);
    code = fill(far, sizeof *head + head->bytes);
    if (code)
        return code;
    call->answer.at = far->in + far->start + sizeof *head;
    call->answer.end = call->answer.at + head->bytes;
    far->start += sizeof *head + head->bytes;
    if (far->start == far->end)
        far->start = far->end = 0;
    return 0;
}

/* An answer that nobody waits for: what it says was attached is given back. */
static void pass_over(far_call *call, const wire_head *head) {
    uint32_t bar;
    if (head->kind == (WIRE_ATTACH | WIRE_ANSWER) && head->code == 0 && wire_take(&call->answer, &bar, sizeof bar))
        far_leave_bar(call->far, bar);
}

/* One that was not waited for to its end, as somebody was interrupted, is passed over. */
int far_receive(far_call *call, int kind, uint32_t number) {
    wire_head head;
    for (;;) {
        int code = take_message(call, &head);
        if (code)
            return code;
        int32_t ahead = (int32_t)(head.number - number);
        if (ahead < 0)
            pass_over(call, &head);
        if (head.kind == (WIRE_WORKING | WIRE_ANSWER) || ahead < 0)
            continue;
        if (ahead > 0 || head.kind != (kind | WIRE_ANSWER) || !is_code(head.code))
            return far_malformed(call);
        break;
    }
    if (head.code == HAL_E_DEAD || head.code == HAL_E_SILENT) {
        hal_timeout found;
        if (!wire_take(&call->answer, &found, sizeof found) || found.interface < 0 ||
            found.interface >= HAL_NO_INTERFACE)
            return far_malformed(call);
        found.slot = call->far->slot;
        hal_tell_timeout(found);
    }
    return head.code;
}

int far_exchange(far_call *call, int kind) {
    int code = far_send(call, kind);
    return code ? code : far_receive(call, kind, call->far->number);
}
