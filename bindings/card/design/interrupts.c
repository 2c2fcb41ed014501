/* What a design says of its interrupts: where their bits are, and what writes of those do. */
#include <string.h>

#include "design/parser.h"

#define USAGE                                                                                        \
    "interrupt NAME LINE|- PF BAR OFFSET BIT [enable PF BAR OFFSET BIT VALUE HELD] [disable PF BAR " \
    "OFFSET BIT VALUE] [clear PF BAR OFFSET BIT VALUE]"

/* PF BAR OFFSET BIT, from this argument on. */
static int parse_place(struct parser *parser, unsigned index, struct interrupt_bit *place) {
    enum bar_index bar;
    uint64_t offset, bit;
    if (parser_bar(parser, index, &bar) || parser_number(parser, index + 2, UINT64_MAX, &offset) ||
        parser_number(parser, index + 3, 7, &bit))
        return -EINVAL;
    if (bar_shapes[bar].kind != BAR_DESIGN)
        return REFUSE_HERE(parser, "%s belongs to the shell, not to a design", bar_text(bar));
    if (offset >= bar_shapes[bar].size)
        return REFUSE_HERE(parser, "0x%llx is outside %s", (unsigned long long)offset, bar_text(bar));
    *place = (struct interrupt_bit){.offset = offset, .bar = (uint8_t)bar, .bit = (uint8_t)bit, .used = 1};
    return 0;
}

static int parse_value(struct parser *parser, unsigned index, uint8_t *value) {
    uint64_t given;
    int code = parser_number(parser, index, 1, &given);
    *value = (uint8_t)given;
    return code;
}

/* What is behind the status, in its order. */
static int parse_writes(struct parser *parser, unsigned index, struct interrupt_row *row) {
    const struct {
        const char *word;
        struct interrupt_bit *place;
        unsigned arguments;
    } writes[] = {
        {"enable",  &row->enable,  6},
        {"disable", &row->disable, 5},
        {"clear",   &row->clear,   5}
    };
    for (size_t i = 0; i < ARRAY_LENGTH(writes); i++) {
        if (index >= parser_arguments(parser) || !token_is(parser_argument(parser, index), writes[i].word))
            continue;
        if (index + writes[i].arguments >= parser_arguments(parser))
            break;
        if (parse_place(parser, index + 1, writes[i].place) ||
            parse_value(parser, index + 5, &writes[i].place->value) ||
            (i == 0 && parse_value(parser, index + 6, &row->is_held)))
            return -EINVAL;
        index += 1 + writes[i].arguments;
    }
    return index == parser_arguments(parser) ? 0 : REFUSE_HERE(parser, "expected '%s'", USAGE);
}

int parse_interrupt(struct parser *parser) {
    struct design *design = parser->design;
    struct interrupt_row row = {.line = UINT8_MAX};
    uint64_t line = UINT8_MAX;
    if (parser_arguments(parser) < 6)
        return REFUSE_HERE(parser, "expected '%s'", USAGE);
    struct token name = parser_argument(parser, 0);
    if (name.length >= sizeof(row.name))
        return REFUSE_HERE(parser, "an interrupt's name has up to %zu characters", sizeof(row.name) - 1);
    if (!token_is(parser_argument(parser, 1), "-") && parser_number(parser, 1, UINT16_MAX, &line))
        return -EINVAL;
    if (design->interrupt_count == INTERRUPTS_MAX)
        return REFUSE_HERE(parser, "more than %u interrupts", INTERRUPTS_MAX);
    memcpy(row.name, name.text, name.length);
    row.line = line < UINT8_MAX ? (uint8_t)line : UINT8_MAX;
    if (parse_place(parser, 2, &row.status) || parse_writes(parser, 6, &row))
        return -EINVAL;
    design->interrupts[design->interrupt_count++] = row;
    return 0;
}

/* Its words leave the fast path of writes, so that each of them is looked at. */
static int mark_place(struct parser *parser, const struct interrupt_bit *place) {
    uint32_t entry = place->used ? builder_entry(parser->builder, place->bar, place->offset) : 0;
    uint32_t special = ENTRY_MEMORY | ENTRY_WINDOW | ENTRY_CLKGEN;
    if (!place->used || ((entry & ENTRY_LEAF) && !(entry & special) && !(entry & ENTRY_RAW_WRITE)))
        return 0;
    if (!(entry & ENTRY_LEAF) || (entry & special))
        return REFUSE_HERE(parser, "0x%llx of %s, where an interrupt has a bit, is no word",
                           (unsigned long long)place->offset, bar_text(place->bar));
    uint64_t bytes = UINT64_C(1) << (entry >> ENTRY_SIZE_SHIFT & 3);
    parser->bar = place->bar;
    return parser_claim(parser, parser->lines.number, place->offset & ~(bytes - 1), bytes, entry & ~ENTRY_RAW_WRITE,
                        CLAIM_FORCED);
}

int mark_interrupts(struct parser *parser) {
    int code = 0;
    for (uint32_t i = 0; i < parser->design->interrupt_count && !code; i++) {
        const struct interrupt_row *row = &parser->design->interrupts[i];
        const struct interrupt_bit *places[] = {&row->status, &row->enable, &row->disable, &row->clear};
        for (size_t j = 0; j < ARRAY_LENGTH(places) && !code; j++)
            code = mark_place(parser, places[j]);
    }
    return code;
}
