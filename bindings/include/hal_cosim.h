/*
 * Control of simulated logic, beside hal_card.h: its time, waves, ports and interrupts, and what was accessed. Exported
 * by a library that `hal cosim build` made. Functions return 0 (or the count they promise) or a negative errno; any
 * thread may call them.
 */
#ifndef HAL_COSIM_H
#define HAL_COSIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_COSIM_API_VERSION 1u
#define HAL_COSIM_INTERRUPTS 16

/* One bus word that was accessed: of its bits, those that a read has shown as 1 and as 0, and a write has carried so.
 * errors: accesses that the logic answered with SLVERR or DECERR, or not at all. */
typedef struct {
    uint64_t offset;
    uint64_t reads, writes, errors;
    uint32_t read_ones, read_zeros, written_ones, written_zeros;
    uint8_t pf, bar;
    uint8_t reserved[6];
} hal_cosim_word;

typedef struct hal_cosim_api {
    uint32_t version, size;
    /* Lines of "key=value", terminated with NUL; returns the length without it, whether or not it fitted. top,
     * simulator, waves (none, vcd or fst), hz (of the main clock), idle, ended (what ended the simulation, "" while it
     * runs), reports (of assertions that failed), host (bytes of memory that the logic can reach); and `bus=` and
     * `port=` lines. */
    int (*describe)(char *buffer, size_t size);
    /* Lets so many clocks of the main clock pass. -ECANCELED: $finish, or an internal error, has ended the simulation.
     */
    int (*advance)(uint64_t clocks);
    int (*time)(uint64_t *clocks, uint64_t *picoseconds);
    /* Clocks that pass after each access. */
    int (*set_idle)(uint32_t clocks);
    /* Writes waves to a file from now on; NULL ends that. -EOPNOTSUPP where none were built in. */
    int (*waves)(const char *path);
    /* The value of a top-level port, 32 bits a word from the low end; returns its width in bits. */
    int (*port_read)(const char *name, uint32_t *words, size_t count);
    /* Of an input that neither a bus nor the shell drives; it holds until it is set again. -EPERM: another one. */
    int (*port_write)(const char *name, const uint32_t *words, size_t count);
    /* Requests of each line since the start, and the lines that are asserted now. */
    int (*interrupts)(uint64_t counts[HAL_COSIM_INTERRUPTS], uint32_t *asserted);
    /* Words that were accessed, by BAR and offset; returns how many there are. */
    int64_t (*words)(hal_cosim_word *out, size_t max);
    int (*forget_words)(void);
    /* The code that answered the last access of this thread: 0 OKAY, 1 EXOKAY, 2 SLVERR, 3 DECERR, 4 nobody. */
    int (*response)(void);
    /* The host's memory that the logic reads and writes as a PCIe master; addresses on the bus begin at 0. */
    int (*host_memory)(void **base, uint64_t *size);
    /* A function level reset: asserted for so many clocks. -EOPNOTSUPP without the shell's ports. */
    int (*function_reset)(uint32_t clocks);
} hal_cosim_api;

const hal_cosim_api *hal_cosim_get_api(void);

#ifdef __cplusplus
}
#endif

#endif
