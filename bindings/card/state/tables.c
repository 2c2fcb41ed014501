/* Building the decoding tables: what answers at each byte of each BAR. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "state/state.h"

/* Tables are reserved as they are used, this much at a time. */
#define RESERVE_STEP CHUNK_BYTES
#define SCRATCH_BYTES (SLOT_TABLES_END - SLOT_REGIONS)

static int reserve_next(const struct table_builder *builder, const void *pool, uint64_t used, uint64_t item_bytes) {
    if (!builder->card || (used * item_bytes) % RESERVE_STEP != 0)
        return 0;
    return card_reserve(builder->card, (const uint8_t *)pool + used * item_bytes, RESERVE_STEP);
}

static void fill_entries(_Atomic uint32_t *entries, uint32_t count, uint32_t value) {
    for (uint32_t i = 0; i < count; i++)
        atomic_store_explicit(&entries[i], value, memory_order_relaxed);
}

static int add_region_table(struct table_builder *builder, uint32_t content, uint32_t *number) {
    if (builder->region_tables == REGION_TABLES)
        return -E2BIG;
    int code = reserve_next(builder, (void *)builder->tables.region_tables, builder->region_tables,
                            PAGES_PER_REGION * sizeof(uint32_t));
    if (code)
        return code;
    *number = builder->region_tables++;
    fill_entries(builder->tables.region_tables + (uint64_t)*number * PAGES_PER_REGION, PAGES_PER_REGION, content);
    return 0;
}

static int add_page_table(struct table_builder *builder, uint32_t content, uint32_t *number) {
    if (builder->page_tables == PAGE_TABLES)
        return -E2BIG;
    int code = reserve_next(builder, (void *)builder->tables.page_tables, builder->page_tables,
                            BYTES_PER_PAGE * sizeof(uint32_t));
    if (code)
        return code;
    *number = builder->page_tables++;
    fill_entries(builder->tables.page_tables + (uint64_t)*number * BYTES_PER_PAGE, BYTES_PER_PAGE, content);
    return 0;
}

int builder_open(struct table_builder *builder, struct tables tables, const struct card *card) {
    *builder = (struct table_builder){.tables = tables, .card = card};
    uint32_t number;
    int code = add_region_table(builder, 0, &number);
    if (!code)
        code = add_page_table(builder, 0, &number);
    if (code)
        return code;
    for (uint32_t i = 0; i < REGION_COUNT; i++) {
        uint64_t stored = atomic_load_explicit(&tables.regions[i], memory_order_relaxed) & REGION_WRITTEN;
        atomic_store_explicit(&tables.regions[i], stored, memory_order_relaxed);
    }
    builder->class_capacity = 64;
    builder->class_slots = calloc(builder->class_capacity, sizeof(uint32_t));
    return builder->class_slots ? 0 : -ENOMEM;
}

void builder_close(struct table_builder *builder) {
    free(builder->class_slots);
    builder->class_slots = NULL;
}

static uint64_t class_hash(const struct word_class *word) {
    const uint64_t *masks = (const uint64_t *)word;
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof(*word) / sizeof(*masks); i++) {
        hash = (hash ^ masks[i]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return hash;
}

/* The hash slot that holds the class, or the free one where it belongs. */
static uint32_t *class_slot(const struct table_builder *builder, const struct word_class *word) {
    uint32_t mask = builder->class_capacity - 1;
    uint32_t at = (uint32_t)class_hash(word) & mask;
    while (builder->class_slots[at] != 0 &&
           memcmp(&builder->tables.classes[builder->class_slots[at] - 1], word, sizeof(*word)) != 0)
        at = (at + 1) & mask;
    return &builder->class_slots[at];
}

static int grow_class_hash(struct table_builder *builder) {
    uint32_t *slots = calloc((size_t)builder->class_capacity * 2, sizeof(uint32_t));
    if (!slots)
        return -ENOMEM;
    free(builder->class_slots);
    builder->class_slots = slots;
    builder->class_capacity *= 2;
    for (uint32_t i = 0; i < builder->classes; i++)
        *class_slot(builder, &builder->tables.classes[i]) = i + 1;
    return 0;
}

/* Accesses that a load overtakes may still look at the old class here. */
static void store_class(struct word_class *place, const struct word_class *wanted) {
    const uint64_t *from = (const uint64_t *)wanted;
    uint64_t *to = (uint64_t *)place;
    for (size_t i = 0; i < sizeof(*wanted) / sizeof(*from); i++)
        store64(&to[i], from[i]);
}

int builder_class(struct table_builder *builder, const struct word_class *wanted, uint32_t *number) {
    uint32_t *slot = class_slot(builder, wanted);
    if (*slot == 0) {
        if (builder->classes == CLASS_COUNT)
            return -E2BIG;
        int code = reserve_next(builder, builder->tables.classes, builder->classes, sizeof(struct word_class));
        if (code)
            return code;
        store_class(&builder->tables.classes[builder->classes], wanted);
        *slot = ++builder->classes;
        *number = *slot - 1;
        return builder->classes > builder->class_capacity / 2 ? grow_class_hash(builder) : 0;
    }
    *number = *slot - 1;
    return 0;
}

/* Whether `claim` may (and does) take the place of an entry; -EEXIST if it must not. */
static int take(_Atomic uint32_t *place, uint32_t entry, enum claim claim) {
    uint32_t old = atomic_load_explicit(place, memory_order_relaxed);
    bool occupied = (old & ENTRY_LEAF) && !(old & ENTRY_WINDOW);
    if (occupied && claim == CLAIM_FREE)
        return -EEXIST;
    if (!occupied || claim == CLAIM_FORCED)
        atomic_store_explicit(place, entry, memory_order_relaxed);
    return 0;
}

static int take_region(_Atomic uint64_t *place, uint32_t entry, enum claim claim) {
    uint64_t old = atomic_load_explicit(place, memory_order_relaxed);
    _Atomic uint32_t low = (uint32_t)old;
    int code = take(&low, entry, claim);
    atomic_store_explicit(place, (old & ~(uint64_t)UINT32_MAX) | low, memory_order_relaxed);
    return code;
}

/* The page entries of a region, splitting an entry that stood for all of it. */
static int open_region(struct table_builder *builder, _Atomic uint64_t *region, _Atomic uint32_t **pages) {
    uint64_t old = atomic_load_explicit(region, memory_order_relaxed);
    uint32_t number = (uint32_t)old;
    if (number == 0 || (number & ENTRY_LEAF)) {
        int code = add_region_table(builder, number, &number);
        if (code)
            return code;
        atomic_store_explicit(region, (old & ~(uint64_t)UINT32_MAX) | number, memory_order_relaxed);
    }
    *pages = builder->tables.region_tables + (uint64_t)number * PAGES_PER_REGION;
    return 0;
}

static int open_page(struct table_builder *builder, _Atomic uint32_t *page, _Atomic uint32_t **bytes) {
    uint32_t number = atomic_load_explicit(page, memory_order_relaxed);
    if (number == 0 || (number & ENTRY_LEAF)) {
        int code = add_page_table(builder, number, &number);
        if (code)
            return code;
        atomic_store_explicit(page, number, memory_order_relaxed);
    }
    *bytes = builder->tables.page_tables + (uint64_t)number * BYTES_PER_PAGE;
    return 0;
}

static bool covers(uint64_t at, uint64_t end, uint64_t unit, uint32_t old) {
    return at % unit == 0 && end - at >= unit && (old == 0 || (old & ENTRY_LEAF));
}

/* Sets what it can in one step from `at`; *step receives how far that went. */
static int set_step(struct table_builder *builder, _Atomic uint64_t *regions, uint64_t at, uint64_t end, uint32_t entry,
                    enum claim claim, uint64_t *step) {
    _Atomic uint64_t *region = &regions[at >> CHUNK_BITS];
    *step = CHUNK_BYTES;
    if (covers(at, end, CHUNK_BYTES, (uint32_t)atomic_load(region)))
        return take_region(region, entry, claim);
    _Atomic uint32_t *pages, *bytes;
    int code = open_region(builder, region, &pages);
    if (code)
        return code;
    _Atomic uint32_t *page = &pages[(at >> PAGE_BITS) % PAGES_PER_REGION];
    *step = BYTES_PER_PAGE;
    if (covers(at, end, BYTES_PER_PAGE, atomic_load(page)))
        return take(page, entry, claim);
    code = open_page(builder, page, &bytes);
    if (code)
        return code;
    uint64_t first = at % BYTES_PER_PAGE;
    uint64_t count = end - at < BYTES_PER_PAGE - first ? end - at : BYTES_PER_PAGE - first;
    for (*step = 0; *step < count; ++*step) {
        code = take(&bytes[first + *step], entry, claim);
        if (code)
            return code;
    }
    return 0;
}

int builder_set(struct table_builder *builder, enum bar_index bar, uint64_t start, uint64_t length, uint32_t entry,
                enum claim claim, uint64_t *at) {
    _Atomic uint64_t *regions = builder->tables.regions + bar_shapes[bar].regions;
    uint64_t end = start + length, step;
    for (uint64_t place = start; place < end; place += step) {
        int code = set_step(builder, regions, place, end, entry, claim, &step);
        if (code) {
            *at = place + (step < BYTES_PER_PAGE ? step : 0);
            return code;
        }
    }
    return 0;
}

uint32_t builder_entry(const struct table_builder *builder, enum bar_index bar, uint64_t offset) {
    struct bar_view view = {.regions = builder->tables.regions + bar_shapes[bar].regions,
                            .region_tables = builder->tables.region_tables,
                            .page_tables = builder->tables.page_tables};
    return view_entry(&view, offset, view_region(&view, offset));
}

int scratch_tables(struct tables *tables, void **memory) {
    uint8_t *start =
        mmap(NULL, SCRATCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return -errno;
    *memory = start;
    *tables =
        (struct tables){.regions = (_Atomic uint64_t *)(void *)(start + (SLOT_REGIONS - SLOT_REGIONS)),
                        .region_tables = (_Atomic uint32_t *)(void *)(start + (SLOT_REGION_TABLES - SLOT_REGIONS)),
                        .page_tables = (_Atomic uint32_t *)(void *)(start + (SLOT_PAGE_TABLES - SLOT_REGIONS)),
                        .classes = (struct word_class *)(void *)(start + (SLOT_CLASSES - SLOT_REGIONS))};
    return 0;
}

void scratch_release(void *memory) {
    munmap(memory, SCRATCH_BYTES);
}
