/* Inside the management functions of the SDK. */
#ifndef HAL_CARD_MGMT_H
#define HAL_CARD_MGMT_H

#include "card.h"

/* The slot of a management call: FPGA_ERR_SOFTWARE_PROBLEM before fpga_mgmt_init. */
int mgmt_slot(int slot_id, struct card **card, struct slot_state **slot);
/* The same with time advanced and the lock held. */
int mgmt_lock(int slot_id, struct card **card, struct slot_state **slot);
int mgmt_describe(int slot_id, struct fpga_mgmt_image_info *info, uint32_t flags);

#endif
