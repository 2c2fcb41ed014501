/* One access after the other: parts of words, places where nothing is, hooks that change what they look at, and what a
 * clock's registers do to the design. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selftest.h"

static char afi_bus[] = "agfi-00000000000000005";
static const char bus_design[] = "haldesign 1\nname bus\nafi agfi-00000000000000005\nclkgen 1\nload_ms 1\n"
                                 "model hbm app 0 0x40\n"
                                 "model clk_freq app 0 0x200\n"
                                 "space app 0\n"
                                 "unmapped 0x100 0x10 0x44332211\n"
                                 "word 0x0 32\nf 0 32 rw 0x11223344\n"
                                 "word 0x4 32\nf 0 32 rc 0x55667788\n"
                                 "word 0x10 32\nf 0 32 rw 0\n"
                                 "word 0x18 32\nf 0 32 wo 0\n"
                                 "word 0x1c 32\nf 0 32 rw 0\n"
                                 "word 0x20 32\nf 0 32 ro 3\n"
                                 "word 0x40 32\nf 0 1 rw 0\nf 1 2 ro 0\n"
                                 "word 0xfc 32\nf 0 32 rw 0xa0b0c0d0\n"
                                 "word 0x200 32\nf 0 1 rw 0\nf 31 1 rw 0\n"
                                 "word 0x204 32\nf 0 32 ro 0\n"
                                 "word 0x210 32 10 4\nf 0 32 ro 0\n"
                                 "mem 0x1000 0x1000 32 rw\n"
                                 "mem 0x4000 0x100 32 ro\n"
                                 "mem 0x4100 0x100 32 wo\n";

static int attach_bus(void) {
    EQUAL(install(bus_design), 0);
    load(afi_bus);
    metrics(FPGA_CMD_CLEAR_HW_METRICS);
    return attach(FPGA_APP_PF, 0);
}

/* How many accesses nobody answered since the last look, and where the last one was. */
static void check_timeouts(uint32_t count, uint64_t address) {
    struct f2_metrics_common now = metrics(FPGA_CMD_CLEAR_HW_METRICS);
    EQUAL(now.ocl_slave_timeout_count, count);
    if (count)
        EQUAL(now.ocl_slave_timeout_addr, address);
}

void test_bus_places(void) {
    uint64_t wide;
    uint8_t byte;
    int handle = attach_bus();
    for (unsigned i = 0; i < 8; i++) {
        EQUAL(fpga_pci_peek8(handle, 0x100 + i, &byte), 0);
        EQUAL(byte, 0x11 * (i % 4 + 1));
    }
    EQUAL(peek(handle, 0x102), 0x22114433);
    EQUAL(peek(handle, 0xFE), 0x2211a0b0);
    EQUAL(fpga_pci_peek64(handle, 0xFC, &wide), 0);
    EQUAL(wide, 0x44332211a0b0c0d0);
    EQUAL(fpga_pci_poke64(handle, 0xFC, 0), 0);
    EQUAL(peek(handle, 0xFC), 0);
    EQUAL(peek(handle, 0x100), 0x44332211);
    check_timeouts(0, 0);
    EQUAL(peek(handle, 0x10E), 0xFFFF4433);
    check_timeouts(1, 0x10E);
    EQUAL(fpga_pci_peek64(handle, 0x4, &wide), 0);
    EQUAL(wide, 0xFFFFFFFF55667788);
    check_timeouts(1, 0x4);
    EQUAL(fpga_pci_poke64(handle, 0x10, 0x1234), 0);
    EQUAL(peek(handle, 0x10), 0x1234);
    check_timeouts(1, 0x10);
    poke(handle, 0x3000, 1);
    poke(handle, 0x3008, 1);
    check_timeouts(2, 0x3008);
    EQUAL(fpga_pci_detach(handle), 0);
}

/* What a manual forbids of an access, once, with what it carried; not where it comes along with another word. */
void test_bus_violations(void) {
    static const struct {
        int kind, width, is_write;
        uint64_t offset, value;
    } wanted[] = {
        {HAL_CARD_UNMAPPED,   64, 0, 0x100,  0x4433221144332211},
        {HAL_CARD_UNMAPPED,   64, 1, 0x100,  0xABCDEF0123456789},
        {HAL_CARD_UNMAPPED,   32, 0, 0x3000, UINT32_MAX        },
        {HAL_CARD_UNMAPPED,   8,  1, 0x3001, 0x77              },
        {HAL_CARD_WRITE_ONLY, 32, 0, 0x18,   0                 },
        {HAL_CARD_READ_ONLY,  32, 1, 0x20,   9                 },
        {HAL_CARD_READ_ONLY,  32, 1, 0x4008, 8                 },
        {HAL_CARD_WRITE_ONLY, 32, 0, 0x4108, 0                 },
    };
    enum { COUNT = sizeof(wanted) / sizeof(wanted[0]) };
    hal_card_violation found[COUNT + 1] = {0};
    uint64_t wide;
    int handle = attach_bus(), clocks = attach(FPGA_MGMT_PF, 4);
    EQUAL(api->watch(0, COUNT + 1, NULL), 0);
    EQUAL(fpga_pci_peek64(handle, 0x100, &wide), 0);
    EQUAL(fpga_pci_poke64(handle, 0x100, UINT64_C(0xABCDEF0123456789)), 0);
    EQUAL(peek(handle, 0x3000), UINT32_MAX);
    EQUAL(fpga_pci_poke8(handle, 0x3001, 0x77), 0);
    EQUAL(peek(handle, 0x18), 0);
    EQUAL(fpga_pci_peek64(handle, 0x18, &wide), 0);
    poke(handle, 0x20, 9);
    EQUAL(fpga_pci_poke64(handle, 0x1C, UINT64_C(0x900000009)), 0);
    poke(handle, 0x4008, 8);
    EQUAL(peek(handle, 0x4108), 0);
    EQUAL(peek(handle, 0), 0x11223344); /* these are allowed */
    poke(handle, 0x1000, 5);
    EQUAL(peek(handle, 0x1000), 5);
    poke(clocks, 0x58000, 5);
    EQUAL(peek(clocks, 0x58024), 0xDEADDEC0);
    EQUAL(api->violations(0, found, COUNT + 1, NULL), COUNT);
    for (int i = 0; i < COUNT; i++) {
        EQUAL(found[i].kind, wanted[i].kind);
        EQUAL(found[i].offset, wanted[i].offset);
        EQUAL(found[i].value, wanted[i].value);
        EQUAL(found[i].width, wanted[i].width);
        EQUAL(found[i].is_write, wanted[i].is_write);
    }
    EQUAL(api->watch(0, 0, NULL), 0);
    EQUAL(fpga_pci_detach(clocks), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

/* ---- Hooks ---- */

struct heard {
    int event, count, width, code, loads, told;
    uint64_t offset, value;
};

static int listen(void *context, int event, int slot, int pf, int bar, uint64_t offset, int width, uint64_t value) {
    struct heard *heard = context;
    (void)pf, (void)bar;
    if (event > HAL_CARD_EVENT_WRITE)
        return heard->told;
    heard->count++;
    heard->event = event;
    heard->offset = offset;
    heard->width = width;
    heard->value = value;
    if (heard->loads == 1)
        EQUAL(fpga_mgmt_clear_local_image(slot), 0);
    if (heard->loads == 2)
        EQUAL(fpga_mgmt_load_local_image_sync_flags(slot, afi_bare, 0, 1000, 1, NULL), 0);
    return heard->code;
}

static void check_heard(struct heard *heard, int count, int event, uint64_t offset, int width, uint64_t value) {
    EQUAL(heard->count, count);
    EQUAL(heard->event, event);
    EQUAL(heard->offset, offset);
    EQUAL(heard->width, width);
    EQUAL(heard->value, value);
    heard->count = 0;
}

void test_bus_hooks(void) {
    struct heard heard = {0};
    uint32_t word = 0;
    uint64_t wide;
    int handle = attach_bus();
    EQUAL(api->set_hook(0, listen, &heard), 0);
    poke(handle, 0x1004, 0x1234);
    EQUAL(peek(handle, 0x1004), 0x1234);
    EQUAL(heard.count, 0);
    EQUAL(api->hook_memories(0, 1), 0);
    poke(handle, 0x1004, 0x4321);
    check_heard(&heard, 1, HAL_CARD_EVENT_WRITE, 0x1004, 32, 0x4321);
    EQUAL(peek(handle, 0x1004), 0x4321);
    check_heard(&heard, 1, HAL_CARD_EVENT_READ, 0x1004, 32, 0);
    EQUAL(fpga_pci_poke64(handle, 0x1008, UINT64_C(0x200000001)), 0);
    check_heard(&heard, 2, HAL_CARD_EVENT_WRITE, 0x100C, 32, 2);
    poke(handle, 0x2, 0xAABBCCDD);
    check_heard(&heard, 2, HAL_CARD_EVENT_WRITE, 0x4, 16, 0xAABB);
    EQUAL(fpga_pci_peek8(handle, 0x1, (uint8_t *)&word), 0);
    check_heard(&heard, 1, HAL_CARD_EVENT_READ, 0x1, 8, 0);
    heard.code = -EIO;
    EQUAL(fpga_pci_peek(handle, 0x10, &word), -EIO);
    EQUAL(fpga_pci_poke(handle, 0x10, 7), -EIO);
    EQUAL(fpga_pci_peek64(handle, 0x1000, &wide), -EIO);
    EQUAL(fpga_pci_poke64(handle, 0x1000, UINT64_C(0x900000009)), -EIO);
    EQUAL(heard.count, 4);
    heard.code = 0;
    EQUAL(peek(handle, 0x10), 7); /* a hook hears of a write when it was made */
    EQUAL(peek(handle, 0x1000), 9);
    EQUAL(peek(handle, 0x1004), 0x4321); /* and of the rest of this one nothing was made */
    heard.told = -EPERM;
    for (int i = 0; i < 2; i++) { /* the end of a load is told to the first access after it, which is none then */
        EQUAL(fpga_mgmt_load_local_image(0, afi_bus), 0);
        usleep(3000);
        EQUAL(i ? fpga_pci_peek(handle, 0x10, &word) : fpga_pci_poke(handle, 0x10, 8), -EPERM);
    }
    EQUAL(peek(handle, 0x10), 0);
    EQUAL(api->set_hook(0, NULL, NULL), 0);
    EQUAL(api->hook_memories(0, 0), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

/* A hook clears the slot, or loads another design, in the middle of a read: what was there does not answer any more. */
void test_bus_changes(void) {
    for (int loads = 1; loads <= 2; loads++) {
        struct heard heard = {.loads = loads};
        uint64_t wide = 0;
        int handle = attach_bus();
        EQUAL(api->set_hook(0, listen, &heard), 0);
        EQUAL(fpga_pci_peek64(handle, 0x4, &wide), 0);
        EQUAL(wide, UINT64_MAX);
        EQUAL(heard.count, 1);
        EQUAL(api->set_hook(0, NULL, NULL), 0);
        check_timeouts(1, 0x4);
        EQUAL(fpga_pci_detach(handle), 0);
        wait_until_ready(0);
        handle = attach_bus();
        EQUAL(api->set_hook(0, listen, &heard), 0);
        EQUAL(fpga_pci_poke64(handle, 0xFC, 1), 0);
        EQUAL(heard.count, 2);
        EQUAL(fpga_pci_poke64(handle, 0, 1), 0);
        EQUAL(api->set_hook(0, NULL, NULL), 0);
        check_timeouts(2, 0);
        EQUAL(fpga_pci_detach(handle), 0);
        wait_until_ready(0);
    }
}

/* ---- What clocks do ---- */

static const uint64_t reset_register = 0x58014;

/* A measurement that is over saw the clocks as they were before a register of theirs was written; a reset that such a
 * write ends begins to end with it, not with the next look. */
void test_bus_clocks(void) {
    int handle = attach_bus(), clocks = attach(FPGA_MGMT_PF, 4);
    setenv("HAL_CARD_TIME_SCALE", "0.02", 1);
    poke(handle, 0x200, 1);
    usleep(30000);
    poke(clocks, 0x51200, 1 | 6 << 8);
    poke(clocks, 0x5125C, 3);
    EQUAL(peek(handle, 0x200), 0);
    EQUAL(peek(handle, 0x228), 300000000);
    poke(clocks, reset_register, 0x300);
    EQUAL(peek(handle, 0x40), 0);
    usleep(8000);
    EQUAL(peek(handle, 0x40), 0);
    poke(clocks, reset_register, 0);
    usleep(8000);
    EQUAL(peek(handle, 0x40), 6);
    setenv("HAL_CARD_TIME_SCALE", "0.1", 1);
    EQUAL(fpga_pci_detach(clocks), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}
