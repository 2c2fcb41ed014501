/* Words that are written only after their keys, by whole words and by their bytes. */
#include <string.h>

#include "selftest.h"

static const char rules_design[] = "haldesign 1\nname rules\nafi agfi-00000000000000006\nload_ms 1\n"
                                   "space app 0\n"
                                   "word 0x0 32\nf 0 32 wo 0\nkey\n"
                                   "word 0x4 32\nf 0 32 rw 0\n"
                                   "unlock 0xfffffffffffffffc 0x1234\nunlock 0xfffffffffffffffc 0x5678\n"
                                   "word 0x8 32\nf 0 32 rw 0\n"
                                   "word 0xc 32\nf 0 32 rw 0\nlock 0xfffffffffffffffc 32 1 0\n"
                                   "word 0x10 32\nf 0 8 rw 0\n"
                                   "word 0x14 32\nf 0 32 rw 0\ntwice\n"
                                   "word 0x18 32\nf 0 32 rw 0\nunlock 0xffffffffffffffe8 0x9abc\n"
                                   "word 0x20 32\nf 0 32 rw 0\n"
                                   "word 0x24 32\nf 0 32 rw 0\n"
                                   "view\nf 0 32 rw 0\nat 8 0\nwhen 0xfffffffffffffffc 32 3 1\n"
                                   "view\nf 0 32 rw 0\nat 12 0\nwhen 0xfffffffffffffffc 32 3 2\n";

static int attach_rules(void) {
    EQUAL(install(rules_design), 0);
    load("agfi-00000000000000006");
    return attach(FPGA_APP_PF, 0);
}

static void give_keys(int handle) {
    poke(handle, 0, 0x1234);
    poke(handle, 0, 0x5678);
}

void test_rules_of_keys(void) {
    int handle = attach_rules();
    struct f2_metrics_common before = metrics(0);
    poke(handle, 0, 0x9ABC);
    poke(handle, 0x18, 1);
    EQUAL(peek(handle, 0x18), 1);
    poke(handle, 0x18, 2);
    EQUAL(peek(handle, 0x18), 1);
    poke(handle, 4, 1);
    EQUAL(peek(handle, 4), 0);
    give_keys(handle);
    poke(handle, 4, 1);
    EQUAL(peek(handle, 4), 1);
    poke(handle, 4, 2); /* they are for one write */
    EQUAL(peek(handle, 4), 1);
    poke(handle, 0, 0x5678);
    poke(handle, 0, 0x1234);
    poke(handle, 4, 3);
    EQUAL(peek(handle, 4), 1);
    poke(handle, 0, 0x1234);
    poke(handle, 4, 3);
    EQUAL(peek(handle, 4), 1);
    poke(handle, 0, 0x1234);
    poke(handle, 0xC, 5);
    poke(handle, 0, 0x5678);
    poke(handle, 4, 3);
    EQUAL(peek(handle, 4), 1);
    for (int i = 0; i < 300; i++) /* however many there are, the last ones count */
        poke(handle, 0, UINT32_MAX);
    give_keys(handle);
    poke(handle, 4, 4);
    EQUAL(peek(handle, 4), 4);
    struct f2_metrics_common after = metrics(0);
    EQUAL(memcmp(before.cached_agfis, after.cached_agfis, sizeof(before.cached_agfis)), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

/* The second of two writes counts where it says what the first one said, and no read came between. */
void test_rules_of_twice(void) {
    int handle = attach_rules();
    poke(handle, 0x14, 5);
    EQUAL(stored(0x14), 0);
    poke(handle, 0x14, 5);
    EQUAL(stored(0x14), 5);
    poke(handle, 0x14, 6);
    EQUAL(peek(handle, 0x14), 5);
    poke(handle, 0x14, 6);
    EQUAL(stored(0x14), 5);
    poke(handle, 0x14, 6);
    EQUAL(stored(0x14), 6);
    poke(handle, 0x14, 7);
    poke(handle, 0x14, 8);
    EQUAL(stored(0x14), 6);
    poke(handle, 0x14, 8);
    EQUAL(stored(0x14), 6);
    poke(handle, 0x14, 8);
    EQUAL(stored(0x14), 8);
    EQUAL(fpga_pci_detach(handle), 0);
}

/* One view of several is there alone while its condition holds; else those without one are. */
void test_rules_of_views(void) {
    static const uint64_t places[] = {0x24, 0x2C, 0x30};
    int handle = attach_rules();
    for (uint32_t i = 0; i < 3; i++) {
        poke(handle, 0x20, i);
        EQUAL(peek(handle, 0x24), 0);
        poke(handle, 0x24, 1u << i);
        EQUAL(peek(handle, 0x24), 1u << i);
        for (uint32_t k = 0; k < 3; k++)
            EQUAL(stored(places[k]), k <= i ? 1u << k : 0);
    }
    for (uint32_t i = 0; i < 3; i++) {
        poke(handle, 0x20, i);
        EQUAL(peek(handle, 0x24), 1u << i);
    }
    EQUAL(fpga_pci_detach(handle), 0);
}

/* What is told of a byte is what the bus carried, and where its bits are in the word. */
void test_rules_of_bytes(void) {
    hal_card_violation found[3] = {0};
    uint8_t byte;
    int handle = attach_rules();
    EQUAL(fpga_pci_poke8(handle, 0xD, 0x77), 0);
    EQUAL(fpga_pci_peek8(handle, 0xD, &byte), 0);
    EQUAL(byte, 0x77);
    EQUAL(peek(handle, 0xC), 0x7700);
    poke(handle, 8, 1);
    EQUAL(api->watch(0, 3, NULL), 0);
    EQUAL(fpga_pci_poke8(handle, 0xD, 0x88), 0);
    EQUAL(fpga_pci_poke8(handle, 0x12, 0x30), 0);
    EQUAL(peek(handle, 0xC), 0x7700);
    EQUAL(peek(handle, 0x10), 0);
    EQUAL(api->violations(0, found, 3, NULL), 2);
    EQUAL(found[0].kind, HAL_CARD_LOCKED);
    EQUAL(found[0].offset, 0xD);
    EQUAL(found[0].value, 0x88);
    EQUAL(found[0].bits, 0xFF00);
    EQUAL(found[1].kind, HAL_CARD_RESERVED_BITS);
    EQUAL(found[1].offset, 0x12);
    EQUAL(found[1].value, 0x30);
    EQUAL(found[1].bits, 0x300000);
    EQUAL(api->watch(0, 0, NULL), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}
