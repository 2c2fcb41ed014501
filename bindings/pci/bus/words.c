/* What went wrong in this thread, in words. */
#include <stdio.h>

#include "bus/bus.h"

static _Thread_local char words[1024];
static _Thread_local int words_of; /* the code; 0: none */

int say(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    words_of = code;
    return code;
}

const char *saying(int code) {
    return code && words_of == code ? words : "";
}

const char *said(int code) {
    const char *found = saying(code);
    words_of = 0;
    return found;
}
