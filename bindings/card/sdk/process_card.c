/* The card of this process: opened on first use, as the environment or the program says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk.h"

static pthread_mutex_t open_mutex = PTHREAD_MUTEX_INITIALIZER;

static struct card opened;

static _Atomic bool is_open;

/* What another thread did in the middle of a fork is never finished in the child: it opens the card itself. */
static void forget_in_child(void) {
    pthread_mutex_init(&open_mutex, NULL);
    shared_file_forget_in_child();
    observe_forget_in_child();
    violations_forget_in_child();
    listeners_forget_in_child();
    served_clients_forget_in_child();
    served_servers_forget_in_child();
}

/* From the start: a fork that meets the first use would leave its child with a lock that nobody frees. */
__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, forget_in_child);
}

static int environment_slots(uint32_t *slots, struct message message) {
    const char *text = getenv("HAL_EMULATOR_SLOTS");
    *slots = 1;
    if (!text || !*text)
        return 0;
    if (text[0] < '1' || text[0] > '8' || text[1] != '\0')
        return fail(message, -EINVAL, "HAL_EMULATOR_SLOTS is '%.32s': give a number from 1 to 8", text);
    *slots = (uint32_t)(text[0] - '0');
    return 0;
}

/* With open_mutex held. */
static int open_card(const char *name, uint32_t slots, struct message message) {
    if (!name)
        name = "";
    if (*name && !card_name_is_valid(name))
        return fail(message, -EINVAL, "'%.80s' is no name for a card: use 1 to 64 letters, digits, _ and -", name);
    if (slots > FPGA_SLOT_MAX)
        return fail(message, -EINVAL, "a card has 1 to %d slots, not %u", FPGA_SLOT_MAX, slots);
    if (slots == 0 && !*name) {
        int code = environment_slots(&slots, message);
        if (code)
            return code;
    }
    if (card_logic && (*name || slots > 1))
        return fail(message, -EINVAL, "simulated logic is one slot of one process: unset %s",
                    *name ? "HAL_EMULATOR" : "HAL_EMULATOR_SLOTS");
    int code = observe_pace(message);
    if (!code)
        code = card_map(name, slots, &opened, message);
    if (code)
        return code;
    if (card_logic)
        code = logic_start(&opened, message);
    else
        catalogue_install_shipped(&opened);
    if (code)
        return code;
    atomic_store_explicit(&is_open, true, memory_order_release);
    return 0;
}

/* The SDK's functions return a code only: the reason goes to the standard error, once. */
static int open_for_sdk(void) {
    static bool told;
    char error[1024] = "";
    int code = open_card(getenv("HAL_EMULATOR"), 0, (struct message){error, sizeof(error)});
    bool failed = code && code != -EINTR; /* a signal came first */
    if (failed && !told)
        fprintf(stderr, "hal card: %s\n", error);
    told |= failed;
    return code;
}

/* The SDK's functions return a code only: the reason goes to the standard error, once. */
static int tell_loss(struct message message) {
    static _Atomic bool told;
    if (!atomic_exchange(&told, true))
        fprintf(stderr, "hal card: %s was cut short while it was in use: end its users and remove it\n", opened.path);
    return fail(message, -EIO, "%s was cut short while it was in use: end its users and remove it", opened.path);
}

int card_get(struct card **card, struct message message) {
    *card = &opened;
    if (atomic_load_explicit(&is_open, memory_order_acquire))
        return card_whole() ? tell_loss(message) : 0;
    pthread_mutex_lock(&open_mutex);
    int code = 0;
    if (!atomic_load_explicit(&is_open, memory_order_relaxed))
        code = message.text ? open_card(getenv("HAL_EMULATOR"), 0, message) : open_for_sdk();
    pthread_mutex_unlock(&open_mutex);
    return code;
}

int card_use(const char *name, uint32_t slots, struct message message) {
    int code = 0;
    pthread_mutex_lock(&open_mutex);
    if (!atomic_load_explicit(&is_open, memory_order_relaxed))
        code = open_card(name, slots, message);
    else if (strcmp(opened.name, name ? name : "") != 0)
        code = fail(message, -EBUSY, "this process already uses %s%s: choose the card before its first use",
                    opened.named ? "the card " : "a private card", opened.name);
    pthread_mutex_unlock(&open_mutex);
    return code;
}

int card_find_slot(int slot_id, struct card **card, struct slot_state **slot) {
    if (slot_id < 0 || slot_id >= FPGA_SLOT_MAX)
        return -EINVAL;
    int code = card_get(card, (struct message){0});
    if (code)
        return code;
    if ((uint32_t)slot_id >= (*card)->slots)
        return -ENOENT;
    *slot = card_slot(*card, slot_id);
    return 0;
}
