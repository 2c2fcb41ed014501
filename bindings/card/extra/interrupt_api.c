/* The table of hal_interrupt.h: argument checks and the slot's lock around what the other files do. */
#include <errno.h>
#include <string.h>

#include "interrupt/interrupt.h"
#include "sdk/sdk.h"

/* The slot with its lock held. */
static int lock_slot(int slot_id, struct card **card, struct slot_state **slot) {
    int code = card_find_slot(slot_id, card, slot);
    if (!code && card_logic)
        code = -EOPNOTSUPP; /* its lines are the logic's outputs */
    return code ? code : slot_lock(*slot);
}

static int lock_line(int slot_id, int line, struct card **card, struct slot_state **slot) {
    return line < 0 || line >= HAL_LINES ? -ENOENT : lock_slot(slot_id, card, slot);
}

static int api_open(int slot_id, int line) {
    struct card *card;
    struct slot_state *slot;
    int code = lock_line(slot_id, line, &card, &slot);
    if (code)
        return code;
    code = listener_open(card, slot_id, (unsigned)line);
    slot_unlock(slot);
    return code;
}

static int api_close(int slot_id, int descriptor) {
    struct card *card;
    struct slot_state *slot;
    int code = lock_slot(slot_id, &card, &slot);
    if (code)
        return code;
    code = listener_close(card, slot_id, descriptor);
    slot_unlock(slot);
    return code;
}

static int api_take(int slot_id, int line, int descriptor, uint64_t *requests) {
    struct card *card;
    struct slot_state *slot;
    int code = card_find_slot(slot_id, &card, &slot);
    if (code || !requests || line < 0 || line >= HAL_LINES)
        return code ? code : -EINVAL;
    code = listener_take(slot_id, descriptor); /* before the look: what comes after it can be read again */
    if (code)
        return code;
    *requests = atomic_load(&slot->interrupts.requests[line]);
    return atomic_load(&slot->interrupts.high) >> line & 1;
}

static int api_arm(int slot_id, int line, int descriptor) {
    struct card *card;
    struct slot_state *slot;
    int code = lock_line(slot_id, line, &card, &slot);
    if (code)
        return code;
    bool again = (atomic_load(&slot->interrupts.high) & slot->interrupts.by_level) >> line & 1;
    code = again ? listener_poke(card, slot_id, descriptor) : 0;
    slot_unlock(slot);
    return code ? code : again;
}

static int api_drive(int slot_id, int line, int level) {
    struct card *card;
    struct slot_state *slot;
    int code = level < HAL_LINE_LOW || level > HAL_LINE_PULSE ? -EINVAL : lock_line(slot_id, line, &card, &slot);
    if (code)
        return code;
    interrupt_drive(card, slot_id, (unsigned)line, level);
    slot_unlock(slot);
    return 0;
}

static int api_raise(int slot_id, const char *name) {
    struct card *card;
    struct slot_state *slot;
    int code = name ? lock_slot(slot_id, &card, &slot) : -EINVAL;
    if (code)
        return code;
    slot_advance(slot);
    code = interrupt_raise(card, slot_id, name);
    slot_unlock(slot);
    return code;
}

static int api_set_trigger(int slot_id, int line, int by_level) {
    struct card *card;
    struct slot_state *slot;
    int code = lock_line(slot_id, line, &card, &slot);
    if (code)
        return code;
    uint64_t bit = UINT64_C(1) << line;
    slot->interrupts.by_level = by_level ? slot->interrupts.by_level | bit : slot->interrupts.by_level & ~bit;
    slot_unlock(slot);
    return 0;
}

static int api_state(int slot_id, uint64_t requests[HAL_LINES], uint64_t *high, uint64_t *by_level) {
    struct card *card;
    struct slot_state *slot;
    int code = requests && high && by_level ? lock_slot(slot_id, &card, &slot) : -EINVAL;
    if (code)
        return code;
    for (unsigned line = 0; line < HAL_LINES; line++)
        requests[line] = atomic_load(&slot->interrupts.requests[line]);
    *high = atomic_load(&slot->interrupts.high);
    *by_level = slot->interrupts.by_level;
    slot_unlock(slot);
    return 0;
}

HAL_EXPORT const hal_interrupt_api *hal_interrupt_get_api(void) {
    static const hal_interrupt_api api = {.version = HAL_INTERRUPT_API_VERSION,
                                          .size = sizeof(hal_interrupt_api),
                                          .open = api_open,
                                          .close = api_close,
                                          .take = api_take,
                                          .arm = api_arm,
                                          .drive = api_drive,
                                          .raise = api_raise,
                                          .set_trigger = api_set_trigger,
                                          .state = api_state};
    return &api;
}
