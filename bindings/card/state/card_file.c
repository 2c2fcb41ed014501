/* A card's mapping: where everything lies, and how space is kept for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/state.h"

static void fill_views(struct card *card, int slot_id) {
    struct tables tables = card_tables(card, slot_id);
    struct slot_state *slot = card_slot(card, slot_id);
    uint8_t *block = card->base + SLOTS_OFFSET + (uint64_t)slot_id * SLOT_BYTES;
    for (enum bar_index i = 0; i < BAR_COUNT; i++) {
        const struct bar_shape *shape = &bar_shapes[i];
        card->views[slot_id][i] = (struct bar_view){.gate = &slot->gate[i],
                                                    .regions = tables.regions + shape->regions,
                                                    .region_tables = tables.region_tables,
                                                    .page_tables = tables.page_tables,
                                                    .classes = tables.classes,
                                                    .storage = shape->storage ? block + shape->storage : NULL,
                                                    .once = shape->once ? block + shape->once : NULL,
                                                    .behind = shape->behind ? block + shape->behind : NULL,
                                                    .size = shape->size,
                                                    .slot = slot,
                                                    .shape = shape,
                                                    .index = i,
                                                    .slot_id = slot_id};
    }
}

/* Of a file, around what is read first. Tables and registers stand alone in gigabytes; memory is read in a row. */
static void read_nothing_ahead(const struct card *card) {
    madvise(card->base, SLOTS_OFFSET, MADV_RANDOM);
    for (uint32_t i = 0; i < card->slots; i++)
        madvise(card_slot(card, (int)i), SLOT_STORAGE_APP4, MADV_RANDOM);
}

static int open_private(uint32_t slots, struct message message) {
    int fd = memfd_create("hal-card", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return fail(message, -errno, "cannot create a private card: %s", strerror(errno));
    int code = card_format(fd, slots, false);
    if (code) {
        close(fd);
        return fail(message, code, "cannot create a private card of %u slots: %s", slots, strerror(-code));
    }
    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL); /* nobody cuts it short */
    return fd;
}

int card_map(const char *name, uint32_t slots, struct card *card, struct message message) {
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
    card->base = mmap(NULL, card->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, card->fd, 0);
    if (card->base == MAP_FAILED) {
        int reason = errno;
        close(card->fd);
        return fail(message, -reason,
                    "cannot map %llu GiB of address space for the card: %s; raise the limit "
                    "(ulimit -v) or use fewer slots",
                    (unsigned long long)(card->size >> 30), strerror(reason));
    }
    if (card->named)
        card_guard(card->base, card->size);
    /* Sparse by nature: huge pages would fill it, and core dumps must not carry it. */
    madvise(card->base, card->size, MADV_NOHUGEPAGE);
    madvise(card->base, card->size, MADV_DONTDUMP);
    snprintf(card->name, sizeof(card->name), "%s", name);
    card->header = (struct card_header *)(void *)card->base;
    if (card->named)
        read_nothing_ahead(card);
    for (uint32_t i = 0; i < card->slots; i++)
        fill_views(card, (int)i);
    return 0;
}

struct slot_state *card_slot(const struct card *card, int slot_id) {
    uint8_t *block = card->base + SLOTS_OFFSET + (uint64_t)slot_id * SLOT_BYTES;
    return (struct slot_state *)(void *)block;
}

struct tables card_tables(const struct card *card, int slot_id) {
    uint8_t *block = card->base + SLOTS_OFFSET + (uint64_t)slot_id * SLOT_BYTES;
    return (struct tables){.regions = (_Atomic uint64_t *)(void *)(block + SLOT_REGIONS),
                           .region_tables = (_Atomic uint32_t *)(void *)(block + SLOT_REGION_TABLES),
                           .page_tables = (_Atomic uint32_t *)(void *)(block + SLOT_PAGE_TABLES),
                           .classes = (struct word_class *)(void *)(block + SLOT_CLASSES)};
}

int card_reserve(const struct card *card, const void *start, uint64_t length) {
    if (!card->named)
        return 0;
    /* Pages that exist when the disk fills up never raise SIGBUS. A file that was cut short stays so: grown again it
     * would pass for a card that holds zeros. */
    off_t offset = (const uint8_t *)start - card->base;
    if (fallocate(card->fd, FALLOC_FL_KEEP_SIZE, offset, (off_t)length) == 0)
        return card_whole();
    struct stat found;
    if (errno != EOPNOTSUPP)
        return -errno;
    if (fstat(card->fd, &found) != 0 || (uint64_t)found.st_size < card->size)
        return -EIO;
    return -posix_fallocate(card->fd, offset, (off_t)length);
}

int card_discard(const struct card *card, void *start, uint64_t length) {
    off_t offset = (uint8_t *)start - card->base;
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(card->fd, mode, offset, (off_t)length) == 0 ? 0 : -errno;
}

socklen_t card_socket_name(const struct card *card, const char *kind, int slot_id, uint64_t id,
                           struct sockaddr_un *name) {
    char text[sizeof(name->sun_path)], uuid[33];
    for (int i = 0; i < 16; i++)
        snprintf(uuid + 2 * i, 3, "%02x", card->header->uuid[i]);
    int length = snprintf(text, sizeof(text), "hal-%s-%s-%d-%llx", kind, uuid, slot_id, (unsigned long long)id);
    memset(name, 0, sizeof(*name));
    name->sun_family = AF_UNIX;
    memcpy(name->sun_path + 1, text, (size_t)length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}
