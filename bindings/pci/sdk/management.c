/* What the F2 card's shell does for its slots, and no other card has: said so. A function that is there counts as
 * loaded. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sdk/handles.h"

static atomic_bool is_started;

HAL_EXPORT int fpga_mgmt_init(void) {
    int code = choose(NULL);
    atomic_store(&is_started, code == 0);
    return code;
}

HAL_EXPORT int fpga_mgmt_close(void) {
    atomic_store(&is_started, false);
    return 0;
}

static int find(int slot, hal_pci_function *function) {
    return atomic_load(&is_started) ? slot_function(slot, function) : FPGA_ERR_SOFTWARE_PROBLEM;
}

/* For the slots that there are; the others are missing, as with every call. */
static int not_on_this_card(int slot, const char *what) {
    hal_pci_function function;
    int code = find(slot, &function);
    return code ? code
                : say(-EOPNOTSUPP, "not on this card: %s are the F2 shell's, and slot %d is the PCI function %s", what,
                      slot, function.address);
}

/* ---- what a slot is ---- */

/* How often the function was another than before, as this process has seen it. */
static unsigned changes_of(int slot) {
    static uint64_t last[FPGA_SLOT_MAX];
    static unsigned changes[FPGA_SLOT_MAX];
    const struct chosen *chosen = NULL;
    uint64_t now = chosen_slot(slot, &chosen) == 0 ? function_incarnation(chosen) : 0;
    pthread_mutex_lock(&maps_lock);
    if (now && last[slot] && now != last[slot])
        changes[slot]++;
    if (now)
        last[slot] = now;
    unsigned found = changes[slot];
    pthread_mutex_unlock(&maps_lock);
    return found;
}

/* A function that was removed and added again is another design. */
static void fill_ids(int slot, const hal_pci_function *function, struct fpga_meta_ids *ids) {
    char again[24] = "";
    unsigned changes = changes_of(slot);
    if (changes)
        snprintf(again, sizeof again, " again %u", changes);
    if (function->folder[0])
        snprintf(ids->afi_id, sizeof ids->afi_id, "pci-%04x:%04x%s", function->vendor, function->device, again);
    else
        snprintf(ids->afi_id, sizeof ids->afi_id, "memory-%.40s", function->address);
    ids->afi_device_ids = (struct afi_device_ids){.vendor_id = function->vendor,
                                                  .device_id = function->device,
                                                  .svid = function->subsystem_vendor,
                                                  .ssid = function->subsystem_device};
}

HAL_EXPORT int fpga_mgmt_describe_local_image(int slot_id, struct fpga_mgmt_image_info *info, uint32_t flags) {
    hal_pci_function function;
    if (!info)
        return -EINVAL;
    memset(info, 0, sizeof *info);
    if (flags & (FPGA_CMD_GET_HW_METRICS | FPGA_CMD_CLEAR_HW_METRICS))
        return not_on_this_card(slot_id, "counters");
    int code = find(slot_id, &function);
    if (code)
        return code;
    info->status = FPGA_STATUS_LOADED;
    info->slot_id = slot_id;
    fill_ids(slot_id, &function, &info->ids);
    info->spec = spec_of(&function);
    return 0;
}

HAL_EXPORT int fpga_mgmt_get_status(int slot_id, int *status, int *status_q) {
    hal_pci_function function;
    if (!status || !status_q)
        return -EINVAL;
    *status_q = 0;
    *status = FPGA_STATUS_LOADED;
    return find(slot_id, &function);
}

/* ---- what it is not ---- */

HAL_EXPORT int fpga_mgmt_load_local_image(int slot_id, char *afi_id) {
    return afi_id ? not_on_this_card(slot_id, "loads of AFIs") : -EINVAL;
}

HAL_EXPORT int fpga_mgmt_load_local_image_flags(int slot_id, char *afi_id, uint32_t flags) {
    (void)flags;
    return fpga_mgmt_load_local_image(slot_id, afi_id);
}

HAL_EXPORT int fpga_mgmt_load_local_image_sync(int slot_id, char *afi_id, uint32_t timeout, uint32_t delay_msec,
                                               struct fpga_mgmt_image_info *info) {
    (void)timeout, (void)delay_msec, (void)info;
    return fpga_mgmt_load_local_image(slot_id, afi_id);
}

HAL_EXPORT int fpga_mgmt_load_local_image_sync_flags(int slot_id, char *afi_id, uint32_t flags, uint32_t timeout,
                                                     uint32_t delay_msec, struct fpga_mgmt_image_info *info) {
    (void)flags;
    return fpga_mgmt_load_local_image_sync(slot_id, afi_id, timeout, delay_msec, info);
}

HAL_EXPORT int fpga_mgmt_init_load_local_image_options(union fpga_mgmt_load_local_image_options *options) {
    if (!options)
        return -EINVAL;
    memset(options, 0, sizeof *options);
    return 0;
}

HAL_EXPORT int fpga_mgmt_load_local_image_with_options(union fpga_mgmt_load_local_image_options *options) {
    return options ? fpga_mgmt_load_local_image(options->slot_id, options->afi_id) : -EINVAL;
}

HAL_EXPORT int fpga_mgmt_load_local_image_sync_with_options(union fpga_mgmt_load_local_image_options *options,
                                                            uint32_t timeout, uint32_t delay_msec,
                                                            struct fpga_mgmt_image_info *info) {
    (void)timeout, (void)delay_msec, (void)info;
    return fpga_mgmt_load_local_image_with_options(options);
}

HAL_EXPORT int fpga_mgmt_clear_local_image(int slot_id) {
    return not_on_this_card(slot_id, "loads and clears of AFIs");
}

HAL_EXPORT int fpga_mgmt_clear_local_image_sync(int slot_id, uint32_t timeout, uint32_t delay_msec,
                                                struct fpga_mgmt_image_info *info) {
    (void)timeout, (void)delay_msec, (void)info;
    return fpga_mgmt_clear_local_image(slot_id);
}

static const char *const lights = "virtual LEDs and DIP switches";

HAL_EXPORT int fpga_mgmt_get_vLED_status(int slot_id, uint16_t *value) {
    return value ? not_on_this_card(slot_id, lights) : -EINVAL;
}

HAL_EXPORT int fpga_mgmt_get_vDIP_status(int slot_id, uint16_t *value) {
    return value ? not_on_this_card(slot_id, lights) : -EINVAL;
}

HAL_EXPORT int fpga_mgmt_set_vDIP(int slot_id, uint16_t value) {
    (void)value;
    return not_on_this_card(slot_id, lights);
}

static const char *const clocks = "the clock generator's clocks";

HAL_EXPORT int aws_clkgen_get_dynamic(int slot_id, struct fpga_clkgen_info *info) {
    return info ? not_on_this_card(slot_id, clocks) : -EINVAL;
}

HAL_EXPORT int aws_clkgen_set_recipe(int slot_id, uint32_t clk_a_recipe, uint32_t clk_b_recipe, uint32_t clk_c_recipe,
                                     uint32_t clk_hbm_recipe, uint32_t reset) {
    (void)clk_a_recipe, (void)clk_b_recipe, (void)clk_c_recipe, (void)clk_hbm_recipe, (void)reset;
    return not_on_this_card(slot_id, clocks);
}

HAL_EXPORT int aws_clkgen_set_dynamic(int slot_id, uint32_t clk_a_freq, uint32_t clk_b_freq, uint32_t clk_c_freq,
                                      uint32_t clk_hbm_freq, uint32_t reset) {
    (void)clk_a_freq, (void)clk_b_freq, (void)clk_c_freq, (void)clk_hbm_freq, (void)reset;
    return not_on_this_card(slot_id, clocks);
}

HAL_EXPORT int aws_clkgen_deassert_resets(int slot_id) {
    return not_on_this_card(slot_id, clocks);
}

HAL_EXPORT void fpga_mgmt_set_cmd_timeout(uint32_t value) {
    (void)value; /* no command takes any time */
}

HAL_EXPORT void fpga_mgmt_set_cmd_delay_msec(uint32_t value) {
    (void)value;
}

/* ---- texts ---- */

HAL_EXPORT const char *fpga_mgmt_strerror(int code) {
    static _Thread_local char text[128];
    if (code < 0)
        return strerror_r((int)(0u - (unsigned)code), text, sizeof text);
    return code == 0                           ? "ok"
           : code == FPGA_ERR_PCI_MISSING      ? "pci-device-missing"
           : code == FPGA_ERR_SOFTWARE_PROBLEM ? "software-problem"
                                               : "internal-error";
}

HAL_EXPORT const char *fpga_mgmt_strerror_long(int code) {
    return saying(code)[0] ? saying(code) : NULL;
}

HAL_EXPORT const char *fpga_mgmt_get_status_name(int status) {
    return status == FPGA_STATUS_LOADED ? "loaded" : "internal-error";
}
