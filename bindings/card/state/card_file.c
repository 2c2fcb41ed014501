/* The card of this process: its mapping, its locks, and its time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "card.h"

const struct bar_shape bar_shapes[BAR_COUNT] = {
    [BAR_APP0] = {FPGA_APP_PF, 0, MIB(64), BAR_DESIGN, BUS_OCL, false, SLOT_STORAGE_APP0,
                  SLOT_ONCE_APP0, 0},
    [BAR_APP2] = {FPGA_APP_PF, 2, KIB(64), BAR_SHELL_MEMORY, BUS_NONE, false, SLOT_STORAGE_APP2, 0,
                  32},
    [BAR_APP4] = {FPGA_APP_PF, 4, GIB(128), BAR_DESIGN, BUS_PCIS, true, SLOT_STORAGE_APP4,
                  SLOT_ONCE_APP4, 33},
    [BAR_MGMT0] = {FPGA_MGMT_PF, 0, KIB(16), BAR_MAILBOX, BUS_NONE, false, 0, 0, 65569},
    [BAR_MGMT2] = {FPGA_MGMT_PF, 2, KIB(16), BAR_JTAG, BUS_NONE, false, 0, 0, 65570},
    [BAR_MGMT4] = {FPGA_MGMT_PF, 4, MIB(4), BAR_DESIGN, BUS_SDA, false, SLOT_STORAGE_MGMT4,
                   SLOT_ONCE_MGMT4, 65571},
};

static pthread_mutex_t open_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct card opened;
static _Atomic bool is_open;

int fail(struct message message, int code, const char *format, ...)
{
    if (message.text && message.size > 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(message.text, message.size, format, arguments);
        va_end(arguments);
    }
    return code;
}

static void fill_views(struct card *card, int slot_id)
{
    struct tables tables = card_tables(card, slot_id);
    struct slot_state *slot = card_slot(card, slot_id);
    uint8_t *block = card->base + SLOTS_OFFSET + (uint64_t)slot_id * SLOT_BYTES;
    for (enum bar_index i = 0; i < BAR_COUNT; i++) {
        const struct bar_shape *shape = &bar_shapes[i];
        card->views[slot_id][i] = (struct bar_view){
            .gate = &slot->gate[i],
            .regions = tables.regions + shape->regions,
            .region_tables = tables.region_tables,
            .page_tables = tables.page_tables,
            .classes = tables.classes,
            .storage = shape->storage ? block + shape->storage : NULL,
            .once = shape->once ? block + shape->once : NULL,
            .size = shape->size,
            .slot = slot,
            .shape = shape,
            .index = i,
            .slot_id = slot_id};
    }
}

static int open_private(uint32_t slots, struct message message)
{
    int fd = memfd_create("hal-card", MFD_CLOEXEC);
    if (fd < 0)
        return fail(message, -errno, "cannot create a private card: %s", strerror(errno));
    int status = card_format(fd, slots, false);
    if (status) {
        close(fd);
        return fail(message, status, "cannot create a private card of %u slots: %s", slots,
                    strerror(-status));
    }
    return fd;
}

int card_map(const char *name, uint32_t slots, struct card *card, struct message message)
{
    *card = (struct card){.named = name[0] != '\0'};
    card->fd = card->named ? shared_file_open(name, slots, card->path, sizeof(card->path), message)
                           : open_private(slots, message);
    if (card->fd < 0)
        return card->fd;
    struct card_header header;
    ssize_t got = pread(card->fd, &header, sizeof(header), 0);
    if (got != (ssize_t)sizeof(header) || header.slots < 1 || header.slots > FPGA_SLOT_MAX) {
        close(card->fd);
        return fail(message, -EINVAL, "%s is not a card: remove it", card->path);
    }
    card->slots = header.slots;
    card->size = card_file_size(header.slots);
    card->base = mmap(NULL, card->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                      card->fd, 0);
    if (card->base == MAP_FAILED) {
        int code = errno;
        close(card->fd);
        return fail(message, -code,
                    "cannot map %llu GiB of address space for the card: %s; raise the limit "
                    "(ulimit -v) or use fewer slots",
                    (unsigned long long)(card->size >> 30), strerror(code));
    }
    /* Sparse by nature: huge pages would fill it, and core dumps must not carry it. */
    madvise(card->base, card->size, MADV_NOHUGEPAGE);
    madvise(card->base, card->size, MADV_DONTDUMP);
    snprintf(card->name, sizeof(card->name), "%s", name);
    card->header = (struct card_header *)(void *)card->base;
    for (uint32_t i = 0; i < card->slots; i++)
        fill_views(card, (int)i);
    return 0;
}

static int environment_slots(uint32_t *slots, struct message message)
{
    const char *text = getenv("HAL_EMULATOR_SLOTS");
    *slots = 1;
    if (!text || !*text)
        return 0;
    if (text[0] < '1' || text[0] > '8' || text[1] != '\0')
        return fail(message, -EINVAL, "HAL_EMULATOR_SLOTS is '%.32s': give a number from 1 to 8",
                    text);
    *slots = (uint32_t)(text[0] - '0');
    return 0;
}

/* With open_mutex held. */
static int open_card(const char *name, uint32_t slots, struct message message)
{
    if (!name)
        name = "";
    if (*name && !card_name_is_valid(name))
        return fail(message, -EINVAL,
                    "'%.80s' is no name for a card: use 1 to 64 letters, digits, _ and -", name);
    if (slots > FPGA_SLOT_MAX)
        return fail(message, -EINVAL, "a card has 1 to %d slots, not %u", FPGA_SLOT_MAX, slots);
    if (slots == 0) {
        int status = environment_slots(&slots, message);
        if (status)
            return status;
    }
    int status = card_map(name, slots, &opened, message);
    if (status)
        return status;
    catalogue_install_shipped(&opened);
    atomic_store_explicit(&is_open, true, memory_order_release);
    return 0;
}

/* The SDK's functions return a code only: the reason goes to the standard error, once. */
static int open_for_sdk(void)
{
    static bool told;
    char error[512] = "";
    int status = open_card(getenv("HAL_EMULATOR"), 0, (struct message){error, sizeof(error)});
    if (status && !told)
        fprintf(stderr, "hal card: %s\n", error);
    told |= status != 0;
    return status;
}

int card_get(struct card **card, struct message message)
{
    *card = &opened;
    if (atomic_load_explicit(&is_open, memory_order_acquire))
        return 0;
    pthread_mutex_lock(&open_mutex);
    int status = 0;
    if (!atomic_load_explicit(&is_open, memory_order_relaxed))
        status = message.text ? open_card(getenv("HAL_EMULATOR"), 0, message) : open_for_sdk();
    pthread_mutex_unlock(&open_mutex);
    return status;
}

int card_use(const char *name, uint32_t slots, struct message message)
{
    int status = 0;
    pthread_mutex_lock(&open_mutex);
    if (!atomic_load_explicit(&is_open, memory_order_relaxed))
        status = open_card(name, slots, message);
    else if (strcmp(opened.name, name ? name : "") != 0)
        status = fail(message, -EBUSY,
                      "this process already uses %s%s: choose the card before its first use",
                      opened.named ? "the card " : "a private card", opened.name);
    pthread_mutex_unlock(&open_mutex);
    return status;
}

struct slot_state *card_slot(const struct card *card, int slot_id)
{
    uint8_t *block = card->base + SLOTS_OFFSET + (uint64_t)slot_id * SLOT_BYTES;
    return (struct slot_state *)(void *)block;
}

struct tables card_tables(const struct card *card, int slot_id)
{
    uint8_t *block = card->base + SLOTS_OFFSET + (uint64_t)slot_id * SLOT_BYTES;
    return (struct tables){
        .regions = (_Atomic uint64_t *)(void *)(block + SLOT_REGIONS),
        .region_tables = (_Atomic uint32_t *)(void *)(block + SLOT_REGION_TABLES),
        .page_tables = (_Atomic uint32_t *)(void *)(block + SLOT_PAGE_TABLES),
        .classes = (struct word_class *)(void *)(block + SLOT_CLASSES)};
}

int card_find_slot(int slot_id, struct card **card, struct slot_state **slot)
{
    if (slot_id < 0 || slot_id >= FPGA_SLOT_MAX)
        return -EINVAL;
    int status = card_get(card, (struct message){0});
    if (status)
        return status;
    if ((uint32_t)slot_id >= (*card)->slots)
        return -ENOENT;
    *slot = card_slot(*card, slot_id);
    return 0;
}

int card_reserve(const struct card *card, const void *start, uint64_t length)
{
    if (!card->named)
        return 0;
    /* Pages that exist when the disk fills up never raise SIGBUS. */
    return -posix_fallocate(card->fd, (const uint8_t *)start - card->base, (off_t)length);
}

int card_discard(const struct card *card, void *start, uint64_t length)
{
    off_t offset = (uint8_t *)start - card->base;
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(card->fd, mode, offset, (off_t)length) == 0 ? 0 : -errno;
}

/* ---- Locks ---- */

static _Atomic uint64_t lock_timeout_ms = 5000;

void card_set_lock_timeout(uint64_t milliseconds)
{
    atomic_store(&lock_timeout_ms, milliseconds);
}

int card_lock(pthread_mutex_t *mutex)
{
    int status = pthread_mutex_trylock(mutex);
    if (status == EBUSY) {
        uint64_t wait = atomic_load(&lock_timeout_ms);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        uint64_t nanoseconds = (uint64_t)until.tv_nsec + wait % 1000 * 1000000;
        until.tv_sec += (time_t)(wait / 1000 + nanoseconds / 1000000000);
        until.tv_nsec = (long)(nanoseconds % 1000000000);
        status = pthread_mutex_timedlock(mutex, &until);
    }
    if (status == EOWNERDEAD)
        status = pthread_mutex_consistent(mutex);
    return status ? -ETIMEDOUT : 0;
}

void card_unlock(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
}

/* ---- Time ---- */

uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t card_time_ns(double seconds)
{
    const char *text = getenv("HAL_CARD_TIME_SCALE");
    double scale = 1.0;
    if (text && *text) {
        char *end;
        double given = strtod(text, &end);
        if (*end == '\0' && given >= 0.0 && given <= 1000.0)
            scale = given;
    }
    return (uint64_t)(seconds * scale * 1e9);
}

bool time_is_over(uint64_t start_ns, uint64_t duration_ns)
{
    uint64_t now = clock_ns();
    /* A clock before the start belongs to a later boot of the machine. */
    return now < start_ns || now - start_ns >= duration_ns;
}
