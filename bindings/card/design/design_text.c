/* Lines, tokens and numbers of a design's text. */
#include <errno.h>
#include <string.h>

#include "design/design.h"

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static int split(struct design_lines *lines, const char *at, const char *end, struct message message) {
    lines->count = 0;
    while (at < end && *at != '#') {
        if (is_space(*at)) {
            at++;
            continue;
        }
        const char *start = at;
        while (at < end && !is_space(*at) && *at != '#') {
            if (*at < '!' || *at > '~')
                return fail(message, -EINVAL, "line %llu: character 0x%02x is not allowed",
                            (unsigned long long)lines->number, (unsigned char)*at);
            at++;
        }
        if (lines->count == LINE_TOKENS)
            return fail(message, -EINVAL, "line %llu: more than %d words on a line", (unsigned long long)lines->number,
                        LINE_TOKENS);
        lines->tokens[lines->count++] = (struct token){start, (size_t)(at - start)};
    }
    return 0;
}

int lines_next(struct design_lines *lines, struct message message) {
    while (lines->at < lines->end) {
        const char *start = lines->at;
        const char *newline = memchr(start, '\n', (size_t)(lines->end - start));
        const char *end = newline ? newline : lines->end;
        lines->at = newline ? newline + 1 : lines->end;
        lines->number++;
        int code = split(lines, start, end, message);
        if (code)
            return code;
        if (lines->count > 0)
            return 1;
    }
    return 0;
}

bool token_is(struct token token, const char *word) {
    return strlen(word) == token.length && memcmp(token.text, word, token.length) == 0;
}

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

bool token_number(struct token token, uint64_t *value) {
    size_t at = 0;
    uint64_t base = 10;
    if (token.length > 2 && token.text[0] == '0' && (token.text[1] | 0x20) == 'x') {
        base = 16;
        at = 2;
    }
    *value = 0;
    for (; at < token.length; at++) {
        uint64_t next = (uint64_t)digit(token.text[at]);
        if (next >= base || __builtin_mul_overflow(*value, base, value) || __builtin_add_overflow(*value, next, value))
            return false;
    }
    return token.length > 0;
}
