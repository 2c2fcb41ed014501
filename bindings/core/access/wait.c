/* Waits for a value: the interpreter's other threads run meanwhile. */
#include <math.h>
#include <time.h>

#include "access/access.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void sleep_for(double seconds) {
    struct timespec span = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&span, NULL);
}

static int poll_word(const hal_port *port, uint64_t mask, uint64_t expected, double until, double interval,
                     uint64_t *last) {
    for (;;) {
        int code = hal_state(port->bar, port->generation);
        if (code == 0)
            code = hal_bus_read(port->bar, port->offset, port->width, last);
        if (code || (*last & mask) == expected)
            return hal_reason(port->bar, port->generation, code);
        double left = until - now();
        if (left <= 0)
            return HAL_E_TIMEOUT;
        if (interval > 0)
            sleep_for(interval < left ? interval : left);
    }
}

/* Reads the port's word until (word & mask) == expected, at least once; seconds and interval in seconds, both finite.
 * HAL_E_TIMEOUT with the last word read when the time is over. */
int hal_wait(const hal_port *port, uint64_t mask, uint64_t expected, double seconds, double interval, uint64_t *last) {
    if (!port || !last || !isfinite(seconds) || !isfinite(interval) || interval < 0 || interval > 1e9)
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    int code = hal_bar_enter(port->bar, port->generation);
    if (code == 0) {
        code = poll_word(port, mask, expected, now() + seconds, interval, last);
        hal_bar_leave(port->bar);
    }
    hal_gate_enter(state);
    return code;
}

static bool words_match(const uint64_t *words, int count, const uint64_t *masks, const uint64_t *expected) {
    for (int i = 0; i < count; i++)
        if ((words[i] & masks[i]) != expected[i])
            return false;
    return true;
}

/* As hal_wait, for a register of several words; arguments of the reads as in hal_read_words. */
int hal_wait_words(const hal_port *first, int count, int order, int stable, const uint64_t *masks,
                   const uint64_t *expected, double seconds, double interval, uint64_t *last) {
    if (!first || !masks || !expected || !last || !isfinite(seconds) || !isfinite(interval) || interval < 0 ||
        interval > 1e9)
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    int code = hal_bar_enter(first->bar, first->generation);
    int entered = code == 0;
    double until = now() + seconds;
    while (code == 0) {
        code = hal_state(first->bar, first->generation);
        if (code == 0)
            code = hal_reason(first->bar, first->generation, hal_read_words(first, count, order, stable, last));
        if (code || words_match(last, count, masks, expected))
            break;
        double left = until - now();
        if (left <= 0)
            code = HAL_E_TIMEOUT;
        else if (interval > 0)
            sleep_for(interval < left ? interval : left);
    }
    if (entered)
        hal_bar_leave(first->bar);
    hal_gate_enter(state);
    return code;
}
