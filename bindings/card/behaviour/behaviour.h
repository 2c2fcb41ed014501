/* What a slot does: on loads and clears, over time, and on each access. Functions return 0, a negative errno or, where
 * the SDK has one, an FPGA_ERR_* code. */
#ifndef HAL_CARD_BEHAVIOUR_H
#define HAL_CARD_BEHAVIOUR_H

#include "design/design.h"
#include "interrupt/interrupt.h"
#include "logic/logic.h"
#include "served/served.h"

/* ---- slot.c: load, clear and what follows from time ---- */

void slot_advance(struct slot_state *slot); /* with the lock held */
bool slot_is_busy(const struct slot_state *slot);
int slot_settle(struct card *card, int slot_id); /* without: advance, then tell the hook */
int slot_load(struct card *card, int slot_id, const char *afi_id, uint32_t flags);
int slot_clear(struct card *card, int slot_id);
int slot_reset(struct card *card, int slot_id);
int slot_rescan(struct card *card, int slot_id);
int slot_fault(struct card *card, int slot_id, const char *spec, struct message message);
int slot_load_error(const struct slot_state *slot);
void slot_clear_counters(struct slot_state *slot);
void slot_bus_timeout(struct slot_state *slot, enum bus_interface interface, uint64_t address);
void slot_pcim_error(struct slot_state *slot, uint64_t address); /* the logic reached for no memory */

/* ---- models.c: built-in models of registers; with the slot's lock held ---- */

/* What time has done to them; before any of their registers is read. */
void models_advance(struct card *card, int slot_id);
int models_written(struct card *card, int slot_id, enum bar_index bar, uint64_t offset);
void models_loaded(struct slot_state *slot);
/* The MMCMs lock some time after the load. */
void clocks_advance(struct slot_state *slot);

/* One model each, on the BAR where its registers lie. */
int clk_freq_advance(struct card *card, const struct bar_view *view, struct model_state *model);
int clk_freq_written(struct card *card, const struct bar_view *view, struct model_state *model);
int hbm_advance(struct card *card, const struct bar_view *view, struct model_state *model);

/* ---- logic_bus.c: where there is logic ---- */

int logic_read(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t *value);
int logic_write(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);
int logic_write_block(const struct bar_view *view, uint64_t offset, const uint32_t *data, uint64_t dwords);
/* The card was opened: the slot holds what the logic says. */
int logic_start(struct card *card, struct message message);

/* ---- mailbox.c; bytes: 1, 4 or 8 ---- */

uint64_t mailbox_read(const struct bar_view *view, uint64_t offset, unsigned bytes);
void mailbox_write(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);

static inline bool view_answers(const struct bar_view *view) {
    return atomic_load_explicit(view->gate, memory_order_acquire) & GATE_ANSWERS;
}

/* ---- word.c: one word, by its policies and the rules of its writes ---- */

/* What an access covers of one word, register or byte. */
struct part {
    uint32_t entry;
    uint64_t offset;
    unsigned bytes;
    uint64_t base;  /* of the word */
    unsigned width; /* of the word, in bytes */
    unsigned shift; /* of the part in the word, in bits */
    uint64_t mask;  /* of the part in the word */
    bool is_lane;   /* the access is of other words too */
};

int word_read(struct card *card, const struct bar_view *view, const struct part *part, uint64_t *value);
int word_write(struct card *card, const struct bar_view *view, const struct part *part, uint64_t value);

/* The view that is there alone, for which alone is set, or the first one of several. */
const struct word_class *word_views(const struct bar_view *view, const struct part *part, bool *alone);
const struct word_class *word_class_at(const struct bar_view *view, uint32_t number);
/* The bits of a view of the word. */
uint64_t view_load(const struct bar_view *view, const struct word_class *class, const struct part *part);

/* ---- violations.c: what this process did that a manual forbids ---- */

static inline bool is_watched(const struct bar_view *view) {
    return atomic_load_explicit(&observed[view->slot_id], memory_order_relaxed) & OBSERVE_WATCH;
}

struct violation {
    int kind;
    bool is_write;
    uint64_t offset;
    unsigned bytes;
    uint64_t value, bits;
};

int violations_watch(int slot_id, uint32_t capacity, hal_card_site site);
int64_t violations_copy(int slot_id, hal_card_violation *out, size_t max, uint64_t *next);
void violations_add(const struct bar_view *view, const struct violation *violation);
void violations_half(const struct bar_view *view, const struct violation *violation, uint64_t start, unsigned place,
                     unsigned words, bool latches);
void violations_forget_in_child(void);

/* ---- watch.c: what a manual forbids; nothing unless this process watches ---- */

void watch_read(const struct bar_view *view, const struct part *part, uint64_t value);
void watch_write(const struct bar_view *view, const struct part *part, uint64_t value);
void watch_unmapped(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value, bool is_write);

/* ---- bus.c: one access under all rules ---- */

int bus_read(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t *value);
/* A processor's widest access, of so many bytes. */
enum { BUS_LINE = 64 };
int bus_read_line(struct card *card, const struct bar_view *view, uint64_t offset, uint64_t words[BUS_LINE / 8]);
int bus_write(struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);

/* ---- backdoor.c ---- */

int bus_backdoor_read(struct card *card, const struct bar_view *view, uint64_t offset, void *data, uint64_t length);
/* As storage_change. */
int bus_backdoor_change(struct card *card, const struct bar_view *view, bool behind, uint64_t offset, unsigned bytes,
                        uint64_t mask, uint64_t value, const uint64_t *expected, uint64_t *found);
int bus_backdoor_write(struct card *card, const struct bar_view *view, uint64_t offset, const void *data,
                       uint64_t length);

#endif
