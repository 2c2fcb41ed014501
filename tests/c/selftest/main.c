/*
 * A quick test of the emulated card from C: policies, clocks, faults, time, and arguments that a
 * library must survive. Linked to the card's library; exit code 0 when all of it holds.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "selftest.h"

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
    setenv("HAL_CARD_TIME_SCALE", "0.1", 1);
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
    test_misaligned();
    test_addresses();
    test_bulk();
    test_clocks();
    test_clkgen_registers();
    test_clk_freq();
    test_shell();
    test_faults();
    test_bus_places();
    test_bus_violations();
    test_bus_hooks();
    test_bus_changes();
    test_bus_clocks();
    test_rules_of_keys();
    test_rules_of_twice();
    test_rules_of_views();
    test_rules_of_bytes();
    test_hook_and_trace();
    test_trace_of_lines();
    test_violations();
    test_broken_designs();
    test_catalogue();
    test_what_is_loaded();
    test_hostile();
    test_held_slot();
    test_dead_model();
    test_killed_owner();
    if (count > 1 && strcmp(arguments[1], "--speed") == 0)
        print_speed();
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}
