/* Registers of one kind at a fixed stride, and lists of such, in one call: snapshots and register arrays. */
#include "access/access.h"

/* `count` registers, `stride` bytes apart, each of `words` bus words of `width` bits; flags: HAL_SWEEP_*. */
int hal_sweep_prepare(hal_sweep *sweep, hal_bar *bar, uint32_t generation, uint64_t offset, uint64_t stride,
                      uint64_t count, int width, int words, int flags) {
    if (!sweep || !bar || words < 1 || words > UINT16_MAX ||
        flags & ~(HAL_SWEEP_HIGH_FIRST | HAL_SWEEP_STABLE | HAL_SWEEP_BIG_ENDIAN))
        return HAL_E_ARGUMENT;
    int code = hal_state(bar, generation);
    if (code == 0)
        code = hal_check_span(bar, offset, width, (uint64_t)words);
    if (code)
        return code;
    uint64_t bytes = (uint64_t)width / 8, room = bar->size - offset - bytes * (uint64_t)words;
    if (count > 1 && stride % bytes)
        return HAL_E_ALIGN;
    if (count > 1 && (stride < bytes * (uint64_t)words || count - 1 > room / stride))
        return HAL_E_RANGE;
    *sweep = (hal_sweep){.bar = bar,
                         .offset = offset,
                         .stride = stride,
                         .count = count,
                         .generation = generation,
                         .words = (uint16_t)words,
                         .width = (uint8_t)width,
                         .flags = (uint8_t)flags};
    return 0;
}

/* As hal_sweep_prepare, for registers of `bits` bits, each of which lies in one bus word of more. */
int hal_sweep_lanes(hal_sweep *sweep, hal_bar *bar, uint32_t generation, uint64_t offset, uint64_t stride,
                    uint64_t count, int width, int bits) {
    if (!sweep || !bar || bits < 8 || bits % 8 || width % bits || width <= bits)
        return HAL_E_ARGUMENT;
    uint64_t bytes = (uint64_t)bits / 8, first = offset - hal_lane_of(offset, width) / 8;
    int code = hal_state(bar, generation);
    if (code == 0)
        code = hal_check_span(bar, first, width, 1);
    if (code)
        return code;
    if (offset % bytes || (count > 1 && stride % bytes))
        return HAL_E_ALIGN;
    /* The last one lies before the BAR's end, and so does its word: BARs are of whole words. */
    if (count > 1 && (stride < bytes || count - 1 > (bar->size - offset - bytes) / stride))
        return HAL_E_RANGE;
    *sweep = (hal_sweep){.bar = bar,
                         .offset = offset,
                         .stride = stride,
                         .count = count,
                         .generation = generation,
                         .words = 1,
                         .width = (uint8_t)width,
                         .bits = (uint8_t)bits};
    return 0;
}

/* A word that holds several of them is read once. */
static int read_lanes(const hal_sweep *sweep, uint64_t *values, size_t *done, bool *ones) {
    uint64_t offset = sweep->offset, word = 0, at = UINT64_MAX, mask = hal_ones_of(sweep->bits);
    for (uint64_t i = 0; i < sweep->count; i++, offset += sweep->stride) {
        unsigned lane = hal_lane_of(offset, sweep->width);
        if (offset - lane / 8 != at) {
            at = offset - lane / 8;
            int code = hal_bus_read(sweep->bar, at, sweep->width, &word);
            if (code)
                return code;
            *ones |= hal_is_ones(word, sweep->width);
        }
        values[i] = word >> lane & mask;
        ++*done;
    }
    return 0;
}

static int unit_of(const hal_sweep *sweep) {
    return sweep->bits ? sweep->bits : sweep->width;
}

/* The lowest word's port; the sweep's offset is the lowest address. */
static hal_port first_word(const hal_sweep *sweep, uint64_t index) {
    uint64_t before = sweep->flags & HAL_SWEEP_BIG_ENDIAN ? (sweep->words - UINT64_C(1)) * (sweep->width / 8) : 0;
    return (hal_port){.bar = sweep->bar,
                      .offset = sweep->offset + index * sweep->stride + before,
                      .memo = sweep->memo,
                      .generation = sweep->generation,
                      .width = sweep->width};
}

/* One register whose word is remembered. */
static int read_remembered(const hal_sweep *sweep, uint64_t *value, size_t *done, bool *ones) {
    hal_port port = first_word(sweep, 0);
    int code = hal_memo_read(&port, value);
    *ones |= code == 0 && hal_is_ones(*value, sweep->width);
    *done += code == 0;
    return code;
}

/* ones: set when a word is all ones. */
static int read_single(const hal_sweep *sweep, uint64_t *values, size_t *done, bool *ones) {
    const hal_bar *bar = sweep->bar;
    uint64_t offset = sweep->offset, stride = sweep->stride, count = sweep->count, i = 0;
    int code = 0;
    if (sweep->width == 32) { /* nearly all are */
        int (*peek)(int, uint64_t, uint32_t *) = bar->bus->fpga_pci_peek;
        int handle = hal_handle(bar);
        uint32_t word = 0, largest = 0;
        for (; i < count && code == 0; i++, offset += stride) {
            code = peek(handle, offset, &word);
            values[i] = word;
            largest = word > largest ? word : largest;
        }
        *ones |= largest == UINT32_MAX;
    } else {
        for (; i < count && code == 0; i++, offset += stride)
            code = hal_bus_read(bar, offset, sweep->width, &values[i]);
        *ones |= code == 0 && hal_has_ones(values, count, sweep->width);
    }
    *done += code ? i - 1 : i;
    return code;
}

static int order_of(const hal_sweep *sweep) {
    int order = sweep->flags & HAL_SWEEP_HIGH_FIRST ? HAL_HIGH_FIRST : HAL_LOW_FIRST;
    return sweep->flags & HAL_SWEEP_BIG_ENDIAN ? order | HAL_BIG_ENDIAN : order;
}

static int read_wide(const hal_sweep *sweep, uint64_t *values, size_t *done, bool *ones) {
    int stable = sweep->flags & HAL_SWEEP_STABLE ? 1 : 0;
    for (uint64_t i = 0; i < sweep->count; i++, values += sweep->words) {
        hal_port port = first_word(sweep, i);
        int code = hal_read_words_to_keep(&port, sweep->words, order_of(sweep), stable, values);
        if (code)
            return code;
        *ones |= hal_has_ones(values, sweep->words, sweep->width);
        ++*done;
    }
    return 0;
}

static int write_single_word(const hal_sweep *sweep, uint64_t offset, uint64_t word) {
    if (!sweep->memo)
        return hal_bus_write(sweep->bar, offset, sweep->width, word);
    hal_bar_lock *lock;
    int code = hal_lock_bar(sweep->bar, &lock);
    if (code == 0) {
        code = hal_memo_put(sweep->bar, offset, sweep->width, sweep->memo, word);
        hal_unlock_bar(lock);
    }
    return code;
}

/* wanted: null, or a byte for each register; one whose byte is 0 is passed over. */
static int write_single(const hal_sweep *sweep, const uint64_t *values, const uint8_t *wanted, size_t *done) {
    const hal_bar *bar = sweep->bar;
    int (*poke)(int, uint64_t, uint32_t) = bar->bus->fpga_pci_poke;
    uint64_t offset = sweep->offset, stride = sweep->stride, i = 0;
    int handle = hal_handle(bar), code = 0;
    for (; i < sweep->count; i++, offset += stride) {
        if (wanted && !wanted[i])
            continue;
        code = sweep->width == 32 && !sweep->memo ? poke(handle, offset, (uint32_t)values[i])
                                                  : write_single_word(sweep, offset, values[i]);
        if (code)
            break;
    }
    *done += i;
    return code;
}

static int write_wide(const hal_sweep *sweep, const uint64_t *values, const uint8_t *wanted, size_t *done) {
    for (uint64_t i = 0; i < sweep->count; i++, values += sweep->words) {
        hal_port port = first_word(sweep, i);
        int code = wanted && !wanted[i] ? 0 : hal_write_words(&port, sweep->words, order_of(sweep), values);
        if (code)
            return code;
        ++*done;
    }
    return 0;
}

/* ---- As a whole, where each word would be a message to another host ---- */

/* How many sweeps from here on are one: of one BAR, without registers of several words that are remembered. */
static size_t group_of(const hal_sweep *sweeps, size_t count) {
    size_t group = 0;
    while (group < count && hal_whole_of(sweeps->bar->bus) && sweeps[group].bar == sweeps->bar &&
           sweeps[group].words <= HAL_WORDS_MAX && !(sweeps[group].memo && sweeps[group].words > 1))
        group++;
    return group;
}

static uint64_t words_of(const hal_sweep *sweeps, size_t count) {
    uint64_t words = 0;
    for (size_t i = 0; i < count; i++)
        words += sweeps[i].count * sweeps[i].words;
    return words;
}

static uint64_t registers_of(const hal_sweep *sweeps, size_t count) {
    uint64_t registers = 0;
    for (size_t i = 0; i < count; i++)
        registers += sweeps[i].count;
    return registers;
}

/* ---- Lists of sweeps ---- */

/* Whether the sweeps are alive, and take `words` values in all. */
static int check_all(const hal_sweep *sweeps, size_t count, const uint64_t *values, size_t words, const size_t *done) {
    if ((!sweeps && count) || (!values && words) || !done)
        return HAL_E_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        int code = hal_state(sweeps[i].bar, sweeps[i].generation);
        uint64_t need = sweeps[i].count * sweeps[i].words;
        if (code)
            return code;
        if (need > words)
            return HAL_E_ARGUMENT;
        words -= need;
    }
    return words ? HAL_E_ARGUMENT : 0;
}

/* Keeps hold of the BAR across neighbouring sweeps of it. */
static int hold(hal_bar **held, const hal_sweep *sweep) {
    if (sweep->bar == *held)
        return 0;
    if (*held)
        hal_bar_leave(*held);
    *held = NULL;
    int code = hal_bar_enter(sweep->bar, sweep->generation);
    if (code == 0)
        *held = sweep->bar;
    return code;
}

/* All ones among what was read: of each BAR once. done: the register that a code is of. */
static int check_ones(const hal_sweep *sweeps, size_t count, const uint64_t *values,
                      const uint32_t incidents[HAL_INTERFACES], size_t *done) {
    bool asked[HAL_INTERFACES] = {0};
    size_t before = 0;
    for (size_t i = 0; i < count; i++) {
        const hal_sweep *sweep = &sweeps[i];
        uint64_t words = sweep->count * sweep->words, at = 0;
        int interface = hal_interface_of(sweep->bar->library, sweep->bar->pf, sweep->bar->bar);
        if (!asked[interface] && hal_has_ones(values, words, unit_of(sweep))) {
            asked[interface] = true;
            int code = hal_ask(sweep->bar, sweep->generation, incidents[interface]);
            while (code && !hal_is_ones(values[at], unit_of(sweep)))
                at++;
            if (code) {
                *done = before + (size_t)(at / sweep->words);
                return code;
            }
        }
        before += sweep->count;
        values += words;
    }
    return 0;
}

/* Each register's words, lowest first, one after the other. done: how many registers were read, or which of them a code
 * is of. */
int hal_sweep_read(const hal_sweep *sweeps, size_t count, uint64_t *values, size_t words, size_t *done) {
    int code = check_all(sweeps, count, values, words, done);
    if (code)
        return code;
    *done = 0;
    uint32_t incidents[HAL_INTERFACES] = {0};
    if (count)
        hal_incidents(sweeps->bar->library, sweeps->bar->slot, incidents);
    errand way = count ? hal_set_out(sweeps->bar, words) : (errand){0};
    hal_bar *held = NULL;
    uint64_t *out = values;
    bool ones = false;
    for (size_t i = 0, group; i < count && code == 0; i += group ? group : 1) {
        const hal_sweep *sweep = &sweeps[i];
        group = group_of(sweep, count - i);
        code = hold(&held, sweep);
        if (code == 0)
            code = group         ? hal_whole_of(sweep->bar->bus)->sweep_read(sweep, group, out, done)
                   : sweep->bits ? read_lanes(sweep, out, done, &ones)
                   : sweep->memo && sweep->words == 1 ? read_remembered(sweep, out, done, &ones)
                   : sweep->words == 1                ? read_single(sweep, out, done, &ones)
                                                      : read_wide(sweep, out, done, &ones);
        code = hal_reason(sweep->bar, sweep->generation, code);
        out += words_of(sweep, group ? group : 1);
    }
    if (held)
        hal_bar_leave(held);
    hal_come_back(&way, code);
    return code || !ones ? code : check_ones(sweeps, count, values, incidents, done);
}

/* For each word, whether it differs from a value in the bits of a mask. */
void hal_differing(const uint64_t *found, const uint64_t *values, const uint64_t *masks, size_t count,
                   uint8_t *differs) {
    for (size_t i = 0; i < count; i++)
        differs[i] = ((found[i] ^ values[i]) & masks[i]) != 0;
}

/* Words of 8, 32 or 64 bits as a sweep takes them. */
void hal_widen(const void *words, int width, size_t count, uint64_t *values) {
    const uint8_t *bytes = words;
    const any_word32 *word32 = words;
    const any_word64 *word64 = words;
    for (size_t i = 0; i < count; i++)
        values[i] = width == 8 ? bytes[i] : width == 32 ? word32[i] : word64[i];
}

/* The other way round; every value must fit its word. Lanes are none, for writes of them have neighbours to keep.
 * wanted: null, or a byte for each register, 0 for those that are not to be written: done counts them as if they were.
 */
int hal_sweep_write(const hal_sweep *sweeps, size_t count, const uint64_t *values, size_t words, const uint8_t *wanted,
                    size_t *done) {
    int code = check_all(sweeps, count, values, words, done);
    if (code)
        return code;
    *done = 0;
    for (size_t i = 0; i < count; i++)
        if (sweeps[i].bits)
            return HAL_E_ARGUMENT;
    void *state = words > KEEP_LOCK_WORDS ? hal_gate_leave() : NULL;
    hal_bar *held = NULL;
    for (size_t i = 0, group; i < count && code == 0; i += group ? group : 1) {
        const hal_sweep *sweep = &sweeps[i];
        group = group_of(sweep, count - i);
        code = hold(&held, sweep);
        if (code == 0)
            code = group               ? hal_whole_of(sweep->bar->bus)->sweep_write(sweep, group, values, wanted, done)
                   : sweep->words == 1 ? write_single(sweep, values, wanted, done)
                                       : write_wide(sweep, values, wanted, done);
        code = hal_reason(sweep->bar, sweep->generation, code);
        values += words_of(sweep, group ? group : 1);
        wanted = wanted ? wanted + registers_of(sweep, group ? group : 1) : NULL;
    }
    if (held)
        hal_bar_leave(held);
    hal_gate_enter(state);
    return code;
}
