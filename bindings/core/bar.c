/* Attaching and detaching: what is attached under each handle, and what became of what was. */
#include <time.h>

#include "core_internal.h"

static void pause_briefly(void) {
    const struct timespec moment = {0, 50000};
    nanosleep(&moment, NULL);
}

/* Marks the BAR gone for all who hold its generation, and waits until no transfer uses it. */
static void end_generation(hal_bar *bar, int why) {
    bar->closed = why;
    __atomic_add_fetch(&bar->generation, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&bar->users, __ATOMIC_SEQ_CST) != 0)
        pause_briefly();
}

int hal_bar_enter(hal_bar *bar, uint32_t generation) {
    __atomic_add_fetch(&bar->users, 1, __ATOMIC_SEQ_CST);
    int code = hal_state(bar, generation);
    if (code)
        hal_bar_leave(bar);
    return code;
}

void hal_bar_leave(hal_bar *bar) {
    __atomic_sub_fetch(&bar->users, 1, __ATOMIC_SEQ_CST);
}

int hal_state(const hal_bar *bar, uint32_t generation) {
    if (!bar)
        return HAL_E_ARGUMENT;
    return hal_generation(bar) == generation ? 0 : bar->closed;
}

/* The library's word for a BAR's size; it has no other way to ask. */
static int bar_size(const hal_library *library, int slot, int pf, int bar, uint64_t *size) {
    struct fpga_pci_resource_map map = {0};
    int code = library->sdk.fpga_pci_get_resource_map(slot, pf, &map);
    if (code == 0)
        *size = map.resource_size[bar];
    return code;
}

static int attach_locked(hal_library *library, int slot, int pf, int bar, uint32_t flags, int *handle) {
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
    entry->handle = attached;
    entry->closed = HAL_E_CLOSED;
    __atomic_add_fetch(&entry->generation, 1, __ATOMIC_SEQ_CST);
    *handle = attached;
    return 0;
}

int hal_attach(hal_library *library, int slot, int pf, int bar, uint32_t flags, int *handle) {
    if (!library || !handle || slot < 0 || slot >= FPGA_SLOT_MAX || pf < 0 || pf >= FPGA_PF_MAX || bar < 0 ||
        bar >= FPGA_BAR_PER_PF_MAX)
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    pthread_mutex_lock(&library->attach_lock);
    int code = attach_locked(library, slot, pf, bar, flags, handle);
    pthread_mutex_unlock(&library->attach_lock);
    hal_gate_enter(state);
    return code;
}

/* What is attached under this handle now. */
int hal_bar_of(hal_library *library, int handle, hal_bar **bar) {
    if (!library || handle < 0 || handle >= HAL_HANDLES_MAX)
        return HAL_E_HANDLE;
    if (library->bars[handle].handle < 0)
        return library->bars[handle].generation ? library->bars[handle].closed : HAL_E_HANDLE;
    *bar = &library->bars[handle];
    return 0;
}

static int detach_locked(hal_library *library, hal_bar *bar, int why) {
    int handle = bar->handle;
    end_generation(bar, why);
    bar->handle = -1;
    return library->sdk.fpga_pci_detach(handle);
}

int hal_detach(hal_library *library, int handle) {
    if (!library)
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    pthread_mutex_lock(&library->attach_lock);
    hal_bar *bar = NULL;
    int code = hal_bar_of(library, handle, &bar);
    if (code == 0)
        code = detach_locked(library, bar, HAL_E_CLOSED);
    pthread_mutex_unlock(&library->attach_lock);
    hal_gate_enter(state);
    return code;
}

/* After a load, clear or rescan: every mapping of the function's BARs is given back, and whoever holds one is told so. */
int hal_retire(hal_library *library, int slot, int pf) {
    if (!library)
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    pthread_mutex_lock(&library->attach_lock);
    for (int handle = 0; handle < HAL_HANDLES_MAX; handle++) {
        hal_bar *bar = &library->bars[handle];
        if (bar->handle >= 0 && bar->slot == slot && bar->pf == pf)
            detach_locked(library, bar, HAL_E_STALE);
    }
    pthread_mutex_unlock(&library->attach_lock);
    hal_gate_enter(state);
    return 0;
}
