/* The accelerator: accessors of fields as C descriptors over the core's functions. Same semantics and the same errors
 * as the properties that hal.access.pure makes over cffi: whatever is rare, or wrong, goes to the same Python methods.
 */
#ifndef HAL_ACCEL_H
#define HAL_ACCEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "hal_bus.h"

/* The core lives in hal._native; hal._binding hands in where. Null until then. */
extern const hal_entry_points *accel_core;

/* What all registers of one class share. */
typedef struct {
    PyObject_HEAD
    PyObject *fields; /* name -> Field; never changes once a register uses it */
    Py_ssize_t ports; /* how many a register has: the whole register's and one for each field */
    uint64_t mask;    /* of the whole register */
    uint64_t reset, keep, ones, last, guard, effects, reserved;
    uint64_t unknown; /* bits that a write by name would have to invent where it doesn't name them */
    bool plain;       /* one bus word, and no rules for writes: whole accesses can be made here */
    bool readable, writable;
    bool lane;           /* a part of its bus word: writes keep the rest */
    bool has_arrays;     /* of fields, which fields() tells as one */
    uint64_t recent_raw; /* as a field's */
    PyObject *recent;
} Shape;

/* What every node of a device starts with. */
typedef struct {
    PyObject_HEAD
    hal_port *ports; /* into store; null for all but registers */
    PyObject *store; /* keeps ports alive; of an array: the elements that were made, by index; of a memory: Window */
    Shape *shape;
    PyObject *bound[2]; /* methods that were asked for: to make one takes as long as a read */
} Node;

enum way { WAY_READ, WAY_WRITE };

/* Where a memory lies. Each way has its BAR, that of writes may combine them. */
typedef struct {
    PyObject_HEAD
    hal_bar *_Atomic bars[2]; /* null until Python has attached it; the memory's device keeps it */
    uint32_t generations[2];
    uint64_t offset, words;
    int width;      /* of a word, in bits */
    int bus;        /* of a bus access */
    int reads;      /* of the widest one that reads */
    unsigned ratio; /* bus accesses of a word; 0 where it is a part of one */
} Window;

/* What the binding's own classes begin with; null until they are told. */
typedef struct {
    PyObject_HEAD
    hal_bar *bar;
    uint32_t generation;
} AttachedBar;

typedef struct {
    PyObject_HEAD
    hal_library *library;
} HandleUser;

/* Words that lie as on the bus: a caller's, or a copy of its own. */
typedef struct {
    void *data;
    uint64_t count;
    Py_buffer view;
    bool held; /* the view */
    void *own;
} Words;

enum reading { READ_NONE, READ_PYTHON, READ_WORDS, READ_DIRECT };
enum writing { WRITE_NONE, WRITE_PYTHON, WRITE_PUT, WRITE_MODIFY };
enum format {
    FORMAT_UNSIGNED,
    FORMAT_SIGNED,
    FORMAT_BOOL,
    FORMAT_ENUM,
    FORMAT_FIXED,
    FORMAT_INTEGER,
    FORMAT_REAL,
    FORMAT_FLOAT,
    FORMAT_PYTHON
};
enum coding { CODING_UNSIGNED, CODING_SIGNED, CODING_SIGN_MAGNITUDE, CODING_GRAY, CODING_BCD, CODING_ONE_HOT };

/* Members of an enum: a tuple by value, None where undefined, or null when values are large; and a dict by value. */
typedef struct {
    PyObject *members, *member_of;
} Members;

/* Of FORMAT_INTEGER and FORMAT_REAL: value = (step * mul + add) / div, with steps of low to high. */
typedef struct {
    enum coding coding;
    int64_t mul, add, div, low, high;
} Number;

/* How bits are a value. */
typedef struct {
    enum format format;
    int width;         /* bits, 1 to 64 */
    bool is_signed;    /* of FORMAT_FIXED */
    int fraction_bits; /* of FORMAT_FIXED */
    Members read;      /* of FORMAT_ENUM */
    Members written;   /* of FORMAT_ENUM: what may be written; nothing where it is open */
    PyObject *told;    /* of FORMAT_ENUM: the class of written where it is not that of read, else null */
    Number number;
    double low, high; /* of FORMAT_FLOAT */
    PyObject *kind;   /* the Python object with decode and encode */
} Value;

typedef struct {
    PyObject_HEAD
    Shape *shape;
    PyObject *name;
    PyObject *declaration;
    Py_ssize_t port;
    int lsb; /* in the whole register */
    enum reading reading;
    enum writing writing;
    Value value;
    struct {                           /* of READ_WORDS: the bus words that hold it */
        uint64_t distance;             /* bytes from the register's lowest word to their lowest */
        int count, order, stable, low; /* low: their lowest bit in the register */
    } words;
    PyObject *toggle;    /* the value that inverts its bits, or null */
    bool turns;          /* it does so here, else in Python */
    uint64_t recent_raw; /* the bits that recent is the value of */
    PyObject *recent;    /* what was read last: a register mostly reads as it did before */
} Field;

/* A register or a field of it, as a device's batches read it. */
typedef struct {
    PyObject_HEAD
    PyObject *given, *name; /* the register and the field's name that were asked with */
    PyObject *store;        /* keeps words alive */
    const hal_asked *words; /* null until they are told */
    size_t count;
    uint64_t reader, mask; /* the value is (word >> shift) & mask */
    int shift;
    Field *field; /* null: all bits of the register */
    bool in_python;
} PreparedRead;

/* Such by register and name. */
typedef struct {
    PyObject_HEAD
    PreparedRead **places; /* null where nothing is; a power of two of them, half of which stay free at least */
    size_t room, count;
} PreparedReads;

extern PyTypeObject Shape_Type, Node_Type, RegisterNode_Type, Window_Type, Field_Type, Method_Type, AttachedBar_Type,
    HandleUser_Type, PreparedRead_Type, PreparedReads_Type, PendingRead_Type, BatchReader_Type, ClassStatements_Type;

static inline bool is_node(PyObject *object) {
    return PyObject_TypeCheck(object, &Node_Type);
}

/* A new reference, or null with an error. */
PyObject *value_decode(const Value *value, uint64_t raw);
/* 0; 1 when the value does not fit or is none (no error set: Python words it); -1 with an error. */
int value_encode(const Value *value, PyObject *given, uint64_t *raw);

/* number.c: steps of a coding, and their values. As value_decode and value_encode. */
PyObject *number_decode(const Value *value, uint64_t raw);
int number_encode(const Value *value, PyObject *given, uint64_t *raw);
PyObject *float_decode(const Value *value, uint64_t raw);
int float_encode(const Value *value, PyObject *given, uint64_t *raw);

/* What the kind makes of bits or a value in Python; as above. */
PyObject *decode_in_python(const Value *value, uint64_t raw);
int encode_in_python(const Value *value, PyObject *given, uint64_t *raw);
/* With an error set: 1 where it is Python's to word (a wrong type, or out of range), else -1. */
int not_encoded(PyObject *ours);
int encode_unsigned(PyObject *number, uint64_t limit, uint64_t *raw);

static inline int64_t sign_extend(uint64_t raw, int width) {
    int unused = 64 - width;
    return (int64_t)(raw << unused) >> unused;
}

/* Before the types are made ready. */
void attributes_install(void);

/* A write of the named bits of a plain register, where `inverted` ones are 1 in bits. declined: Python has to do it. */
int update_named(const Node *node, uint64_t named, uint64_t bits, uint64_t inverted, bool *declined);

PyObject *field_read(Field *field, Node *node);
int field_write(const Field *field, Node *node, PyObject *given);

bool is_memory(PyObject *object);
/* Set declined, with no error and nothing accessed, where Python has to do it; else None or the word. */
PyObject *memory_item(PyObject *memory, PyObject *key, bool *declined);
PyObject *memory_set_item(PyObject *memory, PyObject *key, PyObject *given, bool *declined);
PyObject *memory_transfer(PyObject *memory, enum way way, PyObject *start, PyObject *buffer, bool *declined);

/* An integer of 0 to limit; false for what Python has to decide. */
bool word_of(PyObject *given, uint64_t limit, uint64_t *word);
/* Words of a buffer, or when they are to be written of a list or tuple of integers too. 0: release them; 1: Python has
 * to decide; -1 with an error. */
int words_in(PyObject *given, enum way way, int width, Words *words);
void words_release(Words *words);
/* What is written to registers of `width` bits as a sweep takes it, in bytes; None for what Python has to decide. */
PyObject *sweep_words(PyObject *module, PyObject *args);

/* Methods of registers, as is memory_item: args[0] is the register, then come `given` - 1 values and those by name. */
PyObject *register_read(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined);
PyObject *register_write(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined);
PyObject *register_modify(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined);
PyObject *register_fields(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined);
PyObject *register_wait_for(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined);

/* Methods of AttachedBar and HandleUser, as is memory_item: args[0] is the object, `given` how many there are. */
PyObject *bar_peek(PyObject *const *args, Py_ssize_t given, bool *declined);
PyObject *bar_poke(PyObject *const *args, Py_ssize_t given, bool *declined);
PyObject *handle_peek(PyObject *const *args, Py_ssize_t given, int width, bool *declined);
PyObject *handle_poke(PyObject *const *args, Py_ssize_t given, int width, bool *declined);
PyObject *handle_burst(PyObject *const *args, Py_ssize_t given, bool *declined);

/* Of ClassStatements, as register_read: a statement that waits. */
PyObject *class_statement(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined);

/* Borrowed; null where it was not prepared, or with an error. */
PreparedRead *find_prepared(const PreparedReads *self, PyObject *given, PyObject *name);
/* A batch's read, as is bar_peek. */
PyObject *batch_read(PyObject *const *args, Py_ssize_t given, bool *declined);
/* Gives a list of PendingReads what the batch at an address has read for them. */
PyObject *fill_pending(PyObject *module, PyObject *args);

/* Takes the address of the core's entry points. */
PyObject *use_core(PyObject *module, PyObject *address);

/* Calls a method that must raise; returns null. */
PyObject *raise_through(PyObject *object, const char *method, const char *format, ...);

#endif
