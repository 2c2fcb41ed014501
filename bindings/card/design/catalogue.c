/*
 * The designs that a card knows, as text in its state, so that any process can load them. An
 * install writes the whole catalogue into the spare bank and then makes that one valid: a process
 * that is killed on the way changes nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "design/design.h"

static struct catalogue_bank *bank_at(const struct card *card, uint32_t index) {
    return (struct catalogue_bank *)(void *)(card->base + BANKS_OFFSET + (index & 1) * BANK_BYTES);
}

static char *bank_text(struct catalogue_bank *bank) {
    return (char *)bank + BANK_TEXT_OFFSET;
}

static struct catalogue_bank *valid_bank(const struct card *card) {
    return bank_at(card, atomic_load_explicit(&card->header->bank, memory_order_acquire));
}

static uint32_t bank_count(const struct catalogue_bank *bank) {
    return bank->count < CATALOGUE_DESIGNS ? bank->count : CATALOGUE_DESIGNS;
}

/* The file may have been damaged: an entry is believed only as far as it stays in its bank. */
static bool entry_is_sane(const struct catalogue_entry *entry) {
    return entry->offset <= CATALOGUE_TEXT && entry->length <= CATALOGUE_TEXT - entry->offset &&
           entry->afi_count <= DESIGN_AFIS;
}

static bool entry_has(const struct catalogue_entry *entry, const char *afi_id) {
    for (uint32_t i = 0; i < entry->afi_count; i++)
        if (strncmp(entry->afis[i], afi_id, AFI_ID_STR_MAX) == 0)
            return true;
    return false;
}

static struct catalogue_entry *find_entry(struct catalogue_bank *bank, const char *afi_id) {
    for (uint32_t i = 0; i < bank_count(bank); i++)
        if (entry_is_sane(&bank->entries[i]) && entry_has(&bank->entries[i], afi_id))
            return &bank->entries[i];
    return NULL;
}

static bool knows_any(struct catalogue_bank *bank, const struct design *design) {
    for (uint32_t i = 0; i < design->afi_count; i++)
        if (find_entry(bank, design->afis[i]))
            return true;
    return false;
}

static bool is_installed(struct catalogue_bank *bank, const struct design *design, const char *text, size_t length) {
    const struct catalogue_entry *entry = find_entry(bank, design->afis[0]);
    return entry && entry->afi_count == design->afi_count && entry->length == length &&
           memcmp(bank_text(bank) + entry->offset, text, length) == 0;
}

/* ---- Install ---- */

static int check_text(const char *text, size_t length, struct design *design, struct message message) {
    struct tables tables;
    struct table_builder builder = {0};
    void *scratch;
    int code = scratch_tables(&tables, &scratch);
    if (code)
        return fail(message, code, "no memory to check the design: %s", strerror(-code));
    code = builder_open(&builder, tables, NULL);
    if (code)
        fail(message, code, "no memory to check the design: %s", strerror(-code));
    else
        code = design_parse(text, length, design, &builder, NULL, NULL, message);
    builder_close(&builder);
    scratch_release(scratch);
    return code;
}

/* The text's own `model` lines, one after the other. */
static size_t copy_models(const char *text, size_t length, char *out) {
    struct design_lines lines = {.at = text, .end = text + length};
    size_t used = 0;
    while (lines_next(&lines, (struct message){0}) > 0) {
        if (!token_is(lines.tokens[0], "model"))
            continue;
        for (unsigned i = 0; i < lines.count; i++) {
            memcpy(out + used, lines.tokens[i].text, lines.tokens[i].length);
            used += lines.tokens[i].length;
            out[used++] = i + 1 < lines.count ? ' ' : '\n';
        }
    }
    return used;
}

/* The new text; behind it the models of the old one, which a generated text can't know. */
static int merge_models(struct catalogue_bank *bank, const struct design *design, const char *text, size_t *length,
                        char **merged) {
    const struct catalogue_entry *old = NULL;
    for (uint32_t i = 0; i < design->afi_count && !old && design->model_count == 0; i++)
        old = find_entry(bank, design->afis[i]);
    size_t old_length = old ? old->length : 0;
    *merged = malloc(*length + old_length + 2);
    if (!*merged)
        return -ENOMEM;
    memcpy(*merged, text, *length);
    if (!old)
        return 0;
    char *models = *merged + *length + 1;
    size_t added = copy_models(bank_text(bank) + old->offset, old_length, models);
    if (added > 0) {
        (*merged)[*length] = '\n';
        *length += added + 1;
    }
    return 0;
}

static bool design_has(const struct design *design, const char *afi_id) {
    for (uint32_t i = 0; i < design->afi_count; i++)
        if (strncmp(design->afis[i], afi_id, AFI_ID_STR_MAX) == 0)
            return true;
    return false;
}

static int append(const struct card *card, struct catalogue_bank *bank, const struct catalogue_entry *entry,
                  const char *text) {
    if (bank->count == CATALOGUE_DESIGNS || entry->length > CATALOGUE_TEXT - bank->text_used)
        return -ENOSPC;
    char *place = bank_text(bank) + bank->text_used;
    int code = entry->length ? card_reserve(card, place, entry->length) : 0;
    if (code)
        return code;
    memcpy(place, text, entry->length);
    struct catalogue_entry *added = &bank->entries[bank->count];
    *added = *entry;
    added->offset = bank->text_used;
    bank->text_used += entry->length;
    bank->count++;
    return 0;
}

/* ---- A full catalogue: the design that was not used for longest goes, and none that a slot holds ---- */

struct eviction {
    char held[FPGA_SLOT_MAX][AFI_ID_STR_MAX];
    bool gone[CATALOGUE_DESIGNS];
};

static int find_held(const struct card *card, struct eviction *eviction) {
    for (uint32_t i = 0; i < card->slots; i++) {
        struct slot_state *slot = card_slot(card, (int)i);
        int code = slot_lock(slot);
        if (code)
            return code;
        memcpy(eviction->held[i], slot->afi_id, AFI_ID_STR_MAX);
        eviction->held[i][AFI_ID_STR_MAX - 1] = '\0';
        slot_unlock(slot);
    }
    return 0;
}

/* Whether the entry names an AFI id that the new design does not take. */
static bool entry_stays(const struct catalogue_entry *entry, const struct design *design) {
    for (uint32_t i = 0; entry_is_sane(entry) && i < entry->afi_count; i++)
        if (!design_has(design, entry->afis[i]))
            return true;
    return false;
}

static bool is_held(const struct eviction *eviction, const struct catalogue_entry *entry) {
    for (int i = 0; i < FPGA_SLOT_MAX; i++)
        if (eviction->held[i][0] && entry_has(entry, eviction->held[i]))
            return true;
    return false;
}

static int find_victim(const struct catalogue_bank *bank, const struct design *design,
                       const struct eviction *eviction) {
    int victim = -ENOSPC;
    for (uint32_t i = 0; i < bank_count(bank); i++) {
        const struct catalogue_entry *entry = &bank->entries[i];
        if (eviction->gone[i] || entry->shipped || !entry_stays(entry, design) || is_held(eviction, entry))
            continue;
        if (victim < 0 || entry->used < bank->entries[victim].used)
            victim = (int)i;
    }
    return victim;
}

static int make_room(const struct card *card, const struct catalogue_bank *bank, const struct design *design,
                     uint64_t length, struct eviction *eviction) {
    uint64_t count = 1, bytes = length;
    for (uint32_t i = 0; i < bank_count(bank); i++) {
        bool stays = entry_stays(&bank->entries[i], design);
        count += stays;
        bytes += stays ? bank->entries[i].length : 0;
    }
    *eviction = (struct eviction){0};
    if (count <= CATALOGUE_DESIGNS && bytes <= CATALOGUE_TEXT)
        return 0;
    int code = find_held(card, eviction);
    while (!code && (count > CATALOGUE_DESIGNS || bytes > CATALOGUE_TEXT)) {
        int victim = find_victim(bank, design, eviction);
        if (victim < 0)
            return victim;
        eviction->gone[victim] = true;
        count--;
        bytes -= bank->entries[victim].length;
    }
    return code;
}

/* ---- Install, with the lock held ---- */

/* All that stays known of the old designs; an AFI id belongs to the newest design that names it. */
static int copy_others(const struct card *card, struct catalogue_bank *from, struct catalogue_bank *to,
                       const struct design *design, const struct eviction *eviction) {
    to->count = 0;
    to->text_used = 0;
    for (uint32_t i = 0; i < bank_count(from); i++) {
        if (!entry_is_sane(&from->entries[i]) || eviction->gone[i])
            continue;
        struct catalogue_entry entry = from->entries[i];
        entry.afi_count = 0;
        for (uint32_t afi = 0; afi < from->entries[i].afi_count; afi++)
            if (!design_has(design, from->entries[i].afis[afi]))
                memcpy(entry.afis[entry.afi_count++], from->entries[i].afis[afi], AFI_ID_STR_MAX);
        if (entry.afi_count == 0)
            continue;
        int code = append(card, to, &entry, bank_text(from) + entry.offset);
        if (code)
            return code;
    }
    return 0;
}

static bool was_shipped(struct catalogue_bank *bank, const struct design *design) {
    for (uint32_t i = 0; i < design->afi_count; i++) {
        const struct catalogue_entry *entry = find_entry(bank, design->afis[i]);
        if (entry && entry->shipped)
            return true;
    }
    return false;
}

static int publish(struct card *card, const struct design *design, const char *text, size_t length, bool shipped) {
    uint32_t current = atomic_load(&card->header->bank) & 1;
    struct catalogue_bank *spare = bank_at(card, current ^ 1);
    struct eviction eviction;
    struct catalogue_entry entry = {.length = length,
                                    .revision = card->header->next_revision,
                                    .used = card->header->next_use++,
                                    .afi_count = design->afi_count,
                                    .shipped = shipped || was_shipped(bank_at(card, current), design)};
    memcpy(entry.name, design->name, sizeof(entry.name));
    memcpy(entry.afis, design->afis, sizeof(entry.afis));
    int code = make_room(card, bank_at(card, current), design, length, &eviction);
    if (!code)
        code = copy_others(card, bank_at(card, current), spare, design, &eviction);
    if (!code)
        code = append(card, spare, &entry, text);
    if (code)
        return code;
    card->header->next_revision++;
    atomic_store_explicit(&card->header->bank, current ^ 1, memory_order_release);
    return 0;
}

static int install_locked(struct card *card, const struct design *design, const char *text, size_t length,
                          bool keep_known) {
    struct catalogue_bank *bank = valid_bank(card);
    char *merged;
    if (keep_known && knows_any(bank, design))
        return 0;
    int code = merge_models(bank, design, text, &length, &merged);
    if (code)
        return code;
    if (is_installed(bank, design, merged, length))
        find_entry(bank, design->afis[0])->used = card->header->next_use++;
    else
        code = publish(card, design, merged, length, keep_known);
    free(merged);
    return code;
}

int catalogue_install(struct card *card, const char *text, size_t length, bool keep_known, struct message message) {
    struct design design;
    if (length > DESIGN_TEXT_MAX)
        return fail(message, -E2BIG, "the design's text has more than 64 MiB");
    int code = check_text(text, length, &design, message);
    if (code)
        return code;
    code = card_lock(&card->header->mutex);
    if (!code) {
        code = install_locked(card, &design, text, length, keep_known);
        card_unlock(&card->header->mutex);
    }
    const char *advice =
        code == -ENOSPC ? "; a card holds 256 designs in 64 MiB, and slots hold all of them, or the disk is full" : "";
    return code ? fail(message, code, "cannot keep the design '%s': %s%s", design.name, strerror(-code), advice) : 0;
}

/* ---- Look up ---- */

void catalogue_touch(struct card *card, const char *afi_id) {
    if (card_lock(&card->header->mutex))
        return;
    struct catalogue_entry *entry = find_entry(valid_bank(card), afi_id);
    if (entry)
        entry->used = card->header->next_use++;
    card_unlock(&card->header->mutex);
}

int catalogue_copy(struct card *card, const char *afi_id, char **text, size_t *length, uint64_t *revision) {
    int code = card_lock(&card->header->mutex);
    if (code)
        return code;
    struct catalogue_bank *bank = valid_bank(card);
    const struct catalogue_entry *entry = find_entry(bank, afi_id);
    code = -ENOENT;
    if (entry) {
        *length = entry->length;
        *revision = entry->revision;
        *text = malloc(*length + 1);
        code = *text ? 0 : -ENOMEM;
        if (*text)
            memcpy(*text, bank_text(bank) + entry->offset, *length);
    }
    card_unlock(&card->header->mutex);
    return code;
}

int catalogue_list(struct card *card, char *buffer, size_t size) {
    int code = card_lock(&card->header->mutex);
    if (code)
        return code;
    const struct catalogue_bank *bank = valid_bank(card);
    size_t used = 0;
    for (uint32_t i = 0; i < bank_count(bank); i++) {
        const struct catalogue_entry *entry = &bank->entries[i];
        for (uint32_t afi = 0; entry_is_sane(entry) && afi < entry->afi_count; afi++) {
            size_t left = used < size ? size - used : 0;
            used += (size_t)snprintf(left ? buffer + used : NULL, left, "%.63s %.63s\n", entry->afis[afi], entry->name);
        }
    }
    card_unlock(&card->header->mutex);
    return (int)used;
}
