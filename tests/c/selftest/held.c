/* What goes on while another process has the lock of a slot and was stopped: plain words and memories need none. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "selftest.h"
#include "state/layout.h"

/* A word of this width and what it has beside its place; whether it is read and written without the lock. */
static const struct {
    const char *word;
    unsigned width;
    bool reads, writes;
} words[] = {
    {"f 0 32 rw 7",                  32, true,  true },
    {"f 0 16 rw 1\nf 16 16 rw 2",    32, true,  true },
    {"f 0 8 rw 5",                   8,  true,  true },
    {"f 0 64 rw 9",                  64, true,  true },
    {"f 0 16 rw 7",                  32, true,  false}, /* the rest keeps its bits */
    {"f 0 16 rw 7",                  64, true,  false},
    {"f 0 32 ro 7",                  32, true,  false},
    {"f 0 32 wo 7",                  32, true,  true },
    {"f 0 32 w1c 7",                 32, true,  false},
    {"f 0 31 rw 0\nf 31 1 w1t 0",    32, true,  false},
    {"f 0 31 rw 0\nf 31 1 w0c 1",    32, true,  false},
    {"f 0 31 rw 0\nf 31 1 w1s 0",    32, true,  false},
    {"f 0 31 rw 0\nf 31 1 w0s 1",    32, true,  false},
    {"f 0 32 w1 7",                  32, true,  false},
    {"f 0 32 rc 7",                  32, false, false},
    {"f 0 32 rs 7",                  32, false, false},
    {"f 0 31 rw 7\nf 31 1 wrc 0",    32, false, false},
    {"f 0 31 rw 7\nf 31 1 strobe 0", 32, false, false},
};

/* The slot's state, where the card's file is mapped. */
static struct slot_state *slot_in_memory(void) {
    char line[400];
    unsigned long start = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && !start && fgets(line, sizeof(line), maps))
        if (strstr(line, "memfd:hal-card"))
            sscanf(line, "%lx", &start);
    if (maps)
        fclose(maps);
    return start ? (struct slot_state *)(start + SLOTS_OFFSET) : NULL;
}

static int read_of(int handle, uint64_t offset, unsigned width, uint64_t *value) {
    uint32_t word = 0;
    uint8_t byte = 0;
    int code = width == 64   ? fpga_pci_peek64(handle, offset, value)
               : width == 32 ? fpga_pci_peek(handle, offset, &word)
                             : fpga_pci_peek8(handle, offset, &byte);
    *value = width == 64 ? *value : width == 32 ? word : byte;
    return code;
}

static int write_of(int handle, uint64_t offset, unsigned width, uint64_t value) {
    return width == 64   ? fpga_pci_poke64(handle, offset, value)
           : width == 32 ? fpga_pci_poke(handle, offset, (uint32_t)value)
                         : fpga_pci_poke8(handle, offset, (uint8_t)value);
}

static void check_word(int handle, size_t i, uint64_t before) {
    uint64_t offset = i * 8, value = 0;
    unsigned width = words[i].width;
    int failed = failures;
    EQUAL(read_of(handle, offset, width, &value), words[i].reads ? 0 : -ETIMEDOUT);
    if (words[i].reads)
        EQUAL(value, before);
    EQUAL(write_of(handle, offset, width, 3), words[i].writes ? 0 : -ETIMEDOUT);
    if (words[i].writes) {
        EQUAL(read_of(handle, offset, width, &value), 0);
        EQUAL(value, before ? 3 : 0); /* what is written only shows nothing */
    }
    if (failures != failed)
        printf("  in the word of %u bits with %s\n", width, words[i].word);
}

void test_held_slot(void) {
    static char afi[] = "agfi-00000000000000004";
    uint64_t before[sizeof(words) / sizeof(words[0])];
    char text[4096], *at = text;
    size_t count = sizeof(words) / sizeof(words[0]);
    struct slot_state *slot = slot_in_memory();
    EQUAL(slot != NULL, 1);
    at += sprintf(at, "haldesign 1\nname held\nafi %s\nclkgen 1\nspace app 0\n", afi);
    at += sprintf(at, "mem 0x1000 0x1000 32 rw\nmem 0x2000 0x1000 32 ro\n");
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "word %zu %u\n%s\n", i * 8, words[i].width, words[i].word);
    EQUAL(install(text), 0);
    load(afi);
    uint32_t word;
    int handle = attach(FPGA_APP_PF, 0), clocks = attach(FPGA_MGMT_PF, 4);
    for (size_t i = 0; i < count; i++)
        EQUAL(read_of(handle, i * 8, words[i].width, &before[i]), 0);
    fpga_mgmt_set_cmd_timeout(1); /* times the delay: so long a lock is waited for */
    fpga_mgmt_set_cmd_delay_msec(1);
    EQUAL(pthread_mutex_lock(&slot->mutex), 0);
    for (size_t i = 0; i < count; i++)
        check_word(handle, i, before[i]);
    poke(handle, 0x1004, 0xABCD);
    EQUAL(peek(handle, 0x1004), 0xABCD);
    poke(handle, 0x2004, 0xABCD);
    EQUAL(peek(handle, 0x2004), 0);
    EQUAL(fpga_pci_peek(clocks, 0x58000, &word), -ETIMEDOUT);
    EQUAL(fpga_pci_poke(clocks, 0x58018, 1), -ETIMEDOUT);
    EQUAL(pthread_mutex_unlock(&slot->mutex), 0);
    fpga_mgmt_set_cmd_timeout(2500);
    fpga_mgmt_set_cmd_delay_msec(2);
    EQUAL(peek(clocks, 0x58018), 0);
    EQUAL(fpga_pci_detach(clocks), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

static atomic_bool is_buried;

/* As another process that has found out that the slot's model is dead, and was interrupted before it said so. */
static void *bury(void *memory) {
    struct slot_state *slot = memory;
    pthread_mutex_lock(&slot->mutex);
    pthread_mutex_lock(&slot->served.holder);
    is_buried = true;
    usleep(20000);
    slot->served.id = 0;
    pthread_mutex_unlock(&slot->served.holder);
    pthread_mutex_unlock(&slot->mutex);
    return NULL;
}

/* Of a model whose process died before the access nobody hears, whoever finds it out first. */
void test_dead_model(void) {
    struct slot_state *slot = slot_in_memory();
    pthread_t other;
    uint32_t word;
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 0);
    slot->served.pid = getpid(); /* its number is another one's now */
    slot->served.id = 7;
    EQUAL(fpga_pci_peek(handle, 0x8, &word), 0);
    EQUAL(slot->served.id, 0);
    slot->served.pid = 1;
    slot->served.id = 8;
    EQUAL(pthread_create(&other, NULL, bury, slot), 0);
    while (!is_buried)
        usleep(100);
    EQUAL(fpga_pci_peek(handle, 0x8, &word), 0);
    EQUAL(pthread_join(other, NULL), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}
