/* What a slot is: its phase, who answers on its BARs then, and its lock. */
#include <string.h>

#include "state/state.h"

const struct pci_ids cleared_ids = {0x1D0F, 0x9048, 0x1D51, 0xFEDC};

/* Both only rise, so their sum changes with each of them. */
static uint32_t bar_generation(const struct slot_state *slot, const struct bar_shape *shape) {
    bool of_app = shape->pf == FPGA_APP_PF;
    uint32_t designs = of_app || shape->kind == BAR_DESIGN ? atomic_load(&slot->design_generation) : 0;
    return designs + (of_app ? atomic_load(&slot->app_generation) : 0);
}

void slot_update_gates(struct slot_state *slot) {
    bool loaded = atomic_load(&slot->phase) == PHASE_LOADED;
    uint32_t served = atomic_load(&slot->served.id) ? GATE_SERVED : 0;
    for (enum bar_index i = 0; i < BAR_COUNT; i++) {
        const struct bar_shape *shape = &bar_shapes[i];
        bool alive = loaded && !(slot->bus_dead & shape->interface);
        bool answers = shape->kind == BAR_SHELL_MEMORY || (shape->kind == BAR_DESIGN && alive);
        uint32_t bits = served | (answers ? GATE_ANSWERS : 0);
        atomic_store_explicit(&slot->gate[i], bar_generation(slot, shape) << GATE_SHIFT | bits, memory_order_release);
    }
}

void slot_end_design(struct slot_state *slot) {
    atomic_fetch_add(&slot->design_generation, 1);
    memset(slot->design_name, 0, sizeof(slot->design_name));
    memset(slot->design_digest, 0, sizeof(slot->design_digest));
}

void slot_set_phase(struct slot_state *slot, enum slot_phase phase, int status_q) {
    slot->status_q = status_q;
    atomic_store_explicit(&slot->phase, phase, memory_order_release);
    slot_update_gates(slot);
}

void slot_start_phase(struct slot_state *slot, enum slot_phase phase, double seconds) {
    slot->start_ns = clock_ns();
    slot->duration_ns = card_time_ns(seconds);
    slot_set_phase(slot, phase, 0);
}

void slot_init(struct slot_state *slot) {
    slot->ids = cleared_ids;
    slot->visible_ids = cleared_ids;
    clkgen_power_up(&slot->clkgen, false);
    slot_set_phase(slot, PHASE_CLEARED, 0);
}

int slot_lock(struct slot_state *slot) {
    int code = card_lock(&slot->mutex);
    if (code)
        return code;
    if (card_whole()) {
        card_unlock(&slot->mutex);
        return -EIO;
    }
    if (slot->building) {
        /* A process was killed while it loaded a design. */
        slot->building = 0;
        slot_set_phase(slot, PHASE_FAILED, FPGA_ERR_SOFTWARE_PROBLEM);
    }
    return 0;
}

void slot_unlock(struct slot_state *slot) {
    card_unlock(&slot->mutex);
}

bool slot_has_clkgen(const struct slot_state *slot) {
    return atomic_load(&slot->phase) == PHASE_LOADED && slot->has_clkgen && !slot->faults.no_clkgen &&
           !slot->design_faults.no_clkgen;
}

int slot_status(uint32_t phase) {
    static const int statuses[] = {[PHASE_CLEARED] = FPGA_STATUS_CLEARED,
                                   [PHASE_LOADING] = FPGA_STATUS_BUSY,
                                   [PHASE_CLEARING] = FPGA_STATUS_BUSY,
                                   [PHASE_LOADED] = FPGA_STATUS_LOADED,
                                   [PHASE_FAILED] = FPGA_STATUS_LOAD_FAILED};
    return phase < ARRAY_LENGTH(statuses) ? statuses[phase] : FPGA_STATUS_NOT_PROGRAMMED;
}
