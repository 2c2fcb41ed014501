/*
 * Threads on the binding's core and the emulated card, for the thread sanitizer: field writes, 64-bit words, transfers,
 * lists, attach and detach, management calls; then all of that while the slot is loaded and cleared under it.
 * Argument: the card's library. A mutex stands for the interpreter's lock; with HAL_FREE_THREADED there is none. Exit
 * code 0 when all of it holds.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal_core.h"
#include "hal_wait.h"

enum { THREADS = 8, ROUNDS = 400, BLOCK_WORDS = 256, LIST_STEPS = 100, RELOADS = 25 };

static char afi[] = "agfi-00000000000000001";
static const char design[] = "haldesign 1\n"
                             "name threads\n"
                             "afi agfi-00000000000000001\n"
                             "pci 0x1d0f 0xf123 0x1d51 0xfedc\n"
                             "load_ms 1\n"
                             "space app 0\n"
                             "word 0x0 32\nf 0 32 rw 0\n"
                             "word 0x8 64\nf 0 64 rw 0\n"
                             "word 0x10 32\nf 0 32 rc 0\n"
                             "space app 4\n"
                             "mem 0x0 0x100000 32 rw\n";

static pthread_mutex_t interpreter = PTHREAD_MUTEX_INITIALIZER;
static hal_library *library;
static _Atomic int failures, reloading;

static void *leave(void) {
#ifndef HAL_FREE_THREADED
    pthread_mutex_unlock(&interpreter);
#endif
    return &interpreter;
}

static void enter(void *state) {
#ifdef HAL_FREE_THREADED
    (void)state;
#else
    pthread_mutex_lock(state);
#endif
}

static void yield_interpreter(void) {
    void *state = leave();
    sched_yield();
    enter(state);
}

static void expect(int holds, const char *what, int code) {
    if (holds)
        return;
    atomic_fetch_add(&failures, 1);
    fprintf(stderr, "%s: code %d\n", what, code);
}

/* Whether the access was made; while the slot is reloaded a BAR may be gone, and then for that reason only. */
static int made(int code, const char *what) {
    int gone = code == HAL_E_STALE || code == HAL_E_CLOSED || code == HAL_E_HANDLE || code == -ESTALE;
    expect(code == 0 || (atomic_load(&reloading) && gone), what, code);
    return code == 0;
}

/* Its bar is null where nothing was attached. */
static hal_attached attach(int pf, int number) {
    hal_attached attached = {0};
    made(hal_attach(library, 0, pf, number, 0, NULL, &attached), "attach");
    return attached;
}

static void detach(hal_bar *bar, uint32_t generation) {
    made(hal_release(bar, generation), "release");
}

/* Its own byte of one register: a neighbour's write must not bring an old value back. */
static void own_field(hal_bar *bar, uint32_t generation, int thread) {
    hal_port port;
    uint64_t keep = ~(UINT64_C(0xFF) << 8 * (thread % 4)) & UINT32_MAX;
    if (!made(hal_port_prepare(&port, bar, generation, 0, 32, 8 * (thread % 4), 8, keep, 0), "field"))
        return;
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (!made(hal_modify(&port, round & 0xFF), "modify"))
            return;
        yield_interpreter();
        int64_t got = hal_get(&port);
        expect(atomic_load(&reloading) || got == (int64_t)(round & 0xFF), "a field write was lost", (int)got);
    }
}

static void whole_word(hal_bar *bar, uint32_t generation, int thread) {
    hal_port port;
    if (!made(hal_port_prepare(&port, bar, generation, 8, 64, 0, 64, 0, 0), "word"))
        return;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t half = (uint64_t)thread << 16 | round, got = 0;
        if (!made(hal_set(&port, half << 32 | half), "set"))
            return;
        yield_interpreter();
        if (!made(hal_get64(&port, &got), "get"))
            return;
        expect(atomic_load(&reloading) || got >> 32 == (got & UINT32_MAX), "a 64-bit word was torn", 0);
    }
}

static void own_block(int thread) {
    uint32_t words[BLOCK_WORDS], back[BLOCK_WORDS];
    hal_attached attached = attach(FPGA_APP_PF, 4);
    hal_bar *bar = attached.bar;
    uint32_t generation = attached.generation;
    if (!bar)
        return;
    for (unsigned round = 0; round < ROUNDS / 4; round++) {
        for (unsigned i = 0; i < BLOCK_WORDS; i++)
            words[i] = (unsigned)thread << 24 | (round << 8 ^ i);
        uint64_t offset = (uint64_t)thread * sizeof words;
        if (!made(hal_write_block(bar, generation, offset, 32, words, BLOCK_WORDS), "write block") ||
            !made(hal_read_block(bar, generation, offset, 32, back, BLOCK_WORDS), "read block"))
            break;
        expect(atomic_load(&reloading) || memcmp(words, back, sizeof words) == 0, "a block was changed", thread);
        yield_interpreter();
    }
    detach(bar, generation);
}

static void list(hal_bar *bar, uint32_t generation, int thread) {
    hal_op ops[LIST_STEPS];
    size_t done, failed;
    uint64_t keep = ~(UINT64_C(0xFF) << 8 * (thread % 4)) & UINT32_MAX;
    for (unsigned round = 0; round < ROUNDS / 8; round++) {
        for (unsigned i = 0; i < LIST_STEPS; i++)
            ops[i] = (hal_op){.bar = bar,
                              .generation = generation,
                              .width = 32,
                              .kind = HAL_OP_MODIFY,
                              .keep = keep,
                              .value = (uint64_t)(round & 0xFF) << 8 * (thread % 4)};
        if (!made(hal_run(ops, LIST_STEPS, &done, &failed), "list"))
            return;
    }
}

static void services(void) {
    struct fpga_mgmt_image_info info;
    uint16_t leds = 0;
    for (unsigned round = 0; round < ROUNDS / 4; round++) {
        made(hal_describe(library, 0, FPGA_CMD_GET_HW_METRICS, &info), "describe");
        made(hal_set_dip(library, 0, (uint16_t)round), "dip");
        made(hal_leds(library, 0, &leds), "leds");
        hal_attached attached = attach(FPGA_MGMT_PF, 0);
        if (attached.bar)
            detach(attached.bar, attached.generation);
    }
}

static void wait_in_vain(hal_bar *bar, uint32_t generation) {
    hal_port port;
    uint64_t last;
    const hal_term term = {.mask = 1, .low = 1, .high = 1};
    hal_awaited awaited = {.first = &port, .terms = &term, .last = &last, .words = 1, .term_count = 1};
    for (unsigned round = 0; round < 10; round++) {
        if (!made(hal_port_prepare(&port, bar, generation, 0x10, 32, 0, 32, 0, 0), "port"))
            return;
        int code = hal_wait(&awaited, 0.002, 0.0005, 0, HAL_ASK_ALWAYS);
        if (code != HAL_E_TIMEOUT && !made(code, "wait"))
            return;
    }
}

static void *work(void *argument) {
    int thread = (int)(intptr_t)argument;
    enter(&interpreter);
    hal_attached attached = attach(FPGA_APP_PF, 0);
    hal_bar *bar = attached.bar;
    uint32_t generation = attached.generation;
    if (bar) {
        if (thread < 4)
            own_field(bar, generation, thread);
        else
            whole_word(bar, generation, thread);
        own_block(thread);
        if (thread < 4)
            list(bar, generation, thread);
        else
            wait_in_vain(bar, generation);
        services();
        detach(bar, generation);
    }
    leave();
    return NULL;
}

static void *reload(void *argument) {
    enter(&interpreter);
    for (int round = 0; round < RELOADS; round++) {
        int code =
            round % 2 ? hal_load_sync(library, 0, afi, 0, 1000, 1, NULL) : hal_clear_sync(library, 0, 1000, 1, NULL);
        expect(code == 0, "reload", code);
        hal_retire(library, 0, 0);
        yield_interpreter();
    }
    leave();
    return argument;
}

static void run_threads(int with_reloads) {
    pthread_t threads[THREADS + 1];
    atomic_store(&reloading, with_reloads);
    for (intptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    if (with_reloads)
        pthread_create(&threads[THREADS], NULL, reload, NULL);
    for (int i = 0; i < THREADS + with_reloads; i++)
        pthread_join(threads[i], NULL);
}

int main(int count, char **arguments) {
    char error[512] = "";
    if (count != 2 || hal_library_open(arguments[1], &library, error, sizeof error) || hal_library_init(library)) {
        fprintf(stderr, "usage: core_threads LIBRARY (%s)\n", error);
        return 2;
    }
    hal_set_gate((hal_gate){.leave = leave, .enter = enter});
    enter(&interpreter);
    int code = hal_library_card(library)->install(design, sizeof design - 1, error, sizeof error);
    if (code == 0)
        code = hal_load_sync(library, 0, afi, 0, 1000, 1, NULL);
    leave();
    expect(code == 0, error, code);
    run_threads(0);
    run_threads(1);
    printf("%d failures\n", atomic_load(&failures));
    return failures != 0;
}
