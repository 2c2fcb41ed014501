/* Hooks and access traces: what this process wants to know of its card. */
#include <errno.h>
#include <stdlib.h>

#include "state/state.h"

#define TRACE_MAX (1u << 24)

struct observer {
    hal_card_hook hook;
    void *context;
    uint32_t events_seen;
    hal_card_access *ring;
    uint32_t capacity, first, count;
    uint64_t lost, sequence;
};

/* Per slot; not zero takes accesses off the fast path. */
_Atomic uint32_t observed[FPGA_SLOT_MAX];

static pthread_mutex_t observer_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct observer observers[FPGA_SLOT_MAX];
static _Thread_local int quiet; /* in a hook, or where none may be called */

static uint32_t event_count(const struct card *card, int slot_id) {
    return atomic_load_explicit(&card_slot(card, slot_id)->event_count, memory_order_acquire);
}

int observe_set_hook(struct card *card, int slot_id, hal_card_hook hook, void *context) {
    struct observer *observer = &observers[slot_id];
    pthread_mutex_lock(&observer_mutex);
    observer->hook = hook;
    observer->context = context;
    observer->events_seen = event_count(card, slot_id);
    if (hook)
        atomic_fetch_or(&observed[slot_id], OBSERVE_HOOK);
    else
        atomic_fetch_and(&observed[slot_id], ~(uint32_t)OBSERVE_HOOK);
    pthread_mutex_unlock(&observer_mutex);
    return 0;
}

void observe_hold(int hold) {
    quiet += hold ? 1 : -1;
}

bool observe_is_quiet(void) {
    return quiet;
}

static int call_hook(hal_card_hook hook, void *context, int event, int slot_id, int pf, int bar, uint64_t offset,
                     int width, uint64_t value) {
    quiet++;
    int code = hook(context, event, slot_id, pf, bar, offset, width, value);
    quiet--;
    return code < 0 ? code : 0;
}

int observe_tell(int slot_id, int event, int pf, int bar, uint64_t offset, int width, uint64_t value) {
    if (quiet)
        return 0;
    pthread_mutex_lock(&observer_mutex);
    hal_card_hook hook = observers[slot_id].hook;
    void *context = observers[slot_id].context;
    pthread_mutex_unlock(&observer_mutex);
    return hook ? call_hook(hook, context, event, slot_id, pf, bar, offset, width, value) : 0;
}

int observe_word(int slot_id, int event, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value) {
    if (quiet || !(atomic_load_explicit(&observed[slot_id], memory_order_relaxed) & OBSERVE_HOOK))
        return 0;
    return observe_tell(slot_id, event, view->shape->pf, view->shape->bar, offset, (int)bytes * 8, value);
}

void observe_set_memories(int slot_id, bool wanted) {
    if (wanted)
        atomic_fetch_or(&observed[slot_id], OBSERVE_MEMORIES);
    else
        atomic_fetch_and(&observed[slot_id], ~(uint32_t)OBSERVE_MEMORIES);
}

int observe_events(const struct card *card, int slot_id) {
    if (quiet || !(atomic_load_explicit(&observed[slot_id], memory_order_relaxed) & OBSERVE_HOOK))
        return 0;
    struct observer *observer = &observers[slot_id];
    uint32_t count = event_count(card, slot_id);
    pthread_mutex_lock(&observer_mutex);
    hal_card_hook hook = observer->events_seen != count ? observer->hook : NULL;
    void *context = observer->context;
    observer->events_seen = count;
    pthread_mutex_unlock(&observer_mutex);
    /* Of several events in a row only the newest still says what the slot is. */
    int event = (int)card_slot(card, slot_id)->event;
    return hook ? call_hook(hook, context, event, slot_id, 0, 0, 0, 0, 0) : 0;
}

/* What another thread did in the middle of a fork is never finished in the child, and it may have been about to free a
 * ring. Traces are the parent's. */
void observe_forget_in_child(void) {
    pthread_mutex_init(&observer_mutex, NULL);
    for (int i = 0; i < FPGA_SLOT_MAX; i++) {
        atomic_fetch_and(&observed[i], ~(uint32_t)OBSERVE_TRACE);
        observers[i].ring = NULL;
        observers[i].capacity = observers[i].first = observers[i].count = 0;
    }
}

/* ---- Pace ---- */

#define SLOWEST_READ_NS 1000000000u

static uint64_t read_ns; /* set before the first access */

int observe_pace(struct message message) {
    const char *text = getenv("HAL_CARD_READ_NS");
    if (!text || !*text)
        return 0;
    char *end;
    errno = 0;
    unsigned long long given = strtoull(text, &end, 10);
    if (errno || *end || *text < '0' || *text > '9' || given > SLOWEST_READ_NS)
        return fail(message, -EINVAL, "HAL_CARD_READ_NS is '%.32s': give nanoseconds, %u at most", text,
                    SLOWEST_READ_NS);
    read_ns = given;
    for (int i = 0; i < FPGA_SLOT_MAX && given; i++)
        atomic_fetch_or(&observed[i], OBSERVE_PACE);
    return 0;
}

uint64_t observe_read_begins(int slot_id) {
    return atomic_load_explicit(&observed[slot_id], memory_order_relaxed) & OBSERVE_PACE ? clock_ns() : 0;
}

/* As a processor does that waits for a bus, this one does nothing else meanwhile. */
void observe_read_ends(uint64_t start) {
    while (start && !time_is_over(start, read_ns))
        ;
}

/* ---- Trace ---- */

int observe_set_trace(int slot_id, uint32_t capacity) {
    if (capacity > TRACE_MAX)
        return -EINVAL;
    hal_card_access *ring = capacity ? calloc(capacity, sizeof(*ring)) : NULL;
    if (capacity && !ring)
        return -ENOMEM;
    struct observer *observer = &observers[slot_id];
    pthread_mutex_lock(&observer_mutex);
    free(observer->ring);
    observer->ring = ring;
    observer->capacity = capacity;
    observer->first = observer->count = 0;
    observer->lost = 0;
    if (capacity)
        atomic_fetch_or(&observed[slot_id], OBSERVE_TRACE);
    else
        atomic_fetch_and(&observed[slot_id], ~(uint32_t)OBSERVE_TRACE);
    pthread_mutex_unlock(&observer_mutex);
    return 0;
}

int64_t observe_take(int slot_id, hal_card_access *out, size_t max, uint64_t *lost) {
    struct observer *observer = &observers[slot_id];
    int64_t taken = 0;
    pthread_mutex_lock(&observer_mutex);
    if (lost)
        *lost = observer->lost;
    observer->lost = 0;
    for (; observer->count > 0 && (size_t)taken < max; taken++) {
        const hal_card_access *next = &observer->ring[observer->first];
        if (taken > 0 && !out[taken - 1].more && next->more >= max - (size_t)taken)
            break; /* it does not fit any more */
        out[taken] = *next;
        observer->first = (observer->first + 1) % observer->capacity;
        observer->count--;
    }
    pthread_mutex_unlock(&observer_mutex);
    return taken;
}

/* With observer_mutex held. */
static void keep(struct observer *observer, hal_card_access access) {
    uint32_t at = (observer->first + observer->count) % observer->capacity;
    if (observer->count == observer->capacity) {
        observer->first = (observer->first + 1) % observer->capacity;
        observer->lost++;
    } else {
        observer->count++;
    }
    observer->ring[at] = access;
}

void observe_access(const struct bar_view *view, uint64_t offset, unsigned bytes, const uint64_t *words,
                    bool is_write) {
    int slot_id = view->slot_id;
    unsigned step = bytes < 8 ? bytes : 8;
    if (!(atomic_load_explicit(&observed[slot_id], memory_order_relaxed) & OBSERVE_TRACE))
        return;
    struct observer *observer = &observers[slot_id];
    pthread_mutex_lock(&observer_mutex);
    for (unsigned i = 0, count = bytes / step; i < count && observer->capacity > 0; i++)
        keep(observer, (hal_card_access){.sequence = observer->sequence++,
                                         .offset = offset + step * i,
                                         .value = words[i],
                                         .slot = (uint8_t)slot_id,
                                         .pf = (uint8_t)view->shape->pf,
                                         .bar = (uint8_t)view->shape->bar,
                                         .width = (uint8_t)(step * 8),
                                         .is_write = is_write,
                                         .more = (uint8_t)(count - 1 - i)});
    pthread_mutex_unlock(&observer_mutex);
}
