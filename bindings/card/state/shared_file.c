/* The file behind a card: found or created by name, formatted, and never trusted blindly. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "state/state.h"

bool card_name_is_valid(const char *name) {
    size_t length = strnlen(name, 65);
    if (length < 1 || length > 64)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isascii((unsigned char)name[i]) || !(isalnum((unsigned char)name[i]) || name[i] == '_' || name[i] == '-'))
            return false;
    return true;
}

uint64_t card_file_size(uint32_t slots) {
    return SLOTS_OFFSET + slots * SLOT_BYTES;
}

static uint64_t state_sizes(void) {
    return (uint64_t)sizeof(struct slot_state) << 32 | sizeof(struct card_header) << 8 | sizeof(pthread_mutex_t);
}

static void read_boot_id(char boot_id[40]) {
    memset(boot_id, 0, 40);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (read(fd, boot_id, 36) != 36)
        memset(boot_id, 0, 40);
    close(fd);
}

static int init_mutex(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    int code = pthread_mutexattr_init(&attributes);
    if (code)
        return -code;
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    memset(mutex, 0, sizeof(*mutex));
    code = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return -code;
}

static void fill_uuid(uint8_t uuid[16]) {
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, uuid, 16);
    if (fd >= 0)
        close(fd);
    if (got != 16) {
        uint64_t seed[2] = {clock_ns(), (uint64_t)getpid()};
        memcpy(uuid, seed, 16);
    }
    uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x40);
    uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80);
}

static uint64_t slot_offset(uint32_t slot) {
    return SLOTS_OFFSET + slot * SLOT_BYTES;
}

/* What every access may touch before anything was written. */
static int reserve_fixed(int fd, uint32_t slots) {
    int code = posix_fallocate(fd, 0, KIB(4));
    for (int bank = 0; bank < 2 && !code; bank++)
        code = posix_fallocate(fd, (off_t)(BANKS_OFFSET + (uint64_t)bank * BANK_BYTES), sizeof(struct catalogue_bank));
    for (uint32_t slot = 0; slot < slots && !code; slot++) {
        off_t block = (off_t)slot_offset(slot);
        code = posix_fallocate(fd, block, KIB(64));
        if (!code)
            code = posix_fallocate(fd, block + (off_t)SLOT_REGIONS, MIB(1));
        if (!code)
            code = posix_fallocate(fd, block + (off_t)SLOT_REGION_TABLES, KIB(4));
        if (!code)
            code = posix_fallocate(fd, block + (off_t)SLOT_PAGE_TABLES, KIB(16));
    }
    return -code;
}

static int with_page(int fd, uint64_t offset, size_t size, int (*action)(void *)) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    if (memory == MAP_FAILED)
        return -errno;
    madvise(memory, size, MADV_RANDOM); /* what surrounds it is empty */
    int code = action(memory);
    munmap(memory, size);
    return code;
}

static int init_slot(void *memory) {
    struct slot_state *slot = memory;
    int code = init_mutex(&slot->mutex);
    if (!code)
        code = init_mutex(&slot->served.holder);
    if (!code)
        slot_init(slot);
    return code;
}

static int renew_slot_mutex(void *memory) {
    struct slot_state *slot = memory;
    atomic_store(&slot->served.id, 0); /* of a process before the reboot */
    slot_update_gates(slot);
    int code = init_mutex(&slot->served.holder);
    return code ? code : init_mutex(&slot->mutex);
}

static int init_header(void *memory) {
    struct card_header *header = memory;
    memcpy(header->magic, CARD_MAGIC, sizeof(header->magic));
    header->format = CARD_FORMAT;
    header->state_sizes = state_sizes();
    header->next_revision = 1;
    fill_uuid(header->uuid);
    read_boot_id(header->boot_id);
    return init_mutex(&header->mutex);
}

static int renew_header(void *memory) {
    struct card_header *header = memory;
    read_boot_id(header->boot_id);
    return init_mutex(&header->mutex);
}

static int on_each_slot(int fd, uint32_t slots, int (*action)(void *)) {
    int code = 0;
    for (uint32_t i = 0; i < slots && !code; i++)
        code = with_page(fd, slot_offset(i), KIB(64), action);
    return code;
}

int card_format(int fd, uint32_t slots, bool named) {
    uint64_t size = card_file_size(slots);
    if (ftruncate(fd, (off_t)size) != 0)
        return -errno;
    int code = named ? reserve_fixed(fd, slots) : 0;
    if (!code)
        code = with_page(fd, 0, KIB(4), init_header);
    if (!code)
        code = on_each_slot(fd, slots, init_slot);
    if (!code && pwrite(fd, &slots, sizeof(slots), offsetof(struct card_header, slots)) < 0)
        code = -errno;
    if (!code && pwrite(fd, &size, sizeof(size), offsetof(struct card_header, size)) < 0)
        code = -errno;
    return code;
}

/* ---- The folder ---- */

static int default_directory(char *path, size_t size) {
    const char *given = getenv("HAL_EMULATOR_DIR");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int length;
    if (given && *given)
        length = snprintf(path, size, "%s", given);
    else if (runtime && *runtime)
        length = snprintf(path, size, "%s/hal-cards", runtime);
    else
        length = snprintf(path, size, "/tmp/hal-cards-%lu", (unsigned long)geteuid());
    return length > 0 && (size_t)length < size ? 0 : -ENAMETOOLONG;
}

/* Who makes a card makes its folder, too. */
static int open_directory(const char *path, bool make, struct message message) {
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail(message, -errno, "cannot create the folder of cards %s: %s", path, strerror(errno));
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !make)
        return -ENOENT;
    if (fd < 0)
        return fail(message, -errno,
                    "cannot open the folder of cards %s: %s; it must be a folder "
                    "and no link (or set HAL_EMULATOR_DIR)",
                    path, strerror(errno));
    struct stat found;
    if (fstat(fd, &found) != 0 || found.st_uid != geteuid() || (found.st_mode & 022)) {
        close(fd);
        return fail(message, -EPERM,
                    "the folder of cards %s must belong to you and be writable "
                    "by nobody else; set HAL_EMULATOR_DIR to another one",
                    path);
    }
    return fd;
}

/* ---- The file ---- */

static int check_owner(const struct stat *found, const char *path, struct message message) {
    if (S_ISREG(found->st_mode) && found->st_uid == geteuid() && !(found->st_mode & 022))
        return 0;
    return fail(message, -EPERM,
                "%s must be a plain file that belongs to you and that nobody else may write to: remove it", path);
}

/* Before anything is opened: a FIFO would wait, and opening a device may do something. */
static int check_name(int directory, const char *file, const char *path, struct message message) {
    struct stat found;
    if (fstatat(directory, file, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return check_owner(&found, path, message);
}

static int check_file(int fd, const char *path, struct message message) {
    struct stat found;
    struct card_header header;
    if (fstat(fd, &found) != 0)
        return fail(message, -errno, "cannot look at %s: %s", path, strerror(errno));
    int code = check_owner(&found, path, message);
    if (code)
        return code;
    bool whole = pread(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header);
    if (!whole || memcmp(header.magic, CARD_MAGIC, sizeof(header.magic)) != 0)
        return fail(message, -EINVAL, "%s is not a card: remove it or use another name", path);
    if (header.format != CARD_FORMAT || header.state_sizes != state_sizes())
        return fail(message, -EPROTO, "%s was made by another version: end its users and remove it", path);
    if (header.slots < 1 || header.slots > FPGA_SLOT_MAX || header.size != card_file_size(header.slots) ||
        (uint64_t)found.st_size != header.size)
        return fail(message, -EINVAL, "%s is damaged: end its users and remove it", path);
    return 0;
}

/* Locks of processes that a reboot ended were never released. */
static int renew_after_reboot(int fd) {
    struct card_header header;
    char boot_id[40];
    read_boot_id(boot_id);
    if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
        return -EIO;
    if (memcmp(header.boot_id, boot_id, sizeof(boot_id)) == 0)
        return 0;
    int code = on_each_slot(fd, header.slots, renew_slot_mutex);
    return code ? code : with_page(fd, 0, KIB(4), renew_header);
}

static int create_file(int directory, const char *file, uint32_t slots) {
    char temporary[128];
    snprintf(temporary, sizeof(temporary), ".%s.new", file);
    /* Left by a process that was killed here; the folder's lock says that nobody uses it. */
    unlinkat(directory, temporary, 0);
    int fd = openat(directory, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int code = card_format(fd, slots, true);
    if (!code && renameat(directory, temporary, directory, file) != 0)
        code = -errno;
    if (!code)
        return fd;
    unlinkat(directory, temporary, 0);
    close(fd);
    return code;
}

static int open_in_directory(int directory, const char *file, const char *path, uint32_t slots,
                             struct message message) {
    int code = check_name(directory, file, path, message);
    if (code)
        return code;
    int fd = openat(directory, file, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT && slots == 0)
        return -ENOENT;
    if (fd < 0 && errno == ENOENT) {
        fd = create_file(directory, file, slots);
        if (fd < 0)
            return fail(message, fd, "cannot create the card %s: %s", path, strerror(-fd));
        return fd;
    }
    if (fd < 0)
        return fail(message, -errno, "cannot open the card %s: %s", path, strerror(errno));
    code = check_file(fd, path, message);
    if (!code) {
        code = renew_after_reboot(fd);
        if (code)
            fail(message, code, "cannot renew the card %s: %s", path, strerror(-code));
    }
    if (!code)
        return fd;
    close(fd);
    return code;
}

/* While a card is opened: the folder's descriptor, which holds its lock. */
static int locked_directory = -1;

/* As long as the child has it open, its parent can't give the lock back. */
void shared_file_forget_in_child(void) {
    if (locked_directory >= 0)
        close(locked_directory);
    locked_directory = -1;
}

static int is_card_file(const struct dirent *entry) {
    char name[65];
    size_t length = strlen(entry->d_name);
    if (length < 6 || length > 69 || strcmp(entry->d_name + length - 5, ".card") != 0)
        return 0;
    snprintf(name, sizeof(name), "%.*s", (int)(length - 5), entry->d_name);
    return card_name_is_valid(name);
}

/* A misspelt name must not become a card of its own. */
static int tell_missing(const char *name, const char *folder, struct message message) {
    enum { NAMES_MAX = 8 };
    char known[NAMES_MAX * 68] = "";
    struct dirent **files = NULL;
    int count = scandir(folder, &files, is_card_file, alphasort);
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        if (i < NAMES_MAX)
            used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%.*s", i ? ", " : "",
                                     (int)strlen(files[i]->d_name) - 5, files[i]->d_name);
        free(files[i]);
    }
    free(files);
    return fail(message, -ENOENT, "no shared card '%s' in %s (there are: %s%s); make it with: hal emulator create %s",
                name, folder, used ? known : "none", count > NAMES_MAX ? ", ..." : "", name);
}

int shared_file_open(const char *name, uint32_t slots, char *path, size_t path_size, struct message message) {
    char folder[3900], file[80];
    int code = default_directory(folder, sizeof(folder));
    if (code)
        return fail(message, code, "the path of the folder of cards is too long");
    snprintf(file, sizeof(file), "%s.card", name);
    snprintf(path, path_size, "%s/%s", folder, file);
    int directory = open_directory(folder, slots != 0, message);
    if (directory < 0)
        return directory == -ENOENT && slots == 0 ? tell_missing(name, folder, message) : directory;
    locked_directory = directory;
    code = card_lock_file(directory);
    if (code)
        fail(message, code, "cannot lock %s: %s; another process opens a card there", folder, strerror(-code));
    else
        code = open_in_directory(directory, file, path, slots, message);
    locked_directory = -1;
    close(directory);
    return code == -ENOENT && slots == 0 ? tell_missing(name, folder, message) : code;
}
