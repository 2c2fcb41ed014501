/* Designs: their text, what its words mean, and the catalogue of those that a card knows. */
#ifndef HAL_CARD_DESIGN_H
#define HAL_CARD_DESIGN_H

#include "state/state.h"

/* A design's text in error messages and in the catalogue never exceeds this. */
#define DESIGN_TEXT_MAX MIB(64)

/* ---- design_text.c: lines, tokens and numbers ---- */

#define LINE_TOKENS 32

struct token {
    const char *text;
    size_t length;
};

struct design_lines {
    const char *at, *end;
    uint64_t number; /* of the current line, from 1 */
    struct token tokens[LINE_TOKENS];
    unsigned count;
};

/* The next line that says something: 1, 0 at the end, or -EINVAL with the message filled. */
int lines_next(struct design_lines *lines, struct message message);
bool token_is(struct token token, const char *word);
bool token_number(struct token token, uint64_t *value);

/* ---- policy.c ---- */

/* Adds a field of that policy to a word; false when there is no such policy. */
bool policy_apply(struct word_class *word, const char *policy, size_t length, uint64_t mask);
struct word_class policy_empty_word(void);
uint32_t policy_entry_flags(const struct word_class *word, unsigned bits);

/* ---- design.c: the text of a design ---- */

/* A model that the card has built in: its name in a design, and how many bytes its registers take. */
struct model_shape {
    const char *name;
    uint64_t bytes;
};

extern const struct model_shape model_shapes[MODEL_KINDS];

struct design_model {
    enum model_kind kind;
    enum bar_index bar;
    uint64_t base;
};

struct design {
    char name[AFI_ID_STR_MAX];
    char digest[DIGEST_MAX]; /* of the map that it was made of, "" where the text has none */
    char afis[DESIGN_AFIS][AFI_ID_STR_MAX];
    uint32_t afi_count;
    struct pci_ids ids;
    bool has_clkgen;
    uint32_t load_ms;
    struct faults faults;
    struct design_model models[MODEL_MAX];
    uint32_t model_count;
    struct interrupt_row interrupts[INTERRUPTS_MAX];
    uint32_t interrupt_count;
};

/* Called for every storage of every word of the design with its reset value. */
typedef int (*design_reset)(void *context, enum bar_index bar, uint64_t offset, unsigned bytes, uint64_t value,
                            bool behind);

int design_parse(const char *text, size_t length, struct design *design, struct table_builder *builder,
                 design_reset reset, void *context, struct message message);
bool afi_id_is_valid(const char *text, size_t length);

/* ---- fault.c ---- */

bool fault_parse(const char *text, size_t length, struct faults *faults);

/* ---- catalogue.c ---- */

int catalogue_install(struct card *card, const char *text, size_t length, bool keep_known, struct message message);
/* A copy of the text, to be freed; -ENOENT. */
int catalogue_copy(struct card *card, const char *afi_id, char **text, size_t *length, uint64_t *revision);
/* The AFI is loaded: of designs that nobody uses, others make room before it. */
void catalogue_touch(struct card *card, const char *afi_id);
int catalogue_list(struct card *card, char *buffer, size_t size);

/* ---- shipped.c ---- */

void catalogue_install_shipped(struct card *card);

#endif
