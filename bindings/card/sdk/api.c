/* The control API: argument checks in front of what the other files do. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sdk/sdk.h"

static int api_use(const char *name, uint32_t slots, char *error, size_t error_size) {
    return card_use(name, slots, (struct message){error, error_size});
}

static int api_slot_count(void) {
    struct card *card;
    int code = card_get(&card, (struct message){0});
    return code ? code : (int)card->slots;
}

static int api_install(const char *text, size_t length, char *error, size_t error_size) {
    struct message message = {error, error_size};
    struct card *card;
    if (!text)
        return fail(message, -EINVAL, "no text of a design was given");
    int code = card_get(&card, message);
    return code ? code : catalogue_install(card, text, length, false, message);
}

static int64_t api_design_text(const char *afi_id, char *buffer, size_t size) {
    struct card *card;
    char *text;
    size_t length;
    uint64_t revision;
    if (!afi_id || (!buffer && size > 0))
        return -EINVAL;
    int code = card_get(&card, (struct message){0});
    if (!code)
        code = catalogue_copy(card, afi_id, &text, &length, &revision);
    if (code)
        return code;
    size_t copied = length < size ? length : size;
    if (buffer && copied)
        memcpy(buffer, text, copied);
    free(text);
    return (int64_t)length;
}

static int api_knows(const char *afi_id) {
    int64_t length = api_design_text(afi_id, NULL, 0);
    return length >= 0 ? 1 : length == -ENOENT || length == -EINVAL ? 0 : (int)length;
}

static int api_list(char *buffer, size_t size) {
    struct card *card;
    if (!buffer && size > 0)
        return -EINVAL;
    if (size > 0)
        buffer[0] = '\0';
    int code = card_get(&card, (struct message){0});
    return code ? code : catalogue_list(card, buffer, size);
}

static int find_storage(int slot, int pf, int bar, uint64_t offset, const void *data, uint64_t length,
                        struct card **card, const struct bar_view **view) {
    struct slot_state *state;
    int code = card_find_slot(slot, card, &state);
    if (code)
        return code;
    enum bar_index index = bar_find(pf, bar);
    if (index == BAR_COUNT || !data)
        return -EINVAL;
    *view = &(*card)->views[slot][index];
    if (card_logic && (*view)->shape->kind == BAR_DESIGN)
        return -EOPNOTSUPP; /* it keeps its own state */
    return offset <= (*view)->size && length <= (*view)->size - offset ? 0 : -EINVAL;
}

static int api_storage_read(int slot, int pf, int bar, uint64_t offset, void *data, uint64_t length) {
    struct card *card;
    const struct bar_view *view;
    int code = find_storage(slot, pf, bar, offset, data, length, &card, &view);
    if (!code)
        code = bus_backdoor_read(card, view, offset, data, length);
    return code ? code : card_whole();
}

static int api_storage_write(int slot, int pf, int bar, uint64_t offset, const void *data, uint64_t length) {
    struct card *card;
    const struct bar_view *view;
    int code = find_storage(slot, pf, bar, offset, data, length, &card, &view);
    if (!code)
        code = bus_backdoor_write(card, view, offset, data, length);
    return code ? code : card_whole();
}

static int api_storage_change(int slot, int pf, int bar, int behind, uint64_t offset, int width, uint64_t mask,
                              uint64_t value, const uint64_t *expected, uint64_t *found) {
    struct card *card;
    const struct bar_view *view;
    if (width != 8 && width != 16 && width != 32 && width != 64)
        return -EINVAL;
    int code = find_storage(slot, pf, bar, offset, found, (uint64_t)width / 8, &card, &view);
    if (!code)
        code = bus_backdoor_change(card, view, behind != 0, offset, (unsigned)width / 8, mask, value, expected, found);
    return card_whole() ? -EIO : code;
}

static int api_set_hook(int slot, hal_card_hook hook, void *context) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    if (!code && hook && card_logic)
        code = -EOPNOTSUPP;
    return code ? code : observe_set_hook(card, slot, hook, context);
}

static int api_hook_memories(int slot, int wanted) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    if (!code)
        observe_set_memories(slot, wanted);
    return code;
}

static int api_fault(int slot, const char *spec, char *error, size_t error_size) {
    struct message message = {error, error_size};
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    if (code)
        return fail(message, code, "there is no slot %d", slot);
    if (!spec)
        return fail(message, -EINVAL, "no fault was given");
    return slot_fault(card, slot, spec, message);
}

static int api_trace(int slot, uint32_t capacity) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    return code ? code : observe_set_trace(slot, capacity);
}

static int64_t api_trace_take(int slot, hal_card_access *out, size_t max, uint64_t *lost) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    if (code)
        return code;
    return !out && max > 0 ? -EINVAL : observe_take(slot, out, max, lost);
}

static int api_watch(int slot, uint32_t capacity, hal_card_site site) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    return code ? code : violations_watch(slot, capacity, site);
}

static int64_t api_violations(int slot, hal_card_violation *out, size_t max, uint64_t *next) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    if (code)
        return code;
    return !out && max > 0 ? -EINVAL : violations_copy(slot, out, max, next);
}

static int api_set_leds(int slot, uint16_t value) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    if (!code && card_logic)
        code = -EOPNOTSUPP;
    if (!code)
        atomic_store(&state->leds, value);
    return code;
}

static int api_clock_hz(int slot, uint64_t out[HAL_CARD_CLOCKS]) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    if (!code && !out)
        code = -EINVAL;
    if (!code)
        code = slot_settle(card, slot);
    if (!code)
        code = slot_lock(state);
    if (code)
        return code;
    clkgen_frequencies(&state->clkgen, slot_has_clkgen(state), out);
    slot_unlock(state);
    return 0;
}

static int api_reset(int slot) {
    struct card *card;
    struct slot_state *state;
    int code = card_find_slot(slot, &card, &state);
    return code ? code : slot_reset(card, slot);
}

static int api_describe(char *buffer, size_t size) {
    struct card *card;
    char uuid[33];
    if (!buffer && size > 0)
        return -EINVAL;
    int code = card_get(&card, (struct message){0});
    if (code)
        return code;
    for (int i = 0; i < 16; i++)
        snprintf(uuid + 2 * i, 3, "%02x", card->header->uuid[i]);
    return snprintf(buffer, size,
                    "name=%s\npath=%s\nshared=%d\nslots=%" PRIu32 "\npid=%ld\nuuid=%s\n"
                    "format=%u\nsize=%" PRIu64 "\n",
                    card->name, card->path, card->named, card->slots, (long)getpid(), uuid, CARD_FORMAT, card->size);
}

static int api_tell_events(int slot) {
    struct card *card;
    struct slot_state *state;
    return card_find_slot(slot, &card, &state) ? 0 : tell_events(card, slot);
}

static int api_open(char *error, size_t error_size) {
    struct card *card;
    return card_get(&card, (struct message){error, error_size});
}

static int api_design_number(int slot, uint32_t *number) {
    struct card *card;
    struct slot_state *state;
    int code = number ? card_find_slot(slot, &card, &state) : -EINVAL;
    if (!code)
        *number = atomic_load(&state->design_generation);
    return code;
}

static bool catalogue_has(struct card *card, const char *afi_id, uint64_t wanted) {
    char *text = NULL;
    size_t length;
    uint64_t revision = 0;
    if (catalogue_copy(card, afi_id, &text, &length, &revision))
        return false;
    free(text);
    return revision == wanted;
}

static int api_loaded(int slot, char *buffer, size_t size) {
    struct card *card;
    struct slot_state *state;
    if (!buffer && size > 0)
        return -EINVAL;
    int code = card_find_slot(slot, &card, &state);
    if (!code)
        code = slot_settle(card, slot);
    if (!code)
        code = slot_lock(state);
    if (code)
        return code;
    char afi[AFI_ID_STR_MAX];
    uint64_t revision = state->design_revision;
    bool is_loaded = atomic_load(&state->phase) == PHASE_LOADED;
    memcpy(afi, state->afi_id, sizeof(afi));
    int length = snprintf(buffer, size, "number=%" PRIu32 "\n", atomic_load(&state->design_generation));
    if (is_loaded)
        length = snprintf(buffer, size, "number=%" PRIu32 "\nafi=%.63s\nname=%.63s\ndigest=%.71s\n",
                          atomic_load(&state->design_generation), afi, state->design_name, state->design_digest);
    slot_unlock(state);
    size_t used = (size_t)length < size ? (size_t)length : size;
    return is_loaded ? length + snprintf(buffer ? buffer + used : NULL, size - used, "text=%d\n",
                                         catalogue_has(card, afi, revision))
                     : length;
}

HAL_EXPORT const hal_card_api *hal_card_get_api(void) {
    static const hal_card_api api = {.version = HAL_CARD_API_VERSION,
                                     .size = sizeof(hal_card_api),
                                     .use = api_use,
                                     .slot_count = api_slot_count,
                                     .install = api_install,
                                     .knows = api_knows,
                                     .design_text = api_design_text,
                                     .list = api_list,
                                     .storage_read = api_storage_read,
                                     .storage_write = api_storage_write,
                                     .set_hook = api_set_hook,
                                     .fault = api_fault,
                                     .trace = api_trace,
                                     .trace_take = api_trace_take,
                                     .set_leds = api_set_leds,
                                     .clock_hz = api_clock_hz,
                                     .reset = api_reset,
                                     .describe = api_describe,
                                     .hold_events = observe_hold,
                                     .tell_events = api_tell_events,
                                     .open = api_open,
                                     .design_number = api_design_number,
                                     .bind = handle_bind,
                                     .loaded = api_loaded,
                                     .watch = api_watch,
                                     .violations = api_violations,
                                     .read_lines = bulk_read_lines,
                                     .hook_memories = api_hook_memories,
                                     .storage_change = api_storage_change};
    return &api;
}

HAL_EXPORT const hal_logic_api *hal_logic_get_api(void) {
    static const hal_logic_api api = {HAL_LOGIC_API_VERSION, sizeof(hal_logic_api), hal_card_use_logic};
    return &api;
}
