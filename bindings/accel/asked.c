/* Reads in a batch: they are collected, and become values when the batch was made, without a Python frame. What is rare
 * (a register's first read, values of several bus words) and what is wrong goes to the Python methods. */
#include "base/accel.h"

/* ---- What is read: a register or a field of it, prepared once for a device's batches ---- */

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

static PyObject *PreparedRead_hold(PyObject *object, PyObject *args) {
    PreparedRead *self = (PreparedRead *)object;
    PyObject *given, *name, *store, *accessor;
    unsigned long long address, reader, mask;
    Py_ssize_t count;
    int shift;
    if (!PyArg_ParseTuple(args, "OUOKnKiKO:_hold_words", &given, &name, &store, &address, &count, &reader, &shift,
                          &mask, &accessor))
        return NULL;
    if (self->words || !address || count < 1 || !reader || shift < 0 || shift > 63) {
        PyErr_SetString(PyExc_ValueError, "a read's words are given once, and are in range");
        return NULL;
    }
    bool is_field = Py_IS_TYPE(accessor, &Field_Type);
    self->given = Py_NewRef(given);
    self->name = Py_NewRef(name);
    self->store = Py_NewRef(store);
    self->words = (const hal_asked *)(uintptr_t)address;
    self->count = (size_t)count;
    self->reader = reader;
    self->shift = shift;
    self->mask = mask;
    self->field = is_field ? (Field *)Py_NewRef(accessor) : NULL;
    self->in_python = count > 1 || !(is_field || accessor == Py_None);
    Py_RETURN_NONE;
}

static int PreparedRead_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((PreparedRead *)self)->given);
    Py_VISIT(((PreparedRead *)self)->store);
    Py_VISIT(((PreparedRead *)self)->field);
    return 0;
}

static int PreparedRead_clear(PyObject *self) {
    PreparedRead *read = (PreparedRead *)self;
    read->words = NULL;
    Py_CLEAR(read->given);
    Py_CLEAR(read->name);
    Py_CLEAR(read->store);
    Py_CLEAR(read->field);
    return 0;
}

static void PreparedRead_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    PreparedRead_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef PreparedRead_methods[] = {
    {"_hold_words", PreparedRead_hold, METH_VARARGS,
     "Takes the register, the field's name, what keeps the words, their address and count, who reads, shift, mask, and "
     "the field."                                        },
    {NULL,          NULL,              0,            NULL},
};

PyTypeObject PreparedRead_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.PreparedRead",
    .tp_basicsize = sizeof(PreparedRead),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = PreparedRead_dealloc,
    .tp_traverse = PreparedRead_traverse,
    .tp_clear = PreparedRead_clear,
    .tp_methods = PreparedRead_methods,
};

/* ---- What is prepared already, by register and name ---- */

typedef struct {
    PyObject_HEAD
    PreparedRead **places; /* null where nothing is; a power of two of them, half of which stay free at least */
    size_t room, count;
} PreparedReads;

#ifdef Py_GIL_DISABLED
#define BEGIN_LOCKED(object) Py_BEGIN_CRITICAL_SECTION(object)
#define END_LOCKED() Py_END_CRITICAL_SECTION()
#else
#define BEGIN_LOCKED(object) {
#define END_LOCKED() }
#endif

/* A place that has the read, or is free; null with an error. Nothing is run that belongs to register or name. */
static PreparedRead **place_for(const PreparedReads *self, PyObject *given, PyObject *name) {
    Py_hash_t named = PyObject_Hash(name);
    if (named == -1)
        return NULL;
    size_t place = (size_t)(((uintptr_t)given >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32) ^ (size_t)named;
    for (;; place++) {
        PreparedRead **found = &self->places[place & (self->room - 1)];
        if (!*found ||
            ((*found)->given == given && ((*found)->name == name || PyUnicode_Compare((*found)->name, name) == 0)))
            return found;
    }
}

/* Borrowed; null where it is not there, or with an error. */
static PreparedRead *find_prepared(const PreparedReads *self, PyObject *given, PyObject *name) {
    PreparedRead **place = self->room ? place_for(self, given, name) : NULL;
    return place ? *place : NULL;
}

static bool grow(PreparedReads *self) {
    enum { FIRST_ROOM = 64 };
    PreparedReads larger = {.room = self->room ? 2 * self->room : FIRST_ROOM};
    larger.places = PyMem_Calloc(larger.room, sizeof(PreparedRead *));
    for (size_t i = 0; larger.places && i < self->room; i++)
        if (self->places[i])
            *place_for(&larger, self->places[i]->given, self->places[i]->name) = self->places[i];
    if (!larger.places)
        return PyErr_NoMemory() != NULL;
    PyMem_Free(self->places);
    self->places = larger.places;
    self->room = larger.room;
    return true;
}

static bool add_prepared(PreparedReads *self, PreparedRead *read) {
    if (2 * self->count >= self->room && !grow(self))
        return false;
    PreparedRead **place = place_for(self, read->given, read->name);
    if (!place)
        return false;
    self->count += !*place;
    Py_XSETREF(*place, (PreparedRead *)Py_NewRef(read));
    return true;
}

static PyObject *PreparedReads_add(PyObject *self, PyObject *read) {
    bool added = PyObject_TypeCheck(read, &PreparedRead_Type) && ((PreparedRead *)read)->words;
    if (!added) {
        PyErr_SetString(PyExc_ValueError, "only a read with its words is added");
        return NULL;
    }
    BEGIN_LOCKED(self);
    added = add_prepared((PreparedReads *)self, (PreparedRead *)read);
    END_LOCKED();
    return added ? Py_NewRef(Py_None) : NULL;
}

static PyObject *PreparedReads_find(PyObject *self, PyObject *args) {
    PyObject *given, *name, *found;
    if (!PyArg_ParseTuple(args, "OU:find", &given, &name))
        return NULL;
    BEGIN_LOCKED(self);
    found = Py_XNewRef(find_prepared((PreparedReads *)self, given, name));
    END_LOCKED();
    return found || PyErr_Occurred() ? found : Py_NewRef(Py_None);
}

static int PreparedReads_traverse(PyObject *object, visitproc visit, void *arg) {
    const PreparedReads *self = (const PreparedReads *)object;
    for (size_t i = 0; i < self->room; i++)
        Py_VISIT(self->places[i]);
    return 0;
}

static int PreparedReads_clear(PyObject *object) {
    PreparedReads *self = (PreparedReads *)object;
    PreparedRead **places = self->places;
    size_t room = self->room;
    self->places = NULL;
    self->room = self->count = 0;
    for (size_t i = 0; i < room; i++)
        Py_XDECREF(places[i]);
    PyMem_Free(places);
    return 0;
}

static void PreparedReads_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    PreparedReads_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef PreparedReads_methods[] = {
    {"find", PreparedReads_find, METH_VARARGS,
     "The read that was prepared for a register and a field's name, or None."            },
    {"add",  PreparedReads_add,  METH_O,       "Takes a read, by what it was asked with."},
    {NULL,   NULL,               0,            NULL                                      },
};

PyTypeObject PreparedReads_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.PreparedReads",
    .tp_basicsize = sizeof(PreparedReads),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = PreparedReads_dealloc,
    .tp_traverse = PreparedReads_traverse,
    .tp_clear = PreparedReads_clear,
    .tp_methods = PreparedReads_methods,
};

/* ---- What was asked for: a value that comes ---- */

typedef struct {
    PyObject_HEAD
    PyObject *read;  /* a PreparedRead */
    PyObject *steps; /* a tuple of those that have its words, or null for the one below */
    PyObject *value;
    size_t step;
    bool done;
} PendingRead;

static PyObject *PendingRead_hold(PyObject *object, PyObject *args) {
    PendingRead *self = (PendingRead *)object;
    PyObject *read, *steps;
    if (!PyArg_ParseTuple(args, "O!O!:_hold_steps", &PreparedRead_Type, &read, &PyTuple_Type, &steps))
        return NULL;
    if (self->read) {
        PyErr_SetString(PyExc_ValueError, "a read's steps are given once");
        return NULL;
    }
    self->read = Py_NewRef(read);
    self->steps = Py_NewRef(steps);
    Py_RETURN_NONE;
}

static PyObject *PendingRead_done(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(((PendingRead *)self)->done);
}

static PyObject *PendingRead_value(PyObject *self, void *closure) {
    (void)closure;
    PyObject *value = ((PendingRead *)self)->value;
    return Py_NewRef(value ? value : Py_None);
}

static PyObject *PendingRead_read(PyObject *self, void *closure) {
    (void)closure;
    PyObject *read = ((PendingRead *)self)->read;
    return Py_NewRef(read ? read : Py_None);
}

static int PendingRead_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((PendingRead *)self)->read);
    Py_VISIT(((PendingRead *)self)->steps);
    Py_VISIT(((PendingRead *)self)->value);
    return 0;
}

static int PendingRead_clear(PyObject *self) {
    Py_CLEAR(((PendingRead *)self)->read);
    Py_CLEAR(((PendingRead *)self)->steps);
    Py_CLEAR(((PendingRead *)self)->value);
    return 0;
}

static void PendingRead_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    PendingRead_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef PendingRead_methods[] = {
    {"_hold_steps", PendingRead_hold, METH_VARARGS, "Takes what is read, and the steps that have its words."},
    {NULL,          NULL,             0,            NULL                                                    },
};

static PyGetSetDef PendingRead_getset[] = {
    {"_is_done", PendingRead_done,  NULL, "Whether the value is there.", NULL},
    {"_value",   PendingRead_value, NULL, "The value; None before.",     NULL},
    {"_read",    PendingRead_read,  NULL, "What is read.",               NULL},
    {NULL,       NULL,              NULL, NULL,                          NULL},
};

PyTypeObject PendingRead_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.PendingRead",
    .tp_basicsize = sizeof(PendingRead),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = PendingRead_dealloc,
    .tp_traverse = PendingRead_traverse,
    .tp_clear = PendingRead_clear,
    .tp_methods = PendingRead_methods,
    .tp_getset = PendingRead_getset,
};

static PyObject *words_of_steps(const hal_batch *batch, PyObject *steps) {
    hal_step step;
    PyObject *words = PyList_New(0);
    for (Py_ssize_t i = 0; words && i < PyTuple_GET_SIZE(steps); i++) {
        size_t place = PyLong_AsSize_t(PyTuple_GET_ITEM(steps, i));
        int code = PyErr_Occurred() ? HAL_E_ARGUMENT : accel_core->batch_step(batch, place, &step);
        PyObject *word = code ? NULL : PyLong_FromUnsignedLongLong(step.value);
        if (!word || PyList_Append(words, word) != 0)
            Py_CLEAR(words);
        Py_XDECREF(word);
        if (code && !PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "a read's step is out of range");
    }
    return words;
}

static PyObject *value_of(const hal_batch *batch, const PendingRead *pending) {
    const PreparedRead *read = (const PreparedRead *)pending->read;
    if (pending->steps && read->in_python) {
        PyObject *words = words_of_steps(batch, pending->steps);
        PyObject *value = words ? PyObject_CallMethod(pending->read, "decode", "O", words) : NULL;
        Py_XDECREF(words);
        return value;
    }
    hal_step step;
    size_t place = pending->steps ? PyLong_AsSize_t(PyTuple_GET_ITEM(pending->steps, 0)) : pending->step;
    if (PyErr_Occurred())
        return NULL;
    if (accel_core->batch_step(batch, place, &step)) {
        PyErr_SetString(PyExc_ValueError, "a read's step is out of range");
        return NULL;
    }
    uint64_t raw = step.value >> read->shift & read->mask;
    return read->field ? value_decode(&read->field->value, raw) : PyLong_FromUnsignedLongLong(raw);
}

PyObject *fill_pending(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *futures;
    unsigned long long address;
    if (!PyArg_ParseTuple(args, "O!K:fill_pending", &PyList_Type, &futures, &address))
        return NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(futures); i++) {
        PyObject *item = Py_NewRef(PyList_GET_ITEM(futures, i));
        PendingRead *pending = PyObject_TypeCheck(item, &PendingRead_Type) ? (PendingRead *)item : NULL;
        PyObject *value = NULL;
        if (pending && pending->read)
            value = value_of((const hal_batch *)(uintptr_t)address, pending);
        else
            PyErr_SetString(PyExc_TypeError, "only what was asked for is filled");
        if (value) {
            pending->done = true;
            Py_XSETREF(pending->value, value);
            Py_CLEAR(pending->steps);
        }
        Py_DECREF(item);
        if (!value)
            return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- Who asks: a batch ---- */

typedef struct {
    PyObject_HEAD
    hal_batch *batch; /* null while nothing is collected */
    PyObject *owner;  /* keeps batch alive */
    PreparedReads *known;
    PyObject *futures;
    PyTypeObject *made; /* a class of futures */
} BatchReader;

static int BatchReader_clear(PyObject *self) {
    BatchReader *reader = (BatchReader *)self;
    reader->batch = NULL;
    Py_CLEAR(reader->owner);
    Py_CLEAR(reader->known);
    Py_CLEAR(reader->futures);
    Py_CLEAR(reader->made);
    return 0;
}

static PyObject *BatchReader_hold(PyObject *object, PyObject *args) {
    BatchReader *self = (BatchReader *)object;
    PyObject *owner, *known, *futures, *made;
    unsigned long long address;
    if (!PyArg_ParseTuple(args, "OKO!O!O!:_hold_batch", &owner, &address, &PreparedReads_Type, &known, &PyList_Type,
                          &futures, &PyType_Type, &made))
        return NULL;
    if (!address || !PyType_IsSubtype((PyTypeObject *)made, &PendingRead_Type)) {
        PyErr_SetString(PyExc_ValueError, "a batch's reads need its address and a class of futures");
        return NULL;
    }
    BatchReader_clear(object);
    self->owner = Py_NewRef(owner);
    self->known = (PreparedReads *)Py_NewRef(known);
    self->futures = Py_NewRef(futures);
    self->made = (PyTypeObject *)Py_NewRef(made);
    self->batch = (hal_batch *)(uintptr_t)address;
    Py_RETURN_NONE;
}

static PyObject *BatchReader_end(PyObject *self, PyObject *unused) {
    (void)unused;
    BatchReader_clear(self);
    Py_RETURN_NONE;
}

static int BatchReader_traverse(PyObject *self, visitproc visit, void *arg) {
    BatchReader *reader = (BatchReader *)self;
    Py_VISIT(reader->owner);
    Py_VISIT(reader->known);
    Py_VISIT(reader->futures);
    Py_VISIT(reader->made);
    return 0;
}

static void BatchReader_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    BatchReader_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef BatchReader_methods[] = {
    {"_hold_batch", BatchReader_hold, METH_VARARGS,
     "Takes what keeps the batch, its address, what is prepared, where futures go, and their class."},
    {"_end_batch",  BatchReader_end,  METH_NOARGS,  "Nothing is collected any more."                },
    {NULL,          NULL,             0,            NULL                                            },
};

PyTypeObject BatchReader_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.BatchReader",
    .tp_basicsize = sizeof(BatchReader),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = BatchReader_dealloc,
    .tp_traverse = BatchReader_traverse,
    .tp_clear = BatchReader_clear,
    .tp_methods = BatchReader_methods,
};

#ifdef HAL_FREE_THREADED /* another thread may end the batch meanwhile */

PyObject *batch_read(PyObject *const *args, Py_ssize_t given, bool *declined) {
    (void)args, (void)given;
    *declined = true;
    return NULL;
}

#else

enum { WORDS_HERE = 8 }; /* those of longer registers are collected in Python */

static bool hold_steps(PendingRead *future, const PreparedRead *read, const size_t *steps) {
    size_t count = read->count;
    future->step = steps[0];
    if (!read->in_python)
        return true;
    future->steps = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; future->steps && i < count; i++) {
        PyObject *step = PyLong_FromSize_t(steps[i]);
        if (!step)
            return false;
        PyTuple_SET_ITEM(future->steps, (Py_ssize_t)i, step);
    }
    return future->steps != NULL;
}

/* read(register) and read(register, field). Where it can't be collected nothing was, and Python tells why. */
PyObject *batch_read(PyObject *const *args, Py_ssize_t given, bool *declined) {
    static PyObject *whole;
    BatchReader *self = PyObject_TypeCheck(args[0], &BatchReader_Type) ? (BatchReader *)args[0] : NULL;
    *declined = !self || !self->batch || given < 2 || given > 3 || (given == 3 && !PyUnicode_CheckExact(args[2]));
    if (*declined)
        return NULL;
    if (!whole && !(whole = PyUnicode_InternFromString("")))
        return NULL;
    const PreparedRead *read = find_prepared(self->known, args[1], given == 3 ? args[2] : whole);
    size_t steps[WORDS_HERE];
    *declined = !PyErr_Occurred() && (!read || read->count > WORDS_HERE);
    PendingRead *future = read && !*declined ? (PendingRead *)self->made->tp_alloc(self->made, 0) : NULL;
    if (!future)
        return NULL;
    future->read = Py_NewRef(read);
    PyObject *owner = Py_NewRef(self->owner), *futures = Py_NewRef(self->futures); /* the lock may change hands */
    *declined = accel_core->batch_read(self->batch, read->reader, read->words, read->count, steps) != 0;
    if (*declined || !hold_steps(future, read, steps) || PyList_Append(futures, (PyObject *)future) != 0)
        Py_CLEAR(future);
    Py_DECREF(owner);
    Py_DECREF(futures);
    return (PyObject *)future;
}

#endif
