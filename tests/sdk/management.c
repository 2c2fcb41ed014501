/* The other half of library.c: it asks the shell through a mailbox, and loads and clears. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fpga_sdk.h"

enum { COMMAND_BYTES = 4096, TRIES = 16, SYNC_LOOKS = 90000, SYNC_MS = 2 };
enum { STATUS = 0xC, WR_INDEX = 0x20, WR_DATA = 0x24, WR_LEN = 0x28, RD_INDEX = 0x30, RD_DATA = 0x34, RD_LEN = 0x38 };
enum { RECEIVED = 1, SENT = 2, LOAD = 1, METRICS = 2, CLEAR = 3 };
enum { LED = 0xD0, DIP = 0xD4 };

static uint32_t looks = 2500, delay_ms = 2;
static int mailboxes[FPGA_SLOT_MAX]; /* the handles plus 1, so that 0 is none */
static bool started;

static void sleep_ms(uint32_t ms) {
    usleep(ms * 1000);
}

/* ---- The mailbox ---- */

struct message {
    uint32_t version, kind, length, number;
    uint8_t body[COMMAND_BYTES - 16];
};

static int wait_for_event(int handle, uint32_t event) {
    for (uint32_t look = 0; look < looks; look++) {
        uint32_t seen = 0;
        fpga_pci_peek(handle, STATUS, &seen);
        if (seen & event)
            return 0;
        sleep_ms(delay_ms);
    }
    return -ETIMEDOUT;
}

static int mailbox(int slot) {
    if (mailboxes[slot] <= 0) {
        int handle = -1, code = fpga_pci_attach(slot, FPGA_MGMT_PF, 0, 0, &handle);
        if (code || handle < 0)
            return code ? code : -EINVAL;
        mailboxes[slot] = handle + 1;
    }
    return fpga_pci_poke(mailboxes[slot] - 1, STATUS, RECEIVED | SENT);
}

static int ask(int slot, struct message *message, uint32_t bytes) {
    static uint32_t number = 77;
    uint32_t words = 0, word = 0;
    uint8_t *raw = (uint8_t *)message;
    message->version = 0x10002;
    message->length = bytes;
    message->number = number++;
    int code = mailbox(slot);
    if (code)
        return code;
    int handle = mailboxes[slot] - 1;
    fpga_pci_poke(handle, WR_INDEX, 0);
    for (uint32_t i = 0; i < 16 + bytes; i += 4) {
        memcpy(&word, raw + i, 4);
        fpga_pci_poke(handle, WR_DATA, word);
    }
    fpga_pci_poke(handle, WR_LEN, (16 + bytes) / 4);
    code = wait_for_event(handle, SENT);
    fpga_pci_poke(handle, STATUS, SENT);
    code = code ? code : wait_for_event(handle, RECEIVED);
    if (code)
        return code;
    fpga_pci_peek(handle, RD_LEN, &words);
    fpga_pci_poke(handle, RD_INDEX, 0);
    for (uint32_t i = 0; i < words && 4 * i < COMMAND_BYTES; i++) {
        fpga_pci_peek(handle, RD_DATA, &word);
        memcpy(raw + 4 * i, &word, 4);
    }
    fpga_pci_poke(handle, STATUS, RECEIVED);
    memcpy(&code, message->body, sizeof code);
    return message->kind == 0 ? code : 0;
}

int fpga_mgmt_init(void) {
    started = true;
    return 0;
}

int fpga_mgmt_close(void) {
    started = false;
    return 0;
}

void fpga_mgmt_set_cmd_timeout(uint32_t value) {
    looks = value;
}

void fpga_mgmt_set_cmd_delay_msec(uint32_t value) {
    delay_ms = value;
}

int fpga_mgmt_describe_local_image(int slot, struct fpga_mgmt_image_info *info, uint32_t flags) {
    static struct message message;
    struct {
        struct fpga_meta_ids ids;
        int32_t status, status_q;
        union fpga_mgmt_metrics metrics;
    } __attribute__((packed)) reply;
    int code = -ETIMEDOUT;
    if (!started)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    if (slot < 0 || slot >= FPGA_SLOT_MAX || !info)
        return -EINVAL;
    for (int i = 0; code == -ETIMEDOUT && i <= TRIES; i++) {
        if (i)
            sleep_ms(1000);
        message.kind = METRICS;
        memcpy(message.body, &flags, sizeof flags);
        code = ask(slot, &message, sizeof flags);
    }
    if (code)
        return code;
    memcpy(&reply, message.body, sizeof reply);
    info->status = reply.status;
    info->status_q = reply.status_q;
    info->slot_id = slot;
    info->ids = reply.ids;
    if (!info->ids.afi_id[0])
        strcpy(info->ids.afi_id, "none");
    info->metrics = reply.metrics;
    uint32_t version = 0;
    code = fpga_pci_peek(mailboxes[slot] - 1, 0, &version);
    info->sh_version = version;
    return code ? code : fpga_pci_get_slot_spec(slot, &info->spec);
}

int fpga_mgmt_get_status(int slot, int *status, int *status_q) {
    struct fpga_mgmt_image_info info = {0};
    int code = fpga_mgmt_describe_local_image(slot, &info, 0);
    *status = info.status;
    *status_q = info.status_q;
    return code;
}

int fpga_mgmt_load_local_image_flags(int slot, char *afi, uint32_t flags) {
    static struct message message;
    if (!started)
        return FPGA_ERR_SOFTWARE_PROBLEM;
    memset(&message, 0, sizeof message);
    message.kind = LOAD;
    strncpy((char *)message.body, afi, AFI_ID_STR_MAX - 1);
    memcpy(message.body + sizeof(struct fpga_meta_ids), &flags, sizeof flags);
    return ask(slot, &message, sizeof(struct fpga_meta_ids) + 4 + 64);
}

int fpga_mgmt_load_local_image(int slot, char *afi) {
    return fpga_mgmt_load_local_image_flags(slot, afi, 0);
}

int fpga_mgmt_clear_local_image(int slot) {
    static struct message message;
    message.kind = CLEAR;
    memset(message.body, 0, 4);
    return started ? ask(slot, &message, 4) : FPGA_ERR_SOFTWARE_PROBLEM;
}

static int finish(int slot, int wanted, struct fpga_mgmt_image_info *out) {
    struct fpga_mgmt_image_info info;
    for (int look = 0;; look++) {
        int code = fpga_mgmt_describe_local_image(slot, &info, 0);
        if (code)
            return code;
        if (info.status == wanted)
            break;
        if (info.status != FPGA_STATUS_BUSY || look >= SYNC_LOOKS)
            return info.status == FPGA_STATUS_BUSY ? -ETIMEDOUT : info.status_q;
        sleep_ms(SYNC_MS);
    }
    const struct afi_device_ids *ids = &info.ids.afi_device_ids;
    int code = 0;
    if (ids->vendor_id != info.spec.map[0].vendor_id || ids->device_id != info.spec.map[0].device_id)
        code = fpga_pci_rescan_slot_app_pfs(slot);
    if (code == 0 && out)
        code = fpga_mgmt_describe_local_image(slot, out, 0);
    return code;
}

int fpga_mgmt_load_local_image_sync_flags(int slot, char *afi, uint32_t flags, uint32_t timeout, uint32_t delay,
                                          struct fpga_mgmt_image_info *info) {
    (void)timeout, (void)delay;
    int code = fpga_mgmt_load_local_image_flags(slot, afi, flags);
    return code ? code : finish(slot, FPGA_STATUS_LOADED, info);
}

int fpga_mgmt_clear_local_image_sync(int slot, uint32_t timeout, uint32_t delay, struct fpga_mgmt_image_info *info) {
    (void)timeout, (void)delay;
    int code = fpga_mgmt_clear_local_image(slot);
    return code ? code : finish(slot, FPGA_STATUS_CLEARED, info);
}

const char *fpga_mgmt_strerror(int code) {
    switch (code) {
    case FPGA_ERR_OK: return "ok";
    case FPGA_ERR_AFI_CMD_BUSY: return "busy";
    case FPGA_ERR_AFI_ID_INVALID: return "invalid-afi-id";
    case FPGA_ERR_PCI_MISSING: return "pci-device-missing";
    case FPGA_ERR_SOFTWARE_PROBLEM: return "software-problem";
    case FPGA_ERR_UNRESPONSIVE: return "unresponsive";
    case FPGA_ERR_INVALID_CLKGEN_INPUTS: return "invalid-clkgen-input";
    default: return code < 0 ? strerror(-code) : "internal-error";
    }
}

const char *fpga_mgmt_get_status_name(int status) {
    return status == FPGA_STATUS_LOADED    ? "loaded"
           : status == FPGA_STATUS_CLEARED ? "cleared"
           : status == FPGA_STATUS_BUSY    ? "busy"
                                           : "internal-error";
}

/* ---- LEDs and switches: by a handle of their own, whatever it is ---- */

static int sixteen(int slot, uint64_t offset, bool write, uint16_t *value) {
    int handle = -1;
    uint32_t word = *value;
    int code = fpga_pci_attach(slot, FPGA_MGMT_PF, 0, 0, &handle);
    if (code)
        return code;
    if (handle < 0)
        return -EINVAL;
    code = write ? fpga_pci_poke(handle, offset, word) : fpga_pci_peek(handle, offset, &word);
    *value = (uint16_t)word;
    fpga_pci_detach(handle);
    return code;
}

int fpga_mgmt_get_vLED_status(int slot, uint16_t *value) {
    return sixteen(slot, LED, false, value);
}

int fpga_mgmt_get_vDIP_status(int slot, uint16_t *value) {
    return sixteen(slot, DIP, false, value);
}

int fpga_mgmt_set_vDIP(int slot, uint16_t value) {
    return sixteen(slot, DIP, true, &value);
}
