/* Attaching, and what a slot does beside accesses, for another host. */
#include "remote/agent.h"

const hal_attached *agent_bar(const hal_agent *agent, uint32_t number) {
    uint32_t place = number % AGENT_BARS;
    return number && agent->bars[place].number == number ? &agent->bars[place].what : NULL;
}

/* A number tells what was attached once, and nothing that came after it in its place. */
static int attach(hal_agent *agent, wire_reader *given, wire_writer *answer) {
    wire_attach wanted;
    uint32_t place = 0;
    if (!wire_take(given, &wanted, sizeof wanted))
        return HAL_E_ARGUMENT;
    while (place < AGENT_BARS && agent->bars[place].number)
        place++;
    if (place == AGENT_BARS || agent->attached >= UINT32_MAX / AGENT_BARS - 1)
        return HAL_E_MANY;
    bool bound = (wanted.flags & HAL_ATTACH_BOUND) && agent->design_known;
    hal_attached *what = &agent->bars[place].what;
    int code = hal_attach(agent->library, agent->slot, wanted.pf, wanted.bar, wanted.flags & ~HAL_ATTACH_BOUND,
                          bound ? &agent->design : NULL, what);
    if (code)
        return code;
    agent->bars[place].number = ++agent->attached * AGENT_BARS + place;
    wire_put(answer, &agent->bars[place].number, sizeof agent->bars[place].number);
    return 0;
}

static int detach(hal_agent *agent, wire_reader *given) {
    uint32_t number;
    const hal_attached *what = wire_take(given, &number, sizeof number) ? agent_bar(agent, number) : NULL;
    if (!what)
        return HAL_E_CLOSED;
    agent->bars[number % AGENT_BARS].number = 0;
    hal_release(what->bar, what->generation); /* which may be stale by now */
    return 0;
}

/* What the slot holds, and the number of that design: looked at again where another one came meanwhile. */
static int describe(hal_agent *agent, wire_reader *given, wire_writer *answer) {
    enum { ATTEMPTS = 16 };
    struct fpga_mgmt_image_info info = {0};
    uint64_t before = 0, after = 1;
    uint32_t flags;
    int code = wire_take(given, &flags, sizeof flags) ? 0 : HAL_E_ARGUMENT;
    for (int attempt = 0; attempt < ATTEMPTS && code == 0 && before != after; attempt++) {
        int unknown = hal_design_number(agent->library, agent->slot, &before);
        code = hal_describe_aside(agent->library, agent->slot, flags, &info);
        if (code == 0 && unknown == 0)
            hal_design_number(agent->library, agent->slot, &after);
        flags &= ~(uint32_t)FPGA_CMD_CLEAR_HW_METRICS; /* once is enough */
    }
    if (code == 0) {
        agent->design = after;
        agent->design_known = true;
        wire_put(answer, &info, sizeof info);
    }
    return code == HAL_E_SILENT ? -ETIMEDOUT : code;
}

static int resources(hal_agent *agent, wire_reader *given, wire_writer *answer) {
    struct fpga_pci_resource_map map = {0};
    int32_t pf;
    int code =
        wire_take(given, &pf, sizeof pf) ? hal_resource_map(agent->library, agent->slot, pf, &map) : HAL_E_ARGUMENT;
    wire_put(answer, &map, sizeof map);
    return code;
}

static int slot_spec(hal_agent *agent, wire_writer *answer) {
    struct fpga_slot_spec spec = {0};
    int code = hal_slot_spec(agent->library, agent->slot, &spec);
    wire_put(answer, &spec, sizeof spec);
    return code;
}

static int status(hal_agent *agent, wire_writer *answer) {
    int found[2] = {0};
    int code = hal_status(agent->library, agent->slot, &found[0], &found[1]);
    wire_put(answer, found, sizeof found);
    return code;
}

static int load(hal_agent *agent, wire_reader *given) {
    char id[AFI_ID_STR_MAX];
    uint32_t flags;
    if (!wire_take(given, id, sizeof id) || !wire_take(given, &flags, sizeof flags) || !memchr(id, 0, sizeof id))
        return HAL_E_ARGUMENT;
    int code = hal_load(agent->library, agent->slot, id, flags);
    if (!(flags & FPGA_CMD_PREFETCH))
        hal_retire(agent->library, agent->slot, 0);
    return code;
}

static int clear(hal_agent *agent) {
    int code = hal_clear(agent->library, agent->slot);
    hal_retire(agent->library, agent->slot, 0);
    return code;
}

static int rescan(hal_agent *agent) {
    hal_retire(agent->library, agent->slot, 0); /* what uses a BAR ends first */
    int code = hal_rescan(agent->library, agent->slot);
    hal_retire(agent->library, agent->slot, 0);
    return code;
}

static int sixteen(hal_agent *agent, wire_writer *answer, int (*get)(hal_library *, int, uint16_t *)) {
    uint16_t value = 0;
    int code = get(agent->library, agent->slot, &value);
    wire_put(answer, &value, sizeof value);
    return code;
}

static int set_dip(hal_agent *agent, wire_reader *given) {
    uint16_t value;
    return wire_take(given, &value, sizeof value) ? hal_set_dip(agent->library, agent->slot, value) : HAL_E_ARGUMENT;
}

static int clocks(hal_agent *agent, wire_writer *answer) {
    struct fpga_clkgen_info info = {0};
    int code = hal_clocks(agent->library, agent->slot, &info);
    wire_put(answer, &info, sizeof info);
    return code;
}

static int set_clocks(hal_agent *agent, wire_reader *given,
                      int (*set)(hal_library *, int, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t)) {
    uint32_t wanted[5];
    if (!wire_take(given, wanted, sizeof wanted))
        return HAL_E_ARGUMENT;
    return set(agent->library, agent->slot, wanted[0], wanted[1], wanted[2], wanted[3], wanted[4]);
}

int agent_service(hal_agent *agent, int kind, wire_reader *given, wire_writer *answer) {
    switch (kind) {
    case WIRE_ATTACH: return attach(agent, given, answer);
    case WIRE_DETACH: return detach(agent, given);
    case WIRE_RESOURCES: return resources(agent, given, answer);
    case WIRE_SLOT_SPEC: return slot_spec(agent, answer);
    case WIRE_DESCRIBE: return describe(agent, given, answer);
    case WIRE_STATUS: return status(agent, answer);
    case WIRE_LOAD: return load(agent, given);
    case WIRE_CLEAR: return clear(agent);
    case WIRE_RESCAN: return rescan(agent);
    case WIRE_LEDS: return sixteen(agent, answer, hal_leds);
    case WIRE_DIP: return sixteen(agent, answer, hal_dip);
    case WIRE_SET_DIP: return set_dip(agent, given);
    case WIRE_CLOCKS: return clocks(agent, answer);
    case WIRE_SET_RECIPE: return set_clocks(agent, given, hal_set_recipe);
    case WIRE_SET_DYNAMIC: return set_clocks(agent, given, hal_set_dynamic);
    case WIRE_RELEASE_RESETS: return hal_release_resets(agent->library, agent->slot);
    default: return HAL_E_ARGUMENT;
    }
}
