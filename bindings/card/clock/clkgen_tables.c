/* The vendor's clock recipes, and the settings behind requests in MHz. */
#include "clock/clock.h"

/* Order of the members: mult, mult_frac, div, div0, div0_frac, div1, div2. */
static const struct clkgen_setting recipes_a[] = {
    {15, 0,   1, 24, 0, 8,  6 },
    {15, 0,   1, 12, 0, 4,  3 },
    {12, 500, 1, 80, 0, 10, 20},
};

static const struct clkgen_setting recipes_b[] = {
    {12, 500, 1, 5, 0,   10, 1},
    {11, 875, 1, 9, 500, 19, 1},
    {11, 250, 1, 2, 500, 5,  1},
    {11, 875, 1, 4, 750, 19, 1},
    {12, 0,   1, 4, 0,   16, 1},
    {12, 0,   1, 3, 0,   12, 1},
};

static const struct clkgen_setting recipes_c[] = {
    {12, 0, 1, 4,  0, 3,  1},
    {12, 0, 1, 8,  0, 6,  1},
    {12, 0, 1, 16, 0, 12, 1},
    {8,  0, 1, 4,  0, 3,  1},
};

static const struct clkgen_setting recipes_hbm[] = {
    {12, 500, 1, 5, 0,   1, 1},
    {11, 875, 1, 9, 500, 1, 1},
    {11, 250, 1, 2, 500, 1, 1},
    {12, 0,   1, 4, 0,   1, 1},
    {12, 0,   1, 3, 0,   1, 1},
};

struct dynamic_row {
    uint32_t mhz;
    struct clkgen_setting setting;
};

static const struct dynamic_row dynamic_rows[] = {
    {87,  {8, 750, 1, 10, 0, 15, 15}  },
    {97,  {9, 750, 1, 10, 0, 15, 15}  },
    {100, {12, 0, 1, 12, 0, 15, 15}   },
    {109, {10, 875, 1, 10, 0, 15, 15} },
    {125, {11, 875, 1, 9, 500, 15, 15}},
    {136, {13, 625, 1, 10, 0, 15, 15} },
    {150, {12, 0, 1, 8, 0, 15, 15}    },
    {156, {15, 625, 1, 10, 0, 15, 15} },
    {166, {16, 625, 1, 10, 0, 15, 15} },
    {171, {17, 125, 1, 10, 0, 15, 15} },
    {177, {17, 750, 1, 10, 0, 15, 15} },
    {182, {18, 250, 1, 10, 0, 15, 15} },
    {187, {18, 750, 1, 10, 0, 15, 15} },
    {196, {19, 625, 1, 10, 0, 15, 15} },
    {200, {12, 0, 1, 6, 0, 15, 15}    },
    {218, {21, 750, 1, 10, 0, 15, 15} },
    {227, {22, 750, 1, 10, 0, 15, 15} },
    {250, {11, 875, 1, 4, 750, 15, 15}},
    {265, {26, 500, 2, 5, 0, 15, 15}  },
    {266, {8, 0, 1, 3, 0, 15, 15}     },
    {273, {27, 250, 2, 5, 0, 15, 15}  },
    {291, {29, 0, 2, 5, 0, 15, 15}    },
    {300, {12, 0, 1, 4, 0, 15, 15}    },
    {318, {31, 750, 2, 5, 0, 15, 15}  },
    {333, {10, 0, 1, 3, 0, 15, 15}    },
    {343, {34, 250, 4, 2, 500, 15, 15}},
    {364, {36, 750, 4, 2, 500, 15, 15}},
    {375, {37, 500, 4, 2, 500, 15, 15}},
    {400, {12, 0, 1, 3, 0, 15, 15}    },
    {405, {20, 250, 1, 5, 0, 15, 15}  },
    {410, {20, 500, 1, 5, 0, 15, 15}  },
    {415, {20, 750, 1, 5, 0, 15, 15}  },
    {420, {21, 0, 1, 5, 0, 15, 15}    },
    {425, {21, 250, 1, 5, 0, 15, 15}  },
    {430, {21, 500, 1, 5, 0, 15, 15}  },
    {435, {21, 750, 1, 5, 0, 15, 15}  },
    {437, {43, 625, 4, 2, 500, 15, 15}},
    {440, {22, 0, 1, 5, 0, 15, 15}    },
    {445, {22, 250, 1, 5, 0, 15, 15}  },
    {450, {11, 250, 1, 2, 500, 15, 15}},
    {458, {45, 750, 4, 2, 500, 15, 15}},
    {500, {15, 0, 1, 3, 0, 15, 15}    },
};

struct group {
    const struct clkgen_setting *recipes;
    uint32_t count;
    uint32_t highest_mhz;
};

#define GROUP(recipes, highest_mhz) {recipes, ARRAY_LENGTH(recipes), highest_mhz}

static const struct group groups[MMCM_COUNT] = {[MMCM_A] = GROUP(recipes_a, 125),
                                                [MMCM_B] = GROUP(recipes_b, 450),
                                                [MMCM_C] = GROUP(recipes_c, 300),
                                                [MMCM_HBM] = GROUP(recipes_hbm, 450)};

const struct clkgen_setting *clkgen_recipe(enum mmcm_index mmcm, uint32_t recipe) {
    return recipe < groups[mmcm].count ? &groups[mmcm].recipes[recipe] : NULL;
}

uint32_t clkgen_highest_mhz(enum mmcm_index mmcm) {
    return groups[mmcm].highest_mhz;
}

const struct clkgen_setting *clkgen_dynamic(enum mmcm_index mmcm, uint32_t mhz) {
    const struct clkgen_setting *best = NULL;
    if (mhz > groups[mmcm].highest_mhz)
        return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(dynamic_rows) && dynamic_rows[i].mhz <= mhz; i++)
        best = &dynamic_rows[i].setting;
    return best;
}
