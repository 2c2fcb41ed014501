/* The second table of hal_card.h: argument checks in front of what the other files do. */
#include <errno.h>

#include "sdk/sdk.h"
#include "served/served.h"

static int find(int slot, struct card **card) {
    struct slot_state *state;
    int code = card_find_slot(slot, card, &state);
    return !code && card_logic ? -EOPNOTSUPP : code;
}

static int api_serve(int slot, uint32_t patience_ms, int memories) {
    struct card *card;
    int code = find(slot, &card);
    return code ? code : served_begin(card, slot, patience_ms, memories);
}

static int api_take(int slot, hal_served_request *out) {
    struct card *card;
    int code = out ? find(slot, &card) : -EINVAL;
    return code ? code : served_take(slot, out);
}

static int api_run(int slot, const hal_served_request *request) {
    struct card *card;
    int code = request ? find(slot, &card) : -EINVAL;
    return code ? code : served_run(card, slot, request);
}

static int api_answer(int slot, const hal_served_request *request, int code, const char *text) {
    struct card *card;
    int found = request ? find(slot, &card) : -EINVAL;
    return found ? found : served_answer(slot, request, code, text);
}

static int api_end(int slot) {
    struct card *card;
    int code = find(slot, &card);
    return code ? code : served_end(card, slot);
}

static int api_server(int slot, int *pid) {
    struct card *card;
    struct slot_state *state;
    int code = pid ? card_find_slot(slot, &card, &state) : -EINVAL;
    if (code)
        return code;
    uint64_t id = atomic_load(&state->served.id);
    *pid = state->served.pid;
    return id && !served_bury(state, id);
}

static int api_text(char *buffer, size_t size) {
    return !buffer && size > 0 ? -EINVAL : served_text(buffer, size);
}

HAL_EXPORT const hal_served_api *hal_served_get_api(void) {
    static const hal_served_api api = {.version = HAL_SERVED_API_VERSION,
                                       .size = sizeof(hal_served_api),
                                       .serve = api_serve,
                                       .take = api_take,
                                       .run = api_run,
                                       .answer = api_answer,
                                       .end = api_end,
                                       .server = api_server,
                                       .text = api_text,
                                       .wait_with = served_wait_with};
    return &api;
}
