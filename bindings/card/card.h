/*
 * Inside the emulated card: what its files offer one another. Functions return 0, a negative
 * errno or, where they say so, an FPGA_ERR_* code.
 */
#ifndef HAL_CARD_INTERNAL_H
#define HAL_CARD_INTERNAL_H

#include "hal_card.h"
#include "state/layout.h"

#define HAL_EXPORT __attribute__((visibility("default")))
#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A design's text in error messages and in the catalogue never exceeds this. */
#define DESIGN_TEXT_MAX MIB(64)

struct message {
    char *text;
    size_t size;
};

__attribute__((format(printf, 3, 4))) int fail(struct message message, int code, const char *format, ...);

/* ---- card_file.c: the mapping ---- */

struct tables {
    _Atomic uint64_t *regions;
    _Atomic uint32_t *region_tables;
    _Atomic uint32_t *page_tables;
    struct word_class *classes;
};

/* One BAR of one slot as this process sees it; immutable once the card is open. */
struct bar_view {
    _Atomic uint32_t *gate;
    _Atomic uint64_t *regions;
    _Atomic uint32_t *region_tables;
    _Atomic uint32_t *page_tables;
    const struct word_class *classes;
    uint8_t *storage;
    uint8_t *once;
    uint64_t size;
    struct slot_state *slot;
    const struct bar_shape *shape;
    enum bar_index index;
    int slot_id;
};

struct card {
    uint8_t *base;
    uint64_t size;
    int fd;
    bool named;
    uint32_t slots;
    char name[65];
    char path[4096];
    struct card_header *header;
    struct bar_view views[FPGA_SLOT_MAX][BAR_COUNT];
};

/* The open card, opening it as the environment says when there is none yet. */
int card_get(struct card **card, struct message message);
int card_use(const char *name, uint32_t slots, struct message message);
int card_map(const char *name, uint32_t slots, struct card *card, struct message message);
struct slot_state *card_slot(const struct card *card, int slot_id);
struct tables card_tables(const struct card *card, int slot_id);
/* Makes sure that writing to [start, start + length) cannot run out of space. */
int card_reserve(const struct card *card, const void *start, uint64_t length);
/* Back to zero, giving the space back where the file system can. */
int card_discard(const struct card *card, void *start, uint64_t length);
/* 0, with the mutex held, or -ETIMEDOUT. */
int card_lock(pthread_mutex_t *mutex);
void card_unlock(pthread_mutex_t *mutex);
void card_set_lock_timeout(uint64_t milliseconds);

/* The open card and a slot of it, or -EINVAL (no such number) or -ENOENT (absent). */
int card_find_slot(int slot_id, struct card **card, struct slot_state **slot);
uint64_t clock_ns(void);
uint64_t card_time_ns(double seconds); /* scaled by HAL_CARD_TIME_SCALE */
bool time_is_over(uint64_t start_ns, uint64_t duration_ns);

/* ---- shared_file.c: the file behind a named card ---- */

bool card_name_is_valid(const char *name);
/* Opens or creates the file; path receives where it is. Returns a descriptor. */
int shared_file_open(const char *name, uint32_t slots, char *path, size_t path_size, struct message message);
int card_format(int fd, uint32_t slots, bool named);
uint64_t card_file_size(uint32_t slots);

/* ---- storage.c: the bytes behind a BAR ---- */

uint64_t storage_load(const struct bar_view *view, uint64_t offset, unsigned bytes);
int storage_store(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes,
                  uint64_t value);
int storage_reserve(const struct card *card, const struct bar_view *view, uint64_t offset, uint64_t length);
uint64_t once_load(const struct bar_view *view, uint64_t offset, unsigned bytes);
int once_store(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);
int storage_read(const struct bar_view *view, uint64_t offset, void *data, uint64_t length);
int storage_write(const struct card *card, const struct bar_view *view, uint64_t offset, const void *data,
                  uint64_t length);
int storage_fill(const struct card *card, const struct bar_view *view, uint64_t offset, uint32_t value,
                 uint64_t dwords);
/* Storage (unless kept) and write-once flags go back to zero. */
void storage_discard(const struct card *card, const struct bar_view *view, bool keep_data);

static inline uint32_t view_entry(const struct bar_view *view, uint64_t offset, uint64_t region) {
    uint32_t entry = (uint32_t)region;
    if (!(entry & ENTRY_LEAF)) {
        uint64_t table = entry & (REGION_TABLES - 1u);
        uint64_t page = (offset >> PAGE_BITS) & (PAGES_PER_REGION - 1u);
        entry = atomic_load_explicit(&view->region_tables[table * PAGES_PER_REGION + page], memory_order_relaxed);
        if (!(entry & ENTRY_LEAF)) {
            table = entry & (PAGE_TABLES - 1u);
            entry = atomic_load_explicit(&view->page_tables[table * BYTES_PER_PAGE + (offset & (BYTES_PER_PAGE - 1u))],
                                         memory_order_relaxed);
        }
    }
    return entry;
}

/* What a read that has no side effect shows of an entry's word; needs no lock. */
static inline uint64_t view_visible(const struct bar_view *view, uint32_t entry) {
    return __atomic_load_n(&view->classes[entry & ENTRY_CLASS_MASK].visible, __ATOMIC_RELAXED);
}

static inline uint64_t view_region(const struct bar_view *view, uint64_t offset) {
    return atomic_load_explicit(&view->regions[offset >> CHUNK_BITS], memory_order_relaxed);
}

/* ---- tables.c: building the decoding tables ---- */

enum claim { CLAIM_FREE, CLAIM_WINDOW, CLAIM_FORCED };

struct table_builder {
    struct tables tables;
    const struct card *card; /* NULL: scratch memory, which needs no reservation */
    uint32_t region_tables, page_tables, classes;
    uint32_t *class_slots; /* hash of class numbers */
    uint32_t class_capacity;
};

int builder_open(struct table_builder *builder, struct tables tables, const struct card *card);
void builder_close(struct table_builder *builder);
int builder_class(struct table_builder *builder, const struct word_class *wanted, uint32_t *number);
/* -EEXIST with *at on an overlap, -E2BIG when the tables are full, -ENOSPC. */
int builder_set(struct table_builder *builder, enum bar_index bar, uint64_t start, uint64_t length, uint32_t entry,
                enum claim claim, uint64_t *at);
uint32_t builder_entry(const struct table_builder *builder, enum bar_index bar, uint64_t offset);
int scratch_tables(struct tables *tables, void **memory);
void scratch_release(void *memory);

/* The exported names are never called from inside: a process may hold the vendor's library too,
 * and the call would go there. */

/* ---- policy.c ---- */

/* Adds a field of that policy to a word; false when there is no such policy. */
bool policy_apply(struct word_class *word, const char *policy, size_t length, uint64_t mask);
struct word_class policy_empty_word(void);
uint32_t policy_entry_flags(const struct word_class *word, unsigned bits);

/* ---- design.c: the text of a design ---- */

struct design_model {
    enum bar_index bar;
    uint64_t base;
};

struct design {
    char name[AFI_ID_STR_MAX];
    char afis[DESIGN_AFIS][AFI_ID_STR_MAX];
    uint32_t afi_count;
    struct pci_ids ids;
    bool has_clkgen;
    uint32_t load_ms;
    struct faults faults;
    struct design_model models[MODEL_MAX];
    uint32_t model_count;
};

/* Called for every word of the design with its reset value. */
typedef int (*design_reset)(void *context, enum bar_index bar, uint64_t offset, unsigned bytes, uint64_t value);

int design_parse(const char *text, size_t length, struct design *design, struct table_builder *builder,
                 design_reset reset, void *context, struct message message);
bool afi_id_is_valid(const char *text, size_t length);

/* ---- fault.c ---- */

bool fault_parse(const char *text, size_t length, struct faults *faults);

/* ---- catalogue.c ---- */

int catalogue_install(struct card *card, const char *text, size_t length, bool keep_known, struct message message);
/* A copy of the text, to be freed; -ENOENT. */
int catalogue_copy(struct card *card, const char *afi_id, char **text, size_t *length, uint64_t *revision);
int catalogue_list(struct card *card, char *buffer, size_t size);
void catalogue_install_shipped(struct card *card);

/* ---- slot.c: load, clear and what follows from time ---- */

extern const struct pci_ids cleared_ids;
void slot_update_gates(struct slot_state *slot);
void slot_set_phase(struct slot_state *slot, enum slot_phase phase, int status_q);
void slot_start_phase(struct slot_state *slot, enum slot_phase phase, double seconds);
int slot_lock(struct slot_state *slot);
void slot_unlock(struct slot_state *slot);
void slot_advance(struct slot_state *slot);      /* with the lock held */
int slot_settle(struct card *card, int slot_id); /* without: advance, then tell the hook */
int slot_load(struct card *card, int slot_id, const char *afi_id, uint32_t flags);
int slot_clear(struct card *card, int slot_id);
int slot_reset(struct card *card, int slot_id);
int slot_rescan(struct card *card, int slot_id);
int slot_fault(struct card *card, int slot_id, const char *spec, struct message message);
int slot_status(uint32_t phase);
int slot_load_error(const struct slot_state *slot);
void slot_init(struct slot_state *slot);
void slot_clear_counters(struct slot_state *slot);
bool slot_has_clkgen(const struct slot_state *slot);
void slot_bus_timeout(struct slot_state *slot, enum bus_interface interface, uint64_t address);

/* ---- clkgen.c: the clock generator; with the slot's lock held ---- */

#define CLKGEN_BASE UINT64_C(0x50000)
#define CLKGEN_END UINT64_C(0x59000)

struct clkgen_setting {
    uint16_t mult, mult_frac;
    uint8_t div, div0;
    uint16_t div0_frac;
    uint8_t div1, div2;
};

void clkgen_reset(struct clkgen_state *state);
uint32_t clkgen_read(const struct clkgen_state *state, uint64_t offset);
void clkgen_write(struct clkgen_state *state, uint64_t offset, uint32_t value, uint32_t mask);
void clkgen_apply(struct clkgen_state *state, enum mmcm_index mmcm, const struct clkgen_setting *setting);
void clkgen_frequencies(const struct clkgen_state *state, bool present, uint64_t hz[HAL_CARD_CLOCKS]);
double clkgen_output_mhz(const struct mmcm_config *config, int output);
/* NULL when there is no such recipe or frequency. */
const struct clkgen_setting *clkgen_recipe(enum mmcm_index mmcm, uint32_t recipe);
const struct clkgen_setting *clkgen_dynamic(enum mmcm_index mmcm, uint32_t mhz);

/* ---- model_clk_freq.c; with the slot's lock held ---- */

#define CLK_FREQ_BYTES UINT64_C(0x38)

void clk_freq_advance(struct card *card, int slot_id);
int clk_freq_written(struct card *card, int slot_id, enum bar_index bar, uint64_t offset);

/* ---- bus.c: one access under all rules ---- */

int bus_read(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t *value);
int bus_write(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);
/* The BAR as a debugger sees it. */
int bus_backdoor_read(struct card *card, const struct bar_view *view, uint64_t offset, void *data, uint64_t length);
int bus_backdoor_write(struct card *card, const struct bar_view *view, uint64_t offset, const void *data,
                       uint64_t length);

/* ---- observe.c: hooks and traces of this process ---- */

extern _Atomic uint32_t observed[FPGA_SLOT_MAX];

int observe_set_hook(struct card *card, int slot_id, hal_card_hook hook, void *context);
int observe_word(int slot_id, int event, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);
int observe_events(const struct card *card, int slot_id);
int observe_set_trace(int slot_id, uint32_t capacity);
int64_t observe_take(int slot_id, hal_card_access *out, size_t max, uint64_t *lost);
void observe_access(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value, bool is_write);

/* ---- pci_slot.c, handles.c ---- */

enum bar_index bar_find(int pf, int bar); /* BAR_COUNT: absent */
void fill_resource_map(const struct slot_state *slot, int slot_id, int pf, struct fpga_pci_resource_map *map);

struct handle {
    const struct bar_view *_Atomic view;
    _Atomic uint32_t expected; /* the gate's value while the handle is good and the bus answers */
};

#define HANDLE_MAX 64
extern struct handle handles[HANDLE_MAX];

/* The handle's BAR, or -EINVAL (not attached) or -ENODEV (stale). */
int handle_view(pci_bar_handle_t handle, struct card **card, const struct bar_view **view);

#endif
