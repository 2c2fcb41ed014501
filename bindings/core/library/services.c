/* Management and clock calls: one at a time for a slot, and never with the interpreter's lock held. */
#include <string.h>

#include "library/library.h"

typedef struct passage {
    hal_library *library;
    int slot;
    void *state;
} passage;

static int begin(passage *way, hal_library *library, int slot, bool available) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX)
        return HAL_E_ARGUMENT;
    if (!available)
        return HAL_E_MISSING;
    *way = (passage){library, slot, hal_gate_leave()};
    int code = hal_lock(&library->service_lock[slot]);
    if (code == 0 && library->service_files[slot] >= 0) {
        code = hal_lock_file(library->service_files[slot]);
        if (code)
            hal_unlock(&library->service_lock[slot]);
    }
    if (code)
        hal_gate_enter(way->state);
    else
        hal_call_begin(library);
    return code;
}

/* Events that the call has found come when its lock is free: a model may make such calls itself. */
static int end(const passage *way, int code) {
    hal_call_end(way->library);
    if (way->library->service_files[way->slot] >= 0)
        hal_unlock_file(way->library->service_files[way->slot]);
    hal_unlock(&way->library->service_lock[way->slot]);
    int told = hal_tell_events(way->library, way->slot);
    hal_gate_enter(way->state);
    return code ? code : told;
}

/* Calls function of the library's table for slot, when the library has it and the arguments hold. */
#define SERVICE(function, condition, ...)                                                                          \
    do {                                                                                                           \
        passage way;                                                                                               \
        int refused = (condition) ? begin(&way, library, slot, library && library->sdk.function) : HAL_E_ARGUMENT; \
        if (refused)                                                                                               \
            return refused;                                                                                        \
        return end(&way, library->sdk.function(__VA_ARGS__));                                                      \
    } while (0)

int hal_slot_spec(hal_library *library, int slot, struct fpga_slot_spec *spec) {
    SERVICE(fpga_pci_get_slot_spec, spec, slot, spec);
}

/* specs has room for count entries; those without a slot become zero. */
int hal_all_slot_specs(hal_library *library, struct fpga_slot_spec *specs, int count) {
    int slot = 0;
    if (!specs || count < 1 || count > FPGA_SLOT_MAX)
        return HAL_E_ARGUMENT;
    memset(specs, 0, sizeof *specs * (size_t)count);
    SERVICE(fpga_pci_get_all_slot_specs, true, specs, count);
}

int hal_resource_map(hal_library *library, int slot, int pf, struct fpga_pci_resource_map *map) {
    SERVICE(fpga_pci_get_resource_map, map && pf >= 0 && pf < FPGA_PF_MAX, slot, pf, map);
}

int hal_rescan(hal_library *library, int slot) {
    SERVICE(fpga_pci_rescan_slot_app_pfs, true, slot);
}

int hal_describe(hal_library *library, int slot, uint32_t flags, struct fpga_mgmt_image_info *info) {
    passage way;
    bool available = library && library->sdk.fpga_mgmt_describe_local_image;
    int code = info ? begin(&way, library, slot, available) : HAL_E_ARGUMENT;
    if (code)
        return code;
    code = library->sdk.fpga_mgmt_describe_local_image(slot, info, flags);
    if (code == 0)
        hal_watch(library, slot, flags, info);
    return end(&way, code);
}

int hal_status(hal_library *library, int slot, int *status, int *qualifier) {
    SERVICE(fpga_mgmt_get_status, status && qualifier, slot, status, qualifier);
}

/* The library cuts longer ids silently, and its argument is not const. */
static bool copy_id(char target[AFI_ID_STR_MAX], const char *afi_id) {
    size_t length = afi_id ? strnlen(afi_id, AFI_ID_STR_MAX) : AFI_ID_STR_MAX;
    if (length == 0 || length >= AFI_ID_STR_MAX)
        return false;
    memcpy(target, afi_id, length + 1);
    return true;
}

int hal_load(hal_library *library, int slot, const char *afi_id, uint32_t flags) {
    char id[AFI_ID_STR_MAX];
    if (!copy_id(id, afi_id))
        return HAL_E_ARGUMENT;
    if (flags == 0)
        SERVICE(fpga_mgmt_load_local_image, true, slot, id);
    SERVICE(fpga_mgmt_load_local_image_flags, true, slot, id, flags);
}

int hal_load_sync(hal_library *library, int slot, const char *afi_id, uint32_t flags, uint32_t timeout,
                  uint32_t delay_msec, struct fpga_mgmt_image_info *info) {
    char id[AFI_ID_STR_MAX];
    SERVICE(fpga_mgmt_load_local_image_sync_flags, copy_id(id, afi_id), slot, id, flags, timeout, delay_msec, info);
}

int hal_clear(hal_library *library, int slot) {
    SERVICE(fpga_mgmt_clear_local_image, true, slot);
}

int hal_clear_sync(hal_library *library, int slot, uint32_t timeout, uint32_t delay_msec,
                   struct fpga_mgmt_image_info *info) {
    SERVICE(fpga_mgmt_clear_local_image_sync, true, slot, timeout, delay_msec, info);
}

/* The functions of LEDs and switches attach for themselves. Where no handle is free the vendor's go on with none, and
 * access what lies before their table: so one is looked for first. */
static int free_handle(const hal_library *library, int slot) {
    int handle = -1;
    if (library->card || library->pci || library->far)
        return 0; /* which refuse it, or look there */
    int code = library->sdk.fpga_pci_attach(slot, FPGA_MGMT_PF, 0, 0, &handle);
    if (code)
        return code;
    if (handle < 0)
        return HAL_E_MANY;
    return library->sdk.fpga_pci_detach(handle);
}

static int sixteen(hal_library *library, int slot, bool available, int (*get)(int, uint16_t *), uint16_t *value) {
    passage way;
    int code = value ? begin(&way, library, slot, available) : HAL_E_ARGUMENT;
    if (code)
        return code;
    code = free_handle(library, slot);
    if (code == 0)
        code = get ? get(slot, value) : library->sdk.fpga_mgmt_set_vDIP(slot, *value);
    return end(&way, code == -EINVAL ? HAL_E_MANY : code);
}

int hal_leds(hal_library *library, int slot, uint16_t *value) {
    int (*get)(int, uint16_t *) = library ? library->sdk.fpga_mgmt_get_vLED_status : NULL;
    return sixteen(library, slot, get != NULL, get, value);
}

int hal_dip(hal_library *library, int slot, uint16_t *value) {
    int (*get)(int, uint16_t *) = library ? library->sdk.fpga_mgmt_get_vDIP_status : NULL;
    return sixteen(library, slot, get != NULL, get, value);
}

int hal_set_dip(hal_library *library, int slot, uint16_t value) {
    return sixteen(library, slot, library && library->sdk.fpga_mgmt_set_vDIP, NULL, &value);
}

int hal_set_cmd_timeout(hal_library *library, uint32_t value) {
    if (!library || !library->sdk.fpga_mgmt_set_cmd_timeout)
        return library ? HAL_E_MISSING : HAL_E_ARGUMENT;
    library->sdk.fpga_mgmt_set_cmd_timeout(value);
    return 0;
}

int hal_set_cmd_delay(hal_library *library, uint32_t msec) {
    if (!library || !library->sdk.fpga_mgmt_set_cmd_delay_msec)
        return library ? HAL_E_MISSING : HAL_E_ARGUMENT;
    library->sdk.fpga_mgmt_set_cmd_delay_msec(msec);
    return 0;
}

/* Frequencies in MHz; entries that no clock has stay as the caller set them. */
int hal_clocks(hal_library *library, int slot, struct fpga_clkgen_info *info) {
    SERVICE(aws_clkgen_get_dynamic, info, slot, info);
}

int hal_set_recipe(hal_library *library, int slot, uint32_t a, uint32_t b, uint32_t c, uint32_t hbm, uint32_t reset) {
    SERVICE(aws_clkgen_set_recipe, true, slot, a, b, c, hbm, reset);
}

int hal_set_dynamic(hal_library *library, int slot, uint32_t a, uint32_t b, uint32_t c, uint32_t hbm, uint32_t reset) {
    SERVICE(aws_clkgen_set_dynamic, true, slot, a, b, c, hbm, reset);
}

/* HAL_E_MISSING: of a release before 2.3.3. */
int hal_release_resets(hal_library *library, int slot) {
    SERVICE(aws_clkgen_deassert_resets, true, slot);
}

/* As after power-up, on an emulated card. */
int hal_power_cycle(hal_library *library, int slot) {
    passage way;
    int refused = begin(&way, library, slot, library && library->card);
    return refused ? refused : end(&way, library->card->reset(slot));
}

/* Hertz of all clocks of an emulated card. */
int hal_clock_hz(hal_library *library, int slot, uint64_t out[HAL_CARD_CLOCKS]) {
    passage way;
    int refused = out ? begin(&way, library, slot, library && library->card) : HAL_E_ARGUMENT;
    return refused ? refused : end(&way, library->card->clock_hz(slot, out));
}

const char *hal_strerror(hal_library *library, int code) {
    return library && library->sdk.fpga_mgmt_strerror ? library->sdk.fpga_mgmt_strerror(code) : NULL;
}

const char *hal_strerror_long(hal_library *library, int code) {
    return library && library->sdk.fpga_mgmt_strerror_long ? library->sdk.fpga_mgmt_strerror_long(code) : NULL;
}

const char *hal_status_name(hal_library *library, int status) {
    return library && library->sdk.fpga_mgmt_get_status_name ? library->sdk.fpga_mgmt_get_status_name(status) : NULL;
}
