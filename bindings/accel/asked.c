/* Reads in a batch: they are collected, and become values when the batch was made, without a Python frame. What is rare
 * (a register's first read, values of several bus words) and what is wrong goes to the Python methods. */
#include "base/accel.h"

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
