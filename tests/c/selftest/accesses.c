/* What accesses do: policies, words of all widths, bulk transfers, and the shell's own BARs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "selftest.h"

/* Each policy on a 4-bit field of reset 0101, written 0011: UVM's definitions, worked by hand. */
static const struct {
    const char *name;
    uint32_t written, read, after_read, second;
} policies[] = {
    {"ro",     0x5, 0x5, 0x5, 0x5},
    {"rw",     0x3, 0x3, 0x3, 0xC},
    {"rc",     0x5, 0x5, 0x0, 0x0},
    {"rs",     0x5, 0x5, 0xF, 0xF},
    {"wrc",    0x3, 0x3, 0x0, 0xC},
    {"wrs",    0x3, 0x3, 0xF, 0xC},
    {"wc",     0x0, 0x0, 0x0, 0x0},
    {"ws",     0xF, 0xF, 0xF, 0xF},
    {"wsrc",   0xF, 0xF, 0x0, 0xF},
    {"wcrs",   0x0, 0x0, 0xF, 0x0},
    {"w1c",    0x4, 0x4, 0x4, 0x0},
    {"w1s",    0x7, 0x7, 0x7, 0xF},
    {"w1t",    0x6, 0x6, 0x6, 0xA},
    {"w0c",    0x1, 0x1, 0x1, 0x0},
    {"w0s",    0xD, 0xD, 0xD, 0xF},
    {"w0t",    0x9, 0x9, 0x9, 0xA},
    {"w1src",  0x7, 0x7, 0x0, 0xC},
    {"w1crs",  0x4, 0x4, 0xF, 0x3},
    {"w0src",  0xD, 0xD, 0x0, 0x3},
    {"w0crs",  0x1, 0x1, 0xF, 0xC},
    {"wo",     0x3, 0x0, 0x3, 0xC},
    {"woc",    0x0, 0x0, 0x0, 0x0},
    {"wos",    0xF, 0x0, 0xF, 0xF},
    {"w1",     0x3, 0x3, 0x3, 0x3},
    {"wo1",    0x3, 0x0, 0x3, 0x3},
    {"strobe", 0x3, 0xF, 0x3, 0xC}, /* of a pulse where 0 acts */
};

void test_policies(void) {
    char text[4096], *at = text;
    size_t count = sizeof(policies) / sizeof(policies[0]);
    at += sprintf(at, "haldesign 1\nname policies\nafi agfi-00000000000000003\nspace app 0\n");
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "word %zu 32\nf 8 4 %s 5\n", i * 4, policies[i].name);
    static char afi[] = "agfi-00000000000000003";
    EQUAL(install(text), 0);
    load(afi);
    int handle = attach(FPGA_APP_PF, 0);
    for (size_t i = 0; i < count; i++) {
        int before = failures;
        EQUAL(stored(i * 4), 0x500);
        poke(handle, i * 4, 0xFFFFF3FF);
        EQUAL(stored(i * 4), policies[i].written << 8);
        EQUAL(peek(handle, i * 4), policies[i].read << 8);
        EQUAL(stored(i * 4), policies[i].after_read << 8);
        poke(handle, i * 4, 0xC00);
        EQUAL(stored(i * 4), policies[i].second << 8);
        if (failures != before)
            printf("  in policy %s\n", policies[i].name);
    }
    EQUAL(fpga_pci_detach(handle), 0);
}

void test_words(void) {
    uint64_t wide;
    uint8_t byte;
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 0);
    EQUAL(peek(handle, 0x130), 0x1234);
    poke(handle, 0x130, 0xFFFFFFFF);
    EQUAL(peek(handle, 0x130), 0xFFFFFFFF);
    EQUAL(peek(handle, 0x120), 0x1234);
    EQUAL(fpga_pci_peek64(handle, 0x208, &wide), 0);
    EQUAL(wide, 0x0123456789abcdef);
    EQUAL(peek(handle, 0x20C), 0x01234567);
    EQUAL(fpga_pci_poke8(handle, 0x209, 0x77), 0);
    EQUAL(peek(handle, 0x208), 0x89ab77ef);
    EQUAL(fpga_pci_peek64(handle, 0x210, &wide), 0);
    EQUAL(wide, 0x11112222aaaa5555);
    EQUAL(fpga_pci_peek64(handle, 0x210, &wide), 0);
    EQUAL(wide, 0xaaaa5555);
    EQUAL(fpga_pci_poke8(handle, 0x201, 0x0F), 0);
    EQUAL(fpga_pci_peek8(handle, 0x201, &byte), 0);
    EQUAL(byte, 0xF0);
    EQUAL(metrics(FPGA_CMD_CLEAR_HW_METRICS).ocl_slave_timeout_count, 0);
    EQUAL(peek(handle, 0x200), 0xFFFFF011);
    EQUAL(metrics(FPGA_CMD_CLEAR_HW_METRICS).ocl_slave_timeout_count, 1);
    EQUAL(peek(handle, 0x608), 0xDEADDEAD);
    poke(handle, 0x608, 1);
    EQUAL(peek(handle, 0x608), 0xDEADDEAD);
    poke(handle, 0x2000, 7);
    EQUAL(peek(handle, 0x2000), 0);
    poke(handle, 0x2100, 7);
    EQUAL(peek(handle, 0x2100), 0);
    EQUAL(stored(0x2100), 7);
    EQUAL(peek(handle, 0x3000), 0xFFFFFFFF);
    struct f2_metrics_common now = metrics(FPGA_CMD_CLEAR_HW_METRICS);
    EQUAL(now.ocl_slave_timeout_count, 1);
    EQUAL(now.ocl_slave_timeout_addr, 0x3000);
    EQUAL(now.int_status, FPGA_INT_STATUS_OCL_SLAVE_TIMEOUT);
    EQUAL(metrics(0).int_status, 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

/* The bytes that lie there, of one word or of several, each by its rules. */
void test_misaligned(void) {
    uint64_t wide;
    uint32_t burst[3] = {0x44332211, 0x88776655, 0xccbbaa99};
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 0);
    EQUAL(peek(handle, 0x101), 0xFF000012); /* nobody answers at 0x104 */
    poke(handle, 0x100, 0x03020100);
    poke(handle, 0x103, 0xAABBCCDD);
    EQUAL(peek(handle, 0x100), 0xDD020100);
    EQUAL(fpga_pci_peek64(handle, 0x20C, &wide), 0);
    EQUAL(wide, 0xaaaa555501234567);
    EQUAL(peek(handle, 0x212), 0x2222aaaa);
    EQUAL(peek(handle, 0x214), 0x11110000);
    EQUAL(fpga_pci_write_burst(handle, 0x1001, burst, 3), 0);
    EQUAL(peek(handle, 0x1000), 0x33221100);
    EQUAL(peek(handle, 0x1005), 0x88776655);
    EQUAL(fpga_pci_memset(handle, 0x1802, 0x04030201, 2), 0);
    EQUAL(fpga_pci_peek64(handle, 0x1803, &wide), 0);
    EQUAL(wide, 0x0004030201040302);
    EQUAL(fpga_pci_detach(handle), 0);
    handle = attach(FPGA_APP_PF, 4);
    EQUAL(fpga_pci_write_burst(handle, 0x1FFFFE, burst, 3), 0);
    EQUAL(peek(handle, 0x1FFFFC), 0x22110000);
    EQUAL(peek(handle, 0x200000), 0x66554433);
    EQUAL(peek(handle, 0x1FFFFE), 0x44332211);
    EQUAL(fpga_pci_detach(handle), 0);
    handle = attach(FPGA_MGMT_PF, 0);
    EQUAL(peek(handle, 1), 0x102124);
    EQUAL(fpga_pci_detach(handle), 0);
}

/* A pointer into any BAR, for as many bytes as are asked for. */
void test_addresses(void) {
    void *address;
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 0);
    EQUAL(fpga_pci_get_address(handle, 0x1000, 0x1000, &address), 0);
    ((volatile uint32_t *)address)[3] = 0x12345678;
    EQUAL(peek(handle, 0x100C), 0x12345678);
    EQUAL(fpga_pci_get_address(handle, 0x100, 4, &address), 0);
    EQUAL(*(volatile uint32_t *)address, 0x1234);
    EQUAL(fpga_pci_get_address(handle, 0x1000, 0, &address), 0);
    EQUAL(((volatile uint32_t *)address)[3], 0x12345678);
    EQUAL(fpga_pci_get_address(handle, (64 << 20) - 4, 4, &address), 0);
    EQUAL(fpga_pci_get_address(handle, (64 << 20) - 4, 5, &address), -EINVAL);
    EQUAL(fpga_pci_detach(handle), 0);
    handle = attach(FPGA_MGMT_PF, 0);
    EQUAL(fpga_pci_get_address(handle, 0, 4, &address), -EOPNOTSUPP);
    EQUAL(fpga_pci_detach(handle), 0);
}

void test_bulk(void) {
    static uint32_t data[3000];
    int handle;
    void *address;
    load(afi_main);
    for (unsigned i = 0; i < 3000; i++)
        data[i] = i * 2654435761u;
    EQUAL(fpga_pci_attach(0, FPGA_APP_PF, 4, BURST_CAPABLE, &handle), 0);
    EQUAL(fpga_pci_write_burst(handle, 0x3FFFFF800, data, 3000), 0);
    EQUAL(peek(handle, 0x3FFFFF800 + 4 * 2999), data[2999]);
    EQUAL(peek(handle, 0x3FFFFF7FC), 0);
    EQUAL(fpga_pci_memset(handle, 0xFFFFFFF00, 0xA5A5A5A5, 64), 0);
    EQUAL(peek(handle, 0xFFFFFFFFC), 0xA5A5A5A5);
    EQUAL(fpga_pci_get_address(handle, 0x3FFFFF800, sizeof(data), &address), 0);
    EQUAL(memcmp(address, data, sizeof(data)), 0);
    EQUAL(peek(handle, 0x1000000000), 0xFFFFFFFF);
    EQUAL(metrics(FPGA_CMD_CLEAR_HW_METRICS).dma_pcis_timeout_addr, 0x1000000000);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_main, FPGA_CMD_DRAM_DATA_RETENTION, 1000, 1, NULL), 0);
    handle = attach_again(handle, FPGA_APP_PF, 4);
    EQUAL(peek(handle, 0xFFFFFFFFC), 0xA5A5A5A5);
    load(afi_main);
    handle = attach_again(handle, FPGA_APP_PF, 4);
    EQUAL(peek(handle, 0xFFFFFFFFC), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

void test_shell(void) {
    uint16_t value;
    int handle = attach(FPGA_MGMT_PF, 0);
    EQUAL(peek(handle, 0), 0x10212415);
    EQUAL(fpga_mgmt_set_vDIP(0, 0xBEEF), 0);
    EQUAL(peek(handle, 0xD4), 0xBEEF);
    poke(handle, 0xD4, 0x1234);
    EQUAL(fpga_mgmt_get_vDIP_status(0, &value), 0);
    EQUAL(value, 0x1234);
    EQUAL(api->set_leds(0, 0x55AA), 0);
    EQUAL(fpga_mgmt_get_vLED_status(0, &value), 0);
    EQUAL(value, 0x55AA);
    EQUAL(peek(handle, 0xD0), 0x55AA);
    EQUAL(fpga_pci_detach(handle), 0);
    handle = attach(FPGA_APP_PF, 2);
    EQUAL(peek(handle, 0xFFFC), 0);
    poke(handle, 0xFFFC, 9);
    EQUAL(peek(handle, 0xFFFC), 9);
    EQUAL(fpga_pci_detach(handle), 0);
    handle = attach(FPGA_MGMT_PF, 2);
    poke(handle, 0, 9);
    EQUAL(peek(handle, 0), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}
