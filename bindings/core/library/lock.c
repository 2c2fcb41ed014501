/* Locks that let the interpreter's other threads run while they are waited for, and whose wait a signal ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "library/library.h"

/* Two after the wait: a lock taken by a waiter may have others behind it. */
static int wait_for_lock(_Atomic uint32_t *lock, uint64_t nanoseconds) {
    const struct timespec slice = {0, 50000000};
    void *state = hal_gate_leave();
    hal_patience patience = hal_patience_begin();
    int code = 0;
    if (nanoseconds)
        hal_patience_limit(&patience, nanoseconds);
    while (code == 0 && atomic_exchange_explicit(lock, 2, memory_order_acquire) != 0) {
        bool woken = syscall(SYS_futex, lock, FUTEX_WAIT_PRIVATE, 2, &slice, NULL, 0) != 0 && errno == EINTR;
        code = hal_patience_over(&patience, woken);
    }
    hal_gate_enter(state);
    return code;
}

int hal_lock_slow(_Atomic uint32_t *lock) {
    return wait_for_lock(lock, 0);
}

int hal_lock_within(_Atomic uint32_t *lock, uint64_t nanoseconds) {
    uint32_t expected = 0;
    if (atomic_compare_exchange_strong_explicit(lock, &expected, 1, memory_order_acquire, memory_order_relaxed))
        return 0;
    int code = wait_for_lock(lock, nanoseconds);
    return code == HAL_E_DEADLOCK && !hal_in_model() ? HAL_E_WAITED : code;
}

void hal_unlock_slow(_Atomic uint32_t *lock) {
    syscall(SYS_futex, lock, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Opens what has the name of a removed file now, made anew where there is nothing, under the same descriptor. */
static int renew_file(int file, const struct stat *old) {
    static const char removed[] = " (deleted)";
    char link[40], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    ssize_t name = length - (ssize_t)(sizeof removed - 1);
    if (name <= 0 || memcmp(path + name, removed, sizeof removed - 1) != 0)
        return HAL_E_LOCK;
    path[name] = '\0';
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int renewed = open(path, flags | O_CREAT | O_EXCL, old->st_mode & 0777);
    if (renewed >= 0)
        fchmod(renewed, old->st_mode & 0777); /* whatever the umask is */
    else if (errno == EEXIST)
        renewed = open(path, flags);
    struct stat found;
    bool good =
        renewed >= 0 && fstat(renewed, &found) == 0 && S_ISREG(found.st_mode) && dup3(renewed, file, O_CLOEXEC) == file;
    if (renewed >= 0)
        close(renewed);
    return good ? 0 : HAL_E_LOCK;
}

/* 1 with the lock, 0 where another has it. A file that was removed excludes nobody: others make a new one, so that one
 * is locked instead. */
static int try_file(int file) {
    struct stat found;
    while (flock(file, LOCK_EX | LOCK_NB) == 0) {
        if (fstat(file, &found) != 0 || found.st_nlink > 0)
            return 1;
        int code = renew_file(file, &found);
        if (code)
            return code;
    }
    return 0;
}

/* An advisory lock ends with its process. It is asked for again and again: a signal that comes just before a blocking
 * call would not end that. */
int hal_lock_file(int file) {
    enum { FIRST_NS = 20000, LONGEST_NS = 1000000 };
    int locked = try_file(file);
    if (locked)
        return locked < 0 ? locked : 0;
    void *state = hal_gate_leave();
    hal_patience patience = hal_patience_begin();
    int code = 0;
    for (uint64_t pause = FIRST_NS; code == 0; pause = pause < LONGEST_NS ? 2 * pause : pause) {
        errno = 0;
        hal_pause(pause);
        bool woken = errno == EINTR;
        locked = try_file(file);
        if (locked)
            break;
        code = hal_patience_over(&patience, woken);
    }
    hal_gate_enter(state);
    return locked < 0 ? locked : code;
}

void hal_unlock_file(int file) {
    flock(file, LOCK_UN);
}
