/* The clock generator's registers: the bits that they have, what they act on, and the frequencies that follow. */
#include "selftest.h"

#define NONE 0xDEADDEC0u

/* After a load: of the MMCMs b and hbm recipe 2, of c recipe 0, of a recipe 1. `bits` hold what is written. */
static const struct {
    uint64_t offset;
    uint32_t reset, bits;
} registers[] = {
    {0x58000, 0x90481D0F,              0        },
    {0x58004, 0x02010000,              0        },
    {0x58008, 0x09232223,              0        },
    {0x5800C, 0x1FF,                   0        },
    {0x58014, 0x3FE,                   0x3FF    },
    {0x58018, 0,                       1        },
    {0x58020, 0x151,                   0        },
    {0x50004, 1,                       0        },
    {0x50200, 1 | 11 << 8 | 250 << 16, 0x3FFFFFF},
    {0x50208, 2 | 500 << 8,            0x3FFFF  },
    {0x50214, 5,                       0xFF     },
    {0x50220, 1,                       0xFF     },
    {0x5025C, 0,                       3        },
    {0x51004, 1,                       0        },
    {0x51200, 1 | 12 << 8,             0x3FFFFFF},
    {0x51208, 4,                       0x3FFFF  },
    {0x51214, 3,                       0xFF     },
    {0x51220, 1,                       0xFF     },
    {0x5125C, 0,                       3        },
    {0x52004, 1,                       0        },
    {0x52200, 1 | 15 << 8,             0x3FFFFFF},
    {0x52208, 12,                      0x3FFFF  },
    {0x52214, 4,                       0xFF     },
    {0x52220, 3,                       0xFF     },
    {0x5225C, 0,                       3        },
    {0x54004, 1,                       0        },
    {0x54200, 1 | 11 << 8 | 250 << 16, 0x3FFFFFF},
    {0x54208, 2 | 500 << 8,            0x3FFFF  },
    {0x54214, 1,                       0xFF     },
    {0x54220, 1,                       0xFF     },
    {0x5425C, 0,                       3        },
    {0x50000, NONE,                    0        },
    {0x50204, NONE,                    0        },
    {0x53004, NONE,                    0        },
    {0x53200, NONE,                    0        },
    {0x55004, NONE,                    0        },
    {0x55200, NONE,                    0        },
    {0x58024, NONE,                    0        },
    {0x58FFC, NONE,                    0        },
};

#define COUNT (sizeof(registers) / sizeof(registers[0]))

static void check_resets(int handle) {
    for (size_t i = 0; i < COUNT; i++)
        equal(peek(handle, registers[i].offset), registers[i].reset, "a register's reset", "offset",
              (int)registers[i].offset);
}

/* Each has its bits, and no other's. */
static void check_registers(int handle) {
    check_resets(handle);
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t offset = registers[i].offset;
        uint32_t bits = registers[i].bits, reset = registers[i].reset;
        poke(handle, offset, UINT32_MAX);
        equal(peek(handle, offset), bits ? bits : reset, "all ones", "offset", (int)offset);
        poke(handle, offset, 0);
        equal(peek(handle, offset), bits ? 0 : reset, "zero", "offset", (int)offset);
        poke(handle, offset, reset);
        check_resets(handle);
    }
}

/* Parts of a word, and accesses of two. */
static void check_lanes(int handle) {
    uint64_t wide;
    uint8_t byte;
    EQUAL(fpga_pci_poke8(handle, 0x52201, 0x20), 0);
    EQUAL(peek(handle, 0x52200), 1 | 0x20 << 8);
    EQUAL(fpga_pci_poke8(handle, 0x52202, 0x44), 0);
    EQUAL(fpga_pci_peek8(handle, 0x52202, &byte), 0);
    EQUAL(byte, 0x44);
    EQUAL(fpga_pci_peek64(handle, 0x52200, &wide), 0);
    EQUAL(wide, (uint64_t)NONE << 32 | 0x442001);
    EQUAL(peek(handle, 0x52202), 0xDEC00044);
    EQUAL(fpga_pci_poke64(handle, 0x58014, UINT64_C(0xFFFFFFFF00000000)), 0);
    EQUAL(peek(handle, 0x58014), 0);
    EQUAL(peek(handle, 0x58018), 1);
    EQUAL(peek(handle, 0x58010), 0);
}

static void check_hz(int clock, uint64_t wanted) {
    uint64_t hz[HAL_CARD_CLOCKS];
    EQUAL(api->clock_hz(0, hz), 0);
    EQUAL(hz[clock], wanted);
}

/* The registers of an MMCM say what its outputs are once LOAD and SEN are written together; LOAD alone brings back what
 * it was powered up with, and SEN alone does nothing. */
static void check_loads(int handle) {
    struct fpga_clkgen_info info;
    poke(handle, 0x50200, 1 | 10 << 8);
    poke(handle, 0x50208, 15);
    poke(handle, 0x50214, 7);
    check_hz(HAL_CARD_CLK_EXTRA_B0, 450000000);
    poke(handle, 0x5025C, 2);
    check_hz(HAL_CARD_CLK_EXTRA_B0, 450000000);
    EQUAL(peek(handle, 0x50208), 15);
    poke(handle, 0x5025C, 3);
    check_hz(HAL_CARD_CLK_EXTRA_B0, 66666667);
    check_hz(HAL_CARD_CLK_EXTRA_B1, 142857143);
    check_hz(HAL_CARD_CLK_HBM_AXI, 450000000);
    poke(handle, 0x5025C, 1);
    check_hz(HAL_CARD_CLK_EXTRA_B0, 450000000);
    EQUAL(peek(handle, 0x50208), 2 | 500 << 8);
    poke(handle, 0x52200, 2 | 10 << 8 | 1023 << 16);
    poke(handle, 0x52208, 5 | 1023 << 8);
    poke(handle, 0x5225C, 3);
    check_hz(HAL_CARD_CLK_EXTRA_A1, 91507554); /* 100 MHz * 11.023 / (2 * 6.023) */
    EQUAL(aws_clkgen_get_dynamic(0, &info), 0);
    EQUAL(info.clock_group_a.clocks[0] * 1e6, 91507554);
    EQUAL(peek(handle, 0x58020), 0x151);
    poke(handle, 0x5225C, 1);
}

/* An MMCM without a factor or a divider does not lock; an output without one is still. */
static void check_locks(int handle) {
    static const struct {
        uint64_t base;
        uint32_t lock;
        int clock;
    } mmcms[] = {
        {0x52000, 1 << 0, HAL_CARD_CLK_EXTRA_A1},
        {0x50000, 1 << 4, HAL_CARD_CLK_EXTRA_B0},
        {0x51000, 1 << 6, HAL_CARD_CLK_EXTRA_C0},
        {0x54000, 1 << 8, HAL_CARD_CLK_HBM_AXI },
    };
    for (int i = 0; i < 8; i++) {
        uint64_t base = mmcms[i / 2].base;
        poke(handle, base + 0x200, i % 2 ? 1 : 10 << 8);
        EQUAL(peek(handle, 0x58020), 0x151);
        poke(handle, base + 0x25C, 3);
        EQUAL(peek(handle, 0x58020), 0x151 & ~mmcms[i / 2].lock);
        EQUAL(peek(handle, base + 4), 0);
        check_hz(mmcms[i / 2].clock, 0);
        poke(handle, base + 0x25C, 1);
        EQUAL(peek(handle, base + 4), 1);
    }
    struct fpga_clkgen_info info;
    poke(handle, 0x52214, 0);
    poke(handle, 0x5225C, 3);
    EQUAL(peek(handle, 0x58020), 0x151);
    check_hz(HAL_CARD_CLK_EXTRA_A1, 125000000);
    check_hz(HAL_CARD_CLK_EXTRA_A2, 0);
    check_hz(HAL_CARD_CLK_EXTRA_A3, 500000000);
    EQUAL(aws_clkgen_get_dynamic(0, &info), 0);
    EQUAL(info.clock_group_a.clocks[1] * 1000, 0);
}

/* What is not 0 brings all of them back, but for itself. */
static void check_global_reset(int handle) {
    poke(handle, 0x51200, 1 | 6 << 8);
    poke(handle, 0x5125C, 3);
    poke(handle, 0x58014, 0);
    poke(handle, 0x58018, 1);
    poke(handle, 0x58010, 0);
    EQUAL(peek(handle, 0x51200), 1 | 6 << 8);
    EQUAL(peek(handle, 0x58014), 0);
    check_hz(HAL_CARD_CLK_EXTRA_C0, 150000000);
    poke(handle, 0x58010, 0xF0000000);
    check_resets(handle);
    check_hz(HAL_CARD_CLK_EXTRA_C0, 300000000);
    EQUAL(peek(handle, 0x58010), 0xF0000000);
    poke(handle, 0x58010, 0);
    EQUAL(peek(handle, 0x58010), 0);
}

/* Where there is none, the BAR is as empty there as before and behind it. */
static void check_absence(int handle) {
    EQUAL(peek(handle, 0x4FFFC), UINT32_MAX);
    EQUAL(peek(handle, 0x59000), UINT32_MAX);
    EQUAL(api->fault(0, "no-clkgen", NULL, 0), 0);
    poke(handle, 0x58018, 1);
    EQUAL(peek(handle, 0x58000), UINT32_MAX);
    check_hz(HAL_CARD_CLK_EXTRA_A1, 0);
    check_hz(HAL_CARD_CLK_MAIN_A0, 250000000);
    check_hz(HAL_CARD_CLK_HBM_REF, 100000000);
    EQUAL(api->fault(0, "", NULL, 0), 0);
    EQUAL(peek(handle, 0x58000), 0x90481D0F);
    EQUAL(peek(handle, 0x58018), 0);
}

void test_clkgen_registers(void) {
    static void (*const parts[])(int handle) = {check_registers, check_lanes,        check_loads,
                                                check_locks,     check_global_reset, check_absence};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        load(afi_main);
        int handle = attach(FPGA_MGMT_PF, 4);
        parts[i](handle);
        EQUAL(fpga_pci_detach(handle), 0);
    }
}
