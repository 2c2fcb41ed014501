/* A library with the SDK's interface, what is attached through it, and the locks of all that. */
#ifndef HAL_CORE_LIBRARY_H
#define HAL_CORE_LIBRARY_H

#include <errno.h>
#include <pthread.h>

#include "hal_bus.h"

/* Every function of the SDK that is used beside those of the bus, as there: what attaches, and all others. */
#define ATTACH_FUNCTIONS(X)                                         \
    X(int, fpga_pci_init, (void), true)                             \
    X(int, fpga_pci_attach, (int, int, int, uint32_t, int *), true) \
    X(int, fpga_pci_detach, (int), true)

#define SERVICE_FUNCTIONS(X)                                                                                  \
    X(int, fpga_pci_get_resource_map, (int, int, struct fpga_pci_resource_map *), true)                       \
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
    ATTACH_FUNCTIONS(HAL_FUNCTION_MEMBER)
    hal_bus bus;
    SERVICE_FUNCTIONS(HAL_FUNCTION_MEMBER)
} sdk_table;

/* Against other threads, and where a file is given against other processes too. */
typedef struct hal_bar_lock {
    _Atomic uint32_t word;  /* 0 free, 1 held, 2 held and waited for */
    int32_t file;           /* -1: none */
    _Atomic uint64_t owner; /* the thread that holds it, 0: none */
} hal_bar_lock;

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

/* A library whose functions are given, not loaded. Null: no room. */
hal_library *hal_library_of(const sdk_table *functions, const char *name);

/* What is attached under this handle now. */
int hal_bar_of(hal_library *library, int handle, hal_bar **bar);

/* Announces what runs without the interpreter's lock, so that a detach waits for it. */
int hal_bar_enter(hal_bar *bar, uint32_t generation);
void hal_bar_leave(hal_bar *bar);

/* Holds the interpreter's lock open while a call may block. */
void *hal_gate_leave(void);
void hal_gate_enter(void *state);

/* ---- Locks ---- */

void hal_lock_slow(_Atomic uint32_t *lock);
void hal_unlock_slow(_Atomic uint32_t *lock);

static inline void hal_lock(_Atomic uint32_t *lock) {
    uint32_t expected = 0;
    if (!atomic_compare_exchange_strong_explicit(lock, &expected, 1, memory_order_acquire, memory_order_relaxed))
        hal_lock_slow(lock);
}

static inline void hal_unlock(_Atomic uint32_t *lock) {
    if (atomic_exchange_explicit(lock, 0, memory_order_release) == 2)
        hal_unlock_slow(lock);
}

/* Locks a file against other processes, and gives it back. */
void hal_lock_file(int file);
void hal_unlock_file(int file);

/* Locks the BAR against other read-modify-writes. Returns what to unlock: a handle that is attached anew has another.
 * Null: this thread holds it already, for its access made the emulated card call a model that accesses the BAR. */
static inline hal_bar_lock *hal_lock_bar(const hal_bar *bar) {
    hal_bar_lock *lock = atomic_load_explicit(&bar->lock, memory_order_relaxed);
    uint64_t self = (uint64_t)pthread_self();
    if (__builtin_expect(atomic_load_explicit(&lock->owner, memory_order_relaxed) == self, 0))
        return NULL;
    hal_lock(&lock->word);
    atomic_store_explicit(&lock->owner, self, memory_order_relaxed);
    if (__builtin_expect(lock->file >= 0, 0))
        hal_lock_file(lock->file);
    return lock;
}

static inline void hal_unlock_bar(hal_bar_lock *lock) {
    if (__builtin_expect(!lock, 0))
        return;
    if (__builtin_expect(lock->file >= 0, 0))
        hal_unlock_file(lock->file);
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    hal_unlock(&lock->word);
}

#endif
