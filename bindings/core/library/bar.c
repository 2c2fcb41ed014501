/* Attaching and detaching: what is attached under each handle, and what became of what was. */
#include <stdlib.h>

#include "library/library.h"

/* ---- Handles that several share: the SDK has 64 of them. With the table's lock held. ---- */

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

/* One that shares the handle of another; null where none is to be shared yet, or with `must` where none can be. */
static hal_bar *take_share(hal_library *library, const hal_attached *wanted, uint32_t flags, uint64_t design,
                           bool must) {
    int count;
    hal_bar *owner = owner_for(library, wanted, flags, design, &count);
    hal_bar *bar = owner && (must || count >= OWN_HANDLES) ? free_place(library) : NULL;
    if (bar) {
        bar->owner = owner;
        owner->sharers++;
    }
    return bar;
}

/* The handle that is to be detached now that the BAR is given back; -1: none. */
static int leave_handle(hal_bar *bar) {
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

/* ---- Attaching, detaching ---- */

/* Marks the BAR gone for all who hold its generation, and to be given back. With the interpreter's lock held: single
 * accesses hold it too, so none is under way that saw the old generation but one whose model runs, and that looks
 * again; where there is no such lock they are among the BAR's users. */
static void end_generation(hal_bar *bar, int why) {
    uint64_t generation = hal_generation(bar);
    atomic_store_explicit(&bar->closed, why, memory_order_relaxed);
    atomic_store_explicit(&bar->attached, false, memory_order_relaxed);
    atomic_store(&bar->retiring, 2 * generation);
    atomic_fetch_add(&bar->generation, 1);
}

/* By whoever comes last, its users or who has ended it: until then its handle is nobody else's. */
static int give_back(hal_bar *bar) {
    uint64_t retiring = atomic_load(&bar->retiring);
    if (retiring == 0 || (retiring & 1) || atomic_load(&bar->users) != 0 ||
        !atomic_compare_exchange_strong(&bar->retiring, &retiring, retiring | 1))
        return 0;
    hal_library *library = bar->library;
    pthread_mutex_lock(&library->attach_lock);
    int handle = leave_handle(bar), code = 0;
    pthread_mutex_unlock(&library->attach_lock);
    if (handle >= 0) {
        hal_call_begin(library);
        code = library->sdk.fpga_pci_detach(handle);
        hal_call_end(library);
    }
    atomic_store(&bar->retiring, 0);
    return code;
}

/* Waits until what was ended is given back. A model does not: one of the users may be its own access, or wait for it.
 */
static int see_off(hal_bar *bar) {
    enum { PAUSE_NS = 50000 };
    uint64_t retiring = atomic_load(&bar->retiring) | 1;
    int code = give_back(bar), waited = 0;
    hal_patience patience = hal_patience_begin();
    while (!hal_in_model() && waited == 0 && (atomic_load(&bar->retiring) | 1) == retiring && retiring != 1) {
        errno = 0;
        hal_pause(PAUSE_NS);
        waited = hal_patience_over(&patience, errno == EINTR);
        int given_back = give_back(bar);
        code = code ? code : given_back;
    }
    return code ? code : waited;
}

int hal_bar_enter(hal_bar *bar, uint32_t generation) {
    atomic_fetch_add(&bar->users, 1);
    int code = hal_state(bar, generation);
    if (code)
        hal_bar_leave(bar);
    return code;
}

void hal_bar_leave(hal_bar *bar) {
    if (atomic_fetch_sub(&bar->users, 1) == 1 && atomic_load(&bar->retiring))
        give_back(bar);
}

int hal_state(const hal_bar *bar, uint32_t generation) {
    if (!bar)
        return HAL_E_ARGUMENT;
    return hal_generation(bar) == generation ? 0 : hal_why_closed(bar);
}

static int function_bar_size(const hal_library *library, int slot, int bar, uint64_t *size) {
    hal_pci_function function;
    int code = library->pci->describe(slot, &function);
    if (code == 0)
        *size = function.bars[bar].size;
    return code;
}

/* The library's word for a BAR's size; the SDK's has no other way to ask, and none for BAR 5. */
static int bar_size(const hal_library *library, int slot, int pf, int bar, uint64_t *size) {
    if (library->pci)
        return function_bar_size(library, slot, bar, size);
    if (bar >= FPGA_BAR_PER_PF_MAX)
        return -ENOENT;
    struct fpga_pci_resource_map map = {0};
    int code = library->sdk.fpga_pci_get_resource_map(slot, pf, &map);
    if (code == 0)
        *size = map.resource_size[bar];
    return code;
}

static hal_attached attachment(hal_bar *bar, uint32_t generation) {
    const hal_bar *owner = bar->owner ? bar->owner : bar;
    return (hal_attached){.bar = bar,
                          .size = bar->size,
                          .generation = generation,
                          .recorded_as = (hal_generation(owner) - 1) | 1,
                          .handle = hal_handle(bar),
                          .slot = bar->slot,
                          .pf = bar->pf,
                          .number = bar->bar};
}

/* With the table's lock held. */
static void enter(hal_bar *entry, const hal_attached *wanted, int handle, uint32_t designs, hal_attached *out) {
    hal_library *library = entry->library;
    int slot = wanted->slot, pf = wanted->pf, bar = wanted->number;
    slot_watch *watch = &library->watches[slot];
    entry->size = wanted->size;
    /* Whoever asks about an access that has ended reads these, and its generation afterwards. */
    atomic_store_explicit(&entry->slot, slot, memory_order_relaxed);
    atomic_store_explicit(&entry->pf, pf, memory_order_relaxed);
    atomic_store_explicit(&entry->bar, bar, memory_order_relaxed);
    atomic_store_explicit(&entry->designs, designs, memory_order_relaxed);
    entry->incidents = &watch->incidents[hal_interface_of(library, pf, bar)];
    atomic_store_explicit(&entry->lock, &library->bar_locks[slot][pf][bar], memory_order_relaxed);
    atomic_store_explicit(&entry->closed, HAL_E_CLOSED, memory_order_relaxed);
    entry->handle = handle;
    atomic_store(&entry->read_ns, 0);
    atomic_store(&entry->looks, 0);
    uint32_t generation = atomic_fetch_add(&entry->generation, 1) + 1;
    atomic_store_explicit(&entry->attached, true, memory_order_release);
    *out = attachment(entry, generation);
}

/* False: the slot was loaded or cleared since, and what was attached may be a mapping of what is gone. */
static bool enter_table(hal_library *library, const hal_attached *wanted, int attached, uint32_t designs,
                        uint32_t flags, const uint64_t *design, hal_attached *out) {
    pthread_mutex_lock(&library->attach_lock);
    bool current = atomic_load(&library->watches[wanted->slot].designs) == designs;
    if (current) {
        hal_bar *entry = &library->table.bars[attached];
        entry->flags = flags;
        entry->has_design = design != NULL;
        entry->design = design ? *design : 0;
        enter(entry, wanted, attached, designs, out);
    }
    pthread_mutex_unlock(&library->attach_lock);
    return current;
}

/* From now on an emulated card knows for which design the handle is. */
static int bind(const hal_library *library, int attached, uint64_t design) {
    int code = library->card ? library->card->bind(attached, (uint32_t)design) : 0;
    return code == -ESTALE ? HAL_E_STALE : code;
}

/* One more user of a handle that is attached for the same; HAL_E_MANY where there is none, or none is to be shared yet.
 */
static int share(hal_library *library, const hal_attached *wanted, uint32_t designs, uint32_t flags,
                 const uint64_t *design, bool must, hal_attached *out) {
    if (!design)
        return HAL_E_MANY;
    int unused = -1;
    pthread_mutex_lock(&library->attach_lock);
    bool current = atomic_load(&library->watches[wanted->slot].designs) == designs;
    hal_bar *entry = current ? take_share(library, wanted, flags, *design, must) : NULL;
    int code = entry ? bind(library, entry->owner->handle, *design) : HAL_E_MANY;
    if (code == 0)
        enter(entry, wanted, entry->owner->handle, designs, out);
    else if (entry)
        unused = leave_handle(entry);
    pthread_mutex_unlock(&library->attach_lock);
    if (unused >= 0)
        library->sdk.fpga_pci_detach(unused);
    return code;
}

static int attach(hal_library *library, hal_attached *wanted, uint32_t flags, const uint64_t *design,
                  hal_attached *out) {
    for (;;) {
        uint32_t designs = atomic_load(&library->watches[wanted->slot].designs);
        if (design && designs != *design >> 32)
            return HAL_E_STALE;
        int code = bar_size(library, wanted->slot, wanted->pf, wanted->number, &wanted->size);
        int attached = -1;
        int shared = code ? code : share(library, wanted, designs, flags, design, false, out);
        if (shared != HAL_E_MANY)
            return shared;
        uint32_t bound = design && library->far ? HAL_ATTACH_BOUND : 0;
        code = library->sdk.fpga_pci_attach(wanted->slot, wanted->pf, wanted->number, flags | bound, &attached);
        if (code)
            return code;
        /* A negative one is none: the SDK's way to say that all are taken. Detaching it would unmap what is not ours.
         */
        if (attached < 0)
            return share(library, wanted, designs, flags, design, true, out);
        bool held = attached < HAL_HANDLES_MAX;
        code = held && design ? bind(library, attached, *design) : 0;
        if (held && code == 0 && enter_table(library, wanted, attached, designs, flags, design, out))
            return 0;
        library->sdk.fpga_pci_detach(attached);
        if (!held || code)
            return held ? code : HAL_E_MANY;
    }
}

/* What is attached is told here and now: its handle may be another's before the caller could ask. design: the number
 * of the one that it is for, which the slot must still hold (else HAL_E_STALE); null: whatever it holds. */
int hal_attach(hal_library *library, int slot, int pf, int bar, uint32_t flags, const uint64_t *design,
               hal_attached *out) {
    if (!library || !out || slot < 0 || slot >= FPGA_SLOT_MAX || pf < 0 || pf >= FPGA_PF_MAX || bar < 0 ||
        bar >= HAL_BARS_MAX)
        return HAL_E_ARGUMENT;
    hal_attached wanted = {.slot = slot, .pf = pf, .number = bar};
    void *state = hal_gate_leave();
    hal_call_begin(library);
    hal_give_back_inherited(library);
    int code = attach(library, &wanted, flags, design, out);
    hal_call_end(library);
    hal_gate_enter(state);
    return code;
}

int hal_bar_of(hal_library *library, int handle, hal_bar **bar) {
    if (!library || !bar || handle < 0 || handle >= HAL_HANDLES_MAX)
        return HAL_E_HANDLE;
    hal_bar *entry = &library->table.bars[handle];
    if (!atomic_load_explicit(&entry->attached, memory_order_acquire))
        return hal_generation(entry) ? hal_why_closed(entry) : HAL_E_HANDLE;
    *bar = entry;
    return 0;
}

int hal_attached_of(hal_library *library, int handle, hal_attached *out) {
    hal_bar *bar = NULL;
    int code = out ? hal_bar_of(library, handle, &bar) : HAL_E_ARGUMENT;
    if (bar)
        *out = attachment(bar, hal_generation(bar));
    return code;
}

/* Outside of the table's lock, for it may take its time. */
static int finish_detach(hal_bar *bar) {
    void *state = hal_gate_leave();
    int code = see_off(bar);
    hal_gate_enter(state);
    return code;
}

int hal_detach(hal_library *library, int handle) {
    if (!library)
        return HAL_E_ARGUMENT;
    hal_bar *bar = NULL;
    pthread_mutex_lock(&library->attach_lock);
    int code = hal_bar_of(library, handle, &bar);
    if (bar)
        end_generation(bar, HAL_E_CLOSED);
    pthread_mutex_unlock(&library->attach_lock);
    return bar ? finish_detach(bar) : code;
}

/* Detaches what was attached under this generation, and not what has its handle now. */
int hal_release(hal_bar *bar, uint32_t generation) {
    if (!bar || !bar->library)
        return HAL_E_ARGUMENT;
    pthread_mutex_lock(&bar->library->attach_lock);
    int code = hal_state(bar, generation);
    if (code == 0)
        end_generation(bar, HAL_E_CLOSED);
    pthread_mutex_unlock(&bar->library->attach_lock);
    return code ? code : finish_detach(bar);
}

/* For who has dropped it: once more, or of nothing, is no error. */
void hal_give_back(hal_attached *attached) {
    hal_release(attached->bar, attached->generation);
}

/* Behind the application function's BARs and the management function's BAR 4 there was the design. */
static bool held_design(const hal_bar *bar) {
    return bar->pf == FPGA_APP_PF || hal_interface_of(bar->library, bar->pf, bar->bar) == HAL_SDA;
}

static bool retires(const hal_bar *bar, int slot, int all) {
    return bar->slot == slot && (all || held_design(bar));
}

/* After a load, clear or rescan: what was attached of the design, or with `all` of the slot, is given back, and whoever
 * holds it is told so. */
int hal_retire(hal_library *library, int slot, int all) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX)
        return HAL_E_ARGUMENT;
    pthread_mutex_lock(&library->attach_lock);
    atomic_store(&library->watches[slot].known, false);
    atomic_fetch_add(&library->watches[slot].designs, 1);
    for (hal_bars *table = &library->table; table; table = atomic_load(&table->next))
        for (hal_bar *bar = table->bars; bar < table->bars + HAL_HANDLES_MAX; bar++)
            if (atomic_load(&bar->attached) && retires(bar, slot, all))
                end_generation(bar, HAL_E_STALE);
    pthread_mutex_unlock(&library->attach_lock);
    int code = 0;
    void *state = hal_gate_leave();
    for (hal_bars *table = &library->table; table; table = atomic_load(&table->next)) {
        for (hal_bar *bar = table->bars; bar < table->bars + HAL_HANDLES_MAX; bar++) {
            int given_back = atomic_load(&bar->retiring) && retires(bar, slot, all) ? see_off(bar) : 0;
            code = code ? code : given_back;
        }
    }
    hal_gate_enter(state);
    return code;
}
