/* The DMA engine: it moves data between memory and what lies behind PCIS, the addresses of application BAR 4, by the
 * rules of that bus. Plain memory goes in runs, everything else word by word. */
#include <errno.h>
#include <string.h>

#include "dma/dma.h"

struct transfer {
    struct card *card;
    const struct bar_view *view;
    uint64_t address;
    uint8_t *data; /* only read where is_write */
    bool is_write;
};

/* Bytes of the next access: words where it is aligned, and single bytes before and behind. */
static unsigned step_of(uint64_t address, uint64_t left) {
    return address % 4 == 0 && left >= 4 ? 4 : 1;
}

static int move_word(const struct transfer *way, unsigned bytes) {
    uint64_t value = 0;
    if (way->is_write) {
        memcpy(&value, way->data, bytes);
        return bus_write(way->card, way->view, way->address, bytes, value);
    }
    int code = bus_read(way->card, way->view, way->address, bytes, &value);
    memcpy(way->data, &value, bytes);
    return code;
}

static int move_run(const struct transfer *way, uint64_t bytes) {
    return way->is_write ? storage_write(way->card, way->view, way->address, way->data, bytes)
                         : storage_read(way->view, way->address, way->data, bytes);
}

/* Logic takes a burst as one. */
static uint64_t logic_run(const struct transfer *way, uint64_t left) {
    return way->is_write && way->address % 4 == 0 && (uintptr_t)way->data % 4 == 0 && bulk_is_logic(way->view)
               ? left & ~UINT64_C(3)
               : 0;
}

/* Nobody looks. What single reads take, transfers don't. */
static uint64_t plain_run(const struct transfer *way, uint64_t left) {
    uint32_t looks = atomic_load_explicit(&observed[way->view->slot_id], memory_order_relaxed) & ~OBSERVE_PACE;
    return looks || !view_answers(way->view) || memories_are_heard(way->view)
               ? 0
               : bulk_run(way->view, way->address, left, way->is_write);
}

static int move(struct transfer *way, uint64_t bytes) {
    int code = 0;
    for (uint64_t left = bytes, step; left && !code; left -= step, way->address += step, way->data += step) {
        uint64_t burst = logic_run(way, left);
        uint64_t run = burst ? 0 : plain_run(way, left);
        step = burst ? burst : run;
        if (burst)
            code = logic_write_block(way->view, way->address, (const uint32_t *)(const void *)way->data, burst / 4);
        else if (run)
            code = move_run(way, run);
        else
            code = move_word(way, (unsigned)(step = step_of(way->address, left)));
        if (!code)
            code = card_whole();
    }
    return code;
}

/* The engine's driver sees an error where the shell had to end an access for the logic. */
static int transfer(int slot_id, uint64_t address, uint8_t *data, uint64_t bytes, bool is_write) {
    struct transfer way = {.address = address, .data = data, .is_write = is_write};
    struct slot_state *slot;
    int code = data || !bytes ? card_find_slot(slot_id, &way.card, &slot) : -EINVAL;
    if (!code)
        code = slot_settle(way.card, slot_id);
    if (code)
        return code;
    way.view = &way.card->views[slot_id][BAR_APP4];
    if (address > way.view->size || bytes > way.view->size - address)
        return -EINVAL;
    uint32_t before = atomic_load(&slot->pcis.count);
    if (bytes && !view_answers(way.view))
        slot_bus_timeout(slot, BUS_PCIS, address);
    else
        code = move(&way, bytes);
    return code ? code : atomic_load(&slot->pcis.count) != before ? -EIO : 0;
}

int engine_read(int slot_id, uint64_t address, void *data, uint64_t bytes) {
    return transfer(slot_id, address, data, bytes, false);
}

int engine_write(int slot_id, uint64_t address, const void *data, uint64_t bytes) {
    return transfer(slot_id, address, (uint8_t *)(uintptr_t)data, bytes, true);
}
