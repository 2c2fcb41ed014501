/* Handles that several share: the SDK has 64 of them, and a program may open more devices than that. */
#include <stdlib.h>

#include "library/library.h"

enum { OWN_HANDLES = 32 }; /* of one BAR for one design; who attaches it after that shares one of them */

void hal_new_bars(hal_library *library, hal_bars *table) {
    for (int i = 0; i < HAL_HANDLES_MAX; i++) {
        hal_bar *bar = &table->bars[i];
        bar->bus = &library->sdk.bus;
        bar->library = library;
        bar->lock = &library->bar_locks[0][0][0];
        bar->incidents = &library->watches[0].incidents[HAL_NO_INTERFACE];
        bar->handle = -1;
        bar->closed = HAL_E_CLOSED;
    }
}

static bool fits(const hal_bar *bar, const hal_attached *wanted, uint32_t flags, uint64_t design) {
    return (atomic_load(&bar->attached) || bar->lingers) && bar->has_design && bar->design == design &&
           bar->flags == flags && bar->slot == wanted->slot && bar->pf == wanted->pf && bar->bar == wanted->number;
}

/* The one with the fewest that share it; count: how many there are. */
static hal_bar *owner_for(hal_library *library, const hal_attached *wanted, uint32_t flags, uint64_t design,
                          int *count) {
    hal_bar *best = NULL;
    *count = 0;
    for (int handle = 0; handle < HAL_HANDLES_MAX; handle++) {
        hal_bar *bar = &library->table.bars[handle];
        if (!fits(bar, wanted, flags, design))
            continue;
        ++*count;
        if (!best || bar->sharers < best->sharers)
            best = bar;
    }
    return best;
}

/* Null: no memory. */
static hal_bar *free_place(hal_library *library) {
    hal_bars *last = &library->table;
    for (hal_bars *table = atomic_load(&last->next); table; last = table, table = atomic_load(&table->next))
        for (int i = 0; i < HAL_HANDLES_MAX; i++)
            if (!table->bars[i].owner && atomic_load(&table->bars[i].retiring) == 0)
                return &table->bars[i];
    hal_bars *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    hal_new_bars(library, made);
    atomic_store(&last->next, made);
    return &made->bars[0];
}

hal_bar *hal_share(hal_library *library, const hal_attached *wanted, uint32_t flags, uint64_t design, bool must) {
    int count;
    hal_bar *owner = owner_for(library, wanted, flags, design, &count);
    hal_bar *bar = owner && (must || count >= OWN_HANDLES) ? free_place(library) : NULL;
    if (bar) {
        bar->owner = owner;
        owner->sharers++;
    }
    return bar;
}

int hal_unshare(hal_bar *bar) {
    hal_bar *owner = bar->owner ? bar->owner : bar;
    if (bar->owner) {
        bar->owner = NULL;
        owner->sharers--;
    } else {
        bar->lingers = true;
    }
    bool is_last = owner->lingers && owner->sharers == 0;
    if (is_last)
        owner->lingers = false;
    return is_last ? owner->handle : -1;
}
