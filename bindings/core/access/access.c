/* Single accesses. They keep the interpreter's lock: an access takes less time than to hand it over. */
#include "access/access.h"

/* The field's value, or a negative code (-10000 - n for the library's positive n). For fields of up to 63 bits. */
int64_t hal_get(const hal_port *port) {
    int64_t value = hal_port_get(port);
    if (__builtin_expect(value != HAL_E_FORGOTTEN, 1))
        return value;
    uint64_t field = 0;
    int code = hal_get64(port, &field);
    return code == 0 ? (int64_t)field : code < 0 ? code : -10000 - (int64_t)code;
}

int hal_get64(const hal_port *port, uint64_t *value) {
    uint64_t word;
    int code = hal_port_enter(port);
    if (code)
        return code;
    code = hal_memo_look(port, &word);
    if (code > 0)
        code = hal_bus_read(port->bar, port->offset, port->width, &word);
    else if (code)
        code = hal_memo_read(port, &word);
    hal_port_leave(port);
    if (code == 0)
        *value = (word >> port->shift) & port->mask;
    return code;
}

/* incidents: the BAR's before the read; null when a word of all ones is believed. */
static int write_kept(const hal_port *port, uint64_t keep, uint64_t bits, uint32_t *incidents) {
    hal_memo *memo = port->memo;
    uint64_t missing, base = memo->value;
    int code = hal_memo_missing(memo, keep, &missing);
    if (code)
        return code;
    if (missing) {
        uint64_t word;
        if (incidents)
            *incidents = hal_incidents_of(port->bar);
        code = hal_bus_read(port->bar, port->offset, port->width, &word);
        if (code == 0 && incidents && hal_is_ones(word, port->width))
            code = HAL_E_ONES;
        if (code == 0)
            code = hal_port_still(port);
        if (code)
            return code;
        hal_memo_told(memo, word);
        base = hal_memo_base(memo, word);
    }
    return hal_memo_put(port->bar, port->offset, port->width, memo, (base & keep) ^ bits);
}

static int update_kept(const hal_port *port, uint64_t keep, uint64_t bits, uint32_t *incidents) {
    hal_bar_lock *lock;
    int code = hal_lock_bar(port->bar, &lock);
    if (code)
        return code;
    code = hal_port_enter(port);
    if (code == 0) {
        code = write_kept(port, keep, bits, incidents);
        hal_port_leave(port);
    } else if (code == HAL_E_COLLECTING) {
        code = hal_collect_remembered(port, keep, bits, false);
    }
    hal_unlock_bar(lock);
    return code;
}

/* hal_update of a port that has a memory: what is kept is read only where the memory lacks it. */
static __attribute__((noinline)) int update_remembered(const hal_port *port, uint64_t keep, uint64_t bits) {
    uint32_t incidents = 0;
    int code = update_kept(port, keep, bits, &incidents);
    if (__builtin_expect(code == HAL_E_ONES, 0)) {
        code = hal_ask(port->bar, port->generation, incidents);
        if (code == 0)
            code = update_kept(port, keep, bits, NULL);
    }
    return code;
}

/* Writes the field in one bus access; every other bit is as port->ones says. */
int hal_set(const hal_port *port, uint64_t value) {
    if (__builtin_expect(value > port->mask, 0))
        return HAL_E_VALUE;
    uint64_t word = value << port->shift | port->ones;
    if (__builtin_expect(port->memo != NULL, 0))
        return update_remembered(port, 0, word);
    int code = hal_port_enter(port);
    if (__builtin_expect(code != 0, 0))
        return code == HAL_E_COLLECTING ? hal_collect(port, HAL_OP_WRITE, 0, word) : code;
    code = hal_bus_write(port->bar, port->offset, port->width, word);
    hal_port_leave(port);
    return code;
}

/* Where both accesses are one message; what all ones are is found out there. The lock is held here too, against what
 * this process does with the word in two. */
static __attribute__((noinline)) int update_whole(const hal_port *port, uint64_t keep, uint64_t value) {
    hal_op op = {.bar = port->bar,
                 .offset = port->offset,
                 .keep = keep,
                 .value = value,
                 .generation = port->generation,
                 .width = port->width,
                 .kind = HAL_OP_MODIFY};
    hal_op *made = &op;
    bool ones = false;
    return hal_whole_of(port->bar->bus)->run(&made, &op + 1, &ones);
}

/* believed: a word of all ones is known to be a value. */
static inline __attribute__((always_inline)) int update_once(const hal_port *port, uint64_t keep, uint64_t value,
                                                             bool believed) {
    hal_bar *bar = port->bar;
    uint64_t word;
    hal_bar_lock *lock;
    int code = hal_lock_bar(bar, &lock);
    if (code)
        return code;
    code = hal_port_enter(port);
    if (__builtin_expect(code == 0 && hal_whole_of(bar->bus) != NULL, 0)) {
        code = update_whole(port, keep, value);
        hal_port_leave(port);
    } else if (code == 0) {
        code = hal_bus_read(bar, port->offset, port->width, &word);
        if (__builtin_expect(!believed && code == 0 && hal_is_ones(word, port->width), 0))
            code = HAL_E_ONES;
        if (code == 0)
            code = hal_port_still(port);
        if (code == 0)
            code = hal_bus_write(bar, port->offset, port->width, (word & keep) ^ value);
        hal_port_leave(port);
    }
    hal_unlock_bar(lock);
    return code;
}

/* The word is read once more, so that what happens from here on is known to have happened since. */
static int update_doubted(const hal_port *port, uint64_t keep, uint64_t value) {
    uint32_t incidents = hal_incidents_of(port->bar);
    uint64_t word;
    int code = hal_port_enter(port);
    if (code)
        return code;
    code = hal_bus_read(port->bar, port->offset, port->width, &word);
    hal_port_leave(port);
    if (code == 0)
        code = hal_ask(port->bar, port->generation, incidents);
    return code ? code : update_once(port, keep, value, true);
}

static __attribute__((noinline)) int update_again(const hal_port *port, uint64_t keep, uint64_t value, int code) {
    if (code == HAL_E_COLLECTING)
        return hal_collect(port, HAL_OP_MODIFY, keep, value);
    return code == HAL_E_ONES ? update_doubted(port, keep, value) : code;
}

/* (old & keep) ^ value in one bus read and one bus write that no other write of this BAR can part. All ones that nobody
 * answered are not written back. */
int hal_update(const hal_port *port, uint64_t keep, uint64_t value) {
    if (__builtin_expect(port->memo != NULL, 0))
        return update_remembered(port, keep, value);
    int code = update_once(port, keep, value, false);
    return __builtin_expect(code == 0, 1) ? 0 : update_again(port, keep, value, code);
}

int hal_modify(const hal_port *port, uint64_t value) {
    if (__builtin_expect(value > port->mask, 0))
        return HAL_E_VALUE;
    if (__builtin_expect(port->keep == 0, 0)) /* a lane of a word that holds nothing else */
        return hal_set(port, value);
    return hal_update(port, port->keep, value << port->shift | port->ones);
}

/* A port of one word of what is attached under the handle, at any offset: programs that know handles access bytes as
 * the vendor's library lets them. */
static int port_of(hal_library *library, int handle, uint64_t offset, int width, hal_port *port) {
    hal_bar *bar = NULL;
    int code = hal_bar_of(library, handle, &bar);
    if (code == 0)
        code = width % 8 || width > 64 ? HAL_E_ARGUMENT : hal_check_reach(bar, offset, (uint64_t)width / 8);
    if (code == 0)
        *port = (hal_port){.bar = bar,
                           .offset = offset,
                           .mask = hal_ones_of(width),
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
