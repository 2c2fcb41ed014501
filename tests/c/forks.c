/* A program that was linked to the card and forks: its handles go on in the child, its trace is the parent's. Prints
 * the child's exit code and how many accesses the parent's trace has. */
#include "fpga_sdk.h"
#include "hal_card.h"
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    int handle = -1;
    uint32_t value = 0;
    if (fpga_mgmt_init() || fpga_pci_attach(0, 1, 0, 0, &handle))
        return 2;
    hal_card_get_api()->trace(0, 64);
    pid_t child = fork();
    if (child == 0) {
        int other = -1, code = fpga_pci_peek(handle, 0, &value);
        if (code || value != 0x10212415 || fpga_pci_attach(0, 1, 0, 0, &other) || other == handle)
            _exit(3);
        hal_card_access rows[4];
        uint64_t lost;
        _exit(hal_card_get_api()->trace_take(0, rows, 4, &lost) == 0 ? 0 : 4);
    }
    int status = 0;
    waitpid(child, &status, 0);
    fpga_pci_peek(handle, 0, &value);
    hal_card_access rows[4];
    uint64_t lost;
    printf("%d %d\n", WEXITSTATUS(status), (int)hal_card_get_api()->trace_take(0, rows, 4, &lost));
    return 0;
}
