/* Attached BARs: the process's table of handles. */
#ifndef HAL_PCI_HANDLES_H
#define HAL_PCI_HANDLES_H

#include "map/map.h"

enum { HANDLES_MAX = 64 }; /* as many as the vendor's library has */

#define GONE "the PCI function was removed or unplugged, or another driver took it"

extern struct mapping *_Atomic handles[HANDLES_MAX];

/* Where an access lies; null where there is nothing: no such handle, past the end, or not a multiple of its bytes. */
static inline struct mapping *mapping_at(pci_bar_handle_t handle, uint64_t offset, uint64_t bytes, unsigned unit) {
    if ((unsigned)handle >= HANDLES_MAX)
        return NULL;
    struct mapping *mapping = atomic_load_explicit(&handles[handle], memory_order_acquire);
    if (!mapping || offset > mapping->size || bytes > mapping->size - offset || (offset & (unit - 1)))
        return NULL;
    return mapping;
}

/* ---- slots.c ---- */

struct fpga_slot_spec spec_of(const hal_pci_function *function);

#endif
