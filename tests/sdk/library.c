/* A library with the SDK's interface that reaches its card as the vendor's does, where that one is not there. Here: it
 * finds cards in /sys/bus/pci/devices, maps their resource files, removes and rescans the application function. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fpga_sdk.h"

#define DEVICES "/sys/bus/pci/devices/"
enum { HANDLES = 64, PATH_MAX_HERE = 256 };

static struct {
    bool taken;
    uint8_t *memory;
    uint64_t size;
} bars[HANDLES];
/* ---- The bus ---- */

static int read_id(const char *function, const char *name, uint16_t *id) {
    char path[PATH_MAX_HERE];
    unsigned value;
    snprintf(path, sizeof path, DEVICES "%s/%s", function, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return -errno;
    int found = fscanf(file, "%x", &value);
    fclose(file);
    *id = (uint16_t)value;
    return found == 1 ? 0 : FPGA_ERR_UNRESPONSIVE;
}

static int read_function(const char *name, struct fpga_pci_resource_map *map) {
    static const char *const files[] = {"vendor", "device", "subsystem_vendor", "subsystem_device"};
    unsigned domain, bus, device, function;
    uint16_t ids[4];
    int code = 0;
    for (int i = 0; i < 4 && code == 0; i++)
        code = read_id(name, files[i], &ids[i]);
    if (code || sscanf(name, "%x:%x:%x.%u", &domain, &bus, &device, &function) != 4)
        return code ? code : FPGA_ERR_SOFTWARE_PROBLEM;
    map->vendor_id = ids[0];
    map->device_id = ids[1];
    map->subsystem_vendor_id = ids[2];
    map->subsystem_device_id = ids[3];
    map->domain = (uint16_t)domain;
    map->bus = (uint8_t)bus;
    map->dev = (uint8_t)device;
    map->func = (uint8_t)function;
    for (int bar = 0; bar < FPGA_BAR_PER_PF_MAX; bar++) {
        char path[PATH_MAX_HERE];
        struct stat facts;
        snprintf(path, sizeof path, DEVICES "%s/resource%d", name, bar);
        if (stat(path, &facts) != 0)
            continue;
        map->resource_size[bar] = (uint64_t)facts.st_size;
        snprintf(path, sizeof path, DEVICES "%s/resource%d_wc", name, bar);
        map->resource_burstable[bar] = stat(path, &facts) == 0;
    }
    return 0;
}

static void name_of(const struct fpga_pci_resource_map *map, int function, char name[PATH_MAX_HERE]) {
    snprintf(name, PATH_MAX_HERE, "%04x:%02x:%02x.%d", map->domain, map->bus, map->dev, function);
}

static int write_one(const char *path) {
    int file = open(path, O_WRONLY);
    bool written = file >= 0 && write(file, "1", 2) == 2;
    if (file >= 0)
        close(file);
    return written ? 0 : FPGA_ERR_UNRESPONSIVE;
}

int fpga_pci_get_slot_spec(int slot, struct fpga_slot_spec *spec) {
    struct fpga_slot_spec found = {0};
    int seen = 0;
    if (slot < 0 || slot >= FPGA_SLOT_MAX || !spec)
        return -EINVAL;
    DIR *folder = opendir(DEVICES);
    if (!folder)
        return FPGA_ERR_PCI_MISSING;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        struct fpga_pci_resource_map map = {0};
        if (read_function(entry->d_name, &map) == 0 && map.vendor_id == 0x1D0F && map.device_id == 0x9248 &&
            seen++ == slot)
            found.map[FPGA_MGMT_PF] = map;
    }
    closedir(folder);
    if (seen <= slot)
        return FPGA_ERR_PCI_MISSING;
    char name[PATH_MAX_HERE];
    name_of(&found.map[FPGA_MGMT_PF], 0, name);
    int code = read_function(name, &found.map[FPGA_APP_PF]);
    if (code == -ENOENT) {
        code = write_one("/sys/bus/pci/rescan");
        code = code ? code : read_function(name, &found.map[FPGA_APP_PF]);
    }
    if (code == 0)
        *spec = found;
    return code < 0 ? FPGA_ERR_UNRESPONSIVE : code;
}

int fpga_pci_get_all_slot_specs(struct fpga_slot_spec specs[], int size) {
    for (int slot = 0; slot < size && slot < FPGA_SLOT_MAX; slot++)
        if (fpga_pci_get_slot_spec(slot, &specs[slot]) != 0)
            return slot ? 0 : FPGA_ERR_PCI_MISSING;
    return 0;
}

int fpga_pci_get_resource_map(int slot, int pf, struct fpga_pci_resource_map *map) {
    struct fpga_slot_spec spec;
    if (pf < 0 || pf >= FPGA_PF_MAX || !map)
        return -EINVAL;
    int code = fpga_pci_get_slot_spec(slot, &spec);
    if (code == 0)
        *map = spec.map[pf];
    return code;
}

int fpga_pci_rescan_slot_app_pfs(int slot) {
    struct fpga_slot_spec spec;
    char name[PATH_MAX_HERE], path[PATH_MAX_HERE + 32];
    int code = fpga_pci_get_slot_spec(slot, &spec);
    if (code)
        return code;
    name_of(&spec.map[FPGA_APP_PF], 0, name);
    snprintf(path, sizeof path, DEVICES "%s/remove", name);
    code = write_one(path);
    if (code)
        return code;
    usleep(500000);
    code = write_one("/sys/bus/pci/rescan");
    return code ? code : fpga_pci_get_slot_spec(slot, &spec);
}

/* ---- Handles ---- */

int fpga_pci_init(void) {
    return 0;
}

int fpga_pci_attach(int slot, int pf, int bar, uint32_t flags, int *handle) {
    struct fpga_slot_spec spec;
    char name[PATH_MAX_HERE], path[PATH_MAX_HERE + 32];
    if (pf < 0 || pf >= FPGA_PF_MAX || bar < 0 || bar >= FPGA_BAR_PER_PF_MAX || !handle)
        return -EINVAL;
    int code = fpga_pci_get_slot_spec(slot, &spec);
    if (code)
        return code;
    struct fpga_pci_resource_map *map = &spec.map[pf];
    if (flags & BURST_CAPABLE && !map->resource_burstable[bar])
        return -EINVAL;
    *handle = -1;
    name_of(map, map->func, name);
    snprintf(path, sizeof path, DEVICES "%s/resource%d%s", name, bar, flags & BURST_CAPABLE ? "_wc" : "");
    int file = open(path, O_RDWR | O_SYNC);
    void *memory =
        file < 0 ? MAP_FAILED
                 : mmap(NULL, map->resource_size[bar], PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
    if (file >= 0)
        close(file);
    if (memory == MAP_FAILED)
        return FPGA_ERR_UNRESPONSIVE;
    for (int i = 0; i < HANDLES && *handle < 0; i++) {
        if (bars[i].taken)
            continue;
        bars[i].taken = true;
        bars[i].memory = memory;
        bars[i].size = map->resource_size[bar];
        *handle = i;
    }
    if (*handle < 0)
        munmap(memory, map->resource_size[bar]);
    return 0; /* without a handle too, as the vendor's */
}

int fpga_pci_detach(int handle) {
    if (handle >= HANDLES)
        return -EINVAL;
    if (handle < 0)
        abort(); /* the vendor's unmaps what lies before its table */
    if (!bars[handle].taken)
        return -EINVAL;
    munmap(bars[handle].memory, bars[handle].size);
    bars[handle].taken = false;
    return 0;
}

static uint8_t *memory_at(int handle, uint64_t offset, uint64_t bytes) {
    bool good = handle >= 0 && handle < HANDLES && bars[handle].taken && offset + bytes <= bars[handle].size;
    return good ? bars[handle].memory + offset : NULL;
}

#define WORDS(suffix, type)                                                              \
    int fpga_pci_peek##suffix(int handle, uint64_t offset, type *value) {                \
        volatile type *place = (volatile type *)memory_at(handle, offset, sizeof(type)); \
        if (!place)                                                                      \
            return -EINVAL;                                                              \
        *value = *place;                                                                 \
        return 0;                                                                        \
    }                                                                                    \
    int fpga_pci_poke##suffix(int handle, uint64_t offset, type value) {                 \
        volatile type *place = (volatile type *)memory_at(handle, offset, sizeof(type)); \
        if (!place)                                                                      \
            return -EINVAL;                                                              \
        *place = value;                                                                  \
        return 0;                                                                        \
    }
WORDS(, uint32_t)
WORDS(8, uint8_t)
WORDS(64, uint64_t)

int fpga_pci_write_burst(int handle, uint64_t offset, uint32_t *data, uint64_t words) {
    uint8_t *place = memory_at(handle, offset, 4 * words);
    if (place)
        memcpy(place, data, 4 * words);
    return place ? 0 : -EINVAL;
}

int fpga_pci_get_address(int handle, uint64_t offset, uint64_t bytes, void **address) {
    *address = memory_at(handle, offset, bytes);
    return *address ? 0 : -EINVAL;
}
