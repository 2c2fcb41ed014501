/* Single accesses. They keep the interpreter's lock: an access takes less time than to hand it over. */
#include "core_internal.h"

static bool known_width(int width) {
    return width == 8 || width == 32 || width == 64;
}

static uint64_t ones_of(int bits) {
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

int hal_check_span(const hal_bar *bar, uint64_t offset, int width, uint64_t count) {
    if (!known_width(width))
        return HAL_E_ARGUMENT;
    unsigned shift = width == 64 ? 3 : width == 32 ? 2 : 0;
    if (offset & ((UINT64_C(1) << shift) - 1))
        return HAL_E_ALIGN;
    if (offset > bar->size || count > (bar->size - offset) >> shift)
        return HAL_E_RANGE;
    return 0;
}

/* shift and bits name a field of the word; keep and ones what a write of it does with the other bits. */
int hal_port_prepare(hal_port *port, hal_bar *bar, uint32_t generation, uint64_t offset, int width, int shift, int bits,
                     uint64_t keep, uint64_t ones) {
    if (!port || !bar || !known_width(width) || shift < 0 || bits < 1 || shift + bits > width)
        return HAL_E_ARGUMENT;
    int code = hal_state(bar, generation);
    if (code == 0)
        code = hal_check_span(bar, offset, width, 1);
    if (code)
        return code;
    *port = (hal_port){.bar = bar,
                       .offset = offset,
                       .mask = ones_of(bits),
                       .keep = keep,
                       .ones = ones,
                       .generation = generation,
                       .width = (uint8_t)width,
                       .shift = (uint8_t)shift};
    return 0;
}

/* Ports of one register from its class's plans, whose offsets count from the register's; a plan without a width stays
 * unused. Nothing is usable unless all of them fit. */
int hal_ports_place(hal_port *ports, const hal_port *plans, size_t count, hal_bar *bar, uint32_t generation,
                    uint64_t offset) {
    if (!ports || !plans || !bar)
        return HAL_E_ARGUMENT;
    int code = hal_state(bar, generation);
    if (code == HAL_E_COLLECTING)
        code = 0;
    for (size_t i = 0; i < count && code == 0; i++) {
        ports[i] = plans[i];
        if (plans[i].width == 0)
            continue;
        if (plans[i].shift >= plans[i].width || offset > UINT64_MAX - plans[i].offset)
            return HAL_E_ARGUMENT;
        ports[i].offset = offset + plans[i].offset;
        ports[i].generation = generation;
        code = hal_check_span(bar, ports[i].offset, plans[i].width, 1);
    }
    for (size_t i = 0; i < count && code == 0; i++)
        ports[i].bar = plans[i].width ? bar : NULL;
    return code;
}

/* The field's value, or a negative code (-10000 - n for the library's positive n). For fields of up to 63 bits. */
int64_t hal_get(const hal_port *port) {
    return hal_port_get(port);
}

int hal_get64(const hal_port *port, uint64_t *value) {
    uint64_t word;
    int code = hal_port_enter(port);
    if (code)
        return code;
    code = hal_bus_read(port->bar, port->offset, port->width, &word);
    hal_port_leave(port);
    if (code == 0)
        *value = (word >> port->shift) & port->mask;
    return code;
}

/* Writes the field in one bus access; every other bit is 0, or 1 where that is neutral. */
int hal_set(const hal_port *port, uint64_t value) {
    if (__builtin_expect(value > port->mask, 0))
        return HAL_E_VALUE;
    int code = hal_port_enter(port);
    uint64_t word = value << port->shift | port->ones;
    if (__builtin_expect(code != 0, 0))
        return code == HAL_E_COLLECTING ? hal_collect(port, HAL_OP_WRITE, 0, word) : code;
    code = hal_bus_write(port->bar, port->offset, port->width, word);
    hal_port_leave(port);
    return code;
}

/* (old & keep) | value in one bus read and one bus write that no other write of this BAR can part. */
int hal_update(const hal_port *port, uint64_t keep, uint64_t value) {
    hal_bar *bar = port->bar;
    uint64_t word;
    hal_bar_lock *lock = hal_lock_bar(bar);
    int code = hal_port_enter(port);
    if (code == 0) {
        code = hal_bus_read(bar, port->offset, port->width, &word);
        if (code == 0)
            code = hal_bus_write(bar, port->offset, port->width, (word & keep) | value);
        hal_port_leave(port);
    }
    hal_unlock_bar(lock);
    return code == HAL_E_COLLECTING ? hal_collect(port, HAL_OP_MODIFY, keep, value) : code;
}

int hal_modify(const hal_port *port, uint64_t value) {
    if (__builtin_expect(value > port->mask, 0))
        return HAL_E_VALUE;
    return hal_update(port, port->keep, value << port->shift | port->ones);
}

static int check_words(const hal_port *first, int count, int order, const uint64_t *words) {
    if (!first || !first->bar || !words || count < 1 || (order != HAL_LOW_FIRST && order != HAL_HIGH_FIRST))
        return HAL_E_ARGUMENT;
    return hal_check_span(first->bar, first->offset, first->width, (uint64_t)count);
}

static int read_word(const hal_port *first, int index, uint64_t *word) {
    return hal_bus_read(first->bar, first->offset + (uint64_t)index * (first->width / 8), first->width, word);
}

static int read_pass(const hal_port *first, int count, int order, uint64_t *words) {
    int code = 0;
    for (int i = 0; i < count && code == 0; i++) {
        int index = order == HAL_HIGH_FIRST ? count - 1 - i : i;
        code = read_word(first, index, &words[index]);
    }
    return code;
}

/* A carry between two reads shows in a word above: read those again, and all of them when one has changed. */
static int read_stable(const hal_port *first, int count, uint64_t *words) {
    enum { ATTEMPTS = 64 };
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int code = read_pass(first, count, HAL_HIGH_FIRST, words);
        int same = 1;
        for (int index = count - 1; index > 0 && code == 0 && same; index--) {
            uint64_t again;
            code = read_word(first, index, &again);
            same = code == 0 && again == words[index];
        }
        if (code || same)
            return code;
    }
    return 0;
}

/* A register of count bus words, the lowest at first; words[0] gets the lowest. With stable set (reading must have no
 * side effect), a counter that carries meanwhile is not torn. */
int hal_read_words(const hal_port *first, int count, int order, int stable, uint64_t *words) {
    int code = check_words(first, count, order, words);
    if (code)
        return code;
    hal_bar_lock *lock = hal_lock_bar(first->bar);
    code = hal_port_enter(first);
    if (code == 0) {
        code = stable ? read_stable(first, count, words) : read_pass(first, count, order, words);
        hal_port_leave(first);
    }
    hal_unlock_bar(lock);
    return code;
}

/* keep: null where no word is read. */
static int collect_words(const hal_port *first, int count, int order, const uint64_t *keep, const uint64_t *words) {
    int code = 0;
    for (int i = 0; i < count && code == 0; i++) {
        int index = order == HAL_HIGH_FIRST ? count - 1 - i : i;
        uint64_t kept = keep ? keep[index] : 0;
        hal_port port = *first;
        port.offset += (uint64_t)index * (first->width / 8);
        code = hal_collect(&port, kept ? HAL_OP_MODIFY : HAL_OP_WRITE, kept, words[index]);
    }
    return code;
}

static int write_pass(const hal_port *first, int count, int order, const uint64_t *words) {
    int code = 0;
    for (int i = 0; i < count && code == 0; i++) {
        int index = order == HAL_HIGH_FIRST ? count - 1 - i : i;
        uint64_t offset = first->offset + (uint64_t)index * (first->width / 8);
        code = hal_bus_write(first->bar, offset, first->width, words[index]);
    }
    return code;
}

int hal_write_words(const hal_port *first, int count, int order, const uint64_t *words) {
    int code = check_words(first, count, order, words);
    if (code)
        return code;
    hal_bar_lock *lock = hal_lock_bar(first->bar);
    code = hal_port_enter(first);
    if (code == 0) {
        code = write_pass(first, count, order, words);
        hal_port_leave(first);
    }
    hal_unlock_bar(lock);
    return code == HAL_E_COLLECTING ? collect_words(first, count, order, NULL, words) : code;
}

/* Reads the words that something of is kept, or with whole set all of them when any is; then writes all. */
static int update_pass(const hal_port *first, int count, int order, int whole, const uint64_t *keep,
                       const uint64_t *values) {
    uint64_t words[HAL_WORDS_MAX] = {0}, kept = 0;
    int code = 0;
    for (int i = 0; i < count; i++)
        kept |= keep[i];
    for (int i = 0; i < count && code == 0; i++) {
        int index = order == HAL_HIGH_FIRST ? count - 1 - i : i;
        if (keep[index] || (whole && kept))
            code = read_word(first, index, &words[index]);
    }
    for (int i = 0; i < count; i++)
        words[i] = (words[i] & keep[i]) | values[i];
    return code ? code : write_pass(first, count, order, words);
}

/* (old & keep) | values in count words that no other write of this BAR can part. With whole set, reading one word
 * takes reading all: the register latches. */
int hal_update_words(const hal_port *first, int count, int order, int whole, const uint64_t *keep,
                     const uint64_t *values) {
    int code = count > HAL_WORDS_MAX || !keep ? HAL_E_ARGUMENT : check_words(first, count, order, values);
    if (code)
        return code;
    hal_bar_lock *lock = hal_lock_bar(first->bar);
    code = hal_port_enter(first);
    if (code == 0) {
        code = update_pass(first, count, order, whole, keep, values);
        hal_port_leave(first);
    }
    hal_unlock_bar(lock);
    return code == HAL_E_COLLECTING ? collect_words(first, count, order, keep, values) : code;
}

/* A port of one word of what is attached under the handle. */
static int port_of(hal_library *library, int handle, uint64_t offset, int width, hal_port *port) {
    hal_bar *bar = NULL;
    int code = hal_bar_of(library, handle, &bar);
    if (code == 0)
        code = hal_check_span(bar, offset, width, 1);
    if (code == 0)
        *port = (hal_port){.bar = bar,
                           .offset = offset,
                           .mask = ones_of(width),
                           .generation = hal_generation(bar),
                           .width = (uint8_t)width};
    return code;
}

int hal_peek(hal_library *library, int handle, uint64_t offset, int width, uint64_t *value) {
    hal_port port;
    int code = value ? port_of(library, handle, offset, width, &port) : HAL_E_ARGUMENT;
    return code ? code : hal_get64(&port, value);
}

int hal_poke(hal_library *library, int handle, uint64_t offset, int width, uint64_t value) {
    hal_port port;
    int code = port_of(library, handle, offset, width, &port);
    return code ? code : hal_set(&port, value);
}

const hal_entry_points *hal_get_entry_points(void) {
    static const hal_entry_points entry_points = {.size = sizeof(hal_entry_points),
                                                  .port_size = sizeof(hal_port),
                                                  .get64 = hal_get64,
                                                  .set = hal_set,
                                                  .modify = hal_modify,
                                                  .update = hal_update,
                                                  .read_block = hal_read_block,
                                                  .write_block = hal_write_block};
    return &entry_points;
}
