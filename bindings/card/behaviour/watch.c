/* What a manual forbids of an access, told from the word's views; only while somebody watches. */
#include "behaviour/behaviour.h"

static uint64_t written_bits(const struct word_class *class) {
    return ~class->zero_and | class->zero_xor | ~class->one_and | class->one_xor;
}

static struct violation found(const struct part *part, int kind, bool is_write, uint64_t value, uint64_t bits) {
    return (struct violation){kind, is_write, part->offset, part->bytes, value, bits};
}

static void add(const struct bar_view *view, const struct part *part, int kind, bool is_write, uint64_t value,
                uint64_t bits) {
    struct violation violation = found(part, kind, is_write, value, bits);
    violations_add(view, &violation);
}

void watch_unmapped(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value, bool is_write) {
    if (is_watched(view))
        violations_add(view, &(struct violation){HAL_CARD_UNMAPPED, is_write, offset, bytes, value, bytes_mask(bytes)});
}

/* ---- Reads ---- */

static void watch_latched(const struct bar_view *view, const struct part *part, const struct word_class *manual,
                          uint64_t value) {
    struct violation violation = found(part, HAL_CARD_HALF_READ, false, value, part->mask);
    uint64_t start = part->base - (uint64_t)manual->next * part->width;
    violations_half(view, &violation, start, manual->next, manual->keys, manual->flags & MANUAL_LATCHES);
}

void watch_read(const struct bar_view *view, const struct part *part, uint64_t value) {
    if (!is_watched(view))
        return;
    if (part->entry & ENTRY_MEMORY) {
        if (!(part->entry & ENTRY_RAW_READ))
            add(view, part, HAL_CARD_WRITE_ONLY, false, value, part->mask);
        return;
    }
    bool alone = false;
    const struct word_class *class = word_views(view, part, &alone), *manual = word_class_at(view, class->manual);
    if (manual && manual->keys)
        watch_latched(view, part, manual, value);
    uint64_t fields = 0, shown = 0;
    for (; class; class = alone ? NULL : word_class_at(view, class->next))
        if (alone || !(class->flags & VIEW_WHEN)) {
            fields |= class->fields & part->mask;
            shown |= class->visible | class->ones;
        }
    if (fields && !(fields & shown) && !part->is_lane) /* it came along with the rest of its word */
        add(view, part, HAL_CARD_WRITE_ONLY, false, value, fields);
}

/* ---- Writes ---- */

/* Bits of no field that are written as they neither are nor are after a reset. */
static uint64_t changed_bits(const struct bar_view *view, const struct part *part, const struct word_class *class,
                             uint64_t fields, uint64_t written) {
    const struct word_class *manual = word_class_at(view, class->manual);
    uint64_t held = view_load(view, class, part), reset = manual ? manual->fields : 0;
    uint64_t changed = (written ^ held) & (written ^ reset) & ~fields & part->mask;
    if (class->flags & VIEW_MASKED)
        changed &= written >> part->width * 4;
    return changed;
}

void watch_write(const struct bar_view *view, const struct part *part, uint64_t value) {
    if (!is_watched(view))
        return;
    if (part->entry & ENTRY_MEMORY) {
        if (!(part->entry & ENTRY_RAW_WRITE))
            add(view, part, HAL_CARD_READ_ONLY, true, value, part->mask);
        return;
    }
    bool alone = false;
    uint64_t fields = 0, all = 0;
    const struct word_class *taker = NULL, *class = word_views(view, part, &alone);
    for (; class; class = alone ? NULL : word_class_at(view, class->next))
        if (alone || !(class->flags & VIEW_WHEN)) {
            all |= class->fields;
            if (class->fields & written_bits(class)) {
                fields |= class->fields;
                taker = taker ? taker : class;
            }
        }
    if (all && !taker && part->is_lane)
        return;
    if (all && !taker) {
        add(view, part, HAL_CARD_READ_ONLY, true, value, all & part->mask);
    } else if (taker) {
        uint64_t changed = changed_bits(view, part, taker, fields, value << part->shift);
        if (changed)
            add(view, part, HAL_CARD_RESERVED_BITS, true, value, changed);
    }
}
