/*
 * The text of a design, line by line, into decoding tables. Everything about the text is checked
 * here, whether or not a slot will ever load it; what comes after trusts the tables.
 */
#include <ctype.h>
#include <string.h>

#include "design/parser.h"

/* ---- Statements about the design ---- */

static int parse_name(struct parser *parser) {
    struct token token = parser_argument(parser, 0);
    if (parser_wants(parser, 1, "name NAME"))
        return -EINVAL;
    if (parser->has_name || token.length >= AFI_ID_STR_MAX)
        return REFUSE_HERE(parser, "a design has one name of up to 63 characters");
    memcpy(parser->design->name, token.text, token.length);
    parser->has_name = true;
    return 0;
}

static int parse_digest(struct parser *parser) {
    struct token token = parser_argument(parser, 0);
    if (parser_wants(parser, 1, "digest DIGEST"))
        return -EINVAL;
    bool fits = token.length < DIGEST_MAX && parser->design->digest[0] == '\0';
    for (size_t i = 0; i < token.length && fits; i++)
        fits = isalnum((unsigned char)token.text[i]);
    if (!fits)
        return REFUSE_HERE(parser, "a design has one digest of up to %d letters and digits", DIGEST_MAX - 1);
    memcpy(parser->design->digest, token.text, token.length);
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
    struct token token = parser_argument(parser, 0);
    if (parser_wants(parser, 1, "afi agfi-0123456789abcdef0"))
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
    if (parser_wants(parser, 4, "pci VENDOR DEVICE SUBSYSTEM_DEVICE SUBSYSTEM_VENDOR"))
        return -EINVAL;
    if (parser->has_pci)
        return REFUSE_HERE(parser, "a design has one 'pci' line");
    for (unsigned i = 0; i < 4; i++)
        if (parser_number(parser, i, 0xFFFF, &ids[i]))
            return -EINVAL;
    parser->design->ids = (struct pci_ids){(uint16_t)ids[0], (uint16_t)ids[1], (uint16_t)ids[2], (uint16_t)ids[3]};
    parser->has_pci = true;
    return 0;
}

static int parse_clkgen(struct parser *parser) {
    uint64_t value;
    if (parser_wants(parser, 1, "clkgen 0|1") || parser_number(parser, 0, 1, &value))
        return -EINVAL;
    if (parser->has_clkgen)
        return REFUSE_HERE(parser, "a design has one 'clkgen' line");
    parser->design->has_clkgen = value != 0;
    parser->has_clkgen = true;
    return 0;
}

static int parse_load_ms(struct parser *parser) {
    uint64_t value;
    if (parser_wants(parser, 1, "load_ms MILLISECONDS") || parser_number(parser, 0, 3600000, &value))
        return -EINVAL;
    if (parser->has_load_ms)
        return REFUSE_HERE(parser, "a design has one 'load_ms' line");
    parser->design->load_ms = (uint32_t)value;
    parser->has_load_ms = true;
    return 0;
}

static int parse_fault(struct parser *parser) {
    struct token token = parser_argument(parser, 0);
    if (parser_wants(parser, 1, "fault NAME[=VALUE]"))
        return -EINVAL;
    if (!fault_parse(token.text, token.length, &parser->design->faults))
        return REFUSE_HERE(parser, "'%.*s' is no fault", (int)(token.length < 40 ? token.length : 40), token.text);
    return 0;
}

const struct model_shape model_shapes[MODEL_KINDS] = {
    [MODEL_CLK_FREQ] = {"clk_freq", 0x38},
    [MODEL_HBM] = {"hbm",      4   },
};

static int parse_model(struct parser *parser) {
    struct design *design = parser->design;
    struct design_model model = {0};
    if (parser_wants(parser, 4, "model clk_freq|hbm PF BAR OFFSET"))
        return -EINVAL;
    while (model.kind < MODEL_KINDS && !token_is(parser_argument(parser, 0), model_shapes[model.kind].name))
        model.kind++;
    if (model.kind == MODEL_KINDS)
        return REFUSE_HERE(parser, "the models are clk_freq and hbm");
    if (parser_bar(parser, 1, &model.bar) || parser_number(parser, 3, UINT64_MAX, &model.base))
        return -EINVAL;
    if (bar_shapes[model.bar].kind != BAR_DESIGN)
        return REFUSE_HERE(parser, "%s belongs to the shell, not to a design", bar_text(model.bar));
    if (model.base % 4 || model.base > bar_shapes[model.bar].size - model_shapes[model.kind].bytes)
        return REFUSE_HERE(parser, "0x%llx is no place for a model in %s", (unsigned long long)model.base,
                           bar_text(model.bar));
    if (design->model_count == MODEL_MAX)
        return REFUSE_HERE(parser, "more than %u models", MODEL_MAX);
    design->models[design->model_count++] = model;
    return 0;
}

/* ---- The whole text ---- */

static int parse_statement(struct parser *parser) {
    static const struct {
        const char *word;
        int (*parse)(struct parser *);
    } statements[] = {
        {"word",      parse_word     },
        {"mem",       parse_memory   },
        {"unmapped",  parse_unmapped },
        {"space",     parse_space    },
        {"name",      parse_name     },
        {"digest",    parse_digest   },
        {"afi",       parse_afi      },
        {"pci",       parse_pci      },
        {"clkgen",    parse_clkgen   },
        {"load_ms",   parse_load_ms  },
        {"fault",     parse_fault    },
        {"model",     parse_model    },
        {"interrupt", parse_interrupt}
    };
    struct token word = parser->lines.tokens[0];
    int code;
    if (parse_inside(parser, &code))
        return code;
    code = finish_word(parser);
    if (code)
        return code;
    for (size_t i = 0; i < ARRAY_LENGTH(statements); i++)
        if (token_is(word, statements[i].word))
            return statements[i].parse(parser);
    return REFUSE_HERE(parser, "'%.*s' is no statement of a design", (int)(word.length < 40 ? word.length : 40),
                       word.text);
}

static int parse_header(struct parser *parser) {
    int code = lines_next(&parser->lines, parser->message);
    if (code < 0)
        return code;
    if (code == 0 || parser->lines.count != 2 || !token_is(parser->lines.tokens[0], "haldesign") ||
        !token_is(parser->lines.tokens[1], "1"))
        return REFUSE_HERE(parser, "a design begins with 'haldesign 1'");
    return 0;
}

/* The words of a model leave the fast path, so that the model sees each access. */
static int mark_model(struct parser *parser, const struct design_model *model) {
    int code = 0;
    parser->bar = model->bar;
    for (uint64_t at = model->base; at < model->base + model_shapes[model->kind].bytes && !code; at++) {
        uint32_t entry = builder_entry(parser->builder, model->bar, at);
        uint32_t special = ENTRY_MEMORY | ENTRY_WINDOW | ENTRY_CLKGEN;
        if (!(entry & ENTRY_LEAF) || (entry & special))
            continue;
        entry = (entry | ENTRY_MODEL) & ~(ENTRY_RAW_READ | ENTRY_RAW_WRITE | ENTRY_PURE_READ);
        code = parser_claim(parser, parser->lines.number, at, 1, entry, CLAIM_FORCED);
    }
    return code;
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
        int code = parser_claim(parser, parser->lines.number, CLKGEN_BASE, CLKGEN_END - CLKGEN_BASE,
                                ENTRY_LEAF | ENTRY_CLKGEN, CLAIM_FORCED);
        if (code)
            return code;
    }
    for (uint32_t i = 0; i < design->model_count; i++) {
        int code = mark_model(parser, &design->models[i]);
        if (code)
            return code;
    }
    int marked = mark_interrupts(parser);
    if (marked)
        return marked;
    /* The shell's own memory stays what it is, whatever a design says about it. */
    parser->bar = BAR_APP2;
    return parser_claim(parser, parser->lines.number, 0, bar_shapes[BAR_APP2].size,
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
    int code = parse_header(&parser);
    while (code == 0) {
        int more = lines_next(&parser.lines, message);
        if (more < 0)
            return more;
        if (more == 0)
            break;
        code = parse_statement(&parser);
    }
    if (!code)
        code = finish_word(&parser);
    return code ? code : finish_design(&parser);
}
