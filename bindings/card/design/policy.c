/* What a read and a write do to a field, compiled to masks: a product of both, of which UVM's 25 access policies
 * (uvm_reg_field::configure) name rows. */
#include <string.h>

#include "design/design.h"

enum effect { KEEP, CLEAR, SET, TOGGLE };

static const struct {
    const char *word;
    bool readable;
    enum effect effect;
} reads[] = {
    {"none",  false, KEEP },
    {"value", true,  KEEP },
    {"clear", true,  CLEAR},
    {"set",   true,  SET  },
};

static const struct {
    const char *word;
    enum effect zero, one;
} writes[] = {
    {"none",         KEEP,   KEEP  },
    {"value",        CLEAR,  SET   },
    {"one_clears",   KEEP,   CLEAR },
    {"one_sets",     KEEP,   SET   },
    {"one_toggles",  KEEP,   TOGGLE},
    {"zero_clears",  CLEAR,  KEEP  },
    {"zero_sets",    SET,    KEEP  },
    {"zero_toggles", TOGGLE, KEEP  },
    {"clears",       CLEAR,  CLEAR },
    {"sets",         SET,    SET   },
};

static const struct {
    const char *name, *row;
} names[] = {
    {"ro",    "value:none"        },
    {"rw",    "value:value"       },
    {"rc",    "clear:none"        },
    {"rs",    "set:none"          },
    {"wrc",   "clear:value"       },
    {"wrs",   "set:value"         },
    {"wc",    "value:clears"      },
    {"ws",    "value:sets"        },
    {"wsrc",  "clear:sets"        },
    {"wcrs",  "set:clears"        },
    {"w1c",   "value:one_clears"  },
    {"w1s",   "value:one_sets"    },
    {"w1t",   "value:one_toggles" },
    {"w0c",   "value:zero_clears" },
    {"w0s",   "value:zero_sets"   },
    {"w0t",   "value:zero_toggles"},
    {"w1src", "clear:one_sets"    },
    {"w1crs", "set:one_clears"    },
    {"w0src", "clear:zero_sets"   },
    {"w0crs", "set:zero_clears"   },
    {"wo",    "none:value"        },
    {"woc",   "none:clears"       },
    {"wos",   "none:sets"         },
    {"w1",    "value:value:once"  },
    {"wo1",   "none:value:once"   },
};

static bool is_word(const char *text, size_t length, const char *word) {
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

static void set_effect(uint64_t *and_mask, uint64_t *xor_mask, enum effect effect, uint64_t mask) {
    if (effect == CLEAR || effect == SET)
        *and_mask &= ~mask;
    if (effect == SET || effect == TOGGLE)
        *xor_mask |= mask;
}

/* The row of a policy's name; of its words, they themselves. */
static const char *row_of(const char *policy, size_t *length) {
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (is_word(policy, *length, names[i].name)) {
            *length = strlen(names[i].row);
            return names[i].row;
        }
    return policy;
}

static size_t word_length(const char *text, size_t length) {
    const char *colon = memchr(text, ':', length);
    return colon ? (size_t)(colon - text) : length;
}

bool policy_apply(struct word_class *word, const char *policy, size_t length, uint64_t mask) {
    const char *text = row_of(policy, &length);
    size_t at = word_length(text, length), read = 0, write = 0;
    if (is_word(text, length, "strobe")) { /* a pulse where 0 acts: it takes what is written, and is over by itself */
        word->ones |= mask;
        return policy_apply(word, "wo", 2, mask);
    }
    while (read < ARRAY_LENGTH(reads) && !is_word(text, at, reads[read].word))
        read++;
    if (read == ARRAY_LENGTH(reads) || at == length)
        return false;
    text += at + 1, length -= at + 1, at = word_length(text, length);
    while (write < ARRAY_LENGTH(writes) && !is_word(text, at, writes[write].word))
        write++;
    bool once = at < length;
    if (write == ARRAY_LENGTH(writes) || (once && (!is_word(text + at, length - at, ":once") || write == 0)))
        return false;
    if (reads[read].readable)
        word->visible |= mask;
    if (once)
        word->once |= mask;
    set_effect(&word->read_and, &word->read_xor, reads[read].effect, mask);
    set_effect(&word->zero_and, &word->zero_xor, writes[write].zero, mask);
    set_effect(&word->one_and, &word->one_xor, writes[write].one, mask);
    return true;
}

struct word_class policy_empty_word(void) {
    return (struct word_class){.read_and = UINT64_MAX, .zero_and = UINT64_MAX, .one_and = UINT64_MAX};
}

uint32_t policy_entry_flags(const struct word_class *word, unsigned bits) {
    uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    bool pure = word->read_and == UINT64_MAX && word->read_xor == 0 && word->ones == 0;
    if (word->next || word->keys || word->target || word->flags & ~VIEW_SHARED)
        return 0; /* rules that no access goes past */
    bool stores = (word->zero_and & all) == 0 && word->zero_xor == 0 && (word->one_and & all) == 0 &&
                  word->one_xor == all && word->once == 0;
    uint32_t flags = 0;
    if (pure)
        flags |= ENTRY_PURE_READ;
    if (pure && word->visible == all)
        flags |= ENTRY_RAW_READ;
    /* A word that reading changes, or other words write, is never stored without the lock. */
    if (pure && stores && !(word->flags & VIEW_SHARED))
        flags |= ENTRY_RAW_WRITE;
    return flags;
}
