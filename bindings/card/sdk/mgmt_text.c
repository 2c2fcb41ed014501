/* Names and explanations of codes. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "sdk/sdk.h"

static const char *const error_names[] = {
    [FPGA_ERR_OK] = "ok",
    [FPGA_ERR_AFI_CMD_BUSY] = "busy",
    [FPGA_ERR_AFI_ID_INVALID] = "invalid-afi-id",
    [FPGA_ERR_AFI_LOAD_TIMEOUT] = "afi-load-timeout",
    [FPGA_ERR_AFI_CMD_API_VERSION_INVALID] = "invalid-afi-cmd-api-version",
    [FPGA_ERR_CL_ID_MISMATCH] = "cl-id-mismatch",
    [FPGA_ERR_CL_DDR_CALIB_FAILED] = "cl-ddr-calib-failed",
    [FPGA_ERR_FAIL] = "unspecified-error",
    [FPGA_ERR_SHELL_MISMATCH] = "shell-version-not-supported",
    [FPGA_ERR_POWER_VIOLATION] = "afi-power-violation",
    [FPGA_ERR_DRAM_DATA_RETENTION_NOT_POSSIBLE] = "dram-data-retention-not-possible",
    [FPGA_ERR_HARDWARE_BUSY] = "hardware-busy",
    [FPGA_ERR_PCI_MISSING] = "pci-device-missing",
    [FPGA_ERR_AFI_CMD_MALFORMED] = "afi-command-malformed",
    [FPGA_ERR_DRAM_DATA_RETENTION_FAILED] = "dram-data-retention-failed",
    [FPGA_ERR_DRAM_DATA_RETENTION_SETUP_FAILED] = "dram-data-retention-setup-failed",
    [FPGA_ERR_SOFTWARE_PROBLEM] = "software-problem",
    [FPGA_ERR_UNRESPONSIVE] = "unresponsive",
    [FPGA_ERR_RL_RELOAD_NEEDED_DROP_PCI_LINK] = "err-rl-reload-needed-drop-pci-link",
    [FPGA_ERR_INCOMPATIBLE_AFI_CMD_FLAGS] = "err-incompatible-afi-cmd-flags",
    [FPGA_ERR_INVALID_CLKGEN_INPUTS] = "invalid-clkgen-input",
    [FPGA_ERR_CLKGEN_NOT_FOUND] = "clkgen-ip-not-found",
};

/* As the SDK's, in words of our own: one or more lines, each ended. It has none for the other codes. */
static const char software_problem[] = "A fault of the program: a wrong argument, or a call before fpga_mgmt_init.\n";

static const char *explanation(int code) {
    switch (code) {
    case FPGA_ERR_AFI_CMD_BUSY:
        return "The slot is still at work on an earlier load or clear. Wait until its status is\n"
               "no longer busy.\n";
    case FPGA_ERR_AFI_ID_INVALID:
        return "There is no such AFI here, or this account may not load it. Check the id: agfi-\n"
               "and 17 hexadecimal digits.\n";
    case FPGA_ERR_AFI_CMD_API_VERSION_INVALID:
        return "The shell speaks another version of the management commands. Update the SDK.\n";
    case FPGA_ERR_CL_ID_MISMATCH: return "The loaded logic shows other PCI ids than its AFI was made with.\n";
    case FPGA_ERR_CL_DDR_CALIB_FAILED: return "The memory controllers of the loaded logic did not calibrate.\n";
    case FPGA_ERR_SHELL_MISMATCH: return "The AFI was made for a shell that this machine does not have.\n";
    case FPGA_ERR_POWER_VIOLATION:
        return "The loaded logic drew more power than it may, and was stopped. Load it again.\n";
    case FPGA_ERR_PCI_MISSING:
        return "The slot's PCI function was not found. This machine has no such card, or the card\n"
               "hangs and the machine must be stopped and started.\n";
    case FPGA_ERR_AFI_CMD_MALFORMED:
        return "The shell's answer makes no sense. If a stop and start of the machine does not end\n"
               "it, the AFI may draw too much power.\n";
    case -EINVAL:
    case FPGA_ERR_SOFTWARE_PROBLEM: return software_problem;
    case FPGA_ERR_UNRESPONSIVE:
        return "The card, or the PCI bus, does not answer. Permissions may be missing, or the\n"
               "machine must be stopped and started.\n";
    case -ETIMEDOUT:
        return "The shell did not answer in time. That mostly has no cause: try again. If it goes\n"
               "on, the card can't be reached.\n";
    default: return NULL;
    }
}

HAL_EXPORT const char *fpga_mgmt_strerror(int code) {
    static _Thread_local char text[128];
    if (code < 0)
        return strerror_r((int)(0u - (unsigned)code), text, sizeof(text));
    const char *name = (size_t)code < ARRAY_LENGTH(error_names) ? error_names[code] : NULL;
    return name ? name : "internal-error";
}

HAL_EXPORT const char *fpga_mgmt_strerror_long(int code) {
    return explanation(code);
}

HAL_EXPORT const char *fpga_mgmt_get_status_name(int status) {
    switch (status) {
    case FPGA_STATUS_LOADED: return "loaded";
    case FPGA_STATUS_CLEARED: return "cleared";
    case FPGA_STATUS_BUSY: return "busy";
    case FPGA_STATUS_NOT_PROGRAMMED: return "not-programmed";
    case FPGA_STATUS_AFI_CACHE_IN_PROGRESS: return "afi-cache-in-progress";
    case FPGA_STATUS_RL_RELOAD_NEEDED_DROP_PCI_LINK: return "rl-reload-needed-drop-pci-link";
    case FPGA_STATUS_LOAD_FAILED: return "load-failed";
    default: return "internal-error";
    }
}
