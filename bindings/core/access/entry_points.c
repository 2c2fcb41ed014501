/* The hot path by address, for the package's other extension. */
#include "core_internal.h"

const hal_entry_points *hal_get_entry_points(void) {
    static const hal_entry_points entry_points = {.size = sizeof(hal_entry_points),
                                                  .port_size = sizeof(hal_port),
                                                  .get64 = hal_get64,
                                                  .set = hal_set,
                                                  .modify = hal_modify,
                                                  .update = hal_update,
                                                  .read_block = hal_read_block,
                                                  .write_block = hal_write_block};
    return &entry_points;
}
