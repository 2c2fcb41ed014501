/* What the slots are, in the SDK's structs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sdk/handles.h"

HAL_EXPORT int fpga_pci_init(void) {
    return choose(NULL);
}

static void fill_map(const hal_pci_function *function, struct fpga_pci_resource_map *map) {
    unsigned domain = 0, bus = 0, device = 0, number = 0;
    *map = (struct fpga_pci_resource_map){.vendor_id = function->vendor,
                                          .device_id = function->device,
                                          .subsystem_vendor_id = function->subsystem_vendor,
                                          .subsystem_device_id = function->subsystem_device};
    if (function->folder[0] && sscanf(function->address, "%x:%x:%x.%x", &domain, &bus, &device, &number) == 4) {
        map->domain = (uint16_t)domain; /* longer ones exist; hal_pci_function has the whole address */
        map->bus = (uint8_t)bus;
        map->dev = (uint8_t)device;
        map->func = (uint8_t)number;
    }
    for (int bar = 0; bar < FPGA_BAR_PER_PF_MAX; bar++) { /* the struct has no room for BAR 5 */
        map->resource_size[bar] = function->bars[bar].size;
        map->resource_burstable[bar] = function->bars[bar].flags & HAL_PCI_COMBINES;
    }
}

struct fpga_slot_spec spec_of(const hal_pci_function *function) {
    struct fpga_slot_spec spec = {0};
    fill_map(function, &spec.map[FPGA_APP_PF]);
    return spec;
}

HAL_EXPORT int fpga_pci_get_slot_spec(int slot_id, struct fpga_slot_spec *spec) {
    hal_pci_function function;
    if (!spec)
        return -EINVAL;
    int code = slot_function(slot_id, &function);
    *spec = code ? (struct fpga_slot_spec){0} : spec_of(&function);
    return code;
}

HAL_EXPORT int fpga_pci_get_all_slot_specs(struct fpga_slot_spec spec_array[], int size) {
    if (!spec_array || size < 0)
        return -EINVAL;
    int count = chosen_count();
    memset(spec_array, 0, (size_t)size * sizeof spec_array[0]);
    for (int slot = 0; slot < size && slot < count; slot++)
        fpga_pci_get_slot_spec(slot, &spec_array[slot]); /* one that went away leaves zeros */
    return count < 0 ? count : 0;
}

HAL_EXPORT int fpga_pci_get_resource_map(int slot_id, int pf_id, struct fpga_pci_resource_map *map) {
    hal_pci_function function;
    if (!map || pf_id < 0 || pf_id >= FPGA_PF_MAX)
        return -EINVAL;
    int code = slot_function(slot_id, &function);
    if (!code && pf_id != FPGA_APP_PF)
        code = say(-ENOENT, "a slot is one PCI function here: it has no mgmt");
    if (!code)
        fill_map(&function, map);
    return code;
}

/* The function goes away first: its mappings are of what is gone, whatever comes back. */
HAL_EXPORT int fpga_pci_rescan_slot_app_pfs(int slot_id) {
    hal_pci_function function;
    path_text remove, rescan;
    int code = slot_function(slot_id, &function);
    if (code)
        return code;
    if (!function.folder[0])
        return say(-EOPNOTSUPP, "a window of physical memory is on no bus that could be scanned");
    if (path_in(remove, function.folder, "remove") || sys_path(rescan, "bus/pci/rescan"))
        return -ENAMETOOLONG;
    lose_mappings(slot_id, 0);
    code = write_word(remove, "1");
    if (code)
        return say(code, "%s can't be written: only root, or whom it is opened to, removes a function", remove);
    code = write_word(rescan, "1");
    return code ? say(code, "%s can't be written: the function is removed, and does not come back without it", rescan)
                : 0;
}
