/*
 * One bus access under all rules: split into the words it covers, each with its policy, its model
 * or its clock generator register. The fast path in pci_access.c handles only what needs none.
 */
#include <errno.h>
#include <string.h>

#include "behaviour/behaviour.h"

/* Of nothing and of windows: bytes, whose entries have no size. */
static unsigned part_width(uint32_t entry) {
    return entry & ENTRY_CLKGEN ? 4 : 1u << (entry >> ENTRY_SIZE_SHIFT & 3);
}

static struct part part_at(const struct bar_view *view, uint64_t offset, unsigned left) {
    struct part part = {.offset = offset};
    part.entry = view_entry(view, offset, view_region(view, offset));
    part.width = part_width(part.entry);
    part.base = offset & ~(uint64_t)(part.width - 1);
    unsigned within = (unsigned)(offset - part.base);
    part.bytes = part.width - within < left ? part.width - within : left;
    part.shift = within * 8;
    part.mask = bytes_mask(part.bytes) << part.shift;
    return part;
}

/* ---- Clock generator ---- */

/* *present: false where a fault has taken the block away. */
static int read_clkgen(const struct bar_view *view, const struct part *part, uint64_t *value, bool *present) {
    int code = slot_lock(view->slot);
    if (code)
        return code;
    *present = slot_has_clkgen(view->slot);
    clocks_advance(view->slot);
    if (*present)
        *value = (clkgen_read(&view->slot->clkgen, part->base) & part->mask) >> part->shift;
    slot_unlock(view->slot);
    return 0;
}

static int write_clkgen(struct card *card, const struct bar_view *view, const struct part *part, uint64_t value,
                        bool *present) {
    int code = slot_lock(view->slot);
    if (code)
        return code;
    *present = slot_has_clkgen(view->slot);
    if (*present) {
        /* A measurement that is over saw the clocks as they were; a reset that ends starts what it held. */
        models_advance(card, view->slot_id);
        clkgen_write(&view->slot->clkgen, part->base, (uint32_t)(value << part->shift), (uint32_t)part->mask);
        models_advance(card, view->slot_id);
    }
    slot_unlock(view->slot);
    return 0;
}

/* ---- BARs of the design ---- */

/* Only some hooks want to know of memories. */
static bool is_unheard_memory(const struct bar_view *view, uint32_t entry) {
    return (entry & ENTRY_MEMORY) && !memories_are_heard(view);
}

static int read_memory(const struct bar_view *view, const struct part *part, uint64_t *value) {
    *value = part->entry & ENTRY_RAW_READ ? storage_load(view, part->offset, part->bytes) : 0;
    watch_read(view, part, *value);
    return 0;
}

static int read_part(struct card *card, const struct bar_view *view, const struct part *part, uint64_t *value,
                     bool *mapped, bool *unmapped) {
    *value = bytes_mask(part->bytes);
    *mapped = (part->entry & ENTRY_LEAF) != 0;
    if (!*mapped) {
        *unmapped = true;
        return 0;
    }
    if (part->entry & ENTRY_WINDOW) {
        *unmapped = true;
        *value = view_visible(view, part->entry) >> (part->offset & 3) * 8 & 0xFF;
        return 0;
    }
    if (is_unheard_memory(view, part->entry))
        return read_memory(view, part, value);
    int code = tell_word(card, HAL_CARD_EVENT_READ, view, part->offset, part->bytes, 0);
    if (code)
        return code;
    /* A hook may have cleared the slot, or loaded another design. */
    *mapped = view_answers(view) && part_at(view, part->offset, part->bytes).entry == part->entry;
    if (!*mapped)
        return 0;
    if (part->entry & ENTRY_MEMORY)
        return read_memory(view, part, value);
    if (part->entry & ENTRY_CLKGEN)
        return read_clkgen(view, part, value, mapped);
    code = word_read(card, view, part, value);
    if (!code)
        watch_read(view, part, *value);
    return code;
}

static int write_part(struct card *card, const struct bar_view *view, const struct part *part, uint64_t value,
                      bool *mapped, bool *unmapped) {
    *mapped = (part->entry & ENTRY_LEAF) != 0;
    if (!*mapped || (part->entry & ENTRY_WINDOW)) {
        *unmapped = true;
        return 0;
    }
    if (!(part->entry & ENTRY_CLKGEN))
        watch_write(view, part, value);
    int code = 0;
    if (!(part->entry & ENTRY_MEMORY))
        code = part->entry & ENTRY_CLKGEN ? write_clkgen(card, view, part, value, mapped)
                                          : word_write(card, view, part, value);
    else if (part->entry & ENTRY_RAW_WRITE)
        code = storage_store(card, view, part->offset, part->bytes, value);
    if (code || is_unheard_memory(view, part->entry))
        return code;
    return tell_word(card, HAL_CARD_EVENT_WRITE, view, part->offset, part->bytes, value);
}

/* answered: cleared where it times out. */
static int read_design(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t *value,
                       bool *answered) {
    bool complete = true, unmapped = false;
    unsigned done = 0;
    *value = 0;
    for (unsigned step; view_answers(view) && done < bytes; done += step) {
        struct part part = part_at(view, offset + done, bytes - done);
        part.is_lane = part.bytes < bytes;
        uint64_t bits;
        bool mapped;
        int code = read_part(card, view, &part, &bits, &mapped, &unmapped);
        if (code)
            return code;
        *value |= bits << done * 8;
        complete &= mapped;
        step = part.bytes;
    }
    if (unmapped)
        watch_unmapped(view, offset, bytes, *value, false);
    *value |= bytes_mask(bytes) & ~bytes_mask(done); /* the slot is empty, from the start or since a part was read */
    *answered &= complete && done == bytes;
    return 0;
}

static int write_design(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes,
                        uint64_t value) {
    bool complete = true, unmapped = false;
    unsigned done = 0;
    for (unsigned step; view_answers(view) && done < bytes; done += step) {
        struct part part = part_at(view, offset + done, bytes - done);
        part.is_lane = part.bytes < bytes;
        bool mapped;
        int code = write_part(card, view, &part, value >> done * 8 & bytes_mask(part.bytes), &mapped, &unmapped);
        if (code)
            return code;
        complete &= mapped;
        step = part.bytes;
    }
    if (unmapped)
        watch_unmapped(view, offset, bytes, value, true);
    if (!complete || done < bytes)
        slot_bus_timeout(view->slot, view->shape->interface, offset);
    return 0;
}

/* ---- The whole access ---- */

/* The clock generator is the card's own, in front of any logic. */
static bool is_logic(const struct bar_view *view, uint64_t offset) {
    return card_logic && !(view_entry(view, offset, view_region(view, offset)) & ENTRY_CLKGEN);
}

static int read_word(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t *value,
                     bool *answered) {
    switch (view->shape->kind) {
    case BAR_DESIGN:
        return is_logic(view, offset) ? logic_read(view, offset, bytes, value)
                                      : read_design(card, view, offset, bytes, value, answered);
    case BAR_SHELL_MEMORY: *value = storage_load(view, offset, bytes); break;
    case BAR_MAILBOX: *value = mailbox_read(view, offset, bytes); break;
    case BAR_JTAG: *value = 0; break;
    }
    return 0;
}

/* Several words of 8 bytes are one access, with one answer. */
static int read_access(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes,
                       uint64_t *words) {
    uint64_t start = observe_read_begins(view->slot_id);
    unsigned step = bytes < 8 ? bytes : 8;
    bool answered = true;
    int code = slot_settle(card, view->slot_id);
    for (unsigned at = 0; at < bytes && !code; at += step)
        code = read_word(card, view, offset + at, step, &words[at / 8], &answered);
    if (!code && !answered)
        slot_bus_timeout(view->slot, view->shape->interface, offset);
    if (!code)
        observe_access(view, offset, bytes, words, false);
    observe_read_ends(start);
    return code;
}

int bus_read(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t *value) {
    return read_access(card, view, offset, bytes, value);
}

int bus_read_line(struct card *card, const struct bar_view *view, uint64_t offset, uint64_t words[BUS_LINE / 8]) {
    return read_access(card, view, offset, BUS_LINE, words);
}

int bus_write(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value) {
    int code = slot_settle(card, view->slot_id);
    if (code)
        return code;
    observe_access(view, offset, bytes, &value, true);
    switch (view->shape->kind) {
    case BAR_DESIGN:
        return is_logic(view, offset) ? logic_write(view, offset, bytes, value)
                                      : write_design(card, view, offset, bytes, value);
    case BAR_SHELL_MEMORY: return storage_store(card, view, offset, bytes, value);
    case BAR_MAILBOX: mailbox_write(view, offset, bytes, value); break;
    case BAR_JTAG: break;
    }
    return 0;
}
