/* Logic in place of a design's storage: who links the card's objects into a library of its own says here what answers
 * on the BARs. All else of the card stays: slots, loads, handles, faults, traces, the clock generator. */
#ifndef HAL_LOGIC_H
#define HAL_LOGIC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an access returns that nobody answers; else 0 or a negative errno. */
#define HAL_LOGIC_SILENT 1

/* Called by any thread, several at once, and never with the card's locks held but for `configure`. */
typedef struct hal_logic {
    const char *name;
    const char
        *design; /* text of the design that the slot holds from the start, and its AFI; null: it begins cleared */
    const char *afi;
    /* The logic as it is after configuration: each load does it. */
    int (*configure)(void);
    /* bytes: 1, 4 or 8. */
    int (*read)(int pf, int bar, uint64_t offset, unsigned bytes, uint64_t *value);
    int (*write)(int pf, int bar, uint64_t offset, unsigned bytes, uint64_t value);
    /* The words of a burst, in their order; null: one at a time. */
    int (*write_block)(int pf, int bar, uint64_t offset, const uint32_t *data, uint64_t dwords);
    int (*leds)(uint16_t *value);
    int (*set_dip)(uint16_t value);
    /* PCI vendor, device, subsystem device, subsystem vendor; null, or all zero: the design's text has them. */
    void (*ids)(uint16_t ids[4]);
} hal_logic;

/* The logic as a bus master, on the memory that the process has mapped for slot 0 (hal_dma.h): 0, or -EFAULT or
 * -EACCES, which the shell answers with an error; what is read is all ones then. strobes: a bit for each byte, of at
 * most 64. */
int hal_logic_is_mapped(uint64_t address);
int hal_logic_master_read(uint64_t address, void *data, uint64_t bytes);
int hal_logic_master_write(uint64_t address, const void *data, uint64_t bytes, uint64_t strobes);

/* Before the card's first use, by a constructor. The card then has one slot and no name. */
void hal_card_use_logic(const hal_logic *logic);

#define HAL_LOGIC_API_VERSION 1u

/* The same for who loads the card's library, a copy of it that nobody uses yet: a test bench in another language. */
typedef struct hal_logic_api {
    uint32_t version, size;
    void (*use)(const hal_logic *logic);
} hal_logic_api;

const hal_logic_api *hal_logic_get_api(void);

#ifdef __cplusplus
}
#endif

#endif
