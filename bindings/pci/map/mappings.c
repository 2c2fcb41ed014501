/* Mapped BARs, each shared by all of its handles. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map/map.h"

static struct mapping *find(int slot, int bar, bool combines) {
    for (int i = 0; i < MAPPINGS_MAX; i++) {
        struct mapping *one = &mappings[i];
        if (one->users && !atomic_load(&one->lost) && one->slot == slot && one->bar == bar && one->combines == combines)
            return one;
    }
    return NULL;
}

static struct mapping *free_place(void) {
    for (int i = 0; i < MAPPINGS_MAX; i++)
        if (!mappings[i].users)
            return &mappings[i];
    return NULL;
}

static int no_mapping(const hal_pci_function *function, int bar, int reason) {
    const hal_pci_bar *wanted = &function->bars[bar];
    const char *driver = function->driver;
    if (reason == EINVAL || reason == EPERM || reason == EBUSY)
        return say(-EBUSY,
                   "the kernel does not let BAR %d of %s be mapped (%s)%s%s: a driver of its own uses it; unbind that, "
                   "or bind vfio-pci or uio_pci_generic",
                   bar, function->address, strerror(reason), driver[0] ? ", to which this driver is bound: " : "",
                   driver);
    return say(-reason, "BAR %d of %s, %#" PRIx64 " bytes, can't be mapped: %s", bar, function->address, wanted->size,
               strerror(reason));
}

/* Maps whole pages around the BAR. */
static int map_source(struct mapping *mapping, const struct source *source, const hal_pci_function *function, int bar) {
    uint64_t size = function->bars[bar].size, page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t span = (source->lead + size + page - 1) & ~(page - 1);
    if (size > SIZE_MAX - 2 * page)
        return no_mapping(function, bar, ENOMEM);
    void *pages = mmap(NULL, span, PROT_READ | PROT_WRITE, MAP_SHARED, source->file, (off_t)source->offset);
    if (pages == MAP_FAILED)
        return no_mapping(function, bar, errno);
    mapping->pages = pages;
    mapping->base = mapping->pages + source->lead;
    mapping->size = size;
    atomic_store(&mapping->lost, false);
    atomic_store_explicit(&mapping->span, span, memory_order_release);
    return 0;
}

static int make(struct mapping *mapping, const struct chosen *chosen, int slot, int bar, bool combines) {
    hal_pci_function function;
    struct source source = {.file = -1};
    struct vfio_function *held = NULL;
    uint64_t incarnation = function_incarnation(chosen);
    int code = function_read(chosen, &function);
    if (!code)
        code = guard_begin();
    if (!code && function.way == HAL_PCI_VFIO)
        code = vfio_hold(&function, &held);
    if (!code)
        code = source_of(chosen, &function, held, bar, combines, &source);
    if (!code)
        code = map_source(mapping, &source, &function, bar);
    if (source.owned)
        close(source.file);
    if (code) {
        vfio_drop(held);
        return code;
    }
    memcpy(mapping->address, chosen->address, sizeof mapping->address);
    mapping->slot = slot;
    mapping->bar = bar;
    mapping->combines = combines;
    mapping->incarnation = incarnation;
    mapping->vfio = held;
    answers_begin(mapping, &function);
    if (function.way != HAL_PCI_WINDOW && !tree_fake_root()[0])
        watcher_begin();
    return 0;
}

int map_bar(int slot, int bar, bool combines, struct mapping **mapping) {
    const struct chosen *chosen = NULL;
    int code = chosen_slot(slot, &chosen);
    if (code)
        return code;
    lose_mappings(slot, function_incarnation(chosen));
    pthread_mutex_lock(&maps_lock);
    watcher_catch_up();
    struct mapping *found = find(slot, bar, combines);
    if (!found) {
        found = free_place();
        code = found ? make(found, chosen, slot, bar, combines) : -EMFILE;
    }
    if (!code)
        found->users++;
    pthread_mutex_unlock(&maps_lock);
    *mapping = found;
    return code;
}

void unmap_bar(struct mapping *mapping) {
    pthread_mutex_lock(&maps_lock);
    if (--mapping->users == 0) {
        size_t span = atomic_exchange(&mapping->span, 0);
        munmap(mapping->pages, span);
        answers_end(mapping);
        vfio_drop(mapping->vfio);
        mapping->vfio = NULL;
    }
    pthread_mutex_unlock(&maps_lock);
}

void lose_mappings(int slot, uint64_t incarnation) {
    pthread_mutex_lock(&maps_lock);
    for (int i = 0; i < MAPPINGS_MAX; i++) {
        struct mapping *one = &mappings[i];
        if (one->users && one->slot == slot && !atomic_load(&one->lost) && one->incarnation != incarnation)
            guard_replace(one);
    }
    pthread_mutex_unlock(&maps_lock);
}
