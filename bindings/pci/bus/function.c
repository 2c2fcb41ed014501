/* One PCI function: ids, BARs, driver, and whether it answers. Read anew each time, for all of it may change. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/bus.h"

/* Of a line of the file resource. Source: include/linux/ioport.h */
enum { RESOURCE_IO = 0x100, RESOURCE_MEMORY = 0x200, RESOURCE_PREFETCH = 0x2000 };
enum { CONFIG_HEAD = 64 }; /* bytes of the configuration space */

static int folder_of(const struct chosen *chosen, path_text folder) {
    return sys_path(folder, "bus/pci/devices/%s", chosen->address);
}

static void read_window(const struct chosen *chosen, hal_pci_function *function) {
    function->way = HAL_PCI_WINDOW;
    function->bars[0] = (hal_pci_bar){.start = chosen->start, .size = chosen->size};
}

static bool combines(const char *folder, int bar) {
    path_text path;
    return path_in(path, folder, "resource%d_wc", bar) == 0 && access(path, F_OK) == 0;
}

/* The file's lines: first byte, last byte, flags. */
static int read_bars(hal_pci_function *function) {
    path_text path;
    char line[128];
    if (path_in(path, function->folder, "resource"))
        return -ENAMETOOLONG;
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    for (int bar = 0; bar < HAL_PCI_BARS && fgets(line, sizeof line, file); bar++) {
        uint64_t start, end, flags;
        if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3 || end <= start ||
            !(flags & (RESOURCE_IO | RESOURCE_MEMORY)))
            continue;
        function->bars[bar] = (hal_pci_bar){
            .start = start,
            .size = end - start + 1,
            .flags = (flags & RESOURCE_IO ? HAL_PCI_IO_PORTS : 0u) |
                     (flags & RESOURCE_PREFETCH ? HAL_PCI_PREFETCHABLE : 0u) |
                     (combines(function->folder, bar) ? HAL_PCI_COMBINES : 0u),
        };
    }
    fclose(file);
    return 0;
}

/* Its device of UIO: the folder uio has one folder, named like the device. */
static void find_uio(hal_pci_function *function) {
    path_text path;
    if (path_in(path, function->folder, "uio"))
        return;
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *entry = readdir(folder); entry && !function->uio[0]; entry = readdir(folder))
        if (strncmp(entry->d_name, "uio", 3) == 0 && dev_path(function->uio, "%s", entry->d_name))
            function->uio[0] = '\0';
    closedir(folder);
}

static void find_driver(hal_pci_function *function) {
    char group[32];
    read_link_name(function->folder, "driver", function->driver, sizeof function->driver);
    find_uio(function);
    if (read_link_name(function->folder, "iommu_group", group, sizeof group) == 0)
        function->iommu_group = atoi(group);
    if (strcmp(function->driver, "vfio-pci") == 0)
        function->way = HAL_PCI_VFIO;
    else if (function->uio[0])
        function->way = HAL_PCI_UIO;
}

int function_read(const struct chosen *chosen, hal_pci_function *function) {
    *function = (hal_pci_function){.iommu_group = -1};
    memcpy(function->address, chosen->address, sizeof function->address);
    if (chosen->size) {
        read_window(chosen, function);
        return 0;
    }
    int code = folder_of(chosen, function->folder);
    uint64_t vendor = code ? UINT64_MAX : read_number(function->folder, "vendor", UINT64_MAX);
    if (code || vendor == UINT64_MAX || read_bars(function))
        return say(-ENODEV, "PCI function %s is not there: it was removed, or unplugged", chosen->address);
    function->vendor = (uint16_t)vendor;
    function->device = (uint16_t)read_number(function->folder, "device", 0);
    function->subsystem_vendor = (uint16_t)read_number(function->folder, "subsystem_vendor", 0);
    function->subsystem_device = (uint16_t)read_number(function->folder, "subsystem_device", 0);
    function->class_code = (uint32_t)read_number(function->folder, "class", 0);
    find_driver(function);
    return 0;
}

int slot_function(int slot, hal_pci_function *function) {
    const struct chosen *chosen = NULL;
    int code = chosen_slot(slot, &chosen);
    return code ? code : function_read(chosen, function);
}

/* The folder's own number: sysfs gives a new one to what is added again. */
uint64_t function_incarnation(const struct chosen *chosen) {
    path_text folder;
    struct stat found;
    if (chosen->size)
        return 1;
    return folder_of(chosen, folder) == 0 && stat(folder, &found) == 0 ? (uint64_t)found.st_ino : 0;
}

/* 0 where it can't be read: nothing is known then. */
static int read_config(const char *folder, uint8_t head[CONFIG_HEAD]) {
    path_text path;
    if (path_in(path, folder, "config"))
        return 0;
    int opened = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = opened < 0 ? 0 : read(opened, head, CONFIG_HEAD);
    if (opened >= 0)
        close(opened);
    return length == CONFIG_HEAD;
}

int function_enable(const hal_pci_function *function) {
    path_text path;
    uint8_t head[CONFIG_HEAD];
    if (!function->folder[0] || !read_config(function->folder, head) || (head[CONFIG_COMMAND] & COMMAND_MEMORY))
        return 0;
    if (path_in(path, function->folder, "enable"))
        return -ENAMETOOLONG;
    int code = write_word(path, "1");
    return code == 0 ? 0
                     : say(code, "PCI function %s is disabled, and this user may not enable it; as root: echo 1 > %s",
                           function->address, path);
}
