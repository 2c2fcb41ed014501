/* The F2 card's BARs, said once: function, number, bytes, and whether it can be attached with BURST_CAPABLE. */
#ifndef HAL_F2_BARS_H
#define HAL_F2_BARS_H

#include "fpga_sdk.h"

#define F2_APP0_BYTES (UINT64_C(64) << 20)
#define F2_APP2_BYTES (UINT64_C(64) << 10)
#define F2_APP4_BYTES (UINT64_C(128) << 30)
#define F2_MGMT0_BYTES (UINT64_C(16) << 10)
#define F2_MGMT2_BYTES (UINT64_C(16) << 10)
#define F2_MGMT4_BYTES (UINT64_C(4) << 20)

/* The first members of a struct that describes a BAR. */
#define F2_APP0 FPGA_APP_PF, 0, F2_APP0_BYTES, false
#define F2_APP2 FPGA_APP_PF, 2, F2_APP2_BYTES, false
#define F2_APP4 FPGA_APP_PF, 4, F2_APP4_BYTES, true
#define F2_MGMT0 FPGA_MGMT_PF, 0, F2_MGMT0_BYTES, false
#define F2_MGMT2 FPGA_MGMT_PF, 2, F2_MGMT2_BYTES, false
#define F2_MGMT4 FPGA_MGMT_PF, 4, F2_MGMT4_BYTES, false

#endif
