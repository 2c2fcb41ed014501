/* Whether a word of all ones is a value. A read that nobody answers ends as all ones, and the shell counts it: so the
 * slot is asked. */
#include "library/library.h"

static _Thread_local hal_timeout last_timeout;

/* What the slot says, with its metrics; and the number of the design that it says so of. */
int hal_look(hal_library *library, int slot, struct fpga_mgmt_image_info *info, uint64_t *design) {
    enum { ATTEMPTS = 16 };
    uint64_t before = 0, after = 1;
    int code = design ? 0 : HAL_E_ARGUMENT;
    for (int attempt = 0; attempt < ATTEMPTS && code == 0 && before != after; attempt++) { /* until nothing happens */
        int unknown = hal_design_number(library, slot, &before);
        code = hal_describe(library, slot, library->pci ? 0 : FPGA_CMD_GET_HW_METRICS, info);
        if (code == 0)
            code = unknown ? unknown : hal_design_number(library, slot, &after);
    }
    if (code == 0)
        *design = after;
    return code;
}

/* Of this thread's last HAL_E_DEAD; of HAL_E_SILENT the slot alone. */
int hal_last_timeout(hal_timeout *timeout) {
    if (!timeout)
        return HAL_E_ARGUMENT;
    *timeout = last_timeout;
    return 0;
}

void hal_tell_timeout(hal_timeout timeout) {
    last_timeout = timeout;
}

/* A card without counters: what the system says of the function. */
static int ask_function(hal_bar *bar, uint32_t generation) {
    int handle = hal_handle(bar);
    int code = bar->library->pci->answers(handle, 0), alive = hal_state(bar, generation);
    return alive ? alive : code;
}

int hal_ask(hal_bar *bar, uint32_t generation, uint32_t before) {
    hal_library *library = bar->library;
    if (library->pci)
        return ask_function(bar, generation);
    /* The access has ended, so another thread may attach something else here: hal_state tells. */
    int slot = atomic_load_explicit(&bar->slot, memory_order_relaxed);
    int pf = atomic_load_explicit(&bar->pf, memory_order_relaxed);
    int interface = hal_interface_of(library, pf, atomic_load_explicit(&bar->bar, memory_order_relaxed));
    uint32_t designs = atomic_load_explicit(&bar->designs, memory_order_relaxed);
    slot_watch *watch = &library->watches[slot];
    struct fpga_mgmt_image_info info;
    int code = hal_describe_aside(library, slot, FPGA_CMD_GET_HW_METRICS, &info);
    if (code == HAL_E_SILENT)
        last_timeout = (hal_timeout){.slot = slot};
    if (code == 0)
        code = hal_state(bar, generation);
    if (code)
        return code;
    if (atomic_load(&watch->designs) != designs)
        return HAL_E_STALE;
    if (interface == HAL_NO_INTERFACE)
        return 0;
    if (info.status != FPGA_STATUS_LOADED)
        return HAL_E_EMPTY;
    if (hal_incidents_of(bar) == before)
        return 0;
    last_timeout = (hal_timeout){.address = atomic_load(&watch->addresses[interface]),
                                 .count = atomic_load(&watch->counts[interface]),
                                 .slot = slot,
                                 .interface = interface};
    return HAL_E_DEAD;
}
