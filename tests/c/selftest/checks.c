/* Checks that are counted, and single calls that must succeed. */
#include <stdio.h>
#include <string.h>

#include "selftest.h"

const hal_card_api *api;
int failures, checks;

void equal(long long got, long long wanted, const char *what, const char *file, int line) {
    checks++;
    if (got == wanted)
        return;
    failures++;
    printf("%s:%d: %s is 0x%llx, not 0x%llx\n", file, line, what, (unsigned long long)got, (unsigned long long)wanted);
}

char afi_main[] = "agfi-00000000000000001";

char afi_bare[] = "agfi-00000000000000002";

char afi_unknown[] = "agfi-0000000000000ffff";

const char main_design[] = "haldesign 1\n"
                           "name selftest # a comment\n"
                           "afi agfi-00000000000000001\n"
                           "pci 0x1d0f 0xf123 0x1d51 0xfedc\n"
                           "clkgen 1\n"
                           "load_ms 20\n"
                           "model clk_freq app 0 0x600\n"
                           "space app 0\n"
                           "unmapped 0x600 0x100 0xdeaddead\n"
                           "word 0x100 32 4 0x10\nf 0 32 rw 0x1234\n"
                           "word 0x200 8\nf 0 8 rw 0x11\n"
                           "word 0x201 8\nf 0 8 w1c 0xff\n"
                           "word 0x208 64\nf 0 64 rw 0x0123456789abcdef\n"
                           "word 0x210 32\nf 0 32 rw 0xaaaa5555\n"
                           "word 0x214 32\nf 0 32 rc 0x11112222\n"
                           "word 0x600 32\nf 0 1 rw 0\nf 31 1 rw 0\n"
                           "word 0x604 32\nf 0 32 ro 0\n"
                           "word 0x610 32 10 4\nf 0 32 ro 0\n"
                           "mem 0x1000 0x1000 32 rw\n"
                           "mem 0x2000 0x100 32 ro\n"
                           "mem 0x2100 0x100 32 wo\n"
                           "space app 4\n"
                           "mem 0x0 0x1000000000 32 rw\n"
                           "space mgmt 4\n"
                           "mem 0x0 0x400 32 rw\n"
                           "word 0x58000 32\nf 0 32 ro 0\n";

int install(const char *text) {
    char error[256] = "";
    int code = api->install(text, strlen(text), error, sizeof(error));
    if (code && !error[0])
        printf("an error without a text\n"), failures++;
    return code;
}

void load(char *afi) {
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi, 0, 1000, 1, NULL), 0);
}

int attach(int pf, int bar) {
    int handle;
    EQUAL(fpga_pci_attach(0, pf, bar, 0, &handle), 0);
    return handle;
}

/* After a load that waits: the mapping of the one before is gone. */
int attach_again(int handle, int pf, int bar) {
    EQUAL(fpga_pci_detach(handle), 0);
    return attach(pf, bar);
}

/* Until a load that does not wait is over. */
void wait_until_ready(int slot) {
    int status = FPGA_STATUS_BUSY, qualifier;
    while (status == FPGA_STATUS_BUSY)
        EQUAL(fpga_mgmt_get_status(slot, &status, &qualifier), 0);
}

uint32_t peek(int handle, uint64_t offset) {
    uint32_t value = 0x5EED5EED;
    EQUAL(fpga_pci_peek(handle, offset, &value), 0);
    return value;
}

void poke(int handle, uint64_t offset, uint32_t value) {
    EQUAL(fpga_pci_poke(handle, offset, value), 0);
}

uint32_t stored(uint64_t offset) {
    uint32_t value = 0;
    EQUAL(api->storage_read(0, FPGA_APP_PF, 0, offset, &value, 4), 0);
    return value;
}

struct f2_metrics_common metrics(uint32_t flags) {
    struct fpga_mgmt_image_info info;
    EQUAL(fpga_mgmt_describe_local_image(0, &info, FPGA_CMD_GET_HW_METRICS | flags), 0);
    return info.metrics.f2;
}
