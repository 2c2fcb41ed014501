/* Functions that vfio-pci is bound to: group, container and device, opened once in a process, and given back when the
 * kernel asks for them, so that an unbind or an unplug does not wait for this process. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "map/map.h"

struct vfio_group {
    int users, number, file, container;
};

/* gone: the kernel has asked for it; its device's number is another file then. */
struct vfio_function {
    int users, device, request;
    bool gone;
    char address[HAL_PCI_NAME_MAX];
    struct vfio_group *group;
};

static struct vfio_group groups[VFIO_MAX];
static struct vfio_function functions[VFIO_MAX];

/* ---- groups ---- */

static void close_file(int *file) {
    if (*file >= 0)
        close(*file);
    *file = -1;
}

static void close_group(struct vfio_group *group) {
    if (--group->users > 0)
        return;
    close_file(&group->file);
    close_file(&group->container);
}

static int fill_group(struct vfio_group *group, const char *path) {
    struct vfio_group_status status = {.argsz = sizeof status};
    if (ioctl(group->file, VFIO_GROUP_GET_STATUS, &status))
        return say(-errno, "%s does not tell its state: %s", path, strerror(errno));
    if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
        return say(-EPERM,
                   "%s can't be used: a driver other than vfio-pci is bound to another function of its IOMMU group",
                   path);
    if (ioctl(group->file, VFIO_GROUP_SET_CONTAINER, &group->container) ||
        ioctl(group->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
        return say(-errno, "%s can't be put behind the IOMMU: %s", path, strerror(errno));
    return 0;
}

static int open_group(struct vfio_group *group, int number) {
    path_text path, container;
    int code = dev_path(path, "vfio/%d", number);
    if (!code)
        code = dev_path(container, "vfio/vfio");
    if (code)
        return code;
    *group = (struct vfio_group){.number = number, .file = open(path, O_RDWR | O_CLOEXEC), .container = -1};
    if (group->file < 0 && errno == EBUSY)
        return say(-EBUSY, "%s is open in another process, and only one at a time can have it", path);
    if (group->file < 0)
        return say(-errno, "%s can't be opened: %s; run as root, or let this user's group read and write it", path,
                   strerror(errno));
    group->container = open(container, O_RDWR | O_CLOEXEC);
    code = group->container < 0 ? say(-errno, "%s can't be opened: %s", container, strerror(errno))
                                : fill_group(group, path);
    if (code) {
        close(group->file);
        if (group->container >= 0)
            close(group->container);
    }
    return code;
}

static int hold_group(int number, struct vfio_group **held) {
    struct vfio_group *unused = NULL;
    for (int i = 0; i < VFIO_MAX; i++) {
        if (groups[i].users && groups[i].number == number) {
            groups[i].users++;
            *held = &groups[i];
            return 0;
        }
        if (!groups[i].users && !unused)
            unused = &groups[i];
    }
    int code = unused ? open_group(unused, number) : -EMFILE;
    if (!code) {
        unused->users = 1;
        *held = unused;
    }
    return code;
}

/* ---- what the kernel asks for ---- */

/* All ones where it was mapped, and another file under its device's number, so that whoever kept it meets an error
 * and never a stranger's file. */
static void hand_over(struct vfio_function *function) {
    for (int i = 0; i < MAPPINGS_MAX; i++)
        if (mappings[i].users && mappings[i].vfio == function)
            guard_replace(&mappings[i]);
    function->gone = true;
    dup3(guard_file(), function->device, O_CLOEXEC);
}

void vfio_forget(void) {
    for (int i = 0; i < MAPPINGS_MAX; i++)
        if (mappings[i].users && mappings[i].vfio)
            guard_replace(&mappings[i]);
    for (int i = 0; i < VFIO_MAX; i++) {
        functions[i].gone = true;
        if (functions[i].users) {
            close_file(&functions[i].device);
            close_file(&functions[i].request);
        }
        if (groups[i].users) {
            close_file(&groups[i].file);
            close_file(&groups[i].container);
            groups[i].number = -1;
        }
    }
}

nfds_t vfio_requests(struct pollfd *files) {
    nfds_t used = 0;
    for (int i = 0; i < VFIO_MAX; i++)
        if (functions[i].users && !functions[i].gone)
            files[used++] = (struct pollfd){.fd = functions[i].request, .events = POLLIN};
    return used;
}

/* One that was drawn back reads as nothing. */
void vfio_answer_requests(void) {
    uint64_t count;
    for (int i = 0; i < VFIO_MAX; i++)
        if (functions[i].users && !functions[i].gone &&
            read(functions[i].request, &count, sizeof count) == sizeof count)
            hand_over(&functions[i]);
}

/* Has the kernel ask by an eventfd. Where it can't, an unbind waits until the last BAR is detached. */
static void ask_to_be_asked(struct vfio_function *function) {
    struct {
        struct vfio_irq_set head;
        int32_t file;
    } wanted = {
        .head = {.argsz = sizeof wanted,
                 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                 .index = VFIO_PCI_REQ_IRQ_INDEX,
                 .count = 1},
        .file = function->request,
    };
    ioctl(function->device, VFIO_DEVICE_SET_IRQS, &wanted);
}

/* ---- functions ---- */

static int open_function(struct vfio_function *function, const hal_pci_function *told) {
    *function = (struct vfio_function){.device = -1};
    function->request = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int code = function->request < 0 ? -errno : hold_group(told->iommu_group, &function->group);
    if (code) {
        close(function->request);
        return code;
    }
    memcpy(function->address, told->address, sizeof function->address);
    function->device = ioctl(function->group->file, VFIO_GROUP_GET_DEVICE_FD, function->address);
    if (function->device >= 0)
        return 0;
    code = say(-errno, "VFIO does not give %s: %s", function->address, strerror(errno));
    close_group(function->group);
    close(function->request);
    return code;
}

int vfio_hold(const hal_pci_function *told, struct vfio_function **held) {
    struct vfio_function *unused = NULL;
    for (int i = 0; i < VFIO_MAX; i++) {
        struct vfio_function *one = &functions[i];
        if (one->users && !one->gone && strcmp(one->address, told->address) == 0) {
            one->users++;
            *held = one;
            return 0;
        }
        if (!one->users && !unused)
            unused = one;
    }
    int code = unused ? open_function(unused, told) : -EMFILE;
    if (code)
        return code;
    unused->users = 1;
    ask_to_be_asked(unused);
    *held = unused;
    return 0;
}

void vfio_drop(struct vfio_function *held) {
    if (!held || --held->users > 0)
        return;
    close_file(&held->device);
    close_file(&held->request);
    close_group(held->group);
}

int vfio_source(struct vfio_function *held, int bar, struct source *source) {
    struct vfio_region_info region = {.argsz = sizeof region, .index = (uint32_t)bar};
    if (ioctl(held->device, VFIO_DEVICE_GET_REGION_INFO, &region))
        return say(-errno, "VFIO does not tell where BAR %d of %s is: %s", bar, held->address, strerror(errno));
    if (!(region.flags & VFIO_REGION_INFO_FLAG_MMAP))
        return say(-EOPNOTSUPP, "VFIO does not let BAR %d of %s be mapped: it shares a page with something else", bar,
                   held->address);
    *source = (struct source){.file = held->device, .offset = region.offset};
    return 0;
}

int vfio_files(const char *address, int *container, int *device) {
    for (int i = 0; i < VFIO_MAX; i++) {
        if (functions[i].users && !functions[i].gone && strcmp(functions[i].address, address) == 0) {
            *container = functions[i].group->container;
            *device = functions[i].device;
            return 0;
        }
    }
    return say(-ENODEV, "no BAR of %s is attached through VFIO", address);
}
