/* Memory of the process that a card reaches, and transfers of its DMA engine, which let the interpreter's other threads
 * run. */
#include "library/library.h"

static int find(const hal_library *library, int slot) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX)
        return HAL_E_ARGUMENT;
    return library->dma ? 0 : HAL_E_MISSING;
}

int hal_dma_abilities(const hal_library *library) {
    const hal_dma_api *dma = library ? library->dma : NULL;
    if (!dma)
        return 0;
    return (dma->map && dma->unmap ? HAL_DMA_MAPS : 0) | (dma->read && dma->write ? HAL_DMA_MOVES : 0) |
           (dma->master_read && dma->master_write ? HAL_DMA_MASTERS : 0);
}

int hal_dma_map(hal_library *library, int slot, void *memory, uint64_t bytes, uint32_t directions, uint32_t bits,
                uint64_t *address) {
    int code = memory && address ? find(library, slot) : HAL_E_ARGUMENT;
    if (code == 0 && !library->dma->map)
        code = HAL_E_MISSING;
    return code ? code : library->dma->map(slot, memory, bytes, directions, bits, address);
}

int hal_dma_unmap(hal_library *library, int slot, uint64_t address) {
    int code = find(library, slot);
    if (code == 0 && !library->dma->unmap)
        code = HAL_E_MISSING;
    if (code)
        return code;
    void *state = hal_gate_leave(); /* it waits for accesses that are under way */
    code = library->dma->unmap(slot, address);
    hal_gate_enter(state);
    return code;
}

int hal_dma_read(hal_library *library, int slot, uint64_t address, void *data, uint64_t bytes) {
    int code = data ? find(library, slot) : HAL_E_ARGUMENT;
    if (code == 0 && !library->dma->read)
        code = HAL_E_MISSING;
    if (code)
        return code;
    void *state = hal_gate_leave();
    code = library->dma->read(slot, address, data, bytes);
    hal_gate_enter(state);
    return code;
}

int hal_dma_write(hal_library *library, int slot, uint64_t address, const void *data, uint64_t bytes) {
    int code = data ? find(library, slot) : HAL_E_ARGUMENT;
    if (code == 0 && !library->dma->write)
        code = HAL_E_MISSING;
    if (code)
        return code;
    void *state = hal_gate_leave();
    code = library->dma->write(slot, address, data, bytes);
    hal_gate_enter(state);
    return code;
}

/* Short, in a model's events: other threads do not run. */
int hal_master_read(hal_library *library, int slot, uint64_t address, void *data, uint64_t bytes) {
    int code = data ? find(library, slot) : HAL_E_ARGUMENT;
    if (code == 0 && !library->dma->master_read)
        code = HAL_E_MISSING;
    return code ? code : library->dma->master_read(slot, address, data, bytes);
}

int hal_master_write(hal_library *library, int slot, uint64_t address, const void *data, uint64_t bytes) {
    int code = data ? find(library, slot) : HAL_E_ARGUMENT;
    if (code == 0 && !library->dma->master_write)
        code = HAL_E_MISSING;
    return code ? code : library->dma->master_write(slot, address, data, bytes);
}
