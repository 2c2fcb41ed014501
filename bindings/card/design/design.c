/*
 * The text of a design, line by line, into decoding tables. Everything about the text is checked
 * here, whether or not a slot will ever load it; what comes after trusts the tables.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "design/design_text.h"

#define WORD_DIMENSIONS 8
#define WORD_ELEMENTS_MAX (UINT64_C(1) << 24)

struct word {
    bool open;
    uint64_t line, offset, reset, claimed;
    unsigned bits;
    unsigned dimensions;
    uint64_t count[WORD_DIMENSIONS], stride[WORD_DIMENSIONS];
    struct word_class class;
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

static struct token argument(const struct parser *parser, unsigned index) {
    return parser->lines.tokens[index + 1];
}

static unsigned arguments(const struct parser *parser) {
    return parser->lines.count - 1;
}

static int wants(struct parser *parser, unsigned count, const char *usage) {
    return arguments(parser) == count ? 0 : REFUSE_HERE(parser, "expected '%s'", usage);
}

static int number(struct parser *parser, unsigned index, uint64_t max, uint64_t *value) {
    struct token token = argument(parser, index);
    if (!token_number(token, value))
        return REFUSE_HERE(parser, "'%.*s' is not a number up to 64 bits: write it as 12 or 0x1c",
                           (int)(token.length < 40 ? token.length : 40), token.text);
    if (*value > max)
        return REFUSE_HERE(parser, "0x%llx is above the limit of 0x%llx", (unsigned long long)*value,
                           (unsigned long long)max);
    return 0;
}

static const char *bar_text(enum bar_index bar) {
    static const char *const names[BAR_COUNT] = {"app BAR 0",  "app BAR 2",  "app BAR 4",
                                                 "mgmt BAR 0", "mgmt BAR 2", "mgmt BAR 4"};
    return names[bar];
}

static int parse_bar(struct parser *parser, unsigned index, enum bar_index *bar) {
    struct token pf = argument(parser, index);
    uint64_t id;
    int status = number(parser, index + 1, UINT64_MAX, &id);
    if (status)
        return status;
    int function = token_is(pf, "app") ? FPGA_APP_PF : token_is(pf, "mgmt") ? FPGA_MGMT_PF : -1;
    *bar = function < 0 || id > 4 ? BAR_COUNT : bar_find(function, (int)id);
    if (*bar == BAR_COUNT)
        return REFUSE_HERE(parser, "no such space: use app or mgmt, and BAR 0, 2 or 4");
    return 0;
}

/* [offset, offset + size) of the current space. */
static int check_range(struct parser *parser, uint64_t line, uint64_t offset, uint64_t size, uint64_t unit) {
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

static int claim(struct parser *parser, uint64_t line, uint64_t offset, uint64_t size, uint32_t entry, enum claim how) {
    uint64_t at = offset;
    int status = builder_set(parser->builder, parser->bar, offset, size, entry, how, &at);
    if (status == -EEXIST)
        return REFUSE(parser, line, -EINVAL, "0x%llx overlaps another word or memory at 0x%llx of %s",
                      (unsigned long long)offset, (unsigned long long)at, bar_text(parser->bar));
    if (status == -E2BIG)
        return REFUSE(parser, line, -EINVAL, "the design is too large: words on more than %u pages of 4 KiB",
                      PAGE_TABLES - 1);
    if (status)
        return REFUSE(parser, line, status, "no space for the design: %s", strerror(-status));
    return 0;
}

/* ---- Statements about the design ---- */

static int parse_name(struct parser *parser) {
    struct token token = argument(parser, 0);
    if (wants(parser, 1, "name NAME"))
        return -EINVAL;
    if (parser->has_name || token.length >= AFI_ID_STR_MAX)
        return REFUSE_HERE(parser, "a design has one name of up to 63 characters");
    memcpy(parser->design->name, token.text, token.length);
    parser->has_name = true;
    return 0;
}

bool afi_id_is_valid(const char *text, size_t length) {
    size_t prefix = length == 22 && memcmp(text, "agfi-", 5) == 0  ? 5
                    : length == 21 && memcmp(text, "afi-", 4) == 0 ? 4
                                                                   : 0;
    for (size_t i = prefix; prefix && i < length; i++)
        if (!isxdigit((unsigned char)text[i]))
            return false;
    return prefix != 0;
}

static int parse_afi(struct parser *parser) {
    struct design *design = parser->design;
    struct token token = argument(parser, 0);
    if (wants(parser, 1, "afi agfi-0123456789abcdef0"))
        return -EINVAL;
    if (!afi_id_is_valid(token.text, token.length))
        return REFUSE_HERE(parser, "an AFI id is 'agfi-' (or 'afi-') and 17 hexadecimal digits");
    if (design->afi_count == DESIGN_AFIS)
        return REFUSE_HERE(parser, "more than %u AFI ids", DESIGN_AFIS);
    for (uint32_t i = 0; i < design->afi_count; i++)
        if (token_is(token, design->afis[i]))
            return REFUSE_HERE(parser, "%s stands here twice", design->afis[i]);
    memcpy(design->afis[design->afi_count++], token.text, token.length);
    return 0;
}

static int parse_pci(struct parser *parser) {
    uint64_t ids[4];
    if (wants(parser, 4, "pci VENDOR DEVICE SUBSYSTEM_DEVICE SUBSYSTEM_VENDOR"))
        return -EINVAL;
    if (parser->has_pci)
        return REFUSE_HERE(parser, "a design has one 'pci' line");
    for (unsigned i = 0; i < 4; i++)
        if (number(parser, i, 0xFFFF, &ids[i]))
            return -EINVAL;
    parser->design->ids = (struct pci_ids){(uint16_t)ids[0], (uint16_t)ids[1], (uint16_t)ids[2], (uint16_t)ids[3]};
    parser->has_pci = true;
    return 0;
}

static int parse_clkgen(struct parser *parser) {
    uint64_t value;
    if (wants(parser, 1, "clkgen 0|1") || number(parser, 0, 1, &value))
        return -EINVAL;
    if (parser->has_clkgen)
        return REFUSE_HERE(parser, "a design has one 'clkgen' line");
    parser->design->has_clkgen = value != 0;
    parser->has_clkgen = true;
    return 0;
}

static int parse_load_ms(struct parser *parser) {
    uint64_t value;
    if (wants(parser, 1, "load_ms MILLISECONDS") || number(parser, 0, 3600000, &value))
        return -EINVAL;
    if (parser->has_load_ms)
        return REFUSE_HERE(parser, "a design has one 'load_ms' line");
    parser->design->load_ms = (uint32_t)value;
    parser->has_load_ms = true;
    return 0;
}

static int parse_fault(struct parser *parser) {
    struct token token = argument(parser, 0);
    if (wants(parser, 1, "fault NAME[=VALUE]"))
        return -EINVAL;
    if (!fault_parse(token.text, token.length, &parser->design->faults))
        return REFUSE_HERE(parser, "'%.*s' is no fault", (int)(token.length < 40 ? token.length : 40), token.text);
    return 0;
}

static int parse_model(struct parser *parser) {
    struct design *design = parser->design;
    struct design_model model;
    if (wants(parser, 4, "model clk_freq PF BAR OFFSET"))
        return -EINVAL;
    if (!token_is(argument(parser, 0), "clk_freq"))
        return REFUSE_HERE(parser, "the only model is clk_freq");
    if (parse_bar(parser, 1, &model.bar) || number(parser, 3, UINT64_MAX, &model.base))
        return -EINVAL;
    if (bar_shapes[model.bar].kind != BAR_DESIGN)
        return REFUSE_HERE(parser, "%s belongs to the shell, not to a design", bar_text(model.bar));
    if (model.base % 4 || model.base > bar_shapes[model.bar].size - CLK_FREQ_BYTES)
        return REFUSE_HERE(parser, "0x%llx is no place for a model in %s", (unsigned long long)model.base,
                           bar_text(model.bar));
    if (design->model_count == MODEL_MAX)
        return REFUSE_HERE(parser, "more than %u models", MODEL_MAX);
    design->models[design->model_count++] = model;
    return 0;
}

/* ---- Statements about a space ---- */

static int parse_space(struct parser *parser) {
    return wants(parser, 2, "space app|mgmt BAR") ? -EINVAL : parse_bar(parser, 0, &parser->bar);
}

static int parse_unmapped(struct parser *parser) {
    uint64_t offset, size, value;
    uint32_t class_number;
    if (wants(parser, 3, "unmapped OFFSET SIZE VALUE") || number(parser, 0, UINT64_MAX, &offset) ||
        number(parser, 1, UINT64_MAX, &size) || number(parser, 2, UINT32_MAX, &value) ||
        check_range(parser, parser->lines.number, offset, size, 4))
        return -EINVAL;
    struct word_class constant = policy_empty_word();
    constant.visible = value;
    int status = builder_class(parser->builder, &constant, &class_number);
    if (status)
        return REFUSE(parser, parser->lines.number, status, "no space for the design");
    return claim(parser, parser->lines.number, offset, size, ENTRY_LEAF | ENTRY_WINDOW | ENTRY_PURE_READ | class_number,
                 CLAIM_WINDOW);
}

static bool parse_width(struct parser *parser, unsigned index, uint64_t *bits) {
    if (number(parser, index, UINT64_MAX, bits))
        return false;
    if (*bits == 8 || *bits == 32 || *bits == 64)
        return true;
    REFUSE_HERE(parser, "a width is 8, 32 or 64, not %llu", (unsigned long long)*bits);
    return false;
}

static uint32_t size_flags(uint64_t bits) {
    return (uint32_t)(bits == 64 ? 3 : bits == 32 ? 2 : 0) << ENTRY_SIZE_SHIFT;
}

static int parse_memory(struct parser *parser) {
    uint64_t offset, size, bits;
    if (wants(parser, 4, "mem OFFSET SIZE WIDTH rw|ro|wo") || number(parser, 0, UINT64_MAX, &offset) ||
        number(parser, 1, UINT64_MAX, &size) || !parse_width(parser, 2, &bits) ||
        check_range(parser, parser->lines.number, offset, size, bits / 8))
        return -EINVAL;
    struct token access = argument(parser, 3);
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
    return claim(parser, parser->lines.number, offset, size, entry, CLAIM_FREE);
}

static int parse_dimensions(struct parser *parser, uint64_t *extent) {
    struct word *word = &parser->word;
    uint64_t bytes = word->bits / 8, elements = 1;
    if (arguments(parser) % 2 || arguments(parser) > 2 + 2 * WORD_DIMENSIONS)
        return REFUSE_HERE(parser, "expected 'word OFFSET WIDTH [COUNT STRIDE]...', up to %d times", WORD_DIMENSIONS);
    word->dimensions = (arguments(parser) - 2) / 2;
    *extent = bytes;
    for (unsigned i = 0; i < word->dimensions; i++) {
        uint64_t reach;
        if (number(parser, 2 + 2 * i, WORD_ELEMENTS_MAX, &word->count[i]) ||
            number(parser, 3 + 2 * i, GIB(128), &word->stride[i]))
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

static int parse_word(struct parser *parser) {
    struct word *word = &parser->word;
    uint64_t bits, extent = 0;
    if (arguments(parser) < 2)
        return wants(parser, 2, "word OFFSET WIDTH [COUNT STRIDE]...");
    *word = (struct word){.line = parser->lines.number, .class = policy_empty_word()};
    if (number(parser, 0, UINT64_MAX, &word->offset) || !parse_width(parser, 1, &bits))
        return -EINVAL;
    word->bits = (unsigned)bits;
    if (parse_dimensions(parser, &extent) || check_range(parser, word->line, word->offset, extent, bits / 8))
        return -EINVAL;
    word->open = true;
    return 0;
}

static int parse_field(struct parser *parser) {
    struct word *word = &parser->word;
    uint64_t lsb, width, reset;
    if (!word->open)
        return REFUSE_HERE(parser, "a field must follow its 'word' line");
    if (wants(parser, 4, "f LSB WIDTH POLICY RESET") || number(parser, 0, 63, &lsb) || number(parser, 1, 64, &width) ||
        number(parser, 3, UINT64_MAX, &reset))
        return -EINVAL;
    if (width == 0 || lsb + width > word->bits)
        return REFUSE_HERE(parser, "bits %llu to %llu don't fit a word of %u bits", (unsigned long long)lsb,
                           (unsigned long long)(lsb + width - 1), word->bits);
    uint64_t mask = width == 64 ? UINT64_MAX : ((UINT64_C(1) << width) - 1) << lsb;
    if (word->claimed & mask)
        return REFUSE_HERE(parser, "bits %llu to %llu overlap another field of the word", (unsigned long long)lsb,
                           (unsigned long long)(lsb + width - 1));
    if (width < 64 && reset >> width)
        return REFUSE_HERE(parser, "reset 0x%llx doesn't fit %llu bits", (unsigned long long)reset,
                           (unsigned long long)width);
    struct token policy = argument(parser, 2);
    if (!policy_apply(&word->class, policy.text, policy.length, mask))
        return REFUSE_HERE(parser, "'%.*s' is no access policy", (int)(policy.length < 40 ? policy.length : 40),
                           policy.text);
    word->claimed |= mask;
    word->reset |= reset << lsb;
    return 0;
}

static int place_element(struct parser *parser, uint64_t offset, uint32_t entry) {
    const struct word *word = &parser->word;
    unsigned bytes = word->bits / 8;
    int status = claim(parser, word->line, offset, bytes, entry, CLAIM_FREE);
    if (status || !parser->reset)
        return status;
    status = parser->reset(parser->context, parser->bar, offset, bytes, word->reset);
    if (status)
        return REFUSE(parser, word->line, status, "cannot set the reset value: %s", strerror(-status));
    return 0;
}

/* All fields of the word are known: puts it, and all elements of its array, into the tables. */
static int finish_word(struct parser *parser) {
    struct word *word = &parser->word;
    uint32_t class_number;
    if (!word->open)
        return 0;
    word->open = false;
    int status = builder_class(parser->builder, &word->class, &class_number);
    if (status)
        return REFUSE(parser, word->line, status, "no space for the design");
    uint32_t entry = ENTRY_LEAF | size_flags(word->bits) | class_number | policy_entry_flags(&word->class, word->bits);
    uint64_t index[WORD_DIMENSIONS] = {0}, offset = word->offset;
    for (;;) {
        status = place_element(parser, offset, entry);
        if (status)
            return status;
        unsigned digit = word->dimensions;
        while (digit > 0 && ++index[digit - 1] == word->count[digit - 1]) {
            index[digit - 1] = 0;
            offset -= (word->count[digit - 1] - 1) * word->stride[digit - 1];
            digit--;
        }
        if (digit == 0)
            return 0;
        offset += word->stride[digit - 1];
    }
}

/* ---- The whole text ---- */

static int parse_statement(struct parser *parser) {
    static const struct {
        const char *word;
        int (*parse)(struct parser *);
    } statements[] = {
        {"word",     parse_word    },
        {"mem",      parse_memory  },
        {"unmapped", parse_unmapped},
        {"space",    parse_space   },
        {"name",     parse_name    },
        {"afi",      parse_afi     },
        {"pci",      parse_pci     },
        {"clkgen",   parse_clkgen  },
        {"load_ms",  parse_load_ms },
        {"fault",    parse_fault   },
        {"model",    parse_model   }
    };
    struct token word = parser->lines.tokens[0];
    if (token_is(word, "f"))
        return parse_field(parser);
    int status = finish_word(parser);
    if (status)
        return status;
    for (size_t i = 0; i < ARRAY_LENGTH(statements); i++)
        if (token_is(word, statements[i].word))
            return statements[i].parse(parser);
    return REFUSE_HERE(parser, "'%.*s' is no statement of a design", (int)(word.length < 40 ? word.length : 40),
                       word.text);
}

static int parse_header(struct parser *parser) {
    int status = lines_next(&parser->lines, parser->message);
    if (status < 0)
        return status;
    if (status == 0 || parser->lines.count != 2 || !token_is(parser->lines.tokens[0], "haldesign") ||
        !token_is(parser->lines.tokens[1], "1"))
        return REFUSE_HERE(parser, "a design begins with 'haldesign 1'");
    return 0;
}

/* The words of a model leave the fast path, so that the model sees each access. */
static int mark_model(struct parser *parser, const struct design_model *model) {
    int status = 0;
    parser->bar = model->bar;
    for (uint64_t at = model->base; at < model->base + CLK_FREQ_BYTES && !status; at++) {
        uint32_t entry = builder_entry(parser->builder, model->bar, at);
        uint32_t special = ENTRY_MEMORY | ENTRY_WINDOW | ENTRY_CLKGEN;
        if (!(entry & ENTRY_LEAF) || (entry & special))
            continue;
        entry = (entry | ENTRY_MODEL) & ~(ENTRY_RAW_READ | ENTRY_RAW_WRITE | ENTRY_PURE_READ);
        status = claim(parser, parser->lines.number, at, 1, entry, CLAIM_FORCED);
    }
    return status;
}

static int finish_design(struct parser *parser) {
    const struct design *design = parser->design;
    if (!parser->has_name || design->afi_count == 0)
        return REFUSE_HERE(parser, "a design needs a 'name' and at least one 'afi' line");
    if (design->has_clkgen) {
        if (parser->straddling_line)
            return REFUSE(parser, parser->straddling_line, -EINVAL,
                          "the memory overlaps the clock generator at 0x%llx to 0x%llx",
                          (unsigned long long)CLKGEN_BASE, (unsigned long long)CLKGEN_END - 1);
        parser->bar = BAR_MGMT4;
        int status = claim(parser, parser->lines.number, CLKGEN_BASE, CLKGEN_END - CLKGEN_BASE,
                           ENTRY_LEAF | ENTRY_CLKGEN, CLAIM_FORCED);
        if (status)
            return status;
    }
    for (uint32_t i = 0; i < design->model_count; i++) {
        int status = mark_model(parser, &design->models[i]);
        if (status)
            return status;
    }
    /* The shell's own memory stays what it is, whatever a design says about it. */
    parser->bar = BAR_APP2;
    return claim(parser, parser->lines.number, 0, bar_shapes[BAR_APP2].size,
                 ENTRY_LEAF | ENTRY_MEMORY | ENTRY_PURE_READ | ENTRY_RAW_READ | ENTRY_RAW_WRITE, CLAIM_FORCED);
}

int design_parse(const char *text, size_t length, struct design *design, struct table_builder *builder,
                 design_reset reset, void *context, struct message message) {
    *design = (struct design){
        .ids = {0x1D0F, 0xF000, 0x1D51, 0xFEDC},
          .load_ms = 50
    };
    struct parser parser = {
        .lines = {.at = text, .end = text + length},
        .design = design,
        .builder = builder,
        .reset = reset,
        .context = context,
        .message = message,
        .bar = BAR_COUNT
    };
    int status = parse_header(&parser);
    while (status == 0) {
        int more = lines_next(&parser.lines, message);
        if (more < 0)
            return more;
        if (more == 0)
            break;
        status = parse_statement(&parser);
    }
    if (!status)
        status = finish_word(&parser);
    return status ? status : finish_design(&parser);
}
