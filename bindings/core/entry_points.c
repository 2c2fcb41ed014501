/* The hot path by address, for the package's other extension. */
#include "hal_core.h"

#ifndef HAL_HEADERS
#error "HAL_HEADERS is missing: hal_build.py makes it from the public headers"
#endif

const hal_entry_points *hal_get_entry_points(void) {
    static const hal_entry_points entry_points = {.headers = HAL_HEADERS,
                                                  .get64 = hal_get64,
                                                  .set = hal_set,
                                                  .modify = hal_modify,
                                                  .update = hal_update,
                                                  .read_block = hal_read_block,
                                                  .write_block = hal_write_block,
                                                  .read_bytes = hal_read_bytes,
                                                  .read_wide = hal_read_wide,
                                                  .write_bytes = hal_write_bytes,
                                                  .read_words = hal_read_words,
                                                  .peek = hal_peek,
                                                  .poke = hal_poke,
                                                  .attached_of = hal_attached_of,
                                                  .batch_read = hal_batch_read,
                                                  .batch_step = hal_batch_step};
    return &entry_points;
}
