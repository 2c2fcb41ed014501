/* Recording: while it runs, a library's bus functions are replaced in its table by ones that also write down what they
 * did. Whatever reaches the bus through the core is seen, and nothing is paid for it at other times. */
#include <stdlib.h>
#include <string.h>

#include "library/library.h"

enum { FIRST_ROOM = 1024, MOST_ROOM = 1 << 22 };

static pthread_mutex_t tape_lock = PTHREAD_MUTEX_INITIALIZER;
static hal_library *recorded; /* null: no recording runs */
static uint64_t recorder;     /* who may end it */
static hal_bus plain;         /* its functions */
static struct {
    hal_tape_entry *entries;
    size_t first, count, room;
    uint64_t lost;
} tape;

static bool make_room(void) {
    if (tape.first + tape.count < tape.room)
        return true;
    size_t room = tape.room ? 2 * tape.room : FIRST_ROOM;
    if (room > MOST_ROOM)
        return false;
    hal_tape_entry *entries = realloc(tape.entries, room * sizeof *entries);
    if (!entries)
        return false;
    tape.entries = entries;
    tape.room = room;
    return true;
}

/* Odd while something is attached. What still runs when it is given back is of what was attached before. */
static uint32_t attachment_of(const hal_bar *bar) {
    return (hal_generation(bar) - 1) | 1;
}

static int note(int handle, uint64_t offset, int width, bool is_write, uint64_t value, int code) {
    pthread_mutex_lock(&tape_lock);
    if (recorded && handle >= 0 && handle < HAL_HANDLES_MAX && make_room()) {
        const hal_bar *bar = &recorded->table.bars[handle];
        tape.entries[tape.first + tape.count++] = (hal_tape_entry){.offset = offset,
                                                                   .value = value,
                                                                   .handle = (int16_t)handle,
                                                                   .slot = (int16_t)bar->slot,
                                                                   .code = code,
                                                                   .pf = (uint8_t)bar->pf,
                                                                   .bar = (uint8_t)bar->bar,
                                                                   .width = (uint8_t)width,
                                                                   .is_write = is_write,
                                                                   .generation = attachment_of(bar)};
    } else if (recorded) {
        tape.lost++;
    }
    pthread_mutex_unlock(&tape_lock);
    return code;
}

static int note_peek(int handle, uint64_t offset, uint32_t *value) {
    int code = plain.fpga_pci_peek(handle, offset, value);
    return note(handle, offset, 32, false, *value, code);
}

static int note_peek8(int handle, uint64_t offset, uint8_t *value) {
    int code = plain.fpga_pci_peek8(handle, offset, value);
    return note(handle, offset, 8, false, *value, code);
}

static int note_peek64(int handle, uint64_t offset, uint64_t *value) {
    int code = plain.fpga_pci_peek64(handle, offset, value);
    return note(handle, offset, 64, false, *value, code);
}

static int note_poke(int handle, uint64_t offset, uint32_t value) {
    return note(handle, offset, 32, true, value, plain.fpga_pci_poke(handle, offset, value));
}

static int note_poke8(int handle, uint64_t offset, uint8_t value) {
    return note(handle, offset, 8, true, value, plain.fpga_pci_poke8(handle, offset, value));
}

static int note_poke64(int handle, uint64_t offset, uint64_t value) {
    return note(handle, offset, 64, true, value, plain.fpga_pci_poke64(handle, offset, value));
}

static int note_burst(int handle, uint64_t offset, uint32_t *data, uint64_t count) {
    int code = plain.fpga_pci_write_burst(handle, offset, data, count);
    for (uint64_t i = 0; i < count; i++)
        note(handle, offset + 4 * i, 32, true, data[i], code);
    return code;
}

static int note_memset(int handle, uint64_t offset, uint32_t value, uint64_t count) {
    int code = plain.fpga_pci_memset(handle, offset, value, count);
    for (uint64_t i = 0; i < count; i++)
        note(handle, offset + 4 * i, 32, true, value, code);
    return code;
}

static const hal_bus noting = {
    .fpga_pci_peek = note_peek,
    .fpga_pci_peek8 = note_peek8,
    .fpga_pci_peek64 = note_peek64,
    .fpga_pci_poke = note_poke,
    .fpga_pci_poke8 = note_poke8,
    .fpga_pci_poke64 = note_poke64,
    .fpga_pci_write_burst = note_burst,
    .fpga_pci_memset = note_memset,
};

/* Each in one step: others may be calling it. */
#define REPLACE(result, name, arguments, required) \
    if (plain.name)                                \
        atomic_store((_Atomic(__typeof__(plain.name)) *)&library->sdk.bus.name, with->name);

/* What a library makes as a whole it makes word by word meanwhile. */
static void replace(hal_library *library, const hal_bus *with) {
    atomic_store(&library->recorded, with == &noting);
    atomic_store(&library->sdk.bus.whole, hal_whole_of(with));
    HAL_BUS_FUNCTIONS(REPLACE)
}

/* A recording is its process's own: the child has its functions back, and nothing on the tape. What another thread may
 * have been about to free is left alone. */
static void forget_in_child(void) {
    pthread_mutex_init(&tape_lock, NULL);
    if (recorded)
        replace(recorded, &plain);
    recorded = NULL;
    memset(&tape, 0, sizeof tape);
}

__attribute__((constructor)) static void watch_forks(void) {
    hal_watch_forks(forget_in_child);
}

/* HAL_E_BUSY while another recording runs: there is one at a time in a process. */
int hal_record_start(hal_library *library, uint64_t owner) {
    if (!library || !owner)
        return HAL_E_ARGUMENT;
    pthread_mutex_lock(&tape_lock);
    int code = recorded ? HAL_E_BUSY : 0;
    if (code == 0) {
        plain = library->sdk.bus;
        recorded = library;
        recorder = owner;
        tape.first = tape.count = 0;
        tape.lost = 0;
        replace(library, &noting);
    }
    pthread_mutex_unlock(&tape_lock);
    return code;
}

/* Moves out the oldest entries; lost: how many found no room since the start. The memory of a tape that has ended is
 * given back with the last of them. */
int hal_record_take(hal_tape_entry *out, size_t room, size_t *count, uint64_t *lost) {
    if ((!out && room) || !count || !lost)
        return HAL_E_ARGUMENT;
    pthread_mutex_lock(&tape_lock);
    *count = tape.count < room ? tape.count : room;
    for (size_t i = 0; i < *count; i++)
        out[i] = tape.entries[tape.first + i];
    tape.first += *count;
    tape.count -= *count;
    if (tape.count == 0) {
        tape.first = 0;
        if (!recorded) {
            free(tape.entries);
            tape.entries = NULL;
            tape.room = 0;
        }
    }
    *lost = tape.lost;
    pthread_mutex_unlock(&tape_lock);
    return 0;
}

/* Gives the library its own functions back, if it is the owner's recording that runs; what was recorded can still be
 * taken. */
int hal_record_stop(uint64_t owner) {
    pthread_mutex_lock(&tape_lock);
    if (recorded && recorder == owner) {
        replace(recorded, &plain);
        recorded = NULL;
    }
    pthread_mutex_unlock(&tape_lock);
    return 0;
}
