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
    X(int, aws_clkgen_set_dynamic, (int, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t), false)            \
    X(int, aws_clkgen_deassert_resets, (int), false)

typedef struct sdk_table {
    ATTACH_FUNCTIONS(HAL_FUNCTION_MEMBER)
    hal_bus bus;
    SERVICE_FUNCTIONS(HAL_FUNCTION_MEMBER)
} sdk_table;

/* A flag of attaching on another host: for the design that its slot was last seen to hold. */
#define HAL_ATTACH_BOUND (UINT32_C(1) << 31)

/* Who plays the design of an emulated slot. Taken before any BAR's lock, and entered by every event. */
typedef struct hal_model {
    _Atomic uint32_t word;        /* as a BAR's */
    _Atomic uint64_t owner;       /* the thread that holds it, 0: none */
    int depth;                    /* how often */
    _Atomic uint32_t patience_ms; /* how long others wait for it; 0: as long as most do */
    hal_card_hook hook;           /* null: nobody */
    void *context;
} hal_model;

/* Against other threads, and where a file is given against other processes too. */
typedef struct hal_bar_lock {
    _Atomic uint32_t word;  /* 0 free, 1 held, 2 held and waited for */
    bool special;           /* it has a file or a model */
    _Atomic uint64_t owner; /* the thread that holds it, 0: none */
    int32_t file;           /* -1: none */
    hal_model *model;       /* null: the slot never had one */
    hal_model *entered;     /* by who holds the lock */
} hal_bar_lock;

/* What a slot said of itself when it was last asked, guarded by its service_lock; and how often that was news. */
typedef struct slot_watch {
    _Atomic uint32_t designs;                   /* loads, clears and rescans of this process, and others seen */
    _Atomic uint32_t incidents[HAL_INTERFACES]; /* looks that found new timeouts */
    _Atomic uint32_t counts[HAL_INTERFACES];    /* of timeouts, as the metrics had them */
    _Atomic uint64_t addresses[HAL_INTERFACES];
    int status;
    char afi_id[AFI_ID_STR_MAX];
    atomic_bool known; /* false after this process has changed what the slot holds: what it is then is no news */
    bool timeouts_known;
} slot_watch;

/* What is attached. Those of the first table have the handle that is their place; those of further ones, which are made
 * when they are needed, share them. */
typedef struct hal_bars {
    hal_bar bars[HAL_HANDLES_MAX];
    struct hal_bars *_Atomic next;
} hal_bars;

struct hal_library {
    sdk_table sdk;
    const hal_card_api *card;            /* null unless the library is the emulated card */
    const hal_cosim_api *cosim;          /* null unless simulated logic stands behind it */
    const hal_dma_api *dma;              /* null unless it has one */
    const hal_pci_api *pci;              /* null unless its slots are PCI functions of any card */
    const hal_interrupt_api *interrupts; /* null unless it has lines */
    const hal_served_api *served;        /* null unless models of other processes may play its slots */
    struct hal_far *far;                 /* null unless its card is another host's */
    char *path;
    void *image;                                                      /* dlopen's handle */
    bool started;                                                     /* its init functions have run */
    atomic_bool recorded;                                             /* each access is written down */
    pthread_mutex_t attach_lock;                                      /* the table of BARs; nothing waits under it */
    _Atomic uint32_t service_lock[FPGA_SLOT_MAX];                     /* management calls of one slot */
    hal_bar_lock bar_locks[FPGA_SLOT_MAX][FPGA_PF_MAX][HAL_BARS_MAX]; /* read-modify-writes of one BAR */
    int service_files[FPGA_SLOT_MAX]; /* management calls between processes; -1: not asked for */
    hal_model models[FPGA_SLOT_MAX];
    slot_watch watches[FPGA_SLOT_MAX];
    _Atomic uint32_t patience_ms[FPGA_SLOT_MAX]; /* for questions that accesses ask; 0: until they are answered */
    hal_bars table;
};

/* A library whose functions are given, not loaded. Null: no room. */
hal_library *hal_library_of(const sdk_table *functions, const char *name);

/* What is attached under this handle now. */
int hal_bar_of(hal_library *library, int handle, hal_bar **bar);

/* ---- bar.c ---- */

void hal_new_bars(hal_library *library, hal_bars *table);

/* ---- watch.c ---- */

/* What a describe with these flags brought; with the slot's service_lock held. */
void hal_watch(hal_library *library, int slot, uint32_t flags, const struct fpga_mgmt_image_info *info);
int hal_interface_of(const hal_library *library, int pf, int bar);

/* ---- aside.c ---- */

/* hal_describe, or HAL_E_SILENT, HAL_E_INTERRUPTED: the library's call goes on then, and writes nothing of the
 * caller's.
 */
int hal_describe_aside(hal_library *library, int slot, uint32_t flags, struct fpga_mgmt_image_info *info);

/* ---- ask.c ---- */

/* After a word of all ones, read since the BAR's incidents were `before`: 0 when it is a value. Looks at the slot, so
 * no lock of a BAR may be held. */
int hal_ask(hal_bar *bar, uint32_t generation, uint32_t before);

/* What a look has found on another host. */
void hal_tell_timeout(hal_timeout timeout);

static inline uint32_t hal_incidents_of(const hal_bar *bar) {
    return atomic_load_explicit(bar->incidents, memory_order_acquire);
}

/* Announces what runs without the interpreter's lock, so that a detach waits for it, or leaves the BAR to it. */
int hal_bar_enter(hal_bar *bar, uint32_t generation);
void hal_bar_leave(hal_bar *bar);

/* ---- simulated.c ---- */

/* Monotonic time as waits take it: of the simulation where the library's logic is simulated. */
double hal_seconds(const hal_library *library);

/* ---- gate.c ---- */

/* Holds the interpreter's lock open while a call may block. */
void *hal_gate_leave(void);
void hal_gate_enter(void *state);
/* HAL_E_INTERRUPTED where a signal's handler has raised. */
int hal_gate_look(void);
/* How the emulated card waits for a model in another process. */
extern const hal_served_wait hal_served_waiting;
bool hal_gate_arrive(void);
void hal_gate_depart(bool foreign);

/* Around a model's event. */
void hal_model_began(void);
void hal_model_ended(void);
bool hal_in_model(void);

/* See hal_gate's `tell`. */
int hal_gate_tell(hal_library *library, uint64_t done, uint64_t total);

/* How long something is waited for, and when to look for signals. */
typedef struct hal_patience {
    uint64_t look, end;
} hal_patience;
hal_patience hal_patience_begin(void);
/* Not longer than this either. */
void hal_patience_limit(hal_patience *patience, uint64_t nanoseconds);
uint64_t hal_now_ns(void); /* of the monotonic clock */
int hal_patience_over(hal_patience *patience, bool woken);
void hal_pause(uint64_t nanoseconds); /* less than a second */

/* ---- fork.c ---- */

/* Around a call of a library that may hold locks of its own: a fork waits for its end. The library's events are told
 * after it: in it a model would run under our locks. */
void hal_call_begin(const hal_library *library);
const hal_library *hal_calling(void); /* whose call this thread began last */
void hal_call_end(const hal_library *library);
int hal_tell_events(const hal_library *library, int slot);
void hal_new_locks(hal_library *library);
/* What a forked child starts with. */
void hal_forget_in_child(hal_library *library);
void hal_give_back_inherited(hal_library *library);
/* From a constructor: a fork that meets a lock's first use would leave it held in the child. */
void hal_watch_forks(void (*in_child)(void));
uint32_t hal_forks(void); /* between this process and the first one */

/* ---- lock.c, model.c ---- */

int hal_lock_slow(_Atomic uint32_t *lock);
/* HAL_E_WAITED where it is not to be had in so long. */
int hal_lock_within(_Atomic uint32_t *lock, uint64_t nanoseconds);
void hal_unlock_slow(_Atomic uint32_t *lock);

/* 0, or HAL_E_INTERRUPTED or HAL_E_DEADLOCK, without the lock. */
static inline int hal_lock(_Atomic uint32_t *lock) {
    uint32_t expected = 0;
    if (__builtin_expect(
            atomic_compare_exchange_strong_explicit(lock, &expected, 1, memory_order_acquire, memory_order_relaxed), 1))
        return 0;
    return hal_lock_slow(lock);
}

static inline void hal_unlock(_Atomic uint32_t *lock) {
    if (atomic_exchange_explicit(lock, 0, memory_order_release) == 2)
        hal_unlock_slow(lock);
}

/* Locks a file against other processes, and gives it back. */
int hal_lock_file(int file);
void hal_unlock_file(int file);

int hal_model_enter(hal_model *model);
void hal_model_leave(hal_model *model);

int hal_lock_bar_special(hal_bar_lock *lock);
void hal_unlock_bar_special(hal_bar_lock *lock);
int hal_lock_bar_lock(hal_bar_lock *lock, bool *locked);

/* Locks the BAR against other read-modify-writes. held: what to unlock, for a handle that is attached anew has another;
 * null where this thread holds it already: its access made the emulated card call a model that accesses the BAR. */
static inline int hal_lock_bar(const hal_bar *bar, hal_bar_lock **held) {
    hal_bar_lock *lock = atomic_load_explicit(&bar->lock, memory_order_relaxed);
    uint64_t self = (uint64_t)pthread_self();
    *held = NULL;
    if (__builtin_expect(atomic_load_explicit(&lock->owner, memory_order_relaxed) == self, 0))
        return 0;
    int code = hal_lock(&lock->word);
    if (__builtin_expect(code == 0 && lock->special, 0))
        code = hal_lock_bar_special(lock);
    if (__builtin_expect(code != 0, 0))
        return code;
    atomic_store_explicit(&lock->owner, self, memory_order_relaxed);
    *held = lock;
    return 0;
}

static inline void hal_unlock_bar(hal_bar_lock *lock) {
    if (__builtin_expect(!lock, 0))
        return;
    if (__builtin_expect(lock->special, 0)) {
        hal_unlock_bar_special(lock);
        return;
    }
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    hal_unlock(&lock->word);
}

#endif
