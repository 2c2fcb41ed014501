/* Accesses that logic answers in place of the design's storage, and how its slot begins. */
#include <string.h>

#include "behaviour/behaviour.h"

/* An access of a slot that holds nothing, or of what the logic leaves without an answer. */
static int silent(const struct bar_view *view, uint64_t offset) {
    slot_bus_timeout(view->slot, view->shape->interface, offset);
    return 0;
}

int logic_read(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t *value) {
    const struct bar_shape *shape = view->shape;
    int code = HAL_LOGIC_SILENT;
    if (view_answers(view))
        code = card_logic->read(shape->pf, shape->bar, offset, bytes, value);
    if (code == HAL_LOGIC_SILENT) {
        *value = bytes_mask(bytes);
        code = silent(view, offset);
    }
    return code;
}

int logic_write(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value) {
    const struct bar_shape *shape = view->shape;
    int code = HAL_LOGIC_SILENT;
    if (view_answers(view))
        code = card_logic->write(shape->pf, shape->bar, offset, bytes, value);
    return code == HAL_LOGIC_SILENT ? silent(view, offset) : code;
}

int logic_write_block(const struct bar_view *view, uint64_t offset, const uint32_t *data, uint64_t dwords) {
    const struct bar_shape *shape = view->shape;
    int code = HAL_LOGIC_SILENT;
    if (view_answers(view))
        code = card_logic->write_block(shape->pf, shape->bar, offset, data, dwords);
    return code == HAL_LOGIC_SILENT ? silent(view, offset) : code;
}

int logic_start(struct card *card, struct message message) {
    atomic_fetch_or(&observed[0], OBSERVE_LOGIC);
    if (!card_logic->design)
        return 0;
    int code = catalogue_install(card, card_logic->design, strlen(card_logic->design), false, message);
    if (!code)
        code = slot_load(card, 0, card_logic->afi, 0);
    if (!code)
        code = slot_settle(card, 0);
    if (!code)
        code = slot_rescan(card, 0);
    return code ? fail(message, code, "%s can't be configured: error %d", card_logic->name, code) : 0;
}
