/* What processes share beside the state: locks that are waited for so long and inherited from one that was killed, and
 * the time. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>

#include "state/state.h"

#define LONGEST_NS 1e18

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

/* Signals come in the pauses only, so that none is missed. */
static int wait_for_file(int fd, const sigset_t *awake) {
    const struct timespec pause = {0, 1000000};
    uint64_t end = clock_ns() + atomic_load(&lock_timeout_ms) * 1000000;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return -errno;
        if (clock_ns() >= end)
            return -ETIMEDOUT;
        if (ppoll(NULL, 0, &pause, awake) != 0)
            return -EINTR;
    }
    return 0;
}

int card_lock_file(int fd) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int code = wait_for_file(fd, &before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

/* ---- Time ---- */

uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t card_time_ns(double seconds) {
    const char *text = getenv("HAL_CARD_TIME_SCALE");
    double scale = 1.0;
    if (text && *text) {
        char *end;
        double given = strtod(text, &end);
        if (*end == '\0' && given >= 0.0 && given <= 1000.0)
            scale = given;
    }
    double ns = seconds * scale * 1e9;
    return ns < LONGEST_NS ? (uint64_t)ns : (uint64_t)LONGEST_NS;
}

bool time_is_over(uint64_t start_ns, uint64_t duration_ns) {
    uint64_t now = clock_ns();
    /* A clock before the start belongs to a later boot of the machine. */
    return now < start_ns || now - start_ns >= duration_ns;
}
