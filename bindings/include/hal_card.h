/*
 * Control of the emulated card: what a test bench does to it from outside the PCI bus.
 * Functions return 0 (or the count they promise) or a negative errno; `error`, where there is
 * one, receives a text that says what, where and what to try, and may be NULL.
 */
#ifndef HAL_CARD_H
#define HAL_CARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_CARD_API_VERSION 6u
#define HAL_CARD_CLOCKS 10

/* Order of hal_card_api.clock_hz. */
enum {
    HAL_CARD_CLK_MAIN_A0,
    HAL_CARD_CLK_EXTRA_A1,
    HAL_CARD_CLK_EXTRA_A2,
    HAL_CARD_CLK_EXTRA_A3,
    HAL_CARD_CLK_EXTRA_B0,
    HAL_CARD_CLK_EXTRA_B1,
    HAL_CARD_CLK_EXTRA_C0,
    HAL_CARD_CLK_EXTRA_C1,
    HAL_CARD_CLK_HBM_AXI,
    HAL_CARD_CLK_HBM_REF
};

/* Events of hal_card_hook. */
enum { HAL_CARD_EVENT_READ = 0, HAL_CARD_EVENT_WRITE = 1, HAL_CARD_EVENT_LOADED = 2, HAL_CARD_EVENT_CLEARED = 3 };

/* One access that reached a BAR. width is in bits; value is what the bus carried. One of more than 64 bits is several
 * of these: `more` says how many follow. */
typedef struct {
    uint64_t sequence, offset, value;
    uint8_t slot, pf, bar, width, is_write, more;
    uint8_t reserved[2];
} hal_card_access;

/* What a manual forbids its users: kinds of hal_card_violation. */
enum {
    HAL_CARD_RESERVED_BITS, /* a write changes bits of no field, to what they are not after a reset either */
    HAL_CARD_READ_ONLY,     /* a write of a word or memory that takes none */
    HAL_CARD_LOCKED,        /* a write while its lock is closed, or without its keys */
    HAL_CARD_WRITE_ONLY,    /* a read of a word or memory that shows nothing */
    HAL_CARD_UNMAPPED,      /* nothing is there */
    HAL_CARD_HALF_READ      /* a latched register: the word that holds the others was read without them, or they without
                               it */
};

#define HAL_CARD_SITE_MAX 256

/* width is in bits; value is what the bus carried; bits: those that it is about, in the word. file: "" where the
 * calling line is not known. sequence counts from the start of watching. */
typedef struct {
    uint64_t sequence, offset, value, bits;
    uint8_t slot, pf, bar, width, is_write, kind;
    uint8_t reserved[2];
    uint32_t line;
    char file[HAL_CARD_SITE_MAX];
} hal_card_violation;

/* Says which line of a program makes the access, as file, cut where it is longer, and line. Called with locks held: it
 * accesses no card, and does not wait. */
typedef void (*hal_card_site)(char file[HAL_CARD_SITE_MAX], uint32_t *line);

/*
 * Called after the storage rules ran for a write, and before them for a read, so that a hook can
 * set what will be read (storage_write), once for each register word that the access touches; for memories see
 * hook_memories.
 * offset, width (bits) and value (0 for a read): the part of the access that falls on that word.
 * The events LOADED and CLEARED come with the first call that finds the slot so; the rest of
 * their arguments is 0. Returns 0 or a negative errno, which the access then returns.
 * No lock is held: threads that access a slot at once call its hook at once, and one that has begun may still run when
 * set_hook has replaced it. Accesses that a hook itself makes call no hook.
 */
typedef int (*hal_card_hook)(void *context, int event, int slot, int pf, int bar, uint64_t offset, int width,
                             uint64_t value);

typedef struct hal_card_api {
    uint32_t version, size;
    /* Chooses the card before its first use in this process; NULL or "": private. A named card is made where
     * there is none, with this number of slots; slots 0: it must exist (-ENOENT), and a private one has the
     * environment's number or 1. -EBUSY when another one is already in use. */
    int (*use)(const char *name, uint32_t slots, char *error, size_t error_size);
    int (*slot_count)(void);
    /* Adds a design, or replaces the one that has any of its AFI ids. */
    int (*install)(const char *text, size_t length, char *error, size_t error_size);
    int (*knows)(const char *afi_id); /* 1 or 0 */
    /* Copies up to size bytes (no terminator); returns the length needed, -ENOENT if unknown. */
    int64_t (*design_text)(const char *afi_id, char *buffer, size_t size);
    /* Lines of "afi name", terminated with NUL; returns the length without it, whether or not it
     * fitted (it is cut then). */
    int (*list)(char *buffer, size_t size);
    /* The backdoor: no side effects, no trace, no hook. Never-written bytes read as zero. */
    int (*storage_read)(int slot, int pf, int bar, uint64_t offset, void *data, uint64_t length);
    int (*storage_write)(int slot, int pf, int bar, uint64_t offset, const void *data, uint64_t length);
    /* NULL removes. A hook belongs to the process that set it; a forked child goes on with a copy. */
    int (*set_hook)(int slot, hal_card_hook hook, void *context);
    /* One fault as in a design's `fault` line, in force at once; "" ends all of them. */
    int (*fault)(int slot, const char *spec, char *error, size_t error_size);
    /* Keeps the newest `capacity` accesses of this process; 0 stops and forgets, and so does a fork in the child. */
    int (*trace)(int slot, uint32_t capacity);
    /* Moves out the oldest; returns how many. *lost (may be NULL): overwritten since last time. What belongs together
     * stays so, if max is 8 at least. */
    int64_t (*trace_take)(int slot, hal_card_access *out, size_t max, uint64_t *lost);
    int (*set_leds)(int slot, uint16_t value);
    int (*clock_hz)(int slot, uint64_t out[HAL_CARD_CLOCKS]);
    /* A power cycle: cleared, no fault, metrics, LEDs and DIP zero. */
    int (*reset)(int slot);
    /* Lines of "key=value", as `list`. */
    int (*describe)(char *buffer, size_t size);
    /* From 1 to 0, as often: this thread's calls call no hook. tell_events then says LOADED or CLEARED, if it came. */
    void (*hold_events)(int hold);
    int (*tell_events)(int slot);
    /* Opens the card that the environment names, unless this process has one: what every first use does. */
    int (*open)(char *error, size_t error_size);
    /* A number that changes with each load, clear and power cycle, by whomever. */
    int (*design_number)(int slot, uint32_t *number);
    /* From now on the handle is stale (-ESTALE) when the slot's design is another one than this number's. */
    int (*bind)(int handle, uint32_t number);
    /* Of the design that the slot holds: lines of "key=value", as `list`: afi, name, digest of its map ("" where its
     * text has none), number as above, and text=1 while the catalogue has what was loaded. */
    int (*loaded)(int slot, char *buffer, size_t size);
    /* Keeps the newest `capacity` violations of this process; 0 stops and forgets, and so does a fork in the child. */
    int (*watch)(int slot, uint32_t capacity, hal_card_site site);
    /* Copies those that are kept, the oldest first; returns how many there are, -ENODATA where nobody watches. *next
     * (may be NULL): how many there have been since watching began. */
    int64_t (*violations)(int slot, hal_card_violation *out, size_t max, uint64_t *next);
    /* Reads as a processor's streaming loads do through what fpga_pci_get_address gives: each line of 64 bytes is one
     * access, by all rules. offset and bytes are multiples of it. -EOPNOTSUPP: simulated logic has no such pointer. */
    int (*read_lines)(int handle, uint64_t offset, void *data, uint64_t bytes);
    /* From 0 to 1: the slot's hook is called for accesses of memories too, once for each word or part of one. */
    int (*hook_memories)(int slot, int wanted);
    /* The backdoor for some bits of a word of 8, 16, 32 or 64 bits at a multiple of its bytes: those of the mask become
     * value's in one step, whatever programs write there meanwhile. With `expected` (may be NULL) only where they are
     * as there: else 1, and nothing has changed. *found: the word as it was. behind: of the second storage, which a
     * design's `behind` gives a word. */
    int (*storage_change)(int slot, int pf, int bar, int behind, uint64_t offset, int width, uint64_t mask,
                          uint64_t value, const uint64_t *expected, uint64_t *found);
} hal_card_api;

/*
 * Models that one process runs for all that use a shared card: accesses of the others come to it as requests, and wait
 * for its answers. A table of its own.
 */

#define HAL_SERVED_API_VERSION 1u
#define HAL_SERVED_TEXT 512

/* What an access returns that the other process's model has failed, or not answered: see hal_served_api.text. */
enum { HAL_SERVED_FAILED = -121 /* EREMOTEIO */ };

/* An event of hal_card_hook, of another process. client: whom to answer. */
typedef struct {
    uint64_t offset, value;
    int32_t event, slot, pf, bar, width, client;
} hal_served_request;

/* How a thread waits for an answer: it leaves what it holds that others may want, and comes back to it; `look`, now and
 * then, returns a code that ends the wait, or 0. */
typedef struct {
    void *(*leave)(void);
    void (*enter)(void *state);
    int (*look)(void);
} hal_served_wait;

typedef struct hal_served_api {
    uint32_t version, size;
    /* From now on the other processes' accesses of the slot are requests to this one, those of memories too where that
     * is wanted. They wait for each answer so long. Returns a descriptor that can be read from when there is something
     * to take. -EBUSY: a process serves the slot; -EOPNOTSUPP: the card is private. This thread goes on to live
     * until `end`, for the slot is free when it dies. */
    int (*serve)(int slot, uint32_t patience_ms, int memories);
    /* The next request, without waiting: 1, or 0 where there is none. -ENOENT: this process does not serve the slot. */
    int (*take)(int slot, hal_served_request *out);
    /* Calls this process's hook for it, as for an access of its own; for a load or clear that came before, first. */
    int (*run)(int slot, const hal_served_request *request);
    /* code: 0, or a negative one: the access returns HAL_SERVED_FAILED then; the text, cut to HAL_SERVED_TEXT with its
     * end, says why. 0 also where nobody waits for it any more. -ENOENT as of take, and where nobody has asked this. */
    int (*answer)(int slot, const hal_served_request *request, int code, const char *text);
    /* In the thread that called `serve`: accesses go on without a model, those that wait for an answer too, and another
     * process may serve the slot. -ENOENT as of take. */
    int (*end)(int slot);
    /* 1, and the process, where one serves the slot; else 0. */
    int (*server)(int slot, int *pid);
    /* Why this thread's last access returned HAL_SERVED_FAILED; the length, as hal_card_api.list. */
    int (*text)(char *buffer, size_t size);
    /* How threads of this process wait; NULL: as they are. */
    void (*wait_with)(const hal_served_wait *wait);
} hal_served_api;

const hal_card_api *hal_card_get_api(void);
const hal_served_api *hal_served_get_api(void);

#ifdef __cplusplus
}
#endif

#endif
