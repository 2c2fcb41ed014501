/* Many words in one call. Longer transfers let the interpreter's other threads run. */
#include <string.h>

#include "bulk/bulk.h"

int hal_begin_transfer(passage *way, hal_bar *bar, uint32_t generation, uint64_t reads, uint64_t writes) {
    int code = hal_bar_enter(bar, generation);
    way->generation = generation;
    if (code == 0 && writes)
        way->errand = (errand){bar, 0, writes > KEEP_LOCK_WORDS ? hal_gate_leave() : NULL, 0};
    else if (code == 0)
        way->errand = hal_set_out(bar, reads);
    return code;
}

int hal_end_transfer(const passage *way, int code) {
    code = hal_reason(way->errand.bar, way->generation, code);
    hal_bar_leave(way->errand.bar);
    hal_come_back(&way->errand, code);
    return code;
}

static int check_block(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data,
                       uint64_t count) {
    if (!bar || (!data && count))
        return HAL_E_ARGUMENT;
    int code = hal_state(bar, generation);
    return code ? code : hal_check_span(bar, offset, width, count);
}

static int read_aligned32(const hal_bar *bar, uint64_t offset, any_word32 *out, uint64_t count) {
    int (*peek)(int, uint64_t, uint32_t *) = bar->bus->fpga_pci_peek;
    int handle = hal_handle(bar), code = 0;
    for (const any_word32 *end = out + count; out != end && code == 0; out++, offset += 4)
        code = peek(handle, offset, out);
    return code;
}

static int read_aligned64(const hal_bar *bar, uint64_t offset, any_word64 *out, uint64_t count) {
    int (*peek)(int, uint64_t, uint64_t *) = bar->bus->fpga_pci_peek64;
    int handle = hal_handle(bar), code = 0;
    for (const any_word64 *end = out + count; out != end && code == 0; out++, offset += 8)
        code = peek(handle, offset, out);
    return code;
}

int hal_read_run(const hal_bar *bar, uint64_t offset, int width, unsigned char *out, uint64_t count) {
    uint64_t step = (uint64_t)width / 8;
    int code = 0;
    if (hal_whole_of(bar->bus))
        return count ? hal_whole_of(bar->bus)->read_block(bar, offset, width, out, count) : 0;
    if (width == 32 && (uintptr_t)out % 4 == 0)
        return read_aligned32(bar, offset, (any_word32 *)(void *)out, count);
    if (width == 64 && (uintptr_t)out % 8 == 0)
        return read_aligned64(bar, offset, (any_word64 *)(void *)out, count);
    for (uint64_t i = 0; i < count && code == 0; i++) {
        uint64_t word = 0;
        code = hal_bus_read(bar, offset + step * i, width, &word);
        if (code == 0)
            memcpy(out + step * i, &word, step); /* little-endian: the low end */
    }
    return code;
}

/* count words of width bits, from rising addresses, into data; data needs no alignment. */
int hal_read_block(hal_bar *bar, uint32_t generation, uint64_t offset, int width, void *data, uint64_t count) {
    int code = check_block(bar, generation, offset, width, data, count);
    passage way;
    if (code == 0)
        code = hal_begin_transfer(&way, bar, generation, count, 0);
    if (code)
        return code;
    code = hal_read_run(bar, offset, width, data, count);
    return hal_end_transfer(&way, code);
}

/* The vendor's burst takes aligned 32-bit words; everything else is poked word by word. */
static int write_words(const hal_bar *bar, uint64_t offset, int width, const unsigned char *in, uint64_t count) {
    const hal_bus *bus = bar->bus;
    int handle = hal_handle(bar), code = 0;
    if (hal_whole_of(bus))
        return hal_whole_of(bus)->write_block(bar, offset, width, in, count);
    if (width == 32) {
        if (bus->fpga_pci_write_burst && count > 1 && (uintptr_t)in % 4 == 0)
            return bus->fpga_pci_write_burst(handle, offset, (uint32_t *)(uintptr_t)in, count);
        for (uint64_t i = 0; i < count && code == 0; i++) {
            uint32_t word;
            memcpy(&word, in + 4 * i, 4);
            code = bus->fpga_pci_poke(handle, offset + 4 * i, word);
        }
    } else if (width == 64) {
        for (uint64_t i = 0; i < count && code == 0; i++) {
            uint64_t word;
            memcpy(&word, in + 8 * i, 8);
            code = bus->fpga_pci_poke64(handle, offset + 8 * i, word);
        }
    } else {
        for (uint64_t i = 0; i < count && code == 0; i++)
            code = bus->fpga_pci_poke8(handle, offset + i, in[i]);
    }
    return code;
}

void hal_drain_writes(void) {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

int hal_write_block(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data, uint64_t count) {
    int code = check_block(bar, generation, offset, width, data, count);
    passage way;
    if (code == 0)
        code = hal_begin_transfer(&way, bar, generation, 0, count);
    if (code)
        return code;
    code = write_words(bar, offset, width, data, count);
    hal_drain_writes();
    return hal_end_transfer(&way, code);
}

/* count 32-bit words of the same value. */
int hal_fill(hal_bar *bar, uint32_t generation, uint64_t offset, uint32_t value, uint64_t count) {
    int code = check_block(bar, generation, offset, 32, &value, count);
    passage way;
    if (code == 0 && !bar->bus->fpga_pci_memset)
        code = HAL_E_MISSING;
    if (code == 0)
        code = hal_begin_transfer(&way, bar, generation, 0, count);
    if (code)
        return code;
    code = count ? bar->bus->fpga_pci_memset(hal_handle(bar), offset, value, count) : 0;
    hal_drain_writes();
    return hal_end_transfer(&way, code);
}

/* ---- By handle, at any offset, as the vendor's library takes it ---- */

static int begin_at(passage *way, hal_library *library, int handle, uint64_t offset, const void *data, uint64_t count) {
    hal_bar *bar = NULL;
    int code = data || count == 0 ? hal_bar_of(library, handle, &bar) : HAL_E_ARGUMENT;
    if (code == 0)
        code = count > UINT64_MAX / 4 ? HAL_E_RANGE : hal_check_reach(bar, offset, 4 * count);
    return code ? code : hal_begin_transfer(way, bar, hal_generation(bar), 0, count);
}

/* count 32-bit words of data. */
int hal_burst_at(hal_library *library, int handle, uint64_t offset, const void *data, uint64_t count) {
    passage way;
    int code = begin_at(&way, library, handle, offset, data, count);
    if (code)
        return code;
    code = write_words(way.errand.bar, offset, 32, data, count);
    hal_drain_writes();
    return hal_end_transfer(&way, code);
}

/* count 32-bit words of the same value. */
int hal_fill_at(hal_library *library, int handle, uint64_t offset, uint32_t value, uint64_t count) {
    passage way;
    if (library && !library->sdk.bus.fpga_pci_memset)
        return HAL_E_MISSING;
    int code = begin_at(&way, library, handle, offset, &value, count);
    if (code)
        return code;
    code = count ? library->sdk.bus.fpga_pci_memset(handle, offset, value, count) : 0;
    hal_drain_writes();
    return hal_end_transfer(&way, code);
}

/* Where the library has mapped bytes at offset. The pointer is the caller's risk: it dies with the mapping. */
int hal_address(hal_library *library, int handle, uint64_t offset, uint64_t bytes, uint64_t *address) {
    hal_bar *bar = NULL;
    int code = address ? hal_bar_of(library, handle, &bar) : HAL_E_ARGUMENT;
    if (code == 0 && (offset > bar->size || bytes > bar->size - offset))
        code = HAL_E_RANGE;
    if (code == 0 && !library->sdk.fpga_pci_get_address)
        code = HAL_E_MISSING;
    void *pointer = NULL;
    if (code == 0)
        code = library->sdk.fpga_pci_get_address(handle, offset, bytes, &pointer);
    if (code == 0)
        *address = (uint64_t)(uintptr_t)pointer;
    return code;
}
