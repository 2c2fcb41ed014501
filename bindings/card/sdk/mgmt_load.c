/* Loading and clearing AFIs through the SDK, with and without waiting. */
#include "sdk/sdk.h"

#include <errno.h>
#include <string.h>

/* The least that the SDK's waiting functions wait, whatever their caller gives. */
#define LOOKS_MIN 90000u
#define DELAY_MS_MIN 2u
/* How long the shell takes to find that there is no such AFI. */
#define UNKNOWN_AFI_SECONDS 1.0

/* Until the slot is no longer busy: 0 when it is in `wanted` then. */
static int wait_for(int slot_id, int wanted, uint32_t timeout, uint32_t delay_msec) {
    struct card *card;
    struct slot_state *slot;
    uint32_t looks = timeout > LOOKS_MIN ? timeout : LOOKS_MIN;
    double delay = (delay_msec > DELAY_MS_MIN ? delay_msec : DELAY_MS_MIN) / 1000.0;
    uint64_t start = clock_ns(), limit = card_time_ns(looks * delay);
    for (uint32_t look = 0;; look++) {
        int code = mgmt_command(slot_id, &card, &slot);
        if (!code)
            code = mgmt_lock(slot_id, &card, &slot);
        if (code)
            return code;
        int status = slot_status(atomic_load(&slot->phase)), status_q = slot->status_q;
        slot_unlock(slot);
        if (status == wanted)
            return 0;
        if (status != FPGA_STATUS_BUSY)
            return status_q ? status_q : FPGA_ERR_FAIL;
        if (look >= looks || time_is_over(start, limit))
            return -ETIMEDOUT;
        card_sleep(delay);
    }
}

/* The waiting functions show the function with its new ids, where they are new. */
static int show_ids(int slot_id) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_lock(slot_id, &card, &slot);
    if (code)
        return code;
    bool hidden = memcmp(&slot->ids, &slot->visible_ids, sizeof(slot->ids)) != 0;
    slot_unlock(slot);
    return hidden ? slot_rescan(card, slot_id) : 0;
}

/* With a command's code: waits, rescans, and describes the slot where all that went well. */
static int finish(int code, int slot_id, int wanted, uint32_t timeout, uint32_t delay_msec,
                  struct fpga_mgmt_image_info *info) {
    if (!code)
        code = wait_for(slot_id, wanted, timeout, delay_msec);
    if (!code)
        code = show_ids(slot_id);
    return code || !info ? code : mgmt_describe(slot_id, info, 0);
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

static int load(int slot_id, const char *afi_id, uint32_t flags) {
    struct card *card;
    struct slot_state *slot;
    int code = mgmt_command(slot_id, &card, &slot);
    if (!code)
        code = slot_load(card, slot_id, afi_id, flags & FPGA_CMD_ALL_FLAGS);
    if (code == FPGA_ERR_AFI_ID_INVALID)
        return mgmt_answer(1, UNKNOWN_AFI_SECONDS) ? -ETIMEDOUT : code;
    return !code && take_timeout(slot_id) ? mgmt_answer(UINT32_MAX, 0.0) : code;
}

static int load_sync(int slot_id, const char *afi_id, uint32_t flags, uint32_t timeout, uint32_t delay_msec,
                     struct fpga_mgmt_image_info *info) {
    int code = load(slot_id, afi_id, flags);
    if (!code && (flags & FPGA_CMD_PREFETCH))
        return info ? mgmt_describe(slot_id, info, 0) : 0;
    return finish(code, slot_id, FPGA_STATUS_LOADED, timeout, delay_msec, info);
}

HAL_EXPORT int fpga_mgmt_load_local_image(int slot_id, char *afi_id) {
    return load(slot_id, afi_id, 0);
}

HAL_EXPORT int fpga_mgmt_load_local_image_flags(int slot_id, char *afi_id, uint32_t flags) {
    return load(slot_id, afi_id, flags);
}

HAL_EXPORT int fpga_mgmt_load_local_image_sync(int slot_id, char *afi_id, uint32_t timeout, uint32_t delay_msec,
                                               struct fpga_mgmt_image_info *info) {
    return load_sync(slot_id, afi_id, 0, timeout, delay_msec, info);
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
    int code = mgmt_command(slot_id, &card, &slot);
    return code ? code : slot_clear(card, slot_id);
}

HAL_EXPORT int fpga_mgmt_clear_local_image(int slot_id) {
    return clear(slot_id);
}

HAL_EXPORT int fpga_mgmt_clear_local_image_sync(int slot_id, uint32_t timeout, uint32_t delay_msec,
                                                struct fpga_mgmt_image_info *info) {
    return finish(clear(slot_id), slot_id, FPGA_STATUS_CLEARED, timeout, delay_msec, info);
}
