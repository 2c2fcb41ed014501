/* BARs that are mapped into the process, by which way ever, and what happens when one goes away under it. */
#ifndef HAL_PCI_MAP_H
#define HAL_PCI_MAP_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "bus/bus.h"

enum { MAPPINGS_MAX = 256, VFIO_MAX = 2 * FPGA_SLOT_MAX };

/* One BAR of one incarnation of a function; several handles may be of it. */
struct mapping {
    uint8_t *base;       /* the BAR's first byte */
    uint64_t size;       /* the BAR's bytes */
    atomic_bool lost;    /* what was there is gone: reads are all ones, writes go nowhere */
    uint8_t *pages;      /* what was mapped, and */
    _Atomic size_t span; /* how much of it; 0: nothing */
    /* Guarded by maps_lock: */
    int users, slot, bar;
    char address[HAL_PCI_NAME_MAX];
    bool combines;
    uint64_t incarnation; /* of the function */
    struct vfio_function *vfio;
    int config, power; /* its files that tell whether the function answers; -1: none */
};

/* ---- guard.c ---- */

extern struct mapping mappings[MAPPINGS_MAX];
extern pthread_mutex_t maps_lock;

/* From now on a bus error in a mapping becomes all ones and `lost`. */
int guard_begin(void);
/* Puts all ones in place of a mapping, which is lost by this. */
void guard_replace(struct mapping *mapping);
/* The same of all of a function, or with null of all, with maps_lock held. */
void guard_lose(const char *address);
/* A file that has nothing of the card, to stand in for one that has. */
int guard_file(void);

/* ---- ways.c ---- */

struct vfio_function;

/* Where a BAR's bytes come from: a file, where in it, and how far in its first page the BAR begins. */
struct source {
    int file;
    bool owned; /* the file is closed once it is mapped */
    uint64_t offset, lead;
};

/* Finds it by the way that the function's driver leaves (held: what VFIO has of it); with words where it can't. */
int source_of(const struct chosen *chosen, const hal_pci_function *function, struct vfio_function *held, int bar,
              bool combines, struct source *source);

/* ---- answers.c ---- */

void answers_begin(struct mapping *mapping, const hal_pci_function *function);
void answers_end(struct mapping *mapping);
/* Whether a word of all ones is one: 0, -ESTALE, or -EIO for a function that does not answer. With words. */
int mapping_answers(struct mapping *mapping, uint64_t offset);
/* Of this thread's last -EIO. */
uint64_t silent_offset(void);

/* ---- vfio.c ---- */

/* The function as VFIO has it, opened by whoever is first; with maps_lock held, as all here. */
int vfio_hold(const hal_pci_function *function, struct vfio_function **held);
void vfio_drop(struct vfio_function *held);
int vfio_source(struct vfio_function *held, int bar, struct source *source);
/* Its files, where somebody holds it. */
int vfio_files(const char *address, int *container, int *device);
/* Where the kernel asks for functions; at most VFIO_MAX. */
nfds_t vfio_requests(struct pollfd *files);
/* Gives back those that it asks for. */
void vfio_answer_requests(void);
/* A forked child has none of it: one process at a time can, and the kernel waits for the last file. */
void vfio_forget(void);

/* ---- watcher.c ---- */

/* From now on a thread looks whether functions are removed, bound or unbound, or asked for; again, for one more. With
 * maps_lock held. Where it can't, all ones and bus errors still tell. */
void watcher_begin(void);
/* What has happened before now is no news to what is mapped next. */
void watcher_catch_up(void);

/* ---- mappings.c ---- */

/* A mapping of a slot's BAR, shared with others; to be given back. */
int map_bar(int slot, int bar, bool combines, struct mapping **mapping);
void unmap_bar(struct mapping *mapping);
/* Ends all mappings of a slot: of other incarnations than this one, or with 0 of all. */
void lose_mappings(int slot, uint64_t incarnation);

#endif
