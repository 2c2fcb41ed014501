/*
 * What else the FPGA vendor's library exports and programs link to: its log, the helpers of its DMA driver, and the
 * clock generator's MMCMs one by one. Declared independently, as fpga_sdk.h.
 */
#ifndef HAL_FPGA_SDK_EXTRA_H
#define HAL_FPGA_SDK_EXTRA_H

#include "fpga_sdk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Log ---- */

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_END };

struct logger {
    const char *name;
    int (*init)(void *opaque, unsigned flags); /* may be NULL, as reinit */
    int (*reinit)(void *opaque, unsigned flags);
    int (*log)(enum log_level level, const char *message);
};

extern const struct logger logger_stdout;
extern const struct logger logger_kmsg;
extern const struct logger *logger_default; /* logger_stdout */

#define FPGA_SDK_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* The program's name in messages; forgets the attached loggers. -ENAMETOOLONG when it was cut. */
int log_init(const char *format, ...) FPGA_SDK_PRINTF(1, 2);
/* The same of what stands before this thread's messages. */
int log_init_prefix(const char *format, ...) FPGA_SDK_PRINTF(1, 2);
/* Up to 8; without any, messages go to the standard output. */
int log_attach(const struct logger *logger, void *opaque, unsigned flags);
void _log_error(const char *file, int line, const char *function, const char *format, ...) FPGA_SDK_PRINTF(4, 5);
void _log_warning(const char *file, int line, const char *function, const char *format, ...) FPGA_SDK_PRINTF(4, 5);
void _log_info(const char *file, int line, const char *function, const char *format, ...) FPGA_SDK_PRINTF(4, 5);
void _log_debug(const char *file, int line, const char *function, const char *format, ...) FPGA_SDK_PRINTF(4, 5);

/* ---- DMA ---- */

#define FPGA_DEVICE_FILE_NAME_MAX_LEN 256

enum fpga_dma_driver { FPGA_DMA_EDMA, FPGA_DMA_XDMA };

/* A file descriptor, or a negative errno. */
int fpga_dma_open_queue(enum fpga_dma_driver driver, int slot_id, int channel, bool is_read);
int fpga_dma_device_id(enum fpga_dma_driver driver, int slot_id, int channel, bool is_read,
                       char device_file[FPGA_DEVICE_FILE_NAME_MAX_LEN]);
int fpga_dma_burst_read(int fd, uint8_t *buffer, size_t size, uint64_t address);
int fpga_dma_burst_write(int fd, uint8_t *buffer, size_t size, uint64_t address);
int fpga_pci_get_dma_device_num(enum fpga_dma_driver driver, int slot_id, int *device_num);

/* Memory for a design's own DMA, with its physical address; under two names, of older and newer releases. */
int fpga_dma_mem_alloc(int fd, size_t bytes, uint64_t *virtual_address, uint64_t *physical_address);
int fpga_dma_mem_dealloc(uint64_t *virtual_address, size_t bytes);
int fpga_dma_mem_map(int fd, size_t bytes, uint64_t *virtual_address, uint64_t *physical_address);
int fpga_dma_mem_map_anon(size_t bytes, uint64_t *virtual_address, uint64_t *physical_address);
int fpga_dma_mem_map_huge(uint64_t *virtual_address, uint64_t *physical_address);
int fpga_dma_mem_unmap(uint64_t *virtual_address, size_t bytes);

/* ---- MMCMs ---- */

enum fpga_clkgen_mmcm_group { clkgen_group_a, clkgen_group_b, clkgen_group_c, clkgen_group_hbm };

/* The group's registers lie behind this handle from now on: management BAR 4. */
int mmcm_init(enum fpga_clkgen_mmcm_group group, pci_bar_handle_t handle);
int mmcm_clk_avail(enum fpga_clkgen_mmcm_group group, uint32_t clk_index, bool *is_avail);
int mmcm_is_locked(enum fpga_clkgen_mmcm_group group, bool *is_locked);
int mmcm_wait_for_locked(enum fpga_clkgen_mmcm_group group);
int mmcm_set_shared_clock(enum fpga_clkgen_mmcm_group group, uint32_t mult, uint32_t mult_frac, uint32_t div);
int mmcm_get_shared_clock(enum fpga_clkgen_mmcm_group group, uint32_t *mult, uint32_t *mult_frac, uint32_t *div);
int mmcm_set_clk_div(enum fpga_clkgen_mmcm_group group, uint32_t clk_index, uint32_t div, uint32_t div_frac);
int mmcm_get_clk_div(enum fpga_clkgen_mmcm_group group, uint32_t clk_index, uint32_t *div, uint32_t *div_frac);
/* Loads what was set, or the power-up values with reset. */
int mmcm_load_cfg(enum fpga_clkgen_mmcm_group group, uint32_t reset);

#ifdef __cplusplus
}
#endif

#endif
