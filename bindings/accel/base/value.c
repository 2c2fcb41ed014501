/* A field's bits as a Python value, and back. Source: hal.kinds, which words all errors. */
#include <math.h>

#include "base/accel.h"

/* Up to here a double holds every step of a fixed-point field. */
enum { DOUBLE_BITS = 53 };

static int64_t sign_extend(uint64_t raw, int width) {
    int unused = 64 - width;
    return (int64_t)(raw << unused) >> unused;
}

static PyObject *decode_member(const Value *value, uint64_t raw) {
    if (value->members) {
        if (raw < (uint64_t)PyTuple_GET_SIZE(value->members)) {
            PyObject *member = PyTuple_GET_ITEM(value->members, (Py_ssize_t)raw);
            if (member != Py_None)
                return Py_NewRef(member);
        }
        return PyLong_FromUnsignedLongLong(raw);
    }
    PyObject *number = PyLong_FromUnsignedLongLong(raw);
    if (!number)
        return NULL;
    PyObject *member = PyDict_GetItemWithError(value->member_of, number);
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
    case FORMAT_ENUM: return decode_member(value, raw);
    case FORMAT_FIXED: return decode_fixed(value, raw);
    case FORMAT_PYTHON: break;
    }
    return PyObject_CallMethod(value->kind, "decode", "Ki", (unsigned long long)raw, value->width);
}

/* What Python words: a wrong type, or an integer out of range. Anything else is the value's own failure. */
static int not_encoded(PyObject *ours) {
    if (!PyErr_ExceptionMatches(ours))
        return -1;
    PyErr_Clear();
    return 1;
}

static int encode_unsigned(PyObject *number, uint64_t limit, uint64_t *raw) {
    unsigned long long wide = PyLong_AsUnsignedLongLong(number);
    if (wide == (unsigned long long)-1 && PyErr_Occurred())
        return not_encoded(PyExc_OverflowError);
    *raw = wide;
    return wide > limit;
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
    if (value->members)
        return *raw >= (uint64_t)PyTuple_GET_SIZE(value->members) ||
               PyTuple_GET_ITEM(value->members, (Py_ssize_t)*raw) == Py_None;
    PyObject *key = PyLong_FromUnsignedLongLong(*raw); /* what is given may be of a class with an __eq__ of its own */
    PyObject *found = key ? PyDict_GetItemWithError(value->member_of, key) : NULL;
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

/* Whatever has decode and encode; also the numbers that are no Python float or int, and numpy's bool. Its own errors
 * of value and type are raised again by whoever words them. */
static int encode_in_python(const Value *value, PyObject *given, uint64_t *raw) {
    PyObject *bits = PyObject_CallMethod(value->kind, "encode", "Oi", given, value->width);
    if (!bits)
        return not_encoded(PyErr_ExceptionMatches(PyExc_TypeError) ? PyExc_TypeError : PyExc_ValueError);
    int code = PyLong_Check(bits) ? encode_unsigned(bits, hal_ones_of(value->width), raw) : 1;
    Py_DECREF(bits);
    return code;
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
    if (value->format == FORMAT_PYTHON)
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
