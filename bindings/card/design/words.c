/* What a design says of a space: its words with their fields, its memories, and what answers where there is nothing. */
#include <string.h>

#include "design/parser.h"

int parse_space(struct parser *parser) {
    return parser_wants(parser, 2, "space app|mgmt BAR") ? -EINVAL : parser_bar(parser, 0, &parser->bar);
}

int parse_unmapped(struct parser *parser) {
    uint64_t offset, size, value;
    uint32_t class_number;
    if (parser_wants(parser, 3, "unmapped OFFSET SIZE VALUE") || parser_number(parser, 0, UINT64_MAX, &offset) ||
        parser_number(parser, 1, UINT64_MAX, &size) || parser_number(parser, 2, UINT32_MAX, &value) ||
        parser_check_range(parser, parser->lines.number, offset, size, 4))
        return -EINVAL;
    struct word_class constant = policy_empty_word();
    constant.visible = value;
    int code = builder_class(parser->builder, &constant, &class_number);
    if (code)
        return REFUSE(parser, parser->lines.number, code, "no space for the design");
    return parser_claim(parser, parser->lines.number, offset, size,
                        ENTRY_LEAF | ENTRY_WINDOW | ENTRY_PURE_READ | class_number, CLAIM_WINDOW);
}

bool parse_width(struct parser *parser, unsigned index, uint64_t *bits) {
    if (parser_number(parser, index, UINT64_MAX, bits))
        return false;
    if (*bits == 8 || *bits == 32 || *bits == 64)
        return true;
    REFUSE_HERE(parser, "a width is 8, 32 or 64, not %llu", (unsigned long long)*bits);
    return false;
}

uint32_t size_flags(uint64_t bits) {
    return (uint32_t)(bits == 64 ? 3 : bits == 32 ? 2 : 0) << ENTRY_SIZE_SHIFT;
}

int parse_memory(struct parser *parser) {
    uint64_t offset, size, bits;
    if (parser_wants(parser, 4, "mem OFFSET SIZE WIDTH rw|ro|wo") || parser_number(parser, 0, UINT64_MAX, &offset) ||
        parser_number(parser, 1, UINT64_MAX, &size) || !parse_width(parser, 2, &bits) ||
        parser_check_range(parser, parser->lines.number, offset, size, bits / 8))
        return -EINVAL;
    struct token access = parser_argument(parser, 3);
    bool rw = token_is(access, "rw"), ro = token_is(access, "ro"), wo = token_is(access, "wo");
    if (!rw && !ro && !wo)
        return REFUSE_HERE(parser, "a memory is rw, ro or wo");
    uint64_t end = offset + size;
    bool touches = offset < CLKGEN_END && end > CLKGEN_BASE;
    bool inside = offset >= CLKGEN_BASE && end <= CLKGEN_END;
    if (parser->bar == BAR_MGMT4 && touches && !inside && !parser->straddling_line)
        parser->straddling_line = parser->lines.number;
    uint32_t entry = ENTRY_LEAF | ENTRY_MEMORY | ENTRY_PURE_READ | size_flags(bits);
    if (rw || ro)
        entry |= ENTRY_RAW_READ;
    if (rw || wo)
        entry |= ENTRY_RAW_WRITE;
    return parser_claim(parser, parser->lines.number, offset, size, entry, CLAIM_FREE);
}

static int parse_dimensions(struct parser *parser, uint64_t *extent) {
    struct word *word = &parser->word;
    uint64_t bytes = word->bits / 8, elements = 1;
    if (parser_arguments(parser) % 2 || parser_arguments(parser) > 2 + 2 * WORD_DIMENSIONS)
        return REFUSE_HERE(parser, "expected 'word OFFSET WIDTH [COUNT STRIDE]...', up to %d times", WORD_DIMENSIONS);
    word->dimensions = (parser_arguments(parser) - 2) / 2;
    *extent = bytes;
    for (unsigned i = 0; i < word->dimensions; i++) {
        uint64_t reach;
        if (parser_number(parser, 2 + 2 * i, WORD_ELEMENTS_MAX, &word->count[i]) ||
            parser_number(parser, 3 + 2 * i, GIB(128), &word->stride[i]))
            return -EINVAL;
        if (word->count[i] == 0 || (elements *= word->count[i]) > WORD_ELEMENTS_MAX)
            return REFUSE_HERE(parser, "an array has 1 to %llu words", (unsigned long long)WORD_ELEMENTS_MAX);
        if (word->stride[i] % bytes)
            return REFUSE_HERE(parser, "the stride 0x%llx is no multiple of %llu bytes",
                               (unsigned long long)word->stride[i], (unsigned long long)bytes);
        if (__builtin_mul_overflow(word->count[i] - 1, word->stride[i], &reach) ||
            __builtin_add_overflow(*extent, reach, extent))
            return REFUSE_HERE(parser, "the array is larger than any BAR");
    }
    return 0;
}

int parse_word(struct parser *parser) {
    struct word *word = &parser->word;
    uint64_t bits, extent = 0;
    if (parser_arguments(parser) < 2)
        return parser_wants(parser, 2, "word OFFSET WIDTH [COUNT STRIDE]...");
    *word = (struct word){.line = parser->lines.number, .views = 1};
    word->view[0].class = policy_empty_word();
    if (parser_number(parser, 0, UINT64_MAX, &word->offset) || !parse_width(parser, 1, &bits))
        return -EINVAL;
    word->bits = (unsigned)bits;
    if (parse_dimensions(parser, &extent) || parser_check_range(parser, word->line, word->offset, extent, bits / 8))
        return -EINVAL;
    word->open = true;
    return 0;
}
