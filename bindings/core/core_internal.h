/* What the core's files share: the table of the library's functions, locks, and the gate. */
#ifndef HAL_CORE_INTERNAL_H
#define HAL_CORE_INTERNAL_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "hal_core.h"

/* Every function of the SDK that is used: result, name, arguments, and whether nothing works without it. */
#define SDK_FUNCTIONS(X)                                                                                      \
    X(int, fpga_pci_init, (void), true)                                                                       \
    X(int, fpga_pci_attach, (int, int, int, uint32_t, int *), true)                                           \
    X(int, fpga_pci_detach, (int), true)                                                                      \
    X(int, fpga_pci_peek, (int, uint64_t, uint32_t *), true)                                                  \
    X(int, fpga_pci_peek8, (int, uint64_t, uint8_t *), true)                                                  \
    X(int, fpga_pci_peek64, (int, uint64_t, uint64_t *), true)                                                \
    X(int, fpga_pci_poke, (int, uint64_t, uint32_t), true)                                                    \
    X(int, fpga_pci_poke8, (int, uint64_t, uint8_t), true)                                                    \
    X(int, fpga_pci_poke64, (int, uint64_t, uint64_t), true)                                                  \
    X(int, fpga_pci_get_resource_map, (int, int, struct fpga_pci_resource_map *), true)                       \
    X(int, fpga_pci_write_burst, (int, uint64_t, uint32_t *, uint64_t), false)                                \
    X(int, fpga_pci_memset, (int, uint64_t, uint32_t, uint64_t), false)                                       \
    X(int, fpga_pci_get_address, (int, uint64_t, uint64_t, void **), false)                                   \
    X(int, fpga_pci_get_slot_spec, (int, struct fpga_slot_spec *), false)                                     \
    X(int, fpga_pci_get_all_slot_specs, (struct fpga_slot_spec *, int), false)                                \
    X(int, fpga_pci_rescan_slot_app_pfs, (int), false)                                                        \
    X(int, fpga_mgmt_init, (void), true)                                                                      \
    X(int, fpga_mgmt_describe_local_image, (int, struct fpga_mgmt_image_info *, uint32_t), true)              \
    X(const char *, fpga_mgmt_strerror, (int), false)                                                         \
    X(const char *, fpga_mgmt_strerror_long, (int), false)                                                    \
    X(const char *, fpga_mgmt_get_status_name, (int), false)                                                  \
    X(void, fpga_mgmt_set_cmd_timeout, (uint32_t), false)                                                     \
    X(void, fpga_mgmt_set_cmd_delay_msec, (uint32_t), false)                                                  \
    X(int, fpga_mgmt_get_status, (int, int *, int *), false)                                                  \
    X(int, fpga_mgmt_load_local_image, (int, char *), true)                                                   \
    X(int, fpga_mgmt_load_local_image_flags, (int, char *, uint32_t), false)                                  \
    X(int, fpga_mgmt_load_local_image_sync_flags,                                                             \
      (int, char *, uint32_t, uint32_t, uint32_t, struct fpga_mgmt_image_info *), false)                      \
    X(int, fpga_mgmt_clear_local_image, (int), true)                                                          \
    X(int, fpga_mgmt_clear_local_image_sync, (int, uint32_t, uint32_t, struct fpga_mgmt_image_info *), false) \
    X(int, fpga_mgmt_get_vLED_status, (int, uint16_t *), false)                                               \
    X(int, fpga_mgmt_get_vDIP_status, (int, uint16_t *), false)                                               \
    X(int, fpga_mgmt_set_vDIP, (int, uint16_t), false)                                                        \
    X(int, aws_clkgen_get_dynamic, (int, struct fpga_clkgen_info *), false)                                   \
    X(int, aws_clkgen_set_recipe, (int, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t), false)             \
    X(int, aws_clkgen_set_dynamic, (int, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t), false)

typedef struct sdk_table {
#define SDK_MEMBER(result, name, arguments, required) result(*name) arguments;
    SDK_FUNCTIONS(SDK_MEMBER)
#undef SDK_MEMBER
} sdk_table;

struct hal_library {
    sdk_table sdk;
    const hal_card_api *card; /* null unless the library is the emulated card */
    char *path;
    void *image;                                                             /* dlopen's handle */
    bool started;                                                            /* its init functions have run */
    pthread_mutex_t attach_lock;                                             /* attach and detach */
    pthread_mutex_t service_lock[FPGA_SLOT_MAX];                             /* management calls of one slot */
    hal_bar_lock bar_locks[FPGA_SLOT_MAX][FPGA_PF_MAX][FPGA_BAR_PER_PF_MAX]; /* read-modify-writes of one BAR */
    int service_files[FPGA_SLOT_MAX]; /* management calls between processes; -1: not asked for */
    hal_bar bars[HAL_HANDLES_MAX];
};

/* Holds the interpreter's lock open while a call may block. */
void *hal_gate_leave(void);
void hal_gate_enter(void *state);

void hal_lock_slow(uint32_t *lock);
void hal_unlock_slow(uint32_t *lock);

static inline void hal_lock(uint32_t *lock) {
    uint32_t expected = 0;
    if (!__atomic_compare_exchange_n(lock, &expected, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        hal_lock_slow(lock);
}

static inline void hal_unlock(uint32_t *lock) {
    if (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) == 2)
        hal_unlock_slow(lock);
}

/* Locks a file against other processes, and gives it back. */
void hal_lock_file(int file);
void hal_unlock_file(int file);

/* Locks the BAR against other read-modify-writes. Returns what to unlock: a handle that is attached anew has another.
 * Null: this thread holds it already, for its access made the emulated card call a model that accesses the BAR. */
static inline hal_bar_lock *hal_lock_bar(const hal_bar *bar) {
    hal_bar_lock *lock = __atomic_load_n(&bar->lock, __ATOMIC_RELAXED);
    uint64_t self = (uint64_t)pthread_self();
    if (__builtin_expect(__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == self, 0))
        return NULL;
    hal_lock(&lock->word);
    __atomic_store_n(&lock->owner, self, __ATOMIC_RELAXED);
    if (__builtin_expect(lock->file >= 0, 0))
        hal_lock_file(lock->file);
    return lock;
}

static inline void hal_unlock_bar(hal_bar_lock *lock) {
    if (__builtin_expect(!lock, 0))
        return;
    if (__builtin_expect(lock->file >= 0, 0))
        hal_unlock_file(lock->file);
    __atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
    hal_unlock(&lock->word);
}

static inline uint32_t hal_generation(const hal_bar *bar) {
    return __atomic_load_n(&bar->generation, __ATOMIC_ACQUIRE);
}

static inline uint64_t hal_ones_of(int bits) {
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* One bus access of an already checked offset. */
static inline int hal_bus_read(const hal_bar *bar, uint64_t offset, int width, uint64_t *value) {
    const sdk_table *sdk = &bar->library->sdk;
    int code;
    if (width == 32) {
        uint32_t word = 0;
        code = sdk->fpga_pci_peek(bar->handle, offset, &word);
        *value = word;
    } else if (width == 64) {
        *value = 0;
        code = sdk->fpga_pci_peek64(bar->handle, offset, value);
    } else {
        uint8_t byte = 0;
        code = sdk->fpga_pci_peek8(bar->handle, offset, &byte);
        *value = byte;
    }
    return code;
}

static inline int hal_bus_write(const hal_bar *bar, uint64_t offset, int width, uint64_t value) {
    const sdk_table *sdk = &bar->library->sdk;
    if (width == 32)
        return sdk->fpga_pci_poke(bar->handle, offset, (uint32_t)value);
    if (width == 64)
        return sdk->fpga_pci_poke64(bar->handle, offset, value);
    return sdk->fpga_pci_poke8(bar->handle, offset, (uint8_t)value);
}

/* 0 while what the port was made for is still attached, else why not. */
static inline int hal_port_alive(const hal_port *port) {
    return hal_generation(port->bar) == port->generation ? 0 : __atomic_load_n(&port->bar->closed, __ATOMIC_RELAXED);
}

/* Announces what runs without the interpreter's lock, so that a detach waits for it. */
int hal_bar_enter(hal_bar *bar, uint32_t generation);
void hal_bar_leave(hal_bar *bar);

/* Around the bus accesses of a port; when it gives a code, hal_port_leave must not follow. A detach holds the
 * interpreter's lock, and so does every single access; where the interpreter has none, each announces itself. */
static inline int hal_port_enter(const hal_port *port) {
#ifdef HAL_FREE_THREADED
    return hal_bar_enter(port->bar, port->generation);
#else
    return hal_port_alive(port);
#endif
}

static inline void hal_port_leave(const hal_port *port) {
#ifdef HAL_FREE_THREADED
    hal_bar_leave(port->bar);
#else
    (void)port;
#endif
}

/* See hal_get. */
static inline int64_t hal_port_get(const hal_port *port) {
    uint64_t word;
    int code = hal_port_enter(port);
    if (__builtin_expect(code == 0, 1)) {
        code = hal_bus_read(port->bar, port->offset, port->width, &word);
        hal_port_leave(port);
    }
    if (__builtin_expect(code != 0, 0))
        return code < 0 ? code : -10000 - (int64_t)code;
    return (int64_t)((word >> port->shift) & port->mask);
}

/* 0 when count words of width bits at offset lie in the BAR, else why not. */
int hal_check_span(const hal_bar *bar, uint64_t offset, int width, uint64_t count);

enum { STAND_INS = FPGA_PF_MAX * FPGA_BAR_PER_PF_MAX };

typedef struct stand_in {
    hal_bar bar; /* first, so that a port's BAR leads here */
    hal_bar *target;
    uint32_t target_generation;
    hal_batch *batch;
} stand_in;

struct hal_batch {
    hal_op *ops;
    uint64_t *plain; /* for each step, the plain bits that it writes; 0 where it must stay alone */
    size_t count, room;
    uint32_t lock;
    stand_in bars[STAND_INS];
};

/* A step of a batch, for a port that found its BAR HAL_E_COLLECTING. */
int hal_collect(const hal_port *port, int kind, uint64_t keep, uint64_t value);

/* hal_run without its checks; done is 0 before. */
int hal_run_checked(hal_op *ops, size_t count, size_t *done);

/* A library whose functions are given, not loaded. Null: no room. */
hal_library *hal_library_of(const sdk_table *functions, const char *name);

#endif
