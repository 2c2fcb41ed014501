/* Ports: places in a BAR, checked once when they are made. */
#include "access/access.h"

static bool known_width(int width) {
    return width == 8 || width == 32 || width == 64;
}

int hal_check_span(const hal_bar *bar, uint64_t offset, int width, uint64_t count) {
    if (!known_width(width))
        return HAL_E_ARGUMENT;
    unsigned shift = width == 64 ? 3 : width == 32 ? 2 : 0;
    if (offset & ((UINT64_C(1) << shift) - 1))
        return HAL_E_ALIGN;
    if (offset > bar->size || count > (bar->size - offset) >> shift)
        return HAL_E_RANGE;
    return 0;
}

/* The same at any offset. */
int hal_check_reach(const hal_bar *bar, uint64_t offset, uint64_t bytes) {
    return offset > bar->size || bytes > bar->size - offset ? HAL_E_RANGE : 0;
}

/* shift and bits name a field of the word; keep and ones what a write of it does with the other bits. */
int hal_port_prepare(hal_port *port, hal_bar *bar, uint32_t generation, uint64_t offset, int width, int shift, int bits,
                     uint64_t keep, uint64_t ones) {
    if (!port || !bar || !known_width(width) || shift < 0 || bits < 1 || shift + bits > width)
        return HAL_E_ARGUMENT;
    int code = hal_state(bar, generation);
    if (code == 0)
        code = hal_check_span(bar, offset, width, 1);
    if (code)
        return code;
    *port = (hal_port){.bar = bar,
                       .offset = offset,
                       .mask = hal_ones_of(bits),
                       .keep = keep,
                       .ones = ones,
                       .generation = generation,
                       .width = (uint8_t)width,
                       .shift = (uint8_t)shift};
    return 0;
}

/* Ports of one register from its class's plans, whose offsets count from the register's; a plan without a width stays
 * unused. Nothing is usable unless all of them fit. */
int hal_ports_place(hal_port *ports, const hal_port *plans, size_t count, hal_bar *bar, uint32_t generation,
                    uint64_t offset) {
    if (!ports || !plans || !bar)
        return HAL_E_ARGUMENT;
    int code = hal_state(bar, generation);
    if (code == HAL_E_COLLECTING)
        code = 0;
    for (size_t i = 0; i < count && code == 0; i++) {
        ports[i] = plans[i];
        if (plans[i].width == 0)
            continue;
        if (plans[i].shift >= plans[i].width || offset > UINT64_MAX - plans[i].offset)
            return HAL_E_ARGUMENT;
        ports[i].offset = offset + plans[i].offset;
        ports[i].generation = generation;
        code = hal_check_span(bar, ports[i].offset, plans[i].width, 1);
    }
    for (size_t i = 0; i < count && code == 0; i++)
        ports[i].bar = plans[i].width ? bar : NULL;
    return code;
}
