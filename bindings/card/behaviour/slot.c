/* A slot's life: load, clear, power cycle, and what time does to them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "behaviour/behaviour.h"

#define CLEAR_SECONDS 0.02

bool slot_is_busy(const struct slot_state *slot) {
    uint32_t phase = atomic_load_explicit(&slot->phase, memory_order_acquire);
    return phase == PHASE_LOADING || phase == PHASE_CLEARING;
}

/* ---- AFI cache: the ids' last 16 digits, the oldest first ---- */

static uint64_t afi_number(const char *afi_id) {
    size_t length = strlen(afi_id);
    return strtoull(afi_id + (length > 16 ? length - 16 : 0), NULL, 16);
}

static void cache_afi(struct slot_state *slot, const char *afi_id) {
    uint64_t number = afi_number(afi_id);
    unsigned used = 0;
    for (; used < FPGA_CACHED_AGFIS_MAX && slot->cached_afis[used] != 0; used++)
        if (slot->cached_afis[used] == number)
            return;
    if (used == FPGA_CACHED_AGFIS_MAX) {
        memmove(slot->cached_afis, slot->cached_afis + 1, sizeof(slot->cached_afis) - sizeof(slot->cached_afis[0]));
        used--;
    }
    slot->cached_afis[used] = number;
}

/* ---- Time ---- */

static void announce(struct slot_state *slot, uint32_t event) {
    slot->event = event;
    atomic_fetch_add_explicit(&slot->event_count, 1, memory_order_release);
}

static void finish_load(struct slot_state *slot) {
    if (slot->pending_error) {
        slot_set_phase(slot, PHASE_FAILED, slot->pending_error);
        return;
    }
    cache_afi(slot, slot->afi_id);
    slot->bus_dead |= slot->design_faults.bus_dead;
    slot->loaded_ns = slot->start_ns + slot->duration_ns;
    models_loaded(slot);
    slot_set_phase(slot, PHASE_LOADED, 0);
    announce(slot, HAL_CARD_EVENT_LOADED);
}

void slot_advance(struct slot_state *slot) {
    uint32_t phase = atomic_load(&slot->phase);
    bool never = slot->faults.never_ready || slot->design_faults.never_ready;
    if (phase == PHASE_LOADING && !never && time_is_over(slot->start_ns, slot->duration_ns)) {
        finish_load(slot);
    } else if (phase == PHASE_CLEARING && time_is_over(slot->start_ns, slot->duration_ns)) {
        slot_set_phase(slot, PHASE_CLEARED, 0);
        announce(slot, HAL_CARD_EVENT_CLEARED);
    }
}

int slot_settle(struct card *card, int slot_id) {
    struct slot_state *slot = card_slot(card, slot_id);
    if (slot_is_busy(slot)) {
        int code = slot_lock(slot);
        if (code)
            return code;
        slot_advance(slot);
        slot_unlock(slot);
    }
    return tell_events(card, slot_id);
}

/* ---- Load ---- */

struct reset_context {
    const struct card *card;
    int slot_id;
};

static int set_reset_value(void *context, enum bar_index bar, uint64_t offset, unsigned bytes, uint64_t value,
                           bool behind) {
    const struct reset_context *place = context;
    const struct bar_view *view = &place->card->views[place->slot_id][bar];
    if (view->shape->kind != BAR_DESIGN)
        return 0;
    if (behind)
        return value == 0 && behind_load(view, offset, bytes) == 0
                   ? 0
                   : behind_store(place->card, view, offset, bytes, value);
    if (value == 0 && storage_load(view, offset, bytes) == 0)
        return 0;
    return storage_store(place->card, view, offset, bytes, value);
}

static void discard_design(const struct card *card, int slot_id, bool keep_dram) {
    struct slot_state *slot = card_slot(card, slot_id);
    const struct bar_view *views = card->views[slot_id];
    storage_discard(card, &views[BAR_APP0], false);
    storage_discard(card, &views[BAR_APP4], keep_dram);
    storage_discard(card, &views[BAR_MGMT4], false);
    memset(slot->key_count, 0, sizeof(slot->key_count));
    interrupts_drop(card, slot_id);
    slot->has_clkgen = 0;
    slot->model_count = 0;
    atomic_store(&slot->leds, 0);
}

static int build_design(const struct card *card, int slot_id, const char *text, size_t length, struct design *design) {
    struct table_builder builder = {0};
    struct reset_context context = {card, slot_id};
    int code = builder_open(&builder, card_tables(card, slot_id), card);
    if (!code)
        code = design_parse(text, length, design, &builder, set_reset_value, &context, (struct message){0});
    builder_close(&builder);
    return code;
}

static void adopt_design(struct slot_state *slot, const struct design *design, uint64_t revision) {
    slot->ids = design->ids;
    memcpy(slot->design_name, design->name, sizeof(slot->design_name));
    memcpy(slot->design_digest, design->digest, sizeof(slot->design_digest));
    slot->has_clkgen = design->has_clkgen;
    slot->model_count = design->model_count;
    for (uint32_t i = 0; i < design->model_count; i++) {
        const struct design_model *model = &design->models[i];
        slot->models[i] = (struct model_state){.kind = model->kind, .bar = model->bar, .base = model->base};
    }
    /* Counted faults of a design go on counting when it is loaded again. */
    if (slot->design_revision != revision)
        slot->design_faults = design->faults;
    slot->design_revision = revision;
    clkgen_power_up(&slot->clkgen, slot->faults.clkgen_reset || slot->design_faults.clkgen_reset);
}

int slot_load_error(const struct slot_state *slot) {
    return slot->faults.load_error ? slot->faults.load_error : slot->design_faults.load_error;
}

static void begin_load(struct slot_state *slot, const char *afi_id, uint32_t flags) {
    slot->bus_dead &= flags & FPGA_CMD_FORCE_SHELL_RELOAD ? 0 : BUS_PCIS;
    memset(slot->afi_id, 0, sizeof(slot->afi_id));
    strncpy(slot->afi_id, afi_id, sizeof(slot->afi_id) - 1);
    slot->ids = cleared_ids;
}

/* With the lock held and the slot not busy. */
static int load_locked(struct card *card, int slot_id, const char *afi_id, uint32_t flags, const char *text,
                       size_t length, uint64_t revision) {
    struct slot_state *slot = card_slot(card, slot_id);
    struct design design;
    slot->building = 1;
    slot_end_design(slot);
    slot_set_phase(slot, PHASE_FAILED, FPGA_ERR_SOFTWARE_PROBLEM);
    begin_load(slot, afi_id, flags);
    discard_design(card, slot_id, flags & FPGA_CMD_DRAM_DATA_RETENTION);
    int code = build_design(card, slot_id, text, length, &design);
    if (!code) {
        adopt_design(slot, &design, revision);
        interrupts_adopt(card, slot_id, &design);
        code = card_logic ? logic_configure(slot) : 0;
    }
    if (!code) {
        slot->pending_error = slot_load_error(slot);
        slot_start_phase(slot, PHASE_LOADING, card_logic ? 0.0 : design.load_ms / 1000.0);
    }
    slot->building = 0;
    return code;
}

static int check_flags(const struct slot_state *slot, uint32_t flags) {
    bool retention = flags & FPGA_CMD_DRAM_DATA_RETENTION;
    bool reload = flags & FPGA_CMD_FORCE_SHELL_RELOAD;
    if (reload + retention + !!(flags & FPGA_CMD_PREFETCH) > 1)
        return FPGA_ERR_INCOMPATIBLE_AFI_CMD_FLAGS;
    if (slot_is_busy(slot))
        return FPGA_ERR_AFI_CMD_BUSY;
    if (retention && atomic_load(&slot->phase) != PHASE_LOADED)
        return FPGA_ERR_DRAM_DATA_RETENTION_NOT_POSSIBLE;
    return 0;
}

/* text NULL: no such AFI, which the shell finds out before it touches what is loaded. */
static int load_text(struct card *card, int slot_id, const char *afi_id, uint32_t flags, const char *text,
                     size_t length, uint64_t revision) {
    struct slot_state *slot = card_slot(card, slot_id);
    int code = slot_lock(slot);
    if (code)
        return code;
    slot_advance(slot);
    code = check_flags(slot, flags);
    if (!code && !text)
        code = FPGA_ERR_AFI_ID_INVALID;
    if (!code && (flags & FPGA_CMD_CLEAR_AFI_CACHE))
        memset(slot->cached_afis, 0, sizeof(slot->cached_afis));
    if (!code && (flags & FPGA_CMD_PREFETCH))
        cache_afi(slot, afi_id);
    else if (!code)
        code = load_locked(card, slot_id, afi_id, flags, text, length, revision);
    slot_unlock(slot);
    return code;
}

int slot_load(struct card *card, int slot_id, const char *afi_id, uint32_t flags) {
    char *text = NULL;
    size_t length = 0;
    uint64_t revision = 0;
    if (!afi_id)
        return -EINVAL;
    size_t id_length = strnlen(afi_id, AFI_ID_STR_MAX);
    if (id_length == 0 || id_length == AFI_ID_STR_MAX)
        return FPGA_ERR_AFI_ID_INVALID;
    catalogue_touch(card, afi_id);
    int code = catalogue_copy(card, afi_id, &text, &length, &revision);
    if (code && code != -ENOENT)
        return code;
    code = load_text(card, slot_id, afi_id, flags, text, length, revision);
    free(text);
    return code;
}

/* ---- Clear, power cycle, rescan ---- */

int slot_clear(struct card *card, int slot_id) {
    struct slot_state *slot = card_slot(card, slot_id);
    int code = slot_lock(slot);
    if (code)
        return code;
    slot_advance(slot);
    code = slot_is_busy(slot) ? FPGA_ERR_AFI_CMD_BUSY : 0;
    if (!code) {
        slot_end_design(slot);
        slot_start_phase(slot, PHASE_CLEARING, CLEAR_SECONDS);
        discard_design(card, slot_id, false);
        memset(slot->afi_id, 0, sizeof(slot->afi_id));
        slot->ids = cleared_ids;
    }
    slot_unlock(slot);
    return code;
}

void slot_clear_counters(struct slot_state *slot) {
    struct bus_timeouts *all[] = {&slot->ocl, &slot->pcis, &slot->sda, &slot->pcim};
    atomic_store(&slot->int_status, 0);
    atomic_store(&slot->pcim_reads, 0);
    atomic_store(&slot->pcim_writes, 0);
    slot->power_max = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        atomic_store(&all[i]->address, 0);
        atomic_store(&all[i]->count, 0);
    }
}

static void clear_faults(struct slot_state *slot) {
    slot->faults = (struct faults){0};
    slot->design_faults = (struct faults){0};
    slot->design_revision = 0;
    slot->bus_dead = 0;
    slot_update_gates(slot);
}

int slot_reset(struct card *card, int slot_id) {
    struct slot_state *slot = card_slot(card, slot_id);
    int code = slot_lock(slot);
    if (code)
        return code;
    slot_end_design(slot);
    slot_set_phase(slot, PHASE_CLEARED, 0);
    clear_faults(slot);
    discard_design(card, slot_id, false);
    storage_discard(card, &card->views[slot_id][BAR_APP2], false);
    slot_clear_counters(slot);
    memset(slot->afi_id, 0, sizeof(slot->afi_id));
    memset(slot->cached_afis, 0, sizeof(slot->cached_afis));
    atomic_store(&slot->dip, 0);
    slot->interrupts.by_level = 0;
    slot_init(slot);
    announce(slot, HAL_CARD_EVENT_CLEARED);
    slot_unlock(slot);
    return tell_events(card, slot_id);
}

int slot_rescan(struct card *card, int slot_id) {
    struct slot_state *slot = card_slot(card, slot_id);
    int code = slot_settle(card, slot_id);
    if (!code)
        code = slot_lock(slot);
    if (code)
        return code;
    code = slot->faults.rescan_error ? slot->faults.rescan_error : slot->design_faults.rescan_error;
    if (!code && slot_is_busy(slot)) {
        code = -EBUSY;
    } else if (!code) {
        slot->app_generation++;
        slot->visible_ids = atomic_load(&slot->phase) == PHASE_LOADED ? slot->ids : cleared_ids;
        slot_update_gates(slot);
    }
    slot_unlock(slot);
    return code;
}

/* ---- Faults ---- */

int slot_fault(struct card *card, int slot_id, const char *spec, struct message message) {
    struct slot_state *slot = card_slot(card, slot_id);
    size_t length = strnlen(spec, 64);
    struct faults probe = {0};
    if (length > 0 && (length == 64 || !fault_parse(spec, length, &probe)))
        return fail(message, -EINVAL,
                    "'%.64s' is no fault: use load-error=N, load-timeouts=K, never-ready, "
                    "bus-dead=ocl|pcis|sda, rescan-error=N, no-clkgen, clkgen-reset, describe-error=N, "
                    "attach-error=N, or nothing to end all",
                    spec);
    int code = slot_lock(slot);
    if (code)
        return fail(message, code, "slot %d is locked by another process", slot_id);
    if (length == 0) {
        clear_faults(slot);
    } else {
        fault_parse(spec, length, &slot->faults);
        /* A dead bus is a state that the next load ends, not a plan for it. */
        slot->bus_dead |= slot->faults.bus_dead;
        slot->faults.bus_dead = 0;
        slot_update_gates(slot);
    }
    slot_unlock(slot);
    return 0;
}

static void count_error(struct slot_state *slot, struct bus_timeouts *errors, uint32_t bit, uint64_t address) {
    atomic_fetch_or_explicit(&slot->int_status, bit, memory_order_relaxed);
    atomic_store_explicit(&errors->address, address, memory_order_relaxed);
    atomic_fetch_add_explicit(&errors->count, 1, memory_order_relaxed);
}

void slot_pcim_error(struct slot_state *slot, uint64_t address) {
    count_error(slot, &slot->pcim, FPGA_INT_STATUS_PCI_RANGE_ERROR, address);
}

void slot_bus_timeout(struct slot_state *slot, enum bus_interface interface, uint64_t address) {
    struct bus_timeouts *timeouts = interface == BUS_OCL    ? &slot->ocl
                                    : interface == BUS_PCIS ? &slot->pcis
                                                            : &slot->sda;
    uint32_t bit = interface == BUS_OCL    ? FPGA_INT_STATUS_OCL_SLAVE_TIMEOUT
                   : interface == BUS_PCIS ? FPGA_INT_STATUS_PCI_SLAVE_TIMEOUT
                                           : FPGA_INT_STATUS_SDA_SLAVE_TIMEOUT;
    count_error(slot, timeouts, bit, address);
}
