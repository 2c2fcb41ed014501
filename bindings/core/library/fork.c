/* Forks: a child starts with free locks, without its parent's BARs and lock files; docs/machine.md has the table. */
#include <unistd.h>

#include "library/library.h"

static _Atomic uint32_t calls; /* of libraries, under way in all threads */
static _Atomic bool forking;
static uint32_t forks;
static _Thread_local const hal_library *calling;

/* A library's own locks are its own affair, so none of its calls may be under way when the process is copied. */
void hal_call_begin(const hal_library *library) {
    enum { PAUSE_NS = 20000 };
    calling = library;
    if (library->card)
        library->card->hold_events(1);
    for (;;) {
        while (atomic_load(&forking))
            hal_pause(PAUSE_NS);
        atomic_fetch_add(&calls, 1);
        if (!atomic_load(&forking))
            return;
        atomic_fetch_sub(&calls, 1);
    }
}

/* For functions of the SDK that have no argument which would tell. */
const hal_library *hal_calling(void) {
    return calling;
}

void hal_call_end(const hal_library *library) {
    atomic_fetch_sub(&calls, 1);
    if (library->card)
        library->card->hold_events(0);
}

/* After a call, without any lock: the code of a model that failed. */
int hal_tell_events(const hal_library *library, int slot) {
    return library->card ? library->card->tell_events(slot) : 0;
}

/* Bounded: a call that takes longer may leave a lock of its library held in the child. */
static void before_fork(void) {
    enum { PAUSE_NS = 20000, LONGEST_NS = 1000000000 };
    atomic_store(&forking, true);
    for (uint64_t waited = 0; atomic_load(&calls) && waited < LONGEST_NS; waited += PAUSE_NS)
        hal_pause(PAUSE_NS);
}

static void after_in_parent(void) {
    atomic_store(&forking, false);
}

static void after_in_child(void) {
    forks++;
    atomic_store(&forking, false);
    atomic_store(&calls, 0);
}

uint32_t hal_forks(void) {
    return forks;
}

static void watch(void) {
    pthread_atfork(before_fork, after_in_parent, after_in_child);
}

void hal_watch_forks(void (*in_child)(void)) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch);
    pthread_atfork(NULL, NULL, in_child);
}

void hal_new_locks(hal_library *library) {
    pthread_mutex_init(&library->attach_lock, NULL);
    for (int slot = 0; slot < FPGA_SLOT_MAX; slot++) {
        library->service_files[slot] = -1;
        for (int pf = 0; pf < FPGA_PF_MAX; pf++)
            for (int bar = 0; bar < HAL_BARS_MAX; bar++)
                library->bar_locks[slot][pf][bar] = (hal_bar_lock){.file = -1};
    }
}

/* A lock's file is one for parent and child: while the child has it open, the parent's death does not release it. */
static void forget_file(int *file) {
    if (*file >= 0)
        close(*file);
    *file = -1;
}

/* What this thread holds it goes on to hold: a model that forks is in the middle of an access. */
static void free_word(_Atomic uint32_t *word, _Atomic uint64_t *owner) {
    if (*owner == (uint64_t)pthread_self())
        return;
    *word = 0;
    *owner = 0;
}

static void free_slot(hal_library *library, int slot) {
    hal_model *model = &library->models[slot];
    free_word(&model->word, &model->owner);
    if (!model->owner)
        model->depth = 0;
    library->service_lock[slot] = 0;
    forget_file(&library->service_files[slot]);
    for (int pf = 0; pf < FPGA_PF_MAX; pf++) {
        for (int bar = 0; bar < HAL_BARS_MAX; bar++) {
            hal_bar_lock *lock = &library->bar_locks[slot][pf][bar];
            free_word(&lock->word, &lock->owner);
            if (!lock->owner)
                lock->entered = NULL;
            forget_file(&lock->file);
        }
    }
}

static void forget_bar(hal_bar *bar, bool has_handle) {
    if (has_handle && (bar->attached || bar->retiring || bar->lingers))
        bar->inherited = true;
    if (bar->attached) {
        bar->attached = false;
        bar->closed = HAL_E_FORKED;
        bar->generation++;
    }
    bar->users = 0;
    bar->retiring = 0;
    bar->owner = NULL;
    bar->sharers = 0;
    bar->lingers = false;
}

/* What the parent attached is not the child's: two processes would share one mapping and one set of locks. */
void hal_forget_in_child(hal_library *library) {
    pthread_mutex_init(&library->attach_lock, NULL);
    for (hal_bars *table = &library->table; table; table = atomic_load(&table->next))
        for (hal_bar *bar = table->bars; bar < table->bars + HAL_HANDLES_MAX; bar++)
            forget_bar(bar, table == &library->table);
    for (int slot = 0; slot < FPGA_SLOT_MAX; slot++)
        free_slot(library, slot);
}

/* The child's copy of the library has handles for what it may not use. They are given back before it attaches any. */
void hal_give_back_inherited(hal_library *library) {
    for (int handle = 0; handle < HAL_HANDLES_MAX; handle++)
        if (atomic_exchange(&library->table.bars[handle].inherited, false))
            library->sdk.fpga_pci_detach(handle);
}
