/* Management functions of the SDK: describe, LEDs and DIP switches. */
#include "sdk/sdk.h"

#include <errno.h>
#include <string.h>

#define SHELL_WATTS 11u
#define WATTS_PER_GHZ 4u
#define POWER_STEP_NS 100000000u
#define DESCRIBE_TRIES 15

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

/* Watts: of the shell, and of each clock that runs; never quite still. */
static void fill_power(struct slot_state *slot, struct f2_metrics_common *metrics) {
    uint64_t hz[HAL_CARD_CLOCKS] = {0}, total = 0;
    if (atomic_load(&slot->phase) == PHASE_LOADED)
        clkgen_frequencies(&slot->clkgen, slot_has_clkgen(slot), hz);
    for (int i = 0; i < HAL_CARD_CLOCKS; i++)
        total += hz[i];
    uint64_t mean = SHELL_WATTS + total * WATTS_PER_GHZ / 1000000000u;
    uint64_t now = mean - 1 + clock_ns() / POWER_STEP_NS % 3;
    slot->power_max = now > slot->power_max ? now : slot->power_max;
    metrics->power = now;
    metrics->power_mean = mean;
    metrics->power_max = slot->power_max;
}

static void fill_metrics(struct slot_state *slot, struct f2_metrics_common *metrics) {
    struct fpga_clocks_common clocks[FPGA_MMCM_GROUP_MAX] = {0};
    fill_clocks(slot, clocks);
    memcpy(metrics->clocks, clocks, sizeof(clocks));
    memcpy(metrics->cached_agfis, slot->cached_afis, sizeof(slot->cached_afis));
    fill_power(slot, metrics);
    metrics->int_status = atomic_load(&slot->int_status);
    metrics->ocl_slave_timeout_addr = (uint32_t)atomic_load(&slot->ocl.address);
    metrics->ocl_slave_timeout_count = atomic_load(&slot->ocl.count);
    metrics->dma_pcis_timeout_addr = atomic_load(&slot->pcis.address);
    metrics->dma_pcis_timeout_count = atomic_load(&slot->pcis.count);
    metrics->sda_slave_timeout_addr = atomic_load(&slot->sda.address);
    metrics->sda_slave_timeout_count = atomic_load(&slot->sda.count);
    metrics->pcim_range_error_addr = atomic_load(&slot->pcim.address);
    metrics->pcim_range_error_count = atomic_load(&slot->pcim.count);
    metrics->pcim_read_count = atomic_load(&slot->pcim_reads);
    metrics->pcim_write_count = atomic_load(&slot->pcim_writes);
}

static void fill_info(struct slot_state *slot, int slot_id, struct fpga_mgmt_image_info *info, bool with_metrics) {
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

/* The SDK asks again what was not answered, for the time that a new shell may take to start. */
static int describe_command(int slot_id) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_command(slot_id, &card, &slot);
    for (int tries = 0; code == -ETIMEDOUT && tries < DESCRIBE_TRIES; tries++) {
        card_sleep(1.0);
        code = mgmt_command(slot_id, &card, &slot);
    }
    return code;
}

HAL_EXPORT int fpga_mgmt_describe_local_image(int slot_id, struct fpga_mgmt_image_info *info, uint32_t flags) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_slot(slot_id, &card, &slot);
    if (code)
        return code;
    /* Other flags are passed over: the vendor's own programs give those of other commands. */
    if (!info)
        return -EINVAL;
    code = describe_command(slot_id);
    if (code)
        return code;
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
        code = describe_command(slot_id);
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

/* They are registers, and need no fpga_mgmt_init; but the SDK attaches their BAR, for which a handle must be free. */
static int find_switches(int slot_id, struct slot_state **slot) {
    struct card *card;
    int code = pci_find_slot(slot_id, &card, slot);
    return code ? code : handle_is_free() ? 0 : -EINVAL;
}

static int read_switches(int slot_id, bool leds, uint16_t *value) {
    struct slot_state *slot;
    int code = value ? find_switches(slot_id, &slot) : -EINVAL;
    if (code)
        return code;
    *value = (uint16_t)atomic_load(leds ? &slot->leds : &slot->dip);
    return leds && card_logic && atomic_load(&slot->phase) == PHASE_LOADED ? card_logic->leds(value) : 0;
}

HAL_EXPORT int fpga_mgmt_get_vLED_status(int slot_id, uint16_t *value) {
    return read_switches(slot_id, true, value);
}

HAL_EXPORT int fpga_mgmt_get_vDIP_status(int slot_id, uint16_t *value) {
    return read_switches(slot_id, false, value);
}

HAL_EXPORT int fpga_mgmt_set_vDIP(int slot_id, uint16_t value) {
    struct slot_state *slot;
    int code = find_switches(slot_id, &slot);
    if (!code)
        atomic_store(&slot->dip, value);
    return !code && card_logic ? card_logic->set_dip(value) : code;
}
