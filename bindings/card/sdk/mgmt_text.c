/* Names and explanations of codes. */
#define _GNU_SOURCE
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

static const char *const error_explanations[] = {
    [FPGA_ERR_AFI_CMD_BUSY] = "The slot is still busy with an earlier load or clear. Wait until "
                              "its status is no longer busy.",
    [FPGA_ERR_AFI_ID_INVALID] = "No such AFI. Check the id (agfi- and 17 hexadecimal digits) and "
                                "that this card knows it.",
    [FPGA_ERR_AFI_LOAD_TIMEOUT] = "The load had not finished in time. It may still be going on: "
                                  "read the slot's status.",
    [FPGA_ERR_CL_ID_MISMATCH] = "The loaded logic has other ids than its AFI says.",
    [FPGA_ERR_POWER_VIOLATION] = "The AFI drew more power than the card allows. Load it again "
                                 "after its power is reduced.",
    [FPGA_ERR_DRAM_DATA_RETENTION_NOT_POSSIBLE] = "Memory can be kept only over a load that "
                                                  "follows another loaded AFI.",
    [FPGA_ERR_PCI_MISSING] = "The PCI functions of the slot are gone. Rescan the slot.",
    [FPGA_ERR_SOFTWARE_PROBLEM] = "A call came before fpga_mgmt_init, or a process was ended while "
                                  "it loaded an AFI.",
    [FPGA_ERR_UNRESPONSIVE] = "The slot did not answer in time. Another process may hold it, or "
                              "permissions are missing.",
    [FPGA_ERR_INCOMPATIBLE_AFI_CMD_FLAGS] = "These flags can't be used in one command.",
    [FPGA_ERR_INVALID_CLKGEN_INPUTS] = "No such recipe, or a frequency outside of what its clock "
                                       "can do.",
    [FPGA_ERR_CLKGEN_NOT_FOUND] = "The loaded AFI has no clock generator.",
};

HAL_EXPORT const char *fpga_mgmt_strerror(int code) {
    static _Thread_local char text[128];
    if (code < 0)
        return strerror_r((int)(0u - (unsigned)code), text, sizeof(text));
    const char *name = (size_t)code < ARRAY_LENGTH(error_names) ? error_names[code] : NULL;
    return name ? name : "internal-error";
}

HAL_EXPORT const char *fpga_mgmt_strerror_long(int code) {
    bool known = code >= 0 && (size_t)code < ARRAY_LENGTH(error_explanations);
    return known ? error_explanations[code] : NULL;
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
