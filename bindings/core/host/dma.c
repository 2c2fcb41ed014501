/* Memory of the process that a card reaches, and transfers of its DMA engine, which let the interpreter's other threads
 * run. */
#include "library/library.h"

/* Calls function of the library's table for slot, when the library has it and the arguments hold; leaves: with the
 * interpreter's lock open. */
#define CALL(function, condition, leaves, ...)                             \
    do {                                                                   \
        if (!library || slot < 0 || slot >= FPGA_SLOT_MAX || !(condition)) \
            return HAL_E_ARGUMENT;                                         \
        if (!library->dma || !library->dma->function)                      \
            return HAL_E_MISSING;                                          \
        void *state = (leaves) ? hal_gate_leave() : NULL;                  \
        int code = library->dma->function(slot, __VA_ARGS__);              \
        hal_gate_enter(state);                                             \
        return code;                                                       \
    } while (0)

int hal_dma_abilities(const hal_library *library) {
    const hal_dma_api *dma = library ? library->dma : NULL;
    if (!dma)
        return 0;
    return (dma->map && dma->unmap ? HAL_DMA_MAPS : 0) | (dma->read && dma->write ? HAL_DMA_MOVES : 0) |
           (dma->master_read && dma->master_write ? HAL_DMA_MASTERS : 0);
}

int hal_dma_map(hal_library *library, int slot, void *memory, uint64_t bytes, uint32_t directions, uint32_t bits,
                uint64_t *address) {
    CALL(map, memory && address, false, memory, bytes, directions, bits, address);
}

/* It waits for accesses that are under way. */
int hal_dma_unmap(hal_library *library, int slot, uint64_t address) {
    CALL(unmap, true, true, address);
}

int hal_dma_read(hal_library *library, int slot, uint64_t address, void *data, uint64_t bytes) {
    CALL(read, data, true, address, data, bytes);
}

int hal_dma_write(hal_library *library, int slot, uint64_t address, const void *data, uint64_t bytes) {
    CALL(write, data, true, address, data, bytes);
}

/* Short, in a model's events: other threads do not run. */
int hal_master_read(hal_library *library, int slot, uint64_t address, void *data, uint64_t bytes) {
    CALL(master_read, data, false, address, data, bytes);
}

int hal_master_write(hal_library *library, int slot, uint64_t address, const void *data, uint64_t bytes) {
    CALL(master_write, data, false, address, data, bytes);
}
