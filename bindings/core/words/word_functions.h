/* The SDK's accesses by way of one function of a library's own: step(handle, offset, width, is_write, value), width in
 * bits, as the core's hal_peek and hal_poke have them. */
#ifndef HAL_CORE_WORD_FUNCTIONS_H
#define HAL_CORE_WORD_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What is not read is 0. */
#define HAL_PEEK_BY(step, name, type)                                         \
    static int name(int handle, uint64_t offset, type *value) {               \
        uint64_t word = 0;                                                    \
        int code = step(handle, offset, 8 * (int)sizeof(type), false, &word); \
        *value = (type)word;                                                  \
        return code;                                                          \
    }

#define HAL_POKE_BY(step, name, type)                                    \
    static int name(int handle, uint64_t offset, type value) {           \
        uint64_t word = value;                                           \
        return step(handle, offset, 8 * (int)sizeof(type), true, &word); \
    }

#define HAL_WORD_FUNCTIONS(step)                                                           \
    HAL_PEEK_BY(step, step##_peek, uint32_t)                                               \
    HAL_PEEK_BY(step, step##_peek8, uint8_t)                                               \
    HAL_PEEK_BY(step, step##_peek64, uint64_t)                                             \
    HAL_POKE_BY(step, step##_poke, uint32_t)                                               \
    HAL_POKE_BY(step, step##_poke8, uint8_t)                                               \
    HAL_POKE_BY(step, step##_poke64, uint64_t)                                             \
    static int step##_burst(int handle, uint64_t offset, uint32_t *data, uint64_t count) { \
        int code = 0;                                                                      \
        for (uint64_t i = 0; i < count && code == 0; i++)                                  \
            code = step##_poke(handle, offset + 4 * i, data[i]);                           \
        return code;                                                                       \
    }

/* Them in an sdk_table. */
#define HAL_WORD_MEMBERS(step)                                                                                  \
    .bus.fpga_pci_peek = step##_peek, .bus.fpga_pci_peek8 = step##_peek8, .bus.fpga_pci_peek64 = step##_peek64, \
    .bus.fpga_pci_poke = step##_poke, .bus.fpga_pci_poke8 = step##_poke8, .bus.fpga_pci_poke64 = step##_poke64, \
    .bus.fpga_pci_write_burst = step##_burst

#endif
