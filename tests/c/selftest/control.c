/* The control interface: hooks, traces, designs that are wrong, and the catalogue. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"

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

void test_hook_and_trace(void) {
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

/* What is more than asked for comes next time; what fits as a whole is not parted. */
void test_trace_of_lines(void) {
    hal_card_access trace[8];
    unsigned char line[64], stored[64];
    uint64_t lost;
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 4);
    for (unsigned i = 0; i < sizeof stored; i++)
        stored[i] = (unsigned char)(i * 37 + 11);
    EQUAL(api->storage_write(0, FPGA_APP_PF, 4, 0, stored, sizeof stored), 0);
    EQUAL(api->trace(0, 32), 0);
    EQUAL(api->read_lines(handle, 0, line, sizeof line), 0);
    EQUAL(memcmp(line, stored, sizeof line), 0);
    EQUAL(api->trace_take(0, trace, 3, &lost), 3);
    EQUAL(trace[2].more, 5);
    EQUAL(api->trace_take(0, trace, 3, &lost), 3);
    EQUAL(api->trace_take(0, trace, 3, &lost), 2);
    EQUAL(trace[1].more, 0);
    EQUAL(memcmp(&trace[1].value, stored + 56, 8), 0);
    poke(handle, 0, 1);
    EQUAL(api->read_lines(handle, 0, line, sizeof line), 0);
    EQUAL(api->trace_take(0, trace, 8, &lost), 1);
    EQUAL(api->trace_take(0, trace, 8, &lost), 8);
    EQUAL(api->trace(0, 0), 0);
    EQUAL(fpga_pci_detach(handle), 0);
}

static void site(char file[HAL_CARD_SITE_MAX], uint32_t *line) {
    strcpy(file, "here");
    *line = 7;
}

void test_violations(void) {
    hal_card_violation found[3];
    uint64_t next = 0;
    load(afi_main);
    int handle = attach(FPGA_APP_PF, 0);
    EQUAL(api->violations(0, found, 3, &next), -ENODATA);
    EQUAL(api->watch(99, 1, site) < 0, 1);
    EQUAL(api->watch(0, UINT32_MAX, site), -EINVAL);
    EQUAL(api->watch(0, 2, site), 0);
    EQUAL(api->violations(0, NULL, 1, &next), -EINVAL);
    EQUAL(api->violations(0, NULL, 0, &next), 0);
    for (int i = 0; i < 3; i++)
        poke(handle, 0x3F00000, (uint32_t)i);
    EQUAL(api->violations(0, found, 3, &next), 2);
    EQUAL(next, 3);
    EQUAL(found[0].sequence, 1);
    EQUAL(found[1].value, 2);
    EQUAL(found[1].kind, HAL_CARD_UNMAPPED);
    EQUAL(found[1].offset, 0x3F00000);
    EQUAL(found[1].line, 7);
    EQUAL(strcmp(found[1].file, "here"), 0);
    EQUAL(api->watch(0, 0, NULL), 0);
    EQUAL(api->violations(0, found, 3, NULL), -ENODATA);
    EQUAL(fpga_pci_detach(handle), 0);
}

void test_broken_designs(void) {
    static const char *const broken[] = {
        "",
        "haldesign 2\n",
        "haldesign 1\nname a\n",
        "haldesign 1\nafi agfi-00000000000000009\n",
        "haldesign 1\nname a\nafi agfi-0\n",
        "haldesign 1\nname a\nname b\n",
        "haldesign 1\ndigest a\ndigest b\n",
        "haldesign 1\ndigest a=b\n",
        "haldesign 1\ndigest 012345678901234567890123456789012345678901234567890123456789012345678901\n",
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
        "haldesign 1\nspace app 0\nr 0 1 rw 0\n",
        "haldesign 1\nspace app 0\nword 0 32\nlatched 2 2 0\n",
        "haldesign 1\nspace app 0\nword 0 32\nlatched 65 2 0\n",
        "haldesign 1\nspace app 0\nword 0 32\nlatched 1 0 1\n",
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

/* What the slot holds, and handles that are good for that only. */
void test_what_is_loaded(void) {
    static const char with_digest[] = "haldesign 1\nname dated\ndigest 0aF9\nafi agfi-00000000000000055\n"
                                      "space app 0\nword 0 32\nf 0 32 rw 7\n";
    char text[400], expected[400];
    uint32_t number, later, value;
    EQUAL(install(with_digest), 0);
    load("agfi-00000000000000055");
    EQUAL(api->design_number(0, &number), 0);
    snprintf(expected, sizeof(expected), "number=%u\nafi=agfi-00000000000000055\nname=dated\ndigest=0aF9\ntext=1\n",
             number);
    EQUAL(api->loaded(0, text, sizeof(text)), strlen(expected));
    EQUAL(strcmp(text, expected), 0);
    EQUAL(api->loaded(0, text, 9), strlen(expected));
    EQUAL(api->loaded(0, NULL, 0), strlen(expected));
    EQUAL(api->loaded(0, NULL, 9), -EINVAL);
    EQUAL(api->loaded(8, text, sizeof(text)), -EINVAL);
    int bound = attach(FPGA_APP_PF, 0), free_one = attach(FPGA_APP_PF, 0);
    EQUAL(api->bind(bound, number), 0);
    EQUAL(peek(bound, 0), 7);
    EQUAL(fpga_mgmt_load_local_image(0, "agfi-00000000000000055"), 0);
    EQUAL(fpga_pci_peek(bound, 0, &value), -ESTALE);
    EQUAL(fpga_pci_poke(bound, 0, 1), -ESTALE);
    EQUAL(fpga_pci_write_burst(bound, 0, &value, 1), -ESTALE);
    wait_until_ready(0);
    EQUAL(peek(free_one, 0), 7);
    EQUAL(api->design_number(0, &later), 0);
    EQUAL(later != number, 1);
    EQUAL(api->bind(free_one, number), -ESTALE);
    EQUAL(api->bind(64, number), -EINVAL);
    EQUAL(fpga_pci_detach(bound), 0);
    EQUAL(fpga_pci_detach(free_one), 0);
    EQUAL(api->bind(bound, later), -EINVAL);
    EQUAL(fpga_mgmt_clear_local_image_sync(0, 1000, 1, NULL), 0);
    EQUAL(api->design_number(0, &number), 0);
    snprintf(expected, sizeof(expected), "number=%u\n", number);
    EQUAL(api->loaded(0, text, sizeof(text)), strlen(expected));
    EQUAL(strcmp(text, expected), 0);
}

void test_catalogue(void) {
    char text[4096], list[4096];
    EQUAL(api->knows(afi_main), 1);
    EQUAL(api->design_text(afi_main, NULL, 0), strlen(main_design));
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
