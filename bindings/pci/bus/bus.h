/* The PCI functions that are the slots, as the system's files show them. */
#ifndef HAL_PCI_BUS_H
#define HAL_PCI_BUS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fpga_sdk.h"
#include "hal_pci.h"

#define HAL_EXPORT __attribute__((visibility("default")))
#define PRINTF(text, first) __attribute__((format(printf, text, first)))

typedef char path_text[HAL_PCI_PATH_MAX];

/* ---- words.c ---- */

/* Keeps what went wrong, in words, and returns the code. */
int say(int code, const char *format, ...) PRINTF(2, 3);
/* The words of a code, once; "" where it was another one's. */
const char *said(int code);
/* The same, and they stay. */
const char *saying(int code);

/* ---- tree.c ---- */

/* Finds out where the system's files are; what HAL_PCI_ROOT names has to be a tree for tests. */
int tree_begin(void);
const char *tree_fake_root(void);
/* Paths below /sys and /dev, or below what stands for them. -ENAMETOOLONG where one does not fit. */
int sys_path(path_text path, const char *format, ...) PRINTF(2, 3);
int dev_path(path_text path, const char *format, ...) PRINTF(2, 3);
/* A path below a folder. */
int path_in(path_text path, const char *folder, const char *format, ...) PRINTF(3, 4);
/* The first line of a small file; "" and a negative errno where it can't be read. */
int read_line(const char *folder, const char *file, char *text, size_t size);
/* The number in such a file; `otherwise` where there is none. */
uint64_t read_number(const char *folder, const char *file, uint64_t otherwise);
/* The last part of what a link in the folder points to. */
int read_link_name(const char *folder, const char *link, char *name, size_t size);
int write_word(const char *path, const char *word);

/* ---- chosen.c ---- */

/* What one slot is: a PCI function, or a window of physical memory. */
struct chosen {
    char address[HAL_PCI_NAME_MAX];
    uint64_t start, size; /* of a window; size 0: a function */
};

/* Takes HAL_PCI and HAL_MEM, or in place of HAL_PCI what is given; once. */
int choose(const char *functions);
/* Numbers of slots, and one of them: FPGA_ERR_PCI_MISSING for others. */
int chosen_count(void);
int chosen_slot(int slot, const struct chosen **chosen);

/* ---- window.c ---- */

/* The next window in a text like HAL_MEM's: 1, 0 at its end, or a negative errno. */
int next_window(const char **text, struct chosen *window);
/* Whether such windows may be used at all. */
int windows_allowed(void);

/* ---- function.c ---- */

/* Of the configuration space: the command register, and its bit that has memory answer. */
enum { CONFIG_COMMAND = 4, COMMAND_MEMORY = 2 };

/* What it is now. -ENODEV: it is not there. */
int function_read(const struct chosen *chosen, hal_pci_function *function);
/* The same of what a slot is. */
int slot_function(int slot, hal_pci_function *function);
/* A number that another function at this address has another of; 0: it is not there. */
uint64_t function_incarnation(const struct chosen *chosen);
/* Has its memory answer, where it does not yet. */
int function_enable(const hal_pci_function *function);

#endif
