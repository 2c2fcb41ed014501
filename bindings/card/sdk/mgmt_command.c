/* Management's start, and commands to the shell's mailbox: when they are answered, and how long a caller waits. */
#include <errno.h>
#include <time.h>

#include "sdk/sdk.h"

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

int mgmt_slot(int slot_id, struct card **card, struct slot_state **slot) {
    if (!atomic_load(&is_initialised))
        return FPGA_ERR_SOFTWARE_PROBLEM;
    return pci_find_slot(slot_id, card, slot);
}

int mgmt_lock(int slot_id, struct card **card, struct slot_state **slot) {
    int code = mgmt_slot(slot_id, card, slot);
    if (!code)
        code = slot_settle(*card, slot_id);
    return code ? code : slot_lock(*slot);
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

void card_sleep(double seconds) {
    uint64_t left_ns = card_time_ns(seconds);
    struct timespec left = {(time_t)(left_ns / 1000000000u), (long)(left_ns % 1000000000u)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

int mgmt_answer(uint32_t looks, double seconds) {
    uint64_t start = clock_ns(), needed = card_time_ns(seconds);
    uint32_t allowed = atomic_load(&command_timeout);
    for (uint32_t look = 0; look < allowed; look++) {
        if (look >= looks && time_is_over(start, needed))
            return 0;
        card_sleep(atomic_load(&command_delay_ms) / 1000.0);
    }
    return -ETIMEDOUT;
}

int mgmt_command(int slot_id, struct card **card, struct slot_state **slot) {
    int code = mgmt_slot(slot_id, card, slot);
    if (!code)
        code = slot_settle(*card, slot_id);
    if (code)
        return code;
    return mgmt_answer(slot_is_busy(*slot) ? 1 : 0, 0.0);
}
