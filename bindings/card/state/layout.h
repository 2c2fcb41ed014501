/*
 * The card's state as it lies in one file mapping, private or shared by many processes.
 * Only offsets and bounded indices are stored, never pointers; every region has a fixed place,
 * is as large as it can ever get, and is sparse.
 */
#ifndef HAL_CARD_LAYOUT_H
#define HAL_CARD_LAYOUT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock/clock.h"
#include "f2_bars.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define CARD_MAGIC "HALCARD"
#define CARD_FORMAT 9u

#define SHELL_VERSION 0x10212415u

/* Storage is reserved, and known as written, in chunks of this size. */
#define CHUNK_BITS 21
#define CHUNK_BYTES (UINT64_C(1) << CHUNK_BITS)

#define DIGEST_MAX 72 /* of the map that a design was made of, as text */

/* ---- Address spaces ---- */

enum bar_index { BAR_APP0, BAR_APP2, BAR_APP4, BAR_MGMT0, BAR_MGMT2, BAR_MGMT4, BAR_COUNT };

/* Who answers on a BAR: the loaded design, plain shell memory, or shell registers. */
enum bar_kind { BAR_DESIGN, BAR_SHELL_MEMORY, BAR_MAILBOX, BAR_JTAG };

enum bus_interface { BUS_OCL = 1, BUS_PCIS = 2, BUS_SDA = 4, BUS_NONE = 0 };

struct bar_shape {
    int pf, bar;
    uint64_t size;
    bool burst_capable;
    enum bar_kind kind;
    enum bus_interface interface;
    uint64_t storage; /* offset in the slot's block; 0: no storage */
    uint64_t once;    /* the same for write-once flags */
    uint64_t behind;  /* and for words that have a second storage */
    uint32_t regions; /* first entry in the region table */
};

/* ---- Decoding tables: region (2 MiB) -> page (4 KiB) -> byte -> entry ---- */

#define PAGE_BITS 12
#define PAGES_PER_REGION 512u
#define BYTES_PER_PAGE 4096u
#define REGIONS(bytes) ((uint32_t)(((bytes) + CHUNK_BYTES - 1) / CHUNK_BYTES))
#define REGION_APP0 0u
#define REGION_APP2 (REGION_APP0 + REGIONS(F2_APP0_BYTES))
#define REGION_APP4 (REGION_APP2 + REGIONS(F2_APP2_BYTES))
#define REGION_MGMT0 (REGION_APP4 + REGIONS(F2_APP4_BYTES))
#define REGION_MGMT2 (REGION_MGMT0 + REGIONS(F2_MGMT0_BYTES))
#define REGION_MGMT4 (REGION_MGMT2 + REGIONS(F2_MGMT2_BYTES))
#define REGION_COUNT (REGION_MGMT4 + REGIONS(F2_MGMT4_BYTES))
#define REGION_TABLES 65536u /* of page entries; table 0 is empty */
#define PAGE_TABLES 32768u   /* of byte entries; table 0 is empty */
#define CLASS_COUNT (1u << 20)

/* An entry without ENTRY_LEAF holds the index of the next table. */
#define ENTRY_LEAF (1u << 31)
#define ENTRY_MEMORY (1u << 30)
#define ENTRY_WINDOW (1u << 29) /* reads as the constant in the class, ignores writes */
#define ENTRY_CLKGEN (1u << 28)
#define ENTRY_MODEL (1u << 27)
#define ENTRY_RAW_READ (1u << 26)
#define ENTRY_RAW_WRITE (1u << 25)
#define ENTRY_PURE_READ (1u << 24) /* reading changes nothing */
#define ENTRY_SIZE_SHIFT 22        /* log2 of the word's bytes */
#define ENTRY_CLASS_MASK (CLASS_COUNT - 1u)

/* Upper half of a region entry: the chunk of storage (of flags) was written. */
#define REGION_STORED (UINT64_C(1) << 32)
#define REGION_ONCE_STORED (UINT64_C(1) << 33)
#define REGION_BEHIND_STORED (UINT64_C(1) << 34)
#define REGION_WRITTEN (REGION_STORED | REGION_ONCE_STORED | REGION_BEHIND_STORED)

/* What reads and writes do to each bit of a word: (old & and) ^ xor. */
struct word_class {
    uint64_t visible;
    uint64_t read_and, read_xor;
    uint64_t zero_and, zero_xor; /* bits written as 0 */
    uint64_t one_and, one_xor;   /* bits written as 1 */
    uint64_t once;               /* only the first write counts */
    uint64_t ones;               /* reads as 1, whatever is stored */
    int64_t target;              /* where its storage is: bytes from the word */
    int16_t shift;               /* a bit of the word is stored so many bits lower */
    uint16_t flags;              /* VIEW_* */
    uint32_t next, keys, manual; /* the class of the word's next view, of its first key, of what its manual says; + 1 */
    int64_t guard_at;            /* VIEW_LOCKED, VIEW_WHEN: the word that decides, and what its bits are then */
    uint64_t guard_mask, guard_value;
    uint64_t fields; /* bits that mean something */
};

/* A class as `manual` has it: `fields` is what bits of no field are after a reset. `keys`: of a register that is read
 * as a whole, how many words it has, of which this is the one at place `next` by address; `flags`: and which it is. */
#define MANUAL_LATCHES 1u /* reading it holds the others still */
#define MANUAL_WORDS_MAX 64u

#define VIEW_BEHIND 1u  /* has a storage of its own, at its word's place */
#define VIEW_WHEN 2u    /* is there only while the guard says so, and then alone */
#define VIEW_LOCKED 4u  /* is written only while the guard says so */
#define VIEW_TWICE 8u   /* a write counts when the next one carries the same */
#define VIEW_MASKED 16u /* the high half of a write says which bits of the low half it is for */
#define VIEW_KEY 32u    /* writes are remembered: others' keys are among them */
#define VIEW_SHARED 64u /* other words have its storage too */
#define VIEW_GUARD_SHIFT 8

/* The latest writes of a BAR that were keys, with nothing written between them. */
#define KEYS_MAX 8u

struct key_write {
    uint64_t offset, value;
};

/* ---- Slot ---- */

enum slot_phase { PHASE_CLEARED, PHASE_LOADING, PHASE_CLEARING, PHASE_LOADED, PHASE_FAILED };

struct pci_ids {
    uint16_t vendor, device, subsystem_device, subsystem_vendor;
};

struct faults {
    int32_t load_error, load_timeouts, describe_error, attach_error, rescan_error;
    uint8_t never_ready, no_clkgen, clkgen_reset, bus_dead;
};

#define MODEL_MAX 16u

enum model_kind { MODEL_CLK_FREQ, MODEL_HBM, MODEL_KINDS };

struct model_state {
    uint32_t kind, bar;
    uint32_t running;
    uint64_t base;
    uint64_t start_ns, duration_ns;
};

struct bus_timeouts {
    _Atomic uint64_t address;
    _Atomic uint32_t count;
};

/* ---- Interrupts ---- */

#define INTERRUPTS_MAX 128u
#define LISTENERS_MAX 128u
#define LINES_MAX 64u

/* A bit of a register, and what a write has to carry there to act. */
struct interrupt_bit {
    uint64_t offset; /* of its byte */
    uint8_t bar, bit, value, used;
    uint8_t reserved[4];
};

struct interrupt_row {
    char name[64];
    struct interrupt_bit status, enable, disable, clear;
    uint8_t line;    /* LINES_MAX or above: none */
    uint8_t is_held; /* it is let through while the bit of `enable` has its value; else from its write on, */
    uint8_t enabled; /* which was made */
    uint8_t active;  /* it was pending and let through */
    uint8_t reserved[4];
};

/* id 0: free. */
struct listener {
    uint64_t id;
    int32_t pid;
    uint32_t line;
};

struct interrupt_state {
    uint32_t count;
    uint64_t by_level, driven; /* lines, as bits */
    _Atomic uint64_t high;
    _Atomic uint64_t requests[LINES_MAX];
    uint64_t listener_ids;
    struct listener listeners[LISTENERS_MAX];
    struct interrupt_row rows[INTERRUPTS_MAX];
};

/* A model that one process runs for all others. `holder`: held by the thread that runs it, while that lives. */
struct served_model {
    pthread_mutex_t holder;
    _Atomic uint64_t id; /* 0: none */
    uint64_t ids;        /* given so far */
    int32_t pid;
    _Atomic uint32_t patience_ms, memories;
    _Atomic uint32_t events_seen; /* of the slot's event_count */
};

/* A gate's bits, below its generation. */
#define GATE_ANSWERS 1u
#define GATE_SERVED 2u
#define GATE_SHIFT 2

struct slot_state {
    pthread_mutex_t mutex;
    /* Per BAR: its generation, whether another process may have to hear of accesses, and whether it answers. An access
     * whose handle expects just this value needs no further look at the slot's state. */
    _Atomic uint32_t gate[BAR_COUNT];
    _Atomic uint32_t phase;
    _Atomic uint32_t event_count; /* loads and clears that have finished */
    uint32_t event;
    uint32_t building;                  /* tables are being written; left set only by a killed process */
    _Atomic uint32_t app_generation;    /* rescans of the application function */
    _Atomic uint32_t design_generation; /* loads and clears that have begun, and power cycles */
    int32_t status_q;
    int32_t pending_error;
    uint64_t start_ns, duration_ns;
    char afi_id[AFI_ID_STR_MAX];
    char design_name[AFI_ID_STR_MAX], design_digest[DIGEST_MAX];
    struct pci_ids ids, visible_ids;
    uint64_t design_revision;
    struct faults faults, design_faults;
    uint32_t bus_dead;
    uint32_t has_clkgen;
    struct clkgen_state clkgen;
    uint64_t loaded_ns; /* when the last load ended */
    uint32_t model_count;
    struct model_state models[MODEL_MAX];
    _Atomic uint32_t int_status;
    struct bus_timeouts ocl, pcis, sda;
    struct bus_timeouts pcim; /* accesses of the logic's that reached no memory */
    _Atomic uint64_t pcim_reads, pcim_writes;
    _Atomic uint32_t leds, dip;
    uint32_t key_count[BAR_COUNT];
    struct key_write key_writes[BAR_COUNT][KEYS_MAX];
    uint64_t power_max; /* W, since the counters were cleared */
    uint64_t cached_afis[FPGA_CACHED_AGFIS_MAX];
    struct interrupt_state interrupts;
    struct served_model served;
};

/* ---- Catalogue of designs: two banks, of which one is valid ---- */

#define CATALOGUE_DESIGNS 256u
#define DESIGN_AFIS 16u
#define CATALOGUE_TEXT MIB(64)

struct catalogue_entry {
    uint64_t offset, length, revision;
    uint64_t used; /* when it was installed or loaded last, counted in such events */
    uint32_t afi_count;
    uint32_t shipped; /* never makes room for others */
    char name[AFI_ID_STR_MAX];
    char afis[DESIGN_AFIS][AFI_ID_STR_MAX];
};

struct catalogue_bank {
    uint32_t count;
    uint64_t text_used;
    struct catalogue_entry entries[CATALOGUE_DESIGNS];
};

struct card_header {
    char magic[8];
    uint32_t format, slots;
    uint64_t size;
    uint64_t state_sizes; /* differs where the C library's mutex or our structs differ */
    uint8_t uuid[16];
    char boot_id[40];
    pthread_mutex_t mutex;
    _Atomic uint32_t bank;
    uint64_t next_revision, next_use;
};

/* ---- Places ---- */

#define BANK_TEXT_OFFSET MIB(2)
#define BANK_BYTES (BANK_TEXT_OFFSET + CATALOGUE_TEXT)
#define BANKS_OFFSET MIB(2)
#define SLOTS_OFFSET (BANKS_OFFSET + 2 * BANK_BYTES)

#define SLOT_REGIONS MIB(2)
#define SLOT_REGION_TABLES MIB(4)
#define SLOT_PAGE_TABLES (SLOT_REGION_TABLES + REGION_TABLES * PAGES_PER_REGION * UINT64_C(4))
#define SLOT_CLASSES (SLOT_PAGE_TABLES + PAGE_TABLES * BYTES_PER_PAGE * UINT64_C(4))
#define SLOT_TABLES_END (SLOT_CLASSES + CLASS_COUNT * UINT64_C(128))
#define SLOT_STORAGE_APP0 SLOT_TABLES_END
#define SLOT_STORAGE_MGMT4 (SLOT_STORAGE_APP0 + F2_APP0_BYTES)
#define SLOT_STORAGE_APP4 (SLOT_STORAGE_MGMT4 + F2_MGMT4_BYTES)
#define SLOT_ONCE_APP0 (SLOT_STORAGE_APP4 + F2_APP4_BYTES)
#define SLOT_ONCE_MGMT4 (SLOT_ONCE_APP0 + F2_APP0_BYTES)
#define SLOT_ONCE_APP4 (SLOT_ONCE_MGMT4 + F2_MGMT4_BYTES)
#define SLOT_BEHIND_APP0 (SLOT_ONCE_APP4 + F2_APP4_BYTES)
#define SLOT_BEHIND_MGMT4 (SLOT_BEHIND_APP0 + F2_APP0_BYTES)
#define SLOT_BEHIND_APP4 (SLOT_BEHIND_MGMT4 + F2_MGMT4_BYTES)
#define SLOT_STORAGE_APP2 (SLOT_BEHIND_APP4 + F2_APP4_BYTES)
#define SLOT_BYTES (SLOT_STORAGE_APP2 + CHUNK_BYTES)

_Static_assert(sizeof(struct word_class) == 128, "a class is two cache lines, of which accesses mostly take one");
_Static_assert(sizeof(struct card_header) <= KIB(4), "the header fits its page");
_Static_assert(sizeof(struct slot_state) <= KIB(64), "the state fits its reservation");
_Static_assert(sizeof(struct catalogue_bank) <= BANK_TEXT_OFFSET, "the bank fits its place");
_Static_assert(REGION_COUNT *UINT64_C(8) <= MIB(1), "the region table fits its reservation");

#endif
