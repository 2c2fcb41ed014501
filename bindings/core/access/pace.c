/* How long a BAR's reads take, and from how many on they let the interpreter's other threads run. */
#include "access/access.h"

enum {
    LOOKS = 8,       /* so many reads of several words are timed; the fastest counts: nothing came between */
    LOOK_WORDS = 8,  /* as short as that, the clock counts more than they do */
    LONG_NS = 15000, /* measured with two slots and two threads: from here on the second one is worth the hand-over */
};

bool hal_reads_are_long(const hal_bar *bar, uint64_t reads) {
    return reads > KEEP_LOCK_WORDS || reads * atomic_load_explicit(&bar->read_ns, memory_order_relaxed) >= LONG_NS;
}

errand hal_set_out(hal_bar *bar, uint64_t reads) {
    bool looks = reads >= LOOK_WORDS && atomic_load_explicit(&bar->looks, memory_order_relaxed) < LOOKS;
    return (errand){bar, reads, hal_reads_are_long(bar, reads) ? hal_gate_leave() : NULL, looks ? hal_now_ns() : 0};
}

void hal_come_back(const errand *way, int code) {
    if (way->start && code == 0) {
        uint64_t each = (hal_now_ns() - way->start) / way->reads;
        uint32_t took = each < 1000000000u ? (uint32_t)each : 1000000000u;
        uint32_t known = atomic_load_explicit(&way->bar->read_ns, memory_order_relaxed);
        if (atomic_fetch_add_explicit(&way->bar->looks, 1, memory_order_relaxed) == 0 || took < known)
            atomic_store_explicit(&way->bar->read_ns, took, memory_order_relaxed);
    }
    hal_gate_enter(way->state);
}
