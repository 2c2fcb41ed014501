/*
 * A program as a user of the vendor's SDK writes it: only fpga_sdk.h, linked to a library with
 * the SDK's interface or given one by LD_PRELOAD. Loads cl_mem_perf into slot 0, reads registers,
 * describes the slot and changes its clocks. Exit code 0 when everything was as it should be.
 */
#include <stdio.h>
#include <string.h>

#include "fpga_sdk.h"

#define KERN_CHANNEL_AVAIL 0x404
#define AFI "agfi-080817d089f3cd2ed"

static int failures;

static void check(int passed, const char *what, int code) {
    printf("%s %s", passed ? "ok  " : "FAIL", what);
    if (code)
        printf(" (%d: %s)", code, fpga_mgmt_strerror(code));
    printf("\n");
    failures += !passed;
}

static void check_registers(int slot) {
    pci_bar_handle_t handle = PCI_BAR_HANDLE_INIT;
    uint32_t value = 0;
    int code = fpga_pci_attach(slot, FPGA_APP_PF, 0, 0, &handle);
    check(code == 0, "attach", code);
    code = fpga_pci_peek(handle, KERN_CHANNEL_AVAIL, &value);
    check(code == 0, "peek", code);
    printf("     channels 0x%x\n", value);
    check(value == 0x20, "the register holds its reset value", 0);
    code = fpga_pci_detach(handle);
    check(code == 0, "detach", code);
}

static void check_clocks(int slot) {
    struct fpga_clkgen_info clocks;
    memset(&clocks, 0, sizeof(clocks));
    int code = aws_clkgen_set_dynamic(slot, 100, 250, 200, 300, 0);
    check(code == 0, "set frequencies", code);
    code = aws_clkgen_get_dynamic(slot, &clocks);
    check(code == 0, "get frequencies", code);
    printf("     a1 %.3f b0 %.3f c0 %.3f hbm %.3f MHz\n", clocks.clock_group_a.clocks[0],
           clocks.clock_group_b.clocks[0], clocks.clock_group_c.clocks[0], clocks.clock_group_hbm.clocks[0]);
    check(clocks.clock_group_a.clocks[0] == 100.0 && clocks.clock_group_b.clocks[0] == 250.0 &&
              clocks.clock_group_c.clocks[0] == 200.0 && clocks.clock_group_hbm.clocks[0] == 300.0,
          "the frequencies are those asked for", 0);
    check(aws_clkgen_set_dynamic(slot, 126, 250, 200, 300, 0) == FPGA_ERR_INVALID_CLKGEN_INPUTS,
          "a frequency above the limit is refused", 0);
}

int main(void) {
    static char afi[] = AFI;
    struct fpga_mgmt_image_info info;
    memset(&info, 0, sizeof(info));
    int code = fpga_mgmt_init();
    check(code == 0, "init", code);
    code = fpga_mgmt_load_local_image_sync_flags(0, afi, 0, 1000, 10, &info);
    check(code == 0, "load", code);
    code = fpga_mgmt_describe_local_image(0, &info, FPGA_CMD_GET_HW_METRICS);
    check(code == 0, "describe", code);
    printf("     slot %d: %s, %s, shell 0x%08x, device 0x%04x\n", info.slot_id, fpga_mgmt_get_status_name(info.status),
           info.ids.afi_id, info.sh_version, info.spec.map[FPGA_APP_PF].device_id);
    check(strcmp(info.ids.afi_id, AFI) == 0 && info.status == FPGA_STATUS_LOADED, "the slot holds the AFI", 0);
    check_registers(0);
    check_clocks(0);
    code = fpga_mgmt_clear_local_image_sync(0, 1000, 10, &info);
    check(code == 0 && info.status == FPGA_STATUS_CLEARED && strcmp(info.ids.afi_id, "none") == 0, "clear", code);
    fpga_mgmt_close();
    return failures != 0;
}
