/* Transfers of many words in one call. */
#ifndef HAL_CORE_BULK_H
#define HAL_CORE_BULK_H

#include "access/access.h"

/* ---- transfer.c ---- */

typedef struct passage {
    errand errand;
    uint32_t generation;
} passage;

/* After the checks: from here until hal_end_transfer the BAR stays attached. reads, writes: bus accesses. */
int hal_begin_transfer(passage *way, hal_bar *bar, uint32_t generation, uint64_t reads, uint64_t writes);
int hal_end_transfer(const passage *way, int code);
/* Straight into the buffer where its words are aligned, else by way of one. */
int hal_read_run(const hal_bar *bar, uint64_t offset, int width, unsigned char *out, uint64_t count);
/* What a write-combining mapping still holds goes out before anything that follows. */
void hal_drain_writes(void);

/* ---- bytes.c: by way of the bus words that hold them ---- */

/* A run of bytes: how many of a bus word's end, how many bus words, and how many bytes of the one after them. */
typedef struct span {
    uint64_t head, words, tail;
} span;

span hal_span_of(uint64_t offset, int width, uint64_t bytes);
/* Every bus word that holds some of them has to be there. */
int hal_check_bytes(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data, uint64_t bytes);
/* Some bytes of one bus word. */
int hal_read_part(hal_bar *bar, uint32_t generation, uint64_t offset, int width, void *out, uint64_t bytes);

#endif
