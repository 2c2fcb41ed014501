/* Interrupts of the design that a slot holds: which are pending and let through, what that makes of the lines, and who
 * is told. All with the slot's lock held, but for listener_take and what forks need. */
#ifndef HAL_CARD_INTERRUPT_H
#define HAL_CARD_INTERRUPT_H

#include "design/design.h"
#include "hal_interrupt.h"

/* ---- lines.c ---- */

void interrupts_adopt(const struct card *card, int slot_id, const struct design *design);
/* The design is gone: all lines are low, and everybody is told to look. */
void interrupts_drop(const struct card *card, int slot_id);
/* Bits of registers have changed; with `written`, also by a write of these bytes, which enables or clears. */
void interrupts_changed(const struct card *card, int slot_id);
int interrupts_written(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes,
                       uint64_t value);
int interrupt_raise(const struct card *card, int slot_id, const char *name);
void interrupt_drive(const struct card *card, int slot_id, unsigned line, int level);

static inline bool interrupts_any(const struct slot_state *slot) {
    return slot->interrupts.count != 0;
}

/* ---- listeners.c: descriptors of any process that uses the card ---- */

int listener_open(const struct card *card, int slot_id, unsigned line);
int listener_close(const struct card *card, int slot_id, int descriptor);
/* Without the lock. */
int listener_take(int slot_id, int descriptor);
/* So that the descriptor can be read from. */
int listener_poke(const struct card *card, int slot_id, int descriptor);
/* line HAL_LINES: all. */
void listeners_tell(const struct card *card, int slot_id, unsigned line);
void listeners_forget_in_child(void);

#endif
