/* What stands below a word in a design: its fields, its views, and the rules of its writes. */
#include <stdlib.h>
#include <string.h>

#include "design/parser.h"

static struct word_view *current_view(struct parser *parser) {
    return &parser->word.view[parser->word.views - 1];
}

static int parse_bits(struct parser *parser, bool reserved) {
    const struct word *word = &parser->word;
    struct word_view *view = current_view(parser);
    uint64_t lsb, width, reset, unknown = 0;
    bool is_unsure = parser_arguments(parser) == 5;
    if (parser_wants(parser, is_unsure ? 5 : 4, "f LSB WIDTH POLICY RESET [UNKNOWN]") ||
        parser_number(parser, 0, 63, &lsb) || parser_number(parser, 1, 64, &width) ||
        parser_number(parser, 3, UINT64_MAX, &reset) || (is_unsure && parser_number(parser, 4, UINT64_MAX, &unknown)))
        return -EINVAL;
    if (width == 0 || lsb + width > word->bits)
        return REFUSE_HERE(parser, "bits %llu to %llu don't fit a word of %u bits", (unsigned long long)lsb,
                           (unsigned long long)(lsb + width - 1), word->bits);
    uint64_t mask = width == 64 ? UINT64_MAX : ((UINT64_C(1) << width) - 1) << lsb;
    if (view->claimed & mask)
        return REFUSE_HERE(parser, "bits %llu to %llu overlap another field of the word", (unsigned long long)lsb,
                           (unsigned long long)(lsb + width - 1));
    if (width < 64 && (reset | unknown) >> width)
        return REFUSE_HERE(parser, "reset 0x%llx doesn't fit %llu bits", (unsigned long long)(reset | unknown),
                           (unsigned long long)width);
    if (reset & unknown)
        return REFUSE_HERE(parser, "the bits 0x%llx of the reset are said and unknown",
                           (unsigned long long)(reset & unknown));
    struct token policy = parser_argument(parser, 2);
    if (!policy_apply(&view->class, policy.text, policy.length, mask))
        return REFUSE_HERE(parser, "'%.*s' is no access policy", (int)(policy.length < 40 ? policy.length : 40),
                           policy.text);
    view->claimed |= mask;
    *(reserved ? &view->reserved : &view->class.fields) |= mask;
    view->reset |= reset << lsb;
    view->unknown |= unknown << lsb;
    view->set |= (unknown & -unknown) << lsb;
    return 0;
}

static int parse_field(struct parser *parser) {
    return parse_bits(parser, false);
}

static int parse_reserved(struct parser *parser) {
    return parse_bits(parser, true);
}

/* A word of a register that is read as a whole, after the word that holds the others still. */
static int parse_latched(struct parser *parser) {
    struct word *word = &parser->word;
    uint64_t words, place, latches;
    if (parser_wants(parser, 3, "latched WORDS PLACE LATCHES") || parser_number(parser, 0, MANUAL_WORDS_MAX, &words) ||
        parser_number(parser, 1, UINT64_MAX, &place) || parser_number(parser, 2, 1, &latches))
        return -EINVAL;
    if (words < 2 || place >= words)
        return REFUSE_HERE(parser, "word %llu is none of %llu", (unsigned long long)place, (unsigned long long)words);
    word->latched = (uint32_t)words;
    word->latched_place = (uint32_t)place;
    word->latches = latches;
    return 0;
}

/* A further view of the same word. */
static int parse_view(struct parser *parser) {
    if (parser_wants(parser, 0, "view"))
        return -EINVAL;
    if (parser->word.views == WORD_VIEWS)
        return REFUSE_HERE(parser, "a word has up to %d views", WORD_VIEWS);
    parser->word.views++;
    current_view(parser)->class = policy_empty_word();
    return 0;
}

/* A distance in bytes, as a number of 64 bits whose upper half goes down. */
static int parse_distance(struct parser *parser, unsigned index, int64_t *distance) {
    uint64_t number;
    if (parser_number(parser, index, UINT64_MAX, &number))
        return -EINVAL;
    *distance = (int64_t)number;
    if (*distance > (int64_t)GIB(128) || *distance < -(int64_t)GIB(128))
        return REFUSE_HERE(parser, "0x%llx is no distance in a BAR", (unsigned long long)number);
    return 0;
}

static int parse_at(struct parser *parser) {
    struct word_class *class = &current_view(parser)->class;
    uint64_t shift;
    if (parser_wants(parser, 2, "at DISTANCE SHIFT") || parse_distance(parser, 0, &class->target) ||
        parser_number(parser, 1, UINT64_MAX, &shift))
        return -EINVAL;
    class->shift = (int16_t)(int64_t)shift;
    if ((int64_t)shift != class->shift || class->shift >= 64 || class->shift <= -64)
        return REFUSE_HERE(parser, "a shift is -63 to 63 bits");
    return 0;
}

static int parse_guard(struct parser *parser, uint32_t flag, const char *usage) {
    struct word_class *class = &current_view(parser)->class;
    uint64_t bits;
    if (parser_wants(parser, 4, usage) || parse_distance(parser, 0, &class->guard_at) ||
        !parse_width(parser, 1, &bits) || parser_number(parser, 2, UINT64_MAX, &class->guard_mask) ||
        parser_number(parser, 3, UINT64_MAX, &class->guard_value))
        return -EINVAL;
    if (class->flags >> VIEW_GUARD_SHIFT)
        return REFUSE_HERE(parser, "a view has one lock or condition");
    class->flags |= (uint16_t)(flag | (uint32_t)(bits / 8) << VIEW_GUARD_SHIFT);
    return 0;
}

static int parse_lock(struct parser *parser) {
    return parse_guard(parser, VIEW_LOCKED, "lock DISTANCE WIDTH MASK VALUE");
}

static int parse_when(struct parser *parser) {
    return parse_guard(parser, VIEW_WHEN, "when DISTANCE WIDTH MASK VALUE");
}

static int parse_unlock(struct parser *parser) {
    struct word *word = &parser->word;
    struct word_class key = {0};
    if (parser_wants(parser, 2, "unlock DISTANCE VALUE") || parse_distance(parser, 0, &key.target) ||
        parser_number(parser, 1, UINT64_MAX, &key.guard_value))
        return -EINVAL;
    if (word->keys == KEYS_MAX)
        return REFUSE_HERE(parser, "a word has up to %u keys", KEYS_MAX);
    word->key[word->keys++] = key;
    return 0;
}

static int set_flag(struct parser *parser, uint32_t flag, const char *usage) {
    if (parser_wants(parser, 0, usage))
        return -EINVAL;
    current_view(parser)->class.flags |= (uint16_t)flag;
    return 0;
}

static int parse_behind(struct parser *parser) {
    return set_flag(parser, VIEW_BEHIND, "behind");
}

static int parse_twice(struct parser *parser) {
    return set_flag(parser, VIEW_TWICE, "twice");
}

static int parse_masked(struct parser *parser) {
    return set_flag(parser, VIEW_MASKED, "masked");
}

static int parse_key(struct parser *parser) {
    return set_flag(parser, VIEW_KEY, "key");
}

static int parse_shared(struct parser *parser) {
    return set_flag(parser, VIEW_SHARED, "shared");
}

bool parse_inside(struct parser *parser, int *code) {
    static const struct {
        const char *word;
        int (*parse)(struct parser *);
    } statements[] = {
        {"f",       parse_field   },
        {"r",       parse_reserved},
        {"view",    parse_view    },
        {"at",      parse_at      },
        {"lock",    parse_lock    },
        {"when",    parse_when    },
        {"unlock",  parse_unlock  },
        {"behind",  parse_behind  },
        {"twice",   parse_twice   },
        {"masked",  parse_masked  },
        {"key",     parse_key     },
        {"shared",  parse_shared  },
        {"latched", parse_latched }
    };
    struct token word = parser->lines.tokens[0];
    for (size_t i = 0; i < ARRAY_LENGTH(statements); i++)
        if (token_is(word, statements[i].word)) {
            if (!parser->word.open)
                *code = i < 2 ? REFUSE_HERE(parser, "a field must follow its 'word' line")
                              : REFUSE_HERE(parser, "'%s' must follow its 'word' line", statements[i].word);
            else
                *code = statements[i].parse(parser);
            return true;
        }
    return false;
}

/* ---- The whole word ---- */

static bool reaches(const struct parser *parser, uint64_t offset, int64_t distance, unsigned bytes) {
    uint64_t at = offset + (uint64_t)distance;
    return at % bytes == 0 && at <= bar_shapes[parser->bar].size - bytes;
}

/* What an element's views and rules point to lies in its BAR. */
static int check_reach(struct parser *parser, uint64_t offset) {
    const struct word *word = &parser->word;
    bool good = true;
    for (unsigned i = 0; i < word->views; i++) {
        const struct word_class *class = &word->view[i].class;
        unsigned guard = class->flags >> VIEW_GUARD_SHIFT;
        good &= reaches(parser, offset, class->target, word->bits / 8) &&
                (guard == 0 || reaches(parser, offset, class->guard_at, guard));
    }
    for (unsigned i = 0; i < word->keys; i++)
        good &= reaches(parser, offset, word->key[i].target, 1);
    return good ? 0
                : REFUSE(parser, word->line, -EINVAL, "the word at 0x%llx points past the end of its BAR",
                         (unsigned long long)offset);
}

/* What a word's unknown bits hold after a reset: another pattern for each word and HAL_CARD_SEED, the same each time.
 * Source of the mixing: splitmix64, of S. Vigna. No field of unknown bits is zero. */
static uint64_t pattern(const struct parser *parser, const struct word_view *view, uint64_t offset) {
    const char *seed = getenv("HAL_CARD_SEED");
    uint64_t mixed = (seed ? strtoull(seed, NULL, 0) : 0) + (((uint64_t)parser->bar + 1) << 40) + offset;
    mixed = (mixed + UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return ((mixed ^ mixed >> 31) & view->unknown) | view->set;
}

static int reset_element(struct parser *parser, uint64_t offset) {
    const struct word *word = &parser->word;
    for (unsigned i = 0; i < word->views; i++) {
        const struct word_view *view = &word->view[i];
        if (view->class.target || view->class.shift || view->class.flags & VIEW_WHEN)
            continue; /* another word's storage, or what an earlier view has reset */
        bool behind = view->class.flags & VIEW_BEHIND;
        uint64_t reset = view->unknown ? view->reset | pattern(parser, view, offset) : view->reset;
        int code = parser->reset(parser->context, parser->bar, offset, word->bits / 8, reset, behind);
        if (code)
            return REFUSE(parser, word->line, code, "cannot set the reset value: %s", strerror(-code));
    }
    return 0;
}

static int place_element(struct parser *parser, uint64_t offset, uint32_t entry) {
    const struct word *word = &parser->word;
    int code = parser_claim(parser, word->line, offset, word->bits / 8, entry, CLAIM_FREE);
    if (!code && (entry & ENTRY_PURE_READ) == 0)
        code = check_reach(parser, offset);
    return code || !parser->reset ? code : reset_element(parser, offset);
}

/* What the manual says of a view, beyond what the card does by itself. */
static int build_manual(struct parser *parser, struct word_view *view) {
    const struct word *word = &parser->word;
    struct word_class manual = {.fields = view->reset & view->reserved,
                                .next = word->latched_place,
                                .keys = word->latched,
                                .flags = word->latches ? MANUAL_LATCHES : 0};
    uint32_t number;
    if (view->class.flags & VIEW_MASKED)
        view->class.fields |= UINT64_MAX << word->bits / 2 & (UINT64_MAX >> (64 - word->bits));
    if (!manual.fields && !manual.keys)
        return 0;
    int code = builder_class(parser->builder, &manual, &number);
    view->class.manual = number + 1;
    return code;
}

/* The views and keys as classes, the last ones first: each knows the next one. */
static int build_classes(struct parser *parser, uint32_t *number) {
    struct word *word = &parser->word;
    uint32_t key = 0, next = 0;
    int code = 0;
    for (unsigned i = word->keys; i-- > 0 && !code; key = *number + 1) {
        word->key[i].next = key;
        code = builder_class(parser->builder, &word->key[i], number);
    }
    for (unsigned i = word->views; i-- > 0 && !code; next = *number + 1) {
        code = build_manual(parser, &word->view[i]);
        if (code)
            break;
        word->view[i].class.next = next;
        word->view[i].class.keys = i == 0 ? key : 0;
        code = builder_class(parser->builder, &word->view[i].class, number);
    }
    return code ? REFUSE(parser, word->line, code, "no space for the design") : 0;
}

/* All of the word is known: puts it, and all elements of its array, into the tables. */
int finish_word(struct parser *parser) {
    struct word *word = &parser->word;
    uint32_t class_number;
    if (!word->open)
        return 0;
    word->open = false;
    int code = build_classes(parser, &class_number);
    if (code)
        return code;
    uint32_t entry =
        ENTRY_LEAF | size_flags(word->bits) | class_number | policy_entry_flags(&word->view[0].class, word->bits);
    uint64_t index[WORD_DIMENSIONS] = {0}, offset = word->offset;
    for (;;) {
        code = place_element(parser, offset, entry);
        if (code)
            return code;
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
