/* Locks that let the interpreter's other threads run while they are waited for, and whose wait a signal ends. */
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "library/library.h"

/* Two after the wait: a lock taken by a waiter may have others behind it. */
int hal_lock_slow(_Atomic uint32_t *lock) {
    const struct timespec slice = {0, 50000000};
    void *state = hal_gate_leave();
    hal_patience patience = hal_patience_begin();
    int code = 0;
    while (code == 0 && atomic_exchange_explicit(lock, 2, memory_order_acquire) != 0) {
        bool woken = syscall(SYS_futex, lock, FUTEX_WAIT_PRIVATE, 2, &slice, NULL, 0) != 0 && errno == EINTR;
        code = hal_patience_over(&patience, woken);
    }
    hal_gate_enter(state);
    return code;
}

void hal_unlock_slow(_Atomic uint32_t *lock) {
    syscall(SYS_futex, lock, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static bool try_file(int file) {
    return flock(file, LOCK_EX | LOCK_NB) == 0;
}

/* An advisory lock ends with its process. It is asked for again and again: a signal that comes just before a blocking
 * call would not end that. */
int hal_lock_file(int file) {
    enum { FIRST_NS = 20000, LONGEST_NS = 1000000 };
    if (try_file(file))
        return 0;
    void *state = hal_gate_leave();
    hal_patience patience = hal_patience_begin();
    int code = 0;
    for (uint64_t pause = FIRST_NS; code == 0; pause = pause < LONGEST_NS ? 2 * pause : pause) {
        errno = 0;
        hal_pause(pause);
        bool woken = errno == EINTR;
        if (try_file(file))
            break;
        code = hal_patience_over(&patience, woken);
    }
    hal_gate_enter(state);
    return code;
}

void hal_unlock_file(int file) {
    flock(file, LOCK_UN);
}
