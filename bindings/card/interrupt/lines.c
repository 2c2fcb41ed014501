/* What is pending and let through, and what that makes of the lines. */
#include <errno.h>
#include <string.h>

#include "interrupt/interrupt.h"

static const struct bar_view *view_of(const struct card *card, int slot_id, const struct interrupt_bit *place) {
    return &card->views[slot_id][place->bar];
}

static bool is_set(const struct card *card, int slot_id, const struct interrupt_bit *place) {
    return storage_load(view_of(card, slot_id, place), place->offset, 1) >> place->bit & 1;
}

static int set_bit(const struct card *card, int slot_id, const struct interrupt_bit *place, bool value) {
    const struct bar_view *view = view_of(card, slot_id, place);
    uint64_t byte = storage_load(view, place->offset, 1), wanted = byte & ~(UINT64_C(1) << place->bit);
    wanted |= (uint64_t)value << place->bit;
    return byte == wanted ? 0 : storage_store(card, view, place->offset, 1, wanted);
}

static bool is_enabled(const struct card *card, int slot_id, const struct interrupt_row *row) {
    if (!row->enable.used)
        return true;
    return row->is_held ? is_set(card, slot_id, &row->enable) == row->enable.value : row->enabled;
}

static void request(const struct card *card, int slot_id, uint64_t lines) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    for (unsigned line = 0; line < HAL_LINES; line++)
        if (lines >> line & 1) {
            atomic_fetch_add(&state->requests[line], 1);
            listeners_tell(card, slot_id, line);
        }
}

/* come: lines on which something has come besides. */
static void settle(const struct card *card, int slot_id, uint64_t come) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    uint64_t high = state->driven;
    for (uint32_t i = 0; i < state->count; i++) {
        struct interrupt_row *row = &state->rows[i];
        bool active = is_set(card, slot_id, &row->status) && is_enabled(card, slot_id, row);
        uint64_t line = row->line < HAL_LINES ? UINT64_C(1) << row->line : 0;
        high |= active ? line : 0;
        come |= active && !row->active ? line : 0;
        row->active = active;
    }
    uint64_t rising = high & ~atomic_exchange(&state->high, high);
    request(card, slot_id, (come & ~state->by_level) | rising);
}

void interrupts_changed(const struct card *card, int slot_id) {
    if (interrupts_any(card_slot(card, slot_id)))
        settle(card, slot_id, 0);
}

/* Whether a write of these bytes carries the bit that acts. */
static bool acts(const struct interrupt_bit *place, const struct bar_view *view, uint64_t offset, unsigned bytes,
                 uint64_t value) {
    if (!place->used || place->bar != view->index || place->offset < offset || place->offset >= offset + bytes)
        return false;
    return (value >> ((place->offset - offset) * 8 + place->bit) & 1) == place->value;
}

int interrupts_written(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes,
                       uint64_t value) {
    struct interrupt_state *state = &view->slot->interrupts;
    int code = 0;
    for (uint32_t i = 0; i < state->count; i++) {
        struct interrupt_row *row = &state->rows[i];
        if (acts(&row->enable, view, offset, bytes, value))
            row->enabled = true;
        if (acts(&row->disable, view, offset, bytes, value))
            row->enabled = false;
        if (acts(&row->clear, view, offset, bytes, value) && !code)
            code = set_bit(card, view->slot_id, &row->status, false);
    }
    if (state->count)
        settle(card, view->slot_id, 0);
    return code;
}

void interrupts_adopt(const struct card *card, int slot_id, const struct design *design) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    state->count = design->interrupt_count;
    memcpy(state->rows, design->interrupts, design->interrupt_count * sizeof(state->rows[0]));
    interrupts_changed(card, slot_id);
}

void interrupts_drop(const struct card *card, int slot_id) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    state->count = 0;
    state->driven = 0;
    atomic_store(&state->high, 0);
    listeners_tell(card, slot_id, HAL_LINES);
}

int interrupt_raise(const struct card *card, int slot_id, const char *name) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    for (uint32_t i = 0; i < state->count; i++) {
        struct interrupt_row *row = &state->rows[i];
        if (strcmp(row->name, name) != 0)
            continue;
        int code = set_bit(card, slot_id, &row->status, true);
        bool comes = row->active && is_enabled(card, slot_id, row) && row->line < HAL_LINES;
        if (!code)
            settle(card, slot_id, comes ? UINT64_C(1) << row->line : 0);
        return code;
    }
    return -ENOENT;
}

void interrupt_drive(const struct card *card, int slot_id, unsigned line, int level) {
    struct interrupt_state *state = &card_slot(card, slot_id)->interrupts;
    uint64_t bit = UINT64_C(1) << line;
    if (level == HAL_LINE_PULSE) {
        request(card, slot_id, bit);
        return;
    }
    state->driven = level ? state->driven | bit : state->driven & ~bit;
    settle(card, slot_id, 0);
}
