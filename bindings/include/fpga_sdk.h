/*
 * The C interface of the FPGA vendor's SDK (PCI access, AFI management, clock generation),
 * declared independently from its documented ABI. Every card library (the vendor's and the
 * emulated one) exports these symbols; struct_check.c holds the layouts to the measured ones.
 */
#ifndef HAL_FPGA_SDK_H
#define HAL_FPGA_SDK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FPGA_SLOT_MAX 8
#define AFI_ID_STR_MAX 64
#define FPGA_BAR_PER_PF_MAX 5
#define FPGA_CACHED_AGFIS_MAX 16
#define FPGA_MMCM_GROUP_MAX 3
#define FPGA_MMCM_OUT_CLKS_MAX 7
#define FPGA_CLKGEN_GROUP_CLKS_MAX 3
#define F2_DDR_IFS_MAX 1

enum { FPGA_APP_PF = 0, FPGA_MGMT_PF = 1, FPGA_PF_MAX = 2 };

/* fpga_pci_attach flags */
enum { BURST_CAPABLE = 1 };

typedef int pci_bar_handle_t;
#define PCI_BAR_HANDLE_INIT (-1)

/* Flags of describe, load and their relatives. */
enum {
    FPGA_CMD_GET_HW_METRICS = 1 << 1,
    FPGA_CMD_CLEAR_HW_METRICS = 1 << 2,
    FPGA_CMD_FORCE_SHELL_RELOAD = 1 << 3,
    FPGA_CMD_DRAM_DATA_RETENTION = 1 << 4,
    FPGA_CMD_EXTENDED_METRICS_SIZE = 1 << 6,
    FPGA_CMD_PREFETCH = 1 << 7,
    FPGA_CMD_CLEAR_AFI_CACHE = 1 << 8,
    FPGA_CMD_ALL_FLAGS = FPGA_CMD_GET_HW_METRICS | FPGA_CMD_CLEAR_HW_METRICS | FPGA_CMD_FORCE_SHELL_RELOAD |
        FPGA_CMD_DRAM_DATA_RETENTION | FPGA_CMD_EXTENDED_METRICS_SIZE | FPGA_CMD_PREFETCH | FPGA_CMD_CLEAR_AFI_CACHE
};

enum {
    FPGA_STATUS_LOADED = 0,
    FPGA_STATUS_CLEARED = 1,
    FPGA_STATUS_BUSY = 2,
    FPGA_STATUS_NOT_PROGRAMMED = 3,
    FPGA_STATUS_AFI_CACHE_IN_PROGRESS = 4,
    FPGA_STATUS_RL_RELOAD_NEEDED_DROP_PCI_LINK = 5,
    FPGA_STATUS_LOAD_FAILED = 7
};

/* Positive error codes; the functions also return negative errno values. */
enum {
    FPGA_ERR_OK = 0,
    FPGA_ERR_AFI_CMD_BUSY = 3,
    FPGA_ERR_AFI_ID_INVALID = 5,
    FPGA_ERR_AFI_LOAD_TIMEOUT = 6,
    FPGA_ERR_AFI_CMD_API_VERSION_INVALID = 11,
    FPGA_ERR_CL_ID_MISMATCH = 12,
    FPGA_ERR_CL_DDR_CALIB_FAILED = 13,
    FPGA_ERR_FAIL = 14,
    FPGA_ERR_SHELL_MISMATCH = 16,
    FPGA_ERR_POWER_VIOLATION = 17,
    FPGA_ERR_DRAM_DATA_RETENTION_NOT_POSSIBLE = 18,
    FPGA_ERR_HARDWARE_BUSY = 19,
    FPGA_ERR_PCI_MISSING = 20,
    FPGA_ERR_AFI_CMD_MALFORMED = 21,
    FPGA_ERR_DRAM_DATA_RETENTION_FAILED = 22,
    FPGA_ERR_DRAM_DATA_RETENTION_SETUP_FAILED = 23,
    FPGA_ERR_SOFTWARE_PROBLEM = 24,
    FPGA_ERR_UNRESPONSIVE = 25,
    FPGA_ERR_RL_RELOAD_NEEDED_DROP_PCI_LINK = 26,
    FPGA_ERR_INCOMPATIBLE_AFI_CMD_FLAGS = 27,
    FPGA_ERR_INVALID_CLKGEN_INPUTS = 28,
    FPGA_ERR_CLKGEN_NOT_FOUND = 29
};

/* Bits of f2_metrics_common.int_status. */
enum {
    FPGA_INT_STATUS_CHIPSCOPE_TIMEOUT = 1 << 1,
    FPGA_INT_STATUS_DMA_RANGE_ERROR = 1 << 7,
    FPGA_INT_STATUS_PCI_SLAVE_TIMEOUT = 1 << 17,
    FPGA_INT_STATUS_PCI_RANGE_ERROR = 1 << 18,
    FPGA_INT_STATUS_PCI_AXI_PROTOCOL_ERROR = 1 << 19,
    FPGA_INT_STATUS_SDA_SLAVE_TIMEOUT = 1 << 27,
    FPGA_INT_STATUS_OCL_SLAVE_TIMEOUT = 1 << 28
};

/* Bits of f2_metrics_common.pcim_axi_protocol_error_status. */
enum {
    FPGA_PAP_4K_CROSS_ERROR = 1 << 1,
    FPGA_PAP_BM_EN_ERROR = 1 << 2,
    FPGA_PAP_REQ_SIZE_ERROR = 1 << 3,
    FPGA_PAP_WR_INCOMPLETE_ERROR = 1 << 4,
    FPGA_PAP_FIRST_BYTE_EN_ERROR = 1 << 5,
    FPGA_PAP_LAST_BYTE_EN_ERROR = 1 << 6,
    FPGA_PAP_BREADY_TIMEOUT_ERROR = 1 << 8,
    FPGA_PAP_RREADY_TIMEOUT_ERROR = 1 << 9,
    FPGA_PAP_WCHANNEL_TIMEOUT_ERROR = 1 << 10
};

#define FPGA_SDK_PACKED __attribute__((packed))

struct fpga_pci_resource_map {
    uint16_t vendor_id;
    uint16_t device_id;
    uint16_t subsystem_device_id;
    uint16_t subsystem_vendor_id;
    uint16_t domain;
    uint8_t bus;
    uint8_t dev;
    uint8_t func;
    bool resource_burstable[FPGA_BAR_PER_PF_MAX];
    uint64_t resource_size[FPGA_BAR_PER_PF_MAX]; /* bytes; 0 where there is no BAR */
} FPGA_SDK_PACKED;

struct fpga_slot_spec {
    struct fpga_pci_resource_map map[FPGA_PF_MAX];
} FPGA_SDK_PACKED;

struct afi_device_ids {
    uint16_t vendor_id;
    uint16_t device_id;
    uint16_t svid; /* subsystem vendor */
    uint16_t ssid; /* subsystem device */
} FPGA_SDK_PACKED;

struct fpga_meta_ids {
    char afi_id[AFI_ID_STR_MAX];
    struct afi_device_ids afi_device_ids;
} FPGA_SDK_PACKED;

struct fpga_ddr_if_metrics_common {
    uint64_t write_count;
    uint64_t read_count;
} FPGA_SDK_PACKED;

struct fpga_clocks_common {
    uint64_t frequency[FPGA_MMCM_OUT_CLKS_MAX]; /* Hz */
} FPGA_SDK_PACKED;

struct f2_metrics_common {
    uint32_t int_status;
    uint32_t pcim_axi_protocol_error_status;
    uint64_t pcim_range_error_addr;
    uint32_t pcim_range_error_count;
    uint64_t pcim_axi_protocol_error_addr;
    uint32_t pcim_axi_protocol_error_count;
    uint64_t pcim_write_count;
    uint64_t pcim_read_count;
    uint64_t dma_pcis_timeout_addr;
    uint32_t dma_pcis_timeout_count;
    uint32_t ocl_slave_timeout_addr;
    uint32_t ocl_slave_timeout_count;
    uint64_t sda_slave_timeout_addr;
    uint32_t sda_slave_timeout_count;
    uint32_t virtual_jtag_slave_timeout_addr;
    uint32_t virtual_jtag_slave_timeout_count;
    uint32_t virtual_jtag_write_count;
    uint32_t virtual_jtag_read_count;
    struct fpga_ddr_if_metrics_common ddr_ifs[F2_DDR_IFS_MAX];
    struct fpga_clocks_common clocks[FPGA_MMCM_GROUP_MAX];
    uint64_t power_mean; /* W */
    uint64_t power_max;
    uint64_t power;
    uint64_t cached_agfis[FPGA_CACHED_AGFIS_MAX]; /* the 17 hex digits' low 64 bits; 0: empty */
    uint64_t flags;
} FPGA_SDK_PACKED;

/* The previous generation's metrics; only their size matters to the F2 card. */
struct f1_metrics_common {
    uint8_t opaque[504];
} FPGA_SDK_PACKED;

union fpga_mgmt_metrics {
    struct f2_metrics_common f2;
    struct f1_metrics_common f1;
} FPGA_SDK_PACKED;

struct fpga_mgmt_image_info {
    int status;
    int status_q; /* an FPGA_ERR_* that qualifies the status */
    int slot_id;
    struct fpga_meta_ids ids;
    struct fpga_slot_spec spec;
    uint32_t sh_version;
    union fpga_mgmt_metrics metrics;
} FPGA_SDK_PACKED;

union fpga_mgmt_load_local_image_options {
    uint8_t reserved[1024];
    struct {
        int slot_id;
        char *afi_id;
        uint32_t flags;
        uint32_t clock_mains[FPGA_MMCM_GROUP_MAX];
    };
};

struct fpga_clkgen_group {
    double clocks[FPGA_CLKGEN_GROUP_CLKS_MAX]; /* MHz */
};

struct fpga_clkgen_info {
    struct fpga_clkgen_group clock_group_a;
    struct fpga_clkgen_group clock_group_b;
    struct fpga_clkgen_group clock_group_c;
    struct fpga_clkgen_group clock_group_hbm;
};

int fpga_pci_init(void);
int fpga_pci_attach(int slot_id, int pf_id, int bar_id, uint32_t flags, pci_bar_handle_t *handle);
int fpga_pci_detach(pci_bar_handle_t handle);
int fpga_pci_peek(pci_bar_handle_t handle, uint64_t offset, uint32_t *value);
int fpga_pci_peek8(pci_bar_handle_t handle, uint64_t offset, uint8_t *value);
int fpga_pci_peek64(pci_bar_handle_t handle, uint64_t offset, uint64_t *value);
int fpga_pci_poke(pci_bar_handle_t handle, uint64_t offset, uint32_t value);
int fpga_pci_poke8(pci_bar_handle_t handle, uint64_t offset, uint8_t value);
int fpga_pci_poke64(pci_bar_handle_t handle, uint64_t offset, uint64_t value);
int fpga_pci_write_burst(pci_bar_handle_t handle, uint64_t offset, uint32_t *data, uint64_t dword_len);
int fpga_pci_memset(pci_bar_handle_t handle, uint64_t offset, uint32_t value, uint64_t dword_len);
int fpga_pci_get_address(pci_bar_handle_t handle, uint64_t offset, uint64_t len, void **ptr);
int fpga_pci_get_slot_spec(int slot_id, struct fpga_slot_spec *spec);
int fpga_pci_get_all_slot_specs(struct fpga_slot_spec spec_array[], int size);
int fpga_pci_get_resource_map(int slot_id, int pf_id, struct fpga_pci_resource_map *map);
int fpga_pci_rescan_slot_app_pfs(int slot_id);

int fpga_mgmt_init(void);
int fpga_mgmt_close(void);
const char *fpga_mgmt_strerror(int code);
const char *fpga_mgmt_strerror_long(int code);
const char *fpga_mgmt_get_status_name(int status);
void fpga_mgmt_set_cmd_timeout(uint32_t value);
void fpga_mgmt_set_cmd_delay_msec(uint32_t value);
int fpga_mgmt_describe_local_image(int slot_id, struct fpga_mgmt_image_info *info, uint32_t flags);
int fpga_mgmt_get_status(int slot_id, int *status, int *status_q);
int fpga_mgmt_load_local_image(int slot_id, char *afi_id);
int fpga_mgmt_load_local_image_flags(int slot_id, char *afi_id, uint32_t flags);
int fpga_mgmt_load_local_image_sync(int slot_id, char *afi_id, uint32_t timeout, uint32_t delay_msec,
                                    struct fpga_mgmt_image_info *info);
int fpga_mgmt_load_local_image_sync_flags(int slot_id, char *afi_id, uint32_t flags, uint32_t timeout,
                                          uint32_t delay_msec, struct fpga_mgmt_image_info *info);
int fpga_mgmt_init_load_local_image_options(union fpga_mgmt_load_local_image_options *options);
int fpga_mgmt_load_local_image_with_options(union fpga_mgmt_load_local_image_options *options);
int fpga_mgmt_load_local_image_sync_with_options(union fpga_mgmt_load_local_image_options *options, uint32_t timeout,
                                                 uint32_t delay_msec, struct fpga_mgmt_image_info *info);
int fpga_mgmt_clear_local_image(int slot_id);
int fpga_mgmt_clear_local_image_sync(int slot_id, uint32_t timeout, uint32_t delay_msec,
                                     struct fpga_mgmt_image_info *info);
int fpga_mgmt_get_vLED_status(int slot_id, uint16_t *value);
int fpga_mgmt_set_vDIP(int slot_id, uint16_t value);
int fpga_mgmt_get_vDIP_status(int slot_id, uint16_t *value);

int aws_clkgen_get_dynamic(int slot_id, struct fpga_clkgen_info *info);
int aws_clkgen_set_recipe(int slot_id, uint32_t clk_a_recipe, uint32_t clk_b_recipe, uint32_t clk_c_recipe,
                          uint32_t clk_hbm_recipe, uint32_t reset);
int aws_clkgen_set_dynamic(int slot_id, uint32_t clk_a_freq, uint32_t clk_b_freq, uint32_t clk_c_freq,
                           uint32_t clk_hbm_freq, uint32_t reset);
int aws_clkgen_deassert_resets(int slot_id); /* of releases from 2.3.3 on */

#ifdef __cplusplus
}
#endif

#endif
