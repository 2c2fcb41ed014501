/* The card's BARs: the shape of each, and where its state lies. */
#include "state/state.h"

const struct bar_shape bar_shapes[BAR_COUNT] = {
    [BAR_APP0] = {F2_APP0,  BAR_DESIGN,       BUS_OCL,  SLOT_STORAGE_APP0,  SLOT_ONCE_APP0,  SLOT_BEHIND_APP0,  REGION_APP0 },
    [BAR_APP2] = {F2_APP2,  BAR_SHELL_MEMORY, BUS_NONE, SLOT_STORAGE_APP2,  0,               0,                 REGION_APP2 },
    [BAR_APP4] = {F2_APP4,  BAR_DESIGN,       BUS_PCIS, SLOT_STORAGE_APP4,  SLOT_ONCE_APP4,  SLOT_BEHIND_APP4,  REGION_APP4 },
    [BAR_MGMT0] = {F2_MGMT0, BAR_MAILBOX,      BUS_NONE, 0,                  0,               0,                 REGION_MGMT0},
    [BAR_MGMT2] = {F2_MGMT2, BAR_JTAG,         BUS_NONE, 0,                  0,               0,                 REGION_MGMT2},
    [BAR_MGMT4] = {F2_MGMT4, BAR_DESIGN,       BUS_SDA,  SLOT_STORAGE_MGMT4, SLOT_ONCE_MGMT4, SLOT_BEHIND_MGMT4, REGION_MGMT4},
};

enum bar_index bar_find(int pf, int bar) {
    enum bar_index index = 0;
    while (index < BAR_COUNT && (bar_shapes[index].pf != pf || bar_shapes[index].bar != bar))
        index++;
    return index;
}
