/* Whether all ones is a value, or nobody answered: a bus carries the same for both. The function's configuration tells,
 * which is read by another way, in two system calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "map/map.h"

enum { CONFIG_HEAD = 8 }; /* bytes of the configuration space */

static _Thread_local uint64_t silent_at;

static int open_in(const char *folder, const char *file) {
    path_text path;
    if (!folder[0] || path_in(path, folder, "%s", file))
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC);
}

void answers_begin(struct mapping *mapping, const hal_pci_function *function) {
    mapping->config = open_in(function->folder, "config");
    mapping->power = open_in(function->folder, "power_state");
}

void answers_end(struct mapping *mapping) {
    if (mapping->config >= 0)
        close(mapping->config);
    if (mapping->power >= 0)
        close(mapping->power);
}

/* A file of sysfs whose function was removed has nothing to read any more. */
static int removed(struct mapping *mapping) {
    guard_replace(mapping); /* whatever gets its addresses next */
    return say(-ESTALE, "the PCI function was removed, or unplugged");
}

int mapping_answers(struct mapping *mapping, uint64_t offset) {
    uint8_t head[CONFIG_HEAD];
    char state[16] = "";
    if (mapping->config < 0)
        return 0; /* nothing else tells */
    ssize_t length = pread(mapping->config, head, sizeof head, 0);
    if (length == 0 || (length < 0 && errno == ENODEV))
        return removed(mapping);
    silent_at = offset;
    if (length < (ssize_t)sizeof head)
        return 0;
    if (head[0] == 0xff && head[1] == 0xff)
        return say(-EIO, "the PCI function does not answer at all: it is unplugged, its link is down, or it is being "
                         "reset");
    if (!(head[CONFIG_COMMAND] & COMMAND_MEMORY))
        return say(-EIO, "the PCI function's memory is disabled (bit 1 of its command register): a reset, or another "
                         "program, has done that");
    if (mapping->power >= 0 && pread(mapping->power, state, sizeof state - 1, 0) > 0 && strncmp(state, "D3", 2) == 0)
        return say(-EIO, "the PCI function is powered down (D3): write on to its file power/control");
    return 0;
}

uint64_t silent_offset(void) {
    return silent_at;
}
