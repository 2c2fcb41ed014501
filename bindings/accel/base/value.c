/* A field's bits as a Python value, and back. Source: hal.kinds, which words all errors. */
#include <math.h>

#include "base/accel.h"

/* Up to here a double holds every step of a fixed-point field. */
enum { DOUBLE_BITS = 53 };

static PyObject *decode_member(const Members *read, uint64_t raw) {
    if (read->members) {
        if (raw < (uint64_t)PyTuple_GET_SIZE(read->members)) {
            PyObject *member = PyTuple_GET_ITEM(read->members, (Py_ssize_t)raw);
            if (member != Py_None)
                return Py_NewRef(member);
        }
        return PyLong_FromUnsignedLongLong(raw);
    }
    PyObject *number = PyLong_FromUnsignedLongLong(raw);
    if (!number)
        return NULL;
    PyObject *member = PyDict_GetItemWithError(read->member_of, number);
    if (!member)
        return PyErr_Occurred() ? (Py_DECREF(number), NULL) : number;
    Py_DECREF(number);
    return Py_NewRef(member);
}

static PyObject *decode_fixed(const Value *value, uint64_t raw) {
    double number = value->is_signed ? (double)sign_extend(raw, value->width) : (double)raw;
    return PyFloat_FromDouble(ldexp(number, -value->fraction_bits));
}

PyObject *value_decode(const Value *value, uint64_t raw) {
    switch (value->format) {
    case FORMAT_UNSIGNED: return raw <= LONG_MAX ? PyLong_FromLong((long)raw) : PyLong_FromUnsignedLongLong(raw);
    case FORMAT_SIGNED: return PyLong_FromLongLong(sign_extend(raw, value->width));
    case FORMAT_BOOL: return PyBool_FromLong(raw != 0);
    case FORMAT_ENUM: return decode_member(&value->read, raw);
    case FORMAT_FIXED: return decode_fixed(value, raw);
    case FORMAT_INTEGER:
    case FORMAT_REAL: return number_decode(value, raw);
    case FORMAT_FLOAT: return float_decode(value, raw);
    case FORMAT_PYTHON: break;
    }
    return decode_in_python(value, raw);
}

static int encode_signed(PyObject *number, int width, uint64_t *raw) {
    long long wide = PyLong_AsLongLong(number);
    if (wide == -1 && PyErr_Occurred())
        return not_encoded(PyExc_OverflowError);
    *raw = (uint64_t)wide & hal_ones_of(width);
    return sign_extend(*raw, width) != wide;
}

static int encode_member(const Value *value, PyObject *number, uint64_t *raw) {
    int code = encode_unsigned(number, hal_ones_of(value->width), raw);
    if (code)
        return code;
    const Members *written = &value->written;
    if (!written->member_of)
        return 0;
    if (written->members)
        return *raw >= (uint64_t)PyTuple_GET_SIZE(written->members) ||
               PyTuple_GET_ITEM(written->members, (Py_ssize_t)*raw) == Py_None;
    PyObject *key = PyLong_FromUnsignedLongLong(*raw); /* what is given may be of a class with an __eq__ of its own */
    PyObject *found = key ? PyDict_GetItemWithError(written->member_of, key) : NULL;
    Py_XDECREF(key);
    return found ? 0 : PyErr_Occurred() ? -1 : 1;
}

static int encode_integer(const Value *value, PyObject *number, uint64_t *raw) {
    switch (value->format) {
    case FORMAT_SIGNED: return encode_signed(number, value->width, raw);
    case FORMAT_BOOL: return encode_unsigned(number, 1, raw);
    case FORMAT_ENUM: return encode_member(value, number, raw);
    default: return encode_unsigned(number, hal_ones_of(value->width), raw);
    }
}

/* Rounds to the nearest step, halves to the even one. */
static int encode_fixed(const Value *value, PyObject *given, uint64_t *raw) {
    if (!PyFloat_Check(given) || value->width > DOUBLE_BITS)
        return encode_in_python(value, given, raw);
    double step = nearbyint(ldexp(PyFloat_AS_DOUBLE(given), value->fraction_bits));
    double low = value->is_signed ? -ldexp(1, value->width - 1) : 0;
    double high = low + (double)hal_ones_of(value->width);
    if (!(low <= step && step <= high)) /* also what is no number */
        return 1;
    *raw = (uint64_t)(int64_t)step & hal_ones_of(value->width);
    return 0;
}

int value_encode(const Value *value, PyObject *given, uint64_t *raw) {
    if (value->format == FORMAT_FIXED)
        return encode_fixed(value, given, raw);
    if (value->format == FORMAT_INTEGER || value->format == FORMAT_REAL)
        return number_encode(value, given, raw);
    if (value->format == FORMAT_FLOAT)
        return float_encode(value, given, raw);
    /* With enums of its own to read and to write, a member of the former is refused there. */
    bool is_foreign = value->told && !PyLong_CheckExact(given) && (PyObject *)Py_TYPE(given) != value->told;
    if (value->format == FORMAT_PYTHON || is_foreign)
        return encode_in_python(value, given, raw);
    if (PyLong_Check(given))
        return encode_integer(value, given, raw);
    if (!PyIndex_Check(given))
        return encode_in_python(value, given, raw);
    PyObject *number = PyNumber_Index(given);
    if (!number)
        return not_encoded(PyExc_TypeError);
    int code = encode_integer(value, number, raw);
    Py_DECREF(number);
    return code;
}
