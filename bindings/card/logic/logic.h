/* What answers instead of a design's storage; null: nothing. */
#ifndef HAL_CARD_LOGIC_H
#define HAL_CARD_LOGIC_H

#include "hal_logic.h"
#include "state/state.h"

extern const hal_logic *card_logic;
/* With the slot's lock held: a load's part. */
int logic_configure(struct slot_state *slot);

#endif
