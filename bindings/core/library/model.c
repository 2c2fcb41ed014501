/* The model of an emulated slot: one event at a time, in whichever thread it comes, and none while it is replaced. Its
 * lock is taken before the slot's BARs are locked. */
#include "library/library.h"

static uint64_t self(void) {
    return (uint64_t)pthread_self();
}

#define PATIENCE_MS 30000u

/* The same thread may enter again. Others wait for so long: its handler may wait for them. */
int hal_model_enter(hal_model *model) {
    if (atomic_load_explicit(&model->owner, memory_order_relaxed) != self()) {
        uint32_t patience = atomic_load_explicit(&model->patience_ms, memory_order_relaxed);
        int code = hal_lock_within(&model->word, (patience ? patience : PATIENCE_MS) * UINT64_C(1000000));
        if (code)
            return code;
        atomic_store_explicit(&model->owner, self(), memory_order_relaxed);
    }
    model->depth++;
    return 0;
}

void hal_model_leave(hal_model *model) {
    if (--model->depth > 0)
        return;
    atomic_store_explicit(&model->owner, 0, memory_order_relaxed);
    hal_unlock(&model->word);
}

/* ---- Locks of BARs that have a model, a file or both ---- */

/* With the lock's word held. The slot's model comes first: it is called by accesses under this lock, and makes such
 * accesses itself. What a model accesses calls no model. */
int hal_lock_bar_special(hal_bar_lock *lock) {
    int code = 0;
    hal_model *model = hal_in_model() ? NULL : lock->model;
    if (model) {
        hal_unlock(&lock->word);
        code = hal_model_enter(model);
        if (code)
            return code;
        code = hal_lock(&lock->word);
    }
    if (code == 0 && lock->file >= 0) {
        code = hal_lock_file(lock->file);
        if (code)
            hal_unlock(&lock->word);
    }
    if (code && model)
        hal_model_leave(model);
    if (code == 0)
        lock->entered = model;
    return code;
}

void hal_unlock_bar_special(hal_bar_lock *lock) {
    hal_model *model = lock->entered;
    lock->entered = NULL;
    if (lock->file >= 0)
        hal_unlock_file(lock->file);
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    hal_unlock(&lock->word);
    if (model)
        hal_model_leave(model);
}

/* For a change of the lock itself, also by who holds it. Returns whether hal_unlock is to follow. */
int hal_lock_bar_lock(hal_bar_lock *lock, bool *locked) {
    *locked = atomic_load_explicit(&lock->owner, memory_order_relaxed) != (uint64_t)pthread_self();
    return *locked ? hal_lock(&lock->word) : 0;
}

/* ---- Events ---- */

static int on_event(void *context, int event, int slot, int pf, int bar, uint64_t offset, int width, uint64_t value) {
    hal_model *model = context;
    bool foreign = hal_gate_arrive();
    int code = hal_model_enter(model);
    if (code == 0) {
        hal_model_began();
        if (model->hook)
            code = model->hook(model->context, event, slot, pf, bar, offset, width, value);
        hal_model_ended();
        hal_model_leave(model);
    }
    hal_gate_depart(foreign);
    return code;
}

/* ---- All models, before other locks of the caller's under which models may run ---- */

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static hal_model *listed[HAL_LIBRARIES_MAX * FPGA_SLOT_MAX]; /* every slot that has had a model */
static _Atomic int listed_count;

static void forget_in_child(void) {
    pthread_mutex_init(&list_lock, NULL);
}

__attribute__((constructor)) static void watch_forks(void) {
    hal_watch_forks(forget_in_child);
}

static void list_model(hal_model *model) {
    pthread_mutex_lock(&list_lock);
    int count = atomic_load(&listed_count), place = 0;
    while (place < count && listed[place] != model)
        place++;
    listed[place] = model;
    if (place == count)
        atomic_store(&listed_count, count + 1);
    pthread_mutex_unlock(&list_lock);
}

/* `entered`: how many were, for hal_leave_models. In a model none is: its thread has come to it first. */
int hal_enter_models(int *entered) {
    int count = hal_in_model() ? 0 : atomic_load(&listed_count);
    for (*entered = 0; *entered < count; ++*entered) {
        int code = hal_model_enter(listed[*entered]);
        if (code) {
            hal_leave_models(entered);
            return code;
        }
    }
    return 0;
}

void hal_leave_models(int *entered) {
    while (*entered > 0)
        hal_model_leave(listed[--*entered]);
}

/* From now on read-modify-writes of the slot take the model's lock before the BAR's. Those that did not have ended when
 * this returns. */
static int put_first(hal_library *library, int slot, hal_model *model) {
    int code = 0;
    list_model(model);
    for (int place = 0; place < FPGA_PF_MAX * HAL_BARS_MAX && code == 0; place++) {
        hal_bar_lock *lock = &library->bar_locks[slot][place / HAL_BARS_MAX][place % HAL_BARS_MAX];
        bool locked = false;
        if (lock->model)
            continue;
        code = hal_lock_bar_lock(lock, &locked);
        if (code)
            break;
        lock->model = model;
        lock->special = true;
        if (locked)
            hal_unlock(&lock->word);
    }
    return code;
}

/* Before hal_set_model: who takes locks of its own that others hold while models run lets them end once after this. */
int hal_expect_model(hal_library *library, int slot) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX)
        return HAL_E_ARGUMENT;
    return library->card ? put_first(library, slot, &library->models[slot]) : HAL_E_MISSING;
}

/* A hook of null takes it away. Waits until no other thread runs the old one, whose context is then the caller's again;
 * what a model replaces in its own event is used no more. */
int hal_set_model(hal_library *library, int slot, hal_card_hook hook, void *context, void **old) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX || !old)
        return HAL_E_ARGUMENT;
    if (!library->card)
        return HAL_E_MISSING;
    hal_model *model = &library->models[slot];
    int code = hook ? put_first(library, slot, model) : 0;
    if (code == 0)
        code = hal_model_enter(model);
    if (code)
        return code;
    code = library->card->set_hook(slot, hook ? on_event : NULL, model);
    if (code == 0) {
        *old = model->context;
        model->hook = hook;
        model->context = context;
    }
    hal_model_leave(model);
    return code;
}

/* How long accesses of other threads wait for the end of an event; 0: as long as without this. */
int hal_set_model_patience(hal_library *library, int slot, uint32_t milliseconds) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX)
        return HAL_E_ARGUMENT;
    atomic_store(&library->models[slot].patience_ms, milliseconds);
    return 0;
}

int hal_has_model(hal_library *library, int slot) {
    return library && slot >= 0 && slot < FPGA_SLOT_MAX && library->models[slot].hook;
}
