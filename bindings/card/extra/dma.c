/* The helpers of the vendor's DMA driver. An emulated card has no driver, and answers as a machine without it does;
 * what needs a queue's descriptor works on any file. */
#include <errno.h>
#include <unistd.h>

#include "fpga_sdk_extra.h"
#include "sdk/sdk.h"

#define CHANNELS 4

/* The driver that newer releases know; that of EDMA is gone. */
static int find_driver(enum fpga_dma_driver driver) {
    return driver == FPGA_DMA_XDMA ? 0 : -EINVAL;
}

static int device_number(enum fpga_dma_driver driver, int slot_id) {
    struct card *card;
    struct slot_state *slot;
    int code = find_driver(driver);
    if (!code)
        code = pci_find_slot(slot_id, &card, &slot);
    return code ? code : FPGA_ERR_SOFTWARE_PROBLEM;
}

HAL_EXPORT int fpga_pci_get_dma_device_num(enum fpga_dma_driver driver, int slot_id, int *device_num) {
    return device_num ? device_number(driver, slot_id) : -EINVAL;
}

static int check_queue(enum fpga_dma_driver driver, int slot_id, int channel) {
    int code = find_driver(driver);
    if (!code && (channel < 0 || channel >= CHANNELS))
        code = -EINVAL;
    return code ? code : device_number(driver, slot_id);
}

HAL_EXPORT int fpga_dma_device_id(enum fpga_dma_driver driver, int slot_id, int channel, bool is_read,
                                  char device_file[FPGA_DEVICE_FILE_NAME_MAX_LEN]) {
    (void)is_read;
    return device_file ? check_queue(driver, slot_id, channel) : -EINVAL;
}

HAL_EXPORT int fpga_dma_open_queue(enum fpga_dma_driver driver, int slot_id, int channel, bool is_read) {
    (void)is_read;
    return check_queue(driver, slot_id, channel) ? -EINVAL : -ENODEV;
}

/* All of it, in as many pieces as the driver makes. */
static int transfer(int fd, uint8_t *buffer, size_t size, uint64_t address, bool is_read) {
    if (fd < 0 || (!buffer && size > 0))
        return -EINVAL;
    for (size_t done = 0; done < size;) {
        off_t place = (off_t)(address + done);
        ssize_t part =
            is_read ? pread(fd, buffer + done, size - done, place) : pwrite(fd, buffer + done, size - done, place);
        if (part < 0 && errno != EINTR)
            return -errno;
        if (part == 0)
            return -EIO;
        done += part > 0 ? (size_t)part : 0;
    }
    return 0;
}

HAL_EXPORT int fpga_dma_burst_read(int fd, uint8_t *buffer, size_t size, uint64_t address) {
    return transfer(fd, buffer, size, address, true);
}

HAL_EXPORT int fpga_dma_burst_write(int fd, uint8_t *buffer, size_t size, uint64_t address) {
    return transfer(fd, buffer, size, address, false);
}

/* ---- Memory for a design's own DMA: these name no card, so hal_dma.h has others ---- */

HAL_EXPORT int fpga_dma_mem_alloc(int fd, size_t bytes, uint64_t *virtual_address, uint64_t *physical_address) {
    (void)fd, (void)bytes, (void)virtual_address, (void)physical_address;
    return FPGA_ERR_SOFTWARE_PROBLEM;
}

HAL_EXPORT int fpga_dma_mem_dealloc(uint64_t *virtual_address, size_t bytes) {
    (void)virtual_address, (void)bytes;
    return FPGA_ERR_SOFTWARE_PROBLEM;
}

HAL_EXPORT int fpga_dma_mem_map(int fd, size_t bytes, uint64_t *virtual_address, uint64_t *physical_address) {
    (void)fd, (void)bytes, (void)virtual_address, (void)physical_address;
    return FPGA_ERR_SOFTWARE_PROBLEM;
}

HAL_EXPORT int fpga_dma_mem_map_anon(size_t bytes, uint64_t *virtual_address, uint64_t *physical_address) {
    (void)bytes, (void)virtual_address, (void)physical_address;
    return FPGA_ERR_SOFTWARE_PROBLEM;
}

HAL_EXPORT int fpga_dma_mem_map_huge(uint64_t *virtual_address, uint64_t *physical_address) {
    (void)virtual_address, (void)physical_address;
    return FPGA_ERR_SOFTWARE_PROBLEM;
}

HAL_EXPORT int fpga_dma_mem_unmap(uint64_t *virtual_address, size_t bytes) {
    (void)virtual_address, (void)bytes;
    return FPGA_ERR_SOFTWARE_PROBLEM;
}
