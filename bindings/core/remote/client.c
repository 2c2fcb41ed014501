/* A library with the SDK's interface whose card is another host's: its functions send messages. Handles are numbered in
 * the process, so each tells its connection; functions of a slot are told theirs by the call that is under way. */
#include "remote/channel.h"
#include "words/word_functions.h"

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    hal_far *far; /* null: free */
    uint32_t bar;
} handles[HAL_HANDLES_MAX];

static hal_far *far_of(int handle, uint32_t *bar) {
    if (handle < 0 || handle >= HAL_HANDLES_MAX)
        return NULL;
    *bar = handles[handle].bar;
    return handles[handle].far;
}

static void forget_in_child(void) {
    pthread_mutex_init(&table_lock, NULL);
    memset(handles, 0, sizeof handles);
}

__attribute__((constructor)) static void watch_forks(void) {
    hal_watch_forks(forget_in_child);
}

/* ---- Single accesses ---- */

#define TELL_NS UINT64_C(1000000000) /* they are told of after so long, and ten times as long each time */

static int begin_single(far_call *call, hal_far *far, uint64_t *start) {
    int code = atomic_exchange(&far->to_tell, false) ? hal_gate_tell(far->library, 0, 0) : 0;
    *start = hal_now_ns();
    return code ? code : far_begin(call, far);
}

int far_begin_bar(far_call *call, const hal_bar *bar, uint32_t *number, uint64_t *single) {
    hal_far *far = far_of(hal_handle(bar), number);
    if (!far)
        return HAL_E_CLOSED;
    return single ? begin_single(call, far, single) : far_begin(call, far);
}

int far_end_single(far_call *call, uint64_t start, int code) {
    hal_far *far = call->far;
    far->facts.singles++;
    far->facts.single_ns += hal_now_ns() - start;
    if (far->facts.single_ns >= (far->told_ns ? 10 * far->told_ns : TELL_NS)) {
        far->told_ns = far->facts.single_ns;
        atomic_store(&far->to_tell, true);
    }
    far_end(call);
    return code;
}

static int far_access(int handle, uint64_t offset, int width, bool is_write, uint64_t *value) {
    wire_place place = {.offset = offset, .width = (uint8_t)width};
    hal_far *far = far_of(handle, &place.bar);
    uint64_t start;
    far_call call;
    int code = far ? begin_single(&call, far, &start) : -EINVAL;
    if (code)
        return code;
    wire_put(&far->out, &place, sizeof place);
    if (is_write)
        wire_put64(&far->out, *value);
    code = far_exchange(&call, is_write ? WIRE_POKE : WIRE_PEEK);
    if (code == 0 && !is_write && !wire_take(&call.answer, value, sizeof *value))
        code = far_malformed(&call);
    return far_end_single(&call, start, code);
}

HAL_WORD_FUNCTIONS(far_access)

static int far_memset(int handle, uint64_t offset, uint32_t value, uint64_t count) {
    wire_block block = {
        .first = {.offset = offset, .width = 32},
          .count = count
    };
    hal_far *far = far_of(handle, &block.first.bar);
    far_call call;
    int code = far ? far_begin(&call, far) : -EINVAL;
    if (code)
        return code;
    wire_put(&far->out, &block, sizeof block);
    wire_put64(&far->out, value);
    code = far_exchange(&call, WIRE_FILL);
    far_end(&call);
    return code;
}

/* ---- The slot ---- */

/* The connection of the call that is under way; a slot is the one that it was opened for. */
static int begin(far_call *call, int slot) {
    const hal_library *library = hal_calling();
    hal_far *far = library ? library->far : NULL;
    if (!far)
        return HAL_E_ARGUMENT;
    return slot == far->slot ? far_begin(call, far) : -ENOENT;
}

/* A request of a few numbers, and an answer of as many bytes as are asked for. */
static int ask_slot(int slot, int kind, const void *given, size_t bytes, void *answer, size_t wanted) {
    far_call call;
    int code = begin(&call, slot);
    if (code)
        return code;
    wire_put(&call.far->out, given, bytes);
    code = far_exchange(&call, kind);
    if (code == 0 && !wire_take(&call.answer, answer, wanted))
        code = far_malformed(&call);
    far_end(&call);
    return code;
}

static int far_init(void) {
    return 0;
}

static int take_handle(hal_far *far) {
    int handle = 0;
    pthread_mutex_lock(&table_lock);
    while (handle < HAL_HANDLES_MAX && handles[handle].far)
        handle++;
    if (handle < HAL_HANDLES_MAX)
        handles[handle].far = far;
    pthread_mutex_unlock(&table_lock);
    return handle < HAL_HANDLES_MAX ? handle : -1;
}

static void drop_handle(int handle) {
    pthread_mutex_lock(&table_lock);
    handles[handle].far = NULL;
    pthread_mutex_unlock(&table_lock);
}

static int far_attach(int slot, int pf, int bar, uint32_t flags, int *handle) {
    wire_attach wanted = {.pf = pf, .bar = bar, .flags = flags};
    const hal_library *library = hal_calling();
    int taken = library && library->far ? take_handle(library->far) : -1;
    uint32_t number = 0;
    *handle = taken;
    if (taken < 0)
        return 0; /* as the SDK says that all are taken */
    int code = ask_slot(slot, WIRE_ATTACH, &wanted, sizeof wanted, &number, sizeof number);
    handles[taken].bar = number;
    if (code) {
        drop_handle(taken);
        *handle = -1;
    }
    return code == HAL_E_MANY ? 0 : code;
}

/* What is lost, or of the process before a fork, is attached no more. */
static int far_detach(int handle) {
    uint32_t bar;
    hal_far *far = far_of(handle, &bar);
    far_call call;
    if (!far)
        return -EINVAL;
    int code = far_begin(&call, far);
    if (code == HAL_E_DEADLOCK && far_is_mine(far)) {
        far_leave_bar(far, bar);
    } else if (code == 0) {
        wire_put(&far->out, &bar, sizeof bar);
        far_exchange(&call, WIRE_DETACH);
        far_end(&call);
    }
    drop_handle(handle);
    return 0;
}

static int far_resource_map(int slot, int pf, struct fpga_pci_resource_map *map) {
    int32_t wanted = pf;
    return ask_slot(slot, WIRE_RESOURCES, &wanted, sizeof wanted, map, sizeof *map);
}

static int far_slot_spec(int slot, struct fpga_slot_spec *spec) {
    return ask_slot(slot, WIRE_SLOT_SPEC, NULL, 0, spec, sizeof *spec);
}

static int far_rescan(int slot) {
    return ask_slot(slot, WIRE_RESCAN, NULL, 0, NULL, 0);
}

static int far_describe(int slot, struct fpga_mgmt_image_info *info, uint32_t flags) {
    return ask_slot(slot, WIRE_DESCRIBE, &flags, sizeof flags, info, sizeof *info);
}

static int far_status(int slot, int *status, int *qualifier) {
    int32_t found[2] = {0};
    int code = ask_slot(slot, WIRE_STATUS, NULL, 0, found, sizeof found);
    *status = found[0];
    *qualifier = found[1];
    return code;
}

static int far_load_flags(int slot, char *afi_id, uint32_t flags) {
    struct {
        char id[AFI_ID_STR_MAX];
        uint32_t flags;
    } wanted = {.flags = flags};
    memcpy(wanted.id, afi_id, strnlen(afi_id, AFI_ID_STR_MAX - 1));
    return ask_slot(slot, WIRE_LOAD, &wanted, sizeof wanted, NULL, 0);
}

static int far_load(int slot, char *afi_id) {
    return far_load_flags(slot, afi_id, 0);
}

static int far_clear(int slot) {
    return ask_slot(slot, WIRE_CLEAR, NULL, 0, NULL, 0);
}

static int far_leds(int slot, uint16_t *value) {
    return ask_slot(slot, WIRE_LEDS, NULL, 0, value, sizeof *value);
}

static int far_dip(int slot, uint16_t *value) {
    return ask_slot(slot, WIRE_DIP, NULL, 0, value, sizeof *value);
}

static int far_set_dip(int slot, uint16_t value) {
    return ask_slot(slot, WIRE_SET_DIP, &value, sizeof value, NULL, 0);
}

static int far_clocks(int slot, struct fpga_clkgen_info *info) {
    return ask_slot(slot, WIRE_CLOCKS, NULL, 0, info, sizeof *info);
}

static int far_recipe(int slot, uint32_t a, uint32_t b, uint32_t c, uint32_t hbm, uint32_t reset) {
    const uint32_t wanted[] = {a, b, c, hbm, reset};
    return ask_slot(slot, WIRE_SET_RECIPE, wanted, sizeof wanted, NULL, 0);
}

static int far_dynamic(int slot, uint32_t a, uint32_t b, uint32_t c, uint32_t hbm, uint32_t reset) {
    const uint32_t wanted[] = {a, b, c, hbm, reset};
    return ask_slot(slot, WIRE_SET_DYNAMIC, wanted, sizeof wanted, NULL, 0);
}

static int far_release_resets(int slot) {
    return ask_slot(slot, WIRE_RELEASE_RESETS, NULL, 0, NULL, 0);
}

const sdk_table far_functions = {
    .fpga_pci_init = far_init,
    .fpga_pci_attach = far_attach,
    .fpga_pci_detach = far_detach,
    HAL_WORD_MEMBERS(far_access),
    .bus.fpga_pci_memset = far_memset,
    .fpga_pci_get_resource_map = far_resource_map,
    .fpga_pci_get_slot_spec = far_slot_spec,
    .fpga_pci_rescan_slot_app_pfs = far_rescan,
    .fpga_mgmt_init = far_init,
    .fpga_mgmt_describe_local_image = far_describe,
    .fpga_mgmt_get_status = far_status,
    .fpga_mgmt_load_local_image = far_load,
    .fpga_mgmt_load_local_image_flags = far_load_flags,
    .fpga_mgmt_clear_local_image = far_clear,
    .fpga_mgmt_get_vLED_status = far_leds,
    .fpga_mgmt_get_vDIP_status = far_dip,
    .fpga_mgmt_set_vDIP = far_set_dip,
    .aws_clkgen_get_dynamic = far_clocks,
    .aws_clkgen_set_recipe = far_recipe,
    .aws_clkgen_set_dynamic = far_dynamic,
    .aws_clkgen_deassert_resets = far_release_resets,
};
