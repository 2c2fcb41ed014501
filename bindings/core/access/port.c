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

/* One port in its lane. Bits of no field are read and written back where anything of the word is, else as after a
 * reset. */
static int place_lane(hal_port *port, const hal_port *plan, hal_bar *bar, uint32_t generation, uint64_t at,
                      const hal_lane *beside) {
    unsigned lane = hal_lane_of(at, plan->width), shift = plan->shift + lane;
    uint64_t word = hal_ones_of(plan->width);
    if (shift >= plan->width || plan->mask > word >> shift)
        return HAL_E_ALIGN;
    uint64_t spare = beside->spare & ~(plan->mask << shift);
    uint64_t kept = ((plan->keep << lane) & ~beside->spare) | beside->keep;
    *port = *plan;
    port->offset = at - lane / 8;
    port->shift = (uint8_t)shift;
    port->keep = kept ? kept | spare : 0;
    port->ones = ((plan->ones << lane) & ~beside->spare) | beside->ones | (kept ? 0 : beside->rest & spare);
    port->spare = spare;
    port->rest = beside->rest & spare;
    port->generation = generation;
    if ((port->keep | port->ones) & ~word)
        return HAL_E_ARGUMENT;
    return hal_check_span(bar, port->offset, plan->width, 1);
}

/* As hal_ports_place, for a register that is narrower than its bus word, at any byte where it lies in one word. */
int hal_lanes_place(hal_port *ports, const hal_port *plans, size_t count, hal_bar *bar, uint32_t generation,
                    uint64_t offset, const hal_lane *beside) {
    if (!ports || !plans || !bar || !beside)
        return HAL_E_ARGUMENT;
    int code = hal_state(bar, generation);
    if (code == HAL_E_COLLECTING)
        code = 0;
    for (size_t i = 0; i < count; i++)
        ports[i] = (hal_port){0};
    for (size_t i = 0; i < count && code == 0; i++)
        if (plans[i].width)
            code = known_width(plans[i].width) ? place_lane(&ports[i], &plans[i], bar, generation, offset, beside)
                                               : HAL_E_ARGUMENT;
    for (size_t i = 0; i < count && code == 0; i++)
        ports[i].bar = plans[i].width ? bar : NULL;
    return code;
}
