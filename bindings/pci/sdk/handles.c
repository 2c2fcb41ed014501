/* Attaching and detaching. */
#include <errno.h>

#include "sdk/handles.h"

struct mapping *_Atomic handles[HANDLES_MAX];

HAL_EXPORT int fpga_pci_attach(int slot_id, int pf_id, int bar_id, uint32_t flags, pci_bar_handle_t *handle) {
    struct mapping *mapping = NULL, *nothing = NULL;
    if (!handle)
        return -EINVAL;
    *handle = PCI_BAR_HANDLE_INIT;
    if (pf_id < 0 || pf_id >= FPGA_PF_MAX || bar_id < 0 || bar_id >= HAL_PCI_BARS)
        return say(-EINVAL, "there is no BAR %d of function %d", bar_id, pf_id);
    if (pf_id != FPGA_APP_PF)
        return say(-ENOENT, "a slot is one PCI function here, whose BARs are those of app; there is no mgmt");
    int code = map_bar(slot_id, bar_id, flags & BURST_CAPABLE, &mapping);
    if (code)
        return code;
    for (int i = 0; i < HANDLES_MAX; i++, nothing = NULL) {
        if (atomic_compare_exchange_strong(&handles[i], &nothing, mapping)) {
            *handle = i;
            return 0;
        }
    }
    unmap_bar(mapping);
    return 0; /* with no handle: the SDK's way to say that all are taken */
}

HAL_EXPORT int fpga_pci_detach(pci_bar_handle_t handle) {
    if (handle < 0 || handle >= HANDLES_MAX)
        return -EINVAL;
    struct mapping *mapping = atomic_exchange(&handles[handle], NULL);
    if (!mapping)
        return -EINVAL;
    unmap_bar(mapping);
    return 0;
}
