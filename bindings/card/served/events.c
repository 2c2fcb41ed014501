/* Whom an access tells: this process's hook, else the model that another process runs for the slot. */
#include "served/served.h"

static bool is_local(int slot_id) {
    return atomic_load_explicit(&observed[slot_id], memory_order_relaxed) & OBSERVE_HOOK;
}

static bool is_served(const struct slot_state *slot) {
    return atomic_load_explicit(&slot->served.id, memory_order_acquire) != 0;
}

int tell_word(const struct card *card, int event, const struct bar_view *view, uint64_t offset, unsigned bytes,
              uint64_t value) {
    if (is_local(view->slot_id) || !is_served(view->slot) || observe_is_quiet())
        return observe_word(view->slot_id, event, view, offset, bytes, value);
    hal_served_request request = {.event = event,
                                  .slot = view->slot_id,
                                  .pf = view->shape->pf,
                                  .bar = view->shape->bar,
                                  .offset = offset,
                                  .width = (int)bytes * 8,
                                  .value = value};
    return served_ask(card, view->slot_id, &request);
}

int tell_events(struct card *card, int slot_id) {
    struct slot_state *slot = card_slot(card, slot_id);
    if (is_local(slot_id) || !is_served(slot) || observe_is_quiet())
        return observe_events(card, slot_id);
    if (atomic_load(&slot->served.events_seen) == atomic_load(&slot->event_count))
        return 0;
    hal_served_request request = {.event = (int)slot->event, .slot = slot_id};
    return served_ask(card, slot_id, &request);
}

bool memories_are_heard(const struct bar_view *view) {
    if (is_local(view->slot_id))
        return atomic_load_explicit(&observed[view->slot_id], memory_order_relaxed) & OBSERVE_MEMORIES;
    return is_served(view->slot) && atomic_load_explicit(&view->slot->served.memories, memory_order_relaxed);
}
