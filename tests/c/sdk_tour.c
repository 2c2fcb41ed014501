/*
 * What the vendor's own example programs do with a card, call by call, in a program of our own: a load that nobody
 * waits for and a clear after one look, the clock generator's functions, the counters of real clocks, and an HBM that
 * becomes ready. Usage: sdk_tour manage|clocks|measure|hbm. Exit code 0 when everything was as it should be.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fpga_sdk_extra.h"

#define SLOT 0
#define HBM_STATUS 0x300
#define FREQ_CTL 0x600
#define FREQ_REFERENCE 0x604
#define FREQ_FIRST 0x610
#define PATIENCE 5000

static char afi[] = "agfi-080817d089f3cd2ed";
static int failures;

static void check(int passed, const char *what, int code) {
    printf("%s %s", passed ? "ok  " : "FAIL", what);
    if (!passed)
        printf(" (%d: %s)", code, fpga_mgmt_strerror(code));
    printf("\n");
    failures += !passed;
}

static void load(void) {
    int code = fpga_mgmt_load_local_image_sync(SLOT, afi, 0, 0, NULL);
    check(code == 0, "load", code);
}

/* The delay of each look is far above what the command takes: whoever looks once sees how it ended. */
static void manage(void) {
    struct fpga_mgmt_image_info info;
    int code = fpga_mgmt_load_local_image(SLOT, afi);
    check(code == 0, "load without waiting", code);
    fpga_mgmt_set_cmd_timeout(10);
    fpga_mgmt_set_cmd_delay_msec(2000);
    code = fpga_mgmt_describe_local_image(SLOT, &info, FPGA_CMD_GET_HW_METRICS);
    check(code == 0 && info.status == FPGA_STATUS_LOADED, "one look", code);
    printf("     %s, device 0x%04x on the bus, 0x%04x loaded\n", fpga_mgmt_get_status_name(info.status),
           info.spec.map[FPGA_APP_PF].device_id, info.ids.afi_device_ids.device_id);
    code = fpga_pci_rescan_slot_app_pfs(SLOT);
    check(code == 0, "rescan", code);
    code = fpga_mgmt_describe_local_image(SLOT, &info, 0);
    printf("     device 0x%04x on the bus\n", info.spec.map[FPGA_APP_PF].device_id);
    code = fpga_mgmt_clear_local_image(SLOT);
    check(code == 0, "clear", code);
    code = fpga_mgmt_describe_local_image(SLOT, &info, 0);
    check(code == 0 && info.status == FPGA_STATUS_CLEARED, "one more look", code);
}

static void print_clocks(const char *when) {
    struct fpga_clkgen_info info;
    memset(&info, 0, sizeof(info));
    int code = aws_clkgen_get_dynamic(SLOT, &info);
    check(code == 0, when, code);
    printf("     a %.2f %.2f %.2f b %.2f %.2f c %.2f %.2f hbm %.2f\n", info.clock_group_a.clocks[0],
           info.clock_group_a.clocks[1], info.clock_group_a.clocks[2], info.clock_group_b.clocks[0],
           info.clock_group_b.clocks[1], info.clock_group_c.clocks[0], info.clock_group_c.clocks[1],
           info.clock_group_hbm.clocks[0]);
}

static void clocks(void) {
    load();
    int code = aws_clkgen_set_recipe(SLOT, 1, 2, 0, 2, 0);
    check(code == 0, "recipes", code);
    print_clocks("after recipes");
    code = aws_clkgen_set_dynamic(SLOT, 125, 250, 150, 300, 0);
    check(code == 0, "frequencies", code);
    print_clocks("after frequencies");
    code = aws_clkgen_set_dynamic(SLOT, 0, 0, 0, 0, 1);
    check(code == 0, "defaults", code);
    print_clocks("after defaults");
}

static uint32_t peek(pci_bar_handle_t handle, uint64_t offset) {
    uint32_t value = 0;
    int code = fpga_pci_peek(handle, offset, &value);
    if (code)
        check(0, "peek", code);
    return value;
}

static pci_bar_handle_t attach(void) {
    pci_bar_handle_t handle = PCI_BAR_HANDLE_INIT;
    int code = fpga_pci_attach(SLOT, FPGA_APP_PF, 0, 0, &handle);
    check(code == 0 && handle >= 0, "attach", code);
    return handle;
}

/* Until the register reads so; looks a millisecond apart. */
static int becomes(pci_bar_handle_t handle, uint64_t offset, uint32_t wanted) {
    for (int look = 0; look < PATIENCE; look++) {
        if (peek(handle, offset) == wanted)
            return 1;
        usleep(1000);
    }
    return 0;
}

static void measure(void) {
    load();
    pci_bar_handle_t handle = attach();
    int code = aws_clkgen_set_recipe(SLOT, 0, 1, 1, 3, 0);
    check(code == 0, "recipes", code);
    fpga_pci_poke(handle, FREQ_CTL, UINT32_C(1) << 31);
    fpga_pci_poke(handle, FREQ_CTL, 0);
    fpga_pci_poke(handle, FREQ_CTL, 1);
    check(becomes(handle, FREQ_CTL, 0), "the measurement ends", 0);
    printf("     reference %u:", peek(handle, FREQ_REFERENCE));
    for (uint64_t i = 0; i < 10; i++)
        printf(" %u", peek(handle, FREQ_FIRST + i * 4));
    printf("\n");
    check(fpga_pci_detach(handle) == 0, "detach", 0);
}

static void hbm(void) {
    load();
    pci_bar_handle_t handle = attach();
    check(becomes(handle, HBM_STATUS, 6), "both stacks are ready", 0);
    fpga_pci_poke(handle, HBM_STATUS, 1);
    check(peek(handle, HBM_STATUS) == 1, "in reset neither is", 0);
    fpga_pci_poke(handle, HBM_STATUS, 0);
    check(becomes(handle, HBM_STATUS, 6), "and ready again", 0);
    check(fpga_pci_detach(handle) == 0, "detach", 0);
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {
        {"manage",  manage },
        {"clocks",  clocks },
        {"measure", measure},
        {"hbm",     hbm    }
    };
    int code = log_init("sdk_tour");
    if (!code)
        code = log_attach(logger_default, NULL, 0);
    check(code == 0, "log", code);
    code = fpga_mgmt_init();
    check(code == 0, "init", code);
    for (size_t i = 0; count == 2 && i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcmp(arguments[1], parts[i].name) == 0)
            parts[i].run();
    fpga_mgmt_close();
    return failures != 0;
}
