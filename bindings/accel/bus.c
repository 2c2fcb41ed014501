/* Words by offset, without a Python frame: of an attached BAR, and of handles as the vendor's classes have them. What
 * is rare, and all that is wrong before anything was accessed, goes to the Python method. */
#include "base/accel.h"

static PyObject *AttachedBar_hold(PyObject *object, PyObject *args) {
    AttachedBar *self = (AttachedBar *)object;
    unsigned long long address;
    unsigned int generation;
    if (!PyArg_ParseTuple(args, "KI:_hold_bar", &address, &generation))
        return NULL;
    self->generation = generation;
    self->bar = (hal_bar *)(uintptr_t)address;
    Py_RETURN_NONE;
}

static PyObject *HandleUser_hold(PyObject *object, PyObject *address) {
    hal_library *library = PyLong_AsVoidPtr(address);
    if (PyErr_Occurred())
        return NULL;
    ((HandleUser *)object)->library = library;
    Py_RETURN_NONE;
}

static PyMethodDef AttachedBar_methods[] = {
    {"_hold_bar", AttachedBar_hold, METH_VARARGS,
     "Takes the BAR's address, and the generation that it was attached as."},
    {NULL,        NULL,             0,            NULL                     },
};

static PyMethodDef HandleUser_methods[] = {
    {"_hold_library", HandleUser_hold, METH_O, "Takes the library's address."},
    {NULL,            NULL,            0,      NULL                          },
};

PyTypeObject AttachedBar_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.AttachedBar",
    .tp_basicsize = sizeof(AttachedBar),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
    .tp_methods = AttachedBar_methods,
};

PyTypeObject HandleUser_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.HandleUser",
    .tp_basicsize = sizeof(HandleUser),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
    .tp_methods = HandleUser_methods,
};

/* ---- By BAR ---- */

/* A BAR that a method of its class is called on; null for what Python has to decide. */
static const AttachedBar *attached_bar(PyObject *object) {
    if (!PyObject_TypeCheck(object, &AttachedBar_Type))
        return NULL;
    const AttachedBar *self = (const AttachedBar *)object;
    return self->bar ? self : NULL;
}

/* The last argument, where it is given. */
static bool width_of(PyObject *const *args, Py_ssize_t given, Py_ssize_t place, uint64_t *width) {
    *width = 32;
    return given <= place || (word_of(args[place], 64, width) && (*width == 8 || *width == 32 || *width == 64));
}

PyObject *bar_peek(PyObject *const *args, Py_ssize_t given, bool *declined) {
    const AttachedBar *self = given == 2 || given == 3 ? attached_bar(args[0]) : NULL;
    uint64_t offset, width, word = 0;
    *declined = !self || !word_of(args[1], UINT64_MAX, &offset) || !width_of(args, given, 2, &width);
    if (*declined)
        return NULL;
    int code = accel_core->read_block(self->bar, self->generation, offset, (int)width, &word, 1); /* the low end */
    if (code)
        return raise_through(args[0], "_failed", "isKi", code, "read", (unsigned long long)offset, (int)width);
    return PyLong_FromUnsignedLongLong(word);
}

PyObject *bar_poke(PyObject *const *args, Py_ssize_t given, bool *declined) {
    const AttachedBar *self = given == 3 || given == 4 ? attached_bar(args[0]) : NULL;
    uint64_t offset, width, word;
    *declined = !self || !word_of(args[1], UINT64_MAX, &offset) || !width_of(args, given, 3, &width) ||
                !word_of(args[2], hal_ones_of((int)width), &word);
    if (*declined)
        return NULL;
    int code = accel_core->write_block(self->bar, self->generation, offset, (int)width, &word, 1);
    if (code)
        return raise_through(args[0], "_failed", "isKi", code, "write", (unsigned long long)offset, (int)width);
    Py_RETURN_NONE;
}

/* ---- By handle ---- */

/* The library, handle and offset that every method of handles begins with; false for what Python has to decide. */
static bool place_of(PyObject *const *args, hal_library **library, int *handle, uint64_t *offset) {
    if (!PyObject_TypeCheck(args[0], &HandleUser_Type))
        return false;
    uint64_t number;
    *library = ((const HandleUser *)args[0])->library;
    if (!*library || !word_of(args[1], INT32_MAX, &number) || !word_of(args[2], UINT64_MAX, offset))
        return false;
    *handle = (int)number;
    return true;
}

PyObject *handle_peek(PyObject *const *args, Py_ssize_t given, int width, bool *declined) {
    hal_library *library;
    int handle;
    uint64_t offset, word;
    *declined = given != 3 || !place_of(args, &library, &handle, &offset);
    if (*declined)
        return NULL;
    int code = accel_core->peek(library, handle, offset, width, &word);
    if (code)
        return raise_through(args[0], "_peek_failed", "iiKi", code, handle, (unsigned long long)offset, width);
    return PyLong_FromUnsignedLongLong(word);
}

PyObject *handle_poke(PyObject *const *args, Py_ssize_t given, int width, bool *declined) {
    hal_library *library;
    int handle;
    uint64_t offset, word;
    *declined =
        given != 4 || !place_of(args, &library, &handle, &offset) || !word_of(args[3], hal_ones_of(width), &word);
    if (*declined)
        return NULL;
    int code = accel_core->poke(library, handle, offset, width, word);
    if (code)
        return raise_through(args[0], "_poke_failed", "iiKi", code, handle, (unsigned long long)offset, width);
    Py_RETURN_NONE;
}

PyObject *handle_burst(PyObject *const *args, Py_ssize_t given, bool *declined) {
    hal_library *library;
    int handle;
    uint64_t offset, count = 0;
    bool all = given == 4 || (given == 5 && args[4] == Py_None);
    *declined = !(all || given == 5) || !place_of(args, &library, &handle, &offset) || offset % 4 ||
                !(all || word_of(args[4], UINT64_MAX, &count));
    if (*declined)
        return NULL;
    Words words;
    int found = words_in(args[3], WAY_WRITE, 32, &words);
    *declined = found > 0;
    if (found)
        return NULL;
    count = all ? words.count : count;
    *declined = count > words.count;
    hal_attached attached;
    int code = *declined ? 0 : accel_core->attached_of(library, handle, &attached);
    if (code == 0 && !*declined)
        code = accel_core->write_block(attached.bar, attached.generation, offset, 32, words.data, count);
    words_release(&words);
    if (*declined)
        return NULL;
    if (code)
        return raise_through(args[0], "_burst_failed", "iiKK", code, handle, (unsigned long long)offset,
                             (unsigned long long)count);
    Py_RETURN_NONE;
}
