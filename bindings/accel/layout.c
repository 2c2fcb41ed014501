/* What the registers of one class share: masks, and the fields by name. */
#include "accel.h"

static PyObject *Layout_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static char *names[] = {"ports",   "mask",     "reset", "keep",     "ones",     "guard",
                            "effects", "reserved", "plain", "readable", "writable", NULL};
    Py_ssize_t ports;
    unsigned long long mask, reset, keep, ones, guard, effects, reserved;
    int plain, readable, writable;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "nKKKKKKKppp", names, &ports, &mask, &reset, &keep, &ones, &guard,
                                     &effects, &reserved, &plain, &readable, &writable))
        return NULL;
    if (ports < 1) {
        PyErr_SetString(PyExc_ValueError, "a register has one port at least");
        return NULL;
    }
    PyObject *fields = PyDict_New();
    Layout *self = fields ? (Layout *)type->tp_alloc(type, 0) : NULL;
    if (!self) {
        Py_XDECREF(fields);
        return NULL;
    }
    self->fields = fields;
    self->ports = ports;
    self->mask = mask;
    self->reset = reset;
    self->keep = keep;
    self->ones = ones;
    self->guard = guard;
    self->effects = effects;
    self->reserved = reserved;
    self->plain = plain;
    self->readable = readable;
    self->writable = writable;
    return (PyObject *)self;
}

static int Layout_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((Layout *)self)->fields);
    return 0;
}

static int Layout_clear(PyObject *self) {
    PyDict_Clear(((Layout *)self)->fields);
    return 0;
}

static void Layout_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((Layout *)self)->fields);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject Layout_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.Layout",
    .tp_basicsize = sizeof(Layout),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = Layout_new,
    .tp_dealloc = Layout_dealloc,
    .tp_traverse = Layout_traverse,
    .tp_clear = Layout_clear,
};
