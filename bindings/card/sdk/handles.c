/* Attached BARs: the process's table of handles. */
#include <errno.h>

#include "sdk/sdk.h"

struct handle handles[HANDLE_MAX];

static pthread_mutex_t handle_mutex = PTHREAD_MUTEX_INITIALIZER;

/* A program's handles are good in its child too, as those of the vendor's library are. */
static void forget_in_child(void) {
    pthread_mutex_init(&handle_mutex, NULL);
}

__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, forget_in_child);
}

static int check_attach(struct card *card, int slot_id, int pf_id, int bar_id, uint32_t flags, enum bar_index *bar) {
    *bar = bar_find(pf_id, bar_id);
    if ((flags & BURST_CAPABLE) && (*bar == BAR_COUNT || !bar_shapes[*bar].burst_capable))
        return -EINVAL;
    if (*bar == BAR_COUNT)
        return FPGA_ERR_UNRESPONSIVE;
    struct slot_state *slot = card_slot(card, slot_id);
    int code = slot_settle(card, slot_id);
    if (!code)
        code = slot_lock(slot);
    if (code)
        return code;
    int fault = slot->faults.attach_error ? slot->faults.attach_error : slot->design_faults.attach_error;
    slot_unlock(slot);
    return -fault;
}

/* What it is while accesses need no look at anything else. */
static uint32_t expected_gate(uint32_t gate) {
    return (gate & ~GATE_SERVED) | GATE_ANSWERS;
}

/* The card is open whenever a handle exists, so that its address needs no look-up. Where all are taken, the SDK gives
 * none, and says that all is well. */
static void open_handle(const struct bar_view *view, pci_bar_handle_t *handle) {
    pthread_mutex_lock(&handle_mutex);
    for (int i = 0; i < HANDLE_MAX && *handle < 0; i++) {
        if (atomic_load(&handles[i].view))
            continue;
        uint32_t gate = atomic_load_explicit(view->gate, memory_order_acquire);
        atomic_store(&handles[i].expected, expected_gate(gate));
        atomic_store(&handles[i].rescans, atomic_load(&view->slot->app_generation));
        atomic_store(&handles[i].bound, false);
        atomic_store_explicit(&handles[i].view, view, memory_order_release);
        *handle = i;
    }
    pthread_mutex_unlock(&handle_mutex);
}

bool handle_is_free(void) {
    bool found = false;
    for (int i = 0; i < HANDLE_MAX && !found; i++)
        found = !atomic_load(&handles[i].view);
    return found;
}

HAL_EXPORT int fpga_pci_attach(int slot_id, int pf_id, int bar_id, uint32_t flags, pci_bar_handle_t *handle) {
    struct card *card;
    struct slot_state *slot;
    enum bar_index bar;
    if (!handle)
        return -EINVAL;
    *handle = PCI_BAR_HANDLE_INIT;
    if (pf_id < 0 || pf_id >= FPGA_PF_MAX || bar_id < 0 || bar_id >= FPGA_BAR_PER_PF_MAX)
        return -EINVAL;
    int code = pci_find_slot(slot_id, &card, &slot);
    if (!code)
        code = check_attach(card, slot_id, pf_id, bar_id, flags, &bar);
    if (!code)
        open_handle(&card->views[slot_id][bar], handle);
    return code;
}

HAL_EXPORT int fpga_pci_detach(pci_bar_handle_t handle) {
    if (handle < 0 || handle >= HANDLE_MAX)
        return -EINVAL;
    const struct bar_view *view = atomic_exchange(&handles[handle].view, NULL);
    return view ? 0 : -EINVAL;
}

int handle_bind(pci_bar_handle_t handle, uint32_t design) {
    if (handle < 0 || handle >= HANDLE_MAX)
        return -EINVAL;
    const struct bar_view *view = atomic_load_explicit(&handles[handle].view, memory_order_acquire);
    if (!view)
        return -EINVAL;
    atomic_store(&handles[handle].bound, true);
    return atomic_load(&view->slot->design_generation) == design ? 0 : -ESTALE;
}

/* The slot was loaded, cleared or rescanned since the handle was attached. A load alone takes no mapping away: only
 * what is bound to a design goes stale with it. */
static int renew(struct handle *attached, const struct bar_view *view, uint32_t expected, uint32_t gate) {
    if (atomic_load(&attached->bound))
        return -ESTALE;
    if (view->shape->pf == FPGA_APP_PF && atomic_load(&view->slot->app_generation) != atomic_load(&attached->rescans))
        return -ESTALE;
    atomic_compare_exchange_strong(&attached->expected, &expected, expected_gate(gate));
    return 0;
}

int handle_view(pci_bar_handle_t handle, struct card **card, const struct bar_view **view) {
    if (handle < 0 || handle >= HANDLE_MAX)
        return -EINVAL;
    *view = atomic_load_explicit(&handles[handle].view, memory_order_acquire);
    if (!*view)
        return -EINVAL;
    int code = card_get(card, (struct message){0});
    if (!code)
        code = slot_settle(*card, (*view)->slot_id);
    if (code)
        return code;
    uint32_t expected = atomic_load_explicit(&handles[handle].expected, memory_order_relaxed);
    uint32_t gate = atomic_load_explicit((*view)->gate, memory_order_acquire);
    return expected >> GATE_SHIFT == gate >> GATE_SHIFT ? 0 : renew(&handles[handle], *view, expected, gate);
}
