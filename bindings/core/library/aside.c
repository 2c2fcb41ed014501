/* A question to a slot that its caller can leave: the vendor's library tries a dead card for two minutes. */
#include <stdlib.h>
#include <time.h>

#include "library/library.h"

#define LOOK_NS 20000000L /* how often the caller looks for signals */
#define SECOND_NS 1000000000L

/* What one thread asks and another waits for; whoever comes last frees it. */
typedef struct question {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    hal_library *library;
    int slot, code;
    uint32_t flags;
    bool over, left;
    struct fpga_mgmt_image_info info;
} question;

static void drop(question *asked) {
    pthread_cond_destroy(&asked->answered);
    pthread_mutex_destroy(&asked->lock);
    free(asked);
}

static void *ask(void *argument) {
    question *asked = argument;
    bool foreign = hal_gate_arrive(); /* this thread has no part in the interpreter */
    int code = hal_describe(asked->library, asked->slot, asked->flags, &asked->info);
    hal_gate_depart(foreign);
    pthread_mutex_lock(&asked->lock);
    asked->code = code;
    asked->over = true;
    bool left = asked->left;
    pthread_cond_signal(&asked->answered);
    pthread_mutex_unlock(&asked->lock);
    if (left)
        drop(asked);
    return NULL;
}

static question *begin(hal_library *library, int slot, uint32_t flags) {
    question *asked = calloc(1, sizeof *asked);
    pthread_condattr_t attributes;
    pthread_attr_t detached;
    pthread_t thread;
    if (!asked)
        return NULL;
    asked->library = library;
    asked->slot = slot;
    asked->flags = flags;
    pthread_mutex_init(&asked->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&asked->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &detached, ask, asked);
    pthread_attr_destroy(&detached);
    if (!failed)
        return asked;
    drop(asked);
    return NULL;
}

static struct timespec after(struct timespec time, long nanoseconds) {
    time.tv_sec += nanoseconds / SECOND_NS;
    time.tv_nsec += nanoseconds % SECOND_NS;
    if (time.tv_nsec >= SECOND_NS) {
        time.tv_sec++;
        time.tv_nsec -= SECOND_NS;
    }
    return time;
}

static bool is_later(struct timespec one, struct timespec other) {
    return one.tv_sec != other.tv_sec ? one.tv_sec > other.tv_sec : one.tv_nsec > other.tv_nsec;
}

/* Until it is answered, the caller's time is over, or a signal's handler has raised. */
static int await(question *asked, uint32_t patience_ms) {
    struct timespec now, end;
    hal_patience patience = hal_patience_begin();
    int code = 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    end = after(now, (long)(patience_ms % 1000) * 1000000L);
    end.tv_sec += patience_ms / 1000;
    pthread_mutex_lock(&asked->lock);
    while (!asked->over && code == 0) {
        struct timespec look = after(now, LOOK_NS);
        pthread_cond_timedwait(&asked->answered, &asked->lock, &look);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (!asked->over && is_later(now, end))
            code = HAL_E_SILENT;
        if (!asked->over && code == 0) {
            pthread_mutex_unlock(&asked->lock); /* a handler may take its time */
            code = hal_patience_over(&patience, true);
            pthread_mutex_lock(&asked->lock);
        }
    }
    asked->left = !asked->over;
    return code;
}

/* hal_describe, in a thread of its own where the slot's callers are not to wait for the library's end. */
int hal_describe_aside(hal_library *library, int slot, uint32_t flags, struct fpga_mgmt_image_info *info) {
    uint32_t patience_ms = atomic_load(&library->patience_ms[slot]);
    question *asked = patience_ms ? begin(library, slot, flags) : NULL;
    if (!asked)
        return hal_describe(library, slot, flags, info);
    void *state = hal_gate_leave();
    int code = await(asked, patience_ms);
    bool left = asked->left;
    if (!left) {
        code = asked->code;
        *info = asked->info;
    }
    pthread_mutex_unlock(&asked->lock);
    if (!left)
        drop(asked);
    hal_gate_enter(state);
    return code;
}

/* How long questions to this slot are waited for; 0: until the library ends them, as where none of its calls blocks. */
int hal_set_patience(hal_library *library, int slot, uint32_t milliseconds) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX)
        return HAL_E_ARGUMENT;
    atomic_store(&library->patience_ms[slot], milliseconds);
    return 0;
}
