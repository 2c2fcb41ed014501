/* The card's time. */
#include <stdlib.h>
#include <time.h>

#include "state/state.h"

#define LONGEST_NS 1e18

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
