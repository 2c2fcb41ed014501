/* Four ways to a BAR's bytes: a file of sysfs, a UIO device, VFIO, and /dev/mem. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "map/map.h"

enum { UIO_MAPS_MAX = 5 };

static uint64_t within_page(uint64_t address) {
    return address & ((uint64_t)sysconf(_SC_PAGESIZE) - 1);
}

/* Takes no detour through the caches: O_SYNC is what /dev/mem goes by. */
static int open_file(const char *path, struct source *source) {
    int opened = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
    if (opened < 0 && errno == ENOENT)
        return say(-ENODEV, "%s is not there", path);
    if (opened < 0)
        return say(-errno, "%s can't be opened: %s%s", path, strerror(errno),
                   errno == EACCES || errno == EPERM ? "; run as root, or let this user's group read and write it"
                                                     : "");
    source->file = opened;
    source->owned = true;
    return 0;
}

static int sysfs_source(const hal_pci_function *function, int bar, bool combines, struct source *source) {
    path_text path;
    if (path_in(path, function->folder, "resource%d%s", bar, combines ? "_wc" : ""))
        return -ENAMETOOLONG;
    int code = function_enable(function);
    source->lead = within_page(function->bars[bar].start);
    return code ? code : open_file(path, source);
}

/* The map of the UIO device that begins where the BAR does; -1: it has none. */
static int uio_map_of(const hal_pci_function *function, int bar) {
    path_text folder;
    const char *name = strrchr(function->uio, '/') + 1;
    for (int map = 0; map < UIO_MAPS_MAX; map++) {
        if (path_in(folder, function->folder, "uio/%s/maps/map%d", name, map))
            return -1;
        uint64_t address = read_number(folder, "addr", UINT64_MAX), lead = read_number(folder, "offset", 0);
        uint64_t start = function->bars[bar].start;
        if (address == start || address + lead == start)
            return map;
    }
    return -1;
}

/* A driver that offers no map of it leaves the file of sysfs. */
static int uio_source(const hal_pci_function *function, int bar, bool combines, struct source *source) {
    int map = combines ? -1 : uio_map_of(function, bar);
    if (map < 0)
        return sysfs_source(function, bar, combines, source);
    source->offset = (uint64_t)map * (uint64_t)sysconf(_SC_PAGESIZE);
    source->lead = within_page(function->bars[bar].start);
    return open_file(function->uio, source);
}

static int window_source(const struct chosen *chosen, struct source *source) {
    path_text path;
    int code = dev_path(path, "mem");
    source->offset = chosen->start;
    return code ? code : open_file(path, source);
}

static int check_bar(const hal_pci_function *function, int bar, bool combines) {
    const hal_pci_bar *wanted = &function->bars[bar];
    if (wanted->size == 0)
        return say(-ENOENT, "%s has no BAR %d", function->address, bar);
    if (wanted->flags & HAL_PCI_IO_PORTS)
        return say(-ENXIO,
                   "BAR %d of %s is of I/O ports, not of memory: it can't be mapped, and there are no accesses of 32 "
                   "or 64 bits to it here",
                   bar, function->address);
    if (combines && !(wanted->flags & HAL_PCI_COMBINES))
        return say(-EINVAL, "BAR %d of %s can't combine writes: it is not prefetchable", bar, function->address);
    return 0;
}

int source_of(const struct chosen *chosen, const hal_pci_function *function, struct vfio_function *held, int bar,
              bool combines, struct source *source) {
    *source = (struct source){.file = -1};
    int code = check_bar(function, bar, combines);
    if (code)
        return code;
    switch (function->way) {
    case HAL_PCI_VFIO: return vfio_source(held, bar, source);
    case HAL_PCI_WINDOW: return window_source(chosen, source);
    case HAL_PCI_UIO: return uio_source(function, bar, combines, source);
    default: return sysfs_source(function, bar, combines, source);
    }
}
