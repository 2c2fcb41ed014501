/* The card's state as this process sees it: the mapping, its locks and time, and what each slot is. Functions return 0
 * or a negative errno. */
#ifndef HAL_CARD_STATE_H
#define HAL_CARD_STATE_H

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "hal_card.h"
#include "state/layout.h"

/* ---- message.c ---- */

struct message {
    char *text;
    size_t size;
};

__attribute__((format(printf, 3, 4))) int fail(struct message message, int code, const char *format, ...);

/* ---- lock.c ---- */

/* 0, with the mutex held, or -ETIMEDOUT. */
int card_lock(pthread_mutex_t *mutex);
void card_unlock(pthread_mutex_t *mutex);
void card_set_lock_timeout(uint64_t milliseconds);
/* As card_lock, for a descriptor; and -EINTR when a signal's handler has run meanwhile. */
int card_lock_file(int fd);

uint64_t clock_ns(void);
uint64_t card_time_ns(double seconds); /* scaled by HAL_CARD_TIME_SCALE */
bool time_is_over(uint64_t start_ns, uint64_t duration_ns);

/* ---- bars.c ---- */

extern const struct bar_shape bar_shapes[BAR_COUNT];
enum bar_index bar_find(int pf, int bar); /* BAR_COUNT: absent */

/* ---- Words in the mapping: programs of all processes access them at any time ---- */

#define WORD_ACCESS(bits)                                                                         \
    static inline uint##bits##_t load##bits(const void *place) {                                  \
        return atomic_load_explicit((const _Atomic uint##bits##_t *)place, memory_order_relaxed); \
    }                                                                                             \
    static inline void store##bits(void *place, uint##bits##_t value) {                           \
        atomic_store_explicit((_Atomic uint##bits##_t *)place, value, memory_order_relaxed);      \
    }

WORD_ACCESS(8)
WORD_ACCESS(16)
WORD_ACCESS(32)
WORD_ACCESS(64)

/* All bits of 1 to 8 bytes. */
static inline uint64_t bytes_mask(unsigned bytes) {
    return bytes == 8 ? UINT64_MAX : (UINT64_C(1) << bytes * 8) - 1;
}

/* ---- card_file.c: the mapping ---- */

struct tables {
    _Atomic uint64_t *regions;
    _Atomic uint32_t *region_tables;
    _Atomic uint32_t *page_tables;
    struct word_class *classes;
};

/* One BAR of one slot as this process sees it; immutable once the card is open. */
struct bar_view {
    _Atomic uint32_t *gate;
    _Atomic uint64_t *regions;
    _Atomic uint32_t *region_tables;
    _Atomic uint32_t *page_tables;
    const struct word_class *classes;
    uint8_t *storage;
    uint8_t *once;
    uint8_t *behind;
    uint64_t size;
    struct slot_state *slot;
    const struct bar_shape *shape;
    enum bar_index index;
    int slot_id;
};

struct card {
    uint8_t *base;
    uint64_t size;
    int fd;
    bool named;
    uint32_t slots;
    char name[65];
    char path[4096];
    struct card_header *header;
    struct bar_view views[FPGA_SLOT_MAX][BAR_COUNT];
};

/* slots 0: a named card must exist. */
int card_map(const char *name, uint32_t slots, struct card *card, struct message message);

struct slot_state *card_slot(const struct card *card, int slot_id);
struct tables card_tables(const struct card *card, int slot_id);
/* Makes sure that writing to [start, start + length) cannot run out of space. */
int card_reserve(const struct card *card, const void *start, uint64_t length);
/* Back to zero, giving the space back where the file system can. */
int card_discard(const struct card *card, void *start, uint64_t length);
/* Of a socket of the card's own: an abstract name, which no file stands for. */
socklen_t card_socket_name(const struct card *card, const char *kind, int slot_id, uint64_t id,
                           struct sockaddr_un *name);

/* ---- loss.c ---- */

/* From now on a page of the mapping that its file has no more is an empty one, and sets card_lost. A process opens one
 * card, so this comes once. */
void card_guard(uint8_t *base, uint64_t size);

/* The file of the card was cut short while it was in use: what was read since is nothing. */
extern _Atomic bool card_lost;

/* After an access of the mapping: 0, or -EIO where the mapping has lost its file. */
static inline int card_whole(void) {
    atomic_signal_fence(memory_order_seq_cst);
    return __builtin_expect(atomic_load_explicit(&card_lost, memory_order_relaxed), 0) ? -EIO : 0;
}

/* ---- shared_file.c: the file behind a named card ---- */

bool card_name_is_valid(const char *name);
/* Opens the file; makes it where there is none, unless slots is 0. path receives where it is. Returns a descriptor. */
int shared_file_open(const char *name, uint32_t slots, char *path, size_t path_size, struct message message);
void shared_file_forget_in_child(void);
int card_format(int fd, uint32_t slots, bool named);
uint64_t card_file_size(uint32_t slots);

/* ---- storage.c: the bytes behind a BAR ---- */

uint64_t storage_load(const struct bar_view *view, uint64_t offset, unsigned bytes);
int storage_store(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes,
                  uint64_t value);
/* The masked bits of a word of 1, 2, 4 or 8 bytes, in one step; behind: of its second storage. With `expected` they
 * must be that: 1, and nothing is changed, where they are not. found: the word as it was. */
int storage_change(const struct card *card, const struct bar_view *view, bool behind, uint64_t offset, unsigned bytes,
                   uint64_t mask, uint64_t value, const uint64_t *expected, uint64_t *found);
int storage_reserve(const struct card *card, const struct bar_view *view, uint64_t offset, uint64_t length);
uint64_t once_load(const struct bar_view *view, uint64_t offset, unsigned bytes);
int once_store(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);
uint64_t behind_load(const struct bar_view *view, uint64_t offset, unsigned bytes);
int behind_store(const struct card *card, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);
int storage_read(const struct bar_view *view, uint64_t offset, void *data, uint64_t length);
int storage_write(const struct card *card, const struct bar_view *view, uint64_t offset, const void *data,
                  uint64_t length);
int storage_fill(const struct card *card, const struct bar_view *view, uint64_t offset, uint32_t value,
                 uint64_t dwords);
/* Storage (unless kept) and write-once flags go back to zero. */
void storage_discard(const struct card *card, const struct bar_view *view, bool keep_data);

static inline uint32_t view_entry(const struct bar_view *view, uint64_t offset, uint64_t region) {
    uint32_t entry = (uint32_t)region;
    if (!(entry & ENTRY_LEAF)) {
        uint64_t table = entry & (REGION_TABLES - 1u);
        uint64_t page = (offset >> PAGE_BITS) & (PAGES_PER_REGION - 1u);
        entry = atomic_load_explicit(&view->region_tables[table * PAGES_PER_REGION + page], memory_order_relaxed);
        if (!(entry & ENTRY_LEAF)) {
            table = entry & (PAGE_TABLES - 1u);
            entry = atomic_load_explicit(&view->page_tables[table * BYTES_PER_PAGE + (offset & (BYTES_PER_PAGE - 1u))],
                                         memory_order_relaxed);
        }
    }
    return entry;
}

/* What a read that has no side effect shows of an entry's word; needs no lock. */
static inline uint64_t view_visible(const struct bar_view *view, uint32_t entry) {
    return load64(&view->classes[entry & ENTRY_CLASS_MASK].visible);
}

static inline uint64_t view_region(const struct bar_view *view, uint64_t offset) {
    return atomic_load_explicit(&view->regions[offset >> CHUNK_BITS], memory_order_relaxed);
}

/* ---- tables.c: building the decoding tables ---- */

enum claim { CLAIM_FREE, CLAIM_WINDOW, CLAIM_FORCED };

struct table_builder {
    struct tables tables;
    const struct card *card; /* NULL: scratch memory, which needs no reservation */
    uint32_t region_tables, page_tables, classes;
    uint32_t *class_slots; /* hash of class numbers */
    uint32_t class_capacity;
};

int builder_open(struct table_builder *builder, struct tables tables, const struct card *card);
void builder_close(struct table_builder *builder);
int builder_class(struct table_builder *builder, const struct word_class *wanted, uint32_t *number);
/* -EEXIST with *at on an overlap, -E2BIG when the tables are full, -ENOSPC. */
int builder_set(struct table_builder *builder, enum bar_index bar, uint64_t start, uint64_t length, uint32_t entry,
                enum claim claim, uint64_t *at);
uint32_t builder_entry(const struct table_builder *builder, enum bar_index bar, uint64_t offset);
int scratch_tables(struct tables *tables, void **memory);
void scratch_release(void *memory);

/* ---- phase.c: with the lock held, but for slot_init and slot_lock ---- */

extern const struct pci_ids cleared_ids;
void slot_update_gates(struct slot_state *slot);
/* What was attached for a design is attached for one that is gone; the gates follow with the next phase. */
void slot_end_design(struct slot_state *slot);
void slot_set_phase(struct slot_state *slot, enum slot_phase phase, int status_q);
void slot_start_phase(struct slot_state *slot, enum slot_phase phase, double seconds);
void slot_init(struct slot_state *slot);
int slot_lock(struct slot_state *slot);
void slot_unlock(struct slot_state *slot);
int slot_status(uint32_t phase);
bool slot_has_clkgen(const struct slot_state *slot);

/* ---- observe.c: hooks and traces of this process ---- */

enum {
    OBSERVE_HOOK = 1,
    OBSERVE_TRACE = 2,
    OBSERVE_WATCH = 4,
    OBSERVE_LOGIC = 8,
    OBSERVE_PACE = 16,
    OBSERVE_MEMORIES = 32
};

extern _Atomic uint32_t observed[FPGA_SLOT_MAX];

int observe_set_hook(struct card *card, int slot_id, hal_card_hook hook, void *context);
int observe_word(int slot_id, int event, const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value);
/* Of another process's access. */
int observe_tell(int slot_id, int event, int pf, int bar, uint64_t offset, int width, uint64_t value);
/* This thread is in a hook, or where none may be called. */
bool observe_is_quiet(void);
void observe_set_memories(int slot_id, bool wanted); /* whether the hook is called for them too */
int observe_events(const struct card *card, int slot_id);
void observe_hold(int hold);
/* Each read of a slot's BARs takes HAL_CARD_READ_NS at least, on every slot. */
int observe_pace(struct message message);
uint64_t observe_read_begins(int slot_id);
void observe_read_ends(uint64_t start);
void observe_forget_in_child(void);
int observe_set_trace(int slot_id, uint32_t capacity);
int64_t observe_take(int slot_id, hal_card_access *out, size_t max, uint64_t *lost);
/* Of 1 to 8 bytes, or of several words of 8. */
void observe_access(const struct bar_view *view, uint64_t offset, unsigned bytes, const uint64_t *words, bool is_write);

#endif
