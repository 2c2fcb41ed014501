/* Locks that processes share: waited for so long, and inherited from one that was killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/file.h>
#include <time.h>

#include "state/state.h"

static _Atomic uint64_t lock_timeout_ms = 5000;

void card_set_lock_timeout(uint64_t milliseconds) {
    atomic_store(&lock_timeout_ms, milliseconds);
}

int card_lock(pthread_mutex_t *mutex) {
    int code = pthread_mutex_trylock(mutex);
    if (code == EBUSY) {
        uint64_t wait = atomic_load(&lock_timeout_ms);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        uint64_t nanoseconds = (uint64_t)until.tv_nsec + wait % 1000 * 1000000;
        until.tv_sec += (time_t)(wait / 1000 + nanoseconds / 1000000000);
        until.tv_nsec = (long)(nanoseconds % 1000000000);
        code = pthread_mutex_timedlock(mutex, &until);
    }
    if (code == EOWNERDEAD)
        code = pthread_mutex_consistent(mutex);
    return code ? -ETIMEDOUT : 0;
}

void card_unlock(pthread_mutex_t *mutex) {
    pthread_mutex_unlock(mutex);
}

int card_lock_file(int fd) {
    const struct timespec pause = {0, 1000000};
    uint64_t end = clock_ns() + atomic_load(&lock_timeout_ms) * 1000000;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return -errno;
        if (clock_ns() >= end)
            return -ETIMEDOUT;
        if (nanosleep(&pause, NULL) != 0)
            return -EINTR;
    }
    return 0;
}
