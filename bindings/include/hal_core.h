/* The binding's core: loads a library with the SDK's interface, and checks every access before it is made.
 *
 * Python-free: the extension module hands in how to let other threads run (hal_set_gate). Every function returns 0 or
 * a code: a negative errno or a positive FPGA_ERR as the library gave it, or one of HAL_E_* from the checks here. */
#ifndef HAL_CORE_H
#define HAL_CORE_H

#include <stddef.h>
#include <stdint.h>

#include "fpga_sdk.h"
#include "hal_card.h"
#include "hal_cosim.h"
#include "hal_dma.h"
#include "hal_interrupt.h"
#include "hal_pci.h"

/* Codes of the checks, outside of errno's and the SDK's ranges. */
enum {
    HAL_E_CLOSED = -2001,      /* the BAR was detached */
    HAL_E_STALE = -2002,       /* its mapping went away: load, clear or rescan */
    HAL_E_RANGE = -2003,       /* past the end of the BAR */
    HAL_E_ALIGN = -2004,       /* offset is not a multiple of the access width */
    HAL_E_HANDLE = -2005,      /* no such handle */
    HAL_E_MISSING = -2006,     /* the library lacks this function */
    HAL_E_ARGUMENT = -2007,    /* null, negative or unknown argument */
    HAL_E_VALUE = -2008,       /* value does not fit the field */
    HAL_E_TIMEOUT = -2009,     /* a wait ended without the value */
    HAL_E_FORKED = -2010,      /* attached by the parent process */
    HAL_E_MANY = -2011,        /* the library returned a handle that the table can't hold */
    HAL_E_MEMORY = -2012,      /* out of memory */
    HAL_E_LIBRARY = -2013,     /* the library could not be loaded */
    HAL_E_COLLECTING = -2014,  /* a batch only collects: what is read comes when it ends */
    HAL_E_ENDED = -2015,       /* the batch has ended */
    HAL_E_REPLAY = -2016,      /* not what was recorded */
    HAL_E_BUSY = -2017,        /* one recording at a time */
    HAL_E_INTERRUPTED = -2018, /* a signal's handler raised while a lock was waited for */
    HAL_E_DEADLOCK = -2019,    /* it waits for a lock whose holder waits for it, or, of a model, may do so */
    HAL_E_INTERPRETER = -2020, /* the model belongs to another interpreter */
    HAL_E_LOCK = -2021,        /* a lock file was removed, and can't be made anew */
    HAL_E_DEAD = -2022,        /* a word of all ones that nobody answered: see hal_last_timeout */
    HAL_E_EMPTY = -2023,       /* a word of all ones, and the slot holds no AFI */
    HAL_E_SILENT = -2024,      /* a word of all ones, and the slot does not answer what it is: see hal_last_timeout */
    HAL_E_LOCKED = -2025,      /* the lock of what was to be written is closed */
    HAL_E_UNKNOWN = -2026,     /* nobody knows a bit that would have to be written as it was */
    HAL_E_LOST = -2027,        /* the connection to another host was lost: see hal_last_loss */
    HAL_E_WAITED = -2028,      /* another thread has been in the slot's model for longer than is waited for it */
    HAL_E_LAST = -2028,
    HAL_E_MODEL = -125 /* ECANCELED, as the card hands it through: a model raised */
};

enum { HAL_HANDLES_MAX = 256, HAL_LIBRARIES_MAX = 64, HAL_BARS_MAX = 6 };

typedef struct hal_library hal_library;

typedef struct hal_bar hal_bar; /* one attached BAR */

/* What is attached under a handle. */
typedef struct hal_attached {
    hal_bar *bar;
    uint64_t size; /* bytes */
    uint32_t generation;
    uint32_t recorded_as; /* the generation in recordings: of who has the handle that others share */
    int32_t handle;
    int32_t slot, pf, number;
} hal_attached;

/* What is remembered of one word of the card, by its bits. What is in none of the masks is never known. */
typedef struct hal_memo {
    _Atomic uint64_t value;  /* written or read last; before that the reset */
    _Atomic uint64_t known;  /* what value is right of */
    uint64_t taken;          /* become what is written */
    uint64_t told;           /* are what was read until they are written */
    uint64_t blind;          /* no read tells them */
    uint64_t spare;          /* of no field: kept as they were, known or not */
    struct hal_memo *origin; /* of a batch's: the device's, */
    uint64_t round;          /* and in which of the batch's blocks it was looked at */
    uint8_t answers;         /* reads are answered with what is known */
    uint8_t reserved[7];
} hal_memo;

/* A prepared access: one register word, or one field in it. Offset and width were checked when it was made. */
typedef struct hal_port {
    hal_bar *bar;
    uint64_t offset; /* bytes from the BAR's start */
    uint64_t mask;   /* largest value that fits, unshifted */
    uint64_t keep;   /* bits that a field write leaves as they are: read, or remembered */
    uint64_t ones;   /* bits that a field write sets: that is their neutral value, or their reset */
    hal_memo *memo;  /* null: nothing is remembered of the word */
    uint32_t generation;
    uint8_t width; /* bits of the bus access: 8, 32, 64 */
    uint8_t shift;
    uint8_t plain;  /* the field reads back what is written to it: a batch may merge its writes with those before */
    uint8_t clears; /* a write of it does nothing but clear it: one of a plain field may be merged with it */
    uint64_t spare; /* of keep: bits of no field, which are kept only where anything else is */
    uint64_t rest;  /* what those are written as where nothing is read */
} hal_port;

/* What a bus word holds beside a register that is narrower: bits that are read and written back, and bits that are
 * written as 1. spare: those of no field, the register's own too; rest: their reset. */
typedef struct hal_lane {
    uint64_t keep, ones, spare, rest;
} hal_lane;

/* Most bus words of one register: 4096 bits as bytes. */
enum { HAL_WORDS_MAX = 512 };

/* In which order the words of a wide register are accessed, and with HAL_BIG_ENDIAN that they lie the other way round:
 * the lowest word, which a port of a wide register is of, has the highest address. */
enum { HAL_LOW_FIRST = 0, HAL_HIGH_FIRST = 1, HAL_BIG_ENDIAN = 2 };

enum { HAL_OP_READ = 0, HAL_OP_WRITE = 1, HAL_OP_MODIFY = 2, HAL_OP_CHECK = 3 };

/* One step of a list that is run in one call. MODIFY writes (old & keep) ^ value. READ puts the word into value.
 * CHECK goes on where word & keep is value, and puts the word into keep where it is not. */
typedef struct hal_op {
    hal_bar *bar;
    uint64_t offset;
    uint64_t keep;
    uint64_t value;
    hal_memo *memo; /* null, or what remembers it once it is made */
    uint32_t generation;
    uint8_t width;
    uint8_t kind;
    uint8_t repeat; /* further writes of the same value */
    uint8_t held;   /* nothing else of this BAR comes between it and the next step */
} hal_op;

/* How a blocking call lets other threads of the interpreter run. All null: calls just block. */
typedef struct hal_gate {
    void *(*leave)(void);
    void (*enter)(void *state);
    int (*held)(void);        /* whether this thread holds the interpreter's lock */
    int (*interrupted)(void); /* with it held: whether a signal has come whose handler raised */
    /* With it held: of a long transfer so many bytes of all are over; or, where `total` is 0, accesses of one word have
     * taken long. Not 0: that was raised, or by the handler of a signal that came. */
    int (*tell)(hal_library *library, uint64_t done, uint64_t total);
} hal_gate;
void hal_set_gate(hal_gate gate);
/* Around a call of the interpreter from below, in which what this thread has left through the gate is held again. One
 * that did not come through the gate has to get the lock by itself. */
typedef struct hal_callback {
    void *left;
    int outside;
} hal_callback;
hal_callback hal_callback_begin(void);
void hal_callback_end(hal_callback before);

/* library.c */
int hal_library_open(const char *path, hal_library **library, char *error, size_t error_size);
int hal_library_init(hal_library *library);
int hal_share_bar(hal_library *library, int slot, int pf, int bar, int file);
int hal_share_services(hal_library *library, int slot, int file);
const char *hal_sdk_function(size_t index);
int hal_library_has(const hal_library *library, const char *function);
const char *hal_library_path(const hal_library *library);
const hal_card_api *hal_library_card(const hal_library *library);
const hal_cosim_api *hal_library_cosim(const hal_library *library);
const hal_pci_api *hal_library_pci(const hal_library *library);
const hal_interrupt_api *hal_library_interrupts(const hal_library *library);
const hal_served_api *hal_library_served(const hal_library *library);
/* Lets so many clocks of simulated logic pass, with the interpreter's lock open. */
int hal_simulate(hal_library *library, uint64_t clocks);

/* host/dma.c: as hal_dma.h has them. What a library can do of it, as bits. */
enum { HAL_DMA_MAPS = 1, HAL_DMA_MOVES = 2, HAL_DMA_MASTERS = 4 };
int hal_dma_abilities(const hal_library *library);
int hal_dma_map(hal_library *library, int slot, void *memory, uint64_t bytes, uint32_t directions, uint32_t bits,
                uint64_t *address);
int hal_dma_unmap(hal_library *library, int slot, uint64_t address);
int hal_dma_read(hal_library *library, int slot, uint64_t address, void *data, uint64_t bytes);
int hal_dma_write(hal_library *library, int slot, uint64_t address, const void *data, uint64_t bytes);
int hal_master_read(hal_library *library, int slot, uint64_t address, void *data, uint64_t bytes);
int hal_master_write(hal_library *library, int slot, uint64_t address, const void *data, uint64_t bytes);

/* The shell's interfaces that its metrics count timeouts of; HAL_NO_INTERFACE: of other BARs. */
enum { HAL_OCL, HAL_PCIS, HAL_SDA, HAL_JTAG, HAL_NO_INTERFACE, HAL_INTERFACES };

/* The latest look at a slot that found new timeouts of an interface: the last one's address, in bytes, and how many
 * there were since the counters were cleared. */
typedef struct hal_timeout {
    uint64_t address;
    uint32_t count;
    int32_t slot, interface;
} hal_timeout;

/* watch.c, ask.c: a word of all ones is a value, or nobody answered. What happened to a slot is known by two kinds of
 * numbers, which change when a look at it finds more: what it holds, and timeouts of an interface. */
int hal_design_number(hal_library *library, int slot, uint64_t *number);
int hal_look(hal_library *library, int slot, struct fpga_mgmt_image_info *info, uint64_t *design);
int hal_incidents(hal_library *library, int slot, uint32_t incidents[5]);
int hal_last_timeout(hal_timeout *timeout);
int hal_set_patience(hal_library *library, int slot, uint32_t milliseconds);

/* bar.c */
int hal_attach(hal_library *library, int slot, int pf, int bar, uint32_t flags, const uint64_t *design,
               hal_attached *out);
int hal_detach(hal_library *library, int handle);
int hal_release(hal_bar *bar, uint32_t generation);
void hal_give_back(hal_attached *attached);
int hal_attached_of(hal_library *library, int handle, hal_attached *out);
int hal_retire(hal_library *library, int slot, int all);
int hal_state(const hal_bar *bar, uint32_t generation);

/* model.c: who plays the design of an emulated slot. */
int hal_set_model(hal_library *library, int slot, hal_card_hook hook, void *context, void **old);
int hal_has_model(hal_library *library, int slot);
int hal_set_model_patience(hal_library *library, int slot, uint32_t milliseconds);
int hal_models_running(void);
int hal_expect_model(hal_library *library, int slot);
int hal_enter_models(int *entered);
void hal_leave_models(int *entered);

/* port.c */
int hal_port_prepare(hal_port *port, hal_bar *bar, uint32_t generation, uint64_t offset, int width, int shift, int bits,
                     uint64_t keep, uint64_t ones);
int hal_ports_place(hal_port *ports, const hal_port *plans, size_t count, hal_bar *bar, uint32_t generation,
                    uint64_t offset);
int hal_lanes_place(hal_port *ports, const hal_port *plans, size_t count, hal_bar *bar, uint32_t generation,
                    uint64_t offset, const hal_lane *beside);

/* access.c */
int64_t hal_get(const hal_port *port);
int hal_get64(const hal_port *port, uint64_t *value);
int hal_set(const hal_port *port, uint64_t value);
int hal_modify(const hal_port *port, uint64_t value);
int hal_update(const hal_port *port, uint64_t keep, uint64_t value);
int hal_peek(hal_library *library, int handle, uint64_t offset, int width, uint64_t *value);
int hal_poke(hal_library *library, int handle, uint64_t offset, int width, uint64_t value);

/* words.c */
int hal_read_words(const hal_port *first, int count, int order, int stable, uint64_t *words);
int hal_write_words(const hal_port *first, int count, int order, const uint64_t *words);
int hal_update_words(const hal_port *first, int count, int order, int whole, const uint64_t *keep,
                     const uint64_t *values);

/* memo.c */
void hal_memo_forget(hal_memo *memo, uint64_t bits);

/* bulk/ */
int hal_read_block(hal_bar *bar, uint32_t generation, uint64_t offset, int width, void *data, uint64_t count);
int hal_write_block(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data, uint64_t count);
int hal_read_bytes(hal_bar *bar, uint32_t generation, uint64_t offset, int width, void *data, uint64_t bytes);
int hal_read_wide(hal_bar *bar, uint32_t generation, uint64_t offset, int width, int reads, void *data, uint64_t bytes);
int hal_write_bytes(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data, uint64_t bytes);
int hal_fill(hal_bar *bar, uint32_t generation, uint64_t offset, uint32_t value, uint64_t count);
int hal_burst_at(hal_library *library, int handle, uint64_t offset, const void *data, uint64_t count);
int hal_fill_at(hal_library *library, int handle, uint64_t offset, uint32_t value, uint64_t count);
int hal_address(hal_library *library, int handle, uint64_t offset, uint64_t bytes, uint64_t *address);

/* run.c */
int hal_run(hal_op *ops, size_t count, size_t *done, size_t *failed);
int hal_run_held(const hal_port *port, hal_op *ops, size_t count, size_t *failed);

/* sweep.c */
enum { HAL_SWEEP_HIGH_FIRST = 1, HAL_SWEEP_STABLE = 2, HAL_SWEEP_BIG_ENDIAN = 4 };

/* Registers of one kind at a fixed stride; see hal_sweep_prepare. */
typedef struct hal_sweep {
    hal_bar *bar;
    hal_memo *memo;  /* null, or of one register: its words' memories */
    uint64_t offset; /* bytes, of the first one */
    uint64_t stride; /* bytes */
    uint64_t count;
    uint32_t generation;
    uint16_t words; /* bus words of each */
    uint8_t width;  /* bits of a bus word */
    uint8_t flags;
    uint8_t bits; /* of each, where it is less than a bus word; else 0 */
} hal_sweep;
int hal_sweep_prepare(hal_sweep *sweep, hal_bar *bar, uint32_t generation, uint64_t offset, uint64_t stride,
                      uint64_t count, int width, int words, int flags);
int hal_sweep_lanes(hal_sweep *sweep, hal_bar *bar, uint32_t generation, uint64_t offset, uint64_t stride,
                    uint64_t count, int width, int bits);
int hal_sweep_read(const hal_sweep *sweeps, size_t count, uint64_t *values, size_t words, size_t *done);
void hal_differing(const uint64_t *found, const uint64_t *values, const uint64_t *masks, size_t count,
                   uint8_t *differs);
void hal_widen(const void *words, int width, size_t count, uint64_t *values);
int hal_sweep_write(const hal_sweep *sweeps, size_t count, const uint64_t *values, size_t words, const uint8_t *wanted,
                    size_t *done);

/* batch.c */
typedef struct hal_batch hal_batch;

/* What a step of a batch does, and where. */
typedef struct hal_step {
    uint64_t offset, value;
    uint8_t pf, bar, width, kind; /* kind: HAL_OP_* */
    uint8_t reserved[4];
} hal_step;

/* A bus word that a read of a register takes, and which of its bits are asked for. */
typedef struct hal_asked {
    hal_port port;
    uint64_t bits;
} hal_asked;
int hal_batch_new(hal_batch **batch);
void hal_batch_free(hal_batch *batch);
int hal_batch_bar(hal_batch *batch, hal_bar *target, uint32_t generation, hal_bar **bar);
int hal_batch_collect(hal_batch *batch, int collecting);
int hal_batch_read(hal_batch *batch, uint64_t reader, const hal_asked *words, size_t count, size_t *steps);
int hal_batch_look(hal_batch *batch, hal_memo *memo);
int hal_batch_block(hal_batch *batch, hal_bar *bar, uint64_t offset, int width, const void *data, uint64_t count);
int hal_batch_bytes(hal_batch *batch, hal_bar *bar, uint64_t offset, int width, const void *data, uint64_t bytes);
size_t hal_batch_count(const hal_batch *batch);
int hal_batch_step(const hal_batch *batch, size_t index, hal_step *step);
int hal_batch_run(hal_batch *batch, size_t *done, size_t *failed);

/* record.c, replay.c: one access as it was on the bus. */
typedef struct hal_tape_entry {
    uint64_t offset, value;
    int16_t handle, slot;
    int32_t code;
    uint8_t pf, bar, width, is_write;
    uint32_t generation; /* of what was attached: a handle may be another BAR's later */
} hal_tape_entry;
int hal_record_start(hal_library *library, uint64_t owner);
int hal_record_take(hal_tape_entry *out, size_t room, size_t *count, uint64_t *lost);
int hal_record_stop(uint64_t owner);

/* The slot that a recording was made on. */
typedef struct hal_replay_slot {
    int32_t number;
    uint16_t vendor, device, subsystem_vendor, subsystem_device;
    char afi_id[AFI_ID_STR_MAX];
} hal_replay_slot;
int hal_replay_open(const hal_tape_entry *entries, size_t count, const hal_replay_slot *slot, hal_library **library);
int hal_replay_state(size_t *next, hal_tape_entry *got);

/* services.c */
int hal_slot_spec(hal_library *library, int slot, struct fpga_slot_spec *spec);
int hal_all_slot_specs(hal_library *library, struct fpga_slot_spec *specs, int count);
int hal_resource_map(hal_library *library, int slot, int pf, struct fpga_pci_resource_map *map);
int hal_rescan(hal_library *library, int slot);
int hal_describe(hal_library *library, int slot, uint32_t flags, struct fpga_mgmt_image_info *info);
int hal_status(hal_library *library, int slot, int *status, int *qualifier);
int hal_load(hal_library *library, int slot, const char *afi_id, uint32_t flags);
int hal_load_sync(hal_library *library, int slot, const char *afi_id, uint32_t flags, uint32_t timeout,
                  uint32_t delay_msec, struct fpga_mgmt_image_info *info);
int hal_clear(hal_library *library, int slot);
int hal_clear_sync(hal_library *library, int slot, uint32_t timeout, uint32_t delay_msec,
                   struct fpga_mgmt_image_info *info);
int hal_leds(hal_library *library, int slot, uint16_t *value);
int hal_dip(hal_library *library, int slot, uint16_t *value);
int hal_set_dip(hal_library *library, int slot, uint16_t value);
int hal_set_cmd_timeout(hal_library *library, uint32_t value);
int hal_set_cmd_delay(hal_library *library, uint32_t msec);
int hal_clocks(hal_library *library, int slot, struct fpga_clkgen_info *info);
int hal_set_recipe(hal_library *library, int slot, uint32_t a, uint32_t b, uint32_t c, uint32_t hbm, uint32_t reset);
int hal_set_dynamic(hal_library *library, int slot, uint32_t a, uint32_t b, uint32_t c, uint32_t hbm, uint32_t reset);
int hal_release_resets(hal_library *library, int slot);
int hal_power_cycle(hal_library *library, int slot);
int hal_clock_hz(hal_library *library, int slot, uint64_t out[HAL_CARD_CLOCKS]);
const char *hal_strerror(hal_library *library, int code);
const char *hal_strerror_long(hal_library *library, int code);
const char *hal_status_name(hal_library *library, int status);

/* entry_points.c: the hot path by address, for the package's other extension. */
typedef struct hal_entry_points {
    uint64_t headers; /* HAL_HEADERS of the build: what was compiled with other headers must not meet this one */
    int (*get64)(const hal_port *port, uint64_t *value);
    int (*set)(const hal_port *port, uint64_t value);
    int (*modify)(const hal_port *port, uint64_t value);
    int (*update)(const hal_port *port, uint64_t keep, uint64_t value);
    int (*read_block)(hal_bar *bar, uint32_t generation, uint64_t offset, int width, void *data, uint64_t count);
    int (*write_block)(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data, uint64_t count);
    int (*read_bytes)(hal_bar *bar, uint32_t generation, uint64_t offset, int width, void *data, uint64_t bytes);
    int (*read_wide)(hal_bar *bar, uint32_t generation, uint64_t offset, int width, int reads, void *data,
                     uint64_t bytes);
    int (*write_bytes)(hal_bar *bar, uint32_t generation, uint64_t offset, int width, const void *data, uint64_t bytes);
    int (*read_words)(const hal_port *first, int count, int order, int stable, uint64_t *words);
    int (*peek)(hal_library *library, int handle, uint64_t offset, int width, uint64_t *value);
    int (*poke)(hal_library *library, int handle, uint64_t offset, int width, uint64_t value);
    int (*attached_of)(hal_library *library, int handle, hal_attached *out);
    int (*batch_read)(hal_batch *batch, uint64_t reader, const hal_asked *words, size_t count, size_t *steps);
    int (*batch_step)(const hal_batch *batch, size_t index, hal_step *step);
} hal_entry_points;
const hal_entry_points *hal_get_entry_points(void);

#endif
