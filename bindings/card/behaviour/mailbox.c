/* The shell's own registers on mgmt BAR 0: its version, LEDs and DIP switches. */
#include "behaviour/behaviour.h"

#define MAILBOX_VERSION 0x00
#define MAILBOX_LEDS 0xD0
#define MAILBOX_DIP 0xD4

static uint32_t mailbox_register(const struct bar_view *view, uint64_t offset) {
    switch (offset) {
    case MAILBOX_VERSION: return SHELL_VERSION;
    case MAILBOX_LEDS: return atomic_load(&view->slot->leds) & 0xFFFF;
    case MAILBOX_DIP: return atomic_load(&view->slot->dip) & 0xFFFF;
    default: return 0;
    }
}

uint64_t mailbox_read(const struct bar_view *view, uint64_t offset, unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        uint64_t at = offset + i;
        value |= (uint64_t)(mailbox_register(view, at & ~UINT64_C(3)) >> (at & 3) * 8 & 0xFF) << i * 8;
    }
    return value;
}

void mailbox_write(const struct bar_view *view, uint64_t offset, unsigned bytes, uint64_t value) {
    for (unsigned i = 0; i < bytes; i++) {
        uint64_t at = offset + i;
        if (at != MAILBOX_DIP && at != MAILBOX_DIP + 1)
            continue;
        unsigned shift = (unsigned)(at - MAILBOX_DIP) * 8;
        uint32_t byte = (uint32_t)(value >> i * 8 & 0xFF) << shift;
        uint32_t old = atomic_load(&view->slot->dip);
        while (!atomic_compare_exchange_weak(&view->slot->dip, &old, (old & ~(0xFFu << shift)) | byte))
            ;
    }
}
