/* Management functions of the SDK: start, describe, LEDs and DIP switches. */
#include "sdk/sdk.h"

#include <errno.h>
#include <string.h>

static _Atomic bool is_initialised;
static _Atomic uint32_t command_timeout = 2500, command_delay_ms = 2;

HAL_EXPORT int fpga_mgmt_init(void) {
    struct card *card;
    int code = card_get(&card, (struct message){0});
    if (!code)
        atomic_store(&is_initialised, true);
    return code;
}

HAL_EXPORT int fpga_mgmt_close(void) {
    atomic_store(&is_initialised, false);
    return 0;
}

static void update_timeout(void) {
    card_set_lock_timeout((uint64_t)atomic_load(&command_timeout) * atomic_load(&command_delay_ms));
}

HAL_EXPORT void fpga_mgmt_set_cmd_timeout(uint32_t value) {
    atomic_store(&command_timeout, value);
    update_timeout();
}

HAL_EXPORT void fpga_mgmt_set_cmd_delay_msec(uint32_t value) {
    atomic_store(&command_delay_ms, value);
    update_timeout();
}

int mgmt_slot(int slot_id, struct card **card, struct slot_state **slot) {
    if (!atomic_load(&is_initialised))
        return FPGA_ERR_SOFTWARE_PROBLEM;
    return card_find_slot(slot_id, card, slot);
}

int mgmt_lock(int slot_id, struct card **card, struct slot_state **slot) {
    int code = mgmt_slot(slot_id, card, slot);
    if (!code)
        code = slot_settle(*card, slot_id);
    if (!code)
        code = slot_lock(*slot);
    return code == -ETIMEDOUT ? FPGA_ERR_UNRESPONSIVE : code;
}

/* ---- Describe ---- */

static void fill_clocks(const struct slot_state *slot, struct fpga_clocks_common clocks[FPGA_MMCM_GROUP_MAX]) {
    uint64_t hz[HAL_CARD_CLOCKS];
    if (atomic_load(&slot->phase) != PHASE_LOADED)
        return;
    clkgen_frequencies(&slot->clkgen, slot_has_clkgen(slot), hz);
    for (int i = 0; i < 4; i++)
        clocks[0].frequency[i] = hz[HAL_CARD_CLK_MAIN_A0 + i];
    for (int i = 0; i < 2; i++) {
        clocks[1].frequency[i] = hz[HAL_CARD_CLK_EXTRA_B0 + i];
        clocks[2].frequency[i] = hz[HAL_CARD_CLK_EXTRA_C0 + i];
    }
}

static void fill_metrics(const struct slot_state *slot, struct f2_metrics_common *metrics) {
    struct fpga_clocks_common clocks[FPGA_MMCM_GROUP_MAX] = {0};
    fill_clocks(slot, clocks);
    memcpy(metrics->clocks, clocks, sizeof(clocks));
    memcpy(metrics->cached_agfis, slot->cached_afis, sizeof(slot->cached_afis));
    metrics->int_status = atomic_load(&slot->int_status);
    metrics->ocl_slave_timeout_addr = (uint32_t)atomic_load(&slot->ocl.address);
    metrics->ocl_slave_timeout_count = atomic_load(&slot->ocl.count);
    metrics->dma_pcis_timeout_addr = atomic_load(&slot->pcis.address);
    metrics->dma_pcis_timeout_count = atomic_load(&slot->pcis.count);
    metrics->sda_slave_timeout_addr = atomic_load(&slot->sda.address);
    metrics->sda_slave_timeout_count = atomic_load(&slot->sda.count);
}

static void fill_info(const struct slot_state *slot, int slot_id, struct fpga_mgmt_image_info *info,
                      bool with_metrics) {
    struct fpga_pci_resource_map map;
    memset(info, 0, sizeof(*info));
    info->status = slot_status(atomic_load(&slot->phase));
    info->status_q = slot->status_q;
    info->slot_id = slot_id;
    memcpy(info->ids.afi_id, slot->afi_id[0] ? slot->afi_id : "none",
           slot->afi_id[0] ? sizeof(slot->afi_id) : sizeof("none"));
    info->ids.afi_device_ids = (struct afi_device_ids){.vendor_id = slot->ids.vendor,
                                                       .device_id = slot->ids.device,
                                                       .svid = slot->ids.subsystem_vendor,
                                                       .ssid = slot->ids.subsystem_device};
    for (int pf = 0; pf < FPGA_PF_MAX; pf++) {
        fill_resource_map(slot, slot_id, pf, &map);
        info->spec.map[pf] = map;
    }
    info->sh_version = SHELL_VERSION;
    if (with_metrics)
        fill_metrics(slot, &info->metrics.f2);
}

int mgmt_describe(int slot_id, struct fpga_mgmt_image_info *info, uint32_t flags) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_lock(slot_id, &card, &slot);
    if (code)
        return code;
    fill_info(slot, slot_id, info, flags & FPGA_CMD_GET_HW_METRICS);
    if (flags & FPGA_CMD_CLEAR_AFI_CACHE)
        memset(slot->cached_afis, 0, sizeof(slot->cached_afis));
    if (flags & FPGA_CMD_CLEAR_HW_METRICS)
        slot_clear_counters(slot);
    slot_unlock(slot);
    return 0;
}

HAL_EXPORT int fpga_mgmt_describe_local_image(int slot_id, struct fpga_mgmt_image_info *info, uint32_t flags) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_slot(slot_id, &card, &slot);
    if (code)
        return code;
    /* Flags of other commands are passed over: the vendor's own programs give them. */
    if (!info || (flags & ~(uint32_t)FPGA_CMD_ALL_FLAGS))
        return -EINVAL;
    code = mgmt_lock(slot_id, &card, &slot);
    if (code)
        return code;
    int fault = slot->faults.describe_error ? slot->faults.describe_error : slot->design_faults.describe_error;
    slot_unlock(slot);
    return fault ? fault : mgmt_describe(slot_id, info, flags);
}

HAL_EXPORT int fpga_mgmt_get_status(int slot_id, int *status, int *status_q) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_slot(slot_id, &card, &slot);
    if (!code && (!status || !status_q))
        code = -EINVAL;
    if (!code)
        code = mgmt_lock(slot_id, &card, &slot);
    if (code)
        return code;
    *status = slot_status(atomic_load(&slot->phase));
    *status_q = slot->status_q;
    slot_unlock(slot);
    return 0;
}

/* ---- Virtual LEDs and DIP switches ---- */

static int read_switches(int slot_id, bool leds, uint16_t *value) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_slot(slot_id, &card, &slot);
    if (code)
        return code;
    if (!value)
        return -EINVAL;
    *value = (uint16_t)atomic_load(leds ? &slot->leds : &slot->dip);
    return 0;
}

HAL_EXPORT int fpga_mgmt_get_vLED_status(int slot_id, uint16_t *value) {
    return read_switches(slot_id, true, value);
}

HAL_EXPORT int fpga_mgmt_get_vDIP_status(int slot_id, uint16_t *value) {
    return read_switches(slot_id, false, value);
}

HAL_EXPORT int fpga_mgmt_set_vDIP(int slot_id, uint16_t value) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_slot(slot_id, &card, &slot);
    if (!code)
        atomic_store(&slot->dip, value);
    return code;
}
