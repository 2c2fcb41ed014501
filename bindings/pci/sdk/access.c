/* Accesses: each as wide as it was asked for, once, and in order. Whether it reached anything is looked at afterwards:
 * what goes away is noticed by the access that meets it. */
#define _GNU_SOURCE
#include <errno.h>

#include "sdk/handles.h"

/* The guard runs in the same thread, in the middle of the access. */
static inline bool is_lost(const struct mapping *mapping) {
    atomic_signal_fence(memory_order_seq_cst);
    return __builtin_expect(atomic_load_explicit(&mapping->lost, memory_order_relaxed), 0);
}

static __attribute__((noinline)) int gone(void) {
    return say(-ESTALE, "%s", GONE);
}

static inline int outcome(const struct mapping *mapping) {
    return is_lost(mapping) ? gone() : 0;
}

/* All ones is what a bus carries where nobody answers, so it is looked at. */
#define PEEK(name, type)                                                                  \
    HAL_EXPORT int name(pci_bar_handle_t handle, uint64_t offset, type *value) {          \
        struct mapping *mapping = mapping_at(handle, offset, sizeof(type), sizeof(type)); \
        if (__builtin_expect(!mapping || !value, 0))                                      \
            return -EINVAL;                                                               \
        type word = *(volatile type *)(void *)(mapping->base + offset);                   \
        *value = word;                                                                    \
        if (__builtin_expect(word == (type) - 1, 0))                                      \
            return is_lost(mapping) ? gone() : mapping_answers(mapping, offset);          \
        return outcome(mapping);                                                          \
    }

#define POKE(name, type)                                                                        \
    HAL_EXPORT int name(pci_bar_handle_t handle, uint64_t offset, type value) {                 \
        const struct mapping *mapping = mapping_at(handle, offset, sizeof(type), sizeof(type)); \
        if (__builtin_expect(!mapping, 0))                                                      \
            return -EINVAL;                                                                     \
        *(volatile type *)(void *)(mapping->base + offset) = value;                             \
        return outcome(mapping);                                                                \
    }

PEEK(fpga_pci_peek, uint32_t)
PEEK(fpga_pci_peek8, uint8_t)
PEEK(fpga_pci_peek64, uint64_t)
POKE(fpga_pci_poke, uint32_t)
POKE(fpga_pci_poke8, uint8_t)
POKE(fpga_pci_poke64, uint64_t)

static const struct mapping *words_at(pci_bar_handle_t handle, uint64_t offset, uint64_t dwords) {
    return dwords > UINT64_MAX / 4 ? NULL : mapping_at(handle, offset, dwords * 4, 4);
}

/* Stops soon after the mapping is lost: each further page of it would have to be caught. */
static int store_words(const struct mapping *mapping, uint64_t offset, const uint32_t *data, uint64_t dwords,
                       bool same) {
    enum { LOOK = 1024 };
    volatile uint32_t *to = (volatile uint32_t *)(void *)(mapping->base + offset);
    for (uint64_t i = 0; i < dwords; i++) {
        to[i] = data[same ? 0 : i];
        if (i % LOOK == 0 && is_lost(mapping))
            break;
    }
    if (mapping->combines)
        atomic_thread_fence(memory_order_seq_cst); /* what was combined leaves */
    return outcome(mapping);
}

HAL_EXPORT int fpga_pci_write_burst(pci_bar_handle_t handle, uint64_t offset, uint32_t *data, uint64_t dword_len) {
    const struct mapping *mapping = words_at(handle, offset, dword_len);
    return mapping && data ? store_words(mapping, offset, data, dword_len, false) : -EINVAL;
}

HAL_EXPORT int fpga_pci_memset(pci_bar_handle_t handle, uint64_t offset, uint32_t value, uint64_t dword_len) {
    const struct mapping *mapping = words_at(handle, offset, dword_len);
    return mapping ? store_words(mapping, offset, &value, dword_len, true) : -EINVAL;
}

HAL_EXPORT int fpga_pci_get_address(pci_bar_handle_t handle, uint64_t offset, uint64_t len, void **ptr) {
    const struct mapping *mapping = mapping_at(handle, offset, len, 1);
    if (!mapping || !ptr)
        return -EINVAL;
    *ptr = mapping->base + offset;
    return outcome(mapping);
}
