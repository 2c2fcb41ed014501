/* Slots as the PCI bus shows them. */
#include <errno.h>
#include <string.h>

#include "sdk/sdk.h"

#define FIRST_BUS 0x34
#define MGMT_DEVICE 0x9248

void fill_resource_map(const struct slot_state *slot, int slot_id, int pf, struct fpga_pci_resource_map *map) {
    *map = (struct fpga_pci_resource_map){.vendor_id = slot->visible_ids.vendor,
                                          .device_id = slot->visible_ids.device,
                                          .subsystem_device_id = slot->visible_ids.subsystem_device,
                                          .subsystem_vendor_id = slot->visible_ids.subsystem_vendor,
                                          .bus = (uint8_t)(FIRST_BUS + slot_id),
                                          .func = (uint8_t)pf};
    if (pf == FPGA_MGMT_PF) {
        map->vendor_id = 0x1D0F;
        map->device_id = MGMT_DEVICE;
        map->subsystem_device_id = 0x1D51;
        map->subsystem_vendor_id = 0xFEDC;
    }
    for (enum bar_index i = 0; i < BAR_COUNT; i++) {
        if (bar_shapes[i].pf != pf)
            continue;
        map->resource_size[bar_shapes[i].bar] = bar_shapes[i].size;
        map->resource_burstable[bar_shapes[i].bar] = bar_shapes[i].burst_capable;
    }
}

int pci_find_slot(int slot_id, struct card **card, struct slot_state **slot) {
    int code = card_find_slot(slot_id, card, slot);
    return code == -ENOENT ? FPGA_ERR_PCI_MISSING : code;
}

static int read_maps(int slot_id, struct fpga_pci_resource_map maps[FPGA_PF_MAX]) {
    struct card *card;
    struct slot_state *slot;
    int code = pci_find_slot(slot_id, &card, &slot);
    if (!code)
        code = slot_settle(card, slot_id);
    if (!code)
        code = slot_lock(slot);
    if (code)
        return code;
    for (int pf = 0; pf < FPGA_PF_MAX; pf++)
        fill_resource_map(slot, slot_id, pf, &maps[pf]);
    slot_unlock(slot);
    return 0;
}

HAL_EXPORT int fpga_pci_init(void) {
    struct card *card;
    return card_get(&card, (struct message){0});
}

static int read_spec(int slot_id, struct fpga_slot_spec *spec) {
    struct fpga_pci_resource_map maps[FPGA_PF_MAX];
    int code = read_maps(slot_id, maps);
    if (!code)
        memcpy(spec->map, maps, sizeof(maps));
    return code;
}

HAL_EXPORT int fpga_pci_get_slot_spec(int slot_id, struct fpga_slot_spec *spec) {
    return spec ? read_spec(slot_id, spec) : -EINVAL;
}

HAL_EXPORT int fpga_pci_get_all_slot_specs(struct fpga_slot_spec spec_array[], int size) {
    struct card *card;
    if (!spec_array || size < 0)
        return -EINVAL;
    int code = card_get(&card, (struct message){0});
    memset(spec_array, 0, (size_t)size * sizeof(spec_array[0]));
    for (int i = 0; !code && i < size && i < (int)card->slots; i++)
        code = read_spec(i, &spec_array[i]);
    return code;
}

HAL_EXPORT int fpga_pci_get_resource_map(int slot_id, int pf_id, struct fpga_pci_resource_map *map) {
    struct fpga_pci_resource_map maps[FPGA_PF_MAX];
    if (!map || pf_id < 0 || pf_id >= FPGA_PF_MAX)
        return -EINVAL;
    int code = read_maps(slot_id, maps);
    if (!code)
        *map = maps[pf_id];
    return code;
}

HAL_EXPORT int fpga_pci_rescan_slot_app_pfs(int slot_id) {
    struct card *card;
    struct slot_state *slot;
    int code = pci_find_slot(slot_id, &card, &slot);
    return code ? code : slot_rescan(card, slot_id);
}
