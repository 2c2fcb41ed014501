/* Which functions the slots are: HAL_PCI by address, or by ids and among those of the same ids by number. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"

enum { FUNCTIONS_MAX = 4096 };

static pthread_mutex_t choosing = PTHREAD_MUTEX_INITIALIZER;
static struct chosen slots[FPGA_SLOT_MAX];
static int slot_count; /* written before is_chosen */
static bool is_chosen;
static char chosen_as[1024];

/* What another thread was about to choose is chosen anew. */
static void forget_in_child(void) {
    pthread_mutex_init(&choosing, NULL);
}

__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, forget_in_child);
}

/* One word of HAL_PCI. index -1: all. */
struct wanted {
    unsigned vendor, device;
    long index;
    char address[HAL_PCI_NAME_MAX]; /* "": by ids */
};

static bool is_hex(const char *text, int digits) {
    for (int i = 0; i < digits; i++)
        if (!isxdigit((unsigned char)text[i]))
            return false;
    return true;
}

/* 17:00.0 with or without its domain in front. */
static bool parse_address(const char *word, struct wanted *wanted) {
    unsigned domain = 0, bus, device, function;
    int used = 0;
    bool short_one = is_hex(word, 2) && word[2] == ':';
    bool good = short_one ? sscanf(word, "%2x:%2x.%1x%n", &bus, &device, &function, &used) == 3
                          : sscanf(word, "%8x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &used) == 4;
    if (!good || word[used] || device > 31 || function > 7)
        return false;
    snprintf(wanted->address, sizeof wanted->address, "%04x:%02x:%02x.%x", domain, bus, device, function);
    return true;
}

static bool parse_ids(const char *word, struct wanted *wanted) {
    char *end = NULL;
    if (!is_hex(word, 4) || word[4] != ':' || !is_hex(word + 5, 4))
        return false;
    wanted->vendor = (unsigned)strtoul(word, NULL, 16);
    wanted->device = (unsigned)strtoul(word + 5, NULL, 16);
    wanted->index = -1;
    if (!word[9])
        return true;
    if (word[9] != ',' || !isdigit((unsigned char)word[10]))
        return false;
    wanted->index = strtol(word + 10, &end, 10);
    return !*end && wanted->index < FUNCTIONS_MAX;
}

static int parse(const char *word, struct wanted *wanted) {
    *wanted = (struct wanted){.index = -1};
    if (strchr(word, '.') ? parse_address(word, wanted) : parse_ids(word, wanted))
        return 0;
    return say(-EINVAL,
               "\"%.64s\" names no PCI functions; give an address like 0000:17:00.0, or vendor:device in four "
               "hex digits each, like 10ee:903f, with ,1 behind it for the second of them alone",
               word);
}

static void add(const struct chosen *one) {
    if (slot_count == FPGA_SLOT_MAX)
        return; /* there are no more slots; an index or an address chooses others */
    for (int slot = 0; slot < slot_count; slot++)
        if (strcmp(slots[slot].address, one->address) == 0)
            return;
    slots[slot_count++] = *one;
}

static bool has_ids(const char *address, const struct wanted *wanted) {
    path_text folder;
    return sys_path(folder, "bus/pci/devices/%s", address) == 0 &&
           read_number(folder, "vendor", UINT64_MAX) == wanted->vendor &&
           read_number(folder, "device", UINT64_MAX) == wanted->device;
}

static int named(const struct dirent *entry) {
    return entry->d_name[0] != '.' && strlen(entry->d_name) < HAL_PCI_NAME_MAX;
}

/* Those on the bus that are meant, by rising address. */
static int add_all(const char *word, const struct wanted *wanted) {
    path_text folder;
    struct dirent **found = NULL;
    int before = slot_count;
    long place = 0;
    int code = sys_path(folder, "bus/pci/devices");
    int count = code ? code : scandir(folder, &found, named, alphasort);
    if (count < 0)
        return say(code ? code : -errno, "%s can't be read: %s", folder, strerror(code ? -code : errno));
    for (int i = 0; found && i < count; i++) {
        struct chosen one = {.size = 0};
        const char *address = found[i]->d_name;
        snprintf(one.address, sizeof one.address, "%.*s", HAL_PCI_NAME_MAX - 1, address);
        bool meant = wanted->address[0] ? strcmp(address, wanted->address) == 0
                                        : has_ids(address, wanted) && (place++ == wanted->index || wanted->index < 0);
        if (meant)
            add(&one);
        free(found[i]);
    }
    free(found);
    if (slot_count > before || slot_count == FPGA_SLOT_MAX)
        return 0;
    return say(FPGA_ERR_PCI_MISSING, "there is no such PCI function as %.64s in %s; lspci -nn lists them", word,
               folder);
}

static int add_functions(const char *functions) {
    char text[sizeof chosen_as], *rest = NULL;
    if ((size_t)snprintf(text, sizeof text, "%s", functions) >= sizeof text)
        return say(-EINVAL, "the names of PCI functions are longer than %zu characters", sizeof text - 1);
    int code = 0;
    for (char *word = strtok_r(text, " \t\n", &rest); word && !code; word = strtok_r(NULL, " \t\n", &rest)) {
        struct wanted wanted;
        code = parse(word, &wanted);
        if (!code)
            code = add_all(word, &wanted);
    }
    return code;
}

static int add_windows(const char *windows) {
    struct chosen window = {.size = 0};
    int code = *windows ? windows_allowed() : 0;
    int more = 1;
    while (!code && (more = next_window(&windows, &window)) > 0)
        add(&window);
    return code ? code : more;
}

static int choose_all(const char *functions, const char *windows) {
    slot_count = 0;
    int code = tree_begin();
    if (!code)
        code = add_functions(functions);
    if (!code)
        code = add_windows(windows);
    if (!code && slot_count == 0)
        code =
            say(-ENODEV, "nothing says which PCI functions are the slots: set HAL_PCI to an address like 0000:17:00.0 "
                         "or to vendor:device like 10ee:903f, or give library=\"pci:0000:17:00.0\"");
    return code;
}

int choose(const char *functions) {
    const char *given = secure_getenv("HAL_PCI"), *windows = secure_getenv("HAL_MEM");
    bool by_argument = functions && functions[0];
    pthread_mutex_lock(&choosing);
    int code = 0;
    if (is_chosen && by_argument && strcmp(functions, chosen_as) != 0)
        code = say(-EBUSY,
                   "this process uses the PCI functions %.200s already; name all that it needs at once, with spaces "
                   "between them",
                   chosen_as[0] ? chosen_as : "that HAL_MEM names");
    if (!is_chosen) {
        const char *wanted = by_argument ? functions : given ? given : "";
        code = choose_all(wanted, windows ? windows : "");
        is_chosen = code == 0;
        if (is_chosen)
            snprintf(chosen_as, sizeof chosen_as, "%s", wanted);
    }
    pthread_mutex_unlock(&choosing);
    return code;
}

int chosen_count(void) {
    int code = choose(NULL);
    return code ? code : slot_count;
}

int chosen_slot(int slot, const struct chosen **chosen) {
    int count = chosen_count();
    if (count < 0 || slot < 0 || slot >= count)
        return count < 0 ? count
                         : say(FPGA_ERR_PCI_MISSING, "slot %d holds nothing: %d %s chosen", slot, count,
                               count == 1 ? "PCI function was" : "PCI functions were");
    *chosen = &slots[slot];
    return 0;
}
