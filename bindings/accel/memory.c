/* Memories: words between a BAR and a buffer, or one word and an int, without a Python frame. What is rare, and all
 * that is wrong before anything was accessed, goes to the Python method. */
#include <string.h>

#include "base/accel.h"

enum { WORD_BITS_MAX = 512 };

static PyObject *Window_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static char *names[] = {"offset", "words", "width", "bus", "reads", NULL};
    unsigned long long offset, words;
    int width, bus, reads;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "KKiii", names, &offset, &words, &width, &bus, &reads))
        return NULL;
    if (width < 8 || width > WORD_BITS_MAX || (width & (width - 1)) || (bus != 8 && bus != 32 && bus != 64) ||
        words > (UINT64_MAX - offset) / (unsigned)(width / 8)) {
        PyErr_SetString(PyExc_ValueError, "a window's words have 8, 16, 32 ... 512 bits, in bus words of 8, 32 or 64, "
                                          "and lie below 2**64");
        return NULL;
    }
    Window *self = (Window *)type->tp_alloc(type, 0);
    if (self) {
        self->offset = offset;
        self->words = words;
        self->width = width;
        self->bus = bus;
        self->reads = reads;
        self->ratio = (unsigned)(width / bus);
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
    unsigned step = (unsigned)window->width / 8;
    uint64_t offset = window->offset + start * step, accesses = count * window->ratio;
    hal_bar *bar = window->bars[way];
    uint32_t generation = window->generations[way];
    if (way == WAY_READ && window->reads > window->bus && accesses != 1)
        return accel_core->read_wide(bar, generation, offset, window->bus, window->reads, data, count * step);
    if (__builtin_expect(window->ratio == 0, 0)) /* parts of bus words */
        return way == WAY_READ ? accel_core->read_bytes(bar, generation, offset, window->bus, data, count * step)
                               : accel_core->write_bytes(bar, generation, offset, window->bus, data, count * step);
    return way == WAY_READ ? accel_core->read_block(bar, generation, offset, window->bus, data, accesses)
                           : accel_core->write_block(bar, generation, offset, window->bus, data, accesses);
}

static PyObject *number_of(const unsigned char *word, int width) {
    if (width > 64)
        return PyObject_CallMethod((PyObject *)&PyLong_Type, "from_bytes", "y#s", (const char *)word,
                                   (Py_ssize_t)width / 8, "little");
    uint64_t value;
    memcpy(&value, word, sizeof value); /* little-endian: a narrower word is the low end */
    return PyLong_FromUnsignedLongLong(value);
}

/* False for what Python has to decide, without an error. */
static bool word_from(PyObject *given, int width, unsigned char *word) {
    if (width <= 64) {
        uint64_t value = PyLong_AsUnsignedLongLong(given);
        bool fits = !(value == UINT64_MAX && PyErr_Occurred()) && (width == 64 || value >> width == 0);
        PyErr_Clear();
        memcpy(word, &value, sizeof value);
        return fits;
    }
    PyObject *bytes =
        !PyLong_CheckExact(given) ? NULL : PyObject_CallMethod(given, "to_bytes", "is", width / 8, "little");
    PyErr_Clear();
    if (bytes)
        memcpy(word, PyBytes_AS_STRING(bytes), (size_t)width / 8);
    Py_XDECREF(bytes);
    return bytes != NULL;
}

static PyObject *failed(PyObject *memory, int code, enum way way, uint64_t start, uint64_t count) {
    return raise_through(memory, "_failed", "isKK", code, way == WAY_READ ? "read" : "write", (unsigned long long)start,
                         (unsigned long long)count);
}

PyObject *memory_item(PyObject *memory, PyObject *key, bool *declined) {
    const Window *window = open_window(memory, WAY_READ);
    uint64_t place;
    unsigned char word[WORD_BITS_MAX / 8];
    *declined = !window || !place_of(window, key, true, &place) || place == window->words;
    if (*declined)
        return NULL;
    memset(word, 0, 8);
    int code = transfer(window, WAY_READ, place, word, 1);
    *declined = code == HAL_E_COLLECTING;
    if (*declined)
        return NULL;
    return code ? failed(memory, code, WAY_READ, place, 1) : number_of(word, window->width);
}

PyObject *memory_set_item(PyObject *memory, PyObject *key, PyObject *given, bool *declined) {
    const Window *window = open_window(memory, WAY_WRITE);
    uint64_t place;
    unsigned char word[WORD_BITS_MAX / 8];
    *declined = !window || !PyLong_Check(given) || !place_of(window, key, true, &place) || place == window->words ||
                !word_from(given, window->width, word);
    if (*declined)
        return NULL;
    int code = transfer(window, WAY_WRITE, place, word, 1);
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
