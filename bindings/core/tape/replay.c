/* Replay: a library with the SDK's interface that answers from a recording, and refuses the first access that differs.
 * One recording at a time in a process: the SDK's functions have no argument that could tell two apart. */
#include <stdlib.h>
#include <string.h>

#include "f2_bars.h"
#include "library/library.h"
#include "words/word_functions.h"

static pthread_mutex_t replay_lock = PTHREAD_MUTEX_INITIALIZER;
static hal_library *the_library;
static struct {
    hal_tape_entry *entries;
    size_t count, next;
    bool failed;
    hal_tape_entry got; /* what differed from entries[next] */
    hal_replay_slot slot;
    struct {
        bool attached;
        uint8_t pf, bar;
    } handles[HAL_HANDLES_MAX];
} tape;

static const struct {
    int pf, bar;
    uint64_t size;
    bool burst_capable;
} bars[] = {{F2_APP0}, {F2_APP2}, {F2_APP4}, {F2_MGMT0}, {F2_MGMT2}, {F2_MGMT4}};

static bool same(const hal_tape_entry *a, const hal_tape_entry *b) {
    return a->offset == b->offset && a->pf == b->pf && a->bar == b->bar && a->width == b->width &&
           a->is_write == b->is_write && (!a->is_write || a->value == b->value);
}

static int replay(int handle, uint64_t offset, int width, bool is_write, uint64_t *value) {
    if (handle < 0 || handle >= HAL_HANDLES_MAX || !value)
        return -EINVAL;
    pthread_mutex_lock(&replay_lock);
    int code = tape.handles[handle].attached ? 0 : -EINVAL;
    hal_tape_entry got = {.offset = offset,
                          .value = *value,
                          .pf = tape.handles[handle].pf,
                          .bar = tape.handles[handle].bar,
                          .width = (uint8_t)width,
                          .is_write = is_write};
    if (code == 0 && !tape.failed && (tape.next == tape.count || !same(&tape.entries[tape.next], &got))) {
        tape.failed = true;
        tape.got = got;
    }
    if (code == 0 && tape.failed)
        code = HAL_E_REPLAY;
    if (code == 0) {
        *value = tape.entries[tape.next].value;
        code = tape.entries[tape.next++].code;
    }
    pthread_mutex_unlock(&replay_lock);
    return code;
}

HAL_WORD_FUNCTIONS(replay)

static int replay_memset(int handle, uint64_t offset, uint32_t value, uint64_t count) {
    int code = 0;
    for (uint64_t i = 0; i < count && code == 0; i++)
        code = replay_poke(handle, offset + 4 * i, value);
    return code;
}

static int replay_init(void) {
    return 0;
}

static int replay_attach(int slot, int pf, int bar, uint32_t flags, int *handle) {
    (void)flags;
    pthread_mutex_lock(&replay_lock);
    int code = slot == tape.slot.number ? -ENOSPC : -ENOENT;
    for (int i = 0; i < HAL_HANDLES_MAX && code == -ENOSPC; i++) {
        if (tape.handles[i].attached)
            continue;
        tape.handles[i].attached = true;
        tape.handles[i].pf = (uint8_t)pf;
        tape.handles[i].bar = (uint8_t)bar;
        *handle = i;
        code = 0;
    }
    pthread_mutex_unlock(&replay_lock);
    return code;
}

static int replay_detach(int handle) {
    if (handle < 0 || handle >= HAL_HANDLES_MAX)
        return -EINVAL;
    pthread_mutex_lock(&replay_lock);
    tape.handles[handle].attached = false;
    pthread_mutex_unlock(&replay_lock);
    return 0;
}

static int replay_resource_map(int slot, int pf, struct fpga_pci_resource_map *map) {
    if (slot != tape.slot.number)
        return -ENOENT;
    *map = (struct fpga_pci_resource_map){.vendor_id = tape.slot.vendor,
                                          .device_id = tape.slot.device,
                                          .subsystem_device_id = tape.slot.subsystem_device,
                                          .subsystem_vendor_id = tape.slot.subsystem_vendor,
                                          .func = (uint8_t)pf};
    for (size_t i = 0; i < tape.count; i++) { /* of another card: how large is not recorded, and BAR 5 has no room */
        const hal_tape_entry *entry = &tape.entries[i];
        if (entry->pf == pf && entry->bar < FPGA_BAR_PER_PF_MAX)
            map->resource_size[entry->bar] = UINT64_C(1) << 40;
    }
    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++) {
        if (bars[i].pf != pf)
            continue;
        map->resource_size[bars[i].bar] = bars[i].size;
        map->resource_burstable[bars[i].bar] = bars[i].burst_capable;
    }
    return 0;
}

/* Always loaded: what happened between loads is not in a recording. */
static int replay_describe(int slot, struct fpga_mgmt_image_info *info, uint32_t flags) {
    (void)flags;
    if (slot != tape.slot.number)
        return -ENOENT;
    memset(info, 0, sizeof *info);
    info->slot_id = slot;
    info->status = FPGA_STATUS_LOADED;
    memcpy(info->ids.afi_id, tape.slot.afi_id, sizeof info->ids.afi_id);
    info->ids.afi_device_ids = (struct afi_device_ids){.vendor_id = tape.slot.vendor,
                                                       .device_id = tape.slot.device,
                                                       .svid = tape.slot.subsystem_vendor,
                                                       .ssid = tape.slot.subsystem_device};
    for (int pf = 0; pf < FPGA_PF_MAX; pf++)
        replay_resource_map(slot, pf, &info->spec.map[pf]);
    return 0;
}

static int replay_load(int slot, char *afi_id) {
    return slot == tape.slot.number && strncmp(afi_id, tape.slot.afi_id, sizeof tape.slot.afi_id) == 0
               ? 0
               : FPGA_ERR_AFI_ID_INVALID;
}

static int replay_clear(int slot) {
    return slot == tape.slot.number ? 0 : -ENOENT;
}

static const sdk_table functions = {
    .fpga_pci_init = replay_init,
    .fpga_pci_attach = replay_attach,
    .fpga_pci_detach = replay_detach,
    HAL_WORD_MEMBERS(replay),
    .fpga_pci_get_resource_map = replay_resource_map,
    .bus.fpga_pci_memset = replay_memset,
    .fpga_mgmt_init = replay_init,
    .fpga_mgmt_describe_local_image = replay_describe,
    .fpga_mgmt_load_local_image = replay_load,
    .fpga_mgmt_clear_local_image = replay_clear,
};

static void take_tape(hal_tape_entry *entries, size_t count, const hal_replay_slot *slot) {
    pthread_mutex_lock(&replay_lock);
    free(tape.entries);
    memset(&tape, 0, sizeof tape);
    tape.entries = entries;
    tape.count = count;
    tape.slot = *slot;
    tape.slot.afi_id[sizeof tape.slot.afi_id - 1] = '\0';
    pthread_mutex_unlock(&replay_lock);
}

/* The child has a copy of the tape, which it may go on to play. */
static void forget_in_child(void) {
    pthread_mutex_init(&replay_lock, NULL);
}

__attribute__((constructor)) static void watch_forks(void) {
    hal_watch_forks(forget_in_child);
}

/* Copies the recording. BARs of an earlier one go stale: its place is taken. */
int hal_replay_open(const hal_tape_entry *entries, size_t count, const hal_replay_slot *slot, hal_library **library) {
    if ((!entries && count) || !slot || !library || slot->number < 0 || slot->number >= FPGA_SLOT_MAX)
        return HAL_E_ARGUMENT;
    if (!the_library)
        the_library = hal_library_of(&functions, "replay");
    hal_tape_entry *copy = calloc(count ? count : 1, sizeof *copy);
    if (!the_library || !copy) {
        free(copy);
        return HAL_E_MEMORY;
    }
    if (count)
        memcpy(copy, entries, count * sizeof *copy);
    for (int number = 0; number < FPGA_SLOT_MAX; number++) {
        int code = hal_retire(the_library, number, 1);
        if (code) {
            free(copy);
            return code;
        }
    }
    take_tape(copy, count, slot);
    *library = the_library;
    return 0;
}

/* How many accesses were made as recorded; 1 when the next one was not, which got then says. */
int hal_replay_state(size_t *next, hal_tape_entry *got) {
    if (!next || !got)
        return HAL_E_ARGUMENT;
    pthread_mutex_lock(&replay_lock);
    *next = tape.next;
    *got = tape.got;
    int failed = tape.failed;
    pthread_mutex_unlock(&replay_lock);
    return failed;
}
