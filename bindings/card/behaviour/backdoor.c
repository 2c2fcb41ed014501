/* The BARs as a debugger sees them: no side effects, no trace, no hook. */
#include <errno.h>

#include "behaviour/behaviour.h"

static bool touches_clkgen(const struct bar_view *view, uint64_t offset, uint64_t length) {
    return view->index == BAR_MGMT4 && slot_has_clkgen(view->slot) && offset < CLKGEN_END &&
           offset + length > CLKGEN_BASE;
}

static void overlay_clkgen(const struct bar_view *view, uint64_t offset, uint8_t *data, uint64_t length) {
    for (uint64_t i = 0; i < length; i++) {
        uint64_t at = offset + i;
        if (at >= CLKGEN_BASE && at < CLKGEN_END)
            data[i] = (uint8_t)(clkgen_read(&view->slot->clkgen, at & ~UINT64_C(3)) >> (at & 3) * 8);
    }
}

/* With the slot's lock: what time has changed meanwhile. */
static int lock_now(struct card *card, const struct bar_view *view) {
    int code = slot_lock(view->slot);
    if (code)
        return code;
    slot_advance(view->slot);
    models_advance(card, view->slot_id);
    return 0;
}

int bus_backdoor_read(struct card *card, const struct bar_view *view, uint64_t offset, void *data, uint64_t length) {
    uint8_t *out = data;
    if (!view->storage) {
        bool mailbox = view->shape->kind == BAR_MAILBOX;
        for (uint64_t i = 0; i < length; i++)
            out[i] = mailbox ? (uint8_t)mailbox_read(view, offset + i, 1) : 0;
        return 0;
    }
    int code = lock_now(card, view);
    if (code)
        return code;
    code = storage_read(view, offset, data, length);
    if (!code && touches_clkgen(view, offset, length))
        overlay_clkgen(view, offset, data, length);
    slot_unlock(view->slot);
    return code;
}

int bus_backdoor_write(struct card *card, const struct bar_view *view, uint64_t offset, const void *data,
                       uint64_t length) {
    if (!view->storage)
        return -EOPNOTSUPP;
    int code = lock_now(card, view);
    if (code)
        return code;
    code = touches_clkgen(view, offset, length) ? -EOPNOTSUPP : storage_write(card, view, offset, data, length);
    interrupts_changed(card, view->slot_id);
    slot_unlock(view->slot);
    return code;
}

int bus_backdoor_change(struct card *card, const struct bar_view *view, bool behind, uint64_t offset, unsigned bytes,
                        uint64_t mask, uint64_t value, const uint64_t *expected, uint64_t *found) {
    if (!(behind ? view->behind : view->storage))
        return -EOPNOTSUPP;
    int code = lock_now(card, view);
    if (code)
        return code;
    code = touches_clkgen(view, offset, bytes)
               ? -EOPNOTSUPP
               : storage_change(card, view, behind, offset, bytes, mask, value, expected, found);
    interrupts_changed(card, view->slot_id);
    slot_unlock(view->slot);
    return code;
}
