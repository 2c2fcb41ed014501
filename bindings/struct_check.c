/*
 * Holds fpga_sdk.h to the layouts that a compiler measured on the vendor's headers (x86-64).
 * Emits no code: it only has to compile.
 */
#include "fpga_sdk.h"

#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has another size")
#define MEMBER(type, member, offset, size)                                                      \
    _Static_assert(offsetof(type, member) == (offset) && sizeof(((type *)0)->member) == (size), \
                   #type "." #member " has another place or size")

SIZE(struct fpga_pci_resource_map, 58);
MEMBER(struct fpga_pci_resource_map, vendor_id, 0, 2);
MEMBER(struct fpga_pci_resource_map, device_id, 2, 2);
MEMBER(struct fpga_pci_resource_map, subsystem_device_id, 4, 2);
MEMBER(struct fpga_pci_resource_map, subsystem_vendor_id, 6, 2);
MEMBER(struct fpga_pci_resource_map, domain, 8, 2);
MEMBER(struct fpga_pci_resource_map, bus, 10, 1);
MEMBER(struct fpga_pci_resource_map, dev, 11, 1);
MEMBER(struct fpga_pci_resource_map, func, 12, 1);
MEMBER(struct fpga_pci_resource_map, resource_burstable, 13, 5);
MEMBER(struct fpga_pci_resource_map, resource_size, 18, 40);

SIZE(struct fpga_slot_spec, 116);
MEMBER(struct fpga_slot_spec, map, 0, 116);

SIZE(struct afi_device_ids, 8);
MEMBER(struct afi_device_ids, vendor_id, 0, 2);
MEMBER(struct afi_device_ids, device_id, 2, 2);
MEMBER(struct afi_device_ids, svid, 4, 2);
MEMBER(struct afi_device_ids, ssid, 6, 2);

SIZE(struct fpga_meta_ids, 72);
MEMBER(struct fpga_meta_ids, afi_id, 0, 64);
MEMBER(struct fpga_meta_ids, afi_device_ids, 64, 8);

SIZE(struct fpga_ddr_if_metrics_common, 16);
MEMBER(struct fpga_ddr_if_metrics_common, write_count, 0, 8);
MEMBER(struct fpga_ddr_if_metrics_common, read_count, 8, 8);

SIZE(struct fpga_clocks_common, 56);
MEMBER(struct fpga_clocks_common, frequency, 0, 56);

SIZE(struct f2_metrics_common, 440);
MEMBER(struct f2_metrics_common, int_status, 0, 4);
MEMBER(struct f2_metrics_common, pcim_axi_protocol_error_status, 4, 4);
MEMBER(struct f2_metrics_common, pcim_range_error_addr, 8, 8);
MEMBER(struct f2_metrics_common, pcim_range_error_count, 16, 4);
MEMBER(struct f2_metrics_common, pcim_axi_protocol_error_addr, 20, 8);
MEMBER(struct f2_metrics_common, pcim_axi_protocol_error_count, 28, 4);
MEMBER(struct f2_metrics_common, pcim_write_count, 32, 8);
MEMBER(struct f2_metrics_common, pcim_read_count, 40, 8);
MEMBER(struct f2_metrics_common, dma_pcis_timeout_addr, 48, 8);
MEMBER(struct f2_metrics_common, dma_pcis_timeout_count, 56, 4);
MEMBER(struct f2_metrics_common, ocl_slave_timeout_addr, 60, 4);
MEMBER(struct f2_metrics_common, ocl_slave_timeout_count, 64, 4);
MEMBER(struct f2_metrics_common, sda_slave_timeout_addr, 68, 8);
MEMBER(struct f2_metrics_common, sda_slave_timeout_count, 76, 4);
MEMBER(struct f2_metrics_common, virtual_jtag_slave_timeout_addr, 80, 4);
MEMBER(struct f2_metrics_common, virtual_jtag_slave_timeout_count, 84, 4);
MEMBER(struct f2_metrics_common, virtual_jtag_write_count, 88, 4);
MEMBER(struct f2_metrics_common, virtual_jtag_read_count, 92, 4);
MEMBER(struct f2_metrics_common, ddr_ifs, 96, 16);
MEMBER(struct f2_metrics_common, clocks, 112, 168);
MEMBER(struct f2_metrics_common, power_mean, 280, 8);
MEMBER(struct f2_metrics_common, power_max, 288, 8);
MEMBER(struct f2_metrics_common, power, 296, 8);
MEMBER(struct f2_metrics_common, cached_agfis, 304, 128);
MEMBER(struct f2_metrics_common, flags, 432, 8);

SIZE(struct f1_metrics_common, 504);

SIZE(struct fpga_mgmt_image_info, 708);
MEMBER(struct fpga_mgmt_image_info, status, 0, 4);
MEMBER(struct fpga_mgmt_image_info, status_q, 4, 4);
MEMBER(struct fpga_mgmt_image_info, slot_id, 8, 4);
MEMBER(struct fpga_mgmt_image_info, ids, 12, 72);
MEMBER(struct fpga_mgmt_image_info, spec, 84, 116);
MEMBER(struct fpga_mgmt_image_info, sh_version, 200, 4);
MEMBER(struct fpga_mgmt_image_info, metrics, 204, 504);

SIZE(union fpga_mgmt_load_local_image_options, 1024);
MEMBER(union fpga_mgmt_load_local_image_options, slot_id, 0, 4);
MEMBER(union fpga_mgmt_load_local_image_options, afi_id, 8, 8);
MEMBER(union fpga_mgmt_load_local_image_options, flags, 16, 4);
MEMBER(union fpga_mgmt_load_local_image_options, clock_mains, 20, 12);

SIZE(struct fpga_clkgen_group, 24);
MEMBER(struct fpga_clkgen_group, clocks, 0, 24);

SIZE(struct fpga_clkgen_info, 96);
MEMBER(struct fpga_clkgen_info, clock_group_a, 0, 24);
MEMBER(struct fpga_clkgen_info, clock_group_b, 24, 24);
MEMBER(struct fpga_clkgen_info, clock_group_c, 48, 24);
MEMBER(struct fpga_clkgen_info, clock_group_hbm, 72, 24);
