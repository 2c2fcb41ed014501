/* The table of hal_dma.h: argument checks in front of what the other files do. */
#include <errno.h>

#include "dma/dma.h"

static int find_slot(int slot_id) {
    struct card *card;
    struct slot_state *slot;
    return card_find_slot(slot_id, &card, &slot);
}

static int api_map(int slot, void *memory, uint64_t bytes, uint32_t directions, uint32_t bits, uint64_t *address) {
    int code = find_slot(slot);
    return code ? code : host_map(slot, memory, bytes, directions, bits, address);
}

static int api_unmap(int slot, uint64_t address) {
    int code = find_slot(slot);
    return code ? code : host_unmap(slot, address);
}

static int api_master_read(int slot, uint64_t address, void *data, uint64_t bytes) {
    return master_access(slot, address, data, bytes, HAL_DMA_CARD_READS, NULL);
}

static int api_master_write(int slot, uint64_t address, const void *data, uint64_t bytes) {
    return master_access(slot, address, (uint8_t *)(uintptr_t)data, bytes, HAL_DMA_CARD_WRITES, NULL);
}

HAL_EXPORT const hal_dma_api *hal_dma_get_api(void) {
    static const hal_dma_api api = {HAL_DMA_API_VERSION, sizeof(hal_dma_api), api_map,         api_unmap,
                                    engine_read,         engine_write,        api_master_read, api_master_write};
    return &api;
}
