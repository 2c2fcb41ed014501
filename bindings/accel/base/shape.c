/* What the registers of one class share: masks, and the fields by name. */
#include "base/accel.h"

static PyObject *Shape_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static char *names[] = {"ports",    "mask",    "reset", "keep",     "ones",     "last",       "guard", "effects",
                            "reserved", "unknown", "plain", "readable", "writable", "has_arrays", "lane",  NULL};
    Py_ssize_t ports;
    unsigned long long mask, reset, keep, ones, last, guard, effects, reserved, unknown;
    int plain, readable, writable, has_arrays, lane;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "nKKKKKKKKKppppp", names, &ports, &mask, &reset, &keep, &ones,
                                     &last, &guard, &effects, &reserved, &unknown, &plain, &readable, &writable,
                                     &has_arrays, &lane))
        return NULL;
    if (ports < 1) {
        PyErr_SetString(PyExc_ValueError, "a register has one port at least");
        return NULL;
    }
    PyObject *fields = PyDict_New();
    Shape *self = fields ? (Shape *)type->tp_alloc(type, 0) : NULL;
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
    self->last = last;
    self->guard = guard;
    self->effects = effects;
    self->reserved = reserved;
    self->unknown = unknown;
    self->plain = plain;
    self->readable = readable;
    self->writable = writable;
    self->has_arrays = has_arrays;
    self->lane = lane;
    return (PyObject *)self;
}

static int Shape_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((Shape *)self)->fields);
    return 0;
}

static int Shape_clear(PyObject *self) {
    PyDict_Clear(((Shape *)self)->fields);
    return 0;
}

static void Shape_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((Shape *)self)->fields);
    Py_XDECREF(((Shape *)self)->recent);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject Shape_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.Shape",
    .tp_basicsize = sizeof(Shape),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = Shape_new,
    .tp_dealloc = Shape_dealloc,
    .tp_traverse = Shape_traverse,
    .tp_clear = Shape_clear,
};
