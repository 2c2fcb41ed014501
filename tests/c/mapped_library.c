/* A library with the SDK's interface whose BAR 4 is memory of the process, and which counts the accesses that go
 * through its functions. */
#include "fpga_sdk.h"
#include <errno.h>
#include <string.h>
enum { SIZE = 1 << 16 };
static _Alignas(4096) unsigned char memory[SIZE];
static uint64_t accesses;
static uint32_t attached_with;
uint64_t taken_accesses(void) {
    uint64_t count = accesses;
    accesses = 0;
    return count;
}
uint32_t taken_flags(void) {
    return attached_with;
}
int fpga_pci_init(void) {
    return 0;
}
int fpga_mgmt_init(void) {
    return 0;
}
int fpga_pci_attach(int slot, int pf, int bar, uint32_t flags, int *handle) {
    (void)slot;
    attached_with = flags;
    *handle = pf * 8 + bar;
    return 0;
}
int fpga_pci_detach(int handle) {
    (void)handle;
    return 0;
}
static int move(uint64_t offset, void *to, const void *from, uint64_t bytes) {
    (void)offset;
    accesses++;
    memcpy(to, from, bytes);
    return 0;
}
int fpga_pci_peek(int handle, uint64_t offset, uint32_t *value) {
    (void)handle;
    return move(offset, value, memory + offset, 4);
}
int fpga_pci_peek8(int handle, uint64_t offset, uint8_t *value) {
    (void)handle;
    return move(offset, value, memory + offset, 1);
}
int fpga_pci_peek64(int handle, uint64_t offset, uint64_t *value) {
    (void)handle;
    return move(offset, value, memory + offset, 8);
}
int fpga_pci_poke(int handle, uint64_t offset, uint32_t value) {
    (void)handle;
    return move(offset, memory + offset, &value, 4);
}
int fpga_pci_poke8(int handle, uint64_t offset, uint8_t value) {
    (void)handle;
    return move(offset, memory + offset, &value, 1);
}
int fpga_pci_poke64(int handle, uint64_t offset, uint64_t value) {
    (void)handle;
    return move(offset, memory + offset, &value, 8);
}
int fpga_pci_get_address(int handle, uint64_t offset, uint64_t bytes, void **address) {
    (void)handle;
    (void)bytes;
    *address = memory + offset;
    return 0;
}
int fpga_pci_get_resource_map(int slot, int pf, struct fpga_pci_resource_map *map) {
    (void)slot;
    (void)pf;
    memset(map, 0, sizeof *map);
    map->resource_size[4] = SIZE;
    map->resource_burstable[4] = true;
    return 0;
}
int fpga_mgmt_describe_local_image(int slot, struct fpga_mgmt_image_info *info, uint32_t flags) {
    (void)slot;
    (void)flags;
    memset(info, 0, sizeof *info);
    return 0;
}
int fpga_mgmt_load_local_image(int slot, char *afi) {
    (void)slot;
    (void)afi;
    return 0;
}
int fpga_mgmt_clear_local_image(int slot) {
    (void)slot;
    return 0;
}
