/* The host's memory as the card's logic reaches it, and the engine that moves data to and from the card's own. */
#ifndef HAL_CARD_DMA_H
#define HAL_CARD_DMA_H

#include "hal_dma.h"
#include "sdk/sdk.h"

/* ---- host_memory.c: an IOMMU of this process ---- */

int host_map(int slot_id, void *memory, uint64_t bytes, uint32_t directions, uint32_t bits, uint64_t *address);
bool host_is_mapped(int slot_id, uint64_t address);
int host_unmap(int slot_id, uint64_t address);
/* One direction. `strobes`: of a write, a bit for each byte of at most 64; NULL: all. */
int host_access(int slot_id, uint64_t address, uint8_t *data, uint64_t bytes, uint32_t direction,
                const uint64_t *strobes);

/* ---- master.c: what that does to the slot's metrics ---- */

int master_access(int slot_id, uint64_t address, uint8_t *data, uint64_t bytes, uint32_t direction,
                  const uint64_t *strobes);

/* ---- engine.c: the card's memory behind PCIS ---- */

int engine_read(int slot_id, uint64_t address, void *data, uint64_t bytes);
int engine_write(int slot_id, uint64_t address, const void *data, uint64_t bytes);

#endif
