/* The card's logic as a bus master: what reaches no memory is counted as the shell counts it. */
#include <errno.h>
#include <string.h>

#include "dma/dma.h"
#include "hal_logic.h"

#define BYTES_MAX (UINT64_C(1) << 30) /* in one call */

int master_access(int slot_id, uint64_t address, uint8_t *data, uint64_t bytes, uint32_t direction,
                  const uint64_t *strobes) {
    struct card *card;
    struct slot_state *slot;
    bool reads = direction == HAL_DMA_CARD_READS;
    int code = data && bytes <= BYTES_MAX ? card_find_slot(slot_id, &card, &slot) : -EINVAL;
    if (code)
        return code;
    atomic_fetch_add_explicit(reads ? &slot->pcim_reads : &slot->pcim_writes, 1, memory_order_relaxed);
    code = host_access(slot_id, address, data, bytes, direction, strobes);
    if (code) {
        slot_pcim_error(slot, address);
        if (reads)
            memset(data, 0xFF, bytes);
    }
    return code;
}

int hal_logic_is_mapped(uint64_t address) {
    return host_is_mapped(0, address);
}

int hal_logic_master_read(uint64_t address, void *data, uint64_t bytes) {
    return master_access(0, address, data, bytes, HAL_DMA_CARD_READS, NULL);
}

int hal_logic_master_write(uint64_t address, const void *data, uint64_t bytes, uint64_t strobes) {
    return master_access(0, address, (uint8_t *)(uintptr_t)data, bytes, HAL_DMA_CARD_WRITES, &strobes);
}
