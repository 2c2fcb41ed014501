/* Waits for a value: the interpreter's other threads run meanwhile. */
#include <math.h>
#include <sched.h>
#include <time.h>

#include "access/access.h"

/* Clocks of simulated logic between two reads that have no interval. */
#define CLOCKS_BETWEEN 64

static void sleep_for(double seconds) {
    struct timespec span = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&span, NULL);
}

/* False: the simulation has ended, and its time with it. */
static bool pass_simulated(const hal_library *library, double seconds) {
    double end = hal_seconds(library) + seconds;
    do {
        if (library->cosim->advance(CLOCKS_BETWEEN))
            return false;
    } while (hal_seconds(library) < end);
    return true;
}

/* Between two reads; false where nothing can come any more. Without an interval it reads again at once; what lasts
 * longer lets others have the processor. */
static bool pause_between(const hal_library *library, double interval, double left, double since) {
    const double alone = 200e-6;
    if (library->cosim)
        return pass_simulated(library, interval < left ? interval : left);
    if (interval > 0)
        sleep_for(interval < left ? interval : left);
    else if (hal_seconds(library) - since > alone)
        sched_yield();
    return true;
}

static int poll_word(const hal_port *port, uint64_t mask, uint64_t expected, double seconds, double interval,
                     uint64_t *last) {
    const hal_library *library = port->bar->library;
    double since = hal_seconds(library), until = since + seconds;
    for (;;) {
        int code = hal_state(port->bar, port->generation);
        if (code == 0)
            code = hal_bus_read(port->bar, port->offset, port->width, last);
        if (code || (*last & mask) == expected)
            return hal_reason(port->bar, port->generation, code);
        double left = until - hal_seconds(library);
        if (left <= 0 || !pause_between(library, interval, left, since))
            return HAL_E_TIMEOUT;
    }
}

/* A wait that came to an end on all ones: did anybody answer? Its own code otherwise. */
static int ask_after(const hal_port *port, int code, bool ones, bool final, uint32_t incidents) {
    if (!ones || (code && !(code == HAL_E_TIMEOUT && final)))
        return code;
    int asked = hal_ask(port->bar, port->generation, incidents);
    bool known = asked == HAL_E_DEAD || asked == HAL_E_EMPTY || asked == HAL_E_STALE || asked == HAL_E_CLOSED ||
                 asked == HAL_E_INTERRUPTED;
    return asked && (known || code == 0) ? asked : code;
}

static bool is_time(double seconds, double interval) {
    return isfinite(seconds) && isfinite(interval) && interval >= 0 && interval <= 1e9;
}

/* Reads the port's word until (word & mask) == expected, at least once; seconds and interval in seconds, both finite.
 * HAL_E_TIMEOUT with the last word read when the time is over; with final set, this call's time is all there is. */
int hal_wait(const hal_port *port, uint64_t mask, uint64_t expected, double seconds, double interval, int final,
             uint64_t *last) {
    if (!port || !last || !is_time(seconds, interval))
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    uint32_t incidents = 0;
    int code = hal_bar_enter(port->bar, port->generation);
    if (code == 0) {
        incidents = hal_incidents_of(port->bar);
        code = poll_word(port, mask, expected, seconds, interval, last);
        hal_bar_leave(port->bar);
        code = ask_after(port, code, hal_is_ones(*last, port->width), final, incidents);
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

static int poll_words(const hal_port *first, int count, int order, int stable, const uint64_t *masks,
                      const uint64_t *expected, double seconds, double interval, uint64_t *last) {
    const hal_library *library = first->bar->library;
    double since = hal_seconds(library), until = since + seconds;
    for (;;) {
        int code = hal_state(first->bar, first->generation);
        if (code == 0)
            code = hal_reason(first->bar, first->generation, hal_read_words(first, count, order, stable, last));
        if (code || words_match(last, count, masks, expected))
            return code;
        double left = until - hal_seconds(library);
        if (left <= 0 || !pause_between(library, interval, left, since))
            return HAL_E_TIMEOUT;
    }
}

/* As hal_wait, for a register of several words; arguments of the reads as in hal_read_words. */
int hal_wait_words(const hal_port *first, int count, int order, int stable, const uint64_t *masks,
                   const uint64_t *expected, double seconds, double interval, int final, uint64_t *last) {
    if (!first || count < 1 || !masks || !expected || !last || !is_time(seconds, interval))
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    uint32_t incidents = 0;
    int code = hal_bar_enter(first->bar, first->generation);
    if (code == 0) {
        incidents = hal_incidents_of(first->bar);
        code = poll_words(first, count, order, stable, masks, expected, seconds, interval, last);
        hal_bar_leave(first->bar);
        code = ask_after(first, code, hal_has_ones(last, (uint64_t)count, first->width), final, incidents);
    }
    hal_gate_enter(state);
    return code;
}
