/* Words of the bus in Python's objects: those of a buffer, where they lie, and integers of a list. By the rules of
 * hal._binding.bus.buffers; what is to be converted otherwise, or refused, is for Python. */
#include <string.h>

#include "base/accel.h"

/* Whether the items of a contiguous buffer are the memory's words as they lie: bytes, which are taken raw, or native
 * integers of a word's width, signed or not. What is to be converted, or refused, is for Python. */
static bool lies_as_words(const Py_buffer *view, unsigned step) {
    const char *code = view->format ? view->format : "B";
    if (*code == '@' || *code == '=' || *code == '<') /* the card's order is this machine's */
        code++;
    if (!code[0] || code[1])
        return false;
    return view->itemsize == 1 ? strchr("Bbc", *code) != NULL
                               : view->itemsize == (Py_ssize_t)step && strchr("HhIiLlQqNn", *code);
}

/* The buffer as an array without gaps, with its format. False where Python has to tell why not, or with an error. */
static bool get_buffer(PyObject *buffer, enum way way, Py_buffer *view) {
    int flags = PyBUF_ND | PyBUF_FORMAT | (way == WAY_READ ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(buffer, view, flags) == 0)
        return true;
    if (PyErr_ExceptionMatches(PyExc_BufferError) || PyErr_ExceptionMatches(PyExc_TypeError) ||
        PyErr_ExceptionMatches(PyExc_ValueError))
        PyErr_Clear();
    return false;
}

/* 0; 1 where Python has to decide; -1 with an error. */
static int words_of_buffer(PyObject *buffer, enum way way, int width, Words *words) {
    unsigned step = (unsigned)width / 8;
    if (!get_buffer(buffer, way, &words->view))
        return PyErr_Occurred() ? -1 : 1;
    words->held = true;
    words->data = words->view.buf;
    words->count = (uint64_t)words->view.len / step;
    if (lies_as_words(&words->view, step) && (uint64_t)words->view.len % step == 0)
        return 0;
    words_release(words);
    return 1;
}

/* Lists and tuples, but where another thread may change one meanwhile. */
static bool is_listed(PyObject *given) {
#ifdef Py_GIL_DISABLED
    return PyTuple_CheckExact(given);
#else
    return PyList_CheckExact(given) || PyTuple_CheckExact(given);
#endif
}

/* Integers of at most `limit` as words of `width` bits. Nothing is run that belongs to the items, so the list stays as
 * it is. */
static bool pack(PyObject *list, uint64_t limit, int width, void *data) {
    PyObject *const *items = PySequence_Fast_ITEMS(list);
    Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
    for (Py_ssize_t i = 0; i < count; i++) {
        uint64_t word;
        if (!word_of(items[i], limit, &word))
            return false;
        if (width == 32)
            ((uint32_t *)data)[i] = (uint32_t)word;
        else if (width == 64)
            ((uint64_t *)data)[i] = word;
        else if (width == 16)
            ((uint16_t *)data)[i] = (uint16_t)word;
        else
            ((uint8_t *)data)[i] = (uint8_t)word;
    }
    return true;
}

static int words_of_list(PyObject *list, int width, Words *words) {
    Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
    words->own = PyMem_Malloc((size_t)count * (unsigned)width / 8 + 1);
    if (!words->own)
        return PyErr_NoMemory() ? 1 : -1;
    words->data = words->own;
    words->count = (uint64_t)count;
    if (pack(list, hal_ones_of(width), width, words->own))
        return 0;
    words_release(words);
    return 1;
}

bool word_of(PyObject *given, uint64_t limit, uint64_t *word) {
    if (!PyLong_Check(given))
        return false;
    *word = PyLong_AsUnsignedLongLong(given);
    if (*word == UINT64_MAX && PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    return *word <= limit;
}

int words_in(PyObject *given, enum way way, int width, Words *words) {
    *words = (Words){0};
    if (way == WAY_WRITE && is_listed(given))
        return width > 64 ? 1 : words_of_list(given, width, words);
    return PyObject_CheckBuffer(given) ? words_of_buffer(given, way, width, words) : 1;
}

PyObject *sweep_words(PyObject *module, PyObject *args) {
    PyObject *given;
    int width;
    (void)module;
    if (!PyArg_ParseTuple(args, "Oi:sweep_words", &given, &width))
        return NULL;
    if (width < 1 || width > 64 || !is_listed(given))
        Py_RETURN_NONE;
    PyObject *words = PyBytes_FromStringAndSize(NULL, PySequence_Fast_GET_SIZE(given) * 8);
    if (words && !pack(given, hal_ones_of(width), 64, PyBytes_AS_STRING(words)))
        Py_SETREF(words, Py_NewRef(Py_None));
    return words;
}

void words_release(Words *words) {
    if (words->held)
        PyBuffer_Release(&words->view);
    PyMem_Free(words->own);
    *words = (Words){0};
}
