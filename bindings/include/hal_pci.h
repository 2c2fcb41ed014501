/*
 * What the library for PCI functions tells beside the SDK's interface: which functions its slots are, how their BARs
 * are reached, and what is needed for interrupts and DMA. Functions return 0 or a negative errno; any thread may call
 * them.
 */
#ifndef HAL_PCI_H
#define HAL_PCI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_PCI_API_VERSION 1u
#define HAL_PCI_BARS 6
#define HAL_PCI_NAME_MAX 64
#define HAL_PCI_PATH_MAX 512

/* What reaches the BARs: files of sysfs, the driver of a UIO device, VFIO, or a window of /dev/mem. */
enum { HAL_PCI_SYSFS = 0, HAL_PCI_UIO = 1, HAL_PCI_VFIO = 2, HAL_PCI_WINDOW = 3 };

/* Flags of a BAR. */
enum { HAL_PCI_IO_PORTS = 1, HAL_PCI_PREFETCHABLE = 2, HAL_PCI_COMBINES = 4 /* can be attached with BURST_CAPABLE */ };

typedef struct {
    uint64_t start, size; /* physical address and bytes; size 0: absent */
    uint32_t flags, reserved;
} hal_pci_bar;

typedef struct {
    char address[HAL_PCI_NAME_MAX]; /* 0000:17:00.0; of a window its own */
    char folder[HAL_PCI_PATH_MAX];  /* in sysfs; "" of a window */
    char driver[HAL_PCI_NAME_MAX];  /* "" where none is bound */
    char uio[HAL_PCI_PATH_MAX];     /* its UIO device, "" where there is none */
    int32_t iommu_group;            /* -1: none */
    uint32_t way;                   /* HAL_PCI_SYSFS ... */
    uint32_t class_code;            /* 24 bits: base class, sub-class, interface */
    uint16_t vendor, device, subsystem_vendor, subsystem_device;
    hal_pci_bar bars[HAL_PCI_BARS];
} hal_pci_function;

typedef struct hal_pci_api {
    uint32_t version, size;
    /* Chooses what the slots are, as HAL_PCI would; null: HAL_PCI itself. -EBUSY: others are in use. */
    int (*choose)(const char *functions);
    int (*slot_count)(void);
    int (*describe)(int slot, hal_pci_function *function);
    /* Whether a word of all ones that was read through the mapping of this handle is one, as peeks look by themselves.
     */
    int (*answers)(int handle, uint64_t offset);
    /* The open files of a function that vfio-pci is bound to: held by the library, and good until the slot's last BAR
     * is detached or the function goes away; a number that went stale is a file that answers nothing. */
    int (*vfio)(int slot, int *container, int *device);
    /* What this thread's last failure was, in words, where it had this code; "" else, and the next time. */
    const char *(*words)(int code);
    /* The offset of this thread's last access that nobody answered: -EIO, for a function that is there and does not
     * answer. One that went away, or was taken by another driver, is -ESTALE. */
    uint64_t (*silent_offset)(void);
    /* The folder that stands for the system's, in tests; "" on a real machine. */
    const char *(*fake_root)(void);
} hal_pci_api;

const hal_pci_api *hal_pci_get_api(void);

#ifdef __cplusplus
}
#endif

#endif
