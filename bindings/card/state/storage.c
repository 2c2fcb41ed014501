/*
 * The bytes behind a BAR. A chunk that was never written reads as zero without being touched, and
 * is reserved before its first write, so that a full disk is an error and not a signal.
 */
#include <errno.h>
#include <string.h>

#include "state/state.h"

/* An access in one piece, as words are, or one that reaches into a word from its middle. */
static bool is_whole(const uint8_t *place, unsigned bytes) {
    return (bytes & (bytes - 1)) == 0 && ((uintptr_t)place & (bytes - 1)) == 0;
}

static uint64_t load_bytes(const uint8_t *place, unsigned bytes) {
    if (!is_whole(place, bytes)) {
        uint64_t value = 0;
        for (unsigned i = 0; i < bytes; i++)
            value |= (uint64_t)load8(place + i) << i * 8;
        return value;
    }
    switch (bytes) {
    case 1: return load8(place);
    case 2: return load16(place);
    case 4: return load32(place);
    default: return load64(place);
    }
}

static void store_bytes(uint8_t *place, unsigned bytes, uint64_t value) {
    if (!is_whole(place, bytes)) {
        for (unsigned i = 0; i < bytes; i++)
            store8(place + i, (uint8_t)(value >> i * 8));
        return;
    }
    switch (bytes) {
    case 1: store8(place, (uint8_t)value); break;
    case 2: store16(place, (uint16_t)value); break;
    case 4: store32(place, (uint32_t)value); break;
    default: store64(place, value);
    }
}

static int reserve_chunk(const struct card *card, const struct bar_view *view, uint64_t offset, uint8_t *start,
                         uint64_t flag) {
    _Atomic uint64_t *region = &view->regions[offset >> CHUNK_BITS];
    if (atomic_load_explicit(region, memory_order_acquire) & flag)
        return 0;
    uint64_t chunk = offset & ~(CHUNK_BYTES - 1);
    int code = card_reserve(card, start + chunk, CHUNK_BYTES);
    if (!code)
        atomic_fetch_or_explicit(region, flag, memory_order_release);
    return code;
}

/* A BAR's bytes lie in planes of one shape: each is read and written alike, and has a flag for what it holds. */
static inline uint64_t plane_load(const struct bar_view *view, const uint8_t *plane, uint64_t flag, uint64_t offset,
                                  unsigned bytes) {
    return view_region(view, offset) & flag ? load_bytes(plane + offset, bytes) : 0;
}

static inline int plane_store(const struct card *card, const struct bar_view *view, uint8_t *plane, uint64_t flag,
                              uint64_t offset, unsigned bytes, uint64_t value) {
    int code = reserve_chunk(card, view, offset, plane, flag);
    if (!code)
        store_bytes(plane + offset, bytes, value);
    return code;
}

uint64_t storage_load(const struct bar_view *view, uint64_t offset, unsigned bytes) {
    return plane_load(view, view->storage, REGION_STORED, offset, bytes);
}

int storage_store(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes,
                  uint64_t value) {
    return plane_store(card, view, view->storage, REGION_STORED, offset, bytes, value);
}

/* In one step, whatever programs do with the word meanwhile: what takes no lock of the slot, too. */
static uint64_t exchange_bytes(uint8_t *place, unsigned bytes, uint64_t old, uint64_t wanted) {
#define EXCHANGE(bits)                                                                                  \
    case (bits) / 8: {                                                                                  \
        uint##bits##_t seen = (uint##bits##_t)old;                                                      \
        atomic_compare_exchange_strong((_Atomic uint##bits##_t *)place, &seen, (uint##bits##_t)wanted); \
        return seen;                                                                                    \
    }
    switch (bytes) {
        EXCHANGE(8)
        EXCHANGE(16)
        EXCHANGE(32)
    default: EXCHANGE(64)
    }
#undef EXCHANGE
}

int storage_change(const struct card *card, const struct bar_view *view, bool behind, uint64_t offset, unsigned bytes,
                   uint64_t mask, uint64_t value, const uint64_t *expected, uint64_t *found) {
    uint8_t *plane = behind ? view->behind : view->storage, *place = plane + offset;
    if (bytes > 8 || !is_whole(place, bytes))
        return -EINVAL;
    int code = reserve_chunk(card, view, offset, plane, behind ? REGION_BEHIND_STORED : REGION_STORED);
    if (code)
        return code;
    for (uint64_t old = load_bytes(place, bytes);; old = *found) {
        *found = old;
        if (expected && (old ^ *expected) & mask)
            return 1;
        *found = exchange_bytes(place, bytes, old, (old & ~mask) | (value & mask));
        if (*found == old)
            return 0;
    }
}

uint64_t once_load(const struct bar_view *view, uint64_t offset, unsigned bytes) {
    return plane_load(view, view->once, REGION_ONCE_STORED, offset, bytes);
}

int once_store(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value) {
    return plane_store(card, view, view->once, REGION_ONCE_STORED, offset, bytes, value);
}

uint64_t behind_load(const struct bar_view *view, uint64_t offset, unsigned bytes) {
    return plane_load(view, view->behind, REGION_BEHIND_STORED, offset, bytes);
}

int behind_store(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes,
                 uint64_t value) {
    return plane_store(card, view, view->behind, REGION_BEHIND_STORED, offset, bytes, value);
}

int storage_reserve(const struct card *card, const struct bar_view *view, uint64_t offset, uint64_t length) {
    int code = 0;
    uint64_t end = offset + length;
    for (uint64_t at = offset; at < end && !code; at = (at | (CHUNK_BYTES - 1)) + 1)
        code = reserve_chunk(card, view, at, view->storage, REGION_STORED);
    return code;
}

static uint64_t within_chunk(uint64_t at, uint64_t end) {
    uint64_t limit = (at | (CHUNK_BYTES - 1)) + 1;
    return (limit < end ? limit : end) - at;
}

static bool is_one_word(uint64_t offset, uint64_t length) {
    return (length == 1 || length == 2 || length == 4 || length == 8) && offset % length == 0;
}

int storage_read(const struct bar_view *view, uint64_t offset, void *data, uint64_t length) {
    if (is_one_word(offset, length)) {
        uint64_t value = storage_load(view, offset, (unsigned)length);
        memcpy(data, &value, length);
        return 0;
    }
    uint8_t *out = data;
    for (uint64_t at = offset, end = offset + length, part; at < end; at += part, out += part) {
        part = within_chunk(at, end);
        if (view_region(view, at) & REGION_STORED)
            memcpy(out, view->storage + at, part);
        else
            memset(out, 0, part);
    }
    return 0;
}

int storage_write(const struct card *card, const struct bar_view *view, uint64_t offset, const void *data,
                  uint64_t length) {
    int code = storage_reserve(card, view, offset, length);
    if (code)
        return code;
    if (is_one_word(offset, length)) {
        uint64_t value = 0;
        memcpy(&value, data, length);
        store_bytes(view->storage + offset, (unsigned)length, value);
    } else {
        memcpy(view->storage + offset, data, length);
    }
    return 0;
}

int storage_fill(const struct card *card, const struct bar_view *view, uint64_t offset, uint32_t value,
                 uint64_t dwords) {
    int code = storage_reserve(card, view, offset, dwords * 4);
    if (code)
        return code;
    uint8_t *place = view->storage + offset;
    for (uint64_t i = 0; i < dwords; i++)
        store_bytes(place + i * 4, 4, value);
    return 0;
}

static void zero_written(const struct bar_view *view, uint8_t *start, uint64_t flag) {
    for (uint64_t at = 0; at < view->size; at += CHUNK_BYTES)
        if (view_region(view, at) & flag)
            memset(start + at, 0, within_chunk(at, view->size));
}

/* Forgets what was written, giving its space back. */
static void discard(const struct card *card, const struct bar_view *view, uint8_t *start, uint64_t flag) {
    uint64_t written = 0;
    for (uint64_t at = 0; at < view->size; at += CHUNK_BYTES)
        written |= view_region(view, at);
    if (!(written & flag))
        return;
    uint64_t bytes = view->size < CHUNK_BYTES ? CHUNK_BYTES : view->size;
    if (card_discard(card, start, bytes) != 0) {
        /* A file system without holes keeps the space, and so the flags. */
        zero_written(view, start, flag);
        return;
    }
    for (uint64_t at = 0; at < view->size; at += CHUNK_BYTES)
        atomic_fetch_and_explicit(&view->regions[at >> CHUNK_BITS], ~flag, memory_order_release);
}

void storage_discard(const struct card *card, const struct bar_view *view, bool keep_data) {
    if (!keep_data) {
        discard(card, view, view->storage, REGION_STORED);
        if (view->behind)
            discard(card, view, view->behind, REGION_BEHIND_STORED);
    }
    discard(card, view, view->once, REGION_ONCE_STORED);
}
