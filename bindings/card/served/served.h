/* Models that run in one process for all: what an access tells it, and how it hears. Without the slot's lock. */
#ifndef HAL_CARD_SERVED_H
#define HAL_CARD_SERVED_H

#include "state/state.h"

/* ---- events.c: this process's hook, else the model that another one runs ---- */

int tell_word(const struct card *card, int event, const struct bar_view *view, uint64_t offset, unsigned bytes,
              uint64_t value);
int tell_events(struct card *card, int slot_id);
/* Whether accesses of memories are events. */
bool memories_are_heard(const struct bar_view *view);

/* ---- client.c ---- */

/* Waits for the answer: its code, or 0 where nobody serves the slot any more. */
int served_ask(const struct card *card, int slot_id, const hal_served_request *request);
int served_text(char *buffer, size_t size);
void served_wait_with(const hal_served_wait *wait);
/* Takes the slot from a process that has died; false where it lives. */
bool served_bury(struct slot_state *slot, uint64_t id);
void served_clients_forget_in_child(void);

/* ---- server.c ---- */

int served_begin(const struct card *card, int slot_id, uint32_t patience_ms, bool memories);
int served_take(int slot_id, hal_served_request *out);
int served_run(struct card *card, int slot_id, const hal_served_request *request);
int served_answer(int slot_id, const hal_served_request *request, int code, const char *text);
int served_end(const struct card *card, int slot_id);
/* Makes this thread the slot's holder, and takes the slot from one that has died; -EBUSY where that lives. With the
 * slot's lock, which all who try it have: so nobody takes one who only looks for one who lives. */
int served_hold(struct slot_state *slot);
/* This process is the server of this id. */
bool served_is_mine(int slot_id, uint64_t id);
void served_servers_forget_in_child(void);

/* ---- link.c: what both ends speak ---- */

struct served_answer {
    int32_t code;
    char text[HAL_SERVED_TEXT];
};

/* A socket of the slot's server, which has this id: bound where it listens, else connected. */
int served_listen(const struct card *card, int slot_id, uint64_t id);
int served_connect(const struct card *card, int slot_id, uint64_t id);
/* Whether the other end is this user's. */
bool served_is_own(int descriptor);

#endif
