/* Single accesses of the SDK: straight to plain memory where nothing can follow from them. */
#include <errno.h>

#include "sdk/sdk.h"

struct place {
    const struct bar_view *view;
    uint64_t region;
    uint32_t entry;
};

/* False sends the access to bus.c, which also finds what is wrong with it. */
static inline bool find_place(pci_bar_handle_t handle, uint64_t offset, unsigned bytes, struct place *place) {
    if ((unsigned)handle >= HANDLE_MAX)
        return false;
    const struct handle *attached = &handles[handle];
    const struct bar_view *view = atomic_load_explicit(&attached->view, memory_order_acquire);
    if (!view || offset >= view->size || (offset & (bytes - 1)))
        return false;
    if (atomic_load_explicit(view->gate, memory_order_acquire) !=
            atomic_load_explicit(&attached->expected, memory_order_relaxed) ||
        atomic_load_explicit(&observed[view->slot_id], memory_order_relaxed))
        return false;
    place->view = view;
    place->region = view_region(view, offset);
    place->entry = view_entry(view, offset, place->region);
    return true;
}

static inline bool spans(uint32_t entry, unsigned bytes) {
    return 1u << (entry >> ENTRY_SIZE_SHIFT & 3) >= bytes;
}

static inline bool is_stored(const struct place *place) {
    return place->region & REGION_STORED;
}

/* Reading 32 bits takes no more than a load and a mask. */
static inline bool is_plain32(uint32_t entry) {
    uint32_t special = ENTRY_MEMORY | ENTRY_WINDOW | ENTRY_CLKGEN;
    if (entry & ENTRY_RAW_READ)
        return spans(entry, 4);
    return (entry & (ENTRY_PURE_READ | special)) == ENTRY_PURE_READ && spans(entry, 4) && !spans(entry, 8);
}

static int slow_read(pci_bar_handle_t handle, uint64_t offset, unsigned bytes, uint64_t *value) {
    struct card *card;
    const struct bar_view *view;
    int code = handle_view(handle, &card, &view);
    if (code)
        return code;
    if (offset > view->size || bytes > view->size - offset)
        return -EINVAL;
    code = bus_read(card, view, offset, bytes, value);
    return code ? code : card_whole();
}

static int slow_write(pci_bar_handle_t handle, uint64_t offset, unsigned bytes, uint64_t value) {
    struct card *card;
    const struct bar_view *view;
    int code = handle_view(handle, &card, &view);
    if (code)
        return code;
    if (offset > view->size || bytes > view->size - offset)
        return -EINVAL;
    code = bus_write(card, view, offset, bytes, value);
    return code ? code : card_whole();
}

HAL_EXPORT int fpga_pci_peek(pci_bar_handle_t handle, uint64_t offset, uint32_t *value) {
    struct place place;
    if (!value)
        return -EINVAL;
    if (find_place(handle, offset, sizeof(*value), &place) && is_plain32(place.entry)) {
        const void *word = place.view->storage + offset;
        uint32_t bits = is_stored(&place) ? load32(word) : 0;
        if (!(place.entry & ENTRY_RAW_READ))
            bits &= (uint32_t)view_visible(place.view, place.entry);
        *value = bits;
        return card_whole();
    }
    uint64_t wide;
    int code = slow_read(handle, offset, sizeof(*value), &wide);
    if (!code)
        *value = (uint32_t)wide;
    return code;
}

HAL_EXPORT int fpga_pci_peek8(pci_bar_handle_t handle, uint64_t offset, uint8_t *value) {
    struct place place;
    if (!value)
        return -EINVAL;
    if (find_place(handle, offset, sizeof(*value), &place) && (place.entry & ENTRY_RAW_READ)) {
        const uint8_t *word = place.view->storage + offset;
        *value = is_stored(&place) ? load8(word) : 0;
        return card_whole();
    }
    uint64_t wide;
    int code = slow_read(handle, offset, sizeof(*value), &wide);
    if (!code)
        *value = (uint8_t)wide;
    return code;
}

/* Both halves of a 64-bit access are plain, in one word or in two. */
static inline bool halves_are(const struct place *place, uint64_t offset, uint32_t flag) {
    if (!(place->entry & flag) || !spans(place->entry, 4))
        return false;
    if (spans(place->entry, 8))
        return true;
    uint32_t high = view_entry(place->view, offset + 4, place->region);
    return (high & flag) && spans(high, 4);
}

HAL_EXPORT int fpga_pci_peek64(pci_bar_handle_t handle, uint64_t offset, uint64_t *value) {
    struct place place;
    if (!value)
        return -EINVAL;
    if (find_place(handle, offset, sizeof(*value), &place) && halves_are(&place, offset, ENTRY_RAW_READ)) {
        const void *word = place.view->storage + offset;
        *value = is_stored(&place) ? load64(word) : 0;
        return card_whole();
    }
    uint64_t wide;
    int code = slow_read(handle, offset, sizeof(*value), &wide);
    if (!code)
        *value = wide;
    return code;
}

HAL_EXPORT int fpga_pci_poke(pci_bar_handle_t handle, uint64_t offset, uint32_t value) {
    struct place place;
    if (find_place(handle, offset, sizeof(value), &place) && (place.entry & ENTRY_RAW_WRITE) &&
        spans(place.entry, sizeof(value)) && is_stored(&place)) {
        void *word = place.view->storage + offset;
        store32(word, value);
        return card_whole();
    }
    return slow_write(handle, offset, sizeof(value), value);
}

HAL_EXPORT int fpga_pci_poke8(pci_bar_handle_t handle, uint64_t offset, uint8_t value) {
    struct place place;
    if (find_place(handle, offset, sizeof(value), &place) && (place.entry & ENTRY_RAW_WRITE) && is_stored(&place)) {
        store8(place.view->storage + offset, value);
        return card_whole();
    }
    return slow_write(handle, offset, sizeof(value), value);
}

HAL_EXPORT int fpga_pci_poke64(pci_bar_handle_t handle, uint64_t offset, uint64_t value) {
    struct place place;
    if (find_place(handle, offset, sizeof(value), &place) && halves_are(&place, offset, ENTRY_RAW_WRITE) &&
        is_stored(&place)) {
        void *word = place.view->storage + offset;
        store64(word, value);
        return card_whole();
    }
    return slow_write(handle, offset, sizeof(value), value);
}
