/*
 * Memory of the host that a card reaches as a bus master, and a DMA engine that moves data between the host's memory
 * and the card's. A library exports this table where it has the one or the other; what it can't do is null.
 * Functions return 0 or a negative errno, and any thread may call them.
 */
#ifndef HAL_DMA_H
#define HAL_DMA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_DMA_API_VERSION 1u

/* Directions, as bits: what the card may do with the memory. */
enum { HAL_DMA_CARD_READS = 1, HAL_DMA_CARD_WRITES = 2 };

typedef struct hal_dma_api {
    uint32_t version, size;
    /* From now on the card reaches `bytes` of the process's memory at *address, which and whose end have at most so
     * many bits. Memory and bytes are whole pages of 4 KiB. -EINVAL, -ENOSPC, -ENOMEM, or what the IOMMU says. */
    int (*map)(int slot, void *memory, uint64_t bytes, uint32_t directions, uint32_t bits, uint64_t *address);
    /* No access to it is under way any more when this returns. -ENOENT: nothing begins at that address. */
    int (*unmap)(int slot, uint64_t address);
    /* The card's memory, at its own addresses, through the card's DMA engine. -EIO: nobody answered there. */
    int (*read)(int slot, uint64_t address, void *data, uint64_t bytes);
    int (*write)(int slot, uint64_t address, const void *data, uint64_t bytes);
    /* What an emulated card's logic does as a bus master; null where the logic does so itself. -EFAULT: no memory is
     * mapped there, or not all of it; -EACCES: not in this direction. What is read is all ones then. */
    int (*master_read)(int slot, uint64_t address, void *data, uint64_t bytes);
    int (*master_write)(int slot, uint64_t address, const void *data, uint64_t bytes);
} hal_dma_api;

const hal_dma_api *hal_dma_get_api(void);

#ifdef __cplusplus
}
#endif

#endif
