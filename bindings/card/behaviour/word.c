/*
 * Reads and writes of one word. A word is one view of a storage, or several: each shows what it shows, and does with
 * what is written what its policies say. Rules of writes (locks, keys, writes that come twice) are the first view's.
 */
#include <string.h>

#include "behaviour/behaviour.h"

static const struct word_class *part_class(const struct bar_view *view, const struct part *part) {
    return &view->classes[part->entry & ENTRY_CLASS_MASK];
}

const struct word_class *word_class_at(const struct bar_view *view, uint32_t number) {
    return number ? &view->classes[number - 1] : NULL;
}

/* ---- Where a view's bits are ---- */

static uint64_t moved(uint64_t bits, int32_t left) {
    return left >= 0 ? bits << left : bits >> -left;
}

uint64_t view_load(const struct bar_view *view, const struct word_class *class, const struct part *part) {
    uint64_t at = part->base + (uint64_t)class->target;
    uint64_t word =
        class->flags & VIEW_BEHIND ? behind_load(view, at, part->width) : storage_load(view, at, part->width);
    return moved(word, class->shift);
}

/* Stores the bits that differ from what view_load gave. */
static int view_store(struct card *card, const struct bar_view *view, const struct word_class *class,
                      const struct part *part, uint64_t changed) {
    if (changed == 0)
        return 0;
    uint64_t at = part->base + (uint64_t)class->target;
    bool behind = class->flags & VIEW_BEHIND;
    uint64_t word = behind ? behind_load(view, at, part->width) : storage_load(view, at, part->width);
    word ^= moved(changed, -class->shift);
    return behind ? behind_store(card, view, at, part->width, word) : storage_store(card, view, at, part->width, word);
}

static bool guard_holds(const struct bar_view *view, const struct word_class *class, const struct part *part) {
    unsigned bytes = class->flags >> VIEW_GUARD_SHIFT;
    uint64_t word = storage_load(view, part->base + (uint64_t)class->guard_at, bytes);
    return (word & class->guard_mask) == class->guard_value;
}

const struct word_class *word_views(const struct bar_view *view, const struct part *part, bool *alone) {
    const struct word_class *class = part_class(view, part), *first = class;
    for (; class; class = word_class_at(view, class->next))
        if (class->flags & VIEW_WHEN && guard_holds(view, class, part)) {
            *alone = true;
            return class;
        }
    return first;
}

/* ---- Reads ---- */

static int read_view(struct card *card, const struct bar_view *view, const struct word_class *class,
                     const struct part *part, uint64_t *value) {
    uint64_t old = view_load(view, class, part);
    uint64_t after = (old & class->read_and) ^ class->read_xor;
    *value |= ((old & class->visible) | class->ones) & part->mask;
    return view_store(card, view, class, part, (old ^ after) & part->mask);
}

static int read_locked(struct card *card, const struct bar_view *view, const struct part *part, uint64_t *value) {
    uint64_t word = 0;
    bool alone = false;
    int code = 0;
    if (part->entry & ENTRY_MODEL)
        models_advance(card, view->slot_id);
    if (part_class(view, part)->flags & VIEW_TWICE && once_load(view, part->base, part->width))
        code = once_store(card, view, part->base, part->width, 0); /* the next write is a first one again */
    const struct word_class *class = word_views(view, part, &alone);
    for (; class && !code; class = alone ? NULL : word_class_at(view, class->next))
        if (alone || !(class->flags & VIEW_WHEN))
            code = read_view(card, view, class, part, &word);
    *value = word >> part->shift;
    if (!code)
        interrupts_changed(card, view->slot_id); /* reads clear what they read, and what they are aliases of */
    return code;
}

/* ---- Writes ---- */

static int write_view(struct card *card, const struct bar_view *view, const struct word_class *class,
                      const struct part *part, uint64_t written) {
    uint64_t mask = part->mask;
    uint64_t spent = class->once ? once_load(view, part->base, part->width) : 0;
    mask &= ~(class->once & spent);
    if (class->flags & VIEW_MASKED) {
        unsigned half = part->width * 4;
        mask &= written >> half;
    }
    uint64_t old = view_load(view, class, part);
    uint64_t zeros = (old & class->zero_and) ^ class->zero_xor;
    uint64_t ones = (old & class->one_and) ^ class->one_xor;
    uint64_t after = (zeros & ~written) | (ones & written);
    int code = view_store(card, view, class, part, (old ^ after) & mask);
    if (!code && (class->once & mask))
        code = once_store(card, view, part->base, part->width, spent | (class->once & mask));
    return code;
}

/* Whether the writes just before this one were its keys, in their order. */
static bool unlocked(const struct bar_view *view, const struct word_class *class, const struct part *part) {
    const struct slot_state *slot = view->slot;
    uint32_t wanted = 0, have = slot->key_count[view->index];
    for (const struct word_class *key = word_class_at(view, class->keys); key; key = word_class_at(view, key->next))
        wanted++;
    if (have < wanted)
        return false;
    const struct key_write *write = &slot->key_writes[view->index][have - wanted];
    for (const struct word_class *key = word_class_at(view, class->keys); key;
         key = word_class_at(view, key->next), write++)
        if (write->offset != part->base + (uint64_t)key->target || write->value != key->guard_value)
            return false;
    return true;
}

static void remember_key(const struct bar_view *view, const struct part *part, uint64_t written) {
    struct slot_state *slot = view->slot;
    struct key_write *writes = slot->key_writes[view->index];
    uint32_t count = slot->key_count[view->index];
    if (count >= KEYS_MAX) {
        count = KEYS_MAX - 1;
        memmove(writes, writes + 1, count * sizeof(*writes));
    }
    writes[count] = (struct key_write){part->base, written};
    slot->key_count[view->index] = count + 1;
}

/* Of a word that is written twice: whether this is the second write, and carries what the first one did. */
static int is_second(struct card *card, const struct bar_view *view, const struct part *part, uint64_t written,
                     bool *second) {
    uint64_t begun = once_load(view, part->base, part->width);
    *second = begun && behind_load(view, part->base, part->width) == written;
    int code = begun ? 0 : behind_store(card, view, part->base, part->width, written);
    return code ? code : once_store(card, view, part->base, part->width, !begun);
}

/* Whether the rules of the word let a write through. */
static int may_write(struct card *card, const struct bar_view *view, const struct part *part, uint64_t written,
                     bool *may) {
    const struct word_class *class = part_class(view, part);
    bool is_begun = class->flags & VIEW_TWICE && once_load(view, part->base, part->width);
    bool is_unlocked = !class->keys || is_begun || unlocked(view, class, part); /* keys are for both of two writes */
    if (class->flags & VIEW_KEY)
        remember_key(view, part, written);
    else
        view->slot->key_count[view->index] = 0;
    *may = is_unlocked && (!(class->flags & VIEW_LOCKED) || guard_holds(view, class, part));
    if (!*may && is_watched(view))
        violations_add(view, &(struct violation){HAL_CARD_LOCKED, true, part->offset, part->bytes,
                                                 written >> part->shift, part->mask});
    return *may && class->flags & VIEW_TWICE ? is_second(card, view, part, written, may) : 0;
}

static int write_locked(struct card *card, const struct bar_view *view, const struct part *part, uint64_t value) {
    uint64_t written = value << part->shift;
    bool may, alone = false;
    int code = may_write(card, view, part, written, &may);
    if (code || !may)
        return code;
    const struct word_class *class = word_views(view, part, &alone);
    for (; class && !code; class = alone ? NULL : word_class_at(view, class->next))
        if (alone || !(class->flags & VIEW_WHEN))
            code = write_view(card, view, class, part, written);
    if (!code && (part->entry & ENTRY_MODEL))
        code = models_written(card, view->slot_id, view->index, part->base);
    if (!code && interrupts_any(view->slot))
        code = interrupts_written(card, view, part->offset, part->bytes, value);
    return code;
}

/* ---- With the slot's lock, where it takes one ---- */

int word_read(struct card *card, const struct bar_view *view, const struct part *part, uint64_t *value) {
    if (part->entry & ENTRY_PURE_READ) {
        uint64_t word = storage_load(view, part->base, part->width);
        *value = (word & view_visible(view, part->entry) & part->mask) >> part->shift;
        return 0;
    }
    int code = slot_lock(view->slot);
    if (code)
        return code;
    if (view_answers(view))
        code = read_locked(card, view, part, value);
    slot_unlock(view->slot);
    return code;
}

int word_write(struct card *card, const struct bar_view *view, const struct part *part, uint64_t value) {
    if (part->entry & ENTRY_RAW_WRITE)
        return storage_store(card, view, part->offset, part->bytes, value);
    int code = slot_lock(view->slot);
    if (code)
        return code;
    if (view_answers(view))
        code = write_locked(card, view, part, value);
    slot_unlock(view->slot);
    return code;
}
