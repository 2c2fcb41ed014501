/* What is mapped may go away: a function is unplugged, its driver is exchanged, a file of a test is cut short. Then the
 * kernel answers accesses with SIGBUS. A program must not die of that: the page is replaced by one of all ones, as the
 * bus answers where nobody does, and the access that met it goes on and tells an error. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map/map.h"

struct mapping mappings[MAPPINGS_MAX];
pthread_mutex_t maps_lock = PTHREAD_MUTEX_INITIALIZER;

static int ones = -1; /* a file of one page of ones */
static size_t page;
static struct sigaction before;
static _Thread_local volatile sig_atomic_t passing;

static bool put_ones(uint8_t *at, size_t length) {
    return mmap(at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, ones, 0) != MAP_FAILED;
}

/* Not a word but this is done in a signal's handler: loads and stores of atomics, and mmap. */
static bool caught(uint8_t *address) {
    for (int i = 0; i < MAPPINGS_MAX; i++) {
        struct mapping *mapping = &mappings[i];
        size_t span = atomic_load_explicit(&mapping->span, memory_order_acquire);
        if (!span || address < mapping->pages || address >= mapping->pages + span)
            continue;
        atomic_store(&mapping->lost, true);
        return put_ones((uint8_t *)((uintptr_t)address & ~(page - 1)), page);
    }
    return false;
}

/* To whoever handled it before us. One who hands it back to us, as Python's faulthandler does when it was enabled after
 * us, ends the process. */
static void pass_on(int signal, siginfo_t *info, void *context) {
    struct sigaction ends = {.sa_handler = SIG_DFL};
    bool again = passing;
    passing = true;
    if (!again && before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, info, context);
    } else if (!again && before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    } else {
        sigaction(SIGBUS, &ends, NULL);
        if (info->si_code <= 0)
            raise(signal); /* was sent; a fault comes again by itself */
    }
    passing = again;
}

static void on_bus_error(int signal, siginfo_t *info, void *context) {
    int reason = errno;
    bool ours = info->si_code > 0 && caught(info->si_addr);
    errno = reason;
    if (!ours)
        pass_on(signal, info, context);
}

static int make_ones(void) {
    int made = memfd_create("hal all ones", MFD_CLOEXEC);
    if (made < 0)
        return -errno;
    page = (size_t)sysconf(_SC_PAGESIZE);
    void *written = ftruncate(made, (off_t)page) ? MAP_FAILED : mmap(NULL, page, PROT_WRITE, MAP_SHARED, made, 0);
    if (written == MAP_FAILED) {
        close(made);
        return -errno;
    }
    memset(written, 0xff, page);
    munmap(written, page);
    ones = made;
    return 0;
}

/* Again at each attach: somebody may have put a handler in place of ours. */
int guard_begin(void) {
    struct sigaction now, ours = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    int code = ones < 0 ? make_ones() : 0;
    if (code)
        return say(code, "no memory for what stands in for a BAR that goes away");
    sigaction(SIGBUS, NULL, &now);
    if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_bus_error)
        return 0;
    before = now;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, NULL);
    return 0;
}

int guard_file(void) {
    return ones;
}

void guard_lose(const char *address) {
    for (int i = 0; i < MAPPINGS_MAX; i++) {
        struct mapping *one = &mappings[i];
        bool meant = address ? strcmp(one->address, address) == 0 : one->config >= 0; /* no window of memory */
        if (one->users && !atomic_load(&one->lost) && meant)
            guard_replace(one);
    }
}

/* The file has one page, so all others fault when they are touched, and get theirs then. */
void guard_replace(struct mapping *mapping) {
    size_t span = atomic_load(&mapping->span);
    atomic_store(&mapping->lost, true);
    if (span)
        put_ones(mapping->pages, span);
}
