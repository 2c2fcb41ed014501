/* The hot path of the core, for what is compiled with it: an attached BAR from the inside, and one bus access of it.
 * hal_core.h is for everybody else. */
#ifndef HAL_BUS_H
#define HAL_BUS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "hal_core.h"

/* Every function of the SDK that accesses a BAR: result, name, arguments, and whether nothing works without it. */
#define HAL_BUS_FUNCTIONS(X)                                                   \
    X(int, fpga_pci_peek, (int, uint64_t, uint32_t *), true)                   \
    X(int, fpga_pci_peek8, (int, uint64_t, uint8_t *), true)                   \
    X(int, fpga_pci_peek64, (int, uint64_t, uint64_t *), true)                 \
    X(int, fpga_pci_poke, (int, uint64_t, uint32_t), true)                     \
    X(int, fpga_pci_poke8, (int, uint64_t, uint8_t), true)                     \
    X(int, fpga_pci_poke64, (int, uint64_t, uint64_t), true)                   \
    X(int, fpga_pci_write_burst, (int, uint64_t, uint32_t *, uint64_t), false) \
    X(int, fpga_pci_memset, (int, uint64_t, uint32_t, uint64_t), false)

#define HAL_FUNCTION_MEMBER(result, name, arguments, required) result(*name) arguments;

struct hal_awaited;

/* Accesses of many words that a library makes as a whole, where each of its words would be a message to another host.
 * All are of one BAR, which the caller has entered, and their places are checked. */
typedef struct hal_whole {
    /* Steps from *op on, which moves to the first one that was not made; ones: set when a word that was read is so. */
    int (*run)(hal_op **op, const hal_op *end, bool *ones);
    /* As hal_sweep_read, looks after all ones included, and hal_sweep_write; none of several remembered words. */
    int (*sweep_read)(const hal_sweep *sweeps, size_t count, uint64_t *values, size_t *done);
    int (*sweep_write)(const hal_sweep *sweeps, size_t count, const uint64_t *values, const uint8_t *wanted,
                       size_t *done);
    /* As hal_read_words (kind: HAL_OP_READ), hal_write_words, hal_update_words; special: stable, or whole. */
    int (*words)(const hal_port *first, int kind, int count, int order, int special, const uint64_t *keep,
                 uint64_t *words);
    /* As hal_wait. */
    int (*wait)(struct hal_awaited *awaited, double seconds, double interval, double waited, int asks);
    /* Blocks of words, and hal_read_wide where reads is more than width, whose offset is of words. */
    int (*read_block)(const hal_bar *bar, uint64_t offset, int width, void *data, uint64_t count);
    int (*write_block)(const hal_bar *bar, uint64_t offset, int width, const void *data, uint64_t count);
    int (*read_wide)(const hal_bar *bar, uint64_t offset, int width, int reads, void *data, uint64_t bytes);
} hal_whole;

typedef struct hal_bus {
    HAL_BUS_FUNCTIONS(HAL_FUNCTION_MEMBER)
    const hal_whole *_Atomic whole; /* null where every access is quick by itself */
} hal_bus;

static inline const hal_whole *hal_whole_of(const hal_bus *bus) {
    return atomic_load_explicit(&bus->whole, memory_order_relaxed);
}

struct hal_bar_lock;

/* One attached BAR: with a handle of its own, or one more user of another's. Lives as long as its library, so a port
 * may keep pointing at it: the generation tells whether what was attached then is what is attached now. */
struct hal_bar {
    const hal_bus *bus;                 /* its library's functions */
    struct hal_bar_lock *_Atomic lock;  /* of all handles of this BAR */
    const _Atomic uint32_t *incidents;  /* of its interface: looks that found new timeouts */
    _Atomic uint32_t generation, users; /* users: what is under way without the interpreter's lock */
    _Atomic uint32_t read_ns, looks;    /* what one of many reads took, of so many times; 0: not known */
    _Atomic int32_t handle;             /* the library's number for it; -1 before the first */
    _Atomic uint32_t designs;           /* its slot's, when it was attached */
    uint64_t size;                      /* bytes */
    hal_library *library;
    _Atomic int32_t slot, pf, bar;
    atomic_bool attached;   /* false from the moment on that it is given back; what is under way still ends */
    _Atomic int32_t closed; /* the HAL_E_* that explains why an old generation is gone */
    _Atomic uint64_t
        retiring;          /* what is still to be given back to the library: its generation, twice; odd while it is */
    atomic_bool inherited; /* attached by the parent process, and not yet given back here */
    /* Guarded by the lock of the library's table: */
    hal_bar *owner;   /* whose handle it shares; null where that is its own */
    uint32_t sharers; /* of its own handle */
    bool lingers;     /* given back, and its handle not yet: others share it */
    bool has_design;  /* it was attached for a design, and may be shared */
    uint32_t flags;
    uint64_t design;
};

static inline uint32_t hal_generation(const hal_bar *bar) {
    return atomic_load_explicit(&bar->generation, memory_order_acquire);
}

static inline int hal_why_closed(const hal_bar *bar) {
    return atomic_load_explicit(&bar->closed, memory_order_relaxed);
}

/* The library's number for what is attached here. */
static inline int hal_handle(const hal_bar *bar) {
    return atomic_load_explicit(&bar->handle, memory_order_relaxed);
}

/* 0 while what the port was made for is still attached, else why not. */
static inline int hal_port_alive(const hal_port *port) {
    return hal_generation(port->bar) == port->generation ? 0 : hal_why_closed(port->bar);
}

static inline uint64_t hal_ones_of(int bits) {
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* One bus access of an already checked offset. */
static inline int hal_bus_read(const hal_bar *bar, uint64_t offset, int width, uint64_t *value) {
    const hal_bus *bus = bar->bus;
    int code;
    if (width == 32) {
        uint32_t word = 0;
        code = bus->fpga_pci_peek(hal_handle(bar), offset, &word);
        *value = word;
    } else if (width == 64) {
        *value = 0;
        code = bus->fpga_pci_peek64(hal_handle(bar), offset, value);
    } else {
        uint8_t byte = 0;
        code = bus->fpga_pci_peek8(hal_handle(bar), offset, &byte);
        *value = byte;
    }
    return code;
}

static inline int hal_bus_write(const hal_bar *bar, uint64_t offset, int width, uint64_t value) {
    const hal_bus *bus = bar->bus;
    if (width == 32)
        return bus->fpga_pci_poke(hal_handle(bar), offset, (uint32_t)value);
    if (width == 64)
        return bus->fpga_pci_poke64(hal_handle(bar), offset, value);
    return bus->fpga_pci_poke8(hal_handle(bar), offset, (uint8_t)value);
}

/* Inside of the core and what is compiled with it: the memory answers, and lacks a bit. */
enum { HAL_E_FORGOTTEN = -2101 };

/* A word for the port's field without the bus: 0, HAL_E_FORGOTTEN, or 1 where no memory answers. */
static inline int hal_memo_look(const hal_port *port, uint64_t *word) {
    const hal_memo *memo = port->memo;
    if (__builtin_expect(!memo, 1) || !memo->answers)
        return 1;
    uint64_t field = port->mask << port->shift;
    if (field & ~atomic_load_explicit(&memo->known, memory_order_acquire))
        return HAL_E_FORGOTTEN;
    *word = atomic_load_explicit(&memo->value, memory_order_acquire);
    return 0;
}

/* The port's field of a word, or of the code of its read: see hal_get. */
static inline int64_t hal_port_value(const hal_port *port, int code, uint64_t word) {
    if (__builtin_expect(code != 0, 0))
        return code < 0 ? code : -10000 - (int64_t)code;
    return (int64_t)((word >> port->shift) & port->mask);
}

/* hal_get where the interpreter has a lock, which the caller holds; HAL_E_FORGOTTEN: hal_get64 does it. */
static inline int64_t hal_port_get(const hal_port *port) {
    uint64_t word = 0;
    int code = hal_port_alive(port);
    if (__builtin_expect(code == 0, 1)) {
        code = hal_memo_look(port, &word);
        if (__builtin_expect(code > 0, 1))
            code = hal_bus_read(port->bar, port->offset, port->width, &word);
    }
    return hal_port_value(port, code, word);
}

#endif
