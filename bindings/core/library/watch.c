/* What slots said of themselves, compared with what they said before: other designs, and new timeouts. */
#include <string.h>

#include "library/library.h"

int hal_interface_of(const hal_library *library, int pf, int bar) {
    if (library->pci)
        return HAL_NO_INTERFACE;
    if (pf == FPGA_APP_PF)
        return bar == 0 ? HAL_OCL : bar == 4 ? HAL_PCIS : HAL_NO_INTERFACE;
    return bar == 4 ? HAL_SDA : bar == 2 ? HAL_JTAG : HAL_NO_INTERFACE;
}

/* Timeouts since the last look: more of them, or another one after the counters were cleared. */
static void watch_timeouts(slot_watch *watch, const struct f2_metrics_common *metrics) {
    const struct {
        uint64_t address;
        uint32_t count;
    } now[] = {
        [HAL_OCL] = {metrics->ocl_slave_timeout_addr,          metrics->ocl_slave_timeout_count         },
        [HAL_PCIS] = {metrics->dma_pcis_timeout_addr,           metrics->dma_pcis_timeout_count          },
        [HAL_SDA] = {metrics->sda_slave_timeout_addr,          metrics->sda_slave_timeout_count         },
        [HAL_JTAG] = {metrics->virtual_jtag_slave_timeout_addr, metrics->virtual_jtag_slave_timeout_count},
    };
    for (int i = 0; i < HAL_NO_INTERFACE; i++) {
        bool same = now[i].count == watch->counts[i] && now[i].address == watch->addresses[i];
        watch->counts[i] = now[i].count;
        watch->addresses[i] = now[i].address;
        if (!same && now[i].count && watch->timeouts_known)
            atomic_fetch_add(&watch->incidents[i], 1);
    }
    watch->timeouts_known = true;
}

static void watch_design(slot_watch *watch, const struct fpga_mgmt_image_info *info) {
    if (info->status == FPGA_STATUS_BUSY)
        return; /* what it holds is told when it is over */
    bool same = watch->status == info->status && strncmp(watch->afi_id, info->ids.afi_id, sizeof watch->afi_id) == 0;
    watch->status = info->status;
    memcpy(watch->afi_id, info->ids.afi_id, sizeof watch->afi_id);
    if (atomic_exchange(&watch->known, true) && !same)
        atomic_fetch_add(&watch->designs, 1);
}

void hal_watch(hal_library *library, int slot, uint32_t flags, const struct fpga_mgmt_image_info *info) {
    slot_watch *watch = &library->watches[slot];
    watch_design(watch, info);
    if (flags & FPGA_CMD_GET_HW_METRICS)
        watch_timeouts(watch, &info->metrics.f2);
    for (int i = 0; flags & FPGA_CMD_CLEAR_HW_METRICS && i < HAL_NO_INTERFACE; i++) {
        watch->counts[i] = 0;
        watch->addresses[i] = 0;
    }
}

static int card_number(const hal_library *library, int slot, uint32_t *number) {
    *number = 0;
    return library->card ? library->card->design_number(slot, number) : 0;
}

/* A number that changes whenever the slot is known to hold something else: by what this process did or saw, and on an
 * emulated card by whoever did it. */
int hal_design_number(hal_library *library, int slot, uint64_t *number) {
    uint32_t of_card = 0;
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX || !number)
        return HAL_E_ARGUMENT;
    int code = card_number(library, slot, &of_card);
    *number = (uint64_t)atomic_load(&library->watches[slot].designs) << 32 | of_card;
    return code;
}

/* How often looks at the slot have found new timeouts, by interface. */
int hal_incidents(hal_library *library, int slot, uint32_t incidents[HAL_INTERFACES]) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX || !incidents)
        return HAL_E_ARGUMENT;
    for (int i = 0; i < HAL_INTERFACES; i++)
        incidents[i] = atomic_load(&library->watches[slot].incidents[i]);
    return 0;
}
