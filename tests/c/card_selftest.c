/*
 * A quick test of the emulated card from C: policies, clocks, faults, time, and arguments that a
 * library must survive. Linked to the card's library; exit code 0 when all of it holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fpga_sdk.h"
#include "hal_card.h"

static const hal_card_api *api;
static int failures, checks;

#define EQUAL(got, wanted) equal((long long)(got), (long long)(wanted), #got, __LINE__)

static void equal(long long got, long long wanted, const char *what, int line) {
    checks++;
    if (got == wanted)
        return;
    failures++;
    printf("line %d: %s is 0x%llx, not 0x%llx\n", line, what, (unsigned long long)got, (unsigned long long)wanted);
}

static char afi_main[] = "agfi-00000000000000001";
static char afi_bare[] = "agfi-00000000000000002";
static char afi_unknown[] = "agfi-0000000000000ffff";

static const char main_design[] = "haldesign 1\n"
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

static int install(const char *text) {
    char error[256] = "";
    int code = api->install(text, strlen(text), error, sizeof(error));
    if (code && !error[0])
        printf("an error without a text\n"), failures++;
    return code;
}

static void load(char *afi) {
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi, 0, 1000, 1, NULL), 0);
}

static int attach(int pf, int bar) {
    int handle;
    EQUAL(fpga_pci_attach(0, pf, bar, 0, &handle), 0);
    return handle;
}

static uint32_t peek(int handle, uint64_t offset) {
    uint32_t value = 0x5EED5EED;
    EQUAL(fpga_pci_peek(handle, offset, &value), 0);
    return value;
}

static void poke(int handle, uint64_t offset, uint32_t value) {
    EQUAL(fpga_pci_poke(handle, offset, value), 0);
}

static uint32_t stored(uint64_t offset) {
    uint32_t value = 0;
    EQUAL(api->storage_read(0, FPGA_APP_PF, 0, offset, &value, 4), 0);
    return value;
}

static struct f2_metrics_common metrics(uint32_t flags) {
    struct fpga_mgmt_image_info info;
    EQUAL(fpga_mgmt_describe_local_image(0, &info, FPGA_CMD_GET_HW_METRICS | flags), 0);
    return info.metrics.f2;
}

/* Each policy on a 4-bit field of reset 0101, written 0011: UVM's definitions, worked by hand. */
static const struct {
    const char *name;
    uint32_t written, read, after_read, second;
} policies[] = {
    {"ro",    0x5, 0x5, 0x5, 0x5},
    {"rw",    0x3, 0x3, 0x3, 0xC},
    {"rc",    0x5, 0x5, 0x0, 0x0},
    {"rs",    0x5, 0x5, 0xF, 0xF},
    {"wrc",   0x3, 0x3, 0x0, 0xC},
    {"wrs",   0x3, 0x3, 0xF, 0xC},
    {"wc",    0x0, 0x0, 0x0, 0x0},
    {"ws",    0xF, 0xF, 0xF, 0xF},
    {"wsrc",  0xF, 0xF, 0x0, 0xF},
    {"wcrs",  0x0, 0x0, 0xF, 0x0},
    {"w1c",   0x4, 0x4, 0x4, 0x0},
    {"w1s",   0x7, 0x7, 0x7, 0xF},
    {"w1t",   0x6, 0x6, 0x6, 0xA},
    {"w0c",   0x1, 0x1, 0x1, 0x0},
    {"w0s",   0xD, 0xD, 0xD, 0xF},
    {"w0t",   0x9, 0x9, 0x9, 0xA},
    {"w1src", 0x7, 0x7, 0x0, 0xC},
    {"w1crs", 0x4, 0x4, 0xF, 0x3},
    {"w0src", 0xD, 0xD, 0x0, 0x3},
    {"w0crs", 0x1, 0x1, 0xF, 0xC},
    {"wo",    0x3, 0x0, 0x3, 0xC},
    {"woc",   0x0, 0x0, 0x0, 0x0},
    {"wos",   0xF, 0x0, 0xF, 0xF},
    {"w1",    0x3, 0x3, 0x3, 0x3},
    {"wo1",   0x3, 0x0, 0x3, 0x3},
};

static void test_policies(void) {
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

static void test_load_and_clear(void) {
    struct fpga_mgmt_image_info info;
    int status, status_q;
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), 0);
    EQUAL(info.status, FPGA_STATUS_CLEARED);
    EQUAL(strcmp(info.ids.afi_id, "none"), 0);
    EQUAL(info.spec.map[0].device_id, 0x9048);
    EQUAL(info.spec.map[1].device_id, 0x9248);
    EQUAL(info.spec.map[0].bus, 0x34);
    EQUAL(info.sh_version, 0x10212415);
    EQUAL(fpga_mgmt_load_local_image(0, afi_main), 0);
    EQUAL(fpga_mgmt_get_status(0, &status, &status_q), 0);
    EQUAL(status, FPGA_STATUS_BUSY);
    EQUAL(fpga_mgmt_load_local_image(0, afi_main), FPGA_ERR_AFI_CMD_BUSY);
    EQUAL(fpga_mgmt_clear_local_image(0), FPGA_ERR_AFI_CMD_BUSY);
    usleep(30000);
    EQUAL(fpga_mgmt_get_status(0, &status, &status_q), 0);
    EQUAL(status, FPGA_STATUS_LOADED);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, FPGA_CMD_GET_HW_METRICS), 0);
    EQUAL(info.spec.map[0].device_id, 0xF123);
    EQUAL(info.ids.afi_device_ids.device_id, 0xF123);
    EQUAL(info.metrics.f2.cached_agfis[0], 1);
    EQUAL(info.metrics.f2.clocks[0].frequency[0], 250000000);
    EQUAL(info.metrics.f2.clocks[2].frequency[1], 400000000);
    EQUAL(fpga_mgmt_load_local_image(0, afi_unknown), 0);
    usleep(60000);
    EQUAL(fpga_mgmt_get_status(0, &status, &status_q), 0);
    EQUAL(status, FPGA_STATUS_LOAD_FAILED);
    EQUAL(status_q, FPGA_ERR_AFI_ID_INVALID);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_unknown, 0, 1000, 1, NULL), 5);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_main, 0, 0, 1, NULL), FPGA_ERR_AFI_LOAD_TIMEOUT);
    usleep(30000);
    EQUAL(fpga_mgmt_clear_local_image_sync(0, 1000, 1, &info), 0);
    EQUAL(info.status, FPGA_STATUS_CLEARED);
    union fpga_mgmt_load_local_image_options options;
    EQUAL(fpga_mgmt_init_load_local_image_options(&options), 0);
    options.slot_id = 0;
    options.afi_id = afi_main;
    EQUAL(fpga_mgmt_load_local_image_sync_with_options(&options, 1000, 1, &info), 0);
    EQUAL(info.status, FPGA_STATUS_LOADED);
    options.flags = 1u << 30;
    EQUAL(fpga_mgmt_load_local_image_with_options(&options), -EINVAL);
    options.flags = FPGA_CMD_PREFETCH | FPGA_CMD_FORCE_SHELL_RELOAD;
    EQUAL(fpga_mgmt_load_local_image_with_options(&options), FPGA_ERR_INCOMPATIBLE_AFI_CMD_FLAGS);
}

static void test_words(void) {
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

static void test_bulk(void) {
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
    EQUAL(fpga_pci_get_address(handle, 0x1000000000, 4, &address), -EOPNOTSUPP);
    EQUAL(peek(handle, 0x1000000000), 0xFFFFFFFF);
    EQUAL(metrics(FPGA_CMD_CLEAR_HW_METRICS).dma_pcis_timeout_addr, 0x1000000000);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_main, FPGA_CMD_DRAM_DATA_RETENTION, 1000, 1, NULL), 0);
    EQUAL(peek(handle, 0xFFFFFFFFC), 0xA5A5A5A5);
    load(afi_main);
    EQUAL(peek(handle, 0xFFFFFFFFC), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

static void test_clocks(void) {
    uint64_t hz[HAL_CARD_CLOCKS];
    struct fpga_clkgen_info info;
    load(afi_main);
    static const uint64_t power_up[] = {250000000, 125000000, 375000000, 500000000, 450000000,
                                        225000000, 300000000, 400000000, 450000000, 100000000};
    EQUAL(api->clock_hz(0, hz), 0);
    for (int i = 0; i < HAL_CARD_CLOCKS; i++)
        EQUAL(hz[i], power_up[i]);
    int handle = attach(FPGA_MGMT_PF, 4);
    EQUAL(peek(handle, 0x58000), 0x90481D0F);
    EQUAL(peek(handle, 0x58020), 0x151);
    EQUAL(peek(handle, 0x52200), 15 << 8 | 1);
    EQUAL(peek(handle, 0x53000), 0xDEADDEC0);
    EQUAL(aws_clkgen_set_dynamic(0, 99, 449, 120, 87, 0), 0);
    EQUAL(aws_clkgen_get_dynamic(0, &info), 0);
    EQUAL(info.clock_group_a.clocks[0] * 1000, 97500);
    EQUAL(info.clock_group_a.clocks[1] * 1000, 65000);
    EQUAL(info.clock_group_b.clocks[0] * 1000, 445000);
    EQUAL(info.clock_group_hbm.clocks[0] * 1000, 87500);
    EQUAL(api->clock_hz(0, hz), 0);
    EQUAL(hz[HAL_CARD_CLK_EXTRA_C0], 108750000);
    EQUAL(hz[HAL_CARD_CLK_EXTRA_B1], 148333333);
    EQUAL(aws_clkgen_set_dynamic(0, 86, 300, 200, 300, 0), FPGA_ERR_INVALID_CLKGEN_INPUTS);
    EQUAL(aws_clkgen_set_recipe(0, 3, 0, 0, 0, 0), FPGA_ERR_INVALID_CLKGEN_INPUTS);
    poke(handle, 0x51200, 12 << 8 | 1);
    poke(handle, 0x51208, 6);
    EQUAL(api->clock_hz(0, hz), 0);
    EQUAL(hz[HAL_CARD_CLK_EXTRA_C0], 108750000);
    poke(handle, 0x5125C, 3);
    EQUAL(peek(handle, 0x5125C) & 1, 0);
    EQUAL(api->clock_hz(0, hz), 0);
    EQUAL(hz[HAL_CARD_CLK_EXTRA_C0], 200000000);
    EQUAL(aws_clkgen_set_recipe(0, 9, 9, 9, 9, 1), 0);
    EQUAL(api->clock_hz(0, hz), 0);
    EQUAL(hz[HAL_CARD_CLK_EXTRA_C0], 300000000);
    EQUAL(fpga_pci_detach(handle), 0);
    load(afi_bare);
    EQUAL(aws_clkgen_get_dynamic(0, &info), FPGA_ERR_CLKGEN_NOT_FOUND);
}

static void test_clk_freq(void) {
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 0);
    EQUAL(peek(handle, 0x610), 0);
    setenv("HAL_CARD_TIME_SCALE", "0.02", 1);
    poke(handle, 0x600, 1u << 31);
    poke(handle, 0x600, 0);
    poke(handle, 0x600, 1);
    EQUAL(peek(handle, 0x600), 1);
    EQUAL(peek(handle, 0x610), 0);
    usleep(30000);
    EQUAL(aws_clkgen_set_recipe(0, 0, 0, 1, 0, 0), 0);
    EQUAL(peek(handle, 0x600), 0);
    EQUAL(peek(handle, 0x604), 100000000);
    EQUAL(peek(handle, 0x610), 250000000);
    EQUAL(peek(handle, 0x634), 100000000);
    EQUAL(peek(handle, 0x628), 300000000);
    poke(handle, 0x600, 1u << 31);
    EQUAL(peek(handle, 0x628), 0);
    setenv("HAL_CARD_TIME_SCALE", "1", 1);
    EQUAL(fpga_pci_detach(handle), 0);
}

static void test_shell(void) {
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

static void test_faults(void) {
    struct fpga_mgmt_image_info info;
    struct fpga_pci_resource_map map;
    int handle;
    uint32_t value;
    char error[200];
    load(afi_bare);
    handle = attach(FPGA_APP_PF, 0);
    EQUAL(api->fault(0, "bus-dead=ocl", error, sizeof(error)), 0);
    EQUAL(peek(handle, 0), 0xFFFFFFFF);
    load(afi_bare);
    EQUAL(peek(handle, 0), 0x77);
    EQUAL(api->fault(0, "load-timeouts=1", NULL, 0), 0);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_bare, 0, 1000, 1, NULL), 6);
    usleep(10000);
    load(afi_bare);
    EQUAL(api->fault(0, "load-error=17", NULL, 0), 0);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_bare, 0, 1000, 1, &info), 17);
    EQUAL(info.status, FPGA_STATUS_LOAD_FAILED);
    EQUAL(info.status_q, 17);
    EQUAL(strcmp(fpga_mgmt_strerror(17), "afi-power-violation"), 0);
    EQUAL(api->fault(0, "", NULL, 0), 0);
    EQUAL(api->fault(0, "never-ready", NULL, 0), 0);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_bare, 0, 20, 1, NULL), 6);
    EQUAL(api->fault(0, "", NULL, 0), 0);
    EQUAL(peek(handle, 0), 0x77);
    EQUAL(api->fault(0, "rescan", NULL, 0), 0);
    load(afi_main);
    EQUAL(fpga_pci_get_resource_map(0, 0, &map), 0);
    EQUAL(map.device_id, 0xF000);
    EQUAL(fpga_pci_peek(handle, 0, &value), -ENODEV);
    EQUAL(fpga_pci_rescan_slot_app_pfs(0), 0);
    EQUAL(fpga_pci_get_resource_map(0, 0, &map), 0);
    EQUAL(map.device_id, 0xF123);
    EQUAL(fpga_pci_detach(handle), 0);
    EQUAL(api->fault(0, "attach-error=13", NULL, 0), 0);
    EQUAL(fpga_pci_attach(0, 0, 0, 0, &handle), -13);
    EQUAL(handle, -1);
    EQUAL(api->fault(0, "describe-error=25", NULL, 0), 0);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), 25);
    EQUAL(api->fault(0, "no-clkgen", NULL, 0), 0);
    EQUAL(aws_clkgen_set_recipe(0, 0, 0, 0, 0, 0), FPGA_ERR_CLKGEN_NOT_FOUND);
    EQUAL(api->fault(0, "load-error=x", error, sizeof(error)), -EINVAL);
    EQUAL(api->reset(0), 0);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), 0);
    EQUAL(info.status, FPGA_STATUS_CLEARED);
}

struct seen {
    int events[4];
    uint64_t offset, value;
};

static int hook(void *context, int event, int slot, int pf, int bar, uint64_t offset, int width, uint64_t value) {
    struct seen *seen = context;
    seen->events[event]++;
    if (event < 2) {
        seen->offset = offset;
        seen->value = value;
        uint32_t live = 0xC0DE;
        if (event == 0 && offset == 0x100)
            return api->storage_write(slot, pf, bar, offset, &live, (uint64_t)width / 8);
        if (event == 0 && offset == 0x110)
            return -EIO;
    }
    return 0;
}

static void test_hook_and_trace(void) {
    struct seen seen = {0};
    hal_card_access trace[4];
    uint64_t lost;
    uint32_t value;
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 0);
    EQUAL(api->set_hook(0, hook, &seen), 0);
    EQUAL(api->trace(0, 2), 0);
    EQUAL(peek(handle, 0x100), 0xC0DE);
    EQUAL(fpga_pci_peek(handle, 0x110, &value), -EIO);
    poke(handle, 0x120, 0xABC);
    EQUAL(seen.offset, 0x120);
    EQUAL(seen.value, 0xABC);
    poke(handle, 0x1000, 1);
    EQUAL(seen.events[1], 1);
    EQUAL(api->trace_take(0, trace, 4, &lost), 2);
    EQUAL(lost, 1);
    EQUAL(trace[0].offset, 0x120);
    EQUAL(trace[0].is_write, 1);
    EQUAL(trace[1].width, 32);
    EQUAL(api->trace(0, 0), 0);
    load(afi_bare);
    EQUAL(seen.events[HAL_CARD_EVENT_LOADED], 1);
    EQUAL(fpga_mgmt_clear_local_image_sync(0, 1000, 1, NULL), 0);
    EQUAL(seen.events[HAL_CARD_EVENT_CLEARED], 1);
    EQUAL(api->set_hook(0, NULL, NULL), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

static void test_broken_designs(void) {
    static const char *const broken[] = {
        "",
        "haldesign 2\n",
        "haldesign 1\nname a\n",
        "haldesign 1\nafi agfi-00000000000000009\n",
        "haldesign 1\nname a\nafi agfi-0\n",
        "haldesign 1\nname a\nname b\n",
        "haldesign 1\nword 0 32\n",
        "haldesign 1\nspace app 1\n",
        "haldesign 1\nspace app 0\nword 2 32\n",
        "haldesign 1\nspace app 0\nword 0x4000000 32\n",
        "haldesign 1\nspace app 0\nword 0xfffffffffffffffc 32\n",
        "haldesign 1\nspace app 0\nword 0 32 2 0x8000000000000000\n",
        "haldesign 1\nspace app 0\nword 0 32 2 2\n",
        "haldesign 1\nspace app 0\nword 0 32 0 4\n",
        "haldesign 1\nspace app 0\nword 0 32 2\n",
        "haldesign 1\nspace app 0\nword 0 16\n",
        "haldesign 1\nspace app 0\nf 0 1 rw 0\n",
        "haldesign 1\nspace app 0\nword 0 32\nf 31 2 rw 0\n",
        "haldesign 1\nspace app 0\nword 0 32\nf 0 2 rw 4\n",
        "haldesign 1\nspace app 0\nword 0 32\nf 0 2 rwx 0\n",
        "haldesign 1\nspace app 0\nword 0 32\nf 0 2 rw 0\nf 1 1 rw 0\n",
        "haldesign 1\nspace app 0\nword 0 32\nword 0 32\n",
        "haldesign 1\nspace app 0\nword 0 32 2 0\n",
        "haldesign 1\nspace app 0\nmem 0x0 0x1000 32 rw\nword 0x10 8\n",
        "haldesign 1\nspace app 0\nmem 0x0 0 32 rw\n",
        "haldesign 1\nspace app 0\nmem 0x0 8 32 rx\n",
        "haldesign 1\nspace app 0\nunmapped 0 6 0\n",
        "haldesign 1\nmodel clk_freq app 2 0\n",
        "haldesign 1\nmodel other app 0 0\n",
        "haldesign 1\nfault bus-dead=all\n",
        "haldesign 1\npci 1 2 3\n",
        "haldesign 1\nload_ms -1\n",
        "haldesign 1\nname a\001\n",
        "haldesign 1\nname a\nafi agfi-00000000000000009\nclkgen 1\nspace mgmt 4\nmem 0x4f000 "
        "0x2000 32 rw\n",
    };
    char error[256];
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        int code = api->install(broken[i], strlen(broken[i]), error, sizeof(error));
        EQUAL(code, -EINVAL);
        EQUAL(strncmp(error, "line ", 5), 0);
        if (code != -EINVAL)
            printf("  accepted: %s\n", broken[i]);
    }
    EQUAL(api->knows("agfi-00000000000000009"), 0);
    const char *late = "haldesign 1\nname a\n\nspace app 0\nword 0 32\nword 4 32\nword 2 32\n";
    api->install(late, strlen(late), error, sizeof(error));
    EQUAL(strncmp(error, "line 7: ", 8), 0);
}

static void test_catalogue(void) {
    char text[4096], list[4096];
    EQUAL(api->knows(afi_main), 1);
    EQUAL(api->design_text(afi_main, NULL, 0), sizeof(main_design) - 1);
    const char *without_model = "haldesign 1\nname renamed\nafi agfi-00000000000000001";
    EQUAL(install(without_model), 0);
    int64_t length = api->design_text(afi_main, text, sizeof(text));
    text[length] = '\0';
    EQUAL(strcmp(text, "haldesign 1\nname renamed\nafi agfi-00000000000000001\n"
                       "model clk_freq app 0 0x600\n"),
          0);
    int listed = api->list(list, sizeof(list));
    EQUAL(listed, strlen(list));
    EQUAL(api->list(NULL, 0), listed);
    EQUAL(strstr(list, "agfi-00000000000000001 renamed\n") != NULL, 1);
    EQUAL(install(main_design), 0);
}

static void test_hostile(void) {
    int handle, other;
    uint32_t value, data[4] = {0};
    uint64_t wide;
    void *address;
    char long_id[200];
    struct fpga_mgmt_image_info info;
    struct fpga_slot_spec specs[10];
    struct fpga_slot_spec spec;
    memset(long_id, 'a', sizeof(long_id));
    long_id[199] = '\0';
    load(afi_main);
    EQUAL(fpga_pci_attach(0, 0, 0, 0, NULL), -EINVAL);
    EQUAL(fpga_pci_attach(-1, 0, 0, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(8, 0, 0, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(7, 0, 0, 0, &handle), -ENOENT);
    EQUAL(fpga_pci_attach(0, 2, 0, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(0, 0, 5, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(0, 0, INT_MIN, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(0, 0, 1, 0, &handle), -ENOENT);
    EQUAL(fpga_pci_attach(0, 0, 0, BURST_CAPABLE, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(0, 0, 0, 0, &handle), 0);
    EQUAL(fpga_pci_peek(handle, 0x100, NULL), -EINVAL);
    EQUAL(fpga_pci_peek(-1, 0x100, &value), -EINVAL);
    EQUAL(fpga_pci_peek(INT_MIN, 0x100, &value), -EINVAL);
    EQUAL(fpga_pci_peek(64, 0x100, &value), -EINVAL);
    EQUAL(fpga_pci_peek(63, 0x100, &value), -EINVAL);
    EQUAL(fpga_pci_peek(handle, 0x102, &value), -EINVAL);
    EQUAL(fpga_pci_peek64(handle, 0x104, &wide), -EINVAL);
    EQUAL(fpga_pci_peek(handle, 64 << 20, &value), -EINVAL);
    EQUAL(fpga_pci_peek(handle, UINT64_MAX - 3, &value), -EINVAL);
    EQUAL(fpga_pci_poke(handle, UINT64_MAX - 3, 0), -EINVAL);
    EQUAL(fpga_pci_write_burst(handle, 0x1000, NULL, 1), -EINVAL);
    EQUAL(fpga_pci_write_burst(handle, 0x1000, data, UINT64_MAX), -EINVAL);
    EQUAL(fpga_pci_write_burst(handle, (64 << 20) - 8, data, 4), -EINVAL);
    EQUAL(fpga_pci_memset(handle, 0x1000, 0, UINT64_MAX / 4), -EINVAL);
    EQUAL(fpga_pci_memset(handle, 0x1001, 0, 1), -EINVAL);
    EQUAL(fpga_pci_get_address(handle, 0x1000, UINT64_MAX, &address), -EINVAL);
    EQUAL(fpga_pci_get_address(handle, 0x1000, 4, NULL), -EINVAL);
    EQUAL(fpga_pci_get_address(handle, 0x600, 4, &address), -EOPNOTSUPP);
    EQUAL(fpga_pci_rescan_slot_app_pfs(0), 0);
    EQUAL(fpga_pci_peek(handle, 0x100, &value), -ENODEV);
    EQUAL(fpga_pci_detach(handle), 0);
    EQUAL(fpga_pci_detach(handle), -EINVAL);
    EQUAL(fpga_pci_detach(-5), -EINVAL);
    EQUAL(fpga_pci_peek(handle, 0x100, &value), -EINVAL);
    for (int i = 0; i < 64; i++)
        EQUAL(fpga_pci_attach(0, 0, 0, 0, &other), 0);
    EQUAL(fpga_pci_attach(0, 0, 0, 0, &handle), -ENOMEM);
    for (int i = 0; i < 64; i++)
        EQUAL(fpga_pci_detach(i), 0);
    EQUAL(fpga_pci_get_slot_spec(0, NULL), -EINVAL);
    EQUAL(fpga_pci_get_slot_spec(3, &spec), -ENOENT);
    EQUAL(fpga_pci_get_all_slot_specs(specs, 0), -EINVAL);
    EQUAL(fpga_pci_get_all_slot_specs(specs, 10), 0);
    EQUAL(specs[0].map[0].resource_size[4], 128ll << 30);
    EQUAL(specs[1].map[0].vendor_id, 0);
    EQUAL(fpga_mgmt_load_local_image(0, NULL), -EINVAL);
    EQUAL(fpga_mgmt_load_local_image(0, long_id), FPGA_ERR_AFI_ID_INVALID);
    EQUAL(fpga_mgmt_load_local_image(5, afi_main), -ENOENT);
    EQUAL(fpga_mgmt_describe_local_image(0, NULL, 0), -EINVAL);
    EQUAL(fpga_mgmt_get_status(0, NULL, NULL), -EINVAL);
    EQUAL(fpga_mgmt_init_load_local_image_options(NULL), -EINVAL);
    EQUAL(fpga_mgmt_load_local_image_with_options(NULL), -EINVAL);
    EQUAL(aws_clkgen_get_dynamic(0, NULL), -EINVAL);
    EQUAL(strcmp(fpga_mgmt_strerror(INT_MAX), "internal-error"), 0);
    EQUAL(fpga_mgmt_strerror(INT_MIN) != NULL, 1);
    EQUAL(strcmp(fpga_mgmt_strerror(-EINVAL), "Invalid argument"), 0);
    EQUAL(fpga_mgmt_strerror_long(0) == NULL, 1);
    EQUAL(strcmp(fpga_mgmt_get_status_name(6), "internal-error"), 0);
    EQUAL(api->storage_read(0, 0, 0, UINT64_MAX, data, 4), -EINVAL);
    EQUAL(api->storage_write(0, 0, 1, 0, data, 4), -EINVAL);
    EQUAL(api->storage_write(0, 1, 4, 0x58000, data, 4), -EOPNOTSUPP);
    EQUAL(api->trace(0, UINT32_MAX), -EINVAL);
    EQUAL(api->use("other", 1, NULL, 0), -EBUSY);
    EQUAL(fpga_mgmt_close(), 0);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), FPGA_ERR_SOFTWARE_PROBLEM);
    EQUAL(fpga_mgmt_init(), 0);
}

/* A process that dies in the middle of its work, at any point, leaves a card that works. */
static void test_killed_owner(void) {
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            for (;;) {
                int handle;
                char *afi = i % 2 ? afi_main : afi_bare;
                fpga_mgmt_load_local_image_sync_flags(0, afi, 0, 9, 1, NULL);
                fpga_pci_attach(0, 0, 0, 0, &handle);
                fpga_pci_poke(handle, 0x214, 1);
                fpga_pci_detach(handle);
            }
        }
        usleep((useconds_t)(2000 + i * 700));
        kill(child, SIGKILL);
        EQUAL(waitpid(child, NULL, 0), child);
    }
    usleep(60000);
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 0);
    EQUAL(peek(handle, 0x214), 0x11112222);
    EQUAL(fpga_pci_detach(handle), 0);
}

static double measure(int handle, uint64_t offset) {
    struct timespec start, end;
    uint32_t value;
    const int rounds = 2000000;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < rounds; i++)
        fpga_pci_peek(handle, offset, &value);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / rounds;
}

static void print_speed(void) {
    int handle = attach(FPGA_APP_PF, 0);
    printf("peek: plain word %.1f ns, memory %.1f ns, read-clear word %.1f ns\n", measure(handle, 0x100),
           measure(handle, 0x1000), measure(handle, 0x214));
    EQUAL(fpga_pci_detach(handle), 0);
}

int main(int count, char **arguments) {
    static const char bare_design[] = "haldesign 1\nname bare\nafi agfi-00000000000000002\n"
                                      "load_ms 1\nspace app 0\nword 0 32\nf 0 32 rw 0x77\n";
    struct fpga_mgmt_image_info info;
    api = hal_card_get_api();
    EQUAL(api->version, HAL_CARD_API_VERSION);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), FPGA_ERR_SOFTWARE_PROBLEM);
    EQUAL(fpga_mgmt_init(), 0);
    EQUAL(api->slot_count(), 1);
    EQUAL(api->reset(0), 0);
    EQUAL(install(main_design), 0);
    EQUAL(install(bare_design), 0);
    test_load_and_clear();
    test_policies();
    test_words();
    test_bulk();
    test_clocks();
    test_clk_freq();
    test_shell();
    test_faults();
    test_hook_and_trace();
    test_broken_designs();
    test_catalogue();
    test_hostile();
    test_killed_owner();
    if (count > 1 && strcmp(arguments[1], "--speed") == 0)
        print_speed();
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}
