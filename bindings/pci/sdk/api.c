/* What hal_pci.h declares: argument checks in front of what the other files do. */
#include <errno.h>

#include "sdk/handles.h"

static int api_describe(int slot, hal_pci_function *function) {
    return function ? slot_function(slot, function) : -EINVAL;
}

static int api_answers(int handle, uint64_t offset) {
    struct mapping *mapping = mapping_at(handle, 0, 0, 1);
    if (!mapping)
        return -EINVAL;
    return atomic_load(&mapping->lost) ? say(-ESTALE, "%s", GONE) : mapping_answers(mapping, offset);
}

static int api_vfio(int slot, int *container, int *device) {
    const struct chosen *chosen = NULL;
    if (!container || !device)
        return -EINVAL;
    int code = chosen_slot(slot, &chosen);
    if (code)
        return code;
    pthread_mutex_lock(&maps_lock);
    code = vfio_files(chosen->address, container, device);
    pthread_mutex_unlock(&maps_lock);
    return code;
}

static const hal_pci_api api = {
    .version = HAL_PCI_API_VERSION,
    .size = sizeof(hal_pci_api),
    .choose = choose,
    .slot_count = chosen_count,
    .describe = api_describe,
    .answers = api_answers,
    .vfio = api_vfio,
    .words = said,
    .silent_offset = silent_offset,
    .fake_root = tree_fake_root,
};

HAL_EXPORT const hal_pci_api *hal_pci_get_api(void) {
    return &api;
}
