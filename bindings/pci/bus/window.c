/* Windows of physical memory, for what is on no bus that tells of itself, such as the logic of an SoC. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus.h"

int windows_allowed(void) {
    const char *word = secure_getenv("HAL_MEM_ALLOWED");
    if (word && strcmp(word, "yes") == 0)
        return 0;
    return say(-EPERM, "HAL_MEM names physical memory, where a wrong address can hang or damage the machine: set "
                       "HAL_MEM_ALLOWED=yes where its addresses are right");
}

static bool number(const char **text, uint64_t *value) {
    char *end;
    errno = 0;
    if (!isdigit((unsigned char)**text))
        return false;
    *value = strtoull(*text, &end, 0);
    *text = end;
    return errno == 0;
}

int next_window(const char **text, struct chosen *window) {
    const char *at = *text + strspn(*text, " \t\n");
    const char *begin = at;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (!*at)
        return 0;
    bool good = number(&at, &window->start) && *at++ == ',' && number(&at, &window->size) &&
                (!*at || isspace((unsigned char)*at));
    int length = (int)strcspn(begin, " \t\n");
    if (!good)
        return say(-EINVAL, "HAL_MEM: \"%.*s\" is no window; give address,bytes: 0x43c00000,0x10000", length, begin);
    if (window->start % page || window->size == 0 || window->size % page || window->size > UINT64_MAX - window->start)
        return say(-EINVAL, "HAL_MEM: \"%.*s\": address and bytes must be multiples of %" PRIu64 ", and not 0 bytes",
                   length, begin, page);
    snprintf(window->address, sizeof window->address, "%#" PRIx64, window->start);
    *text = at;
    return 1;
}
