/* A slot over time: loads, clears, clocks, faults, and processes that die while they work on it. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "selftest.h"

void test_load_and_clear(void) {
    struct fpga_mgmt_image_info info;
    int status, status_q;
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), 0);
    EQUAL(info.status, FPGA_STATUS_CLEARED);
    EQUAL(strcmp(info.ids.afi_id, "none"), 0);
    EQUAL(info.spec.map[0].device_id, 0x9048);
    EQUAL(info.spec.map[1].device_id, 0x9248);
    EQUAL(info.spec.map[0].bus, 0x34);
    EQUAL(info.sh_version, 0x10212415);
    EQUAL(api->fault(0, "never-ready", NULL, 0), 0);
    EQUAL(fpga_mgmt_load_local_image(0, afi_main), 0);
    EQUAL(fpga_mgmt_get_status(0, &status, &status_q), 0);
    EQUAL(status, FPGA_STATUS_BUSY);
    EQUAL(fpga_mgmt_load_local_image(0, afi_main), FPGA_ERR_AFI_CMD_BUSY);
    EQUAL(fpga_mgmt_clear_local_image(0), FPGA_ERR_AFI_CMD_BUSY);
    EQUAL(api->fault(0, "", NULL, 0), 0);
    usleep(30000);
    EQUAL(fpga_mgmt_get_status(0, &status, &status_q), 0);
    EQUAL(status, FPGA_STATUS_LOADED);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, FPGA_CMD_GET_HW_METRICS), 0);
    EQUAL(info.spec.map[0].device_id, 0x9048);
    EQUAL(fpga_pci_rescan_slot_app_pfs(0), 0);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, FPGA_CMD_GET_HW_METRICS), 0);
    EQUAL(info.spec.map[0].device_id, 0xF123);
    EQUAL(info.ids.afi_device_ids.device_id, 0xF123);
    EQUAL(info.metrics.f2.cached_agfis[0], 1);
    EQUAL(info.metrics.f2.clocks[0].frequency[0], 250000000);
    EQUAL(info.metrics.f2.clocks[2].frequency[1], 400000000);
    EQUAL(fpga_mgmt_load_local_image(0, afi_unknown), FPGA_ERR_AFI_ID_INVALID);
    EQUAL(fpga_mgmt_get_status(0, &status, &status_q), 0);
    EQUAL(status, FPGA_STATUS_LOADED);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_unknown, 0, 1000, 1, NULL), FPGA_ERR_AFI_ID_INVALID);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_main, 0, 0, 0, NULL), 0);
    EQUAL(fpga_mgmt_load_local_image_sync(0, afi_main, 0, 0, &info), 0);
    EQUAL(info.status, FPGA_STATUS_LOADED);
    EQUAL(fpga_mgmt_clear_local_image_sync(0, 1000, 1, &info), 0);
    EQUAL(info.status, FPGA_STATUS_CLEARED);
    union fpga_mgmt_load_local_image_options options;
    EQUAL(fpga_mgmt_init_load_local_image_options(&options), 0);
    options.slot_id = 0;
    options.afi_id = afi_main;
    EQUAL(fpga_mgmt_load_local_image_sync_with_options(&options, 1000, 1, &info), 0);
    EQUAL(info.status, FPGA_STATUS_LOADED);
    options.flags = 1u << 30;
    EQUAL(fpga_mgmt_load_local_image_with_options(&options), 0);
    usleep(30000);
    options.flags = FPGA_CMD_PREFETCH | FPGA_CMD_FORCE_SHELL_RELOAD;
    EQUAL(fpga_mgmt_load_local_image_with_options(&options), FPGA_ERR_INCOMPATIBLE_AFI_CMD_FLAGS);
}

void test_clocks(void) {
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
    EQUAL(peek(handle, 0x5125C), 3);
    EQUAL(api->clock_hz(0, hz), 0);
    EQUAL(hz[HAL_CARD_CLK_EXTRA_C0], 200000000);
    EQUAL(aws_clkgen_set_recipe(0, 9, 9, 9, 9, 1), 0);
    EQUAL(api->clock_hz(0, hz), 0);
    EQUAL(hz[HAL_CARD_CLK_EXTRA_C0], 300000000);
    EQUAL(fpga_pci_detach(handle), 0);
    load(afi_bare);
    EQUAL(aws_clkgen_get_dynamic(0, &info), FPGA_ERR_CLKGEN_NOT_FOUND);
}

void test_clk_freq(void) {
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
    setenv("HAL_CARD_TIME_SCALE", "0.1", 1);
    EQUAL(fpga_pci_detach(handle), 0);
}

void test_faults(void) {
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
    fpga_mgmt_set_cmd_timeout(20);
    EQUAL(fpga_mgmt_load_local_image(0, afi_bare), -ETIMEDOUT);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), 0);
    EQUAL(info.status, FPGA_STATUS_LOADED);
    EQUAL(api->fault(0, "load-timeouts=1", NULL, 0), 0);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_bare, 0, 1000, 1, NULL), -ETIMEDOUT);
    fpga_mgmt_set_cmd_timeout(2500);
    load(afi_bare);
    EQUAL(api->fault(0, "load-error=17", NULL, 0), 0);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_bare, 0, 1000, 1, NULL), 17);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), 0);
    EQUAL(info.status, FPGA_STATUS_LOAD_FAILED);
    EQUAL(info.status_q, 17);
    EQUAL(strcmp(fpga_mgmt_strerror(17), "afi-power-violation"), 0);
    EQUAL(api->fault(0, "", NULL, 0), 0);
    EQUAL(api->fault(0, "never-ready", NULL, 0), 0);
    setenv("HAL_CARD_TIME_SCALE", "0.001", 1);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_bare, 0, 20, 1, NULL), -ETIMEDOUT);
    setenv("HAL_CARD_TIME_SCALE", "0.1", 1);
    EQUAL(api->fault(0, "", NULL, 0), 0);
    EQUAL(peek(handle, 0), 0x77);
    EQUAL(api->fault(0, "rescan-error=25", NULL, 0), 0);
    EQUAL(fpga_mgmt_load_local_image_sync_flags(0, afi_main, 0, 0, 0, NULL), FPGA_ERR_UNRESPONSIVE);
    EQUAL(api->fault(0, "", NULL, 0), 0);
    EQUAL(fpga_pci_get_resource_map(0, 0, &map), 0);
    EQUAL(map.device_id, 0xF000);
    EQUAL(fpga_pci_peek(handle, 0, &value), 0);
    EQUAL(fpga_pci_rescan_slot_app_pfs(0), 0);
    EQUAL(fpga_pci_get_resource_map(0, 0, &map), 0);
    EQUAL(map.device_id, 0xF123);
    EQUAL(fpga_pci_peek(handle, 0, &value), -ESTALE);
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

/* A process that dies in the middle of its work, at any point, leaves a card that works. */
void test_killed_owner(void) {
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
