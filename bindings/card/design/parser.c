/* What the statements of a design have in common: their arguments, and places in a BAR. */
#include <string.h>

#include "design/parser.h"

int parser_wants(struct parser *parser, unsigned count, const char *usage) {
    return parser_arguments(parser) == count ? 0 : REFUSE_HERE(parser, "expected '%s'", usage);
}

int parser_number(struct parser *parser, unsigned index, uint64_t max, uint64_t *value) {
    struct token token = parser_argument(parser, index);
    if (!token_number(token, value))
        return REFUSE_HERE(parser, "'%.*s' is not a number up to 64 bits: write it as 12 or 0x1c",
                           (int)(token.length < 40 ? token.length : 40), token.text);
    if (*value > max)
        return REFUSE_HERE(parser, "0x%llx is above the limit of 0x%llx", (unsigned long long)*value,
                           (unsigned long long)max);
    return 0;
}

const char *bar_text(enum bar_index bar) {
    static const char *const names[BAR_COUNT] = {"app BAR 0",  "app BAR 2",  "app BAR 4",
                                                 "mgmt BAR 0", "mgmt BAR 2", "mgmt BAR 4"};
    return names[bar];
}

int parser_bar(struct parser *parser, unsigned index, enum bar_index *bar) {
    struct token pf = parser_argument(parser, index);
    uint64_t id;
    int code = parser_number(parser, index + 1, UINT64_MAX, &id);
    if (code)
        return code;
    int function = token_is(pf, "app") ? FPGA_APP_PF : token_is(pf, "mgmt") ? FPGA_MGMT_PF : -1;
    *bar = function < 0 || id > 4 ? BAR_COUNT : bar_find(function, (int)id);
    if (*bar == BAR_COUNT)
        return REFUSE_HERE(parser, "no such space: use app or mgmt, and BAR 0, 2 or 4");
    return 0;
}

/* [offset, offset + size) of the current space. */
int parser_check_range(struct parser *parser, uint64_t line, uint64_t offset, uint64_t size, uint64_t unit) {
    if (parser->bar == BAR_COUNT)
        return REFUSE(parser, line, -EINVAL, "a 'space' line must come first");
    uint64_t limit = bar_shapes[parser->bar].size;
    if (size == 0 || offset > limit || size > limit - offset)
        return REFUSE(parser, line, -EINVAL, "0x%llx with 0x%llx bytes ends outside %s, which has 0x%llx bytes",
                      (unsigned long long)offset, (unsigned long long)size, bar_text(parser->bar),
                      (unsigned long long)limit);
    if (offset % unit || size % unit)
        return REFUSE(parser, line, -EINVAL, "0x%llx and 0x%llx must be multiples of %llu bytes",
                      (unsigned long long)offset, (unsigned long long)size, (unsigned long long)unit);
    return 0;
}

int parser_claim(struct parser *parser, uint64_t line, uint64_t offset, uint64_t size, uint32_t entry, enum claim how) {
    uint64_t at = offset;
    int code = builder_set(parser->builder, parser->bar, offset, size, entry, how, &at);
    if (code == -EEXIST)
        return REFUSE(parser, line, -EINVAL, "0x%llx overlaps another word or memory at 0x%llx of %s",
                      (unsigned long long)offset, (unsigned long long)at, bar_text(parser->bar));
    if (code == -E2BIG)
        return REFUSE(parser, line, -EINVAL, "the design is too large: words on more than %u pages of 4 KiB",
                      PAGE_TABLES - 1);
    if (code)
        return REFUSE(parser, line, code, "no space for the design: %s", strerror(-code));
    return 0;
}
