/* Reads that are prepared for a device's batches, and a table of them by what they are asked with. */
#include "base/accel.h"

/* ---- What is read: a register or a field of it, prepared once for a device's batches ---- */

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
PreparedRead *find_prepared(const PreparedReads *self, PyObject *given, PyObject *name) {
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
