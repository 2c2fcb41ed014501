/* What the tests and the card below a library share: a file beside the fake bus, mapped by both. fake_bus.py has the
 * same members. */
#ifndef HAL_TEST_FIRMWARE_H
#define HAL_TEST_FIRMWARE_H

#include <stdint.h>

#include "fpga_sdk.h"

#define BUS_MAX 512 /* characters of a path */

struct known_afi {
    char id[AFI_ID_STR_MAX];
    struct afi_device_ids ids;
};

struct firmware {
    uint32_t dead;                             /* the mailbox takes commands and answers none */
    uint32_t answer_ms;                        /* how late an answer comes */
    uint32_t load_ms;                          /* how long a load takes */
    uint32_t settle_ms;                        /* how long nothing answers on OCL after a rescan */
    uint32_t unheard;                          /* so many load commands take effect and are not answered */
    uint32_t loads, clears, commands, rescans; /* counted */
    uint32_t ocl_timeouts;
    int32_t status, status_q;
    uint64_t ready_ns, settled_ns; /* of CLOCK_MONOTONIC */
    struct known_afi loaded, shown, pending;
    uint64_t cached[FPGA_CACHED_AGFIS_MAX];
    struct known_afi known[4];
};

/* Null where no bus is given. */
struct firmware *firmware_page(void);
uint64_t firmware_now(void);
/* Where a path of /sys/bus/pci lies. */
const char *bus_place(const char *path, char room[BUS_MAX]);
/* What the application function's files show after a rescan. */
void firmware_rescanned(struct firmware *page);
/* Ends what has taken its time. */
void firmware_advance(struct firmware *page);

#endif
