/* Bytes, by way of the bus words that hold them. */
#include <string.h>

#include "bulk/bulk.h"

span hal_span_of(uint64_t offset, int width, uint64_t bytes) {
    uint64_t size = (uint64_t)width / 8, within = hal_lane_of(offset, width) / 8;
    uint64_t head = within == 0 ? 0 : size - within < bytes ? size - within : bytes;
    return (span){head, (bytes - head) / size, (bytes - head) % size};
}

int hal_check_bytes(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data, uint64_t bytes) {
    if (!bar || (!data && bytes) || (width != 8 && width != 32 && width != 64))
        return HAL_E_ARGUMENT;
    int code = hal_state(bar, generation);
    if (code == 0)
        code = hal_check_reach(bar, offset, bytes);
    uint64_t size = (uint64_t)width / 8, within = offset % size;
    return code ? code : hal_check_span(bar, offset - within, width, (within + bytes + size - 1) / size);
}

/* Some bytes of one bus word, as a field of it: a write keeps the others. */
static hal_port part_of_word(hal_bar *bar, uint32_t generation, uint64_t offset, int width, uint64_t bytes) {
    unsigned lane = hal_lane_of(offset, width);
    uint64_t mask = hal_ones_of((int)bytes * 8);
    return (hal_port){.bar = bar,
                      .offset = offset - lane / 8,
                      .mask = mask,
                      .keep = hal_ones_of(width) & ~(mask << lane),
                      .generation = generation,
                      .width = (uint8_t)width,
                      .shift = (uint8_t)lane};
}

int hal_read_part(hal_bar *bar, uint32_t generation, uint64_t offset, int width, void *out, uint64_t bytes) {
    hal_port port = part_of_word(bar, generation, offset, width, bytes);
    uint64_t value = 0;
    int code = bytes ? hal_get64(&port, &value) : 0;
    if (code == 0)
        memcpy(out, &value, bytes); /* little-endian: the low end */
    return code;
}

static int write_part(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *in, uint64_t bytes) {
    hal_port port = part_of_word(bar, generation, offset, width, bytes);
    uint64_t value = 0;
    memcpy(&value, in, bytes);
    return bytes ? hal_modify(&port, value) : 0;
}

/* bytes from offset on into data, in bus accesses of width bits from rising addresses. */
int hal_read_bytes(hal_bar *bar, uint32_t generation, uint64_t offset, int width, void *data, uint64_t bytes) {
    int code = hal_check_bytes(bar, generation, offset, width, data, bytes);
    if (code || bytes == 0)
        return code;
    span parts = hal_span_of(offset, width, bytes);
    unsigned char *out = data;
    uint64_t middle = parts.head + parts.words * ((uint64_t)width / 8);
    code = hal_read_part(bar, generation, offset, width, out, parts.head);
    if (code == 0 && parts.words)
        code = hal_read_block(bar, generation, offset + parts.head, width, out + parts.head, parts.words);
    return code ? code : hal_read_part(bar, generation, offset + middle, width, out + middle, parts.tail);
}

/* batch: null where they go to the BAR at once. A bus word that they fill in part is read, changed and written under
 * the BAR's lock. */
static int write_parts(hal_batch *batch, hal_bar *bar, uint32_t generation, uint64_t offset, int width,
                       const unsigned char *in, uint64_t bytes) {
    span parts = hal_span_of(offset, width, bytes);
    uint64_t middle = parts.head + parts.words * ((uint64_t)width / 8), start = offset + parts.head;
    int code = write_part(bar, generation, offset, width, in, parts.head);
    if (code == 0 && parts.words)
        code = batch ? hal_batch_block(batch, bar, start, width, in + parts.head, parts.words)
                     : hal_write_block(bar, generation, start, width, in + parts.head, parts.words);
    return code ? code : write_part(bar, generation, offset + middle, width, in + middle, parts.tail);
}

/* The same to the BAR. */
int hal_write_bytes(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data, uint64_t bytes) {
    int code = hal_check_bytes(bar, generation, offset, width, data, bytes);
    if (code || bytes == 0)
        return code;
    code = write_parts(NULL, bar, generation, offset, width, data, bytes);
    hal_drain_writes();
    return code;
}

/* As hal_write_bytes, for the stand-in of a BAR in a batch: a step for each bus word. */
int hal_batch_bytes(hal_batch *batch, hal_bar *bar, uint64_t offset, int width, const void *data, uint64_t bytes) {
    if (!batch || !bar)
        return HAL_E_ARGUMENT;
    int code = bar->closed == HAL_E_COLLECTING ? hal_check_bytes(bar, hal_generation(bar), offset, width, data, bytes)
                                               : bar->closed;
    return code || bytes == 0 ? code
                              : write_parts(batch, bar, 0, offset, width, data, bytes); /* it has no generation */
}
