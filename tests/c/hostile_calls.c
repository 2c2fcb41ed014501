/*
 * Calls every exported function of the emulated card with arguments that no caller should give: null, negative, huge,
 * wrapped, closed, garbage text. Usage: hostile_calls SEED ROUNDS. Nothing may crash, and what a call refuses must not
 * leak; run it under the sanitizers. Lengths that lie inside of a BAR stay within the buffer, for no library can check
 * how large its caller's buffer is.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fpga_sdk_extra.h"
#include "hal_card.h"
#include "hal_dma.h"
#include "hal_interrupt.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { WORDS = 4096, TEXT = 1024 };

static uint64_t state;
static uint32_t words[WORDS];
static const hal_card_api *api;
static int handles[80];
static unsigned handle_count;

static uint64_t any(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t below(uint64_t limit) {
    return any() % limit;
}

static int number(void) {
    static const int odd[] = {INT_MIN, -4096, -22, -1, 0, 0, 0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 255, 256, INT_MAX};
    return below(16) ? odd[below(COUNT(odd))] : (int)any();
}

static uint32_t flags(void) {
    return below(2) ? (uint32_t)below(512) : (uint32_t)number();
}

static uint64_t offset(void) {
    static const uint64_t odd[] = {0,
                                   1,
                                   3,
                                   4,
                                   8,
                                   0x100,
                                   0x400,
                                   0xFFC,
                                   0x1000,
                                   0x3FF8,
                                   0x4000,
                                   0x50000,
                                   0x58FFC,
                                   0x400000,
                                   (64 << 20) - 4,
                                   64 << 20,
                                   UINT64_C(128) << 30,
                                   (UINT64_C(128) << 30) - 8,
                                   UINT64_C(1) << 63,
                                   UINT64_MAX - 7,
                                   UINT64_MAX - 3,
                                   UINT64_MAX};
    return odd[below(COUNT(odd))] + (below(4) ? 0 : below(64)) - (below(8) ? 0 : below(64));
}

/* Either within the buffer, or past the end of every BAR. */
static uint64_t length(void) {
    static const uint64_t huge[] = {UINT64_C(1) << 38, UINT64_C(1) << 61, UINT64_C(1) << 62, (UINT64_C(1) << 62) + 1,
                                    UINT64_C(1) << 63, UINT64_MAX - 3,    UINT64_MAX};
    return below(2) ? below(WORDS / 2) : huge[below(COUNT(huge))];
}

static int handle(void) {
    return handle_count && below(4) ? handles[below(handle_count)] : number();
}

static void *maybe(void *pointer) {
    return below(8) ? pointer : NULL;
}

/* Text of a design, an AFI id or a fault, most of it damaged. */
static const char *text(char *buffer) {
    static const char *const parts[] = {"haldesign 1\n",
                                        "name x\n",
                                        "afi agfi-00000000000000001\n",
                                        "pci 0x1d0f 0xf000 0 0\n",
                                        "space app 0\n",
                                        "space mgmt 4\n",
                                        "space app 4\n",
                                        "word 0x0 32\nf 0 32 rw 0\n",
                                        "word 0x10 64 3 8\nf 1 5 w1c 1\n",
                                        "mem 0x1000 0x1000 32 rw\n",
                                        "mem 0 0x2000000000 32 rw\n",
                                        "unmapped 0 0x40 0xdead\n",
                                        "clkgen 1\n",
                                        "load_ms 1\n",
                                        "load_ms 99999999999\n",
                                        "fault load-error=17\n",
                                        "model clk_freq app 0 0x600\n",
                                        "word",
                                        "f 63 2 rw 9\n",
                                        "0xffffffffffffffff",
                                        "-1",
                                        "\n",
                                        " ",
                                        "#",
                                        "=",
                                        "load-error=",
                                        "never-ready",
                                        "bus-dead=ocl",
                                        "describe-error=25",
                                        "attach-error=13",
                                        "rescan-error=25",
                                        "clkgen-reset",
                                        "no-clkgen",
                                        "load-timeouts=2",
                                        "agfi-080817d089f3cd2ed",
                                        "agfi-00000000000000001"};
    size_t used = 0, count = below(12);
    for (size_t i = 0; i < count && used < TEXT - 1; i++)
        used += (size_t)snprintf(buffer + used, TEXT - used, "%s", parts[below(COUNT(parts))]);
    if (used > TEXT - 1)
        used = TEXT - 1;
    buffer[used] = '\0';
    for (unsigned damage = 0; used && below(3) == 0 && damage < 8; damage++)
        buffer[below(used)] = (char)below(256);
    return buffer;
}

static char *afi(char *buffer) {
    static char known[][24] = {"agfi-080817d089f3cd2ed", "agfi-0925b211f5a81b071", "agfi-00000000000000001", ""};
    unsigned choice = (unsigned)below(6);
    return choice < COUNT(known) ? known[choice] : choice == 4 ? NULL : (char *)(uintptr_t)text(buffer);
}

static void attach_or_detach(void) {
    int got = -1;
    if (below(3) == 0) {
        fpga_pci_detach(handle());
        return;
    }
    int code = fpga_pci_attach(below(2) ? 0 : number(), below(2) ? (int)below(2) : number(),
                               below(2) ? 2 * (int)below(3) : number(), below(4) ? 0 : flags(), maybe(&got));
    if (code == 0 && got >= 0)
        handles[handle_count < COUNT(handles) ? handle_count++ : below(COUNT(handles))] = got;
}

static void access_bar(void) {
    uint8_t byte;
    uint32_t word;
    uint64_t wide;
    void *place = NULL;
    switch (below(9)) {
    case 0: fpga_pci_peek(handle(), offset(), maybe(&word)); break;
    case 1: fpga_pci_peek8(handle(), offset(), maybe(&byte)); break;
    case 2: fpga_pci_peek64(handle(), offset(), maybe(&wide)); break;
    case 3: fpga_pci_poke(handle(), offset(), (uint32_t)any()); break;
    case 4: fpga_pci_poke8(handle(), offset(), (uint8_t)any()); break;
    case 5: fpga_pci_poke64(handle(), offset(), any()); break;
    case 6: fpga_pci_write_burst(handle(), offset(), maybe(words), length()); break;
    case 7: fpga_pci_memset(handle(), offset(), (uint32_t)any(), length()); break;
    default: fpga_pci_get_address(handle(), offset(), length(), maybe(&place));
    }
}

static void look(void) {
    struct fpga_slot_spec specs[FPGA_SLOT_MAX];
    struct fpga_pci_resource_map map;
    struct fpga_mgmt_image_info info;
    int status, qualifier, size = number();
    uint16_t switches;
    switch (below(12)) {
    case 0: fpga_pci_get_slot_spec(number(), maybe(&specs[0])); break;
    case 1: fpga_pci_get_all_slot_specs(maybe(specs), size <= FPGA_SLOT_MAX ? size : FPGA_SLOT_MAX); break;
    case 2: fpga_pci_get_resource_map(number(), number(), maybe(&map)); break;
    case 3: fpga_mgmt_describe_local_image(number(), maybe(&info), flags()); break;
    case 4: fpga_mgmt_get_status(number(), maybe(&status), maybe(&qualifier)); break;
    case 5: fpga_mgmt_get_vLED_status(number(), maybe(&switches)); break;
    case 6: fpga_mgmt_get_vDIP_status(number(), maybe(&switches)); break;
    case 7: fpga_mgmt_set_vDIP(number(), (uint16_t)any()); break;
    case 8: fpga_mgmt_strerror(number()); break;
    case 9: fpga_mgmt_strerror_long(number()); break;
    case 10: fpga_mgmt_get_status_name(number()); break;
    default: fpga_pci_rescan_slot_app_pfs(number());
    }
}

static void load_or_clear(void) {
    char buffer[TEXT];
    struct fpga_mgmt_image_info info;
    union fpga_mgmt_load_local_image_options options;
    uint32_t timeout = (uint32_t)below(4), delay = (uint32_t)below(2);
    fpga_mgmt_init_load_local_image_options(maybe(&options));
    memset(&options, 0, sizeof options);
    options.slot_id = number();
    options.afi_id = afi(buffer);
    options.flags = flags();
    int slot = below(2) ? 0 : number();
    switch (below(8)) {
    case 0: fpga_mgmt_load_local_image(slot, options.afi_id); break;
    case 1: fpga_mgmt_load_local_image_flags(slot, options.afi_id, flags()); break;
    case 2: fpga_mgmt_load_local_image_sync_flags(slot, options.afi_id, flags(), timeout, delay, maybe(&info)); break;
    case 3: fpga_mgmt_load_local_image_with_options(maybe(&options)); break;
    case 4: fpga_mgmt_load_local_image_sync_with_options(maybe(&options), timeout, delay, maybe(&info)); break;
    case 5: fpga_mgmt_clear_local_image(slot); break;
    case 6: fpga_mgmt_load_local_image_sync(slot, options.afi_id, timeout, delay, maybe(&info)); break;
    default: fpga_mgmt_clear_local_image_sync(slot, timeout, delay, maybe(&info));
    }
}

static void clocks(void) {
    struct fpga_clkgen_info info;
    switch (below(4)) {
    case 0: aws_clkgen_get_dynamic(number(), maybe(&info)); break;
    case 1: aws_clkgen_deassert_resets(number()); break;
    case 2: aws_clkgen_set_recipe(number(), flags(), flags(), flags(), flags(), (uint32_t)below(2)); break;
    default: aws_clkgen_set_dynamic(number(), flags(), flags(), flags(), flags(), (uint32_t)below(2));
    }
}

static void mmcms(void) {
    enum fpga_clkgen_mmcm_group group = (enum fpga_clkgen_mmcm_group)(below(8) ? below(5) : any());
    uint32_t index = (uint32_t)below(4), value, other, third;
    bool flag;
    switch (below(10)) {
    case 0: mmcm_init(group, handle()); break;
    case 1: mmcm_clk_avail(group, index, maybe(&flag)); break;
    case 2: mmcm_is_locked(group, maybe(&flag)); break;
    case 3: mmcm_set_shared_clock(group, (uint32_t)any(), (uint32_t)any(), (uint32_t)any()); break;
    case 4: mmcm_get_shared_clock(group, maybe(&value), maybe(&other), maybe(&third)); break;
    case 5: mmcm_set_clk_div(group, index, (uint32_t)any(), (uint32_t)any()); break;
    case 6: mmcm_get_clk_div(group, index, maybe(&value), maybe(&other)); break;
    case 7: mmcm_wait_for_locked(group); break;
    default: mmcm_load_cfg(group, (uint32_t)below(2));
    }
}

static int drop(enum log_level level, const char *message) {
    return level == LOG_LEVEL_END || !message ? -1 : 0;
}

static void dma_memory(void) {
    uint64_t address = any(), physical;
    switch (below(6)) {
    case 0: fpga_dma_mem_alloc(number(), any(), maybe(&address), maybe(&physical)); break;
    case 1: fpga_dma_mem_dealloc(maybe(&address), any()); break;
    case 2: fpga_dma_mem_map(number(), any(), maybe(&address), maybe(&physical)); break;
    case 3: fpga_dma_mem_map_anon(any(), maybe(&address), maybe(&physical)); break;
    case 4: fpga_dma_mem_map_huge(maybe(&address), maybe(&physical)); break;
    default: fpga_dma_mem_unmap(maybe(&address), any());
    }
}

static void dma_and_log(void) {
    static const struct logger silent = {.name = "silent", .log = drop}, broken = {.name = "broken"};
    char buffer[TEXT], file[FPGA_DEVICE_FILE_NAME_MAX_LEN];
    int device;
    enum fpga_dma_driver driver = (enum fpga_dma_driver)below(4);
    switch (below(10)) {
    case 0: fpga_dma_open_queue(driver, number(), number(), below(2)); break;
    case 1: fpga_dma_device_id(driver, number(), number(), below(2), maybe(file)); break;
    case 2: fpga_pci_get_dma_device_num(driver, number(), maybe(&device)); break;
    case 3: fpga_dma_burst_read(-1, maybe(words), below(sizeof words), any()); break;
    case 4: fpga_dma_burst_write(-1, maybe(words), below(sizeof words), any()); break;
    case 5: log_init("%s", text(buffer)); break;
    case 6: log_init_prefix("%s", text(buffer)); break;
    case 8: dma_memory(); break;
    case 7: log_attach(below(4) ? &silent : below(2) ? &broken : NULL, NULL, flags()); break;
    default: log_attach(&silent, NULL, 0), _log_error(maybe(buffer), number(), maybe(buffer), "%s", text(buffer));
    }
}

static void start_or_end(void) {
    switch (below(5)) {
    case 0: fpga_pci_init(); break;
    case 1: fpga_mgmt_close(); break;
    case 2: fpga_mgmt_set_cmd_timeout((uint32_t)below(100)); break;
    case 3: fpga_mgmt_set_cmd_delay_msec((uint32_t)below(3)); break;
    default: fpga_mgmt_init();
    }
}

static int hook(void *context, int event, int slot, int pf, int bar, uint64_t at, int width, uint64_t value) {
    (void)context, (void)event, (void)slot, (void)pf, (void)bar, (void)at, (void)width;
    return value % 64 == 63 ? -5 : (int)below(2);
}

/* What is mapped is as long as it is said to be. */
static void move_memory(void) {
    static _Alignas(4096) uint8_t pages[8192];
    static const uint64_t sizes[] = {0, 1, 4095, 4096, 8192, UINT64_MAX, UINT64_C(1) << 48};
    static uint64_t mapped[16];
    const hal_dma_api *dma = hal_dma_get_api();
    uint64_t address = below(2) ? mapped[below(COUNT(mapped))] + below(3) * 4095 : offset(), bytes = length();
    switch (below(6)) {
    case 0:
        dma->map(number(), maybe(pages + (below(4) ? 0 : 1)), sizes[below(COUNT(sizes))], flags() & 7,
                 (uint32_t)below(70), maybe(&mapped[below(COUNT(mapped))]));
        break;
    case 1: dma->unmap(number(), address); break;
    case 2: dma->read(number(), offset(), maybe(words), bytes); break;
    case 3: dma->write(number(), offset(), maybe(words), bytes); break;
    case 4: dma->master_read(number(), address, maybe(words), bytes); break;
    default: dma->master_write(number(), address, maybe(words), bytes);
    }
}

static void ask_lines(void) {
    static uint64_t requests[HAL_LINES], high, by_level;
    static int descriptors[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
    const hal_interrupt_api *lines = hal_interrupt_get_api();
    int *descriptor = &descriptors[below(COUNT(descriptors))], given = below(4) ? *descriptor : number();
    char buffer[TEXT];
    text(buffer);
    switch (below(8)) {
    case 0:
        lines->close(0, *descriptor);
        *descriptor = lines->open(below(2) ? 0 : number(), below(2) ? (int)below(HAL_LINES) : number());
        break;
    case 1: lines->close(number(), given); break;
    case 2: lines->take(below(2) ? 0 : number(), number(), given, maybe(&high)); break;
    case 3: lines->arm(below(2) ? 0 : number(), number(), given); break;
    case 4: lines->drive(number(), number(), number()); break;
    case 5: lines->raise(number(), maybe(buffer)); break;
    case 6: lines->set_trigger(number(), number(), number()); break;
    default: lines->state(number(), maybe(requests), maybe(&high), maybe(&by_level));
    }
}

static void models(char *buffer) {
    const hal_served_api *served = hal_served_get_api();
    hal_served_request request = {.offset = any(), .event = number(), .slot = number(), .client = -1};
    served->serve(number(), (uint32_t)any(), (int)below(2));
    served->take(number(), maybe(&request));
    served->run(number(), maybe(&request));
    served->answer(number(), maybe(&request), number(), maybe(buffer));
    served->text(maybe(buffer), below(TEXT));
}

static void control(void) {
    char buffer[TEXT], error[64];
    static hal_card_access accesses[64];
    uint64_t hz[HAL_CARD_CLOCKS], lost;
    size_t room = below(sizeof error + 1);
    const char *given = text(buffer);
    uint64_t bytes = length();
    uint32_t design = (uint32_t)number();
    switch (below(21)) {
    case 0: api->use(maybe(buffer), flags(), maybe(error), room); break;
    case 1: api->install(maybe(buffer), strlen(given), maybe(error), room); break;
    case 2: api->knows(maybe(buffer)); break;
    case 3: api->design_text("agfi-080817d089f3cd2ed", maybe(words), below(sizeof words)); break;
    case 4: api->list(maybe(words), below(sizeof words)); break;
    case 5: api->storage_read(number(), number(), number(), offset(), maybe(words), bytes); break;
    case 6: api->storage_write(number(), number(), number(), offset(), maybe(words), bytes); break;
    case 7: api->set_hook(number(), below(2) ? hook : NULL, NULL); break;
    case 8: api->fault(number(), maybe(buffer), maybe(error), room); break;
    case 9: api->trace(number(), below(4) ? (uint32_t)below(100) : (uint32_t)number() | 1u << 30); break;
    case 10: api->trace_take(number(), maybe(accesses), below(COUNT(accesses) + 1), maybe(&lost)); break;
    case 11: api->set_leds(number(), (uint16_t)any()); break;
    case 12: api->clock_hz(number(), maybe(hz)); break;
    case 13: api->reset(number()); break;
    case 14: api->open(maybe(error), room); break;
    case 15: api->design_number(number(), maybe(&design)); break;
    case 16: api->bind(number(), design); break;
    case 17: api->loaded(number(), maybe(error), room); break;
    case 18: api->hook_memories(number(), (int)below(2)); break;
    case 19:
        api->storage_change(number(), number(), number(), (int)below(2), any(), number(), any(), any(), maybe(&lost),
                            maybe(&lost));
        break;
    default: api->describe(maybe(error), room);
    }
    models(buffer);
}

int main(int count, char **arguments) {
    static void (*const actions[])(void) = {attach_or_detach, access_bar,  access_bar, access_bar, access_bar,   look,
                                            load_or_clear,    clocks,      control,    control,    start_or_end, mmcms,
                                            dma_and_log,      move_memory, ask_lines};
    if (count != 3) {
        fprintf(stderr, "usage: hostile_calls SEED ROUNDS\n");
        return 2;
    }
    state = strtoull(arguments[1], NULL, 0) | 1;
    api = hal_card_get_api();
    for (uint64_t round = strtoull(arguments[2], NULL, 0); round > 0; round--)
        actions[below(COUNT(actions))]();
    printf("survived\n");
    return 0;
}
