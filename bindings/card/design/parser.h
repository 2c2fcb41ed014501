/* Inside the parser of a design's text: where it stands, and what its statements have in common. */
#ifndef HAL_CARD_PARSER_H
#define HAL_CARD_PARSER_H

#include <errno.h>

#include "design/design.h"

#define WORD_DIMENSIONS 8
#define WORD_ELEMENTS_MAX (UINT64_C(1) << 24)

#define WORD_VIEWS 16

struct word_view {
    uint64_t reset, claimed;
    uint64_t reserved;     /* bits of no field */
    uint64_t unknown, set; /* bits that nobody knows after a reset, and of these one of each field, which is 1 */
    struct word_class class;
};

struct word {
    bool open;
    uint64_t line, offset;
    unsigned bits;
    unsigned dimensions;
    uint64_t count[WORD_DIMENSIONS], stride[WORD_DIMENSIONS];
    unsigned views, keys;
    uint32_t latched, latched_place; /* of how many words of a latched register it is one, and which */
    bool latches;
    struct word_view view[WORD_VIEWS];
    struct word_class key[KEYS_MAX];
};

struct parser {
    struct design_lines lines;
    struct design *design;
    struct table_builder *builder;
    design_reset reset;
    void *context;
    struct message message;
    enum bar_index bar; /* BAR_COUNT until a `space` line */
    struct word word;
    uint64_t straddling_line; /* a memory that is only partly under the clock generator */
    bool has_name, has_pci, has_clkgen, has_load_ms;
};

#define REFUSE(parser, line, code, format, ...) \
    fail((parser)->message, code, "line %llu: " format, (unsigned long long)(line)__VA_OPT__(, ) __VA_ARGS__)
#define REFUSE_HERE(parser, ...) REFUSE(parser, (parser)->lines.number, -EINVAL, __VA_ARGS__)

static inline struct token parser_argument(const struct parser *parser, unsigned index) {
    return parser->lines.tokens[index + 1];
}

static inline unsigned parser_arguments(const struct parser *parser) {
    return parser->lines.count - 1;
}

int parser_wants(struct parser *parser, unsigned count, const char *usage);
int parser_number(struct parser *parser, unsigned index, uint64_t max, uint64_t *value);
const char *bar_text(enum bar_index bar);
int parser_bar(struct parser *parser, unsigned index, enum bar_index *bar);
int parser_check_range(struct parser *parser, uint64_t line, uint64_t offset, uint64_t size, uint64_t unit);
int parser_claim(struct parser *parser, uint64_t line, uint64_t offset, uint64_t size, uint32_t entry, enum claim how);

/* ---- words.c: statements about a space; views.c: those about a word ---- */

bool parse_width(struct parser *parser, unsigned index, uint64_t *bits);
uint32_t size_flags(uint64_t bits);
int parse_space(struct parser *parser);
int parse_unmapped(struct parser *parser);
int parse_memory(struct parser *parser);
int parse_word(struct parser *parser);
/* Of the word that is open: its fields, views and rules. false: the line is another statement. */
bool parse_inside(struct parser *parser, int *code);
int finish_word(struct parser *parser);

/* ---- interrupts.c ---- */

int parse_interrupt(struct parser *parser);
int mark_interrupts(struct parser *parser);

#endif
