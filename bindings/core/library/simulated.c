/* Time of simulated logic, which passes only when somebody lets it. */
#include <time.h>

#include "library/library.h"

int hal_simulate(hal_library *library, uint64_t clocks) {
    if (!library || !library->cosim)
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    int code = library->cosim->advance(clocks);
    hal_gate_enter(state);
    return code;
}

double hal_seconds(const hal_library *library) {
    struct timespec time;
    if (library->cosim) {
        uint64_t clocks, picoseconds;
        if (library->cosim->time(&clocks, &picoseconds) == 0)
            return (double)picoseconds * 1e-12;
    }
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}
