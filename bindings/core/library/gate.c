/* Leaving the interpreter's lock to other threads while something is waited for, and coming back. */
#include <time.h>
#include <unistd.h>

#include "library/library.h"

#define LOOK_NS UINT64_C(50000000) /* how often a wait looks for signals */
#define NESTED_WAIT_NS                                                                            \
    UINT64_C(5000000000) /* how long a model waits for a lock whose holder may wait for the model \
                          */

static hal_gate the_gate;

void hal_set_gate(hal_gate gate) {
    the_gate = gate;
}

/* Whether this thread has left already: a lock that is waited for inside of a transfer must not leave again. */
static _Thread_local bool outside;
static _Thread_local void *left;      /* what it comes back with; null when it is inside or never was */
static _Thread_local int model_depth; /* models that this thread runs */

void *hal_gate_leave(void) {
    if (outside || !the_gate.leave)
        return NULL;
    left = the_gate.leave();
    outside = true;
    return left;
}

void hal_gate_enter(void *state) {
    if (!state)
        return;
    the_gate.enter(left);
    left = NULL;
    outside = false;
}

/* Around what the card calls in a thread that need not have come through the gate. */
bool hal_gate_arrive(void) {
    bool foreign = !outside && the_gate.held && !the_gate.held();
    if (foreign)
        outside = true;
    return foreign;
}

void hal_gate_depart(bool foreign) {
    if (foreign)
        outside = false;
}

hal_callback hal_callback_begin(void) {
    hal_callback before = {.left = left, .outside = outside};
    hal_gate_enter(left);
    outside = false;
    return before;
}

void hal_callback_end(hal_callback before) {
    left = before.left ? the_gate.leave() : NULL;
    outside = before.outside;
}

/* ---- Waiting ---- */

void hal_model_began(void) {
    model_depth++;
}

void hal_model_ended(void) {
    model_depth--;
}

bool hal_in_model(void) {
    return model_depth > 0;
}

/* In this thread. */
int hal_models_running(void) {
    return model_depth;
}

uint64_t hal_now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

static bool interrupted(void) {
    if (!left || !the_gate.interrupted)
        return false;
    hal_callback before = hal_callback_begin();
    bool raised = the_gate.interrupted();
    hal_callback_end(before);
    return raised;
}

int hal_gate_look(void) {
    return interrupted() ? HAL_E_INTERRUPTED : 0;
}

const hal_served_wait hal_served_waiting = {.leave = hal_gate_leave, .enter = hal_gate_enter, .look = hal_gate_look};

/* From wherever this thread of the interpreter's is. */
int hal_gate_tell(hal_library *library, uint64_t done, uint64_t total) {
    if (!the_gate.tell)
        return 0;
    hal_callback before = hal_callback_begin();
    int raised = the_gate.tell(library, done, total);
    hal_callback_end(before);
    return raised ? HAL_E_INTERRUPTED : 0;
}

hal_patience hal_patience_begin(void) {
    uint64_t now = hal_now_ns(), end = hal_in_model() ? now + NESTED_WAIT_NS : UINT64_MAX;
    return (hal_patience){.look = now + LOOK_NS, .end = end};
}

void hal_patience_limit(hal_patience *patience, uint64_t nanoseconds) {
    uint64_t end = hal_now_ns() + nanoseconds;
    if (end < patience->end)
        patience->end = end;
}

/* After each pause of a wait outside of the gate. woken: a signal ended the pause. 0: go on. */
int hal_patience_over(hal_patience *patience, bool woken) {
    uint64_t now = hal_now_ns();
    if (now >= patience->end)
        return HAL_E_DEADLOCK;
    if (!woken && now < patience->look)
        return 0;
    patience->look = now + LOOK_NS;
    return interrupted() ? HAL_E_INTERRUPTED : 0;
}

void hal_pause(uint64_t nanoseconds) {
    const struct timespec moment = {0, (long)nanoseconds};
    nanosleep(&moment, NULL);
}
