/* Lines, tokens and numbers of a design's text. */
#ifndef HAL_CARD_DESIGN_TEXT_H
#define HAL_CARD_DESIGN_TEXT_H

#include "card.h"

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

#endif
