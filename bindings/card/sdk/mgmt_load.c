/* Loading and clearing AFIs through the SDK, with and without waiting. */
#include "sdk/sdk.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static void sleep_ms(uint32_t milliseconds) {
    struct timespec left = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* Until the slot is no longer busy: 0 when it is in `wanted` then. */
static int wait_for(int slot_id, int wanted, uint32_t timeout, uint32_t delay_msec) {
    struct card *card;
    struct slot_state *slot;
    for (uint32_t tries = 0;; tries++) {
        int code = mgmt_lock(slot_id, &card, &slot);
        if (code)
            return code;
        int status = slot_status(atomic_load(&slot->phase)), status_q = slot->status_q;
        slot_unlock(slot);
        if (status == wanted)
            return 0;
        if (status != FPGA_STATUS_BUSY)
            return status_q ? status_q : FPGA_ERR_FAIL;
        if (tries == timeout)
            return FPGA_ERR_AFI_LOAD_TIMEOUT;
        sleep_ms(delay_msec);
    }
}

static int describe_result(int slot_id, struct fpga_mgmt_image_info *info, int code) {
    int described = info ? mgmt_describe(slot_id, info, 0) : 0;
    return code ? code : described;
}

static int load(int slot_id, const char *afi_id, uint32_t flags) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_slot(slot_id, &card, &slot);
    return code ? code : slot_load(card, slot_id, afi_id, flags);
}

/* One of the timeouts that a fault asks for; the load itself goes on. */
static bool take_timeout(int slot_id) {
    struct card *card;
    struct slot_state *slot;
    if (mgmt_lock(slot_id, &card, &slot))
        return false;
    int32_t *left = slot->faults.load_timeouts ? &slot->faults.load_timeouts : &slot->design_faults.load_timeouts;
    bool taken = *left > 0;
    *left -= taken;
    slot_unlock(slot);
    return taken;
}

static int load_sync(int slot_id, const char *afi_id, uint32_t flags, uint32_t timeout, uint32_t delay_msec,
                     struct fpga_mgmt_image_info *info) {
    int code = load(slot_id, afi_id, flags);
    if (code)
        return code;
    if (flags & FPGA_CMD_PREFETCH)
        return describe_result(slot_id, info, 0);
    if (take_timeout(slot_id))
        return describe_result(slot_id, info, FPGA_ERR_AFI_LOAD_TIMEOUT);
    code = wait_for(slot_id, FPGA_STATUS_LOADED, timeout, delay_msec);
    return describe_result(slot_id, info, code);
}

HAL_EXPORT int fpga_mgmt_load_local_image(int slot_id, char *afi_id) {
    return load(slot_id, afi_id, 0);
}

HAL_EXPORT int fpga_mgmt_load_local_image_flags(int slot_id, char *afi_id, uint32_t flags) {
    return load(slot_id, afi_id, flags);
}

HAL_EXPORT int fpga_mgmt_load_local_image_sync_flags(int slot_id, char *afi_id, uint32_t flags, uint32_t timeout,
                                                     uint32_t delay_msec, struct fpga_mgmt_image_info *info) {
    return load_sync(slot_id, afi_id, flags, timeout, delay_msec, info);
}

HAL_EXPORT int fpga_mgmt_init_load_local_image_options(union fpga_mgmt_load_local_image_options *options) {
    if (!options)
        return -EINVAL;
    memset(options, 0, sizeof(*options));
    return 0;
}

/* clock_mains is accepted and has no effect: clk_main_a0 is fixed on this card. */
HAL_EXPORT int fpga_mgmt_load_local_image_with_options(union fpga_mgmt_load_local_image_options *options) {
    return options ? load(options->slot_id, options->afi_id, options->flags) : -EINVAL;
}

HAL_EXPORT int fpga_mgmt_load_local_image_sync_with_options(union fpga_mgmt_load_local_image_options *options,
                                                            uint32_t timeout, uint32_t delay_msec,
                                                            struct fpga_mgmt_image_info *info) {
    if (!options)
        return -EINVAL;
    return load_sync(options->slot_id, options->afi_id, options->flags, timeout, delay_msec, info);
}

static int clear(int slot_id) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_slot(slot_id, &card, &slot);
    return code ? code : slot_clear(card, slot_id);
}

HAL_EXPORT int fpga_mgmt_clear_local_image(int slot_id) {
    return clear(slot_id);
}

HAL_EXPORT int fpga_mgmt_clear_local_image_sync(int slot_id, uint32_t timeout, uint32_t delay_msec,
                                                struct fpga_mgmt_image_info *info) {
    int code = clear(slot_id);
    if (code)
        return code;
    code = wait_for(slot_id, FPGA_STATUS_CLEARED, timeout, delay_msec);
    return describe_result(slot_id, info, code);
}
