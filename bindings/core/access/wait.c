/* Waits for a value: the interpreter's other threads run meanwhile. */
#include <math.h>
#include <sched.h>
#include <time.h>

#include "access/access.h"
#include "hal_wait.h"

/* Clocks of simulated logic between two reads that have no interval. */
#define CLOCKS_BETWEEN 64

/* Of the adaptive pause: it reads again at once, then lets others have the processor, then sleeps for this part of the
 * time that has been waited. Sleeps below SLEEP_LEAST would take several times as long. */
#define SPIN_SECONDS 50e-6
#define PART_OF_WAITED (1.0 / 64)
#define SLEEP_LEAST 100e-6
#define SLEEP_MOST 1e-3
#define SIMULATED_MOST 10e-6

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

/* Between two reads, `waited` seconds after the first; false where nothing can come any more. Without an interval it
 * reads again at once; what lasts longer lets others have the processor. */
static bool pause_between(const hal_library *library, double interval, double left, double waited) {
    const double alone = 200e-6;
    bool adaptive = interval < 0;
    if (adaptive)
        interval = fmin(waited * PART_OF_WAITED, library->cosim ? SIMULATED_MOST : SLEEP_MOST);
    if (library->cosim)
        return pass_simulated(library, fmin(interval, left));
    if (interval > 0 && !(adaptive && interval < SLEEP_LEAST))
        sleep_for(fmin(interval, left));
    else if (waited > (adaptive ? SPIN_SECONDS : alone))
        sched_yield();
    return true;
}

static bool is_so(const hal_term *term, const uint64_t *words) {
    uint64_t bits = (words[term->word] & term->mask) ^ term->flip;
    return (term->low <= bits && bits <= term->high) != (term->negated != 0);
}

/* Whether the wait is over with what was read last. A failure is told even where the rest is there, too. */
static bool is_over(hal_awaited *awaited) {
    bool came = awaited->term_count > 0;
    for (uint32_t i = 0; i < awaited->term_count; i++) {
        const hal_term *term = &awaited->terms[i];
        bool so = is_so(term, awaited->last);
        if (term->fails && so) {
            awaited->failed = (int32_t)i;
            return true;
        }
        came = came && (so || term->fails);
    }
    return came;
}

static int look(hal_awaited *awaited) {
    const hal_port *first = awaited->first;
    int code = hal_state(first->bar, first->generation);
    if (code)
        return code;
    if (awaited->words == 1)
        return hal_reason(first->bar, first->generation,
                          hal_bus_read(first->bar, first->offset, first->width, awaited->last));
    code = hal_read_words(first, (int)awaited->words, awaited->order, awaited->stable, awaited->last);
    return hal_reason(first->bar, first->generation, code);
}

static int poll_words(hal_awaited *awaited, double seconds, double interval, double waited) {
    const hal_library *library = awaited->first->bar->library;
    double since = hal_seconds(library), passed = 0;
    for (;;) {
        int code = look(awaited);
        if (code || is_over(awaited))
            return code;
        if (seconds > 0)
            passed = hal_seconds(library) - since;
        if (passed >= seconds || !pause_between(library, interval, seconds - passed, waited + passed))
            return HAL_E_TIMEOUT;
    }
}

/* 0 where somebody answered, or, but with `any`, where there is no telling. */
static int ask_after(const hal_awaited *awaited, bool any) {
    int asked = hal_ask(awaited->first->bar, awaited->first->generation, awaited->incidents);
    bool known = asked == HAL_E_DEAD || asked == HAL_E_EMPTY || asked == HAL_E_STALE || asked == HAL_E_CLOSED ||
                 asked == HAL_E_INTERRUPTED;
    return known || any ? asked : 0;
}

static bool has_ones(const hal_awaited *awaited) {
    return hal_has_ones(awaited->last, awaited->words, awaited->first->width);
}

/* What was read last decides something: its own code where it has a word of all ones that nobody answered. any: also
 * where there is no telling. */
int hal_wait_asks(const hal_awaited *awaited, int any) {
    if (!awaited || !awaited->first || !awaited->last || awaited->words == 0)
        return HAL_E_ARGUMENT;
    return has_ones(awaited) ? ask_after(awaited, any != 0) : 0;
}

static bool is_interval(double interval) {
    return interval == HAL_INTERVAL_ADAPTIVE || (isfinite(interval) && interval >= 0 && interval <= 1e9);
}

static bool is_complete(const hal_awaited *awaited) {
    if (!awaited || !awaited->first || !awaited->last || awaited->words == 0 || awaited->words > HAL_WORDS_MAX ||
        (!awaited->terms && awaited->term_count))
        return false;
    for (uint32_t i = 0; i < awaited->term_count; i++)
        if (awaited->terms[i].word >= awaited->words)
            return false;
    return true;
}

/* Reads until it came or failed, at least once. seconds: finite; with 0, or less, it is one look, for which the
 * interpreter's lock is kept. interval in seconds, finite, or HAL_INTERVAL_ADAPTIVE. waited: seconds of the same wait
 * before this call. HAL_E_TIMEOUT when the time is over; 0 with `failed` set when it failed. asks: HAL_ASK_*. */
int hal_wait(hal_awaited *awaited, double seconds, double interval, double waited, int asks) {
    if (!is_complete(awaited) || !isfinite(seconds) || !is_interval(interval) || !isfinite(waited))
        return HAL_E_ARGUMENT;
    const hal_port *first = awaited->first;
    awaited->failed = -1;
    void *state = seconds > 0 ? hal_gate_leave() : NULL;
    int code = hal_bar_enter(first->bar, first->generation);
    if (code == 0) {
        const hal_whole *whole = hal_whole_of(first->bar->bus);
        awaited->incidents = hal_incidents_of(first->bar);
        code = whole ? whole->wait(awaited, seconds, interval, waited, asks)
                     : poll_words(awaited, seconds, interval, waited);
        hal_bar_leave(first->bar);
        bool over = code == HAL_E_TIMEOUT;
        if (!whole && ((code == 0 && asks) || (over && asks == HAL_ASK_ALWAYS)) && has_ones(awaited)) {
            int asked = ask_after(awaited, !over);
            code = asked ? asked : code;
        }
    }
    hal_gate_enter(state);
    return code;
}

/* The pause between two looks that the caller makes: of a wait that has `left` seconds and took `waited` so far.
 * HAL_E_TIMEOUT where nothing can come any more. */
int hal_wait_pause(hal_library *library, double interval, double left, double waited) {
    if (!library || !is_interval(interval) || !isfinite(left) || !isfinite(waited))
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    bool goes_on = left <= 0 || pause_between(library, interval, left, waited);
    hal_gate_enter(state);
    return goes_on ? 0 : HAL_E_TIMEOUT;
}
