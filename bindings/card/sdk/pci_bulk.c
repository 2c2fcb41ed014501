/* Bursts, fills and pointers into a BAR. */
#include <errno.h>
#include <string.h>

#include "sdk/sdk.h"

static int find_range(pci_bar_handle_t handle, uint64_t offset, uint64_t bytes, struct card **card,
                      const struct bar_view **view) {
    int code = handle_view(handle, card, view);
    if (code)
        return code;
    if (offset > (*view)->size || bytes > (*view)->size - offset)
        return -EINVAL;
    return 0;
}

static bool is_direct(const struct bar_view *view) {
    return view_answers(view) && !memories_are_heard(view) &&
           !atomic_load_explicit(&observed[view->slot_id], memory_order_relaxed);
}

/* How far plain memory reaches from here that can be written, or read: whole pages only, or 0. */
uint64_t bulk_run(const struct bar_view *view, uint64_t offset, uint64_t bytes, bool is_write) {
    uint32_t wanted = ENTRY_LEAF | ENTRY_MEMORY | (is_write ? ENTRY_RAW_WRITE : ENTRY_RAW_READ);
    uint64_t region = view_region(view, offset), run = 0;
    uint32_t entry = (uint32_t)region;
    if (entry & ENTRY_LEAF) {
        run = CHUNK_BYTES - offset % CHUNK_BYTES;
    } else {
        uint64_t table = entry & (REGION_TABLES - 1u);
        uint64_t page = (offset >> PAGE_BITS) % PAGES_PER_REGION;
        entry = atomic_load(&view->region_tables[table * PAGES_PER_REGION + page]);
        run = BYTES_PER_PAGE - offset % BYTES_PER_PAGE;
    }
    if ((entry & wanted) != wanted)
        return 0;
    return run < bytes ? run : bytes;
}

/* Space for all of it first, so that a full disk leaves nothing half done. */
static int reserve_design(const struct card *card, const struct bar_view *view, uint64_t offset, uint64_t bytes) {
    int code = 0;
    uint64_t end = offset + bytes;
    if (!view->storage || card_logic)
        return 0;
    for (uint64_t at = offset; at < end && !code; at = (at | (CHUNK_BYTES - 1)) + 1)
        if ((uint32_t)view_region(view, at) != 0)
            code = storage_reserve(card, view, at, 1);
    return code;
}

/* Logic takes a burst as one, unless somebody wants to see each word. */
bool bulk_is_logic(const struct bar_view *view) {
    return card_logic && card_logic->write_block && view->shape->kind == BAR_DESIGN &&
           atomic_load_explicit(&observed[view->slot_id], memory_order_relaxed) == OBSERVE_LOGIC;
}

/* data NULL: `value` everywhere. */
static int write_dwords(struct card *card, const struct bar_view *view, uint64_t offset, const uint32_t *data,
                        uint32_t value, uint64_t dwords) {
    if (data && bulk_is_logic(view))
        return logic_write_block(view, offset, data, dwords);
    int code = reserve_design(card, view, offset, dwords * 4);
    for (uint64_t done = 0, step; done < dwords && !code; done += step) {
        uint64_t at = offset + done * 4;
        uint64_t run = is_direct(view) ? bulk_run(view, at, (dwords - done) * 4, true) / 4 : 0;
        step = run ? run : 1;
        if (!run)
            code = bus_write(card, view, at, 4, data ? data[done] : value);
        else if (data)
            code = storage_write(card, view, at, data + done, run * 4);
        else
            code = storage_fill(card, view, at, value, run);
        if (!code)
            code = card_whole();
    }
    return code;
}

HAL_EXPORT int fpga_pci_write_burst(pci_bar_handle_t handle, uint64_t offset, uint32_t *data, uint64_t dword_len) {
    struct card *card;
    const struct bar_view *view;
    if (!data || dword_len > UINT64_MAX / 4)
        return -EINVAL;
    int code = find_range(handle, offset, dword_len * 4, &card, &view);
    return code ? code : write_dwords(card, view, offset, data, 0, dword_len);
}

HAL_EXPORT int fpga_pci_memset(pci_bar_handle_t handle, uint64_t offset, uint32_t value, uint64_t dword_len) {
    struct card *card;
    const struct bar_view *view;
    if (dword_len > UINT64_MAX / 4)
        return -EINVAL;
    int code = find_range(handle, offset, dword_len * 4, &card, &view);
    return code ? code : write_dwords(card, view, offset, NULL, value, dword_len);
}

int bulk_read_lines(pci_bar_handle_t handle, uint64_t offset, void *data, uint64_t bytes) {
    struct card *card;
    const struct bar_view *view;
    if (!data || (offset | bytes) % BUS_LINE)
        return -EINVAL;
    int code = card_logic ? -EOPNOTSUPP : find_range(handle, offset, bytes, &card, &view);
    unsigned char *out = data;
    for (uint64_t end = offset + bytes, step; offset < end && !code; offset += step, out += step) {
        step = is_direct(view) ? bulk_run(view, offset, end - offset, false) : 0;
        if (step) {
            code = storage_read(view, offset, out, step);
        } else {
            uint64_t words[BUS_LINE / 8];
            code = bus_read_line(card, view, offset, words);
            memcpy(out, words, step = BUS_LINE);
        }
        if (!code)
            code = card_whole();
    }
    return code;
}

/* A pointer sees the stored bytes only: no policy, no model, no timeout. The shell's registers have none. */
HAL_EXPORT int fpga_pci_get_address(pci_bar_handle_t handle, uint64_t offset, uint64_t len, void **ptr) {
    struct card *card;
    const struct bar_view *view;
    if (!ptr)
        return -EINVAL;
    int code = handle_view(handle, &card, &view);
    if (code)
        return code;
    if (offset > view->size || len > view->size - offset)
        return -EINVAL;
    if (!view->storage || (card_logic && view->shape->kind == BAR_DESIGN))
        return -EOPNOTSUPP;
    /* With no length the caller means some, and nothing is known of it. */
    if (len == 0 && offset < view->size)
        len = 1;
    code = storage_reserve(card, view, offset, len);
    if (!code)
        *ptr = view->storage + offset;
    return code;
}
