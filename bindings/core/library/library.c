/* Loads a library with the SDK's interface and fills the table of its functions. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library/library.h"

typedef struct symbol {
    const char *name;
    size_t place; /* in sdk_table */
    bool required;
} symbol;

static const symbol symbols[] = {
#define SYMBOL(result, name, arguments, required) {#name, offsetof(sdk_table, name), required},
#define BUS_SYMBOL(result, name, arguments, required) {#name, offsetof(sdk_table, bus.name), required},
    ATTACH_FUNCTIONS(SYMBOL) HAL_BUS_FUNCTIONS(BUS_SYMBOL) SERVICE_FUNCTIONS(SYMBOL)};
enum { SYMBOL_COUNT = sizeof symbols / sizeof symbols[0] };

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static hal_library *libraries[HAL_LIBRARIES_MAX];

/* What another thread did in the middle of a fork is never finished in the child. */
static void forget_in_child(void) {
    pthread_mutex_init(&open_lock, NULL);
    for (int i = 0; i < HAL_LIBRARIES_MAX && libraries[i]; i++)
        hal_forget_in_child(libraries[i]);
}

__attribute__((constructor)) static void watch_forks(void) {
    hal_watch_forks(forget_in_child);
}

static void *find(void *image, const char *name) {
    return dlsym(image, name);
}

/* Appends every missing required name, so that one run tells all. */
static bool fill_table(hal_library *library, char *error, size_t error_size) {
    size_t used = 0;
    bool complete = true;
    for (size_t i = 0; i < SYMBOL_COUNT; i++) {
        void *address = find(library->image, symbols[i].name);
        memcpy((char *)&library->sdk + symbols[i].place, &address, sizeof address);
        if (address || !symbols[i].required)
            continue;
        int wrote = snprintf(error + used, error_size - used, "%s%s", complete ? "lacks " : ", ", symbols[i].name);
        complete = false;
        if (wrote > 0 && (size_t)wrote < error_size - used)
            used += (size_t)wrote;
    }
    return complete;
}

/* A table of the image's, by the function that gives it: where it has one, and of this version. */
#define FIND_TABLE(library, table, getter, number)                               \
    do {                                                                         \
        __typeof__((library)->table) (*get)(void) = NULL;                        \
        void *address = find((library)->image, getter);                          \
        memcpy(&get, &address, sizeof get);                                      \
        __typeof__((library)->table) found = get ? get() : NULL;                 \
        if (found && found->version == (number) && found->size >= sizeof *found) \
            (library)->table = found;                                            \
    } while (0)

static void find_tables(hal_library *library) {
    FIND_TABLE(library, card, "hal_card_get_api", HAL_CARD_API_VERSION);
    if (library->card)
        FIND_TABLE(library, cosim, "hal_cosim_get_api", HAL_COSIM_API_VERSION);
    FIND_TABLE(library, dma, "hal_dma_get_api", HAL_DMA_API_VERSION);
    FIND_TABLE(library, pci, "hal_pci_get_api", HAL_PCI_API_VERSION);
    FIND_TABLE(library, interrupts, "hal_interrupt_get_api", HAL_INTERRUPT_API_VERSION);
    FIND_TABLE(library, served, "hal_served_get_api", HAL_SERVED_API_VERSION);
    if (library->served)
        library->served->wait_with(&hal_served_waiting);
}

static hal_library *new_library(void *image, const char *path) {
    hal_library *library = calloc(1, sizeof *library);
    char *copy = strdup(path);
    if (!library || !copy) {
        free(library);
        free(copy);
        return NULL;
    }
    library->path = copy;
    library->image = image;
    hal_new_locks(library);
    hal_new_bars(library, &library->table);
    return library;
}

static void drop_library(hal_library *library) {
    dlclose(library->image);
    free(library->path);
    free(library);
}

/* False: no room. With open_lock held. */
static bool keep_library(hal_library *library) {
    int place = 0;
    while (place < HAL_LIBRARIES_MAX && libraries[place])
        place++;
    if (place == HAL_LIBRARIES_MAX)
        return false;
    libraries[place] = library;
    return true;
}

/* Never freed, so that what points into it stays valid. */
hal_library *hal_library_of(const sdk_table *functions, const char *name) {
    hal_library *library = new_library(NULL, name);
    if (!library)
        return NULL;
    library->sdk = *functions;
    pthread_mutex_lock(&open_lock);
    bool kept = keep_library(library);
    pthread_mutex_unlock(&open_lock);
    if (kept)
        return library;
    free(library->path);
    free(library);
    return NULL;
}

/* Takes an image that is already loaded, or makes a new entry; a library once open stays so until the process ends. */
static int add_library(void *image, const char *path, hal_library **result, char *error, size_t error_size) {
    int place = 0;
    for (; place < HAL_LIBRARIES_MAX && libraries[place]; place++) {
        if (libraries[place]->image == image) {
            dlclose(image); /* the first open holds it */
            *result = libraries[place];
            return 0;
        }
    }
    hal_library *library = place < HAL_LIBRARIES_MAX ? new_library(image, path) : NULL;
    if (!library) {
        dlclose(image);
        snprintf(error, error_size, "can't be kept: more than %d libraries, or out of memory", HAL_LIBRARIES_MAX);
        return HAL_E_MEMORY;
    }
    if (!fill_table(library, error, error_size)) {
        drop_library(library);
        return HAL_E_LIBRARY;
    }
    find_tables(library);
    keep_library(library);
    *result = library;
    return 0;
}

/* The path is what dlopen takes. On failure error holds the reason, without the path. */
int hal_library_open(const char *path, hal_library **library, char *error, size_t error_size) {
    if (!path || !library || !error || error_size == 0)
        return HAL_E_ARGUMENT;
    error[0] = '\0';
    void *state = hal_gate_leave();
    pthread_mutex_lock(&open_lock);
    void *image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    int code = HAL_E_LIBRARY;
    if (image)
        code = add_library(image, path, library, error, error_size);
    else {
        const char *reason = dlerror();
        snprintf(error, error_size, "%s", reason ? reason : "can't be loaded");
    }
    pthread_mutex_unlock(&open_lock);
    hal_gate_enter(state);
    return code;
}

/* Starts the SDK's two halves; repeated calls cost nothing. */
int hal_library_init(hal_library *library) {
    if (!library)
        return HAL_E_ARGUMENT;
    void *state = hal_gate_leave();
    pthread_mutex_lock(&open_lock);
    int code = 0;
    if (!library->started) {
        hal_call_begin(library);
        code = library->sdk.fpga_pci_init();
        if (code == 0)
            code = library->sdk.fpga_mgmt_init();
        hal_call_end(library);
        library->started = code == 0;
    }
    pthread_mutex_unlock(&open_lock);
    hal_gate_enter(state);
    return code;
}

/* From now on a BAR's read-modify-writes also lock this file; the caller keeps it open until the process ends. A forked
 * child closes it. */
int hal_share_bar(hal_library *library, int slot, int pf, int bar, int file) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX || pf < 0 || pf >= FPGA_PF_MAX || bar < 0 ||
        bar >= HAL_BARS_MAX || file < 0)
        return HAL_E_ARGUMENT;
    hal_bar_lock *lock = &library->bar_locks[slot][pf][bar];
    bool locked;
    int code = hal_lock_bar_lock(lock, &locked);
    if (code)
        return code;
    lock->file = file;
    lock->special = true;
    if (locked)
        hal_unlock(&lock->word);
    return 0;
}

/* The same for the slot's management calls. */
int hal_share_services(hal_library *library, int slot, int file) {
    if (!library || slot < 0 || slot >= FPGA_SLOT_MAX || file < 0)
        return HAL_E_ARGUMENT;
    int code = hal_lock(&library->service_lock[slot]);
    if (code)
        return code;
    library->service_files[slot] = file;
    hal_unlock(&library->service_lock[slot]);
    return 0;
}

/* The names of the functions that are used, in the order of the table; null past the last. */
const char *hal_sdk_function(size_t index) {
    return index < SYMBOL_COUNT ? symbols[index].name : NULL;
}

int hal_library_has(const hal_library *library, const char *function) {
    if (!library || !function)
        return 0;
    for (size_t i = 0; i < SYMBOL_COUNT; i++) {
        if (strcmp(symbols[i].name, function) == 0) {
            void *address;
            memcpy(&address, (const char *)&library->sdk + symbols[i].place, sizeof address);
            return address != NULL;
        }
    }
    return 0;
}

const char *hal_library_path(const hal_library *library) {
    return library ? library->path : NULL;
}

const hal_cosim_api *hal_library_cosim(const hal_library *library) {
    return library ? library->cosim : NULL;
}

const hal_pci_api *hal_library_pci(const hal_library *library) {
    return library ? library->pci : NULL;
}

const hal_served_api *hal_library_served(const hal_library *library) {
    return library ? library->served : NULL;
}

const hal_interrupt_api *hal_library_interrupts(const hal_library *library) {
    return library ? library->interrupts : NULL;
}

const hal_card_api *hal_library_card(const hal_library *library) {
    return library ? library->card : NULL;
}
