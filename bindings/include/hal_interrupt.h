/*
 * Interrupt lines of a card. A library exports this table where it has any; what it can't do is null. Functions return
 * 0, or what they promise, or a negative errno, and any thread may call them.
 */
#ifndef HAL_INTERRUPT_H
#define HAL_INTERRUPT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_INTERRUPT_API_VERSION 1u
#define HAL_LINES 64

/* What hal_interrupt_api.drive does to a line. */
enum { HAL_LINE_LOW = 0, HAL_LINE_HIGH = 1, HAL_LINE_PULSE = 2 };

typedef struct hal_interrupt_api {
    uint32_t version, size;
    /* A descriptor that can be read from when the line has made a request since it was opened, or taken last; poll and
     * epoll tell. It is of this process. -ENOENT: no such line. */
    int (*open)(int slot, int line);
    int (*close)(int slot, int descriptor);
    /* Empties the descriptor, without waiting. *requests: the line's so far, in all. Returns 1 while the line is high,
     * else 0. */
    int (*take)(int slot, int line, int descriptor, uint64_t *requests);
    /* Its user is done with what it has taken: the descriptor can be read from again, and 1 is returned, where a line
     * that goes by levels is still high. */
    int (*arm)(int slot, int line, int descriptor);
    /* The rest is a test bench's: null where the line is hardware's. HAL_LINE_*. */
    int (*drive)(int slot, int line, int level);
    /* An interrupt that the design names: its status is set, and where it is let through, its line makes a request.
     * -ENOENT: the design has none of that name. */
    int (*raise)(int slot, const char *name);
    /* by_level: the line asks as long as anything that is let through is pending; else it makes a request each time
     * that something comes, as message signalled interrupts do. */
    int (*set_trigger)(int slot, int line, int by_level);
    int (*state)(int slot, uint64_t requests[HAL_LINES], uint64_t *high, uint64_t *by_level);
} hal_interrupt_api;

const hal_interrupt_api *hal_interrupt_get_api(void);

#ifdef __cplusplus
}
#endif

#endif
