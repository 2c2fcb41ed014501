/* What the parts of the card's test share: checks that are counted, a design, and short words for single calls. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "fpga_sdk.h"
#include "hal_card.h"

#define EQUAL(got, wanted) equal((long long)(got), (long long)(wanted), #got, __FILE__, __LINE__)

extern const hal_card_api *api;
extern int failures, checks;
extern char afi_main[], afi_bare[], afi_unknown[];
extern const char main_design[];

void equal(long long got, long long wanted, const char *what, const char *file, int line);
int install(const char *text);
void load(char *afi);
int attach(int pf, int bar);
int attach_again(int handle, int pf, int bar);
void wait_until_ready(int slot);
uint32_t peek(int handle, uint64_t offset);
void poke(int handle, uint64_t offset, uint32_t value);
uint32_t stored(uint64_t offset);
struct f2_metrics_common metrics(uint32_t flags);

void test_policies(void);
void test_words(void);
void test_misaligned(void);
void test_addresses(void);
void test_bulk(void);
void test_shell(void);
void test_load_and_clear(void);
void test_clocks(void);
void test_clk_freq(void);
void test_faults(void);
void test_killed_owner(void);
void test_hook_and_trace(void);
void test_trace_of_lines(void);
void test_violations(void);
void test_broken_designs(void);
void test_catalogue(void);
void test_what_is_loaded(void);
void test_hostile(void);
void test_clkgen_registers(void);
void test_held_slot(void);
void test_dead_model(void);
void test_rules_of_keys(void);
void test_rules_of_twice(void);
void test_rules_of_views(void);
void test_rules_of_bytes(void);
void test_bus_places(void);
void test_bus_violations(void);
void test_bus_hooks(void);
void test_bus_changes(void);
void test_bus_clocks(void);

#endif
