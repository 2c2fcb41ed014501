/* Faults that a test bench or a design asks for, as one word of text each. */
#include <string.h>

#include "design/design.h"

static bool parse_number(const char *text, size_t length, int32_t *value) {
    if (length < 1 || length > 4)
        return false;
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *value = *value * 10 + (text[i] - '0');
    }
    return true;
}

static bool is_word(const char *text, size_t length, const char *word) {
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

static bool parse_bus(const char *text, size_t length, struct faults *faults) {
    if (is_word(text, length, "ocl"))
        faults->bus_dead |= BUS_OCL;
    else if (is_word(text, length, "pcis"))
        faults->bus_dead |= BUS_PCIS;
    else if (is_word(text, length, "sda"))
        faults->bus_dead |= BUS_SDA;
    else
        return false;
    return true;
}

static bool parse_switch(const char *text, size_t length, struct faults *faults) {
    if (is_word(text, length, "never-ready"))
        faults->never_ready = 1;
    else if (is_word(text, length, "clkgen-reset"))
        faults->clkgen_reset = 1;
    else if (is_word(text, length, "no-clkgen"))
        faults->no_clkgen = 1;
    else
        return false;
    return true;
}

bool fault_parse(const char *text, size_t length, struct faults *faults) {
    const char *equals = memchr(text, '=', length);
    if (!equals)
        return parse_switch(text, length, faults);
    size_t name = (size_t)(equals - text);
    const char *value = equals + 1;
    size_t rest = length - name - 1;
    if (is_word(text, name, "load-error"))
        return parse_number(value, rest, &faults->load_error);
    if (is_word(text, name, "load-timeouts"))
        return parse_number(value, rest, &faults->load_timeouts);
    if (is_word(text, name, "describe-error"))
        return parse_number(value, rest, &faults->describe_error);
    if (is_word(text, name, "attach-error"))
        return parse_number(value, rest, &faults->attach_error);
    if (is_word(text, name, "rescan-error"))
        return parse_number(value, rest, &faults->rescan_error);
    if (is_word(text, name, "bus-dead"))
        return parse_bus(value, rest, faults);
    return false;
}
