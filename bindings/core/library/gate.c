/* Locks that let the interpreter's other threads run while they wait. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "library/library.h"

static hal_gate the_gate;

void hal_set_gate(hal_gate gate) {
    the_gate = gate;
}

/* Whether this thread has left already: a lock that is waited for inside of a transfer must not leave again. */
static _Thread_local bool outside;

void *hal_gate_leave(void) {
    if (outside || !the_gate.leave)
        return NULL;
    outside = true;
    return the_gate.leave();
}

void hal_gate_enter(void *state) {
    if (!state)
        return;
    the_gate.enter(state);
    outside = false;
}

int hal_callback_begin(void) {
    int before = outside;
    outside = false;
    return before;
}

void hal_callback_end(int before) {
    outside = before != 0;
}

/* Two after the wait: a lock taken by a waiter may have others behind it. */
void hal_lock_slow(_Atomic uint32_t *lock) {
    void *state = hal_gate_leave();
    while (atomic_exchange_explicit(lock, 2, memory_order_acquire) != 0)
        syscall(SYS_futex, lock, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
    hal_gate_enter(state);
}

void hal_unlock_slow(_Atomic uint32_t *lock) {
    syscall(SYS_futex, lock, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* An advisory lock ends with its process. It can fail only for a moment: a signal, or a kernel short of memory. */
void hal_lock_file(int file) {
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        return;
    void *state = hal_gate_leave();
    while (flock(file, LOCK_EX) != 0) {
        const struct timespec moment = {0, 1000000};
        nanosleep(&moment, NULL);
    }
    hal_gate_enter(state);
}

void hal_unlock_file(int file) {
    flock(file, LOCK_UN);
}
