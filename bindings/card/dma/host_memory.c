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

struct mappings {
    struct mapping *rows; /* by address */
    size_t count, capacity;
    uint64_t next_low, next_high;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mappings tables[FPGA_SLOT_MAX];

/* The memory is the child's too. */
static void forget_in_child(void) {
    pthread_mutex_init(&lock, NULL);
}

__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, forget_in_child);
}

static int make_room(struct mappings *table) {
    if (table->count < table->capacity)
        return 0;
    size_t capacity = table->capacity ? table->capacity * 2 : 16;
    struct mapping *rows = realloc(table->rows, capacity * sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    table->rows = rows;
    table->capacity = capacity;
    return 0;
}

/* The last row that begins at or before it, or NULL. */
static struct mapping *row_at(const struct mappings *table, uint64_t address) {
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->rows[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &table->rows[low - 1] : NULL;
}

/* The first place from `start` on where so many bytes fit, and a page between them and others; 0: none below `end`. */
static uint64_t gap_from(const struct mappings *table, uint64_t start, uint64_t end, uint64_t bytes) {
    const struct mapping *last = table->rows + table->count, *row = row_at(table, start);
    uint64_t at = start;
    if (!row)
        row = table->rows;
    for (; row != last && at < end; row++) {
        if (at < row->address && row->address - at >= bytes + PAGE)
            break;
        if (at < row->address + row->bytes + PAGE)
            at = row->address + row->bytes + PAGE;
    }
    return at < end && end - at >= bytes ? at : 0;
}

static void insert(struct mappings *table, struct mapping new) {
    struct mapping *before = row_at(table, new.address);
    struct mapping *place = before ? before + 1 : table->rows;
    memmove(place + 1, place, (size_t)(table->rows + table->count - place) * sizeof(*place));
    *place = new;
    table->count++;
}

static int map_below(struct mappings *table, struct mapping new, uint32_t bits, uint64_t *address) {
    bool is_low = bits < ADDRESS_BITS;
    uint64_t end = UINT64_C(1) << (is_low ? bits : ADDRESS_BITS), first = bits < MIDDLE_BITS ? LOW
                                                                          : is_low           ? MIDDLE
                                                                                             : HIGH;
    uint64_t *next = is_low ? &table->next_low : &table->next_high;
    uint64_t start = *next > first ? gap_from(table, *next, end, new.bytes) : 0;
    new.address = start ? start : gap_from(table, first, end, new.bytes);
    if (!new.address)
        return -ENOSPC;
    insert(table, new);
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
    int code = make_room(table);
    if (!code)
        code = map_below(table, new, bits, address);
    pthread_mutex_unlock(&lock);
    return code;
}

bool host_is_mapped(int slot_id, uint64_t address) {
    pthread_mutex_lock(&lock);
    const struct mapping *row = row_at(&tables[slot_id], address);
    bool found = row && address - row->address < row->bytes;
    pthread_mutex_unlock(&lock);
    return found;
}

int host_unmap(int slot_id, uint64_t address) {
    struct mappings *table = &tables[slot_id];
    pthread_mutex_lock(&lock);
    struct mapping *row = row_at(table, address);
    bool found = row && row->address == address;
    if (found) {
        size_t behind = (size_t)(table->rows + table->count - (row + 1));
        memmove(row, row + 1, behind * sizeof(*row));
        table->count--;
    }
    pthread_mutex_unlock(&lock);
    return found ? 0 : -ENOENT;
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
    const struct mapping *row = row_at(&tables[slot_id], address);
    uint64_t within = row ? address - row->address : 0;
    int code = 0;
    if (!row || within > row->bytes || bytes > row->bytes - within)
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
