/* A library with the SDK's interface whose calls take their time, with a lock of its own held. */
#include "fpga_sdk.h"
#include <pthread.h>
#include <string.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int slow(void) {
    pthread_mutex_lock(&lock);
    usleep(5000);
    pthread_mutex_unlock(&lock);
    return 0;
}
int fpga_pci_init(void) {
    return 0;
}
int fpga_mgmt_init(void) {
    return 0;
}
int fpga_pci_attach(int slot, int pf, int bar, uint32_t flags, int *handle) {
    (void)slot;
    (void)pf;
    (void)bar;
    (void)flags;
    *handle = 0;
    return slow();
}
int fpga_pci_detach(int handle) {
    (void)handle;
    return slow();
}
int fpga_pci_peek(int handle, uint64_t offset, uint32_t *value) {
    (void)handle;
    (void)offset;
    *value = 0;
    return 0;
}
int fpga_pci_peek8(int handle, uint64_t offset, uint8_t *value) {
    (void)handle;
    (void)offset;
    *value = 0;
    return 0;
}
int fpga_pci_peek64(int handle, uint64_t offset, uint64_t *value) {
    (void)handle;
    (void)offset;
    *value = 0;
    return 0;
}
int fpga_pci_poke(int handle, uint64_t offset, uint32_t value) {
    (void)handle;
    (void)offset;
    (void)value;
    return 0;
}
int fpga_pci_poke8(int handle, uint64_t offset, uint8_t value) {
    (void)handle;
    (void)offset;
    (void)value;
    return 0;
}
int fpga_pci_poke64(int handle, uint64_t offset, uint64_t value) {
    (void)handle;
    (void)offset;
    (void)value;
    return 0;
}
int fpga_pci_get_resource_map(int slot, int pf, struct fpga_pci_resource_map *map) {
    (void)slot;
    (void)pf;
    memset(map, 0, sizeof *map);
    map->resource_size[0] = 4096;
    return slow();
}
int fpga_mgmt_describe_local_image(int slot, struct fpga_mgmt_image_info *info, uint32_t flags) {
    (void)slot;
    (void)flags;
    memset(info, 0, sizeof *info);
    return slow();
}
int fpga_mgmt_load_local_image(int slot, char *afi) {
    (void)slot;
    (void)afi;
    return slow();
}
int fpga_mgmt_clear_local_image(int slot) {
    (void)slot;
    return slow();
}
