/* Memories: words between a BAR and a buffer, or one word and an int, without a Python frame. What is rare, and all
 * that is wrong before anything was accessed, goes to the Python method. */
#include "base/accel.h"

static PyObject *Window_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static char *names[] = {"offset", "words", "width", NULL};
    unsigned long long offset, words;
    int width;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "KKi", names, &offset, &words, &width))
        return NULL;
    if ((width != 8 && width != 32 && width != 64) || words > (UINT64_MAX - offset) / (unsigned)(width / 8)) {
        PyErr_SetString(PyExc_ValueError, "a window's words have 8, 32 or 64 bits and lie below 2**64");
        return NULL;
    }
    Window *self = (Window *)type->tp_alloc(type, 0);
    if (self) {
        self->offset = offset;
        self->words = words;
        self->width = width;
    }
    return (PyObject *)self;
}

static PyObject *Window_open(PyObject *object, PyObject *args) {
    Window *self = (Window *)object;
    int way;
    unsigned long long address;
    unsigned int generation;
    if (!PyArg_ParseTuple(args, "iKI:open", &way, &address, &generation))
        return NULL;
    if ((way != WAY_READ && way != WAY_WRITE) || !address) {
        PyErr_SetString(PyExc_ValueError, "a window is opened to READ or to WRITE, with a BAR's address");
        return NULL;
    }
    self->generations[way] = generation;
    atomic_store_explicit(&self->bars[way], (hal_bar *)(uintptr_t)address, memory_order_release);
    Py_RETURN_NONE;
}

static PyObject *Window_is_open(PyObject *object, PyObject *args) {
    int way;
    if (!PyArg_ParseTuple(args, "i:is_open", &way))
        return NULL;
    return PyBool_FromLong((way == WAY_READ || way == WAY_WRITE) && ((Window *)object)->bars[way]);
}

static PyMethodDef Window_methods[] = {
    {"open",    Window_open,    METH_VARARGS, "Takes the BAR of one way: READ or WRITE, address, generation."},
    {"is_open", Window_is_open, METH_VARARGS, "Whether this way has its BAR."                                },
    {NULL,      NULL,           0,            NULL                                                           },
};

PyTypeObject Window_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.Window",
    .tp_basicsize = sizeof(Window),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Window_new,
    .tp_methods = Window_methods,
};

bool is_memory(PyObject *object) {
    return is_node(object) && ((Node *)object)->store && Py_IS_TYPE(((Node *)object)->store, &Window_Type);
}

/* The window of a memory that has its BAR for this way, else null. */
static const Window *open_window(PyObject *object, enum way way) {
    if (!is_memory(object))
        return NULL;
    const Window *window = (const Window *)((Node *)object)->store;
    return atomic_load_explicit(&window->bars[way], memory_order_acquire) ? window : NULL;
}

/* An index or a start, counted from the front; false for what Python has to decide. */
static bool place_of(const Window *window, PyObject *given, bool from_end, uint64_t *place) {
    if (!PyLong_Check(given))
        return false;
    long long number = PyLong_AsLongLong(given);
    if (number == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    if (number < 0 && (!from_end || window->words < -(uint64_t)number))
        return false;
    *place = number < 0 ? window->words + (uint64_t)number : (uint64_t)number;
    return *place <= window->words;
}

static int transfer(const Window *window, enum way way, uint64_t start, void *data, uint64_t count) {
    uint64_t offset = window->offset + start * (unsigned)(window->width / 8);
    return way == WAY_READ
               ? accel_core->read_block(window->bars[way], window->generations[way], offset, window->width, data, count)
               : accel_core->write_block(window->bars[way], window->generations[way], offset, window->width, data,
                                         count);
}

static PyObject *failed(PyObject *memory, int code, enum way way, uint64_t start, uint64_t count) {
    return raise_through(memory, "_failed", "isKK", code, way == WAY_READ ? "read" : "write", (unsigned long long)start,
                         (unsigned long long)count);
}

PyObject *memory_item(PyObject *memory, PyObject *key, bool *declined) {
    const Window *window = open_window(memory, WAY_READ);
    uint64_t place, word = 0;
    *declined = !window || !place_of(window, key, true, &place) || place == window->words;
    if (*declined)
        return NULL;
    int code = transfer(window, WAY_READ, place, &word, 1); /* little-endian: a narrower word is the low end */
    *declined = code == HAL_E_COLLECTING;
    if (*declined)
        return NULL;
    return code ? failed(memory, code, WAY_READ, place, 1) : PyLong_FromUnsignedLongLong(word);
}

PyObject *memory_set_item(PyObject *memory, PyObject *key, PyObject *given, bool *declined) {
    const Window *window = open_window(memory, WAY_WRITE);
    uint64_t place;
    *declined = !window || !PyLong_Check(given) || !place_of(window, key, true, &place) || place == window->words;
    if (*declined)
        return NULL;
    uint64_t word = PyLong_AsUnsignedLongLong(given);
    *declined = (word == UINT64_MAX && PyErr_Occurred()) || (window->width < 64 && word >> window->width);
    if (*declined) {
        PyErr_Clear();
        return NULL;
    }
    int code = transfer(window, WAY_WRITE, place, &word, 1);
    *declined = code == HAL_E_COLLECTING;
    if (*declined)
        return NULL;
    return code ? failed(memory, code, WAY_WRITE, place, 1) : Py_NewRef(Py_None);
}

PyObject *memory_transfer(PyObject *memory, enum way way, PyObject *start, PyObject *buffer, bool *declined) {
    const Window *window = open_window(memory, way);
    uint64_t place = 0;
    *declined = !window || (start && !place_of(window, start, false, &place));
    if (*declined)
        return NULL;
    Words words;
    int found = words_in(buffer, way, window->width, &words);
    *declined = found > 0;
    if (found)
        return NULL;
    uint64_t count = words.count;
    *declined = count > window->words - place;
    int code = *declined ? 0 : transfer(window, way, place, words.data, count);
    words_release(&words);
    *declined = *declined || code == HAL_E_COLLECTING;
    if (*declined)
        return NULL;
    return code ? failed(memory, code, way, place, count) : Py_NewRef(Py_None);
}
