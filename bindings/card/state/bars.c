/* The card's BARs: the shape of each, and where its state lies. */
#include "card.h"

const struct bar_shape bar_shapes[BAR_COUNT] = {
    [BAR_APP0] = {FPGA_APP_PF,  0, MIB(64),  BAR_DESIGN,       BUS_OCL,  false, SLOT_STORAGE_APP0,  SLOT_ONCE_APP0,  0    },
    [BAR_APP2] = {FPGA_APP_PF,  2, KIB(64),  BAR_SHELL_MEMORY, BUS_NONE, false, SLOT_STORAGE_APP2,  0,               32   },
    [BAR_APP4] = {FPGA_APP_PF,  4, GIB(128), BAR_DESIGN,       BUS_PCIS, true,  SLOT_STORAGE_APP4,  SLOT_ONCE_APP4,  33   },
    [BAR_MGMT0] = {FPGA_MGMT_PF, 0, KIB(16),  BAR_MAILBOX,      BUS_NONE, false, 0,                  0,               65569},
    [BAR_MGMT2] = {FPGA_MGMT_PF, 2, KIB(16),  BAR_JTAG,         BUS_NONE, false, 0,                  0,               65570},
    [BAR_MGMT4] = {FPGA_MGMT_PF, 4, MIB(4),   BAR_DESIGN,       BUS_SDA,  false, SLOT_STORAGE_MGMT4, SLOT_ONCE_MGMT4, 65571},
};

enum bar_index bar_find(int pf, int bar) {
    enum bar_index index = 0;
    while (index < BAR_COUNT && (bar_shapes[index].pf != pf || bar_shapes[index].bar != bar))
        index++;
    return index;
}
