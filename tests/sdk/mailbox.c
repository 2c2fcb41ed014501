/* The shell's firmware behind the mailbox of the management function's BAR 0, for a library that calls its own
 * fpga_pci_peek and _poke there: those calls come here first. Everything else goes to the library. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "firmware.h"

enum { STATUS = 0xC, WR_INDEX = 0x20, WR_DATA = 0x24, WR_LEN = 0x28, RD_INDEX = 0x30, RD_DATA = 0x34, RD_LEN = 0x38 };
enum { RECEIVED = 1, SENT = 2 }; /* bits of STATUS; 1 clears */
enum { FAILED = 0, LOAD = 1, METRICS = 2, CLEAR = 3 };
enum { WORDS = 1024, HANDLES = 256 };
#define RESPONSE (1u << 24)
#define MS UINT64_C(1000000)

struct message {
    uint32_t version, kind, length, number;
    uint8_t body[4 * WORDS - 16];
};

static union {
    uint32_t words[WORDS];
    struct message message;
} asked, answer;
static uint32_t asked_place, answer_place, answer_words, events;
static uint64_t answer_due;
static bool mailbox[HANDLES];

uint64_t firmware_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 * MS + (uint64_t)time.tv_nsec;
}

static void *real(const char *name) {
    void *library = dlopen(getenv("HAL_TEST_LIBRARY"), RTLD_NOLOAD | RTLD_NOW);
    return library ? dlsym(library, name) : NULL;
}

/* ---- What is loaded ---- */

void firmware_advance(struct firmware *page) {
    if (page->status == FPGA_STATUS_BUSY && firmware_now() >= page->ready_ns) {
        page->loaded = page->pending;
        page->status = page->loaded.id[0] ? FPGA_STATUS_LOADED : FPGA_STATUS_CLEARED;
    }
    if (page->settled_ns && firmware_now() >= page->settled_ns) {
        page->settled_ns = 0;
        firmware_rescanned(page);
    }
}

/* The design: its device id at 0, or all ones while it does not answer. */
void firmware_rescanned(struct firmware *page) {
    static uint32_t words[1024];
    char room[BUS_MAX];
    if (page->settle_ms && !page->settled_ns && page->rescans)
        page->settled_ns = firmware_now() + page->settle_ms * MS;
    page->settle_ms = 0;
    bool silent = page->settled_ns != 0;
    memset(words, silent ? 0xFF : 0, sizeof words);
    if (!silent)
        words[0] = 0x600D0000u | page->shown.ids.device_id;
    FILE *file = fopen(bus_place("/sys/bus/pci/devices/0000:34:00.0/resource0", room), "r+");
    if (!file)
        return;
    fwrite(words, sizeof words, 1, file);
    fclose(file);
}

static void begin(struct firmware *page, const struct known_afi *what) {
    page->pending = *what;
    page->status = FPGA_STATUS_BUSY;
    page->ready_ns = firmware_now() + page->load_ms * MS;
}

static void remember(struct firmware *page, const char *id) {
    uint64_t number = strtoull(id + strlen("agfi-0"), NULL, 16);
    for (int i = 0; i < FPGA_CACHED_AGFIS_MAX; i++) {
        if (page->cached[i] == 0)
            page->cached[i] = number;
        if (page->cached[i] == number)
            return;
    }
}

static int load(struct firmware *page, const char *id, uint32_t flags) {
    for (size_t i = 0; i < sizeof page->known / sizeof page->known[0]; i++) {
        if (strncmp(page->known[i].id, id, AFI_ID_STR_MAX) != 0 || !id[0])
            continue;
        remember(page, id);
        page->loads++;
        if (!(flags & FPGA_CMD_PREFETCH))
            begin(page, &page->known[i]);
        return 0;
    }
    return FPGA_ERR_AFI_ID_INVALID;
}

/* ---- Commands ---- */

static uint32_t metrics(struct firmware *page, uint8_t *body) {
    struct {
        struct fpga_meta_ids ids;
        int32_t status, status_q;
        union fpga_mgmt_metrics metrics;
    } __attribute__((packed)) reply = {.status = page->status, .status_q = page->status_q};
    memcpy(reply.ids.afi_id, page->loaded.id, sizeof reply.ids.afi_id);
    reply.ids.afi_device_ids = page->loaded.ids;
    if (page->settled_ns)
        page->ocl_timeouts++;
    reply.metrics.f2.ocl_slave_timeout_count = page->ocl_timeouts;
    memcpy(reply.metrics.f2.cached_agfis, page->cached, sizeof page->cached);
    memcpy(body, &reply, sizeof reply);
    return sizeof reply;
}

/* The bytes of the answer's body, or 0 where there is none. */
static uint32_t obey(struct firmware *page) {
    static const struct known_afi nothing = {
        .id = "", .ids = {0x1D0F, 0x9048, 0xFEDC, 0x1D51}
    };
    const struct message *command = &asked.message;
    struct fpga_meta_ids ids;
    uint32_t flags, length = 4;
    int code = 0;
    page->commands++;
    firmware_advance(page);
    answer.message = (struct message){.version = command->version, .kind = command->kind, .number = command->number};
    if (command->kind == METRICS) {
        length = metrics(page, answer.message.body);
    } else if (page->status == FPGA_STATUS_BUSY) {
        code = FPGA_ERR_AFI_CMD_BUSY;
    } else if (command->kind == LOAD) {
        memcpy(&ids, command->body, sizeof ids);
        memcpy(&flags, command->body + sizeof ids, sizeof flags);
        code = load(page, ids.afi_id, flags);
        if (code == 0 && page->unheard) {
            page->unheard--;
            return 0;
        }
    } else {
        page->clears++;
        begin(page, &nothing);
    }
    if (code) {
        answer.message.kind = FAILED;
        memcpy(answer.message.body, &code, sizeof code);
    }
    return length;
}

static void command(void) {
    struct firmware *page = firmware_page();
    if (page->dead)
        return;
    events |= SENT;
    uint32_t length = obey(page);
    answer.message.length = length | RESPONSE;
    answer_words = (16 + length + 3) / 4;
    answer_due = length ? firmware_now() + page->answer_ms * MS : UINT64_MAX;
}

static uint32_t read_register(uint64_t offset) {
    switch (offset) {
    case STATUS:
        if (answer_due && answer_due != UINT64_MAX && firmware_now() >= answer_due) {
            events |= RECEIVED;
            answer_due = 0;
        }
        return events;
    case RD_DATA: return answer.words[answer_place++ % WORDS];
    case RD_LEN: return answer_words;
    default: return 0;
    }
}

static void write_register(uint64_t offset, uint32_t value) {
    switch (offset) {
    case STATUS: events &= ~value; break;
    case WR_INDEX: asked_place = value; break;
    case WR_DATA: asked.words[asked_place++ % WORDS] = value; break;
    case WR_LEN: command(); break;
    case RD_INDEX: answer_place = value; break;
    default: break;
    }
}

/* ---- The library's own calls ---- */

static bool is_mailbox(int handle, uint64_t offset) {
    return handle >= 0 && handle < HANDLES && mailbox[handle] && offset >= STATUS && offset <= RD_LEN;
}

int fpga_pci_attach(int slot, int pf, int bar, uint32_t flags, int *handle) {
    int code = ((int (*)(int, int, int, uint32_t, int *))real(__func__))(slot, pf, bar, flags, handle);
    if (code == 0 && *handle >= 0 && *handle < HANDLES)
        mailbox[*handle] = pf == FPGA_MGMT_PF && bar == 0;
    return code;
}

int fpga_pci_detach(int handle) {
    if (handle >= 0 && handle < HANDLES)
        mailbox[handle] = false;
    return ((int (*)(int))real(__func__))(handle);
}

int fpga_pci_peek(int handle, uint64_t offset, uint32_t *value) {
    if (!is_mailbox(handle, offset))
        return ((int (*)(int, uint64_t, uint32_t *))real(__func__))(handle, offset, value);
    *value = read_register(offset);
    return 0;
}

int fpga_pci_poke(int handle, uint64_t offset, uint32_t value) {
    if (!is_mailbox(handle, offset))
        return ((int (*)(int, uint64_t, uint32_t))real(__func__))(handle, offset, value);
    write_register(offset, value);
    return 0;
}
