/* The 25 access policies of UVM (uvm_reg_field::configure), compiled to masks. */
#include <string.h>

#include "design/design.h"

enum effect { KEEP, CLEAR, SET, TOGGLE };

struct policy {
    const char *name;
    bool readable;
    enum effect read, zero, one;
    bool once;
};

static const struct policy policies[] = {
    {"ro",    true,  KEEP,  KEEP,   KEEP,   false},
    {"rw",    true,  KEEP,  CLEAR,  SET,    false},
    {"rc",    true,  CLEAR, KEEP,   KEEP,   false},
    {"rs",    true,  SET,   KEEP,   KEEP,   false},
    {"wrc",   true,  CLEAR, CLEAR,  SET,    false},
    {"wrs",   true,  SET,   CLEAR,  SET,    false},
    {"wc",    true,  KEEP,  CLEAR,  CLEAR,  false},
    {"ws",    true,  KEEP,  SET,    SET,    false},
    {"wsrc",  true,  CLEAR, SET,    SET,    false},
    {"wcrs",  true,  SET,   CLEAR,  CLEAR,  false},
    {"w1c",   true,  KEEP,  KEEP,   CLEAR,  false},
    {"w1s",   true,  KEEP,  KEEP,   SET,    false},
    {"w1t",   true,  KEEP,  KEEP,   TOGGLE, false},
    {"w0c",   true,  KEEP,  CLEAR,  KEEP,   false},
    {"w0s",   true,  KEEP,  SET,    KEEP,   false},
    {"w0t",   true,  KEEP,  TOGGLE, KEEP,   false},
    {"w1src", true,  CLEAR, KEEP,   SET,    false},
    {"w1crs", true,  SET,   KEEP,   CLEAR,  false},
    {"w0src", true,  CLEAR, SET,    KEEP,   false},
    {"w0crs", true,  SET,   CLEAR,  KEEP,   false},
    {"wo",    false, KEEP,  CLEAR,  SET,    false},
    {"woc",   false, KEEP,  CLEAR,  CLEAR,  false},
    {"wos",   false, KEEP,  SET,    SET,    false},
    {"w1",    true,  KEEP,  CLEAR,  SET,    true },
    {"wo1",   false, KEEP,  CLEAR,  SET,    true },
};

static void set_effect(uint64_t *and_mask, uint64_t *xor_mask, enum effect effect, uint64_t mask) {
    if (effect == CLEAR || effect == SET)
        *and_mask &= ~mask;
    if (effect == SET || effect == TOGGLE)
        *xor_mask |= mask;
}

bool policy_apply(struct word_class *word, const char *policy, size_t length, uint64_t mask) {
    for (size_t i = 0; i < ARRAY_LENGTH(policies); i++) {
        const struct policy *known = &policies[i];
        if (strlen(known->name) != length || memcmp(known->name, policy, length) != 0)
            continue;
        if (known->readable)
            word->visible |= mask;
        if (known->once)
            word->once |= mask;
        set_effect(&word->read_and, &word->read_xor, known->read, mask);
        set_effect(&word->zero_and, &word->zero_xor, known->zero, mask);
        set_effect(&word->one_and, &word->one_xor, known->one, mask);
        return true;
    }
    return false;
}

struct word_class policy_empty_word(void) {
    return (struct word_class){.read_and = UINT64_MAX, .zero_and = UINT64_MAX, .one_and = UINT64_MAX};
}

uint32_t policy_entry_flags(const struct word_class *word, unsigned bits) {
    uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    bool pure = word->read_and == UINT64_MAX && word->read_xor == 0;
    bool stores = (word->zero_and & all) == 0 && word->zero_xor == 0 && (word->one_and & all) == 0 &&
                  word->one_xor == all && word->once == 0;
    uint32_t flags = 0;
    if (pure)
        flags |= ENTRY_PURE_READ;
    if (pure && word->visible == all)
        flags |= ENTRY_RAW_READ;
    /* A word that reading changes is never stored without the lock. */
    if (pure && stores)
        flags |= ENTRY_RAW_WRITE;
    return flags;
}
