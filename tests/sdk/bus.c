/* A PCI bus of files below a library, preloaded: /sys/bus/pci is a folder of the test's. Writing to `remove` and
 * `rescan` has its effect, and who is no root may do what the files' bits for others allow. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "firmware.h"

#define SYSTEM "/sys/bus/pci"
#define APPLICATION "0000:34:00.0"

static void *next(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

/* Calls the library's own function of that name. */
#define REAL(type, name) ((type)next(name))

static const char *root(void) {
    return getenv("HAL_TEST_BUS");
}

const char *bus_place(const char *path, char room[BUS_MAX]) {
    if (!path || !root() || strncmp(path, SYSTEM, strlen(SYSTEM)) != 0)
        return path;
    snprintf(room, BUS_MAX, "%s/bus/pci%s", root(), path + strlen(SYSTEM));
    return room;
}

struct firmware *firmware_page(void) {
    static struct firmware *page;
    if (page || !root())
        return page;
    char path[BUS_MAX];
    snprintf(path, sizeof path, "%s/firmware", root());
    int file = REAL(int (*)(const char *, int, ...), "open")(path, O_RDWR);
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (mapped != MAP_FAILED)
        page = mapped;
    return page;
}

/* ---- What the files do ---- */

static bool may(const char *place, int mode) {
    struct stat facts;
    if (!getenv("HAL_TEST_BUS_USER") || stat(place, &facts) != 0)
        return true;
    int wanted = (mode & O_ACCMODE) == O_RDONLY   ? S_IROTH
                 : (mode & O_ACCMODE) == O_WRONLY ? S_IWOTH
                                                  : S_IROTH | S_IWOTH;
    return (facts.st_mode & wanted) == (mode_t)wanted;
}

static bool ends_with(const char *path, const char *end) {
    size_t length = strlen(path), own = strlen(end);
    return length >= own && strcmp(path + length - own, end) == 0;
}

static void write_id(const char *name, unsigned value) {
    char path[BUS_MAX];
    snprintf(path, sizeof path, "%s/bus/pci/devices/" APPLICATION "/%s", root(), name);
    FILE *file = REAL(FILE * (*)(const char *, const char *), "fopen")(path, "w");
    if (!file)
        return;
    fprintf(file, "0x%04x\n", value);
    fclose(file);
}

static void move_application(bool away) {
    char here[BUS_MAX], there[BUS_MAX];
    snprintf(here, sizeof here, "%s/bus/pci/devices/" APPLICATION, root());
    snprintf(there, sizeof there, "%s/removed", root());
    if (away)
        rename(here, there);
    else
        rename(there, here);
}

static void act_on(const char *place) {
    struct firmware *page = firmware_page();
    if (!page)
        return;
    if (ends_with(place, APPLICATION "/remove")) {
        move_application(true);
    } else if (ends_with(place, "/bus/pci/rescan")) {
        struct stat facts;
        char gone[BUS_MAX];
        snprintf(gone, sizeof gone, "%s/removed", root());
        if (stat(gone, &facts) != 0)
            return; /* what is there keeps its ids */
        move_application(false);
        firmware_advance(page);
        page->shown = page->loaded;
        page->rescans++;
        write_id("vendor", page->shown.ids.vendor_id);
        write_id("device", page->shown.ids.device_id);
        write_id("subsystem_vendor", page->shown.ids.svid);
        write_id("subsystem_device", page->shown.ids.ssid);
        firmware_rescanned(page);
    }
}

/* ---- The functions that take paths ---- */

static int open_by(const char *name, const char *path, int flags, mode_t mode) {
    char room[BUS_MAX];
    const char *place = bus_place(path, room);
    if (place == room && !may(place, flags)) {
        errno = EACCES;
        return -1;
    }
    int file = REAL(int (*)(const char *, int, ...), name)(place, flags, mode);
    if (file >= 0 && place == room && (flags & O_ACCMODE) == O_WRONLY)
        act_on(place);
    return file;
}

static mode_t mode_of(int flags, va_list more) {
    return flags & O_CREAT ? va_arg(more, mode_t) : 0;
}

#define OPENS(name)                               \
    int name(const char *path, int flags, ...) {  \
        va_list more;                             \
        va_start(more, flags);                    \
        mode_t mode = mode_of(flags, more);       \
        va_end(more);                             \
        return open_by(#name, path, flags, mode); \
    }

/* Those of one signature that only look. */
#define LOOKS(result, name, parameters, ...)                   \
    result name parameters {                                   \
        char room[BUS_MAX];                                    \
        path = bus_place(path, room);                          \
        return REAL(result(*) parameters, #name)(__VA_ARGS__); \
    }

OPENS(open)
OPENS(open64)
LOOKS(FILE *, fopen, (const char *path, const char *mode), path, mode)
LOOKS(FILE *, fopen64, (const char *path, const char *mode), path, mode)
LOOKS(DIR *, opendir, (const char *path), path)
LOOKS(int, stat, (const char *path, struct stat *facts), path, facts)
LOOKS(int, stat64, (const char *path, struct stat64 *facts), path, facts)
LOOKS(int, lstat64, (const char *path, struct stat64 *facts), path, facts)
LOOKS(ssize_t, readlink, (const char *path, char *buffer, size_t size), path, buffer, size)

int access(const char *path, int mode) {
    char room[BUS_MAX];
    const char *place = bus_place(path, room);
    int flags = mode & W_OK ? (mode & R_OK ? O_RDWR : O_WRONLY) : O_RDONLY;
    if (place == room && !may(place, flags)) {
        errno = EACCES;
        return -1;
    }
    return REAL(int (*)(const char *, int), "access")(place, mode);
}

/* What a library of C waits is shorter by this much, so that tests are. */
static double pace(void) {
    const char *text = getenv("HAL_TEST_BUS_PACE");
    return text ? atof(text) : 1.0;
}

int usleep(useconds_t microseconds) {
    return REAL(int (*)(useconds_t), "usleep")((useconds_t)(microseconds * pace()));
}

int nanosleep(const struct timespec *wanted, struct timespec *left) {
    double seconds = ((double)wanted->tv_sec + (double)wanted->tv_nsec * 1e-9) * pace();
    struct timespec shorter = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    return REAL(int (*)(const struct timespec *, struct timespec *), "nanosleep")(&shorter, left);
}
