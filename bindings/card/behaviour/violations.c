/* What this process did on its card that a manual forbids: the newest of each slot, with the lines that did it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "behaviour/behaviour.h"

#define VIOLATIONS_MAX (1u << 16)
#define HALVES_MAX 16u

/* A latched register of which some words were read: what to say where the others are not read. */
struct half {
    uint64_t start, missing; /* a bit for each of its words, by address */
    hal_card_violation violation;
};

struct watch {
    hal_card_site site;
    hal_card_violation *ring;
    uint32_t capacity;
    uint64_t count;
    struct half halves[HALVES_MAX];
    uint32_t half_count;
};

static pthread_mutex_t watch_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct watch watches[FPGA_SLOT_MAX];

/* What another thread did in the middle of a fork is never finished in the child, so its memory is left alone. */
void violations_forget_in_child(void) {
    pthread_mutex_init(&watch_mutex, NULL);
    memset(watches, 0, sizeof(watches));
    for (int i = 0; i < FPGA_SLOT_MAX; i++)
        atomic_fetch_and(&observed[i], ~(uint32_t)OBSERVE_WATCH);
}

int violations_watch(int slot_id, uint32_t capacity, hal_card_site site) {
    if (capacity > VIOLATIONS_MAX)
        return -EINVAL;
    hal_card_violation *ring = capacity ? calloc(capacity, sizeof(*ring)) : NULL;
    if (capacity && !ring)
        return -ENOMEM;
    pthread_mutex_lock(&watch_mutex);
    free(watches[slot_id].ring);
    watches[slot_id] = (struct watch){.site = site, .ring = ring, .capacity = capacity};
    if (capacity)
        atomic_fetch_or(&observed[slot_id], OBSERVE_WATCH);
    else
        atomic_fetch_and(&observed[slot_id], ~(uint32_t)OBSERVE_WATCH);
    pthread_mutex_unlock(&watch_mutex);
    return 0;
}

/* ---- With the mutex held ---- */

static void keep(struct watch *watch, const hal_card_violation *violation) {
    hal_card_violation *place = &watch->ring[watch->count % watch->capacity];
    *place = *violation;
    place->sequence = watch->count++;
}

static hal_card_violation told(const struct watch *watch, const struct bar_view *view,
                               const struct violation *violation) {
    hal_card_violation full = {.offset = violation->offset,
                               .value = violation->value,
                               .bits = violation->bits,
                               .slot = (uint8_t)view->slot_id,
                               .pf = (uint8_t)view->shape->pf,
                               .bar = (uint8_t)view->shape->bar,
                               .width = (uint8_t)(violation->bytes * 8),
                               .is_write = violation->is_write,
                               .kind = (uint8_t)violation->kind};
    if (watch->site)
        watch->site(full.file, &full.line);
    return full;
}

static void drop_half(struct watch *watch, struct half *half) {
    watch->half_count--;
    memmove(half, half + 1, (size_t)(&watch->halves[watch->half_count] - half) * sizeof(*half));
}

static struct half *find_half(struct watch *watch, const struct bar_view *view, uint64_t start) {
    for (struct half *half = watch->halves; half < watch->halves + watch->half_count; half++)
        if (half->start == start && half->violation.pf == view->shape->pf && half->violation.bar == view->shape->bar)
            return half;
    return NULL;
}

/* ---- Without it ---- */

void violations_add(const struct bar_view *view, const struct violation *violation) {
    struct watch *watch = &watches[view->slot_id];
    pthread_mutex_lock(&watch_mutex);
    if (watch->capacity > 0) {
        hal_card_violation full = told(watch, view, violation);
        keep(watch, &full);
    }
    pthread_mutex_unlock(&watch_mutex);
}

/* A word of a latched register is read, that at `place` of its `words` from `start` on. */
void violations_half(const struct bar_view *view, const struct violation *violation, uint64_t start, unsigned place,
                     unsigned words, bool latches) {
    struct watch *watch = &watches[view->slot_id];
    pthread_mutex_lock(&watch_mutex);
    struct half *half = watch->capacity > 0 ? find_half(watch, view, start) : NULL;
    if (watch->capacity > 0 && latches) {
        if (half) {
            keep(watch, &half->violation);
            drop_half(watch, half);
        }
        if (watch->half_count == HALVES_MAX) {
            keep(watch, &watch->halves[0].violation);
            drop_half(watch, &watch->halves[0]);
        }
        uint64_t all = UINT64_MAX >> (64 - words);
        watch->halves[watch->half_count++] =
            (struct half){start, all & ~(UINT64_C(1) << place), told(watch, view, violation)};
    } else if (half) {
        half->missing &= ~(UINT64_C(1) << place);
        if (half->missing == 0)
            drop_half(watch, half);
    } else if (watch->capacity > 0) {
        hal_card_violation full = told(watch, view, violation);
        keep(watch, &full);
    }
    pthread_mutex_unlock(&watch_mutex);
}

/* Registers that are half read by now are so for good. */
int64_t violations_copy(int slot_id, hal_card_violation *out, size_t max, uint64_t *next) {
    struct watch *watch = &watches[slot_id];
    pthread_mutex_lock(&watch_mutex);
    while (watch->half_count > 0) {
        keep(watch, &watch->halves[0].violation);
        drop_half(watch, &watch->halves[0]);
    }
    if (watch->capacity == 0) {
        pthread_mutex_unlock(&watch_mutex);
        return -ENODATA;
    }
    uint64_t kept = watch->count < watch->capacity ? watch->count : watch->capacity;
    for (uint64_t i = 0; i < kept && i < max; i++)
        out[i] = watch->ring[(watch->count - kept + i) % watch->capacity];
    if (next)
        *next = watch->count;
    pthread_mutex_unlock(&watch_mutex);
    return (int64_t)kept;
}
