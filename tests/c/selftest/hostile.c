/* Arguments that a library must survive. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"

void test_hostile(void) {
    int handle, other;
    uint32_t value, data[4] = {0};
    uint64_t wide;
    uint16_t switches;
    void *address;
    char long_id[200];
    struct fpga_mgmt_image_info info;
    struct fpga_slot_spec specs[10];
    struct fpga_slot_spec spec;
    memset(long_id, 'a', sizeof(long_id));
    long_id[199] = '\0';
    load(afi_main);
    EQUAL(fpga_pci_attach(0, 0, 0, 0, NULL), -EINVAL);
    EQUAL(fpga_pci_attach(-1, 0, 0, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(8, 0, 0, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(7, 0, 0, 0, &handle), FPGA_ERR_PCI_MISSING);
    EQUAL(fpga_pci_attach(0, 2, 0, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(0, 0, 5, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(0, 0, INT_MIN, 0, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(0, 0, 1, 0, &handle), FPGA_ERR_UNRESPONSIVE);
    EQUAL(fpga_pci_attach(0, 1, 3, 0, &handle), FPGA_ERR_UNRESPONSIVE);
    EQUAL(fpga_pci_attach(0, 0, 0, BURST_CAPABLE, &handle), -EINVAL);
    EQUAL(fpga_pci_attach(0, 0, 0, 0, &handle), 0);
    EQUAL(fpga_pci_peek(handle, 0x100, NULL), -EINVAL);
    EQUAL(fpga_pci_peek(-1, 0x100, &value), -EINVAL);
    EQUAL(fpga_pci_peek(INT_MIN, 0x100, &value), -EINVAL);
    EQUAL(fpga_pci_peek(64, 0x100, &value), -EINVAL);
    EQUAL(fpga_pci_peek(63, 0x100, &value), -EINVAL);
    EQUAL(fpga_pci_peek(handle, (64 << 20) - 2, &value), -EINVAL);
    EQUAL(fpga_pci_peek64(handle, (64 << 20) - 4, &wide), -EINVAL);
    EQUAL(fpga_pci_peek(handle, 64 << 20, &value), -EINVAL);
    EQUAL(fpga_pci_peek(handle, UINT64_MAX - 3, &value), -EINVAL);
    EQUAL(fpga_pci_poke(handle, UINT64_MAX - 3, 0), -EINVAL);
    EQUAL(fpga_pci_write_burst(handle, 0x1000, NULL, 1), -EINVAL);
    EQUAL(fpga_pci_write_burst(handle, 0x1000, data, UINT64_MAX), -EINVAL);
    EQUAL(fpga_pci_write_burst(handle, (64 << 20) - 8, data, 4), -EINVAL);
    EQUAL(fpga_pci_memset(handle, 0x1000, 0, UINT64_MAX / 4), -EINVAL);
    EQUAL(fpga_pci_memset(handle, (64 << 20) - 3, 0, 1), -EINVAL);
    EQUAL(fpga_pci_get_address(handle, 0x1000, UINT64_MAX, &address), -EINVAL);
    EQUAL(fpga_pci_get_address(handle, 0x1000, 4, NULL), -EINVAL);
    EQUAL(fpga_pci_get_address(handle, 64 << 20, 0, &address), 0);
    EQUAL(fpga_pci_rescan_slot_app_pfs(0), 0);
    EQUAL(fpga_pci_peek(handle, 0x100, &value), -ESTALE);
    EQUAL(fpga_pci_detach(handle), 0);
    EQUAL(fpga_pci_detach(handle), -EINVAL);
    EQUAL(fpga_pci_detach(-5), -EINVAL);
    EQUAL(fpga_pci_peek(handle, 0x100, &value), -EINVAL);
    for (int i = 0; i < 64; i++)
        EQUAL(fpga_pci_attach(0, 0, 0, 0, &other), 0);
    EQUAL(fpga_pci_attach(0, 0, 0, 0, &handle), 0);
    EQUAL(handle, -1);
    EQUAL(fpga_mgmt_get_vLED_status(0, &switches), -EINVAL);
    for (int i = 0; i < 64; i++)
        EQUAL(fpga_pci_detach(i), 0);
    EQUAL(fpga_pci_get_slot_spec(0, NULL), -EINVAL);
    EQUAL(fpga_pci_get_slot_spec(3, &spec), FPGA_ERR_PCI_MISSING);
    EQUAL(fpga_pci_get_all_slot_specs(specs, 0), 0);
    EQUAL(fpga_pci_get_all_slot_specs(specs, -1), -EINVAL);
    EQUAL(fpga_pci_get_all_slot_specs(specs, 10), 0);
    EQUAL(specs[0].map[0].resource_size[4], 128ll << 30);
    EQUAL(specs[1].map[0].vendor_id, 0);
    EQUAL(fpga_mgmt_load_local_image(0, NULL), -EINVAL);
    EQUAL(fpga_mgmt_load_local_image(0, long_id), FPGA_ERR_AFI_ID_INVALID);
    EQUAL(fpga_mgmt_load_local_image(5, afi_main), FPGA_ERR_PCI_MISSING);
    EQUAL(fpga_mgmt_describe_local_image(0, NULL, 0), -EINVAL);
    EQUAL(fpga_mgmt_get_status(0, NULL, NULL), -EINVAL);
    EQUAL(fpga_mgmt_init_load_local_image_options(NULL), -EINVAL);
    EQUAL(fpga_mgmt_load_local_image_with_options(NULL), -EINVAL);
    EQUAL(aws_clkgen_get_dynamic(0, NULL), FPGA_ERR_SOFTWARE_PROBLEM);
    EQUAL(strcmp(fpga_mgmt_strerror(INT_MAX), "internal-error"), 0);
    EQUAL(fpga_mgmt_strerror(INT_MIN) != NULL, 1);
    EQUAL(strcmp(fpga_mgmt_strerror(-EINVAL), "Invalid argument"), 0);
    EQUAL(fpga_mgmt_strerror_long(0) == NULL, 1);
    EQUAL(strcmp(fpga_mgmt_get_status_name(6), "internal-error"), 0);
    EQUAL(api->storage_read(0, 0, 0, UINT64_MAX, data, 4), -EINVAL);
    EQUAL(api->storage_write(0, 0, 1, 0, data, 4), -EINVAL);
    EQUAL(api->storage_write(0, 1, 4, 0x58000, data, 4), -EOPNOTSUPP);
    EQUAL(api->trace(0, UINT32_MAX), -EINVAL);
    EQUAL(api->use("other", 1, NULL, 0), -EBUSY);
    EQUAL(fpga_mgmt_close(), 0);
    EQUAL(fpga_mgmt_describe_local_image(0, &info, 0), FPGA_ERR_SOFTWARE_PROBLEM);
    EQUAL(fpga_mgmt_init(), 0);
}
