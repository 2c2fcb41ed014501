/* What the card reaches of this process's memory: one table a slot, by address. As behind an IOMMU, an address is good
 * from a map to its unmap, in the directions that were given. Between two mappings there is a page that belongs to
 * none, and what is mapped next lies behind what was mapped last, so that an old address is met again as late as can
 * be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dma/dma.h"

#define PAGE UINT64_C(4096)
/* Where addresses begin: for cards that have few of their bits, 32 or more, or all, so that one that is cut to 32 bits
 * reaches nothing. Below 256 MiB simulated logic has plain memory. */
#define LOW UINT64_C(0x100000)
#define MIDDLE UINT64_C(0x10000000)
#define HIGH (UINT64_C(16) << 32)
#define MIDDLE_BITS 32u
#define ADDRESS_BITS 48u /* compact descriptors hold so much */
#define LEAST_BITS 24u

struct mapping {
    uint64_t address, bytes;
    uint8_t *memory;
    uint32_t directions;
};

/* By address. What was unmapped has no bytes, until the next one is mapped. */
struct rows {
    _Atomic size_t count;
    size_t room;
    struct mapping row[];
};

struct mappings {
    struct rows *_Atomic rows; /* NULL: none yet */
    uint64_t next_low, next_high;
};

/* A fork comes in the middle of anything: so a table changes in one step, and the child has it from before or after. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mappings tables[FPGA_SLOT_MAX];

/* The memory is the child's too. */
static void forget_in_child(void) {
    pthread_mutex_init(&lock, NULL);
}

__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, forget_in_child);
}

static const struct rows *rows_of(const struct mappings *table) {
    static const struct rows none = {0};
    const struct rows *rows = atomic_load(&table->rows);
    return rows ? rows : &none;
}

/* How many rows begin at or before it. */
static size_t rows_until(const struct rows *rows, uint64_t address) {
    size_t low = 0, high = rows->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows->row[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The mapping that holds an address, or NULL. */
static const struct mapping *mapping_at(int slot_id, uint64_t address) {
    const struct rows *rows = rows_of(&tables[slot_id]);
    size_t until = rows_until(rows, address);
    const struct mapping *row = until ? &rows->row[until - 1] : NULL;
    return row && address - row->address < row->bytes ? row : NULL;
}

/* The first place from `start` on where so many bytes fit, and a page between them and others; 0: none below `end`. */
static uint64_t gap_from(const struct rows *rows, uint64_t start, uint64_t end, uint64_t bytes) {
    size_t until = rows_until(rows, start);
    uint64_t at = start;
    for (size_t i = until ? until - 1 : 0; i < rows->count && at < end; i++) {
        const struct mapping *row = &rows->row[i];
        if (row->bytes == 0)
            continue;
        if (at < row->address && row->address - at >= bytes + PAGE)
            break;
        if (at < row->address + row->bytes + PAGE)
            at = row->address + row->bytes + PAGE;
    }
    return at < end && end - at >= bytes ? at : 0;
}

/* Most come behind all others. */
static int insert(struct mappings *table, struct mapping new) {
    struct rows *old = atomic_load(&table->rows);
    const struct rows *known = rows_of(table);
    size_t until = rows_until(known, new.address), count = 0;
    if (old && until == old->count && until < old->room) {
        old->row[until] = new;
        atomic_store(&old->count, until + 1);
        return 0;
    }
    for (size_t i = 0; i < known->count; i++)
        count += known->row[i].bytes != 0;
    size_t room = 2 * count + 16;
    struct rows *made = malloc(sizeof(*made) + room * sizeof(*made->row));
    if (!made)
        return -ENOMEM;
    count = 0;
    for (size_t i = 0; i <= known->count; i++) {
        if (i == until)
            made->row[count++] = new;
        if (i < known->count && known->row[i].bytes)
            made->row[count++] = known->row[i];
    }
    made->count = count;
    made->room = room;
    atomic_store(&table->rows, made);
    free(old);
    return 0;
}

static int map_below(struct mappings *table, struct mapping new, uint32_t bits, uint64_t *address) {
    bool is_low = bits < ADDRESS_BITS;
    uint64_t end = UINT64_C(1) << (is_low ? bits : ADDRESS_BITS), first = bits < MIDDLE_BITS ? LOW
                                                                          : is_low           ? MIDDLE
                                                                                             : HIGH;
    uint64_t *next = is_low ? &table->next_low : &table->next_high;
    const struct rows *rows = rows_of(table);
    uint64_t start = *next > first ? gap_from(rows, *next, end, new.bytes) : 0;
    new.address = start ? start : gap_from(rows, first, end, new.bytes);
    int code = new.address ? insert(table, new) : -ENOSPC;
    if (code)
        return code;
    *next = new.address + new.bytes + PAGE;
    *address = new.address;
    return 0;
}

int host_map(int slot_id, void *memory, uint64_t bytes, uint32_t directions, uint32_t bits, uint64_t *address) {
    bool whole = ((uintptr_t)memory | bytes) % PAGE == 0;
    if (!memory || !address || bytes == 0 || bytes >> ADDRESS_BITS || !whole || directions == 0 || bits < LEAST_BITS ||
        directions & ~(uint32_t)(HAL_DMA_CARD_READS | HAL_DMA_CARD_WRITES))
        return -EINVAL;
    struct mappings *table = &tables[slot_id];
    struct mapping new = {.bytes = bytes, .memory = memory, .directions = directions};
    pthread_mutex_lock(&lock);
    int code = map_below(table, new, bits, address);
    pthread_mutex_unlock(&lock);
    return code;
}

bool host_is_mapped(int slot_id, uint64_t address) {
    pthread_mutex_lock(&lock);
    bool found = mapping_at(slot_id, address) != NULL;
    pthread_mutex_unlock(&lock);
    return found;
}

int host_unmap(int slot_id, uint64_t address) {
    pthread_mutex_lock(&lock);
    struct rows *rows = atomic_load(&tables[slot_id].rows);
    const struct mapping *found = mapping_at(slot_id, address);
    int code = found && found->address == address ? 0 : -ENOENT;
    if (!code)
        rows->row[found - rows->row].bytes = 0;
    pthread_mutex_unlock(&lock);
    return code;
}

static void store(uint8_t *place, const uint8_t *data, uint64_t bytes, const uint64_t *strobes) {
    if (!strobes) {
        memcpy(place, data, bytes);
        return;
    }
    for (uint64_t i = 0; i < bytes; i++)
        if (*strobes >> i & 1)
            place[i] = data[i];
}

int host_access(int slot_id, uint64_t address, uint8_t *data, uint64_t bytes, uint32_t direction,
                const uint64_t *strobes) {
    pthread_mutex_lock(&lock);
    const struct mapping *row = mapping_at(slot_id, address);
    uint64_t within = row ? address - row->address : 0;
    int code = 0;
    if (!row || bytes > row->bytes - within)
        code = -EFAULT;
    else if (!(row->directions & direction))
        code = -EACCES;
    else if (direction == HAL_DMA_CARD_READS)
        memcpy(data, row->memory + within, bytes);
    else
        store(row->memory + within, data, bytes, strobes);
    pthread_mutex_unlock(&lock);
    return code;
}
