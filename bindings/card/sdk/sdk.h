/* The card as programs see it: the SDK's functions and the control API, on the card that this process has opened. */
#ifndef HAL_CARD_SDK_H
#define HAL_CARD_SDK_H

#include "behaviour/behaviour.h"

/* The exported names are never called from inside: a process may hold the vendor's library too,
 * and the call would go there. */
#define HAL_EXPORT __attribute__((visibility("default")))

/* ---- process_card.c ---- */

/* The open card, opening it as the environment says when there is none yet. */
int card_get(struct card **card, struct message message);
/* slots 0: a named card must exist. */
int card_use(const char *name, uint32_t slots, struct message message);
/* The open card and a slot of it, or -EINVAL (no such number) or -ENOENT (absent). */
int card_find_slot(int slot_id, struct card **card, struct slot_state **slot);

/* ---- pci_slot.c, handles.c ---- */

/* The same as the SDK says it: FPGA_ERR_PCI_MISSING for an absent slot. */
int pci_find_slot(int slot_id, struct card **card, struct slot_state **slot);
void fill_resource_map(const struct slot_state *slot, int slot_id, int pf, struct fpga_pci_resource_map *map);

struct handle {
    const struct bar_view *_Atomic view;
    _Atomic uint32_t expected; /* the gate's value while the handle is good and the bus answers */
    _Atomic uint32_t rescans;  /* app_generation when it was attached */
    _Atomic bool bound;        /* to the design that was there then */
};

#define HANDLE_MAX 64
extern struct handle handles[HANDLE_MAX];

/* The handle's BAR, or -EINVAL (not attached) or -ESTALE (its mapping is gone, or the design that it is bound to). */
int handle_view(pci_bar_handle_t handle, struct card **card, const struct bar_view **view);
/* Whether one more BAR can be attached, as the SDK's own functions do for a moment. */
bool handle_is_free(void);
/* From now on the handle is good for this design only, which must be the slot's still: else -ESTALE. */
int handle_bind(pci_bar_handle_t handle, uint32_t design);

/* ---- pci_bulk.c ---- */

int bulk_read_lines(pci_bar_handle_t handle, uint64_t offset, void *data, uint64_t bytes);
/* How far plain memory reaches from here that can be written, or read, if nobody looks; 0: there is none. */
uint64_t bulk_run(const struct bar_view *view, uint64_t offset, uint64_t bytes, bool is_write);
/* Whether logic takes a burst as one. */
bool bulk_is_logic(const struct bar_view *view);

/* ---- mgmt_command.c: the shell's mailbox ---- */

/* The slot of a management call: FPGA_ERR_SOFTWARE_PROBLEM before fpga_mgmt_init. */
int mgmt_slot(int slot_id, struct card **card, struct slot_state **slot);
/* The same with time advanced and the lock held. */
int mgmt_lock(int slot_id, struct card **card, struct slot_state **slot);
/* For so much of the card's time. */
void card_sleep(double seconds);
/* Waits for the answer to a command, which takes the shell so long and so many of the caller's looks: 0, or -ETIMEDOUT
 * after as many looks as the caller allows. */
int mgmt_answer(uint32_t looks, double seconds);
/* A command's slot, once the shell has looked at it: one that is busy doesn't answer at the first look. */
int mgmt_command(int slot_id, struct card **card, struct slot_state **slot);

/* ---- mgmt.c ---- */

int mgmt_describe(int slot_id, struct fpga_mgmt_image_info *info, uint32_t flags);

#endif
