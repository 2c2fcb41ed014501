/* Attaching and detaching: what is attached under each handle, and what became of what was. */
#include <time.h>

#include "library/library.h"

static void pause_briefly(void) {
    const struct timespec moment = {0, 50000};
    nanosleep(&moment, NULL);
}

/* Takes the lock without waiting for it while the interpreter's is held, and leaves the interpreter's held. */
static void lock_attach(hal_library *library) {
    while (pthread_mutex_trylock(&library->attach_lock) != 0) {
        void *state = hal_gate_leave();
        pthread_mutex_lock(&library->attach_lock);
        pthread_mutex_unlock(&library->attach_lock);
        hal_gate_enter(state);
    }
}

/* Marks the BAR gone for all who hold its generation. With the interpreter's lock held: single accesses hold it too,
 * so none is under way that saw the old generation; where there is no such lock they are among the BAR's users. */
static int end_generation(hal_bar *bar, int why) {
    atomic_store_explicit(&bar->closed, why, memory_order_relaxed);
    atomic_store_explicit(&bar->attached, false, memory_order_relaxed);
    atomic_fetch_add(&bar->generation, 1);
    return bar->handle;
}

/* Waits until no transfer uses the BAR, and gives it back. */
static int give_back(hal_bar *bar, int handle) {
    while (atomic_load(&bar->users) != 0)
        pause_briefly();
    return bar->library->sdk.fpga_pci_detach(handle);
}

int hal_bar_enter(hal_bar *bar, uint32_t generation) {
    atomic_fetch_add(&bar->users, 1);
    int code = hal_state(bar, generation);
    if (code)
        hal_bar_leave(bar);
    return code;
}

void hal_bar_leave(hal_bar *bar) {
    atomic_fetch_sub(&bar->users, 1);
}

int hal_state(const hal_bar *bar, uint32_t generation) {
    if (!bar)
        return HAL_E_ARGUMENT;
    return hal_generation(bar) == generation ? 0 : hal_why_closed(bar);
}

/* The library's word for a BAR's size; it has no other way to ask. */
static int bar_size(const hal_library *library, int slot, int pf, int bar, uint64_t *size) {
    struct fpga_pci_resource_map map = {0};
    int code = library->sdk.fpga_pci_get_resource_map(slot, pf, &map);
    if (code == 0)
        *size = map.resource_size[bar];
    return code;
}

static hal_attached attachment(hal_bar *bar, uint32_t generation) {
    return (hal_attached){.bar = bar,
                          .size = bar->size,
                          .generation = generation,
                          .handle = bar->handle,
                          .slot = bar->slot,
                          .pf = bar->pf,
                          .number = bar->bar};
}

static int attach_locked(hal_library *library, int slot, int pf, int bar, uint32_t flags, hal_attached *out) {
    uint64_t size = 0;
    int code = bar_size(library, slot, pf, bar, &size);
    if (code)
        return code;
    int attached = -1;
    code = library->sdk.fpga_pci_attach(slot, pf, bar, flags, &attached);
    if (code)
        return code;
    if (attached < 0 || attached >= HAL_HANDLES_MAX) {
        library->sdk.fpga_pci_detach(attached);
        return HAL_E_MANY;
    }
    hal_bar *entry = &library->bars[attached];
    entry->size = size;
    entry->slot = slot;
    entry->pf = pf;
    entry->bar = bar;
    atomic_store_explicit(&entry->lock, &library->bar_locks[slot][pf][bar], memory_order_relaxed);
    atomic_store_explicit(&entry->closed, HAL_E_CLOSED, memory_order_relaxed);
    entry->handle = attached;
    uint32_t generation = atomic_fetch_add(&entry->generation, 1) + 1;
    atomic_store_explicit(&entry->attached, true, memory_order_release);
    *out = attachment(entry, generation);
    return 0;
}

/* What is attached is told here and now: its handle may be another's before the caller could ask. */
int hal_attach(hal_library *library, int slot, int pf, int bar, uint32_t flags, hal_attached *out) {
    if (!library || !out || slot < 0 || slot >= FPGA_SLOT_MAX || pf < 0 || pf >= FPGA_PF_MAX || bar < 0 ||
        bar >= FPGA_BAR_PER_PF_MAX)
        return HAL_E_ARGUMENT;
    lock_attach(library);
    void *state = hal_gate_leave();
    int code = attach_locked(library, slot, pf, bar, flags, out);
    pthread_mutex_unlock(&library->attach_lock);
    hal_gate_enter(state);
    return code;
}

int hal_bar_of(hal_library *library, int handle, hal_bar **bar) {
    if (!library || !bar || handle < 0 || handle >= HAL_HANDLES_MAX)
        return HAL_E_HANDLE;
    hal_bar *entry = &library->bars[handle];
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

/* With attach_lock and the interpreter's lock held; gives back the first and keeps the second. */
static int finish_detach(hal_library *library, const int *handles, int count) {
    int code = 0;
    void *state = hal_gate_leave();
    for (int i = 0; i < count; i++) {
        int given_back = give_back(&library->bars[handles[i]], handles[i]);
        code = code ? code : given_back;
    }
    pthread_mutex_unlock(&library->attach_lock);
    hal_gate_enter(state);
    return code;
}

int hal_detach(hal_library *library, int handle) {
    if (!library)
        return HAL_E_ARGUMENT;
    hal_bar *bar = NULL;
    lock_attach(library);
    int code = hal_bar_of(library, handle, &bar);
    if (bar)
        end_generation(bar, HAL_E_CLOSED);
    int given_back = finish_detach(library, &handle, bar != NULL);
    return code ? code : given_back;
}

/* Detaches what was attached under this generation, and not what has its handle now. */
int hal_release(hal_bar *bar, uint32_t generation) {
    if (!bar || !bar->library)
        return HAL_E_ARGUMENT;
    lock_attach(bar->library);
    int code = hal_state(bar, generation);
    int handle = code == 0 ? end_generation(bar, HAL_E_CLOSED) : -1;
    int given_back = finish_detach(bar->library, &handle, code == 0);
    return code ? code : given_back;
}

/* After a load, clear or rescan: every mapping of the function's BARs is given back, and whoever holds one is told so.
 */
int hal_retire(hal_library *library, int slot, int pf) {
    int retired[HAL_HANDLES_MAX], count = 0;
    if (!library)
        return HAL_E_ARGUMENT;
    lock_attach(library);
    for (int handle = 0; handle < HAL_HANDLES_MAX; handle++) {
        hal_bar *bar = &library->bars[handle];
        if (bar->attached && bar->slot == slot && bar->pf == pf)
            retired[count++] = end_generation(bar, HAL_E_STALE);
    }
    finish_detach(library, retired, count);
    return 0;
}
