/* Error texts for whoever asked for one. */
#include <stdarg.h>
#include <stdio.h>

#include "state/state.h"

int fail(struct message message, int code, const char *format, ...) {
    if (message.text && message.size > 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(message.text, message.size, format, arguments);
        va_end(arguments);
    }
    return code;
}
