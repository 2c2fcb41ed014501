/* The logic that a library was made of, where it was. */
#include "logic/logic.h"

const hal_logic *card_logic;

void hal_card_use_logic(const hal_logic *logic) {
    card_logic = logic;
}

int logic_configure(struct slot_state *slot) {
    uint16_t ids[4] = {0};
    int code = card_logic->configure();
    if (!code && card_logic->ids)
        card_logic->ids(ids);
    if (ids[0])
        slot->ids = (struct pci_ids){ids[0], ids[1], ids[2], ids[3]};
    return code;
}
