/* A shared card's file that is cut short while it is in use. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "state/state.h"

_Atomic bool card_lost;
static uint8_t *guarded; /* the mapping of the card, and its end */
static uint8_t *guarded_end;
static uintptr_t page_size;
static struct sigaction before;

static void pass_on(int signal, siginfo_t *info, void *context) {
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    } else {
        sigaction(SIGBUS, &before, NULL);
        if (info->si_code <= 0)
            raise(signal);
    }
}

/* Where the file has no page any more, the process gets an empty one of its own, and goes on to the error that
 * card_whole gives: a program must not die of what another one does to a file. */
static void on_bus_error(int signal, siginfo_t *info, void *context) {
    int reason = errno;
    uint8_t *address = info->si_addr;
    if (info->si_code > 0 && address >= guarded && address < guarded_end) {
        void *page = (void *)((uintptr_t)address & ~(page_size - 1)); /* NOLINT */
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        if (mmap(page, page_size, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED) {
            atomic_store(&card_lost, true);
            errno = reason;
            return;
        }
    }
    errno = reason;
    pass_on(signal, info, context);
}

void card_guard(uint8_t *base, uint64_t size) {
    struct sigaction ours = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    guarded = base;
    guarded_end = base + size;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, &before);
}
